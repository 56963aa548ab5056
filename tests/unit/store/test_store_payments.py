"""What targets cost today and this month."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sink_runs import a_probe, a_run

from wnmon.engine.ports import Paid
from wnmon.model.target import ProbeId
from wnmon.store.database import opened
from wnmon.store.payments import read_paid
from wnmon.store.results import Written, row_of, write_paid, write_run

NOW_S = datetime(2026, 3, 5, 12, tzinfo=UTC).timestamp()
DAY_S = 86_400


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    db = opened(tmp_path / "wnmon.db")
    assert isinstance(db, sqlite3.Connection)
    yield db
    db.close()


def pay(db: sqlite3.Connection, amount: str, currency: str = "CNY", *, ago_s: float = 0, check: str = "c") -> None:
    at_s = NOW_S - ago_s
    run = replace(a_run(probe=a_probe(check), ended_at_s=at_s), slot_s=at_s, spent_money={currency: Decimal(amount)})
    write_run(db, Written.read(db), row_of(run))


def test_what_was_paid_today_is_of_this_month_too(db: sqlite3.Connection) -> None:
    pay(db, "0.5")

    assert read_paid(db, NOW_S) == {"wn": Paid(today={"CNY": Decimal("0.5")}, month={"CNY": Decimal("0.5")})}


def test_what_was_paid_before_today_is_of_this_month_alone(db: sqlite3.Connection) -> None:
    pay(db, "0.5", ago_s=DAY_S)

    assert read_paid(db, NOW_S)["wn"].today == {}


def test_what_was_paid_last_month_is_told_no_more(db: sqlite3.Connection) -> None:
    pay(db, "0.5", ago_s=5 * DAY_S)

    assert read_paid(db, NOW_S) == {}


def test_probes_of_a_target_are_added_up_and_currencies_are_not(db: sqlite3.Connection) -> None:
    pay(db, "1")
    pay(db, "2", check="d")
    pay(db, "4", "USD", check="e")

    assert read_paid(db, NOW_S)["wn"].month == {"CNY": 3, "USD": 4}


def test_a_run_that_was_cut_short_is_paid_for(db: sqlite3.Connection) -> None:
    pay(db, "1")
    write_paid(db, Written.read(db), a_probe("c").id, NOW_S, {"CNY": Decimal(2)})

    assert read_paid(db, NOW_S)["wn"].today == {"CNY": 3}


def test_of_a_probe_that_never_ran_nothing_is_written(db: sqlite3.Connection) -> None:
    write_paid(db, Written.read(db), ProbeId("never/ran/m"), NOW_S, {"CNY": Decimal(2)})

    assert read_paid(db, NOW_S) == {}
