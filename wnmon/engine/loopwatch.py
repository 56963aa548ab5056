"""How late the monitor's own event loop is while exchanges run: a sample taken then says nothing about the relay."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from wnmon.engine.ports import Clock
from wnmon.model.events import LoopLagged

EVERY_S = 0.01
_KEPT = 8192


class LoopWatch:
    """Wakes every 10 ms while at least one exchange runs, and remembers how late each wake-up was."""

    def __init__(self, clock: Clock, tell: Callable[[LoopLagged], None]) -> None:
        self._clock = clock
        self._tell = tell
        self._lags: deque[tuple[int, int]] = deque(maxlen=_KEPT)
        self._watched = 0
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def during(self) -> AsyncIterator[None]:
        """Watch the loop until the block ends."""
        self._watched += 1
        if self._task is None:
            self._task = asyncio.create_task(self._watch(), name="loop watch")
        try:
            yield
        finally:
            self._watched -= 1

    def worst_ns(self, since_ns: int, until_ns: int) -> int:
        """Return the worst lag of a wake-up that was due or done within the window."""
        return max((lag for due_ns, lag in self._lags if due_ns + lag >= since_ns and due_ns <= until_ns), default=0)

    async def _watch(self) -> None:
        """Sample until nobody watches any more."""
        try:
            while self._watched:
                due_ns = self._clock.now_ns() + int(EVERY_S * 1e9)
                await asyncio.sleep(EVERY_S)
                lag_ns = max(0, self._clock.now_ns() - due_ns)
                self._lags.append((due_ns, lag_ns))
                self._tell(LoopLagged(lag_s=lag_ns / 1e9))
        finally:
            self._task = None
