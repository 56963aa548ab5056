"""A run is written once, and added to its hour and its day."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from sink_runs import START_S, a_run

from wnmon.engine.run import Run
from wnmon.model.check import Level
from wnmon.model.result import Outcome, Reason, RuleVerdict, Timing, Verdict
from wnmon.model.retention import Retention
from wnmon.store.database import opened
from wnmon.store.results import DAY_S, HOUR_S, MOST_OF_A_SLOT, Written, purge, row_of, write_run, write_skip


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    db = opened(tmp_path / "wnmon.db")
    assert isinstance(db, sqlite3.Connection)
    yield db
    db.close()


def write(db: sqlite3.Connection, *runs: Run) -> None:
    written = Written.read(db)
    for run in runs:
        write_run(db, written, row_of(run))


def at(slot_s: float, run: Run | None = None) -> Run:
    return replace(run or a_run(), slot_s=slot_s)


def one(db: sqlite3.Connection, sql: str) -> object:
    return db.execute(sql).fetchone()[0]


def test_a_run_is_a_row(db: sqlite3.Connection) -> None:
    write(db, at(START_S), at(START_S + 60))

    assert one(db, "SELECT count(*) FROM run") == 2


def test_a_slot_is_written_once(db: sqlite3.Connection) -> None:
    write(db, at(START_S), at(START_S))

    assert one(db, "SELECT count(*) FROM run") == 1


def test_a_slot_that_was_there_is_added_to_no_hour(db: sqlite3.Connection) -> None:
    write(db, at(START_S), at(START_S))

    assert one(db, f"SELECT passed FROM sum WHERE step_s = {HOUR_S}") == 1


def test_a_slot_that_a_clock_set_back_came_to_again_has_two_runs(db: sqlite3.Connection) -> None:
    write(db, at(START_S), replace(at(START_S), id="another"))

    assert one(db, "SELECT count(*) FROM run") == 2


def test_more_runs_of_a_slot_than_have_room_are_still_added_to_their_hour(db: sqlite3.Connection) -> None:
    write(db, *(replace(at(START_S), id=f"run-{number}") for number in range(MOST_OF_A_SLOT + 2)))

    assert (one(db, "SELECT count(*) FROM run"), one(db, f"SELECT passed FROM sum WHERE step_s = {HOUR_S}")) == (
        MOST_OF_A_SLOT,
        MOST_OF_A_SLOT + 2,
    )


def paid(run: Run, amount: str = "0.0000000011") -> Run:
    return replace(run, spent_money={"CNY": Decimal(amount)})


def test_what_a_run_cost_is_written_in_billionths_rounded_up(db: sqlite3.Connection) -> None:
    write(db, at(START_S, paid(a_run())))

    assert db.execute("SELECT money, currency FROM run").fetchall() == [(2, "CNY")]


def test_a_run_without_a_price_cost_nothing_that_is_known(db: sqlite3.Connection) -> None:
    write(db, at(START_S))

    assert db.execute("SELECT money, currency FROM run").fetchall() == [(None, None)]


@pytest.mark.parametrize("step_s", [HOUR_S, DAY_S])
def test_money_is_added_up_by_hour_and_by_day(step_s: int, db: sqlite3.Connection) -> None:
    write(db, at(START_S, paid(a_run(), "1")), at(START_S + 60, paid(a_run(), "2")))

    assert one(db, f"SELECT billionths FROM money WHERE step_s = {step_s}") == 3 * 10**9


def test_currencies_are_added_up_apart(db: sqlite3.Connection) -> None:
    write(db, at(START_S, paid(a_run())), at(START_S + 60, replace(a_run(), spent_money={"USD": Decimal(1)})))

    assert one(db, f"SELECT count(*) FROM money WHERE step_s = {DAY_S}") == 2


def test_a_duration_is_written_in_microseconds(db: sqlite3.Connection) -> None:
    write(db, at(START_S, a_run(timing=Timing(ttft_s=0.25))))

    assert one(db, "SELECT ttft_us FROM run") == 250_000


def test_what_never_came_is_no_zero(db: sqlite3.Connection) -> None:
    write(db, at(START_S, a_run(timing=Timing())))

    assert one(db, "SELECT ttft_us FROM run") is None


@pytest.mark.parametrize("step_s", [HOUR_S, DAY_S])
def test_an_outcome_is_counted_by_hour_and_by_day(db: sqlite3.Connection, step_s: int) -> None:
    write(db, at(START_S), at(START_S + 1, a_run(Outcome.ERRORED, Reason.CONNECT)))

    assert db.execute(f"SELECT passed, errored FROM sum WHERE step_s = {step_s}").fetchall() == [(1, 1)]


def test_a_first_token_is_counted_by_the_step_it_fits(db: sqlite3.Connection) -> None:
    write(db, at(START_S, a_run(timing=Timing(ttft_s=0.25))))

    assert one(db, "SELECT most_us FROM first_token") == 300_000


def test_a_first_token_that_is_suspect_is_not_counted(db: sqlite3.Connection) -> None:
    write(db, at(START_S, a_run(timing=Timing(ttft_s=0.25, suspect=True))))

    assert one(db, "SELECT count(*) FROM first_token") == 0


def verdict(now: Verdict) -> tuple[RuleVerdict, ...]:
    return (RuleVerdict(rule="DOC-001", level=Level.MUST, verdict=now),)


def test_a_verdict_is_written_when_it_changes(db: sqlite3.Connection) -> None:
    said = (Verdict.PASSED, Verdict.PASSED, Verdict.FAILED)
    runs = [a_run(verdicts=verdict(now), ended_at_s=START_S + place) for place, now in enumerate(said)]
    write(db, *(at(START_S + place, run) for place, run in enumerate(runs)))

    assert [row[0] for row in db.execute("SELECT verdict FROM rule_verdict ORDER BY at_ms")] == ["passed", "failed"]


def test_that_nobody_knows_is_no_change_of_a_rule(db: sqlite3.Connection) -> None:
    said = (Verdict.PASSED, Verdict.INCONCLUSIVE, Verdict.PASSED)
    runs = (at(START_S + 60 * n, replace(a_run(), ended_at_s=START_S + 60 * n)) for n in range(3))
    write(
        db,
        *(replace(run, result=replace(run.result, verdicts=verdict(now))) for run, now in zip(runs, said, strict=True)),
    )

    assert one(db, "SELECT count(*) FROM rule_verdict") == 1


def test_a_verdict_that_was_known_before_a_restart_is_no_change(db: sqlite3.Connection) -> None:
    for place in (0, 1):  # each with what the file has, as after a restart
        write(db, at(START_S + place, a_run(verdicts=verdict(Verdict.PASSED), ended_at_s=START_S + place)))

    assert one(db, "SELECT count(*) FROM rule_verdict") == 1


@pytest.mark.parametrize(("table", "kept"), [("run", 0), ("sum", 2), ("first_token", 2), ("money", 2)])
def test_runs_are_not_kept_as_long_as_hours_and_days(db: sqlite3.Connection, table: str, kept: int) -> None:
    write(db, at(START_S, paid(a_run(timing=Timing(ttft_s=0.25)))))
    purge(db, Retention(), START_S + 3 * DAY_S)

    assert one(db, f"SELECT count(*) FROM {table}") == kept


def test_what_a_rule_came_to_last_is_kept_however_old(db: sqlite3.Connection) -> None:
    said = (Verdict.PASSED, Verdict.FAILED)
    runs = [a_run(verdicts=verdict(now), ended_at_s=START_S + place) for place, now in enumerate(said)]
    write(db, *(at(START_S + place, run) for place, run in enumerate(runs)))
    purge(db, Retention(), START_S + 900 * DAY_S)

    assert db.execute("SELECT verdict FROM rule_verdict").fetchall() == [("failed",)]


def test_nothing_is_kept_for_ever(db: sqlite3.Connection) -> None:
    write(db, at(START_S))
    purge(db, Retention(), START_S + 900 * DAY_S)

    assert one(db, "SELECT count(*) FROM sum") == 0


@pytest.mark.parametrize(
    ("outcome", "reason", "said"),
    [
        (Outcome.DEGRADED, Reason.SLOW, (1, 0)),
        (Outcome.FAILED, Reason.CONTENT, (0, 1)),
        (Outcome.FAILED, Reason.RULE, (1, 0)),
        (Outcome.ERRORED, Reason.INTERNAL, (0, 0)),
    ],
)
def test_what_a_run_says_of_the_relay_is_counted(
    db: sqlite3.Connection, outcome: Outcome, reason: Reason, said: tuple[int, int]
) -> None:
    write(db, at(START_S, a_run(outcome, reason)))

    assert db.execute(f"SELECT up, down FROM sum WHERE step_s = {HOUR_S}").fetchone() == said


@pytest.mark.parametrize(("is_wished", "counted"), [(True, (1, 0)), (False, (0, 1))])
def test_a_run_that_did_not_take_place_is_counted(
    db: sqlite3.Connection, is_wished: bool, counted: tuple[int, int]
) -> None:
    written, run = Written.read(db), at(START_S)
    write_run(db, written, row_of(run))
    write_skip(db, written, run.probe, START_S, is_wished=is_wished)

    assert db.execute(f"SELECT maintenance, left_out FROM sum WHERE step_s = {DAY_S}").fetchone() == counted


def test_what_a_rollback_took_back_is_written_the_next_time(db: sqlite3.Connection) -> None:
    written, row = Written.read(db), row_of(at(START_S, a_run(verdicts=verdict(Verdict.PASSED))))
    db.execute("BEGIN")
    write_run(db, written, row)
    db.execute("ROLLBACK")
    written.doubt()
    write_run(db, written, row)

    assert [one(db, f"SELECT count(*) FROM {table}") for table in ("probe", "run", "rule_verdict")] == [1, 1, 1]


def test_so_many_rows_are_removed_at_once_and_no_more(db: sqlite3.Connection) -> None:
    write(db, *(at(START_S + place, a_run(ended_at_s=START_S)) for place in range(9)))
    purge(db, Retention(), START_S + 3 * DAY_S, most=4)

    assert one(db, "SELECT count(*) FROM run") == 5
