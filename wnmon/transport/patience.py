"""Limits of time that do not run out before the event loop has taken what came in time.

A loop that was held up finds a limit due and the answer there at the same time, and would give up on an answer that
came in time. So once due it turns until all that has come has its stamp. What is still not there is over its limit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType

from wnmon.engine.ports import TURNS


class PatientCall:
    """loop.call_at, but for a late loop: `call` is made once all that came until `due_s`, in loop time, is stamped."""

    def __init__(self, due_s: float, call: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._call = call
        self._next: asyncio.Handle = self._loop.call_at(due_s, self._let_turn, TURNS)

    def cancel(self) -> None:
        """Do not call."""
        self._next.cancel()

    def _let_turn(self, turns: int) -> None:
        if turns:
            self._next = self._loop.call_soon(self._let_turn, turns - 1)
        else:
            self._call()


class PatientTimeout:
    """asyncio.Timeout with a PatientCall; `due_s` is in loop time, None is never. Once run out it stays so."""

    def __init__(self, due_s: float | None) -> None:
        self.has_run_out = False
        self._due_s = due_s
        self._timeout = asyncio.timeout(None)
        self._next: PatientCall | None = None

    def when(self) -> float | None:
        """Return when it is due."""
        return self._due_s

    def reschedule(self, due_s: float | None) -> None:
        """Let it be due at another time, unless it has run out. The same time again does not begin its turns anew."""
        if self.has_run_out or (self._next is not None and due_s == self._due_s):
            return
        self._due_s = due_s
        self._forget()
        self._next = None if due_s is None else PatientCall(due_s, self._run_out)

    async def __aenter__(self) -> PatientTimeout:
        await self._timeout.__aenter__()
        self.reschedule(self._due_s)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._forget()
        await self._timeout.__aexit__(kind, error, trace)

    def _run_out(self) -> None:
        self.has_run_out = True
        self._timeout.reschedule(asyncio.get_running_loop().time())

    def _forget(self) -> None:
        if self._next is not None:
            self._next.cancel()


def patient_timeout(after_s: float | None) -> PatientTimeout:
    """Return the limit that is due so many seconds from now; None is never."""
    return PatientTimeout(None if after_s is None else asyncio.get_running_loop().time() + after_s)
