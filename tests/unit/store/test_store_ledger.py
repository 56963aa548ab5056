"""What is summed of the ledger, and what migrations make of one of an older wnmon."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from store_samples import NOON_S, account_of, books, limited, rows, target, tokens_left, writing

from wnmon.engine.budget import periods_of
from wnmon.engine.room import Spender, Tally
from wnmon.model.budget import NOTHING, Amount, Period, Scope
from wnmon.model.days import hour_of
from wnmon.store.database import connected, migrations, opened
from wnmon.store.ledger import add_spent, used

HOUR_S, DAY_S = 3_600, 86_400
TOKEN = Amount(tokens=1, requests=1, money=1)
RELAY = (Scope.TARGET, "wn")


def filled(file: Path, zone: ZoneInfo, from_s: float, hours: int) -> tuple[sqlite3.Connection, Tally]:
    """Return a file that holds a token for each hour, and the same in memory."""
    db, tally = opened(file), Tally()
    assert isinstance(db, sqlite3.Connection)
    for hour in range(hours):
        start_s = hour_of(from_s + hour * HOUR_S, zone).from_s
        tally.add(Spender((RELAY,), start_s, "USD"), TOKEN)
    add_spent(db, tally)
    return db, tally


@pytest.mark.parametrize("period", list(Period))
@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe"])
def test_a_period_is_the_sum_of_its_hours_in_any_zone(zone: str, period: Period, tmp_path: Path) -> None:
    in_zone = ZoneInfo(zone)
    now_s = datetime(2026, 3, 20, 17, 10, tzinfo=in_zone).timestamp()
    db, tally = filled(tmp_path / "wnmon.db", in_zone, now_s - 40 * DAY_S, 60 * 24)
    stretch = periods_of(now_s, in_zone)[period]

    assert used(db, RELAY, stretch, "USD") == tally.used(RELAY, stretch, "USD") != NOTHING
    db.close()


def test_a_month_is_summed_of_days_and_of_the_hours_at_its_ends(tmp_path: Path) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    now_s = datetime(2026, 3, 20, 17, tzinfo=zone).timestamp()
    month = periods_of(now_s, zone)[Period.MONTH]
    db, _ = filled(tmp_path / "wnmon.db", zone, month.from_s, 31 * 24)

    assert used(db, RELAY, month, "USD").tokens == 31 * 24
    db.close()


@pytest.mark.parametrize("period", [Period.DAY, Period.MONTH])
@pytest.mark.parametrize(("before", "zone"), [("UTC", "Asia/Kolkata"), ("Asia/Kolkata", "UTC")])
def test_an_hour_of_another_zone_is_of_the_period_it_reaches_into(
    before: str, zone: str, period: Period, tmp_path: Path
) -> None:
    stretch = periods_of(datetime(2026, 3, 1, tzinfo=ZoneInfo(zone)).timestamp(), ZoneInfo(zone))[period]
    db, tally = filled(tmp_path / "wnmon.db", ZoneInfo(before), stretch.from_s + 60, 1)

    assert used(db, RELAY, stretch, "USD") == tally.used(RELAY, stretch, "USD") == TOKEN
    db.close()


def test_money_of_another_currency_is_left_out(tmp_path: Path) -> None:
    db, _ = filled(tmp_path / "wnmon.db", ZoneInfo("UTC"), NOON_S, 1)

    assert used(db, RELAY, hour_of(NOON_S, ZoneInfo("UTC")), "CNY") == Amount(tokens=1, requests=1)
    db.close()


# What an older wnmon left

OLD_DAY = int(NOON_S // DAY_S)
OLD_HOUR = int(NOON_S // HOUR_S)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Return a file as schema 001 left it: two targets with one key, and a share of a process."""
    file = tmp_path / "wnmon.db"
    db = connected(file)
    db.executescript(dict(migrations())[1])
    db.execute("INSERT INTO setting VALUES ('salt', '00')")
    db.executemany(
        "INSERT INTO ledger VALUES (?, ?, ?, ?, ?)",
        [
            ("wn", "k1", OLD_HOUR, 10, 1),
            ("wn", "k2", OLD_HOUR, 5, 1),
            ("wn", "k1", OLD_HOUR - 30, 100, 3),
            ("other", "k1", OLD_HOUR, 7, 2),
            ("keyless", "", OLD_HOUR, 1, 1),
        ],
    )
    db.execute("INSERT INTO share VALUES ('gone', 'wn', ?, 'k1', 40, 4)", (OLD_DAY,))
    db.execute("PRAGMA application_id = 2003725678")
    db.execute("PRAGMA user_version = 1")
    db.close()
    migrated = opened(file)
    assert isinstance(migrated, sqlite3.Connection)
    migrated.close()
    return file


@pytest.mark.parametrize(
    ("scope", "name", "hours"),
    [
        ("target", "wn", [(OLD_HOUR - 30, 100, 3), (OLD_HOUR, 15, 2)]),
        ("target", "other", [(OLD_HOUR, 7, 2)]),
        ("key", "k1", [(OLD_HOUR - 30, 100, 3), (OLD_HOUR, 17, 3)]),
        ("key", "", []),
        ("all", "", [(OLD_HOUR - 30, 100, 3), (OLD_HOUR, 23, 5)]),
    ],
)
def test_hours_of_schema_1_are_kept_for_each_account(
    scope: str, name: str, hours: list[tuple[int, int, int]], old: Path
) -> None:
    found = rows(
        old,
        "SELECT start_s, tokens, requests, money FROM ledger"
        f" WHERE scope = '{scope}' AND name = '{name}' AND step_s = 3600 ORDER BY 1",
    )

    assert found == [(hour * HOUR_S, tokens, requests, 0) for hour, tokens, requests in hours]


def test_days_of_schema_1_are_added_up(old: Path) -> None:
    found = rows(old, "SELECT start_s, tokens FROM ledger WHERE scope = 'all' AND step_s = 86400 ORDER BY 1")

    assert found == [((OLD_DAY - 1) * DAY_S, 100), (OLD_DAY * DAY_S, 23)]


def test_a_share_of_schema_1_is_held_in_the_first_hour_of_its_day(old: Path) -> None:
    found = rows(old, "SELECT scope, name, start_s, owner, tokens, requests FROM share ORDER BY scope")

    assert found == [
        ("all", "", OLD_DAY * DAY_S, "gone", 40, 4),
        ("key", "k1", OLD_DAY * DAY_S, "gone", 40, 4),
        ("target", "wn", OLD_DAY * DAY_S, "gone", 40, 4),
    ]


def test_what_schema_1_had_spent_and_shared_counts_for_today(old: Path) -> None:
    relay = limited(tokens_per_day=100)
    with writing(old) as writer:
        kept = books(writer, old)
        grant = writer.ask(lambda db: kept._granted(db, account_of(relay), NOTHING, NOTHING)).result(5)

    assert tokens_left(grant) == 100 - 15 - 40


def test_nothing_of_schema_1_is_left_over(old: Path) -> None:
    assert rows(old, "SELECT name FROM sqlite_master WHERE name LIKE '%_001'") == []


def test_what_one_target_spends_is_on_three_accounts(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        books(writer, tmp_path / "wnmon.db").spend(account_of(target()), TOKEN, NOTHING)
    found = rows(tmp_path / "wnmon.db", "SELECT scope, tokens, requests, money FROM ledger WHERE step_s = 3600")

    assert sorted(map(str, found)) == [str((scope, 1, 1, 1)) for scope in ("all", "key", "target")]
