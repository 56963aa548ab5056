"""A key in a file of its own, as secrets are mounted: `api_key: {file: PATH}`. No message quotes what it holds."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from pathlib import Path

from wnmon.config.environment import Complaint
from wnmon.model.said import Said

MAX_BYTES = 4096

NO_KEY_FILE: Complaint = (Said("no_file"), Said("key_file_path"))
"""What is wrong where no file is."""

KeyFile = Callable[[Path], tuple[str, Complaint | None]]
"""Returns the key in a file and, where there is none, what is wrong with the file."""

# As files of the environment have it. In base64 a key ends in one or two equals signs, and has none before.
_VARIABLE = re.compile(r"(?:export +)?[A-Z][A-Z0-9]*_[A-Z0-9_]*=[^=].*", re.ASCII)


def key_in(path: Path) -> tuple[str, Complaint | None]:
    """Return the one line of a file, its line break left out, and what is wrong with the file, if anything."""
    try:
        if path.exists() and not path.is_file():
            return "", (Said("no_regular_file"), Said("key_file_path"))
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return "", NO_KEY_FILE
    except (OSError, ValueError) as error:  # ValueError: a NUL is in no path
        why = error.strerror if isinstance(error, OSError) else None
        return "", (Said("cannot_be_read", text=(why or "invalid path").lower()), Said("key_file_path"))
    text = data.removeprefix(codecs.BOM_UTF8).decode("ascii", "replace").rstrip("\r\n")
    wrong = _wrong(text) if len(data) <= MAX_BYTES else Said("key_file_large", n=MAX_BYTES)
    return text, None if wrong is None else (wrong, Said("key_file_alone"))


def _wrong(text: str) -> Said | None:
    if not text:
        return Said("key_file_empty")
    if "\N{REPLACEMENT CHARACTER}" in text or "\0" in text:
        return Said("key_file_binary")
    if "\n" in text or "\r" in text:
        return Said("key_file_lines")
    return Said("key_file_variable") if _VARIABLE.fullmatch(text) else None
