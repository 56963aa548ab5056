"""Files named on the command line, read whole and written whole; what is wrong with one is a UsageError."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from wnmon.errors import UsageError

MAX_BYTES = 256 * 1024 * 1024
"""A transcript of a long check with every answer at its cap stays below it."""


def read_text(path: Path) -> str:
    """Return the UTF-8 text of a file of at most `MAX_BYTES`. Raises UsageError."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as refused:
        raise UsageError(f"cannot read {path}: {refused.strerror}") from None
    if len(data) > MAX_BYTES:
        raise UsageError(f"{path}: expected at most {MAX_BYTES // 1024 // 1024} MiB, not more")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path}: expected UTF-8, not other bytes") from None


def write_text(path: Path, text: str) -> None:
    """Write a file whole: a reader finds the old one or the new one. Raises UsageError."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as refused:
        with suppress(OSError):
            beside.unlink()
        raise UsageError(f"cannot write {path}: {refused.strerror}") from None
