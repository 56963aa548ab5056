"""How many runs may be under way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from engine_samples import FakeClock, target, turns

from wnmon.engine.limiter import Limiter
from wnmon.model.target import Target


class Stage:
    """Runs that hold a slot until they are let go, by name."""

    def __init__(self, limit: int) -> None:
        self.clock = FakeClock()
        self.limiter = Limiter(limit, self.clock)
        self.inside: list[str] = []
        self.waited_s: dict[str, float] = {}
        self._doors: dict[str, asyncio.Event] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def enter(self, name: str, where: Target) -> None:
        self._doors[name] = asyncio.Event()
        self._tasks.append(asyncio.create_task(self._hold(name, where), name=name))
        await turns()

    async def leave(self, name: str) -> None:
        self._doors[name].set()
        await turns()

    async def cancel(self, name: str) -> None:
        next(task for task in self._tasks if task.get_name() == name).cancel()
        await turns()

    async def end(self) -> None:
        for door in self._doors.values():
            door.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _hold(self, name: str, where: Target) -> None:
        async with self.limiter.slot(where) as slot:
            self.inside.append(name)
            self.waited_s[name] = slot.waited_s
            try:
                await self._doors[name].wait()
            finally:
                self.inside.remove(name)


def play(limit: int, scene: Callable[[Stage], Awaitable[None]]) -> None:
    async def main() -> None:
        stage = Stage(limit)
        try:
            await scene(stage)
        finally:
            await stage.end()

    asyncio.run(main())


def test_a_free_slot_is_had_without_waiting() -> None:
    async def scene(stage: Stage) -> None:
        await stage.enter("a", target())
        assert stage.waited_s == {"a": 0}

    play(1, scene)


def test_the_global_limit_holds_over_all_targets() -> None:
    async def scene(stage: Stage) -> None:
        for name in "abc":
            await stage.enter(name, target(name))
        assert stage.inside == ["a", "b"]

    play(2, scene)


def test_the_limit_of_a_target_holds_for_its_own_runs() -> None:
    async def scene(stage: Stage) -> None:
        for name in "abc":
            await stage.enter(name, target(concurrency=2))
        assert stage.inside == ["a", "b"]

    play(8, scene)


def test_the_queue_of_one_target_does_not_take_the_global_slots() -> None:
    async def scene(stage: Stage) -> None:
        for name in ("slow 1", "slow 2", "slow 3"):
            await stage.enter(name, target("slow", concurrency=1))
        await stage.enter("other", target("other"))
        assert stage.inside == ["slow 1", "other"]

    play(2, scene)


def test_a_slot_let_go_lets_the_next_one_in() -> None:
    async def scene(stage: Stage) -> None:
        await stage.enter("a", target())
        await stage.enter("b", target())
        await stage.leave("a")
        assert stage.inside == ["b"]

    play(1, scene)


def test_waiting_is_measured() -> None:
    async def scene(stage: Stage) -> None:
        await stage.enter("a", target())
        await stage.enter("b", target())
        stage.clock.pass_s(3)
        await stage.leave("a")
        assert stage.waited_s["b"] == 3

    play(1, scene)


def test_a_limit_raised_while_runs_wait_lets_more_in_at_the_next_release() -> None:
    async def scene(stage: Stage) -> None:
        for name in "abc":
            await stage.enter(name, target(name))
        stage.limiter.limit = 2
        await stage.leave("a")
        assert stage.inside == ["b", "c"]

    play(1, scene)


def test_a_limit_lowered_while_runs_hold_slots_lets_nobody_in_until_they_are_fewer() -> None:
    async def scene(stage: Stage) -> None:
        for name in "abc":
            await stage.enter(name, target(name))
        stage.limiter.limit = 1
        await stage.leave("a")
        assert stage.inside == ["b"]

    play(2, scene)


def test_a_run_cancelled_while_it_waits_takes_no_slot() -> None:
    async def scene(stage: Stage) -> None:
        for name in "abc":
            await stage.enter(name, target(name))
        await stage.cancel("b")
        await stage.leave("a")
        assert stage.inside == ["c"]

    play(1, scene)


def test_a_run_cancelled_inside_gives_its_slot_back() -> None:
    async def scene(stage: Stage) -> None:
        await stage.enter("a", target())
        await stage.enter("b", target())
        await stage.cancel("a")
        assert stage.inside == ["b"]

    play(1, scene)


def test_runs_in_flight_are_counted() -> None:
    async def scene(stage: Stage) -> None:
        for name in "abc":
            await stage.enter(name, target(name))
        assert stage.limiter.in_flight == 2

    play(2, scene)


def test_a_free_slot_goes_to_the_target_that_held_one_for_less_time() -> None:
    async def scene(stage: Stage) -> None:
        await stage.enter("hangs", target("hanging"))
        stage.clock.pass_s(10)
        await stage.enter("hangs on", target("hanging"))
        await stage.enter("quick", target("good"))
        await stage.leave("hangs")
        assert stage.inside == ["quick"]

    play(1, scene)


def test_what_a_target_held_long_ago_counts_no_more() -> None:
    async def scene(stage: Stage) -> None:
        await stage.enter("first", target("once-slow"))
        stage.clock.pass_s(100)
        await stage.leave("first")
        stage.clock.pass_s(3600)
        await stage.enter("now", target("good"))
        stage.clock.pass_s(1)
        await stage.enter("slow", target("once-slow"))
        await stage.enter("good", target("good"))
        await stage.leave("now")
        assert stage.inside == ["slow"]

    play(1, scene)


def test_of_one_target_the_run_that_waits_longest_is_first() -> None:
    async def scene(stage: Stage) -> None:
        for name in "abc":
            await stage.enter(name, target())
        await stage.leave("a")
        assert stage.inside == ["b"]

    play(1, scene)


def test_a_run_cancelled_in_the_moment_its_turn_comes_holds_no_slot() -> None:
    async def scene(stage: Stage) -> None:
        await stage.enter("a", target())
        await stage.enter("b", target())
        stage._doors["a"].set()
        await stage.cancel("b")
        await stage.enter("c", target())
        assert stage.inside == ["c"]

    play(1, scene)


def test_the_last_free_slot_is_for_targets_that_let_go_of_theirs_soon() -> None:
    async def scene(stage: Stage) -> None:
        await stage.enter("hung", target("hanging"))
        stage.clock.pass_s(60)
        await stage.leave("hung")
        for name in ("hangs", "hangs too"):
            await stage.enter(name, target("hanging"))
        await stage.enter("quick", target("good"))
        assert stage.inside == ["hangs", "quick"]

    play(2, scene)


def test_where_there_is_but_one_slot_a_slow_target_has_it_too() -> None:
    async def scene(stage: Stage) -> None:
        await stage.enter("hung", target("hanging"))
        stage.clock.pass_s(60)
        await stage.leave("hung")
        await stage.enter("hangs", target("hanging"))
        assert stage.inside == ["hangs"]

    play(1, scene)
