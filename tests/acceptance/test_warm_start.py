"""A command that starts warm does what one does that starts cold."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from service_process import PATIENCE_S, environment, eventually
from warm_start import WarmProcess, needs_a_start, run_warm

SAID = {
    "words": ("--version",),
    "an exit code": ("validate", "nofile.yaml"),
    "the folder it is in": ("validate", "."),
    "the environment": ("init", "--help", "--lang", "zh"),
    "what it was given to read": ("diff", "-", "-"),
}


@pytest.mark.parametrize("arguments", SAID.values(), ids=SAID)
def test_it_says_and_ends_as_one_that_starts_cold(arguments: tuple[str, ...], tmp_path: Path) -> None:
    env, cold = environment({"LANGUAGE": "zh"}), [sys.executable, "-m", "wnmon", *arguments]
    expected = subprocess.run(
        cold, env=env, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S, check=False
    )
    done = run_warm(*arguments, env=env, cwd=tmp_path, timeout_s=PATIENCE_S)

    assert (done.returncode, done.stdout, done.stderr) == (expected.returncode, expected.stdout, expected.stderr)


@pytest.mark.parametrize("coding", ["utf-8", "ascii", "latin-1:replace"])
def test_it_writes_in_the_encoding_that_is_wished(coding: str, tmp_path: Path) -> None:
    env = environment({"LANGUAGE": "zh", "LANG": "zh_CN.UTF-8", "PYTHONIOENCODING": coding})
    cold = [sys.executable, "-m", "wnmon", "--help"]
    expected = subprocess.run(cold, env=env, cwd=tmp_path, capture_output=True, timeout=PATIENCE_S, check=False)

    assert run_warm("--help", env=env, cwd=tmp_path, timeout_s=PATIENCE_S).stdout == expected.stdout


@pytest.mark.parametrize(("name", "value"), [("LD_PRELOAD", "x.so"), ("PYTHONASYNCIODEBUG", "1"), ("LC_ALL", "C")])
def test_what_is_heeded_while_a_program_starts_needs_a_start(name: str, value: str) -> None:
    assert (needs_a_start({name: value}), needs_a_start({"LANG": "C", "LC_ALL": ""})) == (True, False)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 0), (signal.SIGKILL, -9)])
def test_it_takes_signals(number: signal.Signals, code: int, tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as out:
        process = WarmProcess(["mock"], environment(), tmp_path, out, out)
        eventually((tmp_path / "out").read_text, "an address")
        process.send_signal(number)

        assert process.wait(PATIENCE_S) == code


def test_one_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        run_warm("mock", env=environment(), cwd=tmp_path, timeout_s=0.5)
