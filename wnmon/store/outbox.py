"""The outbox in the file: what is to be delivered, and what each channel was told, both or neither.

What is put is there before anything is sent, so that `kill -9` neither forgets an alert nor has it told twice by what
wnmon remembers. A message that was under way then is sent once more, with the same id: nobody knows whether it arrived.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeVar

from wnmon.engine.deliveries import Delivery
from wnmon.store.writer import Writer

T = TypeVar("T")

_PUT = "INSERT OR IGNORE INTO delivery (id, channel, payload, at_ms, attempts, next_try_ms) VALUES (?, ?, ?, ?, ?, ?)"
_WAITING = (
    "SELECT id, channel, payload, at_ms / 1e3, attempts, next_try_ms / 1e3 FROM delivery"
    " WHERE delivered_ms IS NULL ORDER BY at_ms, id"
)


class StoredOutbox:
    """The Outbox port on the file. Where it cannot be written, what was to be waits, and is written once it can be."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._lock = threading.Lock()  # one thread counts up, and the one that writes down
        self._late = 0

    async def memories(self) -> Mapping[str, str]:
        """Return what is remembered of each channel."""
        return await self._read(lambda db: dict(db.execute("SELECT channel, memory FROM told"))) or {}

    async def waiting(self) -> Sequence[Delivery]:
        """Return what is not delivered yet, the oldest first."""
        rows = await self._read(lambda db: db.execute(_WAITING).fetchall()) or ()
        return [
            Delivery(id=id_, channel=channel, payload=payload, at_s=at_s, attempts=attempts, next_try_s=next_try_s)
            for id_, channel, payload, at_s, attempts, next_try_s in rows
        ]

    async def put(self, channel: str, memory: str, delivery: Delivery | None = None) -> None:
        """Remember this of a channel and keep a delivery, unless it is known."""

        def work(db: sqlite3.Connection) -> None:
            db.execute("INSERT OR REPLACE INTO told VALUES (?, ?)", (channel, memory))
            if delivery is not None:
                row = (delivery.id, delivery.channel, delivery.payload, _ms(delivery.at_s), delivery.attempts)
                db.execute(_PUT, (*row, _ms(delivery.next_try_s)))

        await self._write(work)

    async def tried(self, id: str, *, attempts: int, next_try_s: float) -> None:  # noqa: A002
        """Note that a delivery has failed so often, and when it is tried again."""
        row = (attempts, _ms(next_try_s), id)
        await self._write(lambda db: db.execute("UPDATE delivery SET attempts = ?, next_try_ms = ? WHERE id = ?", row))

    async def delivered(self, id: str, *, at_s: float) -> None:  # noqa: A002
        """Note when a channel had it."""
        row = (_ms(at_s), id)
        await self._write(lambda db: db.execute("UPDATE delivery SET delivered_ms = ? WHERE id = ?", row))

    async def keep(self, channels: Collection[str]) -> None:
        """Forget all channels but these."""

        def work(db: sqlite3.Connection) -> None:
            for (name,) in db.execute("SELECT channel FROM told UNION SELECT channel FROM delivery").fetchall():
                if name not in channels:
                    db.execute("DELETE FROM told WHERE channel = ?", (name,))
                    db.execute("DELETE FROM delivery WHERE channel = ? AND delivered_ms IS NULL", (name,))

        await self._write(work)

    async def _read(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """Return what is found, None where the file cannot be read, which the writer tells."""
        try:
            return await asyncio.wrap_future(self._writer.ask(work))
        except sqlite3.Error:
            return None

    async def _write(self, work: Callable[[sqlite3.Connection], object]) -> None:
        """Have it written at once, or else in its turn: nothing is to overtake what waits."""
        if not self._late:
            try:
                await asyncio.wrap_future(self._writer.ask(work))
            except sqlite3.Error:
                pass
            else:
                return
        self._count_late(1)
        self._writer.post(lambda db: self._caught_up(work, db), lambda: self._count_late(-1))

    def _caught_up(self, work: Callable[[sqlite3.Connection], object], db: sqlite3.Connection) -> Callable[[], None]:
        """Write what waited; it does no more once the transaction counts."""
        work(db)
        return lambda: self._count_late(-1)

    def _count_late(self, more: int) -> None:
        with self._lock:
            self._late += more


def _ms(at_s: float) -> int:
    return round(at_s * 1e3)
