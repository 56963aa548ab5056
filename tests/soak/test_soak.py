"""Three minutes of the soak: what half an hour proves with `make soak`, in little."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from facts import Fact
from soak import Plan, soak


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> list[Fact]:
    if shutil.which("prometheus") is None and "CI" not in os.environ:
        pytest.skip("prometheus is not installed")
    return soak(Plan(seconds=180, loops=0, alert_for="20s"), tmp_path_factory.mktemp("soak"))


def test_every_red_and_every_green_is_true_for_three_minutes(facts: list[Fact]) -> None:
    assert [f"{fact.what}: {fact.seen}" for fact in facts if not fact.holds] == []


def test_the_committed_soak_held() -> None:
    page = (Path(__file__).parents[2] / "docs" / "soak.md").read_text("utf-8")

    assert ("| ✓ |" in page, "| ✗ |" in page) == (True, False)
