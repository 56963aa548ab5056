"""The ledger and the shares as SQL: what was spent, and what each process may spend besides, by account."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator

from wnmon.engine.room import Tally
from wnmon.model.budget import Amount, Scope
from wnmon.model.days import HOUR_S, Stretch

UTC_DAY_S = 86_400
_USED = "SELECT ifnull(sum(tokens), 0), ifnull(sum(requests), 0), ifnull(sum(iif(currency = ?, money, 0)), 0) FROM"
_SUMS = "SELECT currency, tokens, requests, money FROM"
_OF_LEDGER = f"{_SUMS} ledger WHERE scope = ? AND name = ? AND step_s = ? AND start_s >= ? AND start_s < ?"
_OF_SHARES = f"{_SUMS} share WHERE scope = ? AND name = ? AND start_s >= ? AND start_s < ?"
_ADD_SPENT = (
    "INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
    " tokens = tokens + excluded.tokens, requests = requests + excluded.requests, money = money + excluded.money"
)
_CHANGE_SHARE = (
    "INSERT INTO share VALUES (?1, ?2, ?3, ?4, ?5, max(0, ?6), max(0, ?7), max(0, ?8)) ON CONFLICT DO UPDATE SET"
    " tokens = max(0, tokens + ?6), requests = max(0, requests + ?7), money = max(0, money + ?8)"
)
_SHARES = (
    "SELECT scope, name, :step_s, start_s / :step_s * :step_s, currency, sum(tokens), sum(requests), sum(money)"
    " FROM share WHERE owner = :owner GROUP BY 1, 2, 4, 5 HAVING sum(tokens) + sum(requests) + sum(money) > 0"
)


def used(db: sqlite3.Connection, account: tuple[Scope, str], period: Stretch, currency: str) -> Amount:
    """Return what is booked and granted to anybody in hours that reach into a period; of the money what is in that
    currency.
    """
    pieces = [*_rows_of(period)]
    rows = " UNION ALL ".join([*[_OF_LEDGER] * len(pieces), _OF_SHARES])
    values = [value for piece in pieces for value in (*account, *piece)]
    tokens, requests, money = db.execute(
        f"{_USED} ({rows})", (currency, *values, *account, period.hours_from_s, period.until_s)
    ).fetchone()
    return Amount(tokens=tokens, requests=requests, money=money)


def _rows_of(period: Stretch) -> Iterator[tuple[int, int, int]]:
    """Yield (step, from, until) of the rows that a period is the sum of: whole UTC days, and the hours at its ends."""
    first_s = -(-period.from_s // UTC_DAY_S) * UTC_DAY_S
    last_s = period.until_s // UTC_DAY_S * UTC_DAY_S
    if first_s >= last_s:
        yield HOUR_S, period.hours_from_s, period.until_s
        return
    yield UTC_DAY_S, first_s, last_s
    yield HOUR_S, period.hours_from_s, first_s
    if last_s < period.until_s:
        yield HOUR_S, last_s, period.until_s


def add_spent(db: sqlite3.Connection, spent: Tally) -> None:
    """Book what was spent."""
    db.executemany(
        _ADD_SPENT,
        [
            (scope, name, step_s, hour_s // step_s * step_s if step_s > HOUR_S else hour_s, currency, *_sums(amount))
            for scope, name, hour_s, currency, amount in spent.items()
            for step_s in (HOUR_S, UTC_DAY_S)
        ],
    )


def change_shares(db: sqlite3.Connection, owner: str, changes: Tally) -> None:
    """Add to what a process may spend, or take off it."""
    db.executemany(
        _CHANGE_SHARE,
        [
            (scope, name, hour_s, owner, currency, *_sums(amount))
            for scope, name, hour_s, currency, amount in changes.items()
        ],
    )


def _sums(amount: Amount) -> tuple[int, int, int]:
    return amount.tokens, amount.requests, amount.money


def book_shares(db: sqlite3.Connection, owners: Collection[str]) -> None:
    """Count as spent what these owners were granted, each share in its own hour."""
    for owner in owners:
        for step_s in (1, UTC_DAY_S):
            for row in db.execute(_SHARES, {"owner": owner, "step_s": step_s}).fetchall():
                scope, name, _, start_s, *sums = row
                db.execute(_ADD_SPENT, (scope, name, HOUR_S if step_s == 1 else step_s, start_s, *sums))
        db.execute("DELETE FROM share WHERE owner = ?", (owner,))
