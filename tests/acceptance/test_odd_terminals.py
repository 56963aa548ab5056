"""A terminal that is closed, full, in a hurry or not UTF-8 takes nothing from a verdict or a report."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from check_process import KEY, MODEL, PATIENCE_S, order, with_key
from service_process import relay_beside

from wnmon.mock.server import Relay
from wnmon.mock.settings import MockSettings

FULL = Path("/dev/full")


@pytest.fixture(scope="module")
def relay() -> Iterator[Relay]:
    with relay_beside(MockSettings(faults=("no-fingerprint",))) as running:
        yield running


def checked(
    relay: Relay, folder: Path, *more: str, shell: str = "", env: dict[str, str] | None = None
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
def test_a_terminal_that_is_not_utf8_gets_the_verdict(coding: str, relay: Relay, tmp_path: Path) -> None:
    done = checked(relay, tmp_path, env={"PYTHONIOENCODING": coding})

    assert (done.returncode, done.stderr) == (1, b"")


def test_a_mark_the_terminal_does_not_know_is_shown_as_its_escape(relay: Relay, tmp_path: Path) -> None:
    done = checked(relay, tmp_path, env={"PYTHONIOENCODING": "gbk"})

    assert "\\u2717 DOC-009 MUST" in done.stdout.decode("gbk")


def test_junit_on_stdout_is_utf8_whatever_the_terminal_speaks(relay: Relay, tmp_path: Path) -> None:
    done = checked(relay, tmp_path, "--report", "junit", env={"PYTHONIOENCODING": "gbk"})

    assert ET.fromstring(done.stdout).get("failures") == "1"


@pytest.mark.parametrize(
    "shell", [">&-", "2>&-", ">&- 2>&-", "| head -c 1", "| true"], ids=["stdout", "stderr", "both", "head", "true"]
)
def test_a_closed_terminal_leaves_the_exit_code(shell: str, relay: Relay, tmp_path: Path) -> None:
    assert checked(relay, tmp_path, shell=shell).returncode == 1


@pytest.mark.parametrize("shell", [">&-", "| true"], ids=["stdout", "true"])
def test_a_closed_terminal_leaves_the_report_files(shell: str, relay: Relay, tmp_path: Path) -> None:
    checked(relay, tmp_path, shell=shell)

    assert {path.name for path in tmp_path.iterdir()} == {"report.json", "report.xml"}


def test_a_passed_check_stays_passed_when_its_reader_has_gone(tmp_path: Path) -> None:
    with relay_beside(MockSettings()) as good:
        assert checked(good, tmp_path, shell="| true").returncode == 0


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
def test_a_full_disk_behind_stdout_is_said_without_a_stack(relay: Relay, tmp_path: Path) -> None:
    done = checked(relay, tmp_path, shell="> /dev/full")

    assert (done.returncode, done.stderr) == (2, f"wnmon: cannot write to stdout: {os.strerror(28)}\n".encode())


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
def test_a_refused_file_leaves_the_others(relay: Relay, tmp_path: Path) -> None:
    done = checked(relay, tmp_path, "--report", "json=/dev/full")

    assert (done.returncode, (tmp_path / "report.xml").exists(), b"DOC-009" in done.stdout) == (2, True, True)


def test_the_key_is_in_none_of_it(relay: Relay, tmp_path: Path) -> None:
    done = checked(relay, tmp_path, env={"PYTHONIOENCODING": "latin-1"})

    assert KEY.encode() not in done.stdout + done.stderr
