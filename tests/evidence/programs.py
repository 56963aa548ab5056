"""Other people's programs, each in an environment of its own, and servers that are surely ended."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE_S = 300.0
"""How long anything may take on a busy machine before a test gives up; nothing is measured by it."""


class CannotInstallError(Exception):
    """The pinned packages are not to be had here: no network, or no registry that has them."""


def install(group: str, folder: Path) -> Path:
    """Make an environment of the files pinned in requirements/GROUP.txt; return its interpreter.

    Raises CannotInstallError with the last thing pip said.
    """
    python = folder / "bin" / "python"
    run([sys.executable, "-m", "venv", "--without-pip", str(folder)])
    order = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-compile"]
    pins = ROOT / "requirements" / f"{group}.txt"
    done = run(
        [*order, "--disable-pip-version-check", "--retries", "1", "--require-hashes", "--requirement", str(pins)]
    )
    if done.returncode:
        raise CannotInstallError((done.stderr.strip().splitlines() or ["pip said nothing"])[-1][:300])
    return python


def run(
    order: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, with `env` on top of this process's own environment less PYTHONPATH."""
    merged = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | dict(env or {})
    return subprocess.run(order, capture_output=True, text=True, cwd=cwd, env=merged, timeout=PATIENCE_S, check=False)


@contextmanager
def serving(order: Sequence[str], folder: Path) -> Iterator[str]:
    """Run a server while the block runs; yield the first address it prints.

    It leads a process group of its own, and the whole group is killed: what it started must not outlive it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    said = folder / "server.log"
    with said.open("wb") as log:
        process = subprocess.Popen(order, cwd=folder, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        yield _address(process, said)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=PATIENCE_S)


def _address(process: subprocess.Popen[bytes], said: Path) -> str:
    """Return the address a server says it listens on, once it does."""
    until_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < until_s:
        found = re.search(r"http://127\.0\.0\.1:[1-9]\d*", said.read_text(encoding="utf-8", errors="replace"))
        if found:
            return found[0]
        assert process.poll() is None, said.read_text(encoding="utf-8", errors="replace")
        time.sleep(0.05)
    raise AssertionError(f"no address within {PATIENCE_S:g} s: {said.read_text(encoding='utf-8', errors='replace')}")
