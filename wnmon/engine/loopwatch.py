"""How late the stamps of an exchange may be, because the monitor's own event loop was: watched while exchanges run.

A stamp is never early, and late only as long as the loop does not come to take it. So the loop is asked every 5 ms: at
`come_ns` the watch wakes, and as many turns later as any stamp of what runs may need it knows that whatever had come by
then has its stamp. What is stamped after that came after `come_ns`. Nothing else bounds how late a stamp is: a stall
between two wake-ups in time, shorter than the time between them, shows in neither.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from itertools import accumulate
from operator import attrgetter

from wnmon.engine.ports import READ_BYTES, READ_PIECES, TURNS, CaughtUp, Clock, Sensed, Transport, turns_of
from wnmon.model.check import Caps, Timeouts
from wnmon.model.events import LoopLagged
from wnmon.model.exchange import Exchange, Lag, Marks, Request
from wnmon.model.target import Target

EVERY_S = 0.005


Proofs = Callable[[], Sequence[CaughtUp]]


class LoopWatch:
    """Wakes every 5 ms while at least one exchange runs. Remembers no longer than the exchanges under way need."""

    def __init__(self, clock: Clock, tell: Callable[[LoopLagged], None]) -> None:
        self._clock = clock
        self._tell = tell
        self._proofs: list[CaughtUp] = []
        self._forgotten = 0
        # Of each exchange under way: how many proofs there had been when it began. In order, since it only grows.
        self._begun: list[int] = []
        self._turns: list[int] = []
        self._due_ns = 0
        self._next: asyncio.Handle | None = None

    @contextmanager
    def during(self, turns: int = TURNS) -> Iterator[Proofs]:
        """Watch the loop until the block ends; gives what returns the proofs since it began, in the order of time.

        `turns`: how many a stamp may need.
        """
        first = self._forgotten + len(self._proofs)
        self._begun.append(first)
        self._turns.append(turns)
        if self._next is None:
            self._wait(asyncio.get_running_loop())
        try:
            yield lambda: self._proofs[max(0, first - self._forgotten) :]
        finally:
            self._begun.remove(first)
            self._turns.remove(turns)
            if not self._begun and self._next is not None:
                self._next.cancel()
                self._next = None
                self._proofs.clear()
                self._forgotten = 0

    def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        self._due_ns = self._clock.now_ns() + int(EVERY_S * 1e9)
        self._next = loop.call_later(EVERY_S, self._wake, loop)

    def _wake(self, loop: asyncio.AbstractEventLoop) -> None:
        come_ns = self._clock.now_ns()
        self._tell(LoopLagged(lag_s=max(0, come_ns - self._due_ns) / 1e9))
        self._let_turn(loop, 0, come_ns)

    def _let_turn(self, loop: asyncio.AbstractEventLoop, turned: int, come_ns: int) -> None:
        if turned < max(self._turns):  # what needs more may have begun meanwhile
            self._next = loop.call_soon(self._let_turn, loop, turned + 1, come_ns)
            return
        self._proofs.append(CaughtUp(come_ns, self._clock.now_ns()))
        needless = self._begun[0] - self._forgotten
        del self._proofs[:needless]
        self._forgotten += needless
        self._wait(loop)


class Watched:
    """The Sensors port on a transport in this process's own loop."""

    def __init__(self, transport: Transport, clock: Clock, tell: Callable[[LoopLagged], None]) -> None:
        self._transport = transport
        self._watch = LoopWatch(clock, tell)
        self.warm_up = transport.warm_up
        self.close = transport.close

    async def send(
        self, request: Request, target: Target, *, timeouts: Timeouts, caps: Caps, scheduled_ns: int | None = None
    ) -> Sensed:
        """Send, watching the loop meanwhile."""
        with self._watch.during(turns_of(target)) as proofs:
            exchange = await self._transport.send(
                request, target, timeouts=timeouts, caps=caps, scheduled_ns=scheduled_ns
            )
            return exchange, proofs()


def with_lags(exchange: Exchange, proofs: Sequence[CaughtUp]) -> Exchange:
    """Return the exchange with how late each of its stamps may be; itself where it knows, as a played record does.

    Nothing of it came before it began, nor before what came ahead of it. A proof says nothing of bytes that may have
    waited behind more than one read takes.
    """
    if exchange.lags:
        return exchange
    stamps = [chunk.at_ns for chunk in exchange.chunks]
    reads = _reads(exchange)
    floor_ns, lags, before = exchange.marks.started_ns, [], 0
    for at_ns in sorted({*_marked(exchange.marks), *stamps}):
        while before < len(proofs) and proofs[before].stamped_ns < at_ns:
            before += 1
        come_ns = proofs[before - 1].come_ns if before else floor_ns
        if come_ns > floor_ns and (
            not reads or reads[bisect_right(stamps, at_ns)] - reads[bisect_right(stamps, come_ns)] < 1
        ):
            floor_ns = come_ns
        lags.append(Lag(at_ns, max(0, at_ns - floor_ns)))
    return replace(exchange, lags=tuple(lags), late_ns=max(lag.late_ns for lag in lags))


def _reads(exchange: Exchange) -> Sequence[float]:
    """Return by place how many reads, by bytes or by pieces, the body had taken before the chunk there.

    Empty where all of it is less than one read.
    """
    sizes = [len(chunk.data) for chunk in exchange.chunks]
    if sum(sizes) / READ_BYTES + len(sizes) / READ_PIECES < 1:
        return ()
    return [0.0, *accumulate(max(size / READ_BYTES, 1 / READ_PIECES) for size in sizes)]


_marks = attrgetter(*(field.name for field in fields(Marks) if field.name not in {"started_ns", "scheduled_ns"}))


def _marked(marks: Marks) -> Iterator[int]:
    return (at_ns for at_ns in _marks(marks) if at_ns is not None)
