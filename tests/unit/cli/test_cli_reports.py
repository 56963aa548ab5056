"""The formats of `--report` and the page that lists them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from wnmon.cli.check import command
from wnmon.cli.destinations import FORMATS
from wnmon.cli.reports import _FORMATS

PAGE = (Path(__file__).parents[3] / "docs" / "reports.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_its_example_on_the_page(name: str) -> None:
    assert f"\n## {name}\n" in PAGE
    assert f"| [{name}](#{name}) |" in PAGE


def test_the_page_lists_the_formats_there_are_and_no_other() -> None:
    assert sorted(re.findall(r"^\| \[(\w+)\]\(#", PAGE, re.MULTILINE)) == sorted(FORMATS)


@pytest.mark.parametrize("option", ["--report", "--write-baseline"])
def test_a_report_whose_folder_is_missing_is_refused_before_anything_is_sent(tmp_path: Path, option: str) -> None:
    file = tmp_path / "none" / "report"
    value = f"junit={file}" if option == "--report" else str(file)
    done = CliRunner().invoke(command, ["--base-url", "http://127.0.0.1:9", "--model", "m", option, value])

    assert (done.exit_code, f"there is no folder {file.parent}" in done.output) == (2, True)
    assert not file.parent.exists()


def test_a_report_in_a_folder_that_is_there_is_taken(tmp_path: Path) -> None:
    asked = ["--base-url", "http://127.0.0.1:9", "--model", "m", "--dry-run", "--report", f"junit={tmp_path / 'r.xml'}"]

    assert CliRunner().invoke(command, asked).exit_code == 0


def test_every_format_has_a_renderer() -> None:
    assert tuple(_FORMATS) == FORMATS
