"""The runs under way. A re-check gives way to whatever run of its probe is due next, so that it never takes a slot.

A relay may hang, and a re-check wait for its turn, for as long as the time limits of the check allow; the run of the
slot that comes meanwhile asks the same, and has all that time. A re-check that is cut short says nothing of the relay,
which was let take less.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from wnmon.engine.ports import Clock
from wnmon.model.events import RecheckCut
from wnmon.model.target import ProbeId


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    probe: ProbeId
    recheck: bool
    at_ns: int


class UnderWay:
    """Begins runs and knows them until they end. `tell` is told of each re-check that gave way."""

    def __init__(self, clock: Clock, tell: Callable[[RecheckCut], None]) -> None:
        self._clock = clock
        self._tell = tell
        self._begun: dict[asyncio.Task[None], _Begun] = {}

    def begin(self, probe: ProbeId, run: Callable[[], Awaitable[object]], *, recheck: bool) -> asyncio.Task[None]:
        """Begin a run once no re-check of its probe is under way any more, and return its task."""
        before = [task for task, one in self._begun.items() if one.recheck and one.probe == probe]
        task = asyncio.create_task(self._after(before, run), name=f"run {probe}")
        self._begun[task] = _Begun(probe=probe, recheck=recheck, at_ns=self._clock.boot_ns())
        task.add_done_callback(self._begun.pop)
        return task

    async def wait(self, timeout_s: float) -> None:
        """Wait so long at most until all that are under way now have ended."""
        if self._begun:
            await asyncio.wait(set(self._begun), timeout=timeout_s)

    async def _after(self, rechecks: list[asyncio.Task[None]], run: Callable[[], Awaitable[object]]) -> None:
        for task in rechecks:
            await self._cut(task)
        await run()

    async def _cut(self, task: asyncio.Task[None]) -> None:
        begun = self._begun.get(task)
        task.cancel()
        await asyncio.wait({task})
        if begun is not None and task.cancelled():
            self._tell(RecheckCut(probe=begun.probe, after_s=(self._clock.boot_ns() - begun.at_ns) / 1e9))
