"""What these faults ask of a machine: mounts of one's own, a compiler, openssl."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path


@cache
def can_mount() -> bool:
    """Tell whether a process can be given mounts that nobody else sees."""
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    tried = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False)
    return tried.returncode == 0


def with_mounts(*lines: str) -> Sequence[str]:
    """Return what to put before a command so that it alone sees these mounts, in the shell's words."""
    return ("unshare", "-m", "sh", "-c", " && ".join((*lines, 'exec "$@"')), "sh")


def missing(*wanted: str) -> str | None:
    """Return what is not there of what a fault needs, None where all is."""
    if "root" in wanted and not can_mount():
        return "needs root, and mounts of its own (unshare -m)"
    gone = [name for name in wanted if name != "root" and shutil.which(name) is None]
    return f"not installed: {', '.join(gone)}" if gone else None


def shifted_clock(folder: Path) -> Path:
    """Return a library that shifts the wall clock of whoever loads it."""
    library = folder / "shifted_clock.so"
    source = Path(__file__).with_name("shifted_clock.c")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True, capture_output=True)
    return library
