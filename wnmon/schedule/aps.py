"""APScheduler 3.11 behind a few methods: each probe fired at the slots of the timetable, never overlapping.

The only module that knows APScheduler. Once a second it hands the instants of the next two over to the event loop,
whose timers cost a fraction of what a job for each probe does (docs/decisions/025). It waits on the wall clock, which
can be set, and neither it nor a timer notices that the machine slept; so the timetable alone says what is due, and once
a second both are held against it. What would be dropped in silence (a stalled loop, a run longer than its interval)
becomes events.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC
from typing import Protocol

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from wnmon.engine.ports import Clock
from wnmon.model.events import RunSkipped, Skip
from wnmon.model.said import Said
from wnmon.model.target import Probe, ProbeId
from wnmon.schedule.queue import Queue
from wnmon.schedule.timetable import JUMP_NS, Entry, Timetable


class Fire(Protocol):
    """Runs a probe that was due at `due_ns` (monotonic); a re-check once more for the slot of then.

    What is waited for keeps the slots that come meanwhile from firing: a run does, a re-check shall not.
    """

    def __call__(self, probe: Probe, due_ns: int, *, recheck: bool) -> Awaitable[object]:
        """Return what to wait for: the end of a run, the beginning of a re-check."""
        ...


MOST_MISSED = 1_000
"""Missed runs told of one probe after one pause of the monitor, be it a week in a suspended laptop."""

LOOK_EVERY_S = 1.0

AHEAD_NS = 2_500_000_000
"""How far ahead instants are handed over: so far that it may come a second late for it."""

_HAND_OVER = "hand over"

logging.getLogger("apscheduler").setLevel(logging.CRITICAL)


class Scheduler:
    """Fires probes at their slots until it is stopped. `timetable` may be read from any thread."""

    def __init__(self, fire: Fire, tell: Callable[[RunSkipped], None], clock: Clock) -> None:
        self._fire = fire
        self._tell = tell
        self._clock = clock
        self.timetable = Timetable(self._offset_ns())
        self._slept_ns = self._sleeps_ns()
        self._queue = Queue()
        self._timers: dict[ProbeId, asyncio.TimerHandle] = {}
        self._runs: dict[ProbeId, asyncio.Task[None]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._scheduler = AsyncIOScheduler(timezone=UTC)

    def start(self) -> None:
        """Begin firing. Needs a running event loop."""
        self._scheduler.start()
        self._scheduler.add_job(
            self._hand_over,
            _every_second(),
            id=_HAND_OVER,
            coalesce=True,
            misfire_grace_time=None,  # the timetable says what is too late
        )
        self._looking = asyncio.get_running_loop().create_task(self._look(), name="timetable watch")

    def pause(self) -> None:
        """Fire nothing any more; runs under way are not touched."""
        self.set_probes(())

    def close(self) -> None:
        """End the scheduler. Runs still under way are cancelled, so let them end first."""
        if self._looking is not None:
            self._looking.cancel()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        for timer in self._timers.values():
            timer.cancel()
        for run in self._runs.values():
            run.cancel()

    def set_probes(self, probes: Sequence[Probe], *, run_now: bool = False) -> None:
        """Schedule exactly these probes. One whose interval did not change keeps its slot; new ones may run at once."""
        for id_ in {entry.probe.id for entry in self.timetable.entries()} - {probe.id for probe in probes}:
            self._forget(id_)
        self._plan(self.timetable.set_probes(probes, self._clock.boot_ns(), run_now=run_now))

    def recheck(self, id_: ProbeId, *, after_s: float, lasts_s: float) -> None:
        """Fire once more between slots, where a run that `lasts_s` ends before the next one."""
        at_ns = self._clock.boot_ns() + int(after_s * 1e9)
        entry = self.timetable.plan_recheck(id_, at_ns, int(lasts_s * 1e9))
        if entry is not None:
            self._plan((entry,))

    def overdue_s(self) -> float:
        """Return for how long a run has been due that neither began nor was told as skipped, 0 when none is."""
        now_ns = self._clock.boot_ns()
        return max([0, *(now_ns - entry.due_ns for entry in self.timetable.entries())]) / 1e9

    def _plan(self, entries: Iterable[Entry]) -> None:
        """Have each wait for its next instant, and for no other."""
        now_ns = self._clock.boot_ns()
        for entry in entries:
            self._forget(entry.probe.id)
            self._queue.put(entry.probe.id, entry.next_ns(now_ns))
        if self._looking is not None:
            self._set_timers()

    def _forget(self, id_: ProbeId) -> None:
        self._queue.drop(id_)
        if (timer := self._timers.pop(id_, None)) is not None:
            timer.cancel()

    async def _hand_over(self) -> None:
        """Be asked by APScheduler for what comes soon; a function that is no coroutine would get a thread."""
        self._set_timers()

    def _set_timers(self) -> None:
        loop, now_ns = asyncio.get_running_loop(), self._clock.boot_ns()
        for at_ns, id_ in self._queue.take_until(now_ns + AHEAD_NS):
            self._timers[id_] = loop.call_later(max(0, at_ns - now_ns) / 1e9, self._begin, id_)

    def _begin(self, id_: ProbeId) -> None:
        del self._timers[id_]
        if id_ in self._runs:
            self._overlapped(id_)
            return
        self._runs[id_] = asyncio.get_running_loop().create_task(self._run(id_), name=f"slot {id_}")
        self._runs[id_].add_done_callback(lambda _: self._runs.pop(id_))

    async def _run(self, id_: ProbeId) -> None:
        """Fire with the probe as it is configured now, so that a reload never needs to touch its timer."""
        entry, now_ns = self.timetable.get(id_), self._clock.boot_ns()
        if entry is None:
            return
        if not _is_due(entry.due_ns, now_ns):
            await self._run_again(entry, now_ns)
            return
        taken = self.timetable.take(entry, now_ns, begins=True)
        self._plan((entry,))
        self._tell_missed(id_, taken.missed)
        if taken.late_ns is not None:
            await self._fire(entry.probe, self._clock.now_ns() - taken.late_ns, recheck=False)

    async def _run_again(self, entry: Entry, now_ns: int) -> None:
        is_due = entry.recheck_ns is not None and _is_due(entry.recheck_ns, now_ns)
        slot_ns = self.timetable.take_recheck(entry, now_ns) if is_due else None
        self._plan((entry,))
        if slot_ns is not None:
            await self._fire(entry.probe, self._clock.now_ns() - (now_ns - slot_ns), recheck=True)

    def _overlapped(self, id_: ProbeId) -> None:
        entry, now_ns = self.timetable.get(id_), self._clock.boot_ns()
        if entry is None:
            return
        if _is_due(entry.due_ns, now_ns):
            taken = self.timetable.take(entry, now_ns, begins=False)
            self._tell_missed(id_, taken.missed)
            if taken.late_ns is not None:
                self._tell(RunSkipped(probe=id_, reason=Skip.OVERLAP, detail=Said("run_under_way")))
        self._plan((entry,))

    def _tell_missed(self, id_: ProbeId, runs: int) -> None:
        for _ in range(min(runs, MOST_MISSED)):
            self._tell(RunSkipped(probe=id_, reason=Skip.MISFIRE, detail=Said("monitor_too_late")))

    async def _look(self) -> None:
        """Follow the clocks, and wake APScheduler, whose timer stood still while the machine slept."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self._follow_clocks()
            self._scheduler.wakeup()

    def _follow_clocks(self) -> None:
        """Plan everything anew where the wall clock was set, or timers stood still while the machine slept."""
        jumped = self.timetable.tie(self._offset_ns(), self._clock.boot_ns())
        slept_ns = self._sleeps_ns()
        if jumped or abs(slept_ns - self._slept_ns) >= JUMP_NS:
            self._slept_ns = slept_ns
            self._plan(self.timetable.entries())
            self._scheduler.reschedule_job(_HAND_OVER, trigger=_every_second())

    def _offset_ns(self) -> int:
        return int(self._clock.wall_s() * 1e9) - self._clock.boot_ns()

    def _sleeps_ns(self) -> int:
        """Return for how long the machine has slept since it started."""
        return self._clock.boot_ns() - self._clock.now_ns()


def _every_second() -> IntervalTrigger:
    return IntervalTrigger(seconds=LOOK_EVERY_S, timezone=UTC)


def _is_due(at_ns: int, now_ns: int) -> bool:
    """Tell whether an instant has come, but for what the wall clock may be off unnoticed."""
    return at_ns <= now_ns + JUMP_NS
