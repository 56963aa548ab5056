"""When cron fires: five fields, with names, lists, ranges and steps, in a time zone. Pure.

A time that a clock skips (02:30 where it goes from 02:00 to 03:00) comes as if the clock had not been set: an hour
later by the new time. One that a clock shows twice comes the first time alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import NamedTuple

from wnmon.model.said import Said
from wnmon.model.window import Cron

_PART = re.compile(
    r"(?P<first>\*|[0-9A-Za-z]{1,3})(?:-(?P<last>[0-9A-Za-z]{1,3}))?(?:/(?P<step>[0-9]{1,2}))?", re.ASCII
)
_HORIZON_DAYS = 8 * 366
"""29 February may be eight years away (1896 to 1904, 2096 to 2104)."""
_EPOCH = date(2000, 1, 1)


class _Field(NamedTuple):
    said: str
    least: int
    most: int
    names: tuple[str, ...] = ()


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = (
    _Field("cron_minute", 0, 59),
    _Field("cron_hour", 0, 23),
    _Field("cron_day", 1, 31),
    _Field("cron_month", 1, 12, _MONTHS),
    _Field("cron_weekday", 0, 7, _DAYS),
)


class BadCronError(ValueError):
    """A text is no cron. `wanted` says what is, `got` is the field that is none."""

    def __init__(self, wanted: Said, got: str) -> None:
        super().__init__(wanted)
        self.wanted = wanted
        self.got = got


def parse_cron(text: str) -> Cron:
    """Return what five fields say. Raises BadCronError."""
    words = text.split()
    if len(words) != len(_FIELDS):
        raise BadCronError(Said("cron_five"), text)
    minutes, hours, days, months, weekdays = map(_values, words, _FIELDS)
    return Cron(
        minutes=minutes,
        hours=hours,
        days=days,
        months=months,
        weekdays=tuple(sorted({day % 7 for day in weekdays})),
        either=not words[2].startswith("*") and not words[4].startswith("*"),
    )


def _values(word: str, field: _Field) -> tuple[int, ...]:
    return tuple(sorted({value for part in word.split(",") for value in _part(part, word, field)}))


def _part(part: str, word: str, field: _Field) -> range:
    wrong = BadCronError(Said("cron_field", wanted=Said(field.said), least=field.least, most=field.most), word)
    match = _PART.fullmatch(part)
    if match is None or (match["first"] == "*" and match["last"]) or match["step"] in {"0", "00"}:
        raise wrong
    if match["first"] == "*":
        return range(field.least, field.most + 1, int(match["step"] or 1))
    if match["step"] and not match["last"]:
        raise wrong
    first, last = (_number(name, field) for name in (match["first"], match["last"] or match["first"]))
    if field.names is _DAYS and match["last"] and last == 0:
        last = 7  # Sunday ends a week as well as it begins one
    if first is None or last is None or not field.least <= first <= last <= field.most:
        raise wrong
    return range(first, last + 1, int(match["step"] or 1))


def _number(name: str, field: _Field) -> int | None:
    if name.isdigit():
        return int(name)
    return field.names.index(name.lower()) + (field.names is _MONTHS) if name.lower() in field.names else None


def starts(cron: Cron, zone: tzinfo, first: date) -> Iterator[float]:
    """Yield when it fires, in epoch seconds, from a day of the zone's calendar on; nothing beyond eight years."""
    for ahead in range(_HORIZON_DAYS):
        day = first + timedelta(days=ahead)
        if _is_on(cron, day):
            times = ((hour, minute) for hour in cron.hours for minute in cron.minutes)
            yield from sorted({datetime(*_ymd(day), *time, tzinfo=zone).timestamp() for time in times})


def shortest_gap_s(cron: Cron) -> float | None:
    """Return the least time between two times it fires, clocks that are set left aside; None where it never does."""
    days = [ahead for ahead in range(_HORIZON_DAYS) if _is_on(cron, _EPOCH + timedelta(days=ahead))]
    if not days:
        return None
    minutes = sorted(hour * 60 + minute for hour in cron.hours for minute in cron.minutes)
    over_night = [(after - before) * 1440 - (minutes[-1] - minutes[0]) for before, after in pairwise(days)]
    return 60.0 * min([*over_night, *(after - before for before, after in pairwise(minutes))])


def _is_on(cron: Cron, day: date) -> bool:
    of_month, of_week = day.day in cron.days, day.isoweekday() % 7 in cron.weekdays
    return day.month in cron.months and (of_month or of_week if cron.either else of_month and of_week)


def _ymd(day: date) -> tuple[int, int, int]:
    return day.year, day.month, day.day
