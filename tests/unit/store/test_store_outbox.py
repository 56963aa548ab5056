"""What an outbox in a file has beyond any other: it is there at once, and outlives who wrote it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from store_samples import rows, writing

from wnmon.engine.deliveries import Delivery
from wnmon.store.database import connected
from wnmon.store.outbox import StoredOutbox
from wnmon.store.writer import Writer

DELIVERY = Delivery(id="1", channel="team", payload='{"a": 1}', at_s=5.0)


def impatient(writer: Writer) -> None:
    """Have a lock waited for no longer than a test may take."""
    writer.ask(lambda db: None).result(5)
    writer._connection.execute("PRAGMA busy_timeout = 10")


async def eventually(holds: Callable[[], bool]) -> None:
    while not holds():
        await asyncio.sleep(0.01)


def test_what_was_put_outlives_who_put_it(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        asyncio.run(StoredOutbox(writer).put("team", "{}", DELIVERY))
    with writing(tmp_path / "wnmon.db") as writer:
        assert asyncio.run(StoredOutbox(writer).waiting()) == [DELIVERY]


def test_what_is_put_is_there_at_once(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        asyncio.run(StoredOutbox(writer).put("team", "{}", DELIVERY))

        assert rows(tmp_path / "wnmon.db", "SELECT count(*) FROM delivery") == [(1,)]


def test_when_a_message_was_delivered_is_kept(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        asyncio.run(StoredOutbox(writer).put("team", "{}", DELIVERY))
        asyncio.run(StoredOutbox(writer).delivered("1", at_s=6.0))

    assert rows(tmp_path / "wnmon.db", "SELECT delivered_ms FROM delivery") == [(6_000,)]


@contextmanager
def locked(file: Path) -> Iterator[None]:
    other = connected(file)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


def test_what_met_a_lock_is_written_once_that_is_gone(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        impatient(writer)
        with locked(tmp_path / "wnmon.db"):
            asyncio.run(StoredOutbox(writer).put("team", "{}", DELIVERY))

    assert rows(tmp_path / "wnmon.db", "SELECT id FROM delivery") == [("1",)]


def test_nothing_overtakes_what_waits_for_a_lock(tmp_path: Path) -> None:
    """The lock is gone before the message is delivered, and what was put is not written yet."""

    async def told(outbox: StoredOutbox) -> None:
        with locked(tmp_path / "wnmon.db"):
            await outbox.put("team", "{}", DELIVERY)
        await outbox.delivered("1", at_s=6.0)

    with writing(tmp_path / "wnmon.db") as writer:
        impatient(writer)
        asyncio.run(told(StoredOutbox(writer)))

    assert rows(tmp_path / "wnmon.db", "SELECT delivered_ms FROM delivery") == [(6_000,)]


def test_once_nothing_waits_what_is_put_is_there_at_once_again(tmp_path: Path) -> None:
    async def told(outbox: StoredOutbox, writer: Writer) -> list[tuple[object, ...]]:
        with locked(tmp_path / "wnmon.db"):
            await outbox.put("team", "{}")
        await eventually(lambda: rows(tmp_path / "wnmon.db", "SELECT 1 FROM told") == [(1,)])
        await outbox.put("team", "{}", DELIVERY)
        return rows(tmp_path / "wnmon.db", "SELECT id FROM delivery")

    with writing(tmp_path / "wnmon.db") as writer:
        impatient(writer)

        assert asyncio.run(told(StoredOutbox(writer), writer)) == [("1",)]
