"""A target is asked no faster than its pace: by requests, by tokens, over all models and targets of a key."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from engine_samples import GOOD, S, reply, target

from wnmon.engine.limiter import Limiter
from wnmon.engine.pace import Paces
from wnmon.model.check import Auth
from wnmon.model.exchange import Marks, Request
from wnmon.model.pace import Pace
from wnmon.model.target import Secret, Target
from wnmon.wire.answer import Answer, read_answer

REQUEST = Request(step="ask", method="POST", url="", headers=(), body=b"{}", auth=Auth.NORMAL, stream=False)


class LoopClock:
    """Tells the time of a loop whose time passes only while everybody waits."""

    def __init__(self) -> None:
        self.ns = 1_000 * S

    def now_ns(self) -> int:
        return self.ns

    def boot_ns(self) -> int:
        return self.ns

    def wall_s(self) -> float:
        return self.ns / 1e9


class LeapingLoop(asyncio.SelectorEventLoop):
    """Leaps to the next timer instead of waiting for it."""

    def __init__(self, clock: LoopClock) -> None:
        super().__init__()
        self._leaping = clock
        self._leap_selector()

    def _leap_selector(self) -> None:
        selector = self._selector  # type: ignore[attr-defined]
        select = selector.select

        def leap(timeout: float | None = None) -> Any:
            if timeout:
                self._leaping.ns += round(timeout * 1e9) + 1
            return select(0)

        selector.select = leap

    def time(self) -> float:
        return self._leaping.ns / 1e9


def answered(clock: LoopClock, began_ns: int, *, sent: bool = True) -> Answer:
    exchange = reply(GOOD)(REQUEST)
    marks = Marks(started_ns=began_ns, sent_ns=began_ns if sent else None, headers_ns=clock.ns, end_ns=clock.ns)
    return read_answer(replace(exchange, marks=marks))


class Client:
    """Asks at a pace, and remembers when: seconds since it began."""

    def __init__(self) -> None:
        self.clock = LoopClock()
        self.paces = Paces(self.clock)
        self.limiter = Limiter(8, self.clock)
        self.stop = asyncio.Event()
        self.sent_s: list[float] = []
        self.free_slots: list[int] = []

    async def ask(
        self, where: Target, takes_s: float = 0.0, worst: int = 10, spent: int = 10, copies: int = 1, sent: bool = True
    ) -> None:
        async with (
            self.limiter.slot(where) as slot,
            self.paces.turn(where, worst * copies, copies, slot, self.stop) as turn,
        ):
            began_ns = self.clock.ns
            self.sent_s += [round(began_ns / 1e9 - 1000, 2)] * copies
            await asyncio.sleep(takes_s)
            self.paces.answered(turn, [answered(self.clock, began_ns, sent=sent)] * copies, spent * copies)


def play(scene: Callable[[Client], Awaitable[None]]) -> Client:
    client = Client()
    loop = LeapingLoop(client.clock)
    try:
        loop.run_until_complete(scene(client))
    finally:
        loop.close()
    return client


def paced(name: str = "wn", **pace: int) -> Target:
    return target(name, pace=Pace(**pace), concurrency=8)


def in_turn(where: Target, times: int, **how: Any) -> Client:
    async def scene(client: Client) -> None:
        for _ in range(times):
            await client.ask(where, **how)

    return play(scene)


def most_in_a_minute(sent_s: list[float], within_s: float = 60.0) -> int:
    return max(sum(begin <= at < begin + within_s for at in sent_s) for begin in sent_s)


def test_without_a_pace_nothing_waits() -> None:
    assert in_turn(target(), 5).sent_s == [0.0] * 5


def test_requests_are_spread_evenly() -> None:
    assert in_turn(paced(requests_per_minute=20), 4).sent_s == [0.0, 3.0, 6.0, 9.0]


def test_the_time_an_answer_takes_is_part_of_the_spread() -> None:
    assert in_turn(paced(requests_per_minute=20), 3, takes_s=2.0).sent_s == [0.0, 3.0, 6.0]


@pytest.mark.parametrize("takes_s", [0.0, 0.7, 5.0])
def test_no_minute_holds_more_requests_than_the_pace_as_the_relay_may_count_them(takes_s: float) -> None:
    sent_s = in_turn(paced(requests_per_minute=4), 14, takes_s=takes_s).sent_s

    # Each may be counted when it was sent or when its answer came.
    assert most_in_a_minute(sent_s, 60.0 - takes_s) <= 4
    assert all(later - at > 59.98 + takes_s for at, later in zip(sent_s, sent_s[4:], strict=False))


def test_what_is_under_way_counts() -> None:
    async def scene(client: Client) -> None:
        where = paced(requests_per_minute=2)
        await asyncio.gather(*(client.ask(where, takes_s=100.0) for _ in range(3)))

    assert play(scene).sent_s == [0.0, 30.0, 160.0]


def test_tokens_wait_for_room() -> None:
    where = paced(tokens_per_minute=100)

    assert in_turn(where, 4, worst=50, spent=50).sent_s == [0.0, 0.0, 60.0, 60.0]


def test_of_tokens_what_was_spent_counts_and_not_the_worst_case() -> None:
    where = paced(tokens_per_minute=100)

    assert in_turn(where, 5, worst=50, spent=10).sent_s == [0.0] * 5


def test_an_answer_that_cost_less_lets_those_who_wait_go_at_once() -> None:
    async def scene(client: Client) -> None:
        where = paced(tokens_per_minute=100)
        await asyncio.gather(*(client.ask(where, takes_s=2.0, worst=60, spent=1) for _ in range(2)))

    assert play(scene).sent_s == [0.0, 2.0]


def test_a_request_larger_than_the_pace_is_sent_into_an_empty_minute() -> None:
    assert in_turn(paced(tokens_per_minute=100), 2, worst=1000, spent=1000).sent_s == [0.0, 60.0]


def test_a_burst_counts_as_all_its_copies() -> None:
    async def scene(client: Client) -> None:
        where = paced(requests_per_minute=20)
        await client.ask(where, copies=5)
        await client.ask(where)

    assert play(scene).sent_s == [0.0] * 5 + [15.0]


def test_a_burst_larger_than_the_pace_is_sent_into_an_empty_minute() -> None:
    async def scene(client: Client) -> None:
        where = paced(requests_per_minute=2)
        await client.ask(where)
        await client.ask(where, copies=5)

    assert play(scene).sent_s == [0.0] + [60.0] * 5


def test_what_was_never_sent_does_not_count() -> None:
    assert in_turn(paced(requests_per_minute=1), 2, sent=False).sent_s == [0.0, 0.0]


def test_what_was_cut_short_counts_from_then() -> None:
    async def scene(client: Client) -> None:
        where = paced(requests_per_minute=1)
        cut = asyncio.ensure_future(client.ask(where, takes_s=100.0))
        await asyncio.sleep(30.0)
        cut.cancel()
        await asyncio.wait({cut})
        await client.ask(where)

    assert play(scene).sent_s == [0.0, 90.0]


def test_targets_of_one_key_share_what_they_sent() -> None:
    async def scene(client: Client) -> None:
        await client.ask(paced("one", requests_per_minute=20))
        await client.ask(paced("other", requests_per_minute=20))

    assert play(scene).sent_s == [0.0, 3.0]


def test_what_a_target_without_a_pace_sends_counts_for_its_key() -> None:
    async def scene(client: Client) -> None:
        await client.ask(target("free"))
        await client.ask(paced(requests_per_minute=20))

    assert play(scene).sent_s == [0.0, 3.0]


@pytest.mark.parametrize("other", [{"api_key": Secret("sk-another-key-0123456789", "api_key")}, {"url": "http://b/v1"}])
def test_another_key_or_relay_has_a_pace_of_its_own(other: dict[str, Any]) -> None:
    async def scene(client: Client) -> None:
        where = paced(requests_per_minute=20)
        await client.ask(where)
        await client.ask(replace(where, **other))

    assert play(scene).sent_s == [0.0, 0.0]


def test_those_who_wait_are_served_in_the_order_they_came() -> None:
    order: list[str] = []

    async def one(client: Client, name: str) -> None:
        await client.ask(paced(requests_per_minute=20))
        order.append(name)

    async def scene(client: Client) -> None:
        await asyncio.gather(*(one(client, name) for name in "abcd"))

    play(scene)

    assert order == list("abcd")


def test_a_wait_holds_no_slot() -> None:
    async def scene(client: Client) -> None:
        client.limiter.limit = 1
        slow, free = paced(requests_per_minute=1), target("free", url="http://free.invalid/v1")
        await client.ask(slow)
        waiting = asyncio.ensure_future(client.ask(slow))
        await asyncio.sleep(1)
        await client.ask(free)
        await waiting

    assert play(scene).sent_s == [0.0, 1.0, 60.0]


def test_a_signal_ends_a_wait_at_once() -> None:
    async def scene(client: Client) -> None:
        where = paced(requests_per_minute=1)
        await client.ask(where)
        asyncio.get_running_loop().call_later(2, client.stop.set)
        await client.ask(where)

    assert play(scene).sent_s == [0.0, 2.0]


def test_one_who_gives_up_lets_the_next_go() -> None:
    async def scene(client: Client) -> None:
        where = paced(requests_per_minute=1)
        await client.ask(where)
        giving_up = asyncio.ensure_future(client.ask(where))
        waiting = asyncio.ensure_future(client.ask(where))
        await asyncio.sleep(1)
        giving_up.cancel()
        await waiting

    assert play(scene).sent_s == [0.0, 60.0]


def test_a_request_that_breaks_counts_no_more() -> None:
    async def scene(client: Client) -> None:
        where = paced(requests_per_minute=1)
        async with client.limiter.slot(where) as slot:
            with pytest.raises(asyncio.InvalidStateError):
                async with client.paces.turn(where, 1, 1, slot, client.stop):
                    raise asyncio.InvalidStateError
        await client.ask(where)

    assert play(scene).sent_s == [0.0]
