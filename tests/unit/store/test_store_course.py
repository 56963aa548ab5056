"""How a probe fared: hours of a day, and days."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from sink_runs import START_S, a_run
from store_samples import FakeClock

from wnmon.engine.ports import Course, Span
from wnmon.model.events import Turned
from wnmon.model.result import Outcome, Reason
from wnmon.model.target import ProbeId
from wnmon.store.course import READ_EVERY_S, StoredCourses, read_courses
from wnmon.store.database import opened
from wnmon.store.results import Written, row_of, write_run
from wnmon.store.states import write_turn

HOUR_S, DAY_S = 3_600, 86_400
NAME = a_run().probe


@pytest.fixture
def db(tmp_path: Path) -> sqlite3.Connection:
    """Return a good run now, a bad one two hours ago, a good one nine days ago."""
    db = opened(tmp_path / "wnmon.db")
    assert isinstance(db, sqlite3.Connection)
    written = Written.read(db)
    for ago_s, good in ((0, True), (2 * HOUR_S, False), (9 * DAY_S, True)):
        outcome, reason = (Outcome.PASSED, Reason.OK) if good else (Outcome.FAILED, Reason.CONTENT)
        at_s = START_S - ago_s
        write_run(db, written, row_of(replace(a_run(outcome, reason, ended_at_s=at_s), slot_s=at_s, started_at_s=at_s)))
    return db


def courses(db: sqlite3.Connection) -> Mapping[ProbeId, Course]:
    return read_courses(db, START_S)


def test_the_hour_under_way_comes_last(db: sqlite3.Connection) -> None:
    assert courses(db)[NAME].hours[-3:] == (Span(down=1), Span(), Span(up=1))


def test_a_day_has_24_hours(db: sqlite3.Connection) -> None:
    assert len(courses(db)[NAME].hours) == 24


@pytest.mark.parametrize(("days", "span"), [(1, Span(1, 1)), (7, Span(1, 1)), (30, Span(2, 1)), (90, Span(2, 1))])
def test_days_are_added_up(db: sqlite3.Connection, days: int, span: Span) -> None:
    assert courses(db)[NAME].days[days] == span


def test_courses_are_read_now_and_then(db: sqlite3.Connection, tmp_path: Path) -> None:
    clock = FakeClock()
    kept = StoredCourses(tmp_path / "wnmon.db", clock)
    kept.courses()
    db.execute("DELETE FROM sum")
    before = kept.courses()
    clock.pass_s(READ_EVERY_S)

    assert (len(before), len(kept.courses())) == (1, 0)


def test_where_nothing_is_kept_there_are_no_courses(tmp_path: Path) -> None:
    assert StoredCourses(tmp_path / "wnmon.db", FakeClock()).courses() == {}


def test_outages_of_late_are_told_the_newest_first(db: sqlite3.Connection) -> None:
    written, run = Written.read(db), a_run()
    for up, since_s in ((False, START_S - 900), (True, START_S - 600), (False, START_S - 300)):
        turned = Turned(
            probe=NAME,
            target=run.target,
            check=run.check,
            model=run.model,
            up=up,
            since_s=since_s,
            reason=Reason.CONNECT,
        )
        write_turn(db, written, turned)

    assert courses(db)[NAME].outages == ((START_S - 300, None), (START_S - 900, START_S - 600))
