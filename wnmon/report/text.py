"""Text from outside made safe to show: the relay chooses these characters, so none of them may act on a screen."""

from __future__ import annotations

from datetime import UTC, datetime

from wnmon.model.text import cut, visible

MAX_VALUE_CHARS = 200
MAX_MESSAGE_CHARS = 2000


def shown(text: str, limit: int = MAX_VALUE_CHARS) -> str:
    """Return `text` made visible and cut to `limit` characters, the last of which is then an ellipsis."""
    return cut(visible(text[: limit + 1]), limit)


def utc(at_s: float) -> datetime:
    """Return epoch seconds as a UTC date and time."""
    return datetime.fromtimestamp(at_s, UTC)


def iso(at_s: float) -> str:
    """Return epoch seconds as RFC 3339 in UTC, with milliseconds."""
    return utc(at_s).isoformat(timespec="milliseconds").replace("+00:00", "Z")
