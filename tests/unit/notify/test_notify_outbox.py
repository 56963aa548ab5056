"""What any outbox holds: a message until it is delivered, and what each channel was told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from store_samples import writing

from wnmon.engine.deliveries import Delivery, Outbox
from wnmon.notify.outbox import MemoryOutbox
from wnmon.store.outbox import StoredOutbox

T = TypeVar("T")
FIRST = Delivery(id="m1", channel="team", payload='{"version": 1}', at_s=1.0)
SECOND = Delivery(id="m2", channel="duty", payload='{"version": 1}', at_s=2.0)


@contextmanager
def in_memory(_: Path) -> Iterator[Outbox]:
    yield MemoryOutbox()


@contextmanager
def in_a_file(folder: Path) -> Iterator[Outbox]:
    with writing(folder / "wnmon.db") as writer:
        yield StoredOutbox(writer)


OUTBOXES: dict[str, Callable[[Path], AbstractContextManager[Outbox]]] = {"memory": in_memory, "file": in_a_file}
"""Every outbox there is."""


@pytest.fixture(params=list(OUTBOXES.values()), ids=list(OUTBOXES))
def outbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Outbox]:
    with request.param(tmp_path) as made:
        yield made


def done(*work: Coroutine[Any, Any, T]) -> T:
    """Do one thing after another, and return what the last says."""

    async def one_by_one() -> T:
        return [await each for each in work][-1]

    return asyncio.run(one_by_one())


def test_a_message_waits_until_it_is_delivered(outbox: Outbox) -> None:
    done(outbox.put("team", "a", FIRST))
    assert list(done(outbox.waiting())) == [FIRST]


def test_a_delivered_message_waits_no_longer(outbox: Outbox) -> None:
    done(outbox.put("team", "a", FIRST), outbox.delivered("m1", at_s=9.0))
    assert list(done(outbox.waiting())) == []


def test_the_oldest_message_comes_first(outbox: Outbox) -> None:
    done(outbox.put("team", "a", FIRST), outbox.put("duty", "b", SECOND))
    assert [one.id for one in done(outbox.waiting())] == ["m1", "m2"]


def test_how_often_a_message_was_tried_is_kept(outbox: Outbox) -> None:
    done(outbox.put("team", "a", FIRST), outbox.tried("m1", attempts=3, next_try_s=60.0))
    assert list(done(outbox.waiting())) == [replace(FIRST, attempts=3, next_try_s=60.0)]


def test_a_message_that_is_known_stays_as_it_is(outbox: Outbox) -> None:
    done(
        outbox.put("team", "a", FIRST), outbox.tried("m1", attempts=3, next_try_s=60.0), outbox.put("team", "b", FIRST)
    )
    assert [one.attempts for one in done(outbox.waiting())] == [3]


def test_what_is_not_known_cannot_be_tried(outbox: Outbox) -> None:
    done(outbox.tried("m9", attempts=1, next_try_s=60.0), outbox.delivered("m9", at_s=1.0))
    assert list(done(outbox.waiting())) == []


def test_what_a_channel_was_told_last_is_remembered(outbox: Outbox) -> None:
    done(outbox.put("team", "a"), outbox.put("team", "b"), outbox.put("duty", "c"))
    assert done(outbox.memories()) == {"team": "b", "duty": "c"}


def test_a_channel_that_is_not_kept_is_forgotten(outbox: Outbox) -> None:
    done(outbox.put("team", "a", FIRST), outbox.put("duty", "b", SECOND), outbox.keep({"duty"}))
    assert (done(outbox.memories()), list(done(outbox.waiting()))) == ({"duty": "b"}, [SECOND])
