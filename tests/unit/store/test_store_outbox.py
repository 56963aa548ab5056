"""What is to be told outlives a restart, and what was told is not told again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from store_samples import rows, writing

from wnmon.engine.deliveries import Delivery
from wnmon.store.outbox import StoredOutbox

DELIVERY = Delivery(id="1", channel="team", payload='{"a": 1}', at_s=5.0)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[StoredOutbox]:
    with writing(tmp_path / "wnmon.db") as writer:
        yield StoredOutbox(writer)


def put(outbox: StoredOutbox, memory: str = "{}", delivery: Delivery | None = DELIVERY) -> None:
    asyncio.run(outbox.put("team", memory, delivery))


def test_what_was_put_waits(outbox: StoredOutbox) -> None:
    put(outbox)

    assert asyncio.run(outbox.waiting()) == [DELIVERY]


def test_what_a_channel_was_told_is_remembered(outbox: StoredOutbox) -> None:
    put(outbox, "first")
    put(outbox, "second", None)

    assert asyncio.run(outbox.memories()) == {"team": "second"}


def test_what_is_put_twice_waits_once(outbox: StoredOutbox) -> None:
    put(outbox)
    put(outbox)

    assert len(asyncio.run(outbox.waiting())) == 1


def test_what_was_tried_waits_for_its_next_time(outbox: StoredOutbox) -> None:
    put(outbox)
    asyncio.run(outbox.tried("1", attempts=3, next_try_s=60.5))
    (waiting,) = asyncio.run(outbox.waiting())

    assert (waiting.attempts, waiting.next_try_s) == (3, 60.5)


def test_what_was_delivered_waits_no_more(outbox: StoredOutbox) -> None:
    put(outbox)
    asyncio.run(outbox.delivered("1", at_s=6.0))

    assert asyncio.run(outbox.waiting()) == []


def test_when_it_was_delivered_is_kept(outbox: StoredOutbox, tmp_path: Path) -> None:
    put(outbox)
    asyncio.run(outbox.delivered("1", at_s=6.0))

    assert rows(tmp_path / "wnmon.db", "SELECT delivered_ms FROM delivery") == [(6_000,)]


def test_a_channel_that_is_gone_is_forgotten(outbox: StoredOutbox) -> None:
    put(outbox)
    asyncio.run(outbox.keep(["other"]))

    assert (asyncio.run(outbox.waiting()), asyncio.run(outbox.memories())) == ([], {})


def test_what_is_put_is_there_at_once(outbox: StoredOutbox, tmp_path: Path) -> None:
    put(outbox)

    assert rows(tmp_path / "wnmon.db", "SELECT count(*) FROM delivery") == [(1,)]
