"""How probes fared of late, for the page: read beside who writes, and kept for a while, since a page is drawn often."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from wnmon.engine.ports import Clock, Course, KeptRun, Paid, Span, TargetPast
from wnmon.model.days import last_days
from wnmon.model.target import ProbeId
from wnmon.store.database import Refused, for_reading
from wnmon.store.payments import read_paid
from wnmon.store.results import DAY_S, HOUR_S
from wnmon.store.target_past import read_run, read_target
from wnmon.store.transcripts import read_transcript
from wnmon.store.zone import HALF_DAY_S, read_zone

T = TypeVar("T")

HOURS = 24
DAYS = (1, 7, 30, 90)
READ_EVERY_S = 30.0
MOST_OUTAGES = 10

_SPANS = (
    "SELECT name, start_s, up, down, maintenance, left_out"
    " FROM sum JOIN probe ON probe.id = sum.probe WHERE step_s = ? AND start_s >= ?"
)
_TOTALS = (
    "SELECT name, sum(up), sum(down), sum(maintenance), sum(left_out)"
    " FROM sum JOIN probe ON probe.id = sum.probe WHERE step_s = ? AND start_s >= ? GROUP BY name"
)


_OUTAGES = (
    "SELECT name, opened_ms / 1e3, closed_ms / 1e3 FROM incident JOIN probe ON probe.id = incident.probe"
    " WHERE closed_ms IS NULL OR closed_ms >= ? ORDER BY opened_ms DESC"
)


class StoredCourses:
    """The Courses port on a file. Where it cannot be read there are none."""

    def __init__(self, file: Path, clock: Clock) -> None:
        self._file = file
        self._clock = clock
        self._lock = threading.Lock()
        self._read_s = float("-inf")
        self._courses: Mapping[ProbeId, Course] = {}
        self._paid: Mapping[str, Paid] = {}

    def courses(self) -> Mapping[ProbeId, Course]:
        """Return the course of each probe that ran within 90 days."""
        with self._lock:
            self._read_now_and_then()
            return self._courses

    def paid(self) -> Mapping[str, Paid]:
        """Return what each target cost of which anything is known this month."""
        with self._lock:
            self._read_now_and_then()
            return self._paid

    def of_target(self, name: str) -> TargetPast:
        """Return what is kept of a target; of one that is not known, nothing."""
        return self._with(lambda db: read_target(db, name, self._clock.wall_s())) or TargetPast()

    def of_run(self, run: str) -> KeptRun | None:
        """Return what is kept of a run; None of one that is not known."""
        return self._with(lambda db: read_run(db, run))

    def transcript(self, run: str) -> str | None:
        """Return the transcript of a run, None where none is kept."""
        return self._with(lambda db: read_transcript(db, run))

    def _read_now_and_then(self) -> None:
        now_s = self._clock.wall_s()
        if not 0 <= now_s - self._read_s < READ_EVERY_S:
            read = self._with(lambda db: (read_courses(db, now_s), read_paid(db, now_s)))
            (self._courses, self._paid), self._read_s = read or ({}, {}), now_s

    def _with(self, read: Callable[[sqlite3.Connection], T]) -> T | None:
        db = for_reading(self._file)
        if isinstance(db, Refused):
            return None
        try:
            return read(db)
        except sqlite3.Error:
            return None
        finally:
            db.close()


def read_courses(db: sqlite3.Connection, now_s: float) -> Mapping[ProbeId, Course]:
    """Return the course of each probe. A day is 24 whole hours and the one under way; more are days of the zone."""
    zone = read_zone(db)
    starts_s = last_days(now_s, zone, max(DAYS))
    first_s = int(now_s) // HOUR_S * HOUR_S - (HOURS - 1) * HOUR_S
    hours: dict[str, dict[int, Span]] = {}
    for name, start_s, *counts in db.execute(_SPANS, (HOUR_S, first_s)):
        hours.setdefault(name, {})[start_s] = Span(*counts)
    days: dict[str, dict[int, Span]] = {}
    for count in DAYS:
        step_s = HOUR_S if count == 1 else DAY_S
        since_s = first_s if count == 1 else starts_s[-count] - HALF_DAY_S
        for name, *counts in db.execute(_TOTALS, (step_s, since_s)):
            days.setdefault(name, {})[count] = Span(*counts)
    outages: dict[str, list[tuple[float, float | None]]] = {}
    for name, since_s, until_s in db.execute(_OUTAGES, (starts_s[0] * 1_000,)):
        if len(listed := outages.setdefault(name, [])) < MOST_OUTAGES:
            listed.append((since_s, until_s))
    starts = range(first_s, first_s + HOURS * HOUR_S, HOUR_S)
    return {
        ProbeId(name): Course(
            zone=str(zone),
            hours=tuple(hours.get(name, {}).get(start_s, Span()) for start_s in starts),
            days={count: spans.get(count, Span()) for count in DAYS},
            outages=tuple(outages.get(name, ())),
        )
        for name, spans in days.items()
    }
