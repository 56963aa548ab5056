"""Where answers are read: off the event loop, small ones and large ones on a thread each, a turn for each target.

A brief one is read on the loop: to hand it over takes as long, and a thread that begins to read holds the interpreter,
and so the loop, for the same time (decision 024).

Reading, redacting and judging hold the interpreter, so more threads would not be faster; they would only hold the parse
of several large answers at once, and one takes up to 150 MiB while it is read. What an answer may cost is bounded
(`wire.bounds`) and still up to 2 s, for which no small one waits: the interpreter goes to and fro between two threads.

Of several targets the one that was served longest ago comes first: however many answers a target has waiting, another
one waits for the one being read and for no second one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from itertools import count

from wnmon.engine.ports import About, P, T

SMALL_BYTES = 65_536
"""An honest answer of a monitor's question fits into it, and the worst such costs some 50 ms."""


class ReadingThreads:
    """Does work off the event loop, in turns of the targets it is about."""

    def __init__(self) -> None:
        self._small = Lane("wnmon-judge")
        self._large = Lane("wnmon-judge-large")

    async def do(self, about: About, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the work returns; what it raises is raised here. What is brief is done at once."""
        if about.is_brief:
            return work(*args, **kwargs)
        lane = self._small if about.size_bytes <= SMALL_BYTES else self._large
        return await lane.do(about.target, lambda: work(*args, **kwargs))

    def close(self) -> None:
        """Take no more work, and let what is under way end."""
        for lane in (self._small, self._large):
            lane.thread.shutdown(wait=False, cancel_futures=True)


class Lane:
    """A thread, and whose turn it is."""

    def __init__(self, name: str) -> None:
        self.thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._turns = Turns()

    async def do(self, target: str, work: Callable[[], T]) -> T:
        """Return what the work returns."""
        async with self._turns.turn(target):
            return await asyncio.get_running_loop().run_in_executor(self.thread, work)


class Turns:
    """One at a time: of the targets that wait, the one served longest ago; of those that wait for one, the first."""

    def __init__(self) -> None:
        self._busy = False
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        self._served_at: dict[str, int] = {}
        self._numbers = count(1)

    @asynccontextmanager
    async def turn(self, target: str) -> AsyncIterator[None]:
        """Hold the turn while the block runs."""
        if self._busy:
            await self._wait(target)
        self._busy = True
        self._served_at[target] = next(self._numbers)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, target: str) -> None:
        mine = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(target, deque()).append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if not mine.cancelled():  # it was given the turn, and gave up before it knew
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        while self._waiting:
            target = min(self._waiting, key=lambda name: self._served_at.get(name, 0))
            queue = self._waiting[target]
            first = queue.popleft()
            if not queue:
                del self._waiting[target]
            if not first.done():
                first.set_result(None)  # still busy: nobody comes in between
                return
        self._busy = False
