"""Who may hold a connection to the page, and for how long: whoever keeps us waiting makes room for who does not.

    a connection                                                     is closed
    ---------------------------------------------------------------  ------------------------------------------------
    moves no byte where it is its turn: to ask, to go on, to read    after `silence_s`
    has not sent a whole request, or read a whole answer             after `turn_s`
    is one too many of its address, or of all                        no: the one that has kept us waiting longest goes

uvicorn limits only the time after an answer, and beyond `limit_concurrency` answers 503 to everybody. Of TLS the
handshake counts as silence: asyncio tells a protocol of a connection only once it is over.
"""

from __future__ import annotations

import asyncio
import resource
import ssl
from asyncio.sslproto import SSLProtocol
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from wnmon.web.client_names import names_of
from wnmon.web.teller import Teller

WEB_SHARE = 4
"""One descriptor in so many is the web's, the others are kept back for probes, files and names."""
ACCEPTED_AT_ONCE = 4
"""Connections accepted in one turn of the loop: so few have a descriptor before they are counted."""


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

    def within(self, descriptors: int, doors: int = 1) -> Patience:
        """Return the same for a process that may open so many files: the web's share, of it half for an address."""
        if descriptors == resource.RLIM_INFINITY:
            return self
        connections = min(self.connections, max(1, descriptors // WEB_SHARE // doors))
        return replace(self, connections=connections, of_an_address=min(self.of_an_address, -(-connections // 2)))


class Door:
    """The connections there are. `tell` is given, now and then, how many of them were closed for want of room.

    `doors` is how many there are of this process, which share its descriptors.
    """

    def __init__(self, patience: Patience, tell: Callable[[int], None], doors: int = 1) -> None:
        descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.patience = patience.within(descriptors, doors)
        self._refusals = Teller(tell)
        self._inside: set[GuardedProtocol] = set()

    def enter(self, guest: GuardedProtocol) -> None:
        """Let a connection in. Where there are too many, the one of the crowd that kept us waiting longest goes."""
        self._inside.add(guest)
        crowd = self._crowd(guest)
        if crowd:
            waiting = [one for one in crowd if one.is_to_move()]
            min(waiting, key=lambda one: one.moved_at_s, default=guest).hang_up()
            self._refusals.happened(guest.loop)

    def leave(self, guest: GuardedProtocol) -> None:
        """Forget a connection."""
        self._inside.discard(guest)

    def close(self) -> None:
        """Hang up on everybody, and tell nobody any more."""
        for guest in tuple(self._inside):
            guest.hang_up()
        self._refusals.close()

    def _crowd(self, guest: GuardedProtocol) -> list[GuardedProtocol]:
        """Return the connections of whom there are too many: of the guest's address, else of who has most of all."""
        held = Counter(one.address for one in self._inside)
        if held[guest.address] > self.patience.of_an_address:
            return [one for one in self._inside if one.address == guest.address]
        if len(self._inside) <= self.patience.connections:
            return []
        return [one for one in self._inside if held[one.address] == max(held.values())]


class GuardedProtocol(H11Protocol):
    """uvicorn's connection, with an eye on the client. `moved_at_s` is when a byte of it moved, in the loop's time.

    Of `client_names`, where there are any, the client's certificate must have one. A connection that was let in by what
    does not hold any more, as `still_holds` says, is closed as soon as it asks again: it may have shown no certificate.
    """

    def __init__(
        self,
        door: Door,
        client_names: frozenset[str] = frozenset(),
        still_holds: Callable[[], bool] = lambda: True,
        **given: Any,
    ) -> None:
        super().__init__(**given)
        self.address = ""
        self.moved_at_s = self._turn_at_s = self.loop.time()
        self._door = door
        self._client_names = client_names
        self._still_holds = still_holds
        self._is_welcome = True
        self._wire: asyncio.Transport | None = None
        self._tls: GuardedTls | None = None
        self._unread_bytes = 0
        self._looking: asyncio.TimerHandle | None = None

    def arrive(self, wire: asyncio.Transport, tls: GuardedTls | None = None) -> None:
        """Let a connection in, before anything was said over the wire, by `tls` where that is spoken."""
        self._wire = wire
        self._tls = tls
        peer = wire.get_extra_info("peername")
        self.address = str(peer[0]) if peer else ""
        self._looking = self.loop.call_later(self._door.patience.look_s, self._look)
        self._door.enter(self)

    def depart(self) -> None:
        """Let it go."""
        self._door.leave(self)
        if self._looking is not None:
            self._looking.cancel()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Let it in, if TLS has not, or turn away whose certificate has no name that is let in."""
        super().connection_made(transport)
        if self._wire is None:
            self.arrive(transport)
        elif self._client_names and not self._client_names & names_of(transport.get_extra_info("peercert") or {}):
            self._is_welcome = False
            self.hang_up()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let it go."""
        self.depart()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Note that it moves. What came together with a handshake that was in vain is not looked at."""
        if not self._still_holds():
            self._is_welcome = False
            self.hang_up()
        if self._is_welcome:
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
        return is_asking or self._unread() > 0

    def hang_up(self) -> None:
        """Close at once: what is not read yet is lost, or one who never reads would keep the descriptor."""
        self._door.leave(self)
        if self._wire is not None:
            self._wire.abort()

    def _unread(self) -> int:
        """Return how many bytes wait for the client to read, on the wire and before they are encrypted."""
        on_wire = self._wire.get_write_buffer_size() if self._wire is not None else 0
        return on_wire + (self._tls.unsent() if self._tls is not None else 0)

    def _look(self) -> None:
        patience, now_s, unread_bytes = self._door.patience, self.loop.time(), self._unread()
        if not self.is_to_move():
            self.moved_at_s = self._turn_at_s = now_s
        elif unread_bytes < self._unread_bytes:
            self.moved_at_s = now_s
        self._unread_bytes = unread_bytes
        if now_s - self.moved_at_s > patience.silence_s or now_s - self._turn_at_s > patience.turn_s:
            self.hang_up()
        else:
            self._looking = self.loop.call_later(patience.look_s, self._look)


class GuardedTls(SSLProtocol):
    """TLS below a guarded connection, which is let in before the handshake: each has the context of when it came."""

    def __init__(self, guest: GuardedProtocol, context: ssl.SSLContext, patience: Patience) -> None:
        super().__init__(
            guest.loop,
            guest,
            context,
            None,  # type: ignore[arg-type]  # nobody waits for the handshake
            server_side=True,
            ssl_handshake_timeout=patience.turn_s,  # type: ignore[arg-type]  # any number will do
            ssl_shutdown_timeout=patience.turn_s,  # in which what is not read yet has to be read, too
        )
        self._guest = guest

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let it in, and begin the handshake."""
        assert isinstance(transport, asyncio.Transport)
        self._guest.arrive(transport, self)
        super().connection_made(transport)

    def unsent(self) -> int:
        """Return how many bytes are not on the wire yet; the transport tells it no more once it was closed twice."""
        size: int = self._get_write_buffer_size()  # type: ignore[attr-defined]  # not in the stubs
        return size

    def connection_lost(self, exc: BaseException | None) -> None:
        """Let it go, also where the handshake never came to its end."""
        self._guest.depart()
        super().connection_lost(exc)
