"""What is kept of a target: its days, and when its probes were down."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from sink_runs import START_S, a_run

from wnmon.engine.ports import Day, Span, TargetPast
from wnmon.model.events import Turned
from wnmon.model.result import Reason, Timing
from wnmon.store.database import opened
from wnmon.store.results import Written, row_of, write_run
from wnmon.store.states import write_turn
from wnmon.store.target_past import DAYS, MOST_INCIDENTS, half_took_s, read_target

DAY_S = 86_400
RUN = a_run(timing=Timing(ttft_s=0.25))


def turned(*, up: bool, since_s: float, model: str = "m") -> Turned:
    return Turned(
        probe=replace(RUN, model=model).probe,
        target=RUN.target,
        check=RUN.check,
        model=model,
        up=up,
        since_s=since_s,
        reason=Reason.CONNECT,
    )


@pytest.fixture
def db(tmp_path: Path) -> sqlite3.Connection:
    db = opened(tmp_path / "wnmon.db")
    assert isinstance(db, sqlite3.Connection)
    written = Written.read(db)
    for model, ago_s in (("a", 0), ("b", 0), ("a", 3 * DAY_S)):
        at_s = START_S - ago_s
        run = replace(RUN, model=model, slot_s=at_s, started_at_s=at_s, ended_at_s=at_s)
        write_run(db, written, row_of(run))
    return db


def past(db: sqlite3.Connection) -> TargetPast:
    return read_target(db, RUN.target, START_S)


def test_today_comes_last_with_all_probes_together(db: sqlite3.Connection) -> None:
    assert past(db).days[-1].span == Span(up=2)


def test_a_day_has_the_median_of_its_first_tokens(db: sqlite3.Connection) -> None:
    assert past(db).days[-1].ttft_s == 0.25


def test_a_day_without_a_run_is_one_too(db: sqlite3.Connection) -> None:
    assert past(db).days[-3:-1] == (Day(), Day())


def test_there_are_ninety_days(db: sqlite3.Connection) -> None:
    assert len(past(db).days) == DAYS


def test_an_incident_that_goes_on_comes_first(db: sqlite3.Connection) -> None:
    written = Written.read(db)
    write_turn(db, written, turned(up=False, since_s=START_S - 900, model="a"))
    write_turn(db, written, turned(up=False, since_s=START_S - 600, model="b"))
    write_turn(db, written, turned(up=True, since_s=START_S - 300, model="b"))

    assert [(one.model, one.until_s) for one in past(db).incidents] == [("a", None), ("b", START_S - 300)]


def test_incidents_of_long_ago_are_left_out(db: sqlite3.Connection) -> None:
    written = Written.read(db)
    write_turn(db, written, turned(up=False, since_s=START_S - 100 * DAY_S))
    write_turn(db, written, turned(up=True, since_s=START_S - 99 * DAY_S))

    assert past(db).incidents == ()


def test_incidents_that_are_too_many_to_list_are_counted(db: sqlite3.Connection) -> None:
    written = Written.read(db)
    for number in range(MOST_INCIDENTS + 3):
        write_turn(db, written, turned(up=False, since_s=START_S - 100 + number))
        write_turn(db, written, turned(up=True, since_s=START_S - 99 + number))
    found = past(db)

    assert (len(found.incidents), found.incidents_total) == (MOST_INCIDENTS, MOST_INCIDENTS + 3)


def test_of_a_target_that_nobody_knows_there_are_empty_days(db: sqlite3.Connection) -> None:
    assert set(read_target(db, "nobody", START_S).days) == {Day()}


@pytest.mark.parametrize(
    ("sizes", "median_s"),
    [
        ([], None),
        ([(100_000, 1)], 0.075),
        ([(100_000, 4)], 0.075),
        ([(100_000, 1), (300_000, 2)], 0.225),
        ([(50_000, 1), (60_000_000, 1)], 0.05),
    ],
)
def test_a_median_lies_where_its_place_within_the_step_is(sizes: list[tuple[int, int]], median_s: float | None) -> None:
    assert half_took_s(sizes) == median_s
