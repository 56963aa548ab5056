"""Hours, days and months of zones: they lie end to end, whatever clocks do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wnmon.model.days import Stretch, date_of, day_of, hour_of, last_days, month_of

PLACES = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("right/", "posix/")))
zones = st.one_of(
    st.sampled_from(PLACES).map(ZoneInfo),
    st.integers(-14 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters))),
)
instants = st.floats(0, 4_102_444_800)  # to the year 2100
Of = Callable[[float, tzinfo], Stretch]
stretches = st.sampled_from([hour_of, day_of, month_of])


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


@given(instants, zones, stretches)
def test_an_instant_lies_in_its_hour_day_and_month(at_s: float, zone: tzinfo, of: Of) -> None:
    stretch = of(at_s, zone)

    assert stretch.from_s <= at_s < stretch.until_s


@given(instants, zones, stretches)
def test_where_one_ends_the_next_begins(at_s: float, zone: tzinfo, of: Of) -> None:
    stretch = of(at_s, zone)

    assert of(stretch.until_s, zone).from_s == stretch.until_s
    assert of(stretch.from_s - 0.001, zone).until_s == stretch.from_s


@given(instants, zones, stretches)
def test_all_instants_of_one_have_the_same(at_s: float, zone: tzinfo, of: Of) -> None:
    stretch = of(at_s, zone)

    assert of(stretch.from_s, zone) == of(stretch.until_s - 1, zone) == stretch


@given(instants, zones)
def test_an_hour_is_of_one_day_and_a_day_of_one_month(at_s: float, zone: tzinfo) -> None:
    hour, day, month = hour_of(at_s, zone), day_of(at_s, zone), month_of(at_s, zone)

    assert month.from_s <= day.from_s <= hour.from_s < hour.until_s <= day.until_s <= month.until_s


@given(instants, zones)
def test_a_day_begins_with_the_first_instant_of_its_date(at_s: float, zone: tzinfo) -> None:
    from_s = day_of(at_s, zone).from_s
    before, first = (datetime.fromtimestamp(one_s, zone).date() for one_s in (from_s - 1, from_s))

    assert before < first == date_of(at_s, zone)


@given(instants, zones, st.integers(1, 100))
def test_the_last_days_are_those_of_each_date(at_s: float, zone: tzinfo, count: int) -> None:
    starts = last_days(at_s, zone, count)

    assert len(starts) == count
    assert starts[-1] == day_of(at_s, zone).from_s
    assert all(day_of(one, zone).until_s == after for one, after in pairwise(starts) if one < after)


@pytest.mark.parametrize(
    ("zone", "instant", "first", "end"),
    [
        ("UTC", "2026-11-29T12:00Z", "2026-11-29T00:00Z", "2026-11-30T00:00Z"),
        ("Asia/Shanghai", "2026-11-29T16:00Z", "2026-11-29T16:00Z", "2026-11-30T16:00Z"),
        ("Asia/Kolkata", "2026-11-29T18:29Z", "2026-11-28T18:30Z", "2026-11-29T18:30Z"),
        # 23 and 25 hours
        ("Europe/Berlin", "2026-03-29T12:00Z", "2026-03-28T23:00Z", "2026-03-29T22:00Z"),
        ("Europe/Berlin", "2026-10-25T12:00Z", "2026-10-24T22:00Z", "2026-10-25T23:00Z"),
        # no midnight: 00:00 is 01:00
        ("Asia/Beirut", "2026-03-29T12:00+03:00", "2026-03-29T01:00+03:00", "2026-03-30T00:00+03:00"),
        # midnight twice: 01:00 is 00:00
        ("America/Havana", "2026-11-01T12:00-05:00", "2026-11-01T00:00-04:00", "2026-11-02T00:00-05:00"),
        # 00:01 was 23:01 of the day before
        ("America/St_Johns", "2010-11-06T23:30-03:30", "2010-11-07T00:00-02:30", "2010-11-08T00:00-03:30"),
        # the 29th of December was followed by the 31st
        ("Pacific/Apia", "2011-12-29T12:00-10:00", "2011-12-29T00:00-10:00", "2011-12-31T00:00+14:00"),
    ],
)
def test_a_day_begins_and_ends_as_clocks_there_say(zone: str, instant: str, first: str, end: str) -> None:
    assert day_of(at(instant), ZoneInfo(zone)) == Stretch(at(first), at(end))


@pytest.mark.parametrize(
    ("zone", "instant", "first", "end"),
    [
        ("Asia/Kolkata", "2026-11-29T18:29Z", "2026-11-29T17:30Z", "2026-11-29T18:30Z"),
        ("Asia/Kathmandu", "2026-11-29T18:29Z", "2026-11-29T18:15Z", "2026-11-29T19:15Z"),
        # 02:00 is 01:30: the day has 24 hours and a half
        ("Australia/Lord_Howe", "2026-04-05T23:45+10:30", "2026-04-05T23:30+10:30", "2026-04-06T00:00+10:30"),
    ],
)
def test_an_hour_begins_and_ends_as_clocks_there_say(zone: str, instant: str, first: str, end: str) -> None:
    assert hour_of(at(instant), ZoneInfo(zone)) == Stretch(at(first), at(end))


@pytest.mark.parametrize(
    ("zone", "instant", "first", "end"),
    [
        ("Asia/Shanghai", "2026-11-30T16:00Z", "2026-11-30T16:00Z", "2026-12-31T16:00Z"),
        ("Europe/Berlin", "2026-10-31T12:00Z", "2026-09-30T22:00Z", "2026-10-31T23:00Z"),
    ],
)
def test_a_month_begins_and_ends_as_its_days_do(zone: str, instant: str, first: str, end: str) -> None:
    assert month_of(at(instant), ZoneInfo(zone)) == Stretch(at(first), at(end))


def test_an_hour_of_another_zone_reaches_into_a_day_from_half_past() -> None:
    assert day_of(at("2026-01-31T12:00+00:00"), ZoneInfo("UTC")).hours_from_s == at("2026-01-30T23:00:01+00:00")
