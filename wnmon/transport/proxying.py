"""Asking through a proxy: what it is told, and the tunnel it makes to where nobody but the relay shall listen."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from wnmon.transport.authorities import Authorities
from wnmon.transport.connection import Connection
from wnmon.transport.framing import Framing, H11Heads, Head
from wnmon.transport.outgoing import PORTS, Outgoing


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """Where a proxy listens, and the header line with its login."""

    scheme: str
    host: str
    port: int
    login: bytes = field(default=b"", repr=False)


class TunnelRefused(ConnectionError):  # noqa: N818 - it says what the proxy did
    """The proxy answered something else than a tunnel."""


def proxy_of(url: str) -> Proxy:
    """Return what a proxy's URL says."""
    parts = urlsplit(url)
    login = b""
    if parts.username is not None:
        said = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        login = b"Proxy-Authorization: Basic %b\r\n" % base64.b64encode(said)
    return Proxy(scheme=parts.scheme, host=parts.hostname or "", port=parts.port or PORTS[parts.scheme], login=login)


def request_bytes(outgoing: Outgoing, proxy: Proxy | None) -> bytes:
    """Return a request as it is written: a proxy wants the whole URL of one to http (RFC 9112 §3.2.2)."""
    if proxy is None or outgoing.is_secure:
        return outgoing.to_bytes()
    return outgoing.to_bytes(f"{outgoing.scheme}://{outgoing.netloc}{outgoing.path}", proxy.login)


async def pass_through(proxy: Proxy, connection: Connection, outgoing: Outgoing, authorities: Authorities) -> None:
    """Make a connection to a proxy lead to the relay. Raises TunnelRefused, Malformed, OSError, and closes it then."""
    try:
        if proxy.scheme == "https":
            await connection.secure(authorities.context(), proxy.host)
        if outgoing.is_secure:
            await _tunnel(connection, proxy, outgoing)
    except BaseException:
        connection.close()
        raise


async def _tunnel(connection: Connection, proxy: Proxy, outgoing: Outgoing) -> None:
    host = f"[{outgoing.host}]" if ":" in outgoing.host else outgoing.host
    where = f"{host}:{outgoing.port}".encode("ascii")
    answer = _Answer(connection)
    connection.ask(b"CONNECT %b HTTP/1.1\r\nHost: %b\r\n%b\r\n" % (where, where, proxy.login), answer, lambda _: None)
    head = await answer.head
    if head.status >= 300:
        raise TunnelRefused(f"{head.status} {head.reason}")


class _Answer:
    """The Reader of what a proxy says to CONNECT: its head; whatever follows is the relay's."""

    def __init__(self, connection: Connection) -> None:
        self.head: asyncio.Future[Head] = asyncio.get_running_loop().create_future()
        self._connection = connection
        self._framing = Framing("CONNECT", H11Heads)

    def take(self, at_ns: int, data: bytes) -> None:  # noqa: ARG002 - a Reader; no phase ends here
        for event in self._framing.read(data):
            if isinstance(event, Head) and not event.is_interim and not self.head.done():
                self._connection.pause_reading()
                self.head.set_result(event)

    def end(self, at_ns: int) -> None:  # noqa: ARG002
        for _ in self._framing.close():
            pass

    def fail(self, error: BaseException) -> None:
        if not self.head.done():
            self.head.set_exception(error)
