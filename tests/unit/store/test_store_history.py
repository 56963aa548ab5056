"""The past as it is asked for: spans, medians, outages, and a copy."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from sink_runs import START_S, a_run
from store_samples import rows

from wnmon.model.events import StoreProblem
from wnmon.model.result import Outcome, Reason, Timing
from wnmon.store import Refused
from wnmon.store.database import APPLICATION_ID, migrations, opened
from wnmon.store.history import READ_AT_ONCE, RUN_COLUMNS, History, Past, Unreadable, open_history
from wnmon.store.results import Written, row_of, write_run

HOUR_S = 3_600
COST = {"CNY": Decimal("0.25")}


@pytest.fixture
def history(tmp_path: Path) -> History:
    """Return three runs in two hours, the last of which failed."""
    db = opened(tmp_path / "wnmon.db")
    assert isinstance(db, sqlite3.Connection)
    written = Written.read(db)
    for after_s, outcome, ttft_s in ((0, Outcome.PASSED, 0.2), (60, Outcome.PASSED, 0.9), (HOUR_S, Outcome.FAILED, 2)):
        reason = Reason.OK if outcome is Outcome.PASSED else Reason.CONTENT
        run = a_run(outcome, reason, timing=Timing(ttft_s=ttft_s), ended_at_s=START_S + after_s)
        write_run(
            db,
            written,
            row_of(replace(run, slot_s=START_S + after_s, started_at_s=START_S + after_s, spent_money=COST)),
        )
    db.close()
    found = open_history(tmp_path)
    assert isinstance(found, History)
    return found


def past_of(history: History, last_s: float, now_s: float) -> Sequence[Past]:
    found = history.past(last_s, now_s)
    assert not isinstance(found, Unreadable)
    return found


@pytest.fixture
def damaged(history: History, tmp_path: Path) -> History:
    """Return the same from a file of which only the page of its settings can be read."""
    pages = {
        str(name): int(str(page))
        for name, page in rows(tmp_path / "wnmon.db", "SELECT name, rootpage FROM sqlite_master")
    }
    history.close()
    with (tmp_path / "wnmon.db").open("r+b") as file:
        for name in ("probe", "run", "sum"):
            file.seek((pages[name] - 1) * 4096)
            file.write(b"\xff" * 4096)
    found = open_history(tmp_path)
    assert isinstance(found, History)
    return found


def test_a_day_is_told_by_the_hour(history: History) -> None:
    (past,) = past_of(history, 86_400, START_S + HOUR_S)

    assert [(one.up, one.down) for one in past.spans][-2:] == [(2, 0), (0, 1)]


def test_an_hour_in_which_nothing_ran_is_one_too(history: History) -> None:
    (past,) = past_of(history, 86_400, START_S + 3 * HOUR_S)

    assert [one.runs for one in past.spans][-4:] == [2, 1, 0, 0]


def test_a_month_is_told_by_the_day(history: History) -> None:
    (past,) = past_of(history, 30 * 86_400, START_S + HOUR_S)

    assert (len(past.spans), past.total.runs) == (31, 3)


@pytest.fixture
def of_an_older_wnmon(tmp_path: Path) -> Path:
    """Return a folder as schema 001 left it, before runs had money."""
    db = sqlite3.connect(tmp_path / "wnmon.db")
    db.executescript(migrations()[0][1])
    db.executescript(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 1")
    db.execute("INSERT INTO setting VALUES ('salt', '00')")
    db.commit()
    db.close()
    return tmp_path


def test_what_an_older_wnmon_kept_can_be_read(of_an_older_wnmon: Path) -> None:
    found = open_history(of_an_older_wnmon)
    assert isinstance(found, History)

    assert [*found.runs(HOUR_S, START_S)] == []


def test_to_read_what_an_older_wnmon_kept_leaves_it_as_it_is(of_an_older_wnmon: Path) -> None:
    open_history(of_an_older_wnmon)

    assert rows(of_an_older_wnmon / "wnmon.db", "PRAGMA user_version") == [(1,)]


def test_the_median_first_token_lies_within_its_step(history: History) -> None:
    (past,) = past_of(history, 86_400, START_S + HOUR_S)

    assert past.ttft_s == 0.875  # halfway from 0.75 to 1 s, as the second of three


def test_what_was_spent_is_told(history: History) -> None:
    (past,) = past_of(history, 86_400, START_S + HOUR_S)

    assert past.tokens == 54


def test_what_was_paid_is_told(history: History) -> None:
    (past,) = past_of(history, 86_400, START_S + HOUR_S)

    assert past.money == {"CNY": Decimal("0.75")}


def test_what_a_run_cost_is_told(history: History) -> None:
    told = [
        dict(zip(RUN_COLUMNS, row, strict=True))
        for row in history.runs(86_400, START_S + HOUR_S)
        if not isinstance(row, Unreadable)
    ]

    assert [(one["money"], one["currency"]) for one in told] == [(0.25, "CNY")] * 3


def test_a_probe_without_runs_of_late_is_left_out(history: History) -> None:
    assert past_of(history, 86_400, START_S + 9 * 86_400) == []


def test_runs_are_told_one_by_one(history: History) -> None:
    told = [
        dict(zip(RUN_COLUMNS, row, strict=True))
        for row in history.runs(86_400, START_S + HOUR_S)
        if isinstance(row, tuple)
    ]

    assert [(one["outcome"], one["ttft_s"]) for one in told] == [("passed", 0.2), ("passed", 0.9), ("failed", 2.0)]


def test_where_nothing_was_kept_there_is_no_history(tmp_path: Path) -> None:
    assert open_history(tmp_path) is None


def test_of_another_programs_file_there_is_no_history(tmp_path: Path) -> None:
    (tmp_path / "wnmon.db").write_bytes(b"a diary")

    assert isinstance(open_history(tmp_path), Refused)


def test_a_copy_is_for_nobody_elses_eyes(history: History, tmp_path: Path) -> None:
    history.copy(tmp_path / "copy.db")

    assert (tmp_path / "copy.db").stat().st_mode & 0o077 == 0


def test_what_cannot_be_read_is_told(damaged: History) -> None:
    assert damaged.past(86_400, START_S + HOUR_S) == Unreadable(StoreProblem.DAMAGED)


def test_runs_that_cannot_be_read_end_with_why(damaged: History) -> None:
    assert list(damaged.runs(86_400, START_S + HOUR_S))[-1] == Unreadable(StoreProblem.DAMAGED)


def test_a_slip_of_wnmons_own_is_no_damage(history: History) -> None:
    history.close()
    with pytest.raises(sqlite3.ProgrammingError):
        history.past(86_400, START_S + HOUR_S)


@pytest.mark.parametrize("last_s", [1e9, 1e20, 1e300])
def test_however_far_back_is_asked_for_is_no_further_than_anything_is_kept(history: History, last_s: float) -> None:
    (past,) = past_of(history, last_s, START_S + HOUR_S)

    assert (past.total.runs, len(list(history.runs(last_s, START_S + HOUR_S)))) == (3, 3)


def filled(folder: Path, first_h: int, hours: int, outcome: Outcome) -> None:
    """Write a run an hour."""
    db = opened(folder / "wnmon.db")
    assert isinstance(db, sqlite3.Connection)
    written = Written.read(db)
    for hour in range(first_h, first_h + hours):
        at_s = START_S + hour * HOUR_S
        run = a_run(outcome, Reason.OK if outcome is Outcome.PASSED else Reason.HTTP_5XX, ended_at_s=at_s)
        write_run(db, written, row_of(replace(run, id=str(hour), slot_s=at_s, started_at_s=at_s)))
    db.close()


def test_where_hours_are_gone_the_past_is_told_by_days(tmp_path: Path) -> None:
    filled(tmp_path, 0, 96, Outcome.ERRORED)
    filled(tmp_path, 96, 48, Outcome.PASSED)
    now_s = START_S + 144 * HOUR_S
    db = opened(tmp_path / "wnmon.db")
    assert isinstance(db, sqlite3.Connection)
    db.execute(f"DELETE FROM sum WHERE step_s = {HOUR_S} AND start_s < ?", (now_s - 48 * HOUR_S,))
    db.close()
    found = open_history(tmp_path)
    assert isinstance(found, History)
    (past,) = past_of(found, 6 * 86_400, now_s)

    assert (past.total.down, past.days_of) == (96, "UTC")


def test_an_export_reads_all_there_is_piece_by_piece(tmp_path: Path) -> None:
    filled(tmp_path, 0, 2 * READ_AT_ONCE + 1, Outcome.PASSED)
    found = open_history(tmp_path)
    assert isinstance(found, History)
    rows_read = found.runs(3_650 * 86_400.0, START_S + 3_000 * HOUR_S)
    read = [row[RUN_COLUMNS.index("run")] for row in rows_read if not isinstance(row, Unreadable)]

    assert read == [str(hour) for hour in range(2 * READ_AT_ONCE + 1)]


def test_an_export_that_waits_keeps_nothing_from_being_written_into_the_file(tmp_path: Path) -> None:
    filled(tmp_path, 0, READ_AT_ONCE + 1, Outcome.PASSED)
    found = open_history(tmp_path)
    assert isinstance(found, History)
    reading = found.runs(3_650 * 86_400.0, START_S + 3_000 * HOUR_S)
    next(reading)
    db = opened(tmp_path / "wnmon.db")
    assert isinstance(db, sqlite3.Connection)
    db.execute("INSERT INTO setting VALUES ('later', 'x')")
    busy, in_log, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    db.close()

    assert (busy, in_log) == (0, 0)


def test_a_copy_is_a_file_whatever_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, history: History) -> None:
    monkeypatch.chdir(tmp_path)
    history.copy(Path(":memory:"))

    assert (tmp_path / ":memory:").stat().st_size > 0
