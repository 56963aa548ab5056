"""Who may hold a connection to the page, and for how long: whoever keeps us waiting makes room for who does not.

    a connection                                                     is closed
    ---------------------------------------------------------------  ------------------------------------------------
    moves no byte where it is its turn: to ask, to go on, to read    after `silence_s`
    has not sent a whole request, or read a whole answer             after `turn_s`
    is one too many of its address, or of all                        no: the one that has kept us waiting longest goes

uvicorn limits only the time after an answer, and beyond `limit_concurrency` answers 503 to everybody.
"""

from __future__ import annotations

import asyncio
import resource
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

WEB_SHARE = 4
"""One descriptor in so many is the web's, the others are kept back for probes, files and names."""
ACCEPTED_AT_ONCE = 4
"""Connections accepted in one turn of the loop: so few have a descriptor before they are counted."""
TOLD_EVERY_S = 60.0
"""Refused connections are told of once in so long, however many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a client may keep us waiting, and how many there may be at once.

    silence_s: a scraper asks as soon as it is connected, and reads as fast as it can; this is a long pause even for a
    far one. turn_s: thrice what Prometheus gives a scrape by default; it ends those that move a byte now and then.
    look_s: how often a connection is looked at. of_an_address: a proxy shows all who come through it under its own.
    connections: some scrapers, and browsers with up to 6 each.
    """

    silence_s: float = 5.0
    turn_s: float = 30.0
    look_s: float = 1.0
    of_an_address: int = 32
    connections: int = 100

    def within(self, descriptors: int) -> Patience:
        """Return the same for a process that may open so many files: the web takes its share, of it half an address."""
        if descriptors == resource.RLIM_INFINITY:
            return self
        connections = min(self.connections, max(1, descriptors // WEB_SHARE))
        return replace(self, connections=connections, of_an_address=min(self.of_an_address, -(-connections // 2)))


class Door:
    """The connections there are. `tell` is given, now and then, how many of them were closed for want of room."""

    def __init__(self, patience: Patience, tell: Callable[[int], None]) -> None:
        descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.patience = patience.within(descriptors)
        self._tell = tell
        self._inside: set[GuardedProtocol] = set()
        self._untold = 0
        self._telling: asyncio.TimerHandle | None = None

    def enter(self, guest: GuardedProtocol) -> None:
        """Let a connection in. Where there are too many, the one of the crowd that kept us waiting longest goes."""
        self._inside.add(guest)
        crowd = self._crowd(guest)
        if crowd:
            waiting = [one for one in crowd if one.is_to_move()]
            min(waiting, key=lambda one: one.moved_at_s, default=guest).hang_up()
            self._refused(guest.loop)

    def leave(self, guest: GuardedProtocol) -> None:
        """Forget a connection."""
        self._inside.discard(guest)

    def close(self) -> None:
        """Hang up on everybody, and tell nobody any more."""
        for guest in tuple(self._inside):
            guest.hang_up()
        if self._telling is not None:
            self._telling.cancel()

    def _crowd(self, guest: GuardedProtocol) -> list[GuardedProtocol]:
        """Return the connections of whom there are too many: of the guest's address, else of who has most of all."""
        held = Counter(one.address for one in self._inside)
        if held[guest.address] > self.patience.of_an_address:
            return [one for one in self._inside if one.address == guest.address]
        if len(self._inside) <= self.patience.connections:
            return []
        return [one for one in self._inside if held[one.address] == max(held.values())]

    def _refused(self, loop: asyncio.AbstractEventLoop) -> None:
        self._untold += 1
        if self._telling is None:
            self._say(loop)

    def _say(self, loop: asyncio.AbstractEventLoop) -> None:
        """Tell of the refused so far; once nobody was refused for a while, the next one is told of at once again."""
        self._telling = None
        if self._untold:
            self._tell(self._untold)
            self._untold = 0
            self._telling = loop.call_later(TOLD_EVERY_S, self._say, loop)


class GuardedProtocol(H11Protocol):
    """uvicorn's connection, with an eye on the client. `moved_at_s` is when a byte of it moved, in the loop's time."""

    def __init__(self, door: Door, **given: Any) -> None:
        super().__init__(**given)
        self.address = ""
        self.moved_at_s = self._turn_at_s = self.loop.time()
        self._door = door
        self._unread_bytes = 0
        self._looking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Let it in."""
        super().connection_made(transport)
        self.address = self.client[0] if self.client else ""
        self._looking = self.loop.call_later(self._door.patience.look_s, self._look)
        self._door.enter(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let it go."""
        self._door.leave(self)
        if self._looking is not None:
            self._looking.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Note that it moves."""
        self.moved_at_s = self.loop.time()
        super().data_received(data)

    def on_response_complete(self) -> None:
        """Give the client its next turn: to read this answer, and to ask again."""
        self.moved_at_s = self._turn_at_s = self.loop.time()
        super().on_response_complete()

    def is_to_move(self) -> bool:
        """Tell whether we wait for the client, not it for us."""
        cycle: RequestResponseCycle | None = self.cycle
        is_asking = cycle is None or cycle.response_complete or cycle.more_body
        return is_asking or self.transport.get_write_buffer_size() > 0

    def hang_up(self) -> None:
        """Close at once: what is not read yet is lost, or one who never reads would keep the descriptor."""
        self._door.leave(self)
        self.transport.abort()

    def _look(self) -> None:
        patience, now_s, unread_bytes = self._door.patience, self.loop.time(), self.transport.get_write_buffer_size()
        if not self.is_to_move():
            self.moved_at_s = self._turn_at_s = now_s
        elif unread_bytes < self._unread_bytes:
            self.moved_at_s = now_s
        self._unread_bytes = unread_bytes
        if now_s - self.moved_at_s > patience.silence_s or now_s - self._turn_at_s > patience.turn_s:
            self.hang_up()
        else:
            self._looking = self.loop.call_later(patience.look_s, self._look)
