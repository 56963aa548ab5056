"""Bytes of a body as text a reader can trust: what does not print is shown as its escape."""

from __future__ import annotations

from dataclasses import dataclass

from wnmon.model.text import visible

MAX_BODY_BYTES = 16 * 1024
"""Shown bytes of a body; the rest is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A body as shown. `left` counts the bytes that are not."""

    text: str
    size: int
    left: int


def shown_body(data: bytes) -> Body:
    """Return the first `MAX_BODY_BYTES` of a body as text."""
    return Body(text=printable(data[:MAX_BODY_BYTES]), size=len(data), left=max(len(data) - MAX_BODY_BYTES, 0))


def printable(data: bytes) -> str:
    """Return bytes as text: UTF-8 where it is, escapes where not; line feeds and tabs stay, a CR shows as `\\r`."""
    lines = data.decode("utf-8", "backslashreplace").split("\n")
    return "\n".join("\t".join(visible(cell) for cell in line.split("\t")) for line in lines)
