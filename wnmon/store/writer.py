"""The one thread that writes. What can wait is committed together, at most a second after it came; the rest at once.

a transaction                        what was to be written
-----------------------------------  -----------------------------------------------------------------------------
goes through                         is there, whatever happens to this process
fails, since the disk is full, or    waits, and is tried again every few seconds, up to `MOST_WAITING` pieces; what
    the file locked or gone              somebody waits for is tried alone, and fails
fails for one piece of work          is written without that piece: a fault of wnmon's own, which is told
"""

from __future__ import annotations

import queue
import sqlite3
import threading
import time  # noqa: TID251 - how long a thread waits, which nobody measures
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from wnmon.errors import place_of
from wnmon.model.events import StoreProblem
from wnmon.store.database import BUSY_S, problem_of, transaction

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]
"""What is done within a transaction. If it returns a function, that is called once the transaction counts."""

COMMIT_EVERY_S = 1.0
RETRY_EVERY_S = 5.0
IMPATIENT_S = 0.2
"""So long a lock is waited for once one was in vain: what may be sent waits for it."""
MOST_WAITING = 10_000
"""Pieces of work that wait for a file that cannot be written; beyond it the oldest are lost, and counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How writing goes: what keeps it from going, None where nothing does; how much was lost since it was last told."""

    problem: StoreProblem | None = None
    lost: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """Who hears of what, on the thread that writes: how writing goes, faults, and that what was written does not count.

    `is_there` tells whether the file that is written is still the one that others find.
    """

    health: Callable[[Health], None] = lambda _: None
    bug: Callable[[str], None] = lambda _: None
    rolled_back: Callable[[], None] = lambda: None
    is_there: Callable[[], bool] = lambda: True


