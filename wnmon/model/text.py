"""Text from outside, made fit to keep and to show: cut, put on one line, writable as UTF-8, visible."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from unicodedata import east_asian_width

# Control characters, line and paragraph separators, lone surrogates, and what reverses the direction of text.
_UNPRINTABLE = "[\\s\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]+"


def cut(text: str, limit: int = 200) -> str:
    """Return text of at most `limit` characters, the last of which is an ellipsis where some were left out."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def one_line(text: str, limit: int) -> str:
    """Return text fit for one line: control characters and runs of blanks become one blank, cut at `limit`."""
    return cut(re.sub(_UNPRINTABLE, " ", text[: 4 * limit]).strip(), limit)


def encodable(text: str) -> str:
    """Return text with lone surrogates, which UTF-8 cannot carry, written as their escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def visible(text: str) -> str:
    """Return `text` with every character that is not printable written as its escape, such as `\\x1b` or `\\u202e`.

    Covers C0 and C1 controls, line and paragraph separators, bidirectional overrides, zero-width characters and
    lone surrogates, so the result is one line of well-formed Unicode that neither a terminal nor XML 1.0 objects to.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes: a Chinese character takes two."""
    return len(text) + sum(east_asian_width(char) in "WF" for char in text)


def columns(table: Sequence[Sequence[str]], right: Collection[int] = ()) -> list[str]:
    """Return the lines of a table, its columns as wide as their widest cells; those named are flush right."""
    widths = [max(map(width, column)) for column in zip(*table, strict=True)]
    return ["  ".join(_padded(line, widths, right)).rstrip() for line in table]


def _padded(line: Sequence[str], widths: Sequence[int], right: Collection[int]) -> list[str]:
    blanks = [" " * (most - width(cell)) for cell, most in zip(line, widths, strict=True)]
    pairs = enumerate(zip(line, blanks, strict=True))
    return [blank + cell if place in right else cell + blank for place, (cell, blank) in pairs]


def percent(share: float) -> str:
    """Return a share as people read it; one that is not whole is never shown as 100 %."""
    shown = f"{100 * share:.2f}"
    return "99.99 %" if shown == "100.00" and share < 1 else f"{shown.removesuffix('.00')} %"
