"""Runs under way: a re-check gives way to the next run of its probe, and to that alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from engine_samples import FakeClock, probe, turns

from wnmon.engine.under_way import UnderWay
from wnmon.model.events import RecheckCut

ONE, OTHER = probe().id, probe(name="other").id


class Scene:
    """Runs that are noted as they begin and end; those begun with `hang` end only when they are cut."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.cut: list[RecheckCut] = []
        self.noted: list[str] = []
        self.under_way = UnderWay(self.clock, self.cut.append)

    async def hang(self) -> None:
        self.noted.append("hangs")
        try:
            await asyncio.Event().wait()
        finally:
            await turns(3)  # as closing a connection takes some
            self.noted.append("is cut")

    async def end(self) -> None:
        self.noted.append("runs")


def play(scene: Callable[[Scene], Awaitable[object]]) -> Scene:
    it = Scene()
    asyncio.run(asyncio.wait_for(_acted(scene, it), timeout=60))
    return it


async def _acted(scene: Callable[[Scene], Awaitable[object]], it: Scene) -> None:
    await scene(it)


def test_a_re_check_that_hangs_ends_before_the_next_run_begins() -> None:
    async def scene(it: Scene) -> None:
        it.under_way.begin(ONE, it.hang, recheck=True)
        await turns()
        await it.under_way.begin(ONE, it.end, recheck=False)

    assert play(scene).noted == ["hangs", "is cut", "runs"]


def test_a_re_check_that_is_cut_is_told_with_how_long_it_went_on() -> None:
    async def scene(it: Scene) -> None:
        it.under_way.begin(ONE, it.hang, recheck=True)
        await turns()
        it.clock.pass_s(12)
        await it.under_way.begin(ONE, it.end, recheck=False)

    assert play(scene).cut == [RecheckCut(probe=ONE, after_s=12)]


def test_a_re_check_gives_way_to_another() -> None:
    async def scene(it: Scene) -> None:
        it.under_way.begin(ONE, it.hang, recheck=True)
        await turns()
        await it.under_way.begin(ONE, it.end, recheck=True)

    assert play(scene).noted == ["hangs", "is cut", "runs"]


def test_a_re_check_does_not_give_way_to_another_probe() -> None:
    async def scene(it: Scene) -> None:
        it.under_way.begin(ONE, it.hang, recheck=True)
        await turns()
        await it.under_way.begin(OTHER, it.end, recheck=False)
        it.noted.append("done")

    assert play(scene).noted == ["hangs", "runs", "done", "is cut"]


def test_a_run_gives_way_to_none() -> None:
    async def scene(it: Scene) -> None:
        it.under_way.begin(ONE, it.hang, recheck=False)
        await turns()
        await it.under_way.begin(ONE, it.end, recheck=True)
        it.noted.append("done")

    assert play(scene).noted == ["hangs", "runs", "done", "is cut"]


def test_a_re_check_that_has_ended_is_not_told_as_cut() -> None:
    async def scene(it: Scene) -> None:
        await it.under_way.begin(ONE, it.end, recheck=True)
        await it.under_way.begin(ONE, it.end, recheck=False)

    assert play(scene).cut == []


def test_waiting_ends_with_the_last_run() -> None:
    async def scene(it: Scene) -> None:
        it.under_way.begin(ONE, it.end, recheck=False)
        it.under_way.begin(OTHER, it.end, recheck=True)
        await it.under_way.wait(60)

    assert play(scene).noted == ["runs", "runs"]


def test_waiting_ends_when_its_time_is_up() -> None:
    async def scene(it: Scene) -> None:
        it.under_way.begin(ONE, it.hang, recheck=False)
        await it.under_way.wait(0.01)
        it.noted.append("waited")

    assert play(scene).noted[:2] == ["hangs", "waited"]


def test_where_nothing_is_under_way_there_is_nothing_to_wait_for() -> None:
    assert play(lambda it: it.under_way.wait(60)).noted == []
