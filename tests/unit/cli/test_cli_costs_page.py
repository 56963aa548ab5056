"""The page on costs shows what wnmon prints for the configuration that stands on it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from wnmon.app.check import Selection
from wnmon.cli.calls import calls_of
from wnmon.cli.check import command
from wnmon.cli.consent import ask_before_harm
from wnmon.cli.suites import load, names_of
from wnmon.config.named_target import named_by_config

PAGE = (Path(__file__).parents[3] / "docs" / "costs.md").read_text(encoding="utf-8")
ENV = {"WN_API_KEY": "sk-0123456789abcdef", "LANG": "en"}


def block(language: str, start: str) -> list[str]:
    """Return the lines of the block of the page that begins so."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    lines: list[str] = next(text for text in blocks if text.startswith(start)).splitlines()
    return lines


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return the configuration of the page as a file."""
    path = tmp_path / "wnmon.yaml"
    path.write_text("\n".join(block("yaml", "targets:")), encoding="utf-8")
    return path


def test_the_dry_run_of_the_page_is_what_is_printed(config: Path) -> None:
    order, *shown = block("console", "$ wnmon check -c wnmon.yaml --model gpt-4o-mini --full --dry-run")
    arguments = [str(config) if word == "wnmon.yaml" else word for word in order.split()[3:]]
    printed = CliRunner().invoke(command, arguments, env=ENV).output.splitlines()

    assert shown[-2:] == printed[-2:]
    assert [line for line in shown if line.strip() != "…" and line not in printed] == []


def test_the_question_of_the_page_is_what_is_asked(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, *shown = block("console", "$ wnmon check -c wnmon.yaml --model gpt-4o-mini --full --yes")
    names = names_of((), full=True)
    asked = named_by_config(config, None, ("gpt-4o-mini",), ENV)
    calls = calls_of(asked, Selection(plans=load(names), names=names, full=True))
    ask_before_harm(calls, asked.target, yes=True, quiet=False)

    assert shown == capsys.readouterr().err.splitlines()
