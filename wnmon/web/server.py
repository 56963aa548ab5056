"""The web server on a thread and an event loop of its own, so that a scrape never waits for a probe or delays one."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass

import uvicorn
from starlette.applications import Starlette

from wnmon.errors import UsageError
from wnmon.model.said import Said, Text
from wnmon.web.page import Page
from wnmon.web.routes import Site, build_application

STOP_WITHIN_S = 2.0
MAX_CONNECTIONS = 100
MAX_PORT = 65_535


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


class WebServer:
    """Serves metrics, health, reload, the probes as JSON and the page. Start once, stop once."""

    def __init__(self, host: str, port: int, site: Site) -> None:
        self._host = host
        self._port = port
        self._site = site
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> WebAddress:
        """Listen and return where. Raises UsageError when the address cannot be had; requests may queue at once."""
        listener = _listen(self._host, self._port)
        address = WebAddress(host=self._host, port=listener.getsockname()[1])
        page = Page()
        application = build_application(self._site, page)
        self._server = uvicorn.Server(_configuration(application, page.content_security_policy))
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
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise _unlistenable(host, port, error.strerror or str(error)) from error


def _unlistenable(host: str, port: int, why: Text) -> UsageError:
    return UsageError(Said("cannot_listen", host=host, port=port, why=why), hint=Said("choose_address"))


def _configuration(application: Starlette, policy: str) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=1,
        headers=[
            ("Content-Security-Policy", policy),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Cache-Control", "no-store"),
        ],
    )
