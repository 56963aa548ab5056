"""Limits of time that do not run out before the event loop has taken what came in time.

A loop that was held up finds a limit due and the answer there at the same time, and would give up on an answer that
came in time. So once due it turns until all that has come has its stamp. What is still not there is over its limit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType


class PatientCall:
    """loop.call_at, but for a late loop: `call` is made once all that came until `due_s`, in loop time, is stamped.

    `turns` of the loop are as many as that takes. To put it off costs next to nothing: it looks once it would be due.
    """

    def __init__(self, due_s: float, turns: int, call: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._turns = turns
        self._call = call
        self.due_s = due_s
        self._next: asyncio.Handle = self._loop.call_at(due_s, self._look)
        self._looks_at_s = due_s

    def put(self, due_s: float) -> None:
        """Let it be due at another time."""
        self.due_s = due_s
        if due_s < self._looks_at_s:
            self._next.cancel()
            self._wait()

    def cancel(self) -> None:
        """Do not call."""
        self._next.cancel()

    def _wait(self) -> None:
        self._looks_at_s = self.due_s
        self._next = self._loop.call_at(self.due_s, self._look)

    def _look(self) -> None:
        if self.due_s > self._looks_at_s:
            self._wait()
        else:
            self._let_turn(self._turns)

    def _let_turn(self, turns: int) -> None:
        if turns:
            self._next = self._loop.call_soon(self._let_turn, turns - 1)
        elif self.due_s > max(self._looks_at_s, self._loop.time()):
            self._wait()
        else:
            self._call()


class PatientTimeout:
    """asyncio.Timeout with a PatientCall; `due_s` is in loop time, None is never. Once run out it stays so."""

    def __init__(self, due_s: float | None, turns: int) -> None:
        self.has_run_out = False
        self._due_s = due_s
        self._turns = turns
        self._timeout = asyncio.timeout(None)
        self._next: PatientCall | None = None

    def when(self) -> float | None:
        """Return when it is due."""
        return self._due_s

    def reschedule(self, due_s: float | None) -> None:
        """Let it be due at another time, unless it has run out. Turns that it takes already go on."""
        if self.has_run_out:
            return
        self._due_s = due_s
        if due_s is None:
            self._forget()
        elif self._next is None:
            self._next = PatientCall(due_s, self._turns, self._run_out)
        else:
            self._next.put(due_s)

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
            self._next = None
