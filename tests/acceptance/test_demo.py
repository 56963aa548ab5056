"""`make demo` as a visitor sees it: addresses, lines, an end that leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from service_process import ROOT, eventually

SCRIPT = [sys.executable, "-u", str(ROOT / "scripts" / "demo.py")]
RUN_LINE = re.compile(r"^\d\d:\d\d:\d\dZ .*\b(good|lossy)\b", re.MULTILINE)


@contextmanager
def demo(printed: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the demo, its lines going to a file; ended at the latest with the block."""
    env = {name: value for name, value in os.environ.items() if name not in {"LC_ALL", "LC_MESSAGES", "LANG"}}
    with printed.open("wb") as lines:
        process = subprocess.Popen([*SCRIPT, *options], stdout=lines, stderr=subprocess.STDOUT, env=env)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def children(parent: int) -> dict[int, str]:
    """Return the processes started by a process, with when they were (a pid alone may be given anew)."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found[int(stat.parent.name)] = fields[19]
    return found


def alive(processes: dict[int, str]) -> list[int]:
    """Return which of these processes still run."""
    return [pid for pid, started in processes.items() if _started(pid) == started]


def _started(pid: int) -> str | None:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return None


@dataclass(frozen=True, slots=True)
class Ended:
    """A demo that ended: its exit code, all it printed, and which of its children still ran then."""

    code: int
    text: str
    left: list[int]


@pytest.fixture(scope="module")
def by_itself(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """The demo after its time, which must be enough to start both."""
    printed = tmp_path_factory.mktemp("demo") / "lines"
    with demo(printed, "--seconds", "8") as process:
        started = eventually(lambda: len(found := children(process.pid)) == 2 and found, "relay and service")
        code = process.wait(60)
    return Ended(code, printed.read_text("utf-8"), alive(started))


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """The demo after some runs and Ctrl-C, pressed again and again as one does."""
    printed = tmp_path_factory.mktemp("demo") / "lines"
    with demo(printed) as process:
        eventually(lambda: len(RUN_LINE.findall(printed.read_text("utf-8"))) >= 5, "5 finished runs", patience_s=90)
        started = children(process.pid)
        for _ in range(3):
            process.send_signal(signal.SIGINT)
            time.sleep(0.1)
        code = process.wait(30)
    return Ended(code, printed.read_text("utf-8"), alive(started))


def test_the_demo_ends_by_itself_with_exit_0(by_itself: Ended) -> None:
    assert by_itself.code == 0


def test_the_demo_prints_the_address_of_the_relay(interrupted: Ended) -> None:
    assert re.search(r"^reference relay: http://127\.0\.0\.1:\d+/v1/chat/completions$", interrupted.text, re.MULTILINE)


def test_the_demo_prints_the_address_of_the_service(interrupted: Ended) -> None:
    assert re.search(
        r"^wnmon serves http://127\.0\.0\.1:\d+/ .*http://127\.0\.0\.1:\d+/metrics", interrupted.text, re.MULTILINE
    )


def test_the_demo_goes_on_and_shows_at_least_5_finished_runs(interrupted: Ended) -> None:
    assert len(RUN_LINE.findall(interrupted.text)) >= 5


def test_the_demo_that_ended_by_itself_leaves_no_process_behind(by_itself: Ended) -> None:
    assert by_itself.left == []


def test_ctrl_c_ends_the_demo_with_exit_0(interrupted: Ended) -> None:
    assert interrupted.code == 0


def test_ctrl_c_ends_the_demo_without_a_traceback(interrupted: Ended) -> None:
    assert "Traceback" not in interrupted.text


def test_ctrl_c_leaves_no_process_behind(interrupted: Ended) -> None:
    assert interrupted.left == []


def test_ctrl_c_in_the_moment_a_process_starts_waits_until_it_is_known_and_can_be_ended() -> None:
    code = f"""
import os, signal, sys
sys.path.insert(0, {str(ROOT / "scripts")!r})
import demo
demo.on_signal(demo.interrupt)
try:
    with demo.signals_wait():
        os.kill(os.getpid(), signal.SIGINT)
        print("known")
except KeyboardInterrupt:
    print("ended")
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.split() == [
        "known",
        "ended",
    ]


def test_ctrl_c_before_the_relay_stands_leaves_no_process_behind(tmp_path: Path) -> None:
    with demo(tmp_path / "lines") as process:
        started = eventually(lambda: children(process.pid), "a first process")
        process.send_signal(signal.SIGINT)
        process.wait(30)

    assert (process.returncode, alive(started)) == (0, [])


def test_the_page_of_the_demo_answers(tmp_path: Path) -> None:
    printed = tmp_path / "lines"
    with demo(printed):
        serves = re.compile(r"wnmon serves (\S+)")
        found = eventually(lambda: serves.search(printed.read_text("utf-8")), "the service's address")
        with urllib.request.urlopen(found[1], timeout=20) as page:
            assert page.status == 200
