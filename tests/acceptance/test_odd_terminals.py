"""A terminal that is closed, full, in a hurry or not UTF-8 takes nothing from a verdict or a report."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from check_process import KEY, MODEL, PATIENCE_S, order, with_key
from service_process import relay_beside

from wnmon.mock.server import MockRelay
from wnmon.mock.settings import MockSettings

FULL = Path("/dev/full")


@pytest.fixture(scope="module")
def relay() -> Iterator[MockRelay]:
    with relay_beside(MockSettings(faults=("no-fingerprint",))) as running:
        yield running


def checked(
    relay: MockRelay, folder: Path, *more: str, shell: str = "", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run a check that breaks DOC-009 below a shell, which ends with the exit code of the check."""
    command = [*order(folder, "--base-url", relay.url, "--model", MODEL, "--lang", "zh"), *more]
    script = f'set -o pipefail; "$@" {shell}'
    return subprocess.run(
        ["bash", "-c", script, "bash", *command],
        capture_output=True,
        env=with_key(env),
        cwd=folder,
        timeout=PATIENCE_S,
        check=False,
    )


@pytest.mark.parametrize("coding", ["gbk", "latin-1", "ascii"])
def test_a_terminal_that_is_not_utf8_gets_the_verdict(coding: str, relay: MockRelay, tmp_path: Path) -> None:
    done = checked(relay, tmp_path, env={"PYTHONIOENCODING": coding})

    assert (done.returncode, done.stderr) == (1, b"")


def test_a_mark_the_terminal_does_not_know_is_shown_as_its_escape(relay: MockRelay, tmp_path: Path) -> None:
    done = checked(relay, tmp_path, env={"PYTHONIOENCODING": "gbk"})

    assert "\\u2717 DOC-009 MUST" in done.stdout.decode("gbk")


def test_junit_on_stdout_is_utf8_whatever_the_terminal_speaks(relay: MockRelay, tmp_path: Path) -> None:
    done = checked(relay, tmp_path, "--report", "junit", env={"PYTHONIOENCODING": "gbk"})

    assert ET.fromstring(done.stdout).get("failures") == "1"


@pytest.mark.parametrize(
    "shell", [">&-", "2>&-", ">&- 2>&-", "| head -c 1", "| true"], ids=["stdout", "stderr", "both", "head", "true"]
)
def test_a_closed_terminal_leaves_the_exit_code(shell: str, relay: MockRelay, tmp_path: Path) -> None:
    assert checked(relay, tmp_path, shell=shell).returncode == 1


@pytest.mark.parametrize("shell", [">&-", "| true"], ids=["stdout", "true"])
def test_a_closed_terminal_leaves_the_report_files(shell: str, relay: MockRelay, tmp_path: Path) -> None:
    checked(relay, tmp_path, shell=shell)

    assert {path.name for path in tmp_path.iterdir()} == {"report.json", "report.xml"}


def test_a_passed_check_stays_passed_when_its_reader_has_gone(tmp_path: Path) -> None:
    with relay_beside(MockSettings()) as good:
        assert checked(good, tmp_path, shell="| true").returncode == 0


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
def test_a_full_disk_behind_stdout_is_said_without_a_stack(relay: MockRelay, tmp_path: Path) -> None:
    done = checked(relay, tmp_path, shell="> /dev/full")

    assert (done.returncode, done.stderr) == (2, f"wnmon：无法写入 stdout：{os.strerror(28)}\n".encode())


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
@pytest.mark.parametrize(
    "words",
    [
        *("check --list", "check --list --json", "explain DOC-001", "schema", "mock --list", "init", "mock", "--help"),
        *("--version", "check --help", "check --dry-run --base-url http://127.0.0.1:9 --model m"),
    ],
)
def test_a_full_disk_is_said_by_every_command_without_a_stack(words: str) -> None:
    assert below_a_shell(words, "> /dev/full") == (2, f"wnmon: cannot write to stdout: {os.strerror(28)}\n")


@pytest.mark.parametrize("words", ["check --list", "explain DOC-001", "schema", "--help"])
def test_a_reader_that_has_gone_fails_no_command(words: str) -> None:
    assert below_a_shell(words, "| true") == (0, "")


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
def test_a_full_disk_behind_stderr_leaves_the_exit_code() -> None:
    assert below_a_shell("explain NOPE", "2> /dev/full") == (2, "")


def below_a_shell(words: str, shell: str) -> tuple[int, str]:
    """Return how a command ended whose output a shell sends elsewhere, and what it said on stderr."""
    script = f"set -o pipefail; {shlex.quote(sys.executable)} -m wnmon {words} {shell}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, env=with_key(), timeout=PATIENCE_S, check=False)
    return done.returncode, done.stderr.decode()


def test_a_report_sent_to_stdout_by_its_name_is_whole(relay: MockRelay, tmp_path: Path) -> None:
    checked(relay, tmp_path, "--report", "tap=/dev/stdout", shell=f"> {tmp_path / 'out'}")
    lines = (tmp_path / "out").read_text("utf-8").splitlines()

    assert (lines[0], any("not ok" in line for line in lines), "\0" in "".join(lines)) == (
        "TAP version 14",
        True,
        False,
    )


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
def test_a_refused_file_leaves_the_others(relay: MockRelay, tmp_path: Path) -> None:
    done = checked(relay, tmp_path, "--report", "json=/dev/full")

    assert (done.returncode, (tmp_path / "report.xml").exists(), b"DOC-009" in done.stdout) == (2, True, True)


def test_the_key_is_in_none_of_it(relay: MockRelay, tmp_path: Path) -> None:
    done = checked(relay, tmp_path, env={"PYTHONIOENCODING": "latin-1"})

    assert KEY.encode() not in done.stdout + done.stderr
