"""Text from outside made safe to show: the relay chooses these characters, so none of them may act on a screen."""

from __future__ import annotations

from datetime import UTC, datetime

from wnmon.model.text import cut

MAX_VALUE_CHARS = 200
MAX_MESSAGE_CHARS = 2000


def visible(text: str) -> str:
    """Return `text` with every character that is not printable written as its escape, such as `\\x1b` or `\\u202e`.

    Covers C0 and C1 controls, line and paragraph separators, bidirectional overrides, zero-width characters and
    lone surrogates, so the result is one line of well-formed Unicode that neither a terminal nor XML 1.0 objects to.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escape(char) for char in text)


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def shown(text: str, limit: int = MAX_VALUE_CHARS) -> str:
    """Return `text` made visible and cut to `limit` characters, the last of which is then an ellipsis."""
    return cut(visible(text[: limit + 1]), limit)


def utc(at_s: float) -> datetime:
    """Return epoch seconds as a UTC date and time."""
    return datetime.fromtimestamp(at_s, UTC)


def iso(at_s: float) -> str:
    """Return epoch seconds as RFC 3339 in UTC, with milliseconds."""
    return utc(at_s).isoformat(timespec="milliseconds").replace("+00:00", "Z")
