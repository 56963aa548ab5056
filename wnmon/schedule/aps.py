"""APScheduler 3.11 behind a few methods: one job per probe, never overlapping, at the slots of the timetable.

The only module that knows APScheduler. It waits on the wall clock, which can be set, and does not notice that the
machine slept; so the timetable alone says what is due, and once a second the jobs are held against it. What it would
drop in silence (a stalled loop, a run longer than its interval) becomes events.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from apscheduler.events import EVENT_JOB_MAX_INSTANCES, JobSubmissionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from wnmon.engine.ports import Clock
from wnmon.model.events import RunSkipped, Skip
from wnmon.model.said import Said
from wnmon.model.target import Probe, ProbeId
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

logging.getLogger("apscheduler").setLevel(logging.CRITICAL)


class Scheduler:
    """Fires probes at their slots until it is stopped. `timetable` may be read from any thread."""

    def __init__(self, fire: Fire, tell: Callable[[RunSkipped], None], clock: Clock) -> None:
        self._fire = fire
        self._tell = tell
        self._clock = clock
        self.timetable = Timetable(self._offset_ns())
        self._looking: asyncio.Task[None] | None = None
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._scheduler.add_listener(self._overlapped, EVENT_JOB_MAX_INSTANCES)

    def start(self) -> None:
        """Begin firing. Needs a running event loop."""
        self._scheduler.start()
        self._looking = asyncio.get_running_loop().create_task(self._look(), name="timetable watch")

    def pause(self) -> None:
        """Fire nothing any more; runs under way are not touched."""
        self._scheduler.remove_all_jobs()
        self.timetable.set_probes((), self._clock.boot_ns())

    def close(self) -> None:
        """End the scheduler. APScheduler cancels runs still under way, so let them end first."""
        if self._looking is not None:
            self._looking.cancel()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def set_probes(self, probes: Sequence[Probe], *, run_now: bool = False) -> None:
        """Schedule exactly these probes. One whose interval did not change keeps its slot; new ones may run at once."""
        gone = {entry.probe.id for entry in self.timetable.entries()} - {probe.id for probe in probes}
        for id_ in gone:
            self._scheduler.remove_job(id_)
        for entry in self.timetable.set_probes(probes, self._clock.boot_ns(), run_now=run_now):
            self._place(entry.probe.id, entry)

    def recheck(self, id_: ProbeId, *, after_s: float, lasts_s: float) -> None:
        """Fire once more between slots, where a run that `lasts_s` ends before the next one."""
        at_ns = self._clock.boot_ns() + int(after_s * 1e9)
        entry = self.timetable.plan_recheck(id_, at_ns, int(lasts_s * 1e9))
        if entry is not None:
            self._scheduler.modify_job(id_, next_run_time=self._due(entry))

    def overdue_s(self) -> float:
        """Return for how long a run has been due that neither began nor was told as skipped, 0 when none is."""
        now_ns = self._clock.boot_ns()
        return max([0, *(now_ns - entry.due_ns for entry in self.timetable.entries())]) / 1e9

    def _place(self, id_: ProbeId, entry: Entry) -> None:
        """Give the probe a job at its next slot, or move the one it has."""
        self._scheduler.add_job(
            self._run,
            _AtSlots(lambda: self._wait_s(id_)),
            args=(id_,),
            id=id_,
            replace_existing=True,
            next_run_time=self._due(entry),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,  # the timetable says what is too late
        )

    def _wait_s(self, id_: ProbeId) -> float:
        """Return the seconds until the job fires next: at its slot, at the one after it while that is being taken."""
        entry, now_ns = self.timetable.get(id_), self._clock.boot_ns()
        if entry is None:  # gone while it fired: its job is removed, and whatever stands here is not waited for
            return LOOK_EVERY_S
        if not _is_due(entry.due_ns, now_ns):
            return (min(at_ns for at_ns in entry.instants if not _is_due(at_ns, now_ns)) - now_ns) / 1e9
        return (self.timetable.following_ns(entry, max(now_ns, entry.due_ns)) - now_ns) / 1e9

    def _due(self, entry: Entry) -> datetime:
        wait_s = max(0, min(entry.instants) - self._clock.boot_ns()) / 1e9
        return datetime.fromtimestamp(self._clock.wall_s() + wait_s, UTC)

    async def _run(self, id_: ProbeId) -> None:
        """Fire with the probe as it is configured now, so that a reload never needs to touch its job."""
        self._follow_wall_clock()
        entry, now_ns = self.timetable.get(id_), self._clock.boot_ns()
        if entry is None:
            return
        if not _is_due(entry.due_ns, now_ns):
            await self._run_again(entry, now_ns)
            return
        taken = self.timetable.take(entry, now_ns, begins=True)
        self._tell_missed(id_, taken.missed)
        if taken.late_ns is not None:
            await self._fire(entry.probe, self._clock.now_ns() - taken.late_ns, recheck=False)

    async def _run_again(self, entry: Entry, now_ns: int) -> None:
        if entry.recheck_ns is not None and _is_due(entry.recheck_ns, now_ns):
            slot_ns = self.timetable.take_recheck(entry, now_ns)
            if slot_ns is not None:
                await self._fire(entry.probe, self._clock.now_ns() - (now_ns - slot_ns), recheck=True)

    def _overlapped(self, event: JobSubmissionEvent) -> None:
        self._follow_wall_clock()
        entry, now_ns = self.timetable.get(ProbeId(event.job_id)), self._clock.boot_ns()
        if entry is not None and _is_due(entry.due_ns, now_ns):
            taken = self.timetable.take(entry, now_ns, begins=False)
            self._tell_missed(entry.probe.id, taken.missed)
            if taken.late_ns is not None:
                self._tell(RunSkipped(probe=entry.probe.id, reason=Skip.OVERLAP, detail=Said("run_under_way")))

    def _tell_missed(self, id_: ProbeId, runs: int) -> None:
        for _ in range(min(runs, MOST_MISSED)):
            self._tell(RunSkipped(probe=id_, reason=Skip.MISFIRE, detail=Said("monitor_too_late")))

    async def _look(self) -> None:
        """Follow the wall clock, and wake APScheduler, whose timer stood still while the machine slept."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self._follow_wall_clock()
            self._scheduler.wakeup()

    def _follow_wall_clock(self) -> None:
        if self.timetable.tie(self._offset_ns(), self._clock.boot_ns()):
            for entry in self.timetable.entries():
                self._scheduler.modify_job(entry.probe.id, next_run_time=self._due(entry))

    def _offset_ns(self) -> int:
        return int(self._clock.wall_s() * 1e9) - self._clock.boot_ns()


def _is_due(at_ns: int, now_ns: int) -> bool:
    """Tell whether an instant has come, but for what the wall clock may be off unnoticed."""
    return at_ns <= now_ns + JUMP_NS


class _AtSlots(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Fires when the timetable says, whatever APScheduler made of the time before."""

    def __init__(self, wait_s: Callable[[], float]) -> None:
        self._wait_s = wait_s

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        """Return the next time to fire, always later than now: APScheduler asks until it is."""
        return now + timedelta(seconds=max(self._wait_s(), 0.001))
