"""Tables of text for a terminal, where a Chinese character takes two columns; cells for a spreadsheet."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import east_asian_width

from wnmon.model.text import visible

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def width(text: str) -> int:
    """Return how many columns a text takes."""
    return len(text) + sum(east_asian_width(char) in "WF" for char in text)


def aligned(table: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table, its columns as wide as their widest cells."""
    widths = [max(map(width, column)) for column in zip(*table, strict=True)]
    padded = ([cell + " " * (most - width(cell)) for cell, most in zip(line, widths, strict=True)] for line in table)
    return ["  ".join(cells).rstrip() for cells in padded]


def safe_cell(value: object) -> str:
    """Return a cell of a CSV file; one that a spreadsheet would reckon with begins with `'`."""
    text = "" if value is None else visible(str(value))
    return f"'{text}" if text.startswith(_FORMULA) else text
