"""An exchange in HTTP/1.1 of our own: look up a name, connect, secure the connection, send a request, read the answer.

Each phase ends with the stamp that the next one begins with, so that together they are the whole.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence

from wnmon.model.check import Caps
from wnmon.model.target import Target
from wnmon.transport.authorities import Authorities
from wnmon.transport.certificate import read_tls
from wnmon.transport.connection import Connection, connect
from wnmon.transport.deadline import Deadline
from wnmon.transport.decode import Failure
from wnmon.transport.dialing import dial, in_turn, is_address
from wnmon.transport.framing import MakeHeads
from wnmon.transport.incoming import Incoming
from wnmon.transport.outgoing import Outgoing, outgoing
from wnmon.transport.proxying import Proxy, pass_through, proxy_of, request_bytes
from wnmon.transport.recording import Recording, Stage
from wnmon.transport.resolving import Lookup, addresses_of


class OverAsyncio:
    """Makes exchanges over connections of asyncio, each of its own."""

    def __init__(self, lookup: Lookup, make_heads: MakeHeads) -> None:
        self._lookup = lookup
        self._make_heads = make_heads
        self.authorities = Authorities()

    def warm_up(self) -> None:
        """Make the TLS context that most targets need."""
        self.authorities.context()

    async def exchange(self, recording: Recording, target: Target, deadline: Deadline, caps: Caps) -> Failure | None:
        """Send the request and record the answer; returns what went wrong with it, or raises what `naming` knows."""
        asked = outgoing(recording.request, target)
        proxy = proxy_of(target.proxy.reveal()) if target.proxy is not None else None
        context = self.authorities.context(target.ca_file, target.ca_folder) if asked.is_secure else None
        connection = await self.open(recording, asked, proxy, context)
        try:
            incoming = Incoming(connection, recording, deadline, caps, self._make_heads)
            _ask(recording, deadline, connection, request_bytes(asked, proxy), incoming)
            return await incoming.over
        finally:
            connection.close()
            if recording.status is not None:
                recording.tls = read_tls(connection.ssl_object) if context is not None else None
                recording.peer = connection.peer

    async def open(
        self, recording: Recording, asked: Outgoing, proxy: Proxy | None, context: ssl.SSLContext | None
    ) -> Connection:
        """Return a connection that leads to the relay, over TLS with a context. The record begins here."""
        recording.begin()
        addresses = await self._addresses(recording, asked, proxy)
        connection = await self._connected(recording, addresses, asked, proxy)
        if context is not None:
            await _secure(recording, connection, context, asked.host)
        return connection

    async def _addresses(self, recording: Recording, asked: Outgoing, proxy: Proxy | None) -> Sequence[str]:
        """Return where to connect to. To look up a relay is a phase; the name of a proxy belongs to connecting."""
        if proxy is not None or is_address(asked.host):
            recording.mark("connect_ns", at_ns=recording.marks["started_ns"])
            recording.stage = Stage.CONNECT
            host, port = (proxy.host, proxy.port) if proxy is not None else (asked.host, asked.port)
            return [host] if is_address(host) else await addresses_of(host, port, self._lookup)
        recording.mark("resolve_ns", at_ns=recording.marks["started_ns"])
        found = await addresses_of(asked.host, asked.port, self._lookup)
        recording.mark("resolved_ns", "connect_ns")
        recording.stage = Stage.CONNECT
        return found

    async def _connected(
        self, recording: Recording, addresses: Sequence[str], asked: Outgoing, proxy: Proxy | None
    ) -> Connection:
        """Return a connection that leads to the relay; a tunnel through a proxy is a part of connecting."""
        sock = await dial(in_turn(addresses), (proxy or asked).port)
        if proxy is None:
            recording.mark("connected_ns")
            return await connect(sock, recording.now_ns)
        connection = await connect(sock, recording.now_ns)
        await pass_through(proxy, connection, asked, self.authorities)
        recording.mark("connected_ns")
        return connection


async def _secure(recording: Recording, connection: Connection, context: ssl.SSLContext, host: str) -> None:
    recording.mark("secure_ns", at_ns=recording.marks["connected_ns"])
    recording.stage = Stage.TLS
    try:
        recording.mark("secured_ns", at_ns=await connection.secure(context, host))
    except BaseException:
        connection.close()
        raise


def _ask(recording: Recording, deadline: Deadline, connection: Connection, request: bytes, incoming: Incoming) -> None:
    def sent(at_ns: int) -> None:
        recording.mark("sent_ns", at_ns=at_ns)
        if recording.status is None:  # else the relay has answered before it heard all
            recording.stage = Stage.WAIT
            deadline.follow(Stage.WAIT)

    marks = recording.marks
    recording.mark("send_ns", at_ns=marks.get("secured_ns", marks["connected_ns"]))
    recording.stage = Stage.SEND
    deadline.follow(Stage.SEND)
    connection.ask(request, incoming, sent)
