"""Answers are read off the event loop, one small and one large at a time, in turns of their targets."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace

import pytest
from engine_samples import reply, step, target

from wnmon.engine.ports import About
from wnmon.engine.reading_threads import SMALL_BYTES, ReadingThreads, Turns
from wnmon.model.exchange import Chunk
from wnmon.wire.request import build

SMALL = About(target="a", size_bytes=SMALL_BYTES)
LARGE = About(target="a", size_bytes=SMALL_BYTES + 1)


def at_work() -> list[str]:
    """Return which threads did two pieces of work asked for together."""

    async def both() -> list[str]:
        reading = ReadingThreads()
        try:
            return list(
                await asyncio.gather(*(reading.do(SMALL, lambda: threading.current_thread().name) for _ in range(2)))
            )
        finally:
            reading.close()

    return asyncio.run(both())


def test_all_work_is_done_by_one_thread() -> None:
    assert len(set(at_work())) == 1


def test_no_work_is_done_by_the_event_loop() -> None:
    assert threading.current_thread().name not in at_work()


def test_what_is_brief_is_done_where_it_is() -> None:
    async def where() -> str:
        reading = ReadingThreads()
        try:
            return await reading.do(replace(SMALL, is_brief=True), lambda: threading.current_thread().name)
        finally:
            reading.close()

    assert asyncio.run(where()) == threading.current_thread().name


PONG = reply(b'{"a":"pong"}')(build(step(), "http://r/v1", "m", "nonce"))


def test_work_on_one_brief_answer_is_brief() -> None:
    assert About.exchanges(target(), [PONG]).is_brief


def test_work_on_several_answers_is_not_brief() -> None:
    assert not About.exchanges(target(), [PONG, PONG]).is_brief


def test_judging_by_rules_is_not_brief() -> None:
    assert not About.exchanges(target(), [PONG], rules=1).is_brief


def test_work_on_a_stream_is_not_brief() -> None:
    assert not About.exchanges(target(), [replace(PONG, chunks=(Chunk(1, b"data: {}\n\n"),))]).is_brief


def test_a_small_answer_does_not_wait_for_a_large_one() -> None:
    async def scenario() -> str:
        reading, is_read = ReadingThreads(), threading.Event()
        try:
            large = asyncio.create_task(reading.do(LARGE, is_read.wait))
            await asyncio.sleep(0)
            small = await reading.do(SMALL, lambda: "read")
            is_read.set()
            await large
            return small
        finally:
            reading.close()

    assert asyncio.run(asyncio.wait_for(scenario(), 60)) == "read"


def test_what_the_work_raises_reaches_the_one_who_asked() -> None:
    async def broken() -> None:
        reading = ReadingThreads()
        try:
            await reading.do(SMALL, int, "x")
        finally:
            reading.close()

    with pytest.raises(ValueError, match="invalid literal"):
        asyncio.run(broken())


async def in_turn(order: list[str], turns: Turns, target: str, hold: asyncio.Event | None = None) -> None:
    async with turns.turn(target.rstrip("0123456789")):
        order.append(target)
        await (hold.wait() if hold else asyncio.sleep(0))


def order_of(*asked: str, giving_up: str = "") -> list[str]:
    """Return in which order targets had their turns that all wait while the first asked works."""

    async def scenario() -> list[str]:
        order: list[str] = []
        turns, hold = Turns(), asyncio.Event()
        tasks = {
            name: asyncio.create_task(in_turn(order, turns, name, None if k else hold)) for k, name in enumerate(asked)
        }
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        hold.set()
        if giving_up:
            tasks[giving_up].cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        order += ["free"] if not turns._busy else []
        return order

    return asyncio.run(scenario())


def test_a_target_with_many_answers_lets_another_one_in_between() -> None:
    assert order_of("a1", "a2", "a3", "a4", "b1") == ["a1", "b1", "a2", "a3", "a4", "free"]


def test_targets_take_turns() -> None:
    assert order_of("a1", "a2", "a3", "b1", "b2", "c1") == ["a1", "b1", "c1", "a2", "b2", "a3", "free"]


def test_answers_of_one_target_keep_their_order() -> None:
    assert order_of("a1", "a2", "a3") == ["a1", "a2", "a3", "free"]


def test_who_gives_up_while_it_waits_holds_up_nobody() -> None:
    assert order_of("a1", "b1", "c1", giving_up="b1") == ["a1", "c1", "free"]


def test_who_gives_up_with_the_turn_given_passes_it_on() -> None:
    async def scenario() -> list[str]:
        order: list[str] = []
        turns = Turns()
        async with turns.turn("a"):
            second, third = (asyncio.create_task(in_turn(order, turns, name)) for name in ("b", "c"))
            await asyncio.sleep(0)
        second.cancel()  # the turn is its own by now, and it does not know yet
        await asyncio.wait({second, third}, timeout=60)
        return order

    assert asyncio.run(scenario()) == ["c"]
