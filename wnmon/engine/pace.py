"""How fast a target is asked. Waiting is before a request is sent, so it is in no latency, and holds no slot.

Requests are spread evenly, and none is sent that would be one too many of any 60 s as the relay counts:

    a request                        counts
    -------------------------------  -------------------------------------------------------------------------------
    is booked, or under way          with its worst case in tokens, from now on
    was answered                     60 s from the head of its answer; its tokens, those it cost, 60 s from the end
    was never sent in full           not at all
    was cut short                    as one answered then: it may have been sent, and the relay count it
    would not fit an empty minute    as all of it, alone: it is sent all the same

Targets that ask as the same client share what they sent; each keeps its own limits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from wnmon.engine.limiter import Slot
from wnmon.engine.ports import Clock
from wnmon.model.pace import MINUTE_S, UNLIMITED, Pace
from wnmon.model.target import Client, Target, client_of
from wnmon.wire.answer import Answer

_MINUTE_NS = int(MINUTE_S * 1e9)
FEWEST_TURNS = 16
"""Of so few turns none is let go."""


@dataclass(slots=True, eq=False)
class Turn:
    """Requests sent at once, as a relay counts them; instants in boot ns, None while it may still count them."""

    booked_ns: int
    requests: int
    tokens: int
    counted_ns: int | None = None
    ended_ns: int | None = None


@dataclass(slots=True, eq=False)
class _Window:
    """What one client sent. `asleep` is done once there may be room earlier than thought.

    `forget_at`: with so many turns those are let go that count no more, twice as many as there were the last time, so
    that a turn costs the same however many there are.
    """

    turns: list[Turn] = field(default_factory=list)
    forget_at: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    asleep: asyncio.Future[object] | None = None

    def wake(self) -> None:
        """Have whoever waits look again."""
        if self.asleep is not None and not self.asleep.done():
            self.asleep.set_result(None)


class Paces:
    """When a target may be asked."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: dict[Client, _Window] = {}

    @asynccontextmanager
    async def turn(
        self, target: Target, tokens: int, requests: int, slot: Slot, stop: asyncio.Event
    ) -> AsyncIterator[Turn]:
        """Wait until so many requests of so many tokens in all may be sent, or `stop` is set; they count from then on.

        Those who wait for one client are served in the order they came.
        """
        window = self._windows.setdefault(client_of(target), _Window())
        if target.pace == UNLIMITED:
            turn = self._booked(window, tokens, requests)
        else:
            turn = await self._waited(window, target.pace, (tokens, requests), slot, stop)
        try:
            yield turn
        except asyncio.CancelledError:
            turn.counted_ns = turn.ended_ns = self._clock.boot_ns()
            raise
        finally:
            if turn.counted_ns is None:
                window.turns.remove(turn)
            window.wake()

    def answered(self, turn: Turn, answers: Sequence[Answer], tokens: int) -> None:
        """Take note of what was answered, and what it cost."""
        behind_ns = self._clock.boot_ns() - self._clock.now_ns()
        marks = [one.exchange.marks for one in answers if one.exchange.marks.sent_ns is not None]
        if marks:
            turn.requests, turn.tokens = len(marks), tokens
            turn.counted_ns = behind_ns + max(one.headers_ns or one.end_ns for one in marks)
            turn.ended_ns = behind_ns + max(one.end_ns for one in marks)

    def _booked(self, window: _Window, tokens: int, requests: int) -> Turn:
        now_ns = self._clock.boot_ns()
        turn = Turn(booked_ns=now_ns, requests=requests, tokens=tokens)
        if len(window.turns) >= window.forget_at:
            window.turns = [one for one in window.turns if _counts(one.ended_ns, now_ns)]
            window.forget_at = 2 * len(window.turns) + FEWEST_TURNS
        window.turns.append(turn)
        return turn

    async def _waited(
        self, window: _Window, pace: Pace, asked: tuple[int, int], slot: Slot, stop: asyncio.Event
    ) -> Turn:
        if not window.lock.locked() and self._wait_ns(window, pace, *asked) <= 0:
            return self._booked(window, *asked)
        slot.give_back()
        async with window.lock:
            while not stop.is_set() and (wait_ns := self._wait_ns(window, pace, *asked)) > 0:
                window.asleep = asyncio.get_running_loop().create_future()
                await sleep_unless(stop, wait_ns / 1e9, window.asleep)
            await slot.take()
            return self._booked(window, *asked)

    def _wait_ns(self, window: _Window, pace: Pace, tokens: int, requests: int) -> int:
        """Return for how long at least nothing may be sent, as far as is known now."""
        now_ns, turns = self._clock.boot_ns(), window.turns
        waits = [0]
        if pace.requests_per_minute is not None:
            room = pace.requests_per_minute - min(requests, pace.requests_per_minute)
            last = max(turns, key=lambda one: one.booked_ns, default=None)
            if last is not None:
                waits.append(last.booked_ns + int(pace.gap_s * 1e9) * last.requests - now_ns)
            waits.append(_until_room(((one.counted_ns, one.requests) for one in turns), room, now_ns))
        if pace.tokens_per_minute is not None:
            room = pace.tokens_per_minute - min(tokens, pace.tokens_per_minute)
            waits.append(_until_room(((one.ended_ns, one.tokens) for one in turns), room, now_ns))
        return max(waits)


def _counts(at_ns: int | None, now_ns: int) -> bool:
    return at_ns is None or at_ns > now_ns - _MINUTE_NS


def _until_room(counted: Iterable[tuple[int | None, int]], room: int, now_ns: int) -> int:
    """Return how long it takes until no more than `room` counts, if nothing else is sent. What is under way is new."""
    live = sorted((now_ns if at_ns is None else at_ns, many) for at_ns, many in counted if _counts(at_ns, now_ns))
    over, wait_ns = sum(many for _, many in live) - room, 0
    for at_ns, many in live:
        if over <= 0:
            break
        over, wait_ns = over - many, at_ns + _MINUTE_NS - now_ns
    return wait_ns


async def sleep_unless(stop: asyncio.Event, seconds: float, *woken: asyncio.Future[object]) -> None:
    """Sleep so long, or until `stop` is set or one of the futures is done."""
    stopping: asyncio.Future[object] = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait([stopping, *woken], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
