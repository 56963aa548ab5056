"""The formats of `--report` and the page that lists them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wnmon.cli.reports import FORMATS

PAGE = (Path(__file__).parents[3] / "docs" / "reports.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_its_example_on_the_page(name: str) -> None:
    assert f"\n## {name}\n" in PAGE
    assert f"| [{name}](#{name}) |" in PAGE


def test_the_page_lists_the_formats_there_are_and_no_other() -> None:
    assert sorted(re.findall(r"^\| \[(\w+)\]\(#", PAGE, re.MULTILINE)) == sorted(FORMATS)
