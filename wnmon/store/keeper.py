"""The store of a service: what it finds out, kept; and what it knew before it ended, given back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import tzinfo

from wnmon.engine.ports import Clock, LastRun
from wnmon.engine.run import Run
from wnmon.engine.standing import Remembered
from wnmon.model.events import (
    InternalFault,
    MonitorEvent,
    RunDiscarded,
    RunSkipped,
    Skip,
    StoreProblem,
    StoreTold,
    Turned,
)
from wnmon.model.retention import Retention
from wnmon.model.target import Probe, ProbeId
from wnmon.store.books import StoredBooks
from wnmon.store.course import StoredCourses
from wnmon.store.database import Refused, opened, problem_of, salt
from wnmon.store.ledger import book_shares
from wnmon.store.outbox import StoredOutbox
from wnmon.store.place import Place
from wnmon.store.results import Row, Written, purge, row_of, write_paid, write_run, write_skip
from wnmon.store.states import (
    close_incidents,
    forget_state,
    open_incidents,
    read_last,
    read_states,
    relay_of,
    write_state,
    write_turn,
)
from wnmon.store.transcripts import StoredTranscripts
from wnmon.store.writer import Hearing, Writer
from wnmon.store.zone import read_zone, write_zone
from wnmon.watch.confirm import Confirmation

PURGE_EVERY_S = 2.0


@dataclass(frozen=True, slots=True)
class _Known:
    """What the file said when it was opened."""

    states: Mapping[ProbeId, tuple[str, Confirmation, bool, float]]
    last: Mapping[ProbeId, LastRun | None]
    outages: Sequence[Turned]


class Keeper:
    """A sink of runs and an observer on a file; `books` keeps the budgets in it, `outbox` what is to be told,
    `courses` reads how probes fared, `transcripts` keeps what failed.

    `standing` tells how a probe stands, in terms that outlive a process. `tell` is called on the thread that writes.
    """

    name = "store"

    def __init__(
        self,
        place: Place,
        connection: sqlite3.Connection,
        clock: Clock,
        tell: Callable[[MonitorEvent], None],
    ) -> None:
        self._place = place
        self._clock = clock
        self._retention = Retention()
        self._zone = read_zone(connection)
        self._salt = salt(connection)
        self._written = Written.read(connection)
        states = read_states(connection)
        last = {name: read_last(connection, name) for name in states}
        self._known = _Known(states, last, open_incidents(connection))
        self._purged_s = 0.0
        self._standing: Callable[[ProbeId], Remembered | None] = lambda _: None

        hearing = Hearing(
            health=lambda health: tell(StoreTold(problem=health.problem, lost=health.lost)),
            bug=lambda bug: tell(InternalFault(component="store", error=bug)),
            rolled_back=self._written.doubt,
            is_there=place.is_there,
        )
        self._writer = Writer(connection, hearing)
        self.courses = StoredCourses(place.file, clock)
        self.outbox = StoredOutbox(self._writer)
        self.transcripts = StoredTranscripts(self._writer, self._written, self._retention.transcripts)
        self.books = StoredBooks(self._writer, place.file, place.owner, self._salt)
        self._bury()

    def follow(self, standing: Callable[[ProbeId], Remembered | None]) -> None:
        """Ask this, from now on, how probes stand."""
        self._standing = standing

    @property
    def outages(self) -> Sequence[Turned]:
        """Return the outages that were open when the service ended, as they were told then."""
        return self._known.outages

    def remembered(self, probe: Probe) -> Remembered | None:
        """Return how a probe stood when the service ended, None where nothing is known of the relay it asks."""
        relay, confirmed, success, due_s = self._known.states.get(probe.id, ("", Confirmation(), False, 0.0))
        if relay != relay_of(probe.target.url, self._salt):
            return None
        return Remembered(url=probe.target.url, confirmed=confirmed, success=success, due_s=due_s)

    def last(self, probe: Probe) -> LastRun | None:
        """Return what is kept of a probe's last run."""
        return self._known.last.get(probe.id)

    def declare(self, probes: Collection[Probe], retention: Retention, zone: tzinfo) -> None:
        """Know exactly these probes, and keep what they find for so long, by the days of a zone.

        Nobody waits for others to come up again.
        """
        self._retention, self._zone = retention, zone
        self.transcripts.declare(retention.transcripts)
        self._writer.post(lambda db: write_zone(db, zone))
        keep, now_s = [probe.id for probe in probes], self._clock.wall_s()
        self._writer.post(lambda db: close_incidents(db, keep, now_s))

    def take(self, run: Run) -> None:
        """Keep a finished run, and how its probe stands since."""
        row, now, now_s = row_of(run, self._zone), self._standing(run.probe), self._clock.wall_s()
        self._writer.post(lambda db: self._write(db, row, now))
        if not 0 <= now_s - self._purged_s < PURGE_EVERY_S:  # the clock may have been set back
            self._purged_s = now_s
            self._writer.post(lambda db: purge(db, self._retention, now_s))

    def observe(self, event: MonitorEvent) -> None:
        """Keep when a probe went down and came up again, which due runs did not take place, what cut ones cost."""
        match event:
            case Turned():
                self._writer.post(lambda db: write_turn(db, self._written, event))
            case RunDiscarded(probe=name, money=money):
                at_s, zone = self._clock.wall_s(), self._zone
                self._writer.post(lambda db: write_paid(db, self._written, name, at_s, money, zone))
            case RunSkipped(probe=name, reason=reason) if reason is not Skip.SHUTDOWN:
                at_s, zone, wished = self._clock.wall_s(), self._zone, reason is Skip.MAINTENANCE
                self._writer.post(lambda db: write_skip(db, self._written, name, at_s, zone, is_wished=wished))
            case _:
                pass

    def close(self) -> None:
        """Write what there is, and let go of the folder. Waits, so not on a loop."""
        self.books.end()
        self._writer.close()
        self._place.leave()

    def _bury(self) -> None:
        """Count as spent what processes were granted that are gone."""
        gone = self._place.gone()

        def forget(booked: Future[None]) -> None:
            for owner in gone if booked.exception() is None else ():
                self._place.forget(owner)

        self._writer.ask(lambda db: book_shares(db, gone)).add_done_callback(forget)

    def _write(self, db: sqlite3.Connection, row: Row, now: Remembered | None) -> None:
        write_run(db, self._written, row)
        probe = self._written.probes[row.name]
        if now is None:
            forget_state(db, probe)
        else:
            write_state(db, probe, now, self._salt)


def open_keeper(place: Place, clock: Clock, tell: Callable[[MonitorEvent], None]) -> Keeper | Refused:
    """Return the keeper of a folder, or why there is none."""
    try:
        if not place.take():
            place.leave()
            return Refused(StoreProblem.IN_USE)
        connection = opened(place.file, place.is_nobodys_else)
        if not isinstance(connection, Refused):
            place.note_file()
            return Keeper(place, connection, clock, tell)
        refused = connection
    except OSError:
        refused = Refused(StoreProblem.NOT_WRITABLE)
    except sqlite3.Error as error:
        refused = Refused(problem_of(error) or StoreProblem.NOT_WRITABLE)
    except (TypeError, ValueError):  # rows that cannot be
        refused = Refused(StoreProblem.DAMAGED)
    place.leave()
    return refused
