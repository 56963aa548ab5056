"""How many runs may be under way: per target and in all. Waiting is measured and never counted as latency.

A slot that is free goes to the target that held slots for the least time of late, and the last one only to a target
that lets go of them soon, so that relays that hang, however many, do not starve one that answers. Among runs of one
target the one that waits longest is first.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from wnmon.engine.ports import Clock
from wnmon.model.target import Target

HALF_LIFE_S = 60.0
"""What a target held so long ago counts half: what it was like an hour ago is no reason to wait."""
SOON_S = 5.0
"""A target that held its last slot longer gets the last free one no more: what hangs holds it until a time limit."""


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """A run that waits for a slot."""

    target: Target
    granted: asyncio.Future[None]


@dataclass(slots=True)
class _Held:
    """How long a target held slots, as it counted at an instant, and how long it held the last one."""

    seconds: float = 0.0
    at_ns: int = 0
    last_s: float = 0.0

    def now_s(self, now_ns: int) -> float:
        """Return how it counts now."""
        return float(self.seconds * 0.5 ** ((now_ns - self.at_ns) / 1e9 / HALF_LIFE_S))


class Limiter:
    """Slots for runs. Limits may change while runs hold slots: a reload only affects who gets the next one."""

    def __init__(self, limit: int, clock: Clock) -> None:
        self.limit = limit
        self._clock = clock
        self._held: Counter[str] = Counter()
        self._of_late: dict[str, _Held] = {}
        self._waiting: list[_Waiting] = []

    @property
    def in_flight(self) -> int:
        """Return how many runs hold a slot."""
        return self._held.total()

    @asynccontextmanager
    async def slot(self, target: Target) -> AsyncIterator[Slot]:
        """Hold a slot, once there is one."""
        slot = Slot(self, target)
        slot.waited_s = await slot.take()
        try:
            yield slot
        finally:
            slot.give_back()

    async def take(self, target: Target) -> tuple[float, int]:
        """Wait for a slot; return the seconds waited for it, and since when it is held."""
        asked_ns = self._clock.now_ns()
        await self._turn(target)
        begun_ns = self._clock.now_ns()
        return (begun_ns - asked_ns) / 1e9, begun_ns

    async def _turn(self, target: Target) -> None:
        """Wait for a slot; one who gives up neither waits on nor holds one."""
        waiting = _Waiting(target, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._grant()
        try:
            await waiting.granted
        except asyncio.CancelledError:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
            else:
                self.release(target, self._clock.now_ns())
            raise

    def _grant(self) -> None:
        """Give free slots to those whose turn it is."""
        while (turn := self._next()) is not None:
            self._waiting.remove(turn)
            self._held[turn.target.name] += 1
            turn.granted.set_result(None)

    def _next(self) -> _Waiting | None:
        """Return whose turn it is, None while there is no slot for anyone."""
        free, now_ns = self.limit - self.in_flight, self._clock.now_ns()
        if free <= 0:
            return None

        def of_late(one: _Waiting) -> _Held:
            return self._of_late.get(one.target.name, _Held())

        waiting = (one for one in self._waiting if not one.granted.cancelled())
        may = [one for one in waiting if self._held[one.target.name] < one.target.concurrency]
        if free == 1 and self.limit > 1:
            may = [one for one in may if of_late(one).last_s < SOON_S]
        return min(may, key=lambda one: of_late(one).now_s(now_ns), default=None)

    def release(self, target: Target, begun_ns: int) -> None:
        """Take a slot back that was held since then."""
        self._held[target.name] -= 1
        now_ns, of_late = self._clock.now_ns(), self._of_late.setdefault(target.name, _Held())
        of_late.last_s = (now_ns - begun_ns) / 1e9
        of_late.seconds, of_late.at_ns = of_late.now_s(now_ns) + of_late.last_s, now_ns
        self._grant()


class Slot:
    """A slot while it is held, and while its run has no use for it. `waited_s`: how long it was waited for at first."""

    def __init__(self, limiter: Limiter, target: Target) -> None:
        self.waited_s = 0.0
        self._limiter = limiter
        self._target = target
        self._begun_ns: int | None = None

    async def take(self) -> float:
        """Wait until it is held again; return the seconds that took."""
        waited_s, self._begun_ns = await self._limiter.take(self._target)
        return waited_s

    def give_back(self) -> None:
        """Let others have it, if it is held."""
        if self._begun_ns is not None:
            self._limiter.release(self._target, self._begun_ns)
            self._begun_ns = None
