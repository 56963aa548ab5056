"""Files named on the command line, read whole and written whole; what is wrong with one is a UsageError."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from stat import S_IMODE

from wnmon.errors import UsageError
from wnmon.model.said import Said, Text

MAX_BYTES = 256 * 1024 * 1024
"""A transcript of a long check with every answer at its cap stays below it."""

STDOUT_NAMES = frozenset({"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"})


def read_text(path: Path) -> str:
    """Return the UTF-8 text of a file of at most `MAX_BYTES`. Raises UsageError."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as refused:
        raise UsageError(Said("cli_unreadable", path=str(path), why=str(refused.strerror))) from None
    if len(data) > MAX_BYTES:
        raise UsageError(Said("cli_too_large", path=str(path), n=MAX_BYTES // 1024 // 1024))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(Said("cli_not_utf8", path=str(path))) from None


def wrong_file(path: Path, wrong: ValueError, *, hint: Text | None = None) -> UsageError:
    """Return what to say of a file that holds something else than it should."""
    why = wrong.args[0] if wrong.args and isinstance(wrong.args[0], Said) else str(wrong)
    return UsageError(Said("cli_wrong_file", path=str(path), why=why), hint=hint)


def unwritable(path: Path, refused: OSError) -> UsageError:
    """Return what to say of a file that cannot be written."""
    return UsageError(Said("cli_unwritable", path=str(path), why=str(refused.strerror)))


def is_stdout(name: str) -> bool:
    """Tell whether a file name means stdout. What opens it anew would write from its start, over what is there."""
    return name in STDOUT_NAMES


def write_text(path: Path, text: str) -> None:
    """Write a file whole: a reader finds the old one or the new one. Raises UsageError.

    A link stays one, and what it leads to keeps its mode. A device or a pipe is written to, never replaced.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_text(text, encoding="utf-8")
        else:
            _replace({Path(os.path.realpath(path)): text.encode()})
    except OSError as refused:
        raise unwritable(path, refused) from None


def write_all(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files below a folder whole: all of them, or none where one finds no room. Raises UsageError."""
    for name in files:
        _make_room(folder / name)
    try:
        _replace({Path(os.path.realpath(folder / name)): data for name, data in files.items()})
    except OSError as refused:
        said = Said("cli_unwritable", path=str(folder), why=str(refused.strerror))
        raise UsageError(said, hint=Said("init_declined")) from refused


def _make_room(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    except OSError as refused:
        raise unwritable(path, refused) from refused


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet; what ends the writing leaves none. Raises OSError."""
    with path.open("x", encoding="utf-8") as file:
        try:
            file.write(text)
            file.flush()
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def _replace(files: Mapping[Path, bytes]) -> None:
    """Write each file beside its place; once all are written whole, they take their places."""
    beside: dict[Path, Path] = {}
    try:
        for path, data in files.items():
            if path.is_symlink():
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            beside[path] = path.with_name(f".{path.name}.{os.getpid()}")
            beside[path].write_bytes(data)
            if path.exists():
                beside[path].chmod(S_IMODE(path.stat().st_mode))
        for path, written in beside.items():
            written.replace(path)
    except BaseException:
        for written in beside.values():
            with suppress(OSError):
                written.unlink()
        raise
