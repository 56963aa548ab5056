"""The scheduler over the real APScheduler: fires, drops and reloads, each told."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable

from wnmon.clock import SystemClock
from wnmon.model.check import Check, Plan
from wnmon.model.events import RunSkipped, Skip
from wnmon.model.target import Probe, ProbeId, Target
from wnmon.schedule.aps import Scheduler
from wnmon.schedule.timetable import next_slot_ns

TARGET = Target(name="wn", url="http://relay.invalid", host="relay.invalid", models=("m",))


def probe(name: str = "alive", every_s: float = 0.2, model: str = "m") -> Probe:
    return Probe(check=Check(name=name, plan=Plan(steps=()), every_s=every_s), target=TARGET, model=model)


class ShiftedClock(SystemClock):
    """The clock of this machine, put forward by `ahead_s`, its wall clock alone set by `set_wall_s`.

    `slept_s`: how long the machine has slept meanwhile, which the monotonic clock does not count.
    """

    ahead_s = 0.0
    set_wall_s = 0.0
    slept_s = 0.0

    def now_ns(self) -> int:
        return super().now_ns() + int(self.ahead_s * 1e9)

    def boot_ns(self) -> int:
        return super().boot_ns() + int((self.ahead_s + self.slept_s) * 1e9)

    def wall_s(self) -> float:
        return super().wall_s() + self.ahead_s + self.slept_s + self.set_wall_s


class Stage:
    """A running scheduler whose runs are noted; `body` says how long one takes. `told` counts skips before each run."""

    def __init__(self) -> None:
        self.clock = ShiftedClock()
        self.fired: list[Probe] = []
        self.due_ns: list[tuple[int, int]] = []
        self.told: list[int] = []
        self.rechecks: list[bool] = []
        self.ended: list[ProbeId] = []
        self.skipped: list[RunSkipped] = []
        self.changed = asyncio.Event()
        self.body: Callable[[], Awaitable[object]] = _nothing
        self.scheduler = Scheduler(self._fire, self._tell, self.clock)

    async def _fire(self, probe: Probe, due_ns: int, *, recheck: bool) -> None:
        self.due_ns.append((due_ns, self.clock.now_ns()))
        self.rechecks.append(recheck)
        self.told.append(len(self.skipped))
        self.fired.append(probe)
        self.changed.set()
        await self.body()
        self.ended.append(probe.id)
        self.changed.set()

    def _tell(self, event: RunSkipped) -> None:
        self.skipped.append(event)
        self.changed.set()

    def next_ns(self, one: ProbeId) -> int | None:
        slots = self.scheduler.timetable.slots(one)
        return None if slots is None else slots.next_ns

    def soon(self, every_s: float) -> Probe:
        """Return a probe whose first slot comes within the next second, but not at once."""
        every_ns, wall_ns = int(every_s * 1e9), int(self.clock.wall_s() * 1e9)
        for name in map(str, itertools.count()):
            one = probe(name, every_s)
            if 0.3e9 < next_slot_ns(one.id, every_ns, wall_ns) - wall_ns < 1e9:
                return one
        raise AssertionError("endless")

    def skips(self, reason: Skip) -> int:
        return sum(event.reason is reason for event in self.skipped)

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not holds():
                self.changed.clear()
                await self.changed.wait()


async def _fire_nothing(probe: Probe, due_ns: int, *, recheck: bool) -> None:
    pass


async def _nothing() -> None:
    return None


def play(scene: Callable[[Stage], Awaitable[None]]) -> None:
    async def main() -> None:
        stage = Stage()
        stage.scheduler.start()
        try:
            await scene(stage)
        finally:
            stage.scheduler.close()
            await asyncio.sleep(0)

    asyncio.run(main())


def test_a_probe_is_fired_again_and_again() -> None:
    async def scene(stage: Stage) -> None:
        stage.scheduler.set_probes([probe()])
        await stage.until(lambda: len(stage.fired) >= 3)

    play(scene)


def test_every_probe_is_fired() -> None:
    async def scene(stage: Stage) -> None:
        stage.scheduler.set_probes([probe("a"), probe("b"), probe("a", model="m-2")])
        await stage.until(lambda: {one.id for one in stage.fired} == {"wn/a/m", "wn/b/m", "wn/a/m-2"})

    play(scene)


def test_the_due_time_handed_over_is_never_in_the_future() -> None:
    async def scene(stage: Stage) -> None:
        stage.scheduler.set_probes([probe()])
        await stage.until(lambda: len(stage.due_ns) >= 3)
        assert all(due_ns <= now_ns for due_ns, now_ns in stage.due_ns)

    play(scene)


def test_a_run_that_starts_late_is_handed_its_true_due_time() -> None:
    async def scene(stage: Stage) -> None:
        stage.scheduler.set_probes([stage.soon(20)])
        stage.clock.ahead_s = 5.0
        await stage.until(lambda: bool(stage.due_ns))
        due_ns, now_ns = stage.due_ns[-1]
        assert now_ns - due_ns >= 5_000_000_000

    play(scene)


def test_a_probe_that_may_run_at_once_does() -> None:
    async def scene(stage: Stage) -> None:
        stage.scheduler.set_probes([probe(every_s=86_400)], run_now=True)
        await stage.until(lambda: bool(stage.fired))

    play(scene)


def test_a_run_that_came_due_while_the_machine_slept_begins_once_it_wakes() -> None:
    async def scene(stage: Stage) -> None:
        one = probe(every_s=1_000_000)
        stage.scheduler.set_probes([one])
        await asyncio.sleep(0)
        # Within its grace, though the machine may take some seconds more to come to it.
        stage.clock.slept_s = ((stage.next_ns(one.id) or 0) - stage.clock.boot_ns()) / 1e9
        await stage.until(lambda: bool(stage.fired))

    play(scene)


def test_of_many_probes_every_run_begins() -> None:
    async def scene(stage: Stage) -> None:
        stage.scheduler.set_probes([probe(f"c{number}", every_s=4) for number in range(300)])
        await stage.until(lambda: len(stage.fired) >= 600)
        assert stage.skipped == []

    play(scene)


def test_a_run_begins_as_soon_as_a_bare_timer_of_the_loop_could_have_it() -> None:
    """Each beside a timer for the same instant, so that whatever holds up one holds up the other."""

    async def scene(stage: Stage) -> None:
        probes = [probe(f"c{number}", every_s=4) for number in range(300)]
        stage.scheduler.set_probes(probes)
        loop, bare_ns, tasks = asyncio.get_running_loop(), list[int](), list[asyncio.Task[None]]()

        async def note(due_ns: int) -> None:
            bare_ns.append(stage.clock.boot_ns() - due_ns)

        def begin(due_ns: int) -> None:
            tasks.append(loop.create_task(note(due_ns)))

        for one in probes:
            due_ns = stage.next_ns(one.id) or 0
            loop.call_later((due_ns - stage.clock.boot_ns()) / 1e9, begin, due_ns)
        await stage.until(lambda: len(stage.due_ns) >= 300)
        await asyncio.gather(*tasks)
        ours_ns = sorted(began_ns - due_ns for due_ns, began_ns in stage.due_ns[:300])
        assert ours_ns[296] <= 2 * sorted(bare_ns)[296]

    play(scene)


def test_a_wall_clock_set_back_holds_up_no_run() -> None:
    async def scene(stage: Stage) -> None:
        stage.scheduler.set_probes([probe(every_s=0.4)])
        await stage.until(lambda: len(stage.fired) >= 1)
        stage.clock.set_wall_s = -600
        stage.fired.clear()
        await stage.until(lambda: len(stage.fired) >= 3)

    play(scene)


def test_a_wall_clock_set_is_told_as_no_missed_run() -> None:
    async def scene(stage: Stage) -> None:
        stage.scheduler.set_probes([probe(every_s=20), probe("b", every_s=0.4)])
        stage.clock.set_wall_s = -600
        await stage.until(lambda: len(stage.fired) >= 3)
        assert stage.skips(Skip.MISFIRE) == 0

    play(scene)


def test_a_blocked_loop_is_told_as_missed_runs() -> None:
    async def scene(stage: Stage) -> None:
        stage.scheduler.set_probes([probe()])
        await stage.until(lambda: len(stage.fired) >= 1)
        time.sleep(1.1)
        await stage.until(lambda: stage.skips(Skip.MISFIRE) >= 4)

    play(scene)


def test_a_run_too_late_to_start_is_told_as_missed() -> None:
    async def scene(stage: Stage) -> None:
        one = stage.soon(every_s=10)
        stage.scheduler.set_probes([one])
        due_ns = stage.next_ns(one.id) or 0
        # The grace of a 10 s interval is 5 s. A machine that holds us up for 5 s more comes to the run after it.
        time.sleep((due_ns - stage.clock.boot_ns()) / 1e9 + 6)
        await stage.until(lambda: len(stage.skipped) == 1)
        assert (stage.skipped[0].reason, stage.fired) == (Skip.MISFIRE, [])

    play(scene)


def test_a_run_longer_than_its_interval_is_told_as_overlap_and_not_doubled() -> None:
    async def scene(stage: Stage) -> None:
        let_go = asyncio.Event()
        stage.body = let_go.wait
        stage.scheduler.set_probes([probe(every_s=0.4)])
        await stage.until(lambda: stage.skips(Skip.OVERLAP) >= 2)
        assert len(stage.fired) == 1
        let_go.set()

    play(scene)


def test_a_run_that_ended_lets_the_next_one_begin() -> None:
    async def scene(stage: Stage) -> None:
        let_go = asyncio.Event()
        stage.body = let_go.wait
        stage.scheduler.set_probes([probe()])
        await stage.until(lambda: bool(stage.skipped))
        let_go.set()
        await stage.until(lambda: len(stage.fired) >= 2)

    play(scene)


def test_every_run_that_did_not_begin_is_told_once() -> None:
    async def scene(stage: Stage) -> None:
        let_go = asyncio.Event()
        stage.body = let_go.wait
        stage.scheduler.set_probes([probe(every_s=0.4)])
        await stage.until(lambda: stage.skips(Skip.OVERLAP) >= 3)
        let_go.set()
        await stage.until(lambda: len(stage.fired) >= 2)
        (first_ns, _), (second_ns, _), *_ = stage.due_ns
        assert stage.told[1] == round((second_ns - first_ns) / 0.4e9) - 1

    play(scene)


def test_an_unchanged_probe_keeps_its_next_run() -> None:
    async def scene(stage: Stage) -> None:
        one = probe(every_s=300)
        stage.scheduler.set_probes([one])
        before = stage.next_ns(one.id)
        await asyncio.sleep(0.01)
        stage.scheduler.set_probes([probe(every_s=300), probe("new", 300)])
        assert stage.next_ns(one.id) == before

    play(scene)


def test_a_changed_interval_moves_the_next_run() -> None:
    async def scene(stage: Stage) -> None:
        one = probe(every_s=300)
        stage.scheduler.set_probes([one])
        before = stage.next_ns(one.id)
        stage.scheduler.set_probes([probe(every_s=0.2)])
        assert stage.next_ns(one.id) != before

    play(scene)


def test_a_changed_interval_is_not_told_as_missed_runs() -> None:
    async def scene(stage: Stage) -> None:
        stage.scheduler.set_probes([probe(every_s=1.5)])
        await stage.until(lambda: bool(stage.fired))
        await asyncio.sleep(0.9)
        stage.scheduler.set_probes([probe(every_s=0.4)])
        stage.skipped.clear()
        stage.told.clear()
        await stage.until(lambda: bool(stage.told))
        # Of the new interval the first run alone counts: only one over a second late, its grace, were told.
        assert stage.told[0] == 0

    play(scene)


def test_a_removed_probe_is_fired_no_more() -> None:
    async def scene(stage: Stage) -> None:
        stage.scheduler.set_probes([probe("gone"), probe("stays")])
        await stage.until(lambda: {one.check.name for one in stage.fired} == {"gone", "stays"})
        stage.scheduler.set_probes([probe("stays")])
        stage.fired.clear()
        await stage.until(lambda: len(stage.fired) >= 3)
        assert ({one.check.name for one in stage.fired}, stage.next_ns(probe("gone").id)) == (
            {"stays"},
            None,
        )

    play(scene)


def test_a_reload_hands_over_the_probe_as_it_is_configured_now() -> None:
    async def scene(stage: Stage) -> None:
        stage.scheduler.set_probes([probe()])
        await stage.until(lambda: bool(stage.fired))
        changed = Probe(
            check=Check(name="alive", plan=Plan(steps=(), suite="new"), every_s=0.2), target=TARGET, model="m"
        )
        stage.scheduler.set_probes([changed])
        stage.fired.clear()
        await stage.until(lambda: bool(stage.fired))
        assert stage.fired[0].check.plan.suite == "new"

    play(scene)


def test_pausing_lets_runs_under_way_live() -> None:
    async def scene(stage: Stage) -> None:
        let_go = asyncio.Event()
        stage.body = let_go.wait
        stage.scheduler.set_probes([probe()])
        await stage.until(lambda: bool(stage.fired))
        stage.scheduler.pause()
        let_go.set()
        await stage.until(lambda: bool(stage.ended))

    play(scene)


def test_pausing_fires_nothing_more() -> None:
    async def scene(stage: Stage) -> None:
        stage.scheduler.set_probes([probe()])
        await stage.until(lambda: bool(stage.fired))
        stage.scheduler.pause()
        stage.fired.clear()
        await asyncio.sleep(0.5)
        assert (stage.fired, stage.next_ns(probe().id)) == ([], None)

    play(scene)


def test_a_run_about_to_begin_when_the_scheduler_is_paused_does_not() -> None:
    async def scene(stage: Stage) -> None:
        async def pause() -> None:
            stage.scheduler.pause()

        stage.body = pause
        stage.scheduler.set_probes([probe("a"), probe("b")])
        time.sleep(0.3)  # both are due by now, and begin together
        await stage.until(lambda: bool(stage.ended))
        await asyncio.sleep(0.1)
        assert len(stage.fired) == 1

    play(scene)


def test_a_probe_is_due_before_the_scheduler_starts() -> None:
    scheduler = Scheduler(_fire_nothing, lambda _: None, SystemClock())
    scheduler.set_probes([probe(every_s=300)])
    assert scheduler.timetable.slots(probe().id) is not None


def test_closing_what_never_started_is_no_error() -> None:
    Scheduler(_fire_nothing, lambda _: None, SystemClock()).close()


def test_a_recheck_is_fired_between_slots_and_the_next_slot_as_ever() -> None:
    async def scene(stage: Stage) -> None:
        one = stage.soon(4)
        stage.scheduler.set_probes([one])
        await stage.until(lambda: len(stage.fired) == 1)
        slot_ns = stage.due_ns[0][0]
        stage.scheduler.recheck(one.id, after_s=0.5, lasts_s=0.1)
        await stage.until(lambda: len(stage.fired) == 3)
        assert stage.rechecks == [False, True, False]
        assert [round((due_ns - slot_ns) / 1e9, 1) for due_ns, _ in stage.due_ns] == [0, 0, 4]
        assert stage.due_ns[1][1] - slot_ns >= 500_000_000

    play(scene)


def test_a_probe_that_went_is_not_fired_for_a_recheck() -> None:
    async def scene(stage: Stage) -> None:
        one = stage.soon(4)
        stage.scheduler.set_probes([one])
        await stage.until(lambda: len(stage.fired) == 1)
        stage.scheduler.recheck(one.id, after_s=0.2, lasts_s=0)
        stage.scheduler.pause()
        await asyncio.sleep(0.5)
        assert stage.rechecks == [False]

    play(scene)
