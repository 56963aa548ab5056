"""Hours, days and months by the clocks of a zone, over epoch seconds. Pure: told the instant and the zone.

Days lie end to end, each from its first midnight to that of the next date, whatever clocks do:

where clocks                                a day
------------------------------------------  ---------------------------------------------------------------
are set in spring, in autumn                has 23 hours, 25 hours
skip midnight (Beirut, Santiago)            begins with the first instant that its date has
show midnight twice (Havana, St John's)     begins with the first of the two; what is shown again is of it
skip a whole date (Apia, 30 December 2011)  of that date has no length

A month begins as its first day does. Hours are counted from the beginning of the day, so that none belongs to two: in
Kolkata (+5:30) they begin at half past by UTC; where a clock is set by half an hour (Lord Howe) the last is short.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from typing import NamedTuple

HOUR_S = 3_600
_DAY = timedelta(days=1)
_LONGEST_MONTH = timedelta(days=31)


class Stretch(NamedTuple):
    """From when to when, in epoch seconds: `from_s` is the first instant of it, `until_s` the first after it."""

    from_s: int
    until_s: int

    @property
    def hours_from_s(self) -> int:
        """Return when the first hour may have begun that reaches into it: one of another zone may begin at half past.

        What is spent by the hour is rather of two days than of none. Of one zone that happens where an hour is short.
        """
        return self.from_s - HOUR_S + 1


def hour_of(at_s: float, zone: tzinfo) -> Stretch:
    """Return the hour that an instant lies in."""
    day = day_of(at_s, zone)
    from_s = day.from_s + int(at_s - day.from_s) // HOUR_S * HOUR_S
    return Stretch(from_s, min(from_s + HOUR_S, day.until_s))


def day_of(at_s: float, zone: tzinfo) -> Stretch:
    """Return the day that an instant lies in."""
    day = date_of(at_s, zone)
    return Stretch(_start_s(day, zone), _start_s(day + _DAY, zone))


def month_of(at_s: float, zone: tzinfo) -> Stretch:
    """Return the month that an instant lies in."""
    first = date_of(at_s, zone).replace(day=1)
    return Stretch(_start_s(first, zone), _start_s((first + _LONGEST_MONTH).replace(day=1), zone))


def date_of(at_s: float, zone: tzinfo) -> date:
    """Return the date of the day that an instant lies in."""
    shown = datetime.fromtimestamp(at_s, zone).date()
    # Clocks that are put back over midnight show a date again that is over.
    return shown + _DAY if at_s >= _start_s(shown + _DAY, zone) else shown


def last_days(at_s: float, zone: tzinfo, count: int) -> tuple[int, ...]:
    """Return when so many days began, the oldest first, that of the instant last."""
    today = date_of(at_s, zone)
    return tuple(_start_s(today - ahead * _DAY, zone) for ahead in reversed(range(count)))


def _start_s(day: date, zone: tzinfo) -> int:
    """Return when a date begins. A midnight that is skipped is as far from the one before as if it were not."""
    return round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())