@dataclass(frozen=True, slots=True)
class _Posted:
    """Work that can wait. `lost` is called where it is given up."""

    work: Work
    lost: Callable[[], object]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Work that somebody waits for."""

    work: Work
    told: Future[Any]
    after: Callable[[], object]


class Gone(sqlite3.OperationalError):
    """The file was removed, or another one is in its place."""


class Writer:
    """Writes for whoever hands work over, from any thread."""

    def __init__(self, connection: sqlite3.Connection, hearing: Hearing, *, every_s: float = COMMIT_EVERY_S) -> None:
        self._connection = connection
        self._hearing = hearing
        self._every_s = every_s
        self._retry_s = RETRY_EVERY_S * every_s / COMMIT_EVERY_S
        self._coming: queue.SimpleQueue[_Posted | _Asked | None] = queue.SimpleQueue()
        self._waiting: list[_Posted] = []
        self._problem: StoreProblem | None = None
        self._on_rollback: list[Callable[[], None]] = [hearing.rolled_back]
        self._thread = threading.Thread(target=self._work, name="wnmon-store", daemon=True)
        self._thread.start()

    def post(self, work: Work, lost: Callable[[], object] = lambda: None) -> None:
        """Have it written within a second. `lost` is called, on the thread that writes, where it never will be."""
        self._coming.put(_Posted(work, lost))

    def ask(self, work: Callable[[sqlite3.Connection], T], after: Callable[[], object] = lambda: None) -> Future[T]:
        """Have it written at once, after what was posted before; the future has what it returned, once that counts.

        It fails with sqlite3.Error where it was not written. One that is cancelled in time is not done at all. `after`
        is called once it counts, on the thread that writes, before it writes anything else.
        """
        told: Future[T] = Future()
        self._coming.put(_Asked(work, told, after))
        return told

    def on_rollback(self, hear: Callable[[], None]) -> None:
        """Tell somebody else too, on the thread that writes, that what was written last does not count."""
        self._on_rollback.append(hear)

    def close(self) -> None:
        """Write what there is, and end."""
        self._coming.put(None)
        self._thread.join()
        self._connection.close()

    def _work(self) -> None:
        due_s: float | None = None
        while True:
            asked, goes_on = self._take(due_s)
            if self._waiting and due_s is None:
                due_s = time.monotonic() + self._every_s
            is_due = due_s is not None and time.monotonic() >= due_s
            if self._problem is not None:
                for one in asked:
                    self._safely([], [one])
                asked = []
            if asked or (self._waiting and (is_due or not goes_on)):
                self._safely(self._waiting, asked)
                pause_s = self._every_s if self._problem is None else self._retry_s
                due_s = time.monotonic() + pause_s if self._waiting else None
            if not goes_on:
                return

    def _take(self, due_s: float | None) -> tuple[list[_Asked], bool]:
        """Wait for work until something is due, then take all there is; return what is waited for, False at the end."""
        asked: list[_Asked] = []
        left_s = None if due_s is None else max(0.0, due_s - time.monotonic())
        try:
            one = self._coming.get(timeout=left_s)
            while one is not None:
                if not isinstance(one, _Asked):
                    self._waiting.append(one)
                elif one.told.set_running_or_notify_cancel():
                    asked.append(one)
                one = self._coming.get_nowait()
        except queue.Empty:
            return asked, True
        return asked, False

    def _safely(self, works: list[_Posted], asked: list[_Asked]) -> None:
        """Write, and live on whatever happens: nobody is to wait for ever."""
        try:
            self._write(works, asked)
        except Exception as error:  # noqa: BLE001 - a fault here must not end the only thread that writes
            self._fail(asked, error)
            self._hearing.bug(place_of(error))

    def _write(self, works: list[_Posted], asked: list[_Asked]) -> None:
        """Write everything in one transaction, and tell who waits once it counts."""
        try:
            answers, after = self._written(works, asked)
        except sqlite3.DatabaseError as error:
            self._rolled_back()
            problem = StoreProblem.GONE if isinstance(error, Gone) else problem_of(error)
            if problem is None:
                self._without_the_broken(works, asked, error)
            else:
                self._fail(asked, error)
                self._say(problem)
        except Exception as error:  # noqa: BLE001 - one piece of work must not keep the others from being written
            self._rolled_back()
            self._without_the_broken(works, asked, error)
        else:
            if works is self._waiting:
                self._waiting = []
            for one in (*after, *(waits.after for waits in asked)):
                one()
            for waits, answer in zip(asked, answers, strict=True):
                waits.told.set_result(answer)
            if not self._waiting:
                self._say(None)

    def _written(self, works: list[_Posted], asked: list[_Asked]) -> tuple[list[Any], list[Callable[[], object]]]:
        if not self._hearing.is_there():
            raise Gone
        with transaction(self._connection):
            after = [one for posted in works if callable(one := posted.work(self._connection))]
            answers = [one.work(self._connection) for one in asked]
        return answers, after

    def _rolled_back(self) -> None:
        for hear in self._on_rollback:
            hear()

    def _fail(self, asked: list[_Asked], error: BaseException) -> None:
        for one in asked:
            if not one.told.done():
                one.told.set_exception(error)

    def _without_the_broken(self, works: list[_Posted], asked: list[_Asked], error: Exception) -> None:
        """Write each piece by itself, and drop those that break. Once the file cannot be written, the rest waits."""
        if len(works) + len(asked) == 1:
            if works is self._waiting:
                self._waiting = []
                self._give_up(works)
            self._fail(asked, error)
            self._hearing.bug(place_of(error))
            return
        left, self._waiting = (works, []) if works is self._waiting else ([], self._waiting)
        for place, posted in enumerate(left):
            self._waiting = [posted]
            self._write(self._waiting, [])
            if self._waiting:  # it is the file
                self._waiting = left[place:]
                break
        for one in asked:
            self._write([], [one])

    def _give_up(self, works: list[_Posted]) -> None:
        for posted in works:
            posted.lost()

    def _say(self, problem: StoreProblem | None) -> None:
        lost = max(0, len(self._waiting) - MOST_WAITING)
        self._waiting, gone = self._waiting[lost:], self._waiting[:lost]
        self._give_up(gone)
        if problem is not self._problem:
            wait_s = IMPATIENT_S if problem is StoreProblem.LOCKED else BUSY_S
            self._connection.execute(f"PRAGMA busy_timeout = {round(wait_s * 1e3)}")
        if lost or problem is not self._problem:
            self._problem = problem
            self._hearing.health(Health(problem=problem, lost=lost))
