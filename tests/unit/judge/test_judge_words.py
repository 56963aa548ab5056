"""What is said of every way to break a kind of assertion, word by word."""

from __future__ import annotations

import json

import pytest
from complaint_samples import GOLDEN, cases

TOLD: dict[str, list[str]] = json.loads(GOLDEN.read_text("utf-8"))
CASES = cases()
HOW = "run `python tests/unit/judge/complaint_samples.py` and read the diff of tests/golden/complaints.json"


@pytest.mark.parametrize("name", list(CASES))
def test_what_is_said_is_what_the_golden_file_says(name: str) -> None:
    assert CASES[name]() == TOLD.get(name), HOW


def test_the_golden_file_holds_no_other_case() -> None:
    assert set(TOLD) - set(CASES) == set(), HOW
