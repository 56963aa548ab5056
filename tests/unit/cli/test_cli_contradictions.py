"""Flags of `wnmon check` that contradict each other are refused before anything is sent."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from wnmon.cli.check import command

RELAY = ["--base-url", "http://127.0.0.1:9", "--model", "m", "--dry-run"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([*RELAY, "--report", "json=a", "--report", "junit=a"], "two reports go to a"),
        ([*RELAY, "--report", "json=a", "--report", "junit=./a"], "two reports go to a"),
        ([*RELAY, "--report", "json", "--report", "junit"], "two reports go to stdout"),
        ([*RELAY, "--report", "json=-", "--report", "tap=/dev/stdout"], "two reports go to stdout"),
        ([*RELAY, "--report", "json", "--report", "tap=/proc/self/fd/1"], "two reports go to stdout"),
        ([*RELAY, "--write-baseline", "-"], "what is printed goes to stdout"),
        ([*RELAY, "--write-baseline", "."], "is a directory"),
        ([*RELAY, "--report", "json="], "is a variable empty?"),
        (["-c", "wnmon.yaml", "--api-key-env", "OTHER"], "--api-key-env and --config exclude each other"),
    ],
    ids=[
        "one file",
        "one file, spelled in two ways",
        "stdout",
        "named stdout",
        "stdout by its number",
        "baseline to stdout",
        "folder",
        "no file",
        "two keys",
    ],
)
def test_a_contradiction_is_refused(arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(command, arguments)

    assert (done.exit_code, said in done.output) == (2, True), done.output


def test_two_reports_in_two_places_are_taken() -> None:
    done = CliRunner().invoke(command, [*RELAY, "--report", "json=a", "--report", "junit=b", "--report", "terminal"])

    assert "nothing was sent" in done.output
