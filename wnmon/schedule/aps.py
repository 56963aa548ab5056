"""APScheduler 3.11 behind four methods: one job per probe, coalesced, with an explicit grace, never overlapping.

The only module that knows APScheduler. Its silent drops (a stalled loop, a run longer than its interval) become events.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

from apscheduler.events import EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, EVENT_JOB_SUBMITTED, JobSubmissionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from wnmon.engine.ports import Clock
from wnmon.model.events import RunSkipped, Skip
from wnmon.model.said import Said
from wnmon.model.target import Probe, ProbeId
from wnmon.schedule.timetable import first_delay_s, misfire_grace_s

Fire = Callable[[Probe, int], Awaitable[object]]
"""Runs a probe; the second argument is when it was due (monotonic ns)."""

MOST_MISSED = 1_000
"""Missed runs told of one probe after one pause of the monitor, be it a week in a suspended laptop."""

logging.getLogger("apscheduler").setLevel(logging.CRITICAL)


class Scheduler:
    """Fires probes at their due times until it is stopped."""

    def __init__(self, fire: Fire, tell: Callable[[RunSkipped], None], clock: Clock) -> None:
        self._fire = fire
        self._tell = tell
        self._clock = clock
        self._probes: dict[ProbeId, Probe] = {}
        self._due_s: dict[ProbeId, float] = {}
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._scheduler.add_listener(self._submitted, EVENT_JOB_SUBMITTED)
        self._scheduler.add_listener(lambda event: self._tell_missed(ProbeId(event.job_id)), EVENT_JOB_MISSED)
        self._scheduler.add_listener(self._overlapped, EVENT_JOB_MAX_INSTANCES)

    def start(self) -> None:
        """Begin firing. Needs a running event loop."""
        self._scheduler.start()

    def pause(self) -> None:
        """Fire nothing any more; runs under way are not touched."""
        self._scheduler.remove_all_jobs()
        self._probes = {}

    def close(self) -> None:
        """End the scheduler. APScheduler cancels runs still under way, so let them end first."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def set_probes(self, probes: Sequence[Probe]) -> None:
        """Schedule exactly these probes. One whose interval did not change keeps its place in time."""
        wanted = {probe.id: probe for probe in probes}
        for gone in self._probes.keys() - wanted.keys():
            self._scheduler.remove_job(gone)
        for id_, probe in wanted.items():
            known = self._probes.get(id_)
            if known is None or known.check.every_s != probe.check.every_s:
                self._add(probe)
        self._probes = wanted

    def next_run_s(self, probe: ProbeId) -> float | None:
        """Return when a probe is due next, in epoch seconds; None when it is not scheduled."""
        job = self._scheduler.get_job(probe)
        due = getattr(job, "next_run_time", None)
        return due.timestamp() if isinstance(due, datetime) else None

    def _add(self, probe: Probe) -> None:
        self._due_s.pop(probe.id, None)
        delay = timedelta(seconds=first_delay_s(probe.id, probe.check.every_s))
        first = datetime.fromtimestamp(self._clock.wall_s(), UTC) + delay
        self._scheduler.add_job(
            self._run,
            IntervalTrigger(seconds=probe.check.every_s, start_date=first, timezone=UTC),
            args=(probe.id,),
            id=probe.id,
            replace_existing=True,
            next_run_time=first,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=misfire_grace_s(probe.check.every_s),
        )

    async def _run(self, id_: ProbeId) -> None:
        """Fire with the probe as it is configured now, so that a reload never needs to touch its job."""
        probe = self._probes.get(id_)
        if probe is not None:
            now_ns, now_s = self._clock.now_ns(), self._clock.wall_s()
            late_s = max(0.0, now_s - self._due_s.get(id_, now_s))
            await self._fire(probe, now_ns - int(late_s * 1e9))

    def _submitted(self, event: JobSubmissionEvent) -> None:
        """Note when the run was due. Due times since the one before were coalesced into it, which no event tells."""
        id_, due_s = ProbeId(event.job_id), event.scheduled_run_times[-1].timestamp()
        before_s, probe = self._due_s.get(id_), self._probes.get(id_)
        self._due_s[id_] = due_s
        if before_s is not None and probe is not None:
            for _ in range(min(round((due_s - before_s) / probe.check.every_s) - 1, MOST_MISSED)):
                self._tell_missed(id_)

    def _tell_missed(self, id_: ProbeId) -> None:
        self._tell(RunSkipped(probe=id_, reason=Skip.MISFIRE, detail=Said("monitor_too_late")))

    def _overlapped(self, event: JobSubmissionEvent) -> None:
        self._submitted(event)
        detail = Said("run_under_way")
        self._tell(RunSkipped(probe=ProbeId(event.job_id), reason=Skip.OVERLAP, detail=detail))
