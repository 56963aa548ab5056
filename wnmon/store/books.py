"""The books in the file: what targets have spent, and what each process may spend besides.

What is in the ledger and what is granted to any process stay within the budget together, at every instant and whoever
spends: a grant is a transaction. It is there before anything is sent, so `kill -9` forgets none; what of it had not
been spent counts as spent from then on, since nobody knows.

Where the file cannot be written, what it says is left is granted in memory, so that probing goes on; once it can be
again, that goes into the file. Bookings wait as sums, so they are never too many to be kept.
"""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

from wnmon.engine.ports import Account, Amount, Clock, Grant
from wnmon.model.target import Target
from wnmon.store.database import Refused, for_reading
from wnmon.store.writer import Writer

_HOURS = 24
_HOUR_S = 3_600
NOTHING = Amount()
K = TypeVar("K")

Left = tuple[int | None, int | None]
"""Tokens and requests that are left of a day beyond all grants; None without a limit."""


class StoredBooks:
    """The Books port on a file; `owner` names this process in it."""

    def __init__(self, writer: Writer, file: Path, clock: Clock, owner: str, salt: bytes) -> None:
        self._writer = writer
        self._file = file
        self._clock = clock
        self._owner = owner
        self._salt = salt
        self._aside: dict[tuple[str, int], Amount] = {}
        self._lock = threading.Lock()
        self._spent: dict[tuple[str, str, int], Amount] = {}
        self._used: dict[tuple[str, int], Amount] = {}
        self._is_posted = False

    async def grant(self, account: Account, need: Amount, copies: int) -> Grant:
        """Grant what is needed so many times, once where that is all there is, nothing where not even that is left."""
        known = account.target.name, account.day
        aside = self._aside.get(known, NOTHING)
        asked = self._writer.ask(lambda db: self._granted(db, account, need, copies, aside))
        try:
            granted, left = await asyncio.shield(asyncio.wrap_future(asked))
        except asyncio.CancelledError:
            asked.add_done_callback(lambda done: self._return(account, done))
            raise
        except sqlite3.Error:
            granted, left = await self._granted_aside(account, need, copies)
        else:
            self._note_aside(known, _minus(self._aside.get(known, NOTHING), aside))
        return Grant(granted=granted, tokens_left=left[0])

    def spend(self, account: Account, spent: Amount, of_grant: Amount) -> None:
        """Book what was spent. What is more than was granted is booked at once, since others may ask what is left."""
        name, first = account.target.name, account.day * _HOURS
        hour = min(max(int(self._clock.wall_s() // _HOUR_S), first), first + _HOURS - 1)
        with self._lock:
            _add(self._spent, (name, self._key(account.target), hour), spent)
            _add(self._used, (name, account.day), of_grant)
            is_posted, self._is_posted = self._is_posted, True
        if not is_posted:
            self._writer.post(self._book)
        if spent.tokens > of_grant.tokens:
            self._writer.ask(lambda _: None)

    def give_back(self, account: Account, unspent: Amount) -> None:
        """Give back what was granted and is held for nothing."""
        self._writer.post(lambda db: self._take_from_share(db, account.target.name, account.day, unspent))

    def end(self) -> None:
        """Count as spent what is still granted to this process: what became of it nobody will know."""
        hour = int(self._clock.wall_s() // _HOUR_S)
        self._writer.post(lambda db: book_shares(db, [self._owner], hour))

    def _granted(
        self, db: sqlite3.Connection, account: Account, need: Amount, copies: int, aside: Amount
    ) -> tuple[Amount, Left]:
        self._add_to_share(db, account, aside)
        left = left_of(db, account)
        granted = _portion(left, need, copies)
        self._add_to_share(db, account, granted)
        return granted, _less(left, granted)

    def _add_to_share(self, db: sqlite3.Connection, account: Account, amount: Amount) -> None:
        if amount != NOTHING:
            db.execute(
                "INSERT INTO share VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
                " SET tokens = tokens + excluded.tokens, requests = requests + excluded.requests",
                (self._owner, account.target.name, account.day, self._key(account.target), *_pair(amount)),
            )

    async def _granted_aside(self, account: Account, need: Amount, copies: int) -> tuple[Amount, Left]:
        """Grant in memory, by what the file says is left, and by the whole budget where it cannot be read either."""
        known = account.target.name, account.day
        left = await asyncio.to_thread(_looked_up, self._file, account) or _limits(account)
        left = _less(left, self._aside.get(known, NOTHING))
        granted = _portion(left, need, copies)
        self._note_aside(known, _plus(self._aside.get(known, NOTHING), granted))
        return granted, _less(left, granted)

    def _note_aside(self, known: tuple[str, int], amount: Amount) -> None:
        """Remember what is granted in memory alone, of days that are not long past."""
        self._aside = {key: one for key, one in self._aside.items() if key[1] >= known[1] - 1 and key != known}
        if amount != NOTHING:
            self._aside[known] = amount

    def _return(self, account: Account, done: Future[tuple[Amount, Left]]) -> None:
        """Give back what was granted to somebody who did not wait for it."""
        if not done.cancelled() and done.exception() is None:
            self.give_back(account, done.result()[0])

    def _book(self, db: sqlite3.Connection) -> Callable[[], None]:
        """Write what was spent since; it counts as written once the transaction does."""
        with self._lock:
            spent, used, self._is_posted = dict(self._spent), dict(self._used), False
        for (name, key, hour), amount in spent.items():
            _add_to_ledger(db, name, key, hour, *_pair(amount))
        for (name, day), amount in used.items():
            self._take_from_share(db, name, day, amount)

        def forget() -> None:
            with self._lock:
                for known, amount in spent.items():
                    _take(self._spent, known, amount)
                for shared, amount in used.items():
                    _take(self._used, shared, amount)

        return forget

    def _take_from_share(self, db: sqlite3.Connection, name: str, day: int, amount: Amount) -> None:
        db.execute(
            "UPDATE share SET tokens = max(0, tokens - ?), requests = max(0, requests - ?)"
            " WHERE owner = ? AND target = ? AND day = ?",
            (*_pair(amount), self._owner, name, day),
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
    return _less(_limits(account), Amount(tokens=tokens, requests=requests))


def book_shares(db: sqlite3.Connection, owners: Iterable[str], hour: int) -> None:
    """Count as spent what these owners were granted, in the hour there is now, or the last of the day it was for."""
    for owner in owners:
        rows = db.execute("SELECT target, key, day, tokens, requests FROM share WHERE owner = ?", (owner,)).fetchall()
        for target, key, day, tokens, requests in rows:
            if tokens or requests:
                last = day * _HOURS + _HOURS - 1
                _add_to_ledger(db, target, key, min(max(hour, day * _HOURS), last), tokens, requests)
        db.execute("DELETE FROM share WHERE owner = ?", (owner,))


def _looked_up(file: Path, account: Account) -> Left | None:
    db = for_reading(file)
    if isinstance(db, Refused):
        return None
    try:
        return left_of(db, account)
    except sqlite3.Error:
        return None
    finally:
        db.close()


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
    return NOTHING


def _less(left: Left, amount: Amount) -> Left:
    tokens, requests = left
    return (
        None if tokens is None else max(0, tokens - amount.tokens),
        None if requests is None else max(0, requests - amount.requests),
    )


def _plus(one: Amount, more: Amount) -> Amount:
    return Amount(tokens=one.tokens + more.tokens, requests=one.requests + more.requests)


def _minus(one: Amount, less: Amount) -> Amount:
    return Amount(tokens=one.tokens - less.tokens, requests=one.requests - less.requests)


def _add(sums: dict[K, Amount], key: K, amount: Amount) -> None:
    sums[key] = _plus(sums.get(key, NOTHING), amount)


def _take(sums: dict[K, Amount], key: K, amount: Amount) -> None:
    left = _minus(sums.pop(key), amount)
    if left != NOTHING:
        sums[key] = left


def _pair(amount: Amount) -> tuple[int, int]:
    return amount.tokens, amount.requests
