"""How late the monitor's own loop is while exchanges run."""

from __future__ import annotations

import asyncio

from engine_samples import FakeClock, turns

from wnmon.clock import SystemClock
from wnmon.engine.loopwatch import EVERY_S, LoopWatch
from wnmon.model.events import LoopLagged

MS = 1_000_000


def test_a_blocked_loop_is_seen_as_lag_within_the_window() -> None:
    async def main() -> int:
        clock = FakeClock()
        watch = LoopWatch(clock, lambda _: None)
        async with watch.during():
            await turns()
            start_ns = clock.now_ns()
            clock.pass_s(0.1)
            await asyncio.sleep(2 * EVERY_S)
            return watch.worst_ns(start_ns, clock.now_ns())

    # A tenth of a second passed where the watch had asked for a hundredth.
    assert asyncio.run(main()) == 90 * MS


def test_every_wake_up_is_told() -> None:
    async def main() -> list[LoopLagged]:
        told: list[LoopLagged] = []
        async with LoopWatch(SystemClock(), told.append).during():
            while len(told) < 2:
                await asyncio.sleep(EVERY_S)
        return told

    assert all(event.lag_s >= 0 for event in asyncio.run(main()))


def test_lag_outside_the_window_does_not_count() -> None:
    async def main() -> int:
        clock = FakeClock()
        watch = LoopWatch(clock, lambda _: None)
        async with watch.during():
            await turns()
            clock.pass_s(0.1)
            await asyncio.sleep(3 * EVERY_S)
        return watch.worst_ns(clock.now_ns() + 1, clock.now_ns() + 10**12)

    assert asyncio.run(main()) == 0


def test_without_a_sample_there_is_no_lag() -> None:
    assert LoopWatch(FakeClock(), lambda _: None).worst_ns(0, 1) == 0


def test_the_watch_ends_with_the_last_exchange() -> None:
    async def main() -> int:
        watch = LoopWatch(SystemClock(), lambda _: None)
        async with watch.during(), watch.during():
            await turns()
        await asyncio.sleep(3 * EVERY_S)
        return len(asyncio.all_tasks())

    assert asyncio.run(main()) == 1


def test_the_watch_begins_anew_for_the_next_exchange() -> None:
    async def main() -> list[LoopLagged]:
        told: list[LoopLagged] = []
        watch = LoopWatch(SystemClock(), told.append)
        async with watch.during():
            await turns()
        await asyncio.sleep(3 * EVERY_S)
        told.clear()
        async with watch.during():
            while not told:
                await asyncio.sleep(EVERY_S)
        return told

    assert asyncio.run(main())
