"""How many runs may be under way: per target and in all. Waiting is measured and never counted as latency."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from wnmon.engine.ports import Clock
from wnmon.model.target import Target


class Limiter:
    """Slots for runs. Limits may change while runs hold slots: a reload only affects who gets the next one."""

    def __init__(self, limit: int, clock: Clock) -> None:
        self.limit = limit
        self._clock = clock
        self._held: Counter[str] = Counter()
        self._changed = asyncio.Condition()

    @property
    def in_flight(self) -> int:
        """Return how many runs hold a slot."""
        return self._held.total()

    @asynccontextmanager
    async def slot(self, target: Target) -> AsyncIterator[float]:
        """Hold a slot; yields the seconds waited for it."""
        asked_ns = self._clock.now_ns()
        async with self._changed:
            held, limit = self._held, target.concurrency
            await self._changed.wait_for(lambda: held[target.name] < limit and self.in_flight < self.limit)
            self._held[target.name] += 1
        try:
            yield (self._clock.now_ns() - asked_ns) / 1e9
        finally:
            self._held[target.name] -= 1
            async with self._changed:
                self._changed.notify_all()
