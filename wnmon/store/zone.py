"""Whose days the file has, and which day what was written in another zone counts as.

A row of a day says when the day began and not whose it was. Its middle lies in the day of any zone that most of it lies
in; so that is the day it counts as, once, whatever zone it was written in.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from wnmon.model.days import HOUR_S, day_of

HALF_DAY_S = 12 * HOUR_S


def write_zone(db: sqlite3.Connection, zone: tzinfo) -> None:
    """Write whose days are written from now on."""
    db.execute("INSERT OR REPLACE INTO setting VALUES ('timezone', ?)", (str(zone),))


def read_zone(db: sqlite3.Connection) -> tzinfo:
    """Return whose days are written, UTC where nobody said so, or where this machine does not know the zone."""
    told = db.execute("SELECT value FROM setting WHERE name = 'timezone'").fetchone()
    try:
        return UTC if told is None or told[0] == str(UTC) else ZoneInfo(told[0])
    except (KeyError, ValueError, OSError):
        return UTC


def start_of_day(at_s: float, zone: tzinfo) -> int:
    """Return what a row of the day says that an instant lies in."""
    return day_of(at_s, zone).from_s


def place_of(start_s: int, starts: Sequence[int]) -> int:
    """Return which of these days, that follow each other, a row counts as; of a day to come as the last.

    Negative for one before them. Whoever asks for rows from `starts[0] - HALF_DAY_S` on gets none of those.
    """
    return bisect_right(starts, start_s + HALF_DAY_S) - 1
