"""Cells for a spreadsheet."""

from __future__ import annotations

from wnmon.model.text import visible

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value: object) -> str:
    """Return a cell of a CSV file; one that a spreadsheet would reckon with begins with `'`."""
    text = "" if value is None else visible(str(value))
    return f"'{text}" if text.startswith(_FORMULA) else text
