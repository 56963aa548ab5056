"""The web server on a thread and an event loop of its own, so that a scrape never waits for a probe or delays one."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import cast

import uvicorn
from starlette.applications import Starlette

from wnmon.errors import UsageError
from wnmon.model.said import Said, Text
from wnmon.web.door import ACCEPTED_AT_ONCE, Door, GuardedProtocol, Patience
from wnmon.web.page import Page
from wnmon.web.routes import Site, build_application

STOP_WITHIN_S = 2.0
BACKLOG = 128
"""Connections the kernel keeps for us until they are accepted."""
MAX_PORT = 65_535
DEFAULT_PATIENCE = Patience()


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAddress:
    """Where the server really listens: `port` is the one the system chose when 0 was asked for."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """Return an address a browser on this machine can open, ending in `/`; a wildcard is shown as loopback."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - read, not bound
        return f"http://[{host}]:{self.port}/" if ":" in host else f"http://{host}:{self.port}/"


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


class WebServer:
    """Serves metrics, health, reload, the probes as JSON and the page. Start once, stop once.

    `refused` is told, on the server's thread, how many connections were closed for want of room: see `door`.
    """

    def __init__(
        self,
        host: str,
        port: int,
        site: Site,
        refused: Callable[[int], None] = lambda _: None,
        patience: Patience = DEFAULT_PATIENCE,
    ) -> None:
        self._host = host
        self._port = port
        self._site = site
        self._door = Door(patience, refused)
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> WebAddress:
        """Listen and return where. Raises UsageError when the address cannot be had; requests may queue at once."""
        listener = _listen(self._host, self._port)
        address = WebAddress(host=self._host, port=listener.getsockname()[1])
        page = Page()
        application = build_application(self._site, page)
        self._server = _Server(_configuration(application, page.content_security_policy, self._door), self._door)
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
        self._server = self._thread = None

    @staticmethod
    def _serve(server: uvicorn.Server, listener: socket.socket) -> None:
        with listener:
            server.run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    """Return a listening socket, bound on the caller's thread so that the caller learns why it cannot be had."""
    if not 0 <= port <= MAX_PORT:
        raise _unlistenable(host, port, Said("port_at_most", n=MAX_PORT))
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise _unlistenable(host, port, error.strerror or str(error)) from error


def _unlistenable(host: str, port: int, why: Text) -> UsageError:
    return UsageError(Said("cannot_listen", host=host, port=port, why=why), hint=Said("choose_address"))


def _configuration(application: Starlette, policy: str, door: Door) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        loop="asyncio",
        http=cast("type[asyncio.Protocol]", partial(GuardedProtocol, door)),
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
        headers=[
            ("Content-Security-Policy", policy),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Cache-Control", "no-store"),
        ],
    )
