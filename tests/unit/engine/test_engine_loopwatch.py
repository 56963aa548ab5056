"""How late the stamps of an exchange may be: what the watch proves of its loop, and what follows for each stamp."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace

import pytest
from engine_samples import FakeClock, turns

from wnmon.clock import SystemClock
from wnmon.engine.loopwatch import EVERY_S, LoopWatch, Proofs, with_lags
from wnmon.engine.ports import HTTPX_TURNS, READ_BYTES, READ_PIECES, TURNS, CaughtUp
from wnmon.model.check import Auth
from wnmon.model.events import LoopLagged
from wnmon.model.exchange import Chunk, Exchange, Lag, Marks, Request

MS = 1_000_000
EXCHANGE = Exchange(
    request=Request(step="s", method="POST", url="http://r", headers=(), body=b"", auth=Auth.NORMAL, stream=True),
    started_at_s=0.0,
    marks=Marks(started_ns=100 * MS, scheduled_ns=90 * MS, sent_ns=105 * MS, headers_ns=137 * MS, end_ns=190 * MS),
    chunks=(Chunk(141 * MS, b"a"), Chunk(180 * MS, b"b"), Chunk(180 * MS, b"c")),
)
# In time every 10 ms but for a stall from 120 to 160 ms, and one from 161 to 179 ms that the second wake-up ends.
PROOFS = [CaughtUp(come * MS, stamped * MS) for come, stamped in ((110, 111), (120, 140), (160, 161), (179, 180))]


def late_ms(exchange: Exchange, proofs: Sequence[CaughtUp]) -> dict[int, int]:
    """Return how late each stamp may be, by its instant, in ms."""
    return {lag.at_ns // MS: lag.late_ns // MS for lag in with_lags(exchange, proofs).lags}


# --- what follows from proofs


def test_a_stamp_may_be_as_late_as_the_last_proof_before_it_is_old() -> None:
    assert late_ms(EXCHANGE, PROOFS) == {
        105: 5,  # no proof yet: not before the exchange began
        137: 27,  # stamped during the stall: not before 110
        141: 21,  # the proof of 120 holds since 140
        180: 20,  # what is stamped with the proof of 179 may have come before it
        190: 11,
    }


def test_equal_stamps_are_equally_late() -> None:
    assert [lag.at_ns for lag in with_lags(EXCHANGE, ()).lags] == [at * MS for at in (105, 137, 141, 180, 190)]


def test_an_exchange_that_knows_its_lags_keeps_them() -> None:
    exchange = replace(EXCHANGE, lags=(Lag(105 * MS, 3),), late_ns=3)
    assert with_lags(exchange, []) == exchange


def test_the_worst_of_the_lags_is_told() -> None:
    assert with_lags(EXCHANGE, PROOFS).late_ns == 27 * MS


def test_nothing_of_an_exchange_came_before_it_began() -> None:
    assert late_ms(EXCHANGE, [CaughtUp(0, 1)]) == {105: 5, 137: 37, 141: 41, 180: 80, 190: 90}


def test_a_stamp_without_a_lag_of_its_own_is_as_late_as_the_exchange_says() -> None:
    exchange = replace(EXCHANGE, lags=(Lag(105 * MS, 3), Lag(190 * MS, 4)), late_ns=7)
    assert [exchange.lag_ns(at * MS) for at in (104, 105, 141, 190, 191)] == [7, 3, 7, 4, 7]


def test_what_may_have_waited_behind_more_than_one_read_is_not_proved_to_have_come_later() -> None:
    sizes = {131: READ_BYTES - 1, 132: 1, 141: 10, 145: 10}
    chunks = tuple(Chunk(at_ms * MS, b"x" * size) for at_ms, size in sizes.items())
    proofs = [CaughtUp(come * MS, stamped * MS) for come, stamped in ((110, 111), (130, 131), (131, 133), (140, 142))]
    flood = replace(EXCHANGE, marks=Marks(started_ns=100 * MS, end_ns=146 * MS), chunks=chunks)

    assert late_ms(flood, proofs) == {
        131: 21,  # not before 110
        132: 22,  # a whole read since 130: it may have waited then, so not before 110 as what came ahead of it
        141: 10,  # one byte and itself since 131
        145: 5,
        146: 6,
    }


@pytest.mark.parametrize(("pieces", "lag_ms"), [(READ_PIECES - 2, 20), (READ_PIECES, 50)])
def test_what_may_have_waited_behind_many_pieces_is_not_proved_to_have_come_later(pieces: int, lag_ms: int) -> None:
    chunks = (*(Chunk(140 * MS + number, b"x") for number in range(pieces)), Chunk(150 * MS, b"y"))
    tiny = replace(EXCHANGE, marks=Marks(started_ns=100 * MS, end_ns=200 * MS), chunks=chunks)

    assert late_ms(tiny, [CaughtUp(130 * MS, 141 * MS)])[150] == lag_ms


@pytest.mark.parametrize("hold_ms", [0, 1, 9, 10, 11, 19, 35, 400])
@pytest.mark.parametrize("begin_ms", range(100, 112, 3))
@pytest.mark.parametrize("come_ms", range(100, 560, 46))
def test_what_comes_during_a_stall_came_within_the_lag_of_its_stamp(hold_ms: int, begin_ms: int, come_ms: int) -> None:
    """A loop that turns in no time, but for one stall: whatever comes in it has the end of the stall as its stamp."""
    end_ms = begin_ms + hold_ms

    def stamped(at_ms: int) -> int:
        return end_ms if begin_ms <= at_ms < end_ms else at_ms

    proofs, due_ms = [], 100
    while due_ms < 600:
        woke_ms = stamped(due_ms)
        proofs.append(CaughtUp(woke_ms * MS, woke_ms * MS))
        due_ms = woke_ms + 10
    at_ms = stamped(come_ms)
    exchange = replace(EXCHANGE, chunks=(Chunk(at_ms * MS, b"a"),), marks=Marks(started_ns=0, end_ns=10**9))

    assert at_ms - late_ms(exchange, proofs)[at_ms] <= come_ms <= at_ms


# --- what the watch proves


def test_a_stall_lies_between_two_proofs() -> None:
    async def main() -> list[CaughtUp]:
        clock = FakeClock()
        began_ns = clock.now_ns()
        with LoopWatch(clock, lambda _: None).during() as proofs:
            await proved(proofs, 1)
            clock.pass_s(0.1)
            await proved(proofs, 2)
            return [CaughtUp(one.come_ns - began_ns, one.stamped_ns - began_ns) for one in proofs()]

    assert asyncio.run(main()) == [CaughtUp(0, 0), CaughtUp(100 * MS, 100 * MS)]


async def proved(proofs: Proofs, count: int) -> None:
    """Wait for the turn of the loop that brings so many proofs."""
    while len(proofs()) < count:
        await asyncio.sleep(0)


@pytest.mark.parametrize(("others", "needed"), [((), TURNS), ((HTTPX_TURNS,), HTTPX_TURNS)])
def test_a_proof_holds_once_the_loop_has_turned_so_often_as_any_stamp_may_need(
    others: tuple[int, ...], needed: int
) -> None:
    async def main() -> int:
        clock = FakeClock()
        watch = LoopWatch(clock, lambda _: clock.pass_s(1))
        with ExitStack() as running, watch.during() as proofs:
            for turns in others:
                running.enter_context(watch.during(turns))
            woke_ns = clock.now_ns()
            turned = 0
            while not proofs():
                await asyncio.sleep(0)
                turned += clock.now_ns() > woke_ns
        return turned

    assert needed <= asyncio.run(main()) <= needed + 2


def test_every_wake_up_is_told() -> None:
    async def main() -> list[LoopLagged]:
        told: list[LoopLagged] = []
        with LoopWatch(SystemClock(), told.append).during():
            while len(told) < 2:
                await asyncio.sleep(EVERY_S)
        return told

    assert all(event.lag_s >= 0 for event in asyncio.run(main()))


def test_a_late_wake_up_is_told_with_how_late_it_was() -> None:
    async def main() -> list[LoopLagged]:
        clock, told = FakeClock(), list[LoopLagged]()
        with LoopWatch(clock, told.append).during():
            clock.pass_s(0.1)
            while not told:
                await asyncio.sleep(EVERY_S)
        return told[:1]

    assert asyncio.run(main()) == [LoopLagged(lag_s=0.1 - EVERY_S)]


def test_no_proof_is_forgotten_that_an_exchange_under_way_may_need() -> None:
    async def main() -> int:
        clock = FakeClock()
        watch = LoopWatch(clock, lambda _: clock.pass_s(3_600))
        with watch.during() as proofs, watch.during():
            await proved(proofs, 3)
            return len(proofs())

    assert asyncio.run(main()) == 3


def test_a_proof_from_before_every_exchange_under_way_is_forgotten() -> None:
    async def main() -> bool:
        clock = FakeClock()
        watch = LoopWatch(clock, lambda _: clock.pass_s(1))
        with ExitStack() as first, ExitStack() as second:
            proofs = first.enter_context(watch.during())
            await proved(proofs, 1)
            clock.pass_s(1)
            began_ns = clock.now_ns()
            second.enter_context(watch.during())
            first.close()
            while proofs()[0].come_ns < began_ns:
                await asyncio.sleep(0)
            return all(one.come_ns >= began_ns for one in proofs())

    assert asyncio.run(main())


def test_the_watch_ends_with_the_last_exchange() -> None:
    async def main() -> int:
        told: list[LoopLagged] = []
        watch = LoopWatch(SystemClock(), told.append)
        with watch.during(), watch.during():
            await turns()
        told.clear()
        await asyncio.sleep(3 * EVERY_S)
        return len(told)

    assert asyncio.run(main()) == 0


def test_the_watch_begins_anew_for_the_next_exchange() -> None:
    async def main() -> list[LoopLagged]:
        told: list[LoopLagged] = []
        watch = LoopWatch(SystemClock(), told.append)
        with watch.during():
            await turns()
        await asyncio.sleep(3 * EVERY_S)
        told.clear()
        with watch.during():
            while not told:
                await asyncio.sleep(EVERY_S)
        return told

    assert asyncio.run(main())
