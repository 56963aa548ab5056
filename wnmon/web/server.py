"""The web server on a thread and an event loop of its own, so that a scrape never waits for a probe or delays one."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import uvicorn

from wnmon.engine.ports import Clock
from wnmon.errors import UsageError
from wnmon.model.said import Said, Text
from wnmon.web.answers import Refusals
from wnmon.web.door import ACCEPTED_AT_ONCE, Door, GuardedProtocol, GuardedTls, Patience
from wnmon.web.frame import Frame
from wnmon.web.guard import Entry, Guard
from wnmon.web.hosts import Hosts, is_loopback
from wnmon.web.page import Page
from wnmon.web.public import PublicSite, build_public
from wnmon.web.routes import OPEN_PATHS, Site, build_application
from wnmon.web.run_page import RunPage
from wnmon.web.target_page import TargetPage

STOP_WITHIN_S = 2.0
BACKLOG = 128
"""Connections the kernel keeps for us until they are accepted."""
MAX_PORT = 65_535
DEFAULT_PATIENCE = Patience()
DEFAULT_ENTRY = Entry()


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAddress:
    """Where the server really listens: `port` is the one the system chose when 0 was asked for."""

    host: str
    port: int
    scheme: str = "http"

    @property
    def url(self) -> str:
        """Return an address a browser on this machine can open, ending in `/`; a wildcard is shown as loopback."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - read, not bound
        return f"{self.scheme}://{f'[{host}]' if ':' in host else host}:{self.port}/"


class _Server(uvicorn.Server):
    """uvicorn's server with a door."""

    def __init__(self, config: uvicorn.Config, door: Door) -> None:
        super().__init__(config)
        self._door = door

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept few at once, though many may wait, without a descriptor: asyncio has one number for both."""
        await super().startup(sockets)
        for listener in sockets or []:
            listener.listen(BACKLOG)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Wait for no client that does not read."""
        await super().shutdown(sockets)
        self._door.close()


class _Listener:
    """Serves an application at an address. Start once, stop once.

    `tls` is asked with each connection which context it is to speak TLS by, None for plain HTTP.
    """

    change_by = Said("choose_address")
    """What to do where the address cannot be had."""

    def __init__(self, host: str, port: int, guard: Guard, door: Door, entry: Entry, *, is_public: bool) -> None:
        self._host = host
        self._port = port
        self._guard = guard
        self._door = door
        self._entry = entry
        self._is_public = is_public
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> WebAddress:
        """Listen and return where. Raises UsageError when the address cannot be had; requests may queue at once."""
        listener = _listen(self._host, self._port, self.change_by)
        scheme = "http" if self._context() is None else "https"
        address = WebAddress(host=self._host, port=listener.getsockname()[1], scheme=scheme)
        self._server = _Server(_configuration(self._guard, self._arrival), self._door)
        self._thread = threading.Thread(
            target=self._serve, args=(self._server, listener), name="wnmon-web", daemon=True
        )
        self._thread.start()
        return address

    def stop(self) -> None:
        """Stop listening, give answers under way a second, and join the thread within STOP_WITHIN_S."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join(STOP_WITHIN_S)
        self._guard.close()
        self._server = self._thread = None

    def _context(self) -> ssl.SSLContext | None:
        config = self._entry.config()
        return config.public_tls if self._is_public else config.tls

    def _client_names(self) -> frozenset[str]:
        return frozenset() if self._is_public else self._entry.config().access.client_names

    def _asks_certificate(self) -> bool:
        context = self._context()
        return context is not None and context.verify_mode is ssl.CERT_REQUIRED

    def _came_by(self, context: ssl.SSLContext | None, names: frozenset[str]) -> bool:
        """Tell whether who came by this had to show what is asked for now; each reload makes a context anew."""
        now = self._context()
        if now is context or now is None or context is None:
            return now is context and self._client_names() == names
        is_alike = (context.verify_mode, context.get_ca_certs(True)) == (now.verify_mode, now.get_ca_certs(True))
        return is_alike and self._client_names() == names

    def _arrival(self, **given: Any) -> asyncio.BaseProtocol:
        """Return what speaks with a connection that was just accepted, by the web configuration as it is now."""
        context = self._context()
        names = self._client_names()
        guest = GuardedProtocol(
            self._door,
            names,
            still_holds=lambda: not self._asks_certificate() or self._came_by(context, names),
            **given,
        )
        return guest if context is None else GuardedTls(guest, context, self._door.patience)

    @staticmethod
    def _serve(server: uvicorn.Server, listener: socket.socket) -> None:
        with listener:
            server.run(sockets=[listener])


class WebServer(_Listener):
    """Serves metrics, health, reload, the probes as JSON and the page to whoever `entry` lets in.

    `refused` is told, on the server's thread, how many connections were closed for want of room: see `door`. `doors` is
    how many listeners the process has.
    """

    def __init__(
        self,
        host: str,
        port: int,
        site: Site,
        refused: Callable[[int], None] = lambda _: None,
        patience: Patience = DEFAULT_PATIENCE,
        entry: Entry = DEFAULT_ENTRY,
        doors: int = 1,
    ) -> None:
        refusals = Refusals(site.lang, site.styles)
        guard = Guard(
            build_application(site, Page(), TargetPage(), RunPage(), refusals),
            refusals,
            entry,
            site.clock,
            hosts=Hosts(host, entry.allowed_hosts),
            open_paths=OPEN_PATHS,
            is_local=is_loopback(host),
        )
        super().__init__(host, port, guard, Door(patience, refused, doors), entry, is_public=False)


class PublicServer(_Listener):
    """Serves the public view to everybody who asks, by any name; `entry` has its certificate, headers and rate."""

    change_by = Said("choose_public_address")

    def __init__(
        self,
        host: str,
        port: int,
        site: PublicSite,
        clock: Clock,
        refused: Callable[[int], None] = lambda _: None,
        patience: Patience = DEFAULT_PATIENCE,
        entry: Entry = DEFAULT_ENTRY,
    ) -> None:
        refusals = Refusals(site.lang)
        guard = Guard(build_public(site, Frame("public.html"), refusals), refusals, entry, clock)
        super().__init__(host, port, guard, Door(patience, refused, doors=2), entry, is_public=True)


def _listen(host: str, port: int, hint: Said) -> socket.socket:
    """Return a listening socket, bound on the caller's thread so that the caller learns why it cannot be had."""
    if not 0 <= port <= MAX_PORT:
        raise _unlistenable(host, port, Said("port_at_most", n=MAX_PORT), hint)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise _unlistenable(host, port, error.strerror or str(error), hint) from error


def _unlistenable(host: str, port: int, why: Text, hint: Said) -> UsageError:
    return UsageError(Said("cannot_listen", host=host, port=port, why=why), hint=hint)


def _configuration(guard: Guard, arrival: Callable[..., asyncio.BaseProtocol]) -> uvicorn.Config:
    return uvicorn.Config(
        guard,
        loop="asyncio",
        http=cast("type[asyncio.Protocol]", arrival),
        backlog=ACCEPTED_AT_ONCE,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="error",  # a warning for each request that is no HTTP would let anybody fill the log
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=1,
    )
