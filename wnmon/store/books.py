"""The books in the file: what targets have spent, and what each process may spend besides.

What is in the ledger and what is granted to any process stay within each limit together, at every instant and whoever
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
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from wnmon.engine.ports import Account, Grant
from wnmon.engine.room import Spender, Tally, granted_of, spender
from wnmon.model.budget import NOTHING, Amount, Period, Scope
from wnmon.model.target import Secret, Target
from wnmon.store.database import Refused, for_reading
from wnmon.store.ledger import add_spent, book_shares, change_shares, used
from wnmon.store.writer import Writer


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What is not in the file yet: what was spent, and by how much the shares of this process changed."""

    spent: Tally = field(default_factory=Tally)
    shares: Tally = field(default_factory=Tally)


class StoredBooks:
    """The Books port on a file; `owner` names this process in it."""

    def __init__(self, writer: Writer, file: Path, owner: str, salt: bytes) -> None:
        self._writer = writer
        self._file = file
        self._owner = owner
        self._salt = salt
        self._names: dict[Secret | None, str] = {None: ""}
        self._lock = threading.Lock()
        self._waiting = _Waiting()
        self._writing: list[_Waiting] = []
        self._times_written = 0
        self._is_posted = False
        writer.on_rollback(self._put_back)

    async def grant(self, account: Account, need: Amount, most: Amount) -> Grant:
        """Grant the most where there is plenty, else what is needed, nothing where not even that is left."""
        asked = self._writer.ask(lambda db: self._granted(db, account, need, most), self._count)
        try:
            return await asyncio.shield(asyncio.wrap_future(asked))
        except asyncio.CancelledError:
            asked.add_done_callback(lambda done: self._return(account, done))
            raise
        except sqlite3.Error:
            return await self._granted_aside(account, need, most)

    def hold(self, account: Account, amount: Amount) -> None:
        """Take note of what is granted without asking."""
        self._change(account, NOTHING, amount)

    def spend(self, account: Account, spent: Amount, of_grant: Amount) -> None:
        """Book what was spent. What is more than was granted is booked at once, since others may ask what is left."""
        self._change(account, spent, NOTHING - of_grant)
        if not spent.is_within(of_grant):
            self._writer.ask(lambda _: None)

    def give_back(self, account: Account, unspent: Amount) -> None:
        """Give back what was granted and is held for nothing."""
        self._change(account, NOTHING, NOTHING - unspent)

    def end(self) -> None:
        """Count as spent what is still granted to this process: what became of it nobody will know."""

        def count_as_spent(db: sqlite3.Connection) -> Callable[[], None]:
            count = self._book(db)
            book_shares(db, [self._owner])
            return count

        self._writer.post(count_as_spent)

    def _change(self, account: Account, spent: Amount, share: Amount) -> None:
        who = self._who(account)
        with self._lock:
            self._waiting.spent.add(who, spent)
            self._waiting.shares.add(who, share)
            is_posted, self._is_posted = self._is_posted, True
        if not is_posted:
            self._writer.post(self._book, self._lost)

    def _lost(self) -> None:
        """Post again with the next change: what waits does so still."""
        with self._lock:
            self._is_posted = False

    def _granted(self, db: sqlite3.Connection, account: Account, need: Amount, most: Amount) -> Grant:
        self._book(db)
        who = self._who(account)
        grant = granted_of(account, lambda scope, period: _used(db, account, who, scope, period), need, most)
        granted = Tally()
        granted.add(who, grant.granted)
        change_shares(db, self._owner, granted)
        return grant

    async def _granted_aside(self, account: Account, need: Amount, most: Amount) -> Grant:
        """Grant in memory, by what the file says is left, and by the whole limits where it cannot be read either."""
        who, times_written = self._who(account), self._times_written
        found = await asyncio.to_thread(_looked_up, self._file, account, who)

        def used_by_all(scope: Scope, period: Period) -> Amount:
            return found.get((scope, period), NOTHING) + self._aside(account, who, scope, period)

        with self._lock:
            if self._times_written == times_written:
                grant = granted_of(account, used_by_all, need, most)
                self._waiting.shares.add(who, grant.granted)
                return grant
        return await self.grant(account, need, most)  # it can be written again

    def _aside(self, account: Account, who: Spender, scope: Scope, period: Period) -> Amount:
        """Return what is spent and granted, and not in the file."""
        total = NOTHING
        for one in (self._waiting, *self._writing):
            for tally in (one.spent, one.shares):
                total += tally.used(who.account(scope), account.periods[period], who.currency)
        return total

    def _return(self, account: Account, done: Future[Grant]) -> None:
        """Give back what was granted to somebody who did not wait for it."""
        if not done.cancelled() and done.exception() is None:
            self.give_back(account, done.result().granted)

    def _book(self, db: sqlite3.Connection) -> Callable[[], None]:
        """Write what waits; it is only forgotten once the transaction counts, and waits again where it does not."""
        with self._lock:
            waiting, self._waiting, self._is_posted = self._waiting, _Waiting(), False
            self._writing.append(waiting)
        add_spent(db, waiting.spent)
        change_shares(db, self._owner, waiting.shares)
        return self._count

    def _count(self) -> None:
        with self._lock:
            self._writing.clear()
            self._times_written += 1

    def _put_back(self) -> None:
        with self._lock:
            for one in self._writing:
                self._waiting.spent.merge(one.spent)
                self._waiting.shares.merge(one.shares)
            self._writing.clear()

    def _who(self, account: Account) -> Spender:
        return spender(account, self._key(account.target))

    def _key(self, target: Target) -> str:
        """Return what names a target's key in the file: that two targets share one can be told, and nothing more."""
        key = target.api_key
        if key is not None and key not in self._names:
            self._names[key] = hashlib.blake2s(key.reveal().encode(), key=self._salt, digest_size=8).hexdigest()
        return self._names[key]


def _used(db: sqlite3.Connection, account: Account, who: Spender, scope: Scope, period: Period) -> Amount:
    return used(db, who.account(scope), account.periods[period], who.currency)


def _looked_up(file: Path, account: Account, who: Spender) -> Mapping[tuple[Scope, Period], Amount]:
    """Return what is used of each limit as far as the file tells; nothing where it cannot be read."""
    db = for_reading(file)
    if isinstance(db, Refused):
        return {}
    try:
        limited = {(one.scope, one.period) for one in account.limits}
        return {of: _used(db, account, who, *of) for of in limited}
    except sqlite3.Error:
        return {}
    finally:
        db.close()
