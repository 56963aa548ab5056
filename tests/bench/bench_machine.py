"""This machine: cores, what others use of them, processes and their time and memory."""

from __future__ import annotations

import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")
ROOT = Path(__file__).parents[2]

WNMON = os.environ.get("WNMON_PYTHON", sys.executable)
"""The Python that has the wnmon to be measured, so that one with other extras can be."""

cores = sorted(os.sched_getaffinity(0))
CLIENT, RELAY = {cores[0]}, {cores[-1]}
"""Whoever is measured has a core; the relay, and whoever scrapes and asks, have another, where there are two."""


@dataclass(slots=True)
class Foreign:
    """What others used of all cores meanwhile, stolen time included, as a share."""

    share: float = 0.0


@contextmanager
def watched() -> Iterator[Foreign]:
    """Watch what others use. What is ours has ended, and was waited for, when the block does."""
    foreign, before, own_before, began_s = Foreign(), _busy_s(), _own_s(), time.monotonic()
    try:
        yield foreign
    finally:
        whole_s = (time.monotonic() - began_s) * (os.cpu_count() or 1)
        foreign.share = max(0.0, (_busy_s() - before) - (_own_s() - own_before)) / max(whole_s, 1e-9)


def _busy_s() -> float:
    """Return what all cores have done: user, nice, system, irq, softirq and steal, of `man 5 proc`."""
    fields = [int(one) for one in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    return sum(fields[place] for place in (0, 1, 2, 5, 6, 7) if place < len(fields)) / TICKS


def _own_s() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def descendants(pid: int) -> list[int]:
    """Return a process and all that it started and that live."""
    found = [pid]
    for one in found:
        with suppress(OSError):
            for task in Path(f"/proc/{one}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def cpu_s(pid: int) -> float:
    """Return the processor time of a process, of those it started, and of those of them that ended."""
    total = 0
    for one in descendants(pid):
        with suppress(OSError):
            total += sum(map(int, Path(f"/proc/{one}/stat").read_text().rpartition(") ")[2].split()[11:15]))
    return total / TICKS


def pss_mb(pid: int) -> float:
    """Return the proportional memory of one process."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


@contextmanager
def started(
    order: Sequence[str], on: set[int], *, env: Mapping[str, str] | None = None, log: Path | None = None, **more: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program on some cores while the block does; it is then told to end."""
    with (log or Path(os.devnull)).open("ab") as printed:
        wanted: dict[str, Any] = {"stdout": printed, "stderr": printed, "env": {**os.environ, **(env or {})}, **more}
        process: subprocess.Popen[bytes] = subprocess.Popen(order, **wanted)
        _pin(process, on)
        try:
            yield process
        finally:
            if process.stdout is not None:
                process.stdout.close()
            if process.stdin is not None:
                process.stdin.close()
            else:
                process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _pin(process: subprocess.Popen[bytes], on: set[int]) -> None:
    """Put a process on some cores: what it starts later is there too."""
    with suppress(ProcessLookupError):
        os.sched_setaffinity(process.pid, on)


def with_bytecode(folder: Path) -> dict[str, str]:
    """Return an environment in which Python keeps bytecode in a folder, as the image and pip do for what they install.

    Else a checkout may be compiled anew by each command, and whoever came by pip is not.
    """
    return {**os.environ, "PYTHONPYCACHEPREFIX": str(folder), "PYTHONDONTWRITEBYTECODE": ""}


def cpu_of(order: Sequence[str], *, goes: int, env: Mapping[str, str] | None = None) -> float:
    """Return the least processor time of a command, in seconds, of several goes."""
    times = []
    for _ in range(goes):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with subprocess.Popen(order, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env) as process:
            _pin(process, CLIENT)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times)


@dataclass(slots=True)
class Clock:
    """How long the bench may go on: `left_s` is what is left of it."""

    budget_s: float | None
    began_s: float = field(default_factory=time.monotonic)

    def has(self, seconds: float) -> bool:
        """Tell whether there is so much time left."""
        return self.budget_s is None or self.began_s + self.budget_s - time.monotonic() >= seconds


def versions(peers_python: Path | None, blackbox: str | None) -> dict[str, str]:
    """Return what the figures depend on."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    found = {
        "cores": f"{len(cores)} of {os.cpu_count()}, {model}",
        "kernel": f"{platform.system()} {platform.release()}",
        "python": _said([WNMON, "-c", "import platform as p; print(p.python_implementation(), p.python_version())"]),
        "commit": _said(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]) or "unknown",
        "extras": ", ".join(name for name in ("uvloop", "httptools") if _has(name)) or "none",
    }
    names = ("httpx", "aiohttp", "openai", "prometheus-client", "uvloop")
    if peers_python is not None:
        ask = f"from importlib.metadata import version; print(*(n + ' ' + version(n) for n in {names!r}), sep=', ')"
        found["peers"] = _said([str(peers_python), "-c", ask])
    if blackbox is not None:
        found["blackbox_exporter"] = _said([blackbox, "--version"]).splitlines()[0]
    return found


def _has(module: str) -> bool:
    return subprocess.run([WNMON, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0


def _said(order: Sequence[str]) -> str:
    done = subprocess.run(order, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip()
