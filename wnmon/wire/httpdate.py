"""Instants as HTTP headers write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_IMF_FIXDATE = re.compile(r"[A-Z][a-z]{2}, ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def epoch_s(value: str) -> float | None:
    """Return the epoch seconds of an IMF-fixdate (RFC 9110 §5.6.7), None for anything else. Never raises."""
    match = _IMF_FIXDATE.fullmatch(value)
    if match is None or match.group(2) not in _MONTHS:
        return None
    day, year, hour, minute, second = (int(match.group(group)) for group in (1, 3, 4, 5, 6))
    try:
        return datetime(year, _MONTHS.index(match.group(2)) + 1, day, hour, minute, second, tzinfo=UTC).timestamp()
    except ValueError:
        return None
