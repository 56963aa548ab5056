"""Instants as HTTP headers write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_TIME = r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
_FORMS = (
    # IMF-fixdate, what every sender must write: Sun, 06 Nov 1994 08:49:37 GMT
    re.compile(rf"[A-Z][a-z]{{2}}, (?P<day>[0-9]{{2}}) (?P<month>[A-Z][a-z]{{2}}) (?P<year>[0-9]{{4}}) {_TIME} GMT"),
    # RFC 850: Sunday, 06-Nov-94 08:49:37 GMT
    re.compile(rf"[A-Z][a-z]{{5,8}}, (?P<day>[0-9]{{2}})-(?P<month>[A-Z][a-z]{{2}})-(?P<year>[0-9]{{2}}) {_TIME} GMT"),
    # asctime of C: Sun Nov  6 08:49:37 1994
    re.compile(rf"[A-Z][a-z]{{2}} (?P<month>[A-Z][a-z]{{2}}) (?P<day>[ 0-9][0-9]) {_TIME} (?P<year>[0-9]{{4}})"),
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def epoch_s(value: str, *, seen_s: float) -> float | None:
    """Return the epoch seconds of an HTTP-date in any of its three forms (RFC 9110 §5.6.7), None for anything else.

    `seen_s` is about when it was read: a year of two digits is one at most 50 years later. Never raises.
    """
    match = next((match for form in _FORMS if (match := form.fullmatch(value))), None)
    if match is None or match["month"] not in _MONTHS:
        return None
    day, hour, minute, second = (int(match[part]) for part in ("day", "hour", "minute", "second"))
    try:
        year = _year(match["year"], datetime.fromtimestamp(seen_s, UTC).year)
        return datetime(year, _MONTHS.index(match["month"]) + 1, day, hour, minute, second, tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _year(digits: str, this_year: int) -> int:
    """Return a year in full: of two digits, the latest that is at most 50 years ahead."""
    if len(digits) == 4:
        return int(digits)
    latest = this_year + 50
    return latest - (latest - int(digits)) % 100
