"""Whose days are kept, and which day counts what was written by the days of another zone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sink_runs import a_run
from store_samples import FakeClock, rows

from wnmon.model.days import day_of, last_days
from wnmon.model.result import Timing
from wnmon.model.retention import Retention
from wnmon.store import Keeper, Place, open_keeper
from wnmon.store.course import read_courses
from wnmon.store.database import opened
from wnmon.store.history import History, Past, Unreadable
from wnmon.store.results import DAY_S, HOUR_S, Written, purge, row_of, write_run, write_skip
from wnmon.store.target_past import read_target
from wnmon.store.zone import place_of, read_zone, write_zone

RUN = a_run(timing=Timing(ttft_s=0.25))
SHANGHAI, KOLKATA, BERLIN = (ZoneInfo(name) for name in ("Asia/Shanghai", "Asia/Kolkata", "Europe/Berlin"))
OFTEN = ("UTC", "Asia/Kolkata", "Asia/Shanghai", "Europe/Berlin", "America/Los_Angeles", "Pacific/Kiritimati")
zones = st.sampled_from([ZoneInfo(name) for name in OFTEN])


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


NOW_S = at("2026-11-29T12:00Z")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    db = opened(tmp_path / "wnmon.db")
    assert isinstance(db, sqlite3.Connection)
    yield db
    db.close()


def write(db: sqlite3.Connection, zone: tzinfo, *instants: str) -> None:
    """Write good runs, as a service does whose days are of a zone."""
    written = Written.read(db)
    write_zone(db, zone)
    for at_s in map(at, instants):
        write_run(db, written, row_of(replace(RUN, slot_s=at_s, started_at_s=at_s, ended_at_s=at_s), zone))


def ups(db: sqlite3.Connection, days: int) -> list[int]:
    return [day.span.up for day in read_target(db, RUN.target, NOW_S).days[-days:]]


def past_of(db: sqlite3.Connection, last_s: float) -> Sequence[Past]:
    found = History(db).past(last_s, NOW_S)
    assert not isinstance(found, Unreadable)
    return found


@pytest.mark.parametrize("table", ["sum", "first_token"])
def test_a_day_begins_at_midnight_of_the_zone(db: sqlite3.Connection, table: str) -> None:
    write(db, KOLKATA, "2026-11-29T12:00Z")

    found = db.execute(f"SELECT start_s FROM {table} WHERE step_s = {DAY_S}").fetchall()
    assert found == [(at("2026-11-29T00:00+05:30"),)]


def test_an_hour_is_one_of_utc_wherever_days_are(db: sqlite3.Connection) -> None:
    write(db, KOLKATA, "2026-11-29T12:10Z")

    found = db.execute(f"SELECT start_s FROM sum WHERE step_s = {HOUR_S}").fetchall()
    assert found == [(at("2026-11-29T12:00Z"),)]


def test_what_did_not_take_place_is_of_the_same_days(db: sqlite3.Connection) -> None:
    write(db, SHANGHAI, "2026-11-29T12:00Z")
    write_skip(db, Written.read(db), RUN.probe, at("2026-11-29T17:00Z"), SHANGHAI, is_wished=True)

    found = db.execute(f"SELECT start_s, up, maintenance FROM sum WHERE step_s = {DAY_S} ORDER BY start_s").fetchall()
    assert found == [(at("2026-11-29T00:00+08:00"), 1, 0), (at("2026-11-30T00:00+08:00"), 0, 1)]


def test_a_target_is_shown_by_days_of_the_zone(db: sqlite3.Connection) -> None:
    write(db, SHANGHAI, "2026-11-28T15:59Z", "2026-11-28T16:01Z", "2026-11-29T11:00Z")

    assert ups(db, 2) == [1, 2]


def test_a_day_of_25_hours_has_all_of_them(db: sqlite3.Connection) -> None:
    write(db, BERLIN, "2026-10-25T00:01+02:00", "2026-10-25T23:59+01:00")
    found = [day.span.up for day in read_target(db, RUN.target, at("2026-10-26T12:00Z")).days[-3:]]

    assert found == [0, 2, 0]


def test_uptime_of_days_is_of_those_of_the_zone(db: sqlite3.Connection) -> None:
    write(db, SHANGHAI, "2026-11-22T15:59Z", "2026-11-22T16:01Z", "2026-11-29T11:00Z")

    assert read_courses(db, NOW_S)[RUN.probe].days[7].up == 2


def test_a_history_of_weeks_is_told_by_days_of_the_zone(db: sqlite3.Connection) -> None:
    write(db, SHANGHAI, "2026-11-28T15:59Z", "2026-11-28T16:01Z", "2026-11-29T11:00Z")
    (past,) = past_of(db, 9 * DAY_S)

    assert ([one.up for one in past.spans], past.days_of) == ([0] * 8 + [1, 2], "Asia/Shanghai")


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (UTC, SHANGHAI, [2, 1]),  # most of a day of UTC is the same date in Shanghai
        (SHANGHAI, UTC, [1, 2]),
        (ZoneInfo("Pacific/Kiritimati"), ZoneInfo("America/Los_Angeles"), [3, 0]),  # a date ahead for most of the day
    ],
)
def test_a_day_of_another_zone_counts_as_the_day_most_of_it_lies_in(
    db: sqlite3.Connection, before: tzinfo, after: tzinfo, shown: list[int]
) -> None:
    write(db, before, "2026-11-28T12:00Z", "2026-11-28T17:00Z", "2026-11-29T07:00Z")
    write_zone(db, after)

    assert ups(db, 2) == shown


@pytest.mark.parametrize("zone", [UTC, SHANGHAI, ZoneInfo("America/Los_Angeles"), ZoneInfo("Pacific/Kiritimati")])
def test_after_changes_of_zone_every_run_is_counted_once(db: sqlite3.Connection, zone: tzinfo) -> None:
    for number, name in enumerate(OFTEN):
        write(db, ZoneInfo(name), f"2026-11-2{number + 4}T11:0{number}Z", f"2026-11-29T11:3{number}Z")
    write_zone(db, zone)
    (past,) = past_of(db, 60 * DAY_S)

    assert sum(ups(db, 90)) == past.total.up == read_courses(db, NOW_S)[RUN.probe].days[90].up == 12


def test_first_tokens_of_two_zones_are_counted_together(db: sqlite3.Connection) -> None:
    write(db, UTC, "2026-11-29T10:00Z")
    write(db, SHANGHAI, "2026-11-29T11:00Z")

    assert read_target(db, RUN.target, NOW_S).days[-1].ttft_s == 0.25


def test_days_are_kept_for_as_long_in_any_zone(db: sqlite3.Connection) -> None:
    write(db, SHANGHAI, "2026-11-27T15:00Z", "2026-11-29T11:00Z")
    purge(db, Retention(days_s=2 * DAY_S), NOW_S)

    assert ups(db, 90)[-3:] == [0, 0, 1]


@given(st.floats(1e9, 2e9), zones, zones)
def test_no_other_day_has_more_of_a_row(at_s: float, before: tzinfo, after: tzinfo) -> None:
    row, starts = day_of(at_s, before), last_days(at_s + 3 * DAY_S, after, 7)
    place = place_of(row.from_s, starts)
    shared = [
        max(0, min(row.until_s, until_s) - max(row.from_s, from_s))
        for from_s, until_s in zip(starts, [*starts[1:], starts[-1] + DAY_S], strict=True)
    ]

    assert shared[place] >= max(shared) - HOUR_S  # a day on which clocks are set is not told from others


def test_a_day_to_come_counts_as_today() -> None:
    starts = last_days(NOW_S, ZoneInfo("America/Los_Angeles"), 3)

    assert place_of(starts[-1] + DAY_S, starts) == 2


def test_the_zone_is_kept_with_the_days(tmp_path: Path) -> None:
    for owner, zone in (("a", SHANGHAI), ("b", KOLKATA)):
        kept = open_keeper(Place(folder=tmp_path, owner=owner, is_service=True), FakeClock(), lambda _: None)
        assert isinstance(kept, Keeper)
        kept.declare((), Retention(), zone)
        kept.close()

    assert rows(tmp_path / "wnmon.db", "SELECT value FROM setting WHERE name = 'timezone'") == [("Asia/Kolkata",)]


def test_a_run_is_kept_by_the_day_that_was_declared(tmp_path: Path) -> None:
    kept = open_keeper(Place(folder=tmp_path, owner="a", is_service=True), FakeClock(), lambda _: None)
    assert isinstance(kept, Keeper)
    kept.declare((), Retention(), SHANGHAI)
    kept.take(replace(RUN, ended_at_s=at("2026-11-29T12:00Z")))
    kept.close()

    found = rows(tmp_path / "wnmon.db", f"SELECT start_s FROM sum WHERE step_s = {DAY_S}")
    assert found == [(at("2026-11-29T00:00+08:00"),)]


@pytest.mark.parametrize("told", ["Mars/Olympus", "../../etc/passwd", ""])
def test_days_of_a_zone_that_this_machine_does_not_know_are_those_of_utc(db: sqlite3.Connection, told: str) -> None:
    db.execute("INSERT INTO setting VALUES ('timezone', ?)", (told,))

    assert read_zone(db) is UTC
