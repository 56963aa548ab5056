"""What an outbox in a file has beyond any other: it is there at once, and outlives who wrote it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from store_samples import rows, writing

from wnmon.engine.deliveries import Delivery
from wnmon.store.outbox import StoredOutbox

DELIVERY = Delivery(id="1", channel="team", payload='{"a": 1}', at_s=5.0)


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
