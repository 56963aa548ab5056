"""Every `wnmon check` a page recommends names suites that it would take."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wnmon.config import load_suites

ROOT = Path(__file__).parents[3]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
RECOMMENDED = sorted(
    {
        (page.name, suite)
        for page in PAGES
        for command in re.findall(r"wnmon check [^`\n]*", page.read_text(encoding="utf-8"))
        for suite in re.findall(r"builtin:\w+", command)
    }
)


@pytest.mark.parametrize(("page", "suite"), RECOMMENDED)
def test_a_recommended_check_names_a_suite_that_ships(page: str, suite: str) -> None:
    assert load_suites([suite], ROOT)[0].suite == suite.removeprefix("builtin:"), page


def test_the_pages_do_recommend_checks() -> None:
    assert {page for page, _ in RECOMMENDED} >= {"costs.md", "runbook.md"}
