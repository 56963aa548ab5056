"""The books in the file: what targets have spent, and what each process may spend besides.

What is in the ledger and what is granted to any process stay within the budget together, at every instant and whoever
spends: a grant is a transaction. It is there before anything is sent, so `kill -9` forgets none; what of it had not
been spent counts as spent from then on, since nobody knows.

Where the file cannot be written, what was left when it last could is granted in memory, so that probing goes on.
"""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from collections.abc import Iterable

from wnmon.engine.ports import Account, Amount, Clock, Grant
from wnmon.model.target import Target
from wnmon.store.writer import Work, Writer

_HOURS = 24
_HOUR_S = 3_600

Left = tuple[int | None, int | None]
"""Tokens and requests that are left of a day beyond all grants; None without a limit."""


class StoredBooks:
    """The Books port on the file; `owner` names this process in it."""

    def __init__(self, writer: Writer, clock: Clock, owner: str, salt: bytes) -> None:
        self._writer = writer
        self._clock = clock
        self._owner = owner
        self._salt = salt
        self._last: dict[tuple[str, int], Left] = {}

    async def grant(self, account: Account, need: Amount, copies: int) -> Grant:
        """Grant what is needed so many times, once where that is all there is, nothing where not even that is left."""
        known = account.target.name, account.day
        try:
            asked = self._writer.ask(lambda db: self._granted(db, account, need, copies))
            granted, self._last[known] = await asyncio.wrap_future(asked)
        except sqlite3.Error:
            left = self._last.get(known, _limits(account))
            granted = _portion(left, need, copies)
            self._last[known] = _less(left, granted)
        return Grant(granted=granted, tokens_left=self._last[known][0])

    def spend(self, account: Account, spent: Amount, held: Amount) -> None:
        """Book what was spent. What exceeds what was held is booked at once, since others may ask what is left."""
        work = self._booking(account, spent, granted=spent)
        if spent.tokens > held.tokens:
            self._writer.ask(work)
        else:
            self._writer.post(work)

    def give_back(self, account: Account, unspent: Amount) -> None:
        """Give back what is held for nothing, and book the rest of the grant."""

        def work(db: sqlite3.Connection) -> None:
            self._take_from_share(db, account, unspent)
            book_shares(db, [self._owner], account)

        self._writer.post(work)

    def _granted(self, db: sqlite3.Connection, account: Account, need: Amount, copies: int) -> tuple[Amount, Left]:
        left = left_of(db, account)
        granted = _portion(left, need, copies)
        if granted != Amount():
            db.execute(
                "INSERT INTO share VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
                " SET tokens = tokens + excluded.tokens, requests = requests + excluded.requests",
                (self._owner, account.target.name, account.day, self._key(account.target), *_pair(granted)),
            )
        return granted, _less(left, granted)

    def _booking(self, account: Account, spent: Amount, granted: Amount) -> Work:
        first = account.day * _HOURS
        hour = min(max(int(self._clock.wall_s() // _HOUR_S), first), first + _HOURS - 1)
        key = self._key(account.target)

        def work(db: sqlite3.Connection) -> None:
            _add_to_ledger(db, account.target.name, key, hour, *_pair(spent))
            self._take_from_share(db, account, granted)

        return work

    def _take_from_share(self, db: sqlite3.Connection, account: Account, amount: Amount) -> None:
        db.execute(
            "UPDATE share SET tokens = max(0, tokens - ?), requests = max(0, requests - ?)"
            " WHERE owner = ? AND target = ? AND day = ?",
            (*_pair(amount), self._owner, account.target.name, account.day),
        )

    def _key(self, target: Target) -> str:
        """Return what names a target's key in the file: that two targets share one can be told, and nothing more."""
        if target.api_key is None:
            return ""
        return hashlib.blake2s(target.api_key.reveal().encode(), key=self._salt, digest_size=8).hexdigest()


def left_of(db: sqlite3.Connection, account: Account) -> Left:
    """Return what is left of a day. Never negative: an answer may cost more than was held for it."""
    name, first = account.target.name, account.day * _HOURS
    used = "SELECT coalesce(sum(tokens), 0), coalesce(sum(requests), 0) FROM"
    spent = db.execute(f"{used} ledger WHERE target = ? AND hour BETWEEN ? AND ?", (name, first, first + _HOURS - 1))
    shared = db.execute(f"{used} share WHERE target = ? AND day = ?", (name, account.day))
    tokens, requests = (sum(pair) for pair in zip(spent.fetchone(), shared.fetchone(), strict=True))
    most_tokens, most_requests = _limits(account)
    return (
        None if most_tokens is None else max(0, most_tokens - tokens),
        None if most_requests is None else max(0, most_requests - requests),
    )


def book_shares(db: sqlite3.Connection, owners: Iterable[str], account: Account | None = None) -> None:
    """Count as spent what these owners were granted: all of it, or that of one account."""
    for owner in owners:
        where, named = "owner = ?", (owner, *(() if account is None else (account.target.name, account.day)))
        where += "" if account is None else " AND target = ? AND day = ?"
        rows = db.execute(f"SELECT target, key, day, tokens, requests FROM share WHERE {where}", named).fetchall()
        for target, key, day, tokens, requests in rows:
            if tokens or requests:
                _add_to_ledger(db, target, key, day * _HOURS + _HOURS - 1, tokens, requests)
        db.execute(f"DELETE FROM share WHERE {where}", named)


def _add_to_ledger(db: sqlite3.Connection, target: str, key: str, hour: int, tokens: int, requests: int) -> None:
    db.execute(
        "INSERT INTO ledger VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
        " SET tokens = tokens + excluded.tokens, requests = requests + excluded.requests",
        (target, key, hour, tokens, requests),
    )


def _limits(account: Account) -> Left:
    return account.target.budget.tokens_per_day, account.target.budget.requests_per_day


def _portion(left: Left, need: Amount, copies: int) -> Amount:
    """Return so many times what is needed, or once, whatever fits; one in ten of what is left at most goes ahead."""
    for times in (copies, 1):
        wanted = Amount(tokens=need.tokens * times, requests=need.requests * times)
        room = 10 if times > 1 else 1
        if all(most is None or one * room <= most for one, most in zip(_pair(wanted), left, strict=True)):
            return wanted
    return Amount()


def _less(left: Left, granted: Amount) -> Left:
    tokens, requests = left
    return (
        None if tokens is None else tokens - granted.tokens,
        None if requests is None else requests - granted.requests,
    )


def _pair(amount: Amount) -> tuple[int, int]:
    return amount.tokens, amount.requests
