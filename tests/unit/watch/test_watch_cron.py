"""When cron fires, by the calendar of a zone, and over clocks that are set."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from wnmon.watch.cron import BadCronError, parse_cron, shortest_gap_s, starts

BERLIN = ZoneInfo("Europe/Berlin")
"""Clocks went forward on 2026-03-29 and went back on 2026-10-25."""


def fires(text: str, first: str, count: int = 3, zone: str = "UTC") -> list[str]:
    """Return the first times a cron fires from a day on, by the clock of its zone."""
    place = ZoneInfo(zone)
    times = islice(starts(parse_cron(text), place, date.fromisoformat(first)), count)
    return [datetime.fromtimestamp(at, place).isoformat(" ", "minutes") for at in times]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 2 * * *", ["2026-12-01 02:00", "2026-12-02 02:00"]),
        ("*/30 2 * * *", ["2026-12-01 02:00", "2026-12-01 02:30"]),
        ("10-30/15 4 * * *", ["2026-12-01 04:10", "2026-12-01 04:25"]),
        ("0 0 1,15 * *", ["2026-12-01 00:00", "2026-12-15 00:00"]),
        ("0 0 1 jan *", ["2027-01-01 00:00", "2028-01-01 00:00"]),
        ("0 0 1 JAN-Mar *", ["2027-01-01 00:00", "2027-02-01 00:00"]),
        ("0 0 29 2 *", ["2028-02-29 00:00", "2032-02-29 00:00"]),
        ("0  3\t* * *", ["2026-12-01 03:00", "2026-12-02 03:00"]),
    ],
)
def test_five_fields_say_when(text: str, expected: list[str]) -> None:
    assert [at.removesuffix("+00:00") for at in fires(text, "2026-12-01", 2)] == expected


@pytest.mark.parametrize("text", ["0 0 * * 0", "0 0 * * 7", "0 0 * * sun", "0 0 * * Sun"])
def test_a_week_begins_and_ends_on_sunday(text: str) -> None:
    assert fires(text, "2026-12-01", 2) == ["2026-12-06 00:00+00:00", "2026-12-13 00:00+00:00"]


@pytest.mark.parametrize("text", ["0 0 * * 1-5", "0 0 * * mon-fri", "0 0 * * 1,2,3,4,5"])
def test_monday_is_1(text: str) -> None:
    days = [datetime.fromisoformat(at).isoweekday() for at in fires(text, "2026-12-01", 5)]
    assert sorted(days) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("text", ["0 0 * * 6-7", "0 0 * * sat-sun", "0 0 * * 6,0"])
def test_a_range_of_days_may_end_with_sunday(text: str) -> None:
    assert [at[:10] for at in fires(text, "2026-12-01", 2)] == ["2026-12-05", "2026-12-06"]


def test_of_a_day_of_the_month_and_one_of_the_week_either_is_enough() -> None:
    assert [at[:10] for at in fires("0 0 13 * fri", "2026-12-01")] == ["2026-12-04", "2026-12-11", "2026-12-13"]


def test_a_field_that_begins_with_a_star_leaves_the_choice_to_the_other() -> None:
    assert [at[:10] for at in fires("0 0 */2 * fri", "2026-12-01", 2)] == ["2026-12-11", "2026-12-25"]


def test_a_zone_has_a_day_of_its_own() -> None:
    (at,) = starts_of("0 2 * * *", "Asia/Shanghai", "2026-12-01")
    assert datetime.fromtimestamp(at, UTC).isoformat() == "2026-11-30T18:00:00+00:00"


def starts_of(text: str, zone: str, first: str, count: int = 1) -> list[float]:
    return list(islice(starts(parse_cron(text), ZoneInfo(zone), date.fromisoformat(first)), count))


def test_a_time_that_the_clock_skips_comes_an_hour_later_by_the_new_one() -> None:
    assert fires("30 2 * * *", "2026-03-28", zone="Europe/Berlin") == [
        "2026-03-28 02:30+01:00",
        "2026-03-29 03:30+02:00",
        "2026-03-30 02:30+02:00",
    ]


def test_a_time_that_the_clock_shows_twice_comes_the_first_time_alone() -> None:
    assert fires("30 2 * * *", "2026-10-25", 2, "Europe/Berlin") == ["2026-10-25 02:30+02:00", "2026-10-26 02:30+01:00"]


def test_two_times_that_a_skipped_hour_makes_one_come_once() -> None:
    at = starts_of("30 2,3 * * *", "Europe/Berlin", "2026-03-29", 2)
    assert at[0] < at[1]


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("0 2 * * *", 1440), ("*/15 * * * *", 15), ("50,10 * * * *", 20), ("0 22,2 * * *", 240), ("0 0 1 * *", 28 * 1440)],
)
def test_the_shortest_time_between_two(text: str, minutes: int) -> None:
    assert shortest_gap_s(parse_cron(text)) == minutes * 60


@pytest.mark.parametrize("text", ["0 0 30 2 *", "0 0 31 4,6 *"])
def test_a_day_that_never_comes_has_none(text: str) -> None:
    assert shortest_gap_s(parse_cron(text)) is None


@pytest.mark.parametrize("text", ["", "0 2 * *", "0 2 * * * *", "@daily", "0 0 0 2 * * 2026"])
def test_any_other_number_of_fields_is_no_cron(text: str) -> None:
    with pytest.raises(BadCronError) as bad:
        parse_cron(text)
    assert (bad.value.wanted.id, bad.value.got) == ("cron_five", text)


@pytest.mark.parametrize(
    ("place", "field"),
    [
        (0, "60"),
        (0, "-1"),
        (0, "1,"),
        (0, "*-3"),
        (0, "*/0"),
        (0, "5/10"),
        (0, "1-2-3"),
        (0, "１"),
        (1, "24"),
        (1, "3-1"),
        (2, "0"),
        (2, "L"),
        (2, "?"),
        (3, "0"),
        (3, "feb-xyz"),
        (3, "mon"),
        (4, "8"),
        (4, "1#2"),
        (4, "fri-mon"),
        (4, "jan"),
    ],
)
def test_a_field_that_cron_does_not_know_is_named(place: int, field: str) -> None:
    fields = ["0", "0", "*", "*", "*"]
    fields[place] = field
    with pytest.raises(BadCronError) as bad:
        parse_cron(" ".join(fields))
    assert (bad.value.wanted.id, bad.value.got) == ("cron_field", field)
