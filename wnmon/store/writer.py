"""The one thread that writes. What can wait is committed together, at most a second after it came; the rest at once.

a transaction                        what was to be written
-----------------------------------  -----------------------------------------------------------------------------
goes through                         is there, whatever happens to this process
fails, since the disk is full or the waits for the next one, up to `MOST_WAITING`; what somebody waits for fails
    file locked
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
from wnmon.store.database import problem_of, transaction

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]

COMMIT_EVERY_S = 1.0
MOST_WAITING = 10_000
"""Pieces of work that wait for a file that cannot be written; beyond it the oldest are lost, and counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How writing goes: what keeps it from going, None where nothing does; how much was lost since it was last told."""

    problem: StoreProblem | None = None
    lost: int = 0


@dataclass(frozen=True, slots=True)
class _Asked:
    """Work that somebody waits for."""

    work: Work
    told: Future[Any]


class Writer:
    """Writes for whoever hands work over, from any thread. `tell_health` and `tell_bug` are called on its own."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        tell_health: Callable[[Health], None],
        tell_bug: Callable[[str], None],
        *,
        every_s: float = COMMIT_EVERY_S,
    ) -> None:
        self._connection = connection
        self._tell_health = tell_health
        self._tell_bug = tell_bug
        self._every_s = every_s
        self._coming: queue.SimpleQueue[Work | _Asked | None] = queue.SimpleQueue()
        self._waiting: list[Work] = []
        self._problem: StoreProblem | None = None
        self._thread = threading.Thread(target=self._work, name="wnmon-store", daemon=True)
        self._thread.start()

    def post(self, work: Work) -> None:
        """Have it written within a second."""
        self._coming.put(work)

    def ask(self, work: Callable[[sqlite3.Connection], T]) -> Future[T]:
        """Have it written at once, after what was posted before; the future has what it returned, once that counts.

        It fails with sqlite3.Error where it was not written.
        """
        told: Future[T] = Future()
        self._coming.put(_Asked(work, told))
        return told

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
            if asked or (self._waiting and (is_due or not goes_on)):
                self._write(asked)
                due_s = time.monotonic() + self._every_s if self._waiting else None
            if not goes_on:
                return

    def _take(self, due_s: float | None) -> tuple[list[_Asked], bool]:
        """Wait for work until something is due, then take all there is; return what is waited for, False at the end."""
        asked: list[_Asked] = []
        left_s = None if due_s is None else max(0.0, due_s - time.monotonic())
        try:
            one = self._coming.get(timeout=left_s)
            while one is not None:
                if isinstance(one, _Asked):
                    asked.append(one)
                else:
                    self._waiting.append(one)
                one = self._coming.get_nowait()
        except queue.Empty:
            return asked, True
        return asked, False

    def _write(self, asked: list[_Asked]) -> None:
        """Write everything in one transaction, and tell who waits once it counts."""
        works, answers = self._waiting, []
        try:
            with transaction(self._connection):
                for work in works:
                    work(self._connection)
                answers = [self._answer(one) for one in asked]
        except sqlite3.OperationalError as error:
            self._fail(asked, error)
            self._say(problem_of(error))
        except sqlite3.DatabaseError as error:
            if problem_of(error) is StoreProblem.DAMAGED:
                self._fail(asked, error)
                self._say(StoreProblem.DAMAGED)
            else:
                self._without_the_broken(asked, error)
        except Exception as error:  # noqa: BLE001 - one piece of work must not keep the others from being written
            self._without_the_broken(asked, error)
        else:
            self._waiting = []
            self._say(None)
            for one, answer in zip(asked, answers, strict=True):
                one.told.set_result(answer)

    def _answer(self, one: _Asked) -> Any:
        return one.work(self._connection)

    def _fail(self, asked: list[_Asked], error: BaseException) -> None:
        for one in asked:
            one.told.set_exception(error)

    def _without_the_broken(self, asked: list[_Asked], error: Exception) -> None:
        """Write each piece by itself, and drop those that break."""
        if len(self._waiting) + len(asked) == 1:
            self._waiting = []
            self._fail(asked, error)
            self._tell_bug(place_of(error))
            return
        works, self._waiting = self._waiting, []
        for work in works:
            self._waiting.append(work)
            if len(self._waiting) == 1:  # else the file cannot be written: all that follow wait as well
                self._write([])
        for one in asked:
            self._write([one])

    def _say(self, problem: StoreProblem | None) -> None:
        lost = max(0, len(self._waiting) - MOST_WAITING)
        del self._waiting[:lost]
        if lost or problem is not self._problem:
            self._problem = problem
            self._tell_health(Health(problem=problem, lost=lost))
