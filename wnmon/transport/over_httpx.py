"""A target that wants it is asked by httpx, below its client: proxies that speak SOCKS, and HTTP/2, need it.

Phases come from httpcore's trace events, so there is time between them that belongs to none. The name is resolved
here, so that DNS has a phase and an error of its own.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx

import wnmon.transport.hushed  # noqa: F401 - what it does, it does at once
from wnmon.engine.ports import READ_PIECES
from wnmon.model.check import Caps
from wnmon.model.exchange import HTTP2, Chunk, FailureKind, Request
from wnmon.model.said import Said
from wnmon.model.target import Target
from wnmon.transport.authorities import Authorities
from wnmon.transport.certificate import read_tls
from wnmon.transport.deadline import Deadline
from wnmon.transport.decode import Failure
from wnmon.transport.dialing import MAX_ADDRESSES, is_address
from wnmon.transport.framing import MAX_HEADS_BYTES, CutShort, Malformed, WithoutEnd
from wnmon.transport.outgoing import PORTS, Unsendable, headers_of, shown_to
from wnmon.transport.recording import Recording, Stage
from wnmon.transport.resolving import Lookup, addresses_of

PIECES_AT_ONCE = READ_PIECES // 2
"""Pieces taken before the loop has a turn: one read from a socket may hold 10,000 of a byte each, 100 ms of work."""

# The one coupling to the names of httpcore's trace events.
_EVENTS: Mapping[str, tuple[str, Stage | None]] = {
    "connect_tcp.started": ("connect_ns", Stage.CONNECT),
    "connect_tcp.complete": ("connected_ns", None),
    "start_tls.started": ("secure_ns", Stage.TLS),
    "start_tls.complete": ("secured_ns", None),
    "send_request_headers.started": ("send_ns", Stage.SEND),
    "send_request_body.complete": ("sent_ns", Stage.WAIT),
    "receive_response_headers.complete": ("headers_ns", None),
}
"""Event -> the mark it leaves, and the stage it begins."""

_OF_A_REQUEST = frozenset({"send_ns", "sent_ns", "headers_ns"})

# The words of h11 0.16, which has no class of its own for it.
_CUT_SHORT = "closed connection"
_WITHOUT_END = "Receive buffer too long"
_OWN_MISTAKES = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL)
_MAX_CAUSES = 10


class OverHttpx:
    """Makes exchanges by httpx. One pool per target, and one where it is offered HTTP/2; they keep no connection."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._authorities = Authorities()
        self._pools: dict[tuple[str, str | None, str | None, str | None, bool], httpx.AsyncHTTPTransport] = {}

    async def close(self) -> None:
        """Close every pool."""
        for pool in self._pools.values():
            await pool.aclose()
        self._pools.clear()

    async def exchange(self, recording: Recording, target: Target, deadline: Deadline, caps: Caps) -> Failure | None:
        """Send the request and record the answer; returns what went wrong with it, or raises what `naming` knows."""
        trace = _Trace(recording, deadline)
        try:
            return await self._exchange(recording, target, deadline, caps, trace)
        except Exception as error:  # noqa: BLE001 - raised on, by the name it has without httpx
            raise _named(error, recording.stage) from None
        finally:
            await trace.hang_up()

    async def _exchange(
        self, recording: Recording, target: Target, deadline: Deadline, caps: Caps, trace: _Trace
    ) -> Failure | None:
        pool = self._pool(target, http2=recording.request.http2)
        addresses = await self._resolve(recording, target)
        *others, last = [_outgoing(recording.request, target, address, trace) for address in addresses]
        for request in others:
            try:
                async with deadline.attempt(of=len(addresses)):
                    response = await pool.handle_async_request(request)
            except (httpx.ConnectError, TimeoutError):
                # Nothing was sent yet, so the next address of the same name is no retry of a request.
                if recording.stage is not Stage.CONNECT:
                    raise
            else:
                return await _receive(response, recording, deadline, caps)
        return await _receive(await pool.handle_async_request(last), recording, deadline, caps)

    async def _resolve(self, recording: Recording, target: Target) -> Sequence[str | None]:
        """Return the addresses to try; None stands for the URL as it is (an address already, or a proxy's job)."""
        url = httpx.URL(recording.request.url)
        if target.proxy is not None or is_address(url.host):
            return [None]
        recording.mark("resolve_ns")
        found = await addresses_of(url.host, url.port or PORTS[url.scheme], self._lookup)
        recording.mark("resolved_ns")
        recording.stage = Stage.CONNECT
        return found[:MAX_ADDRESSES]

    def _pool(self, target: Target, *, http2: bool) -> httpx.AsyncHTTPTransport:
        proxy = target.proxy.reveal() if target.proxy else None
        key = (target.name, target.ca_file, target.ca_folder, proxy, http2)
        if key not in self._pools:
            self._pools[key] = httpx.AsyncHTTPTransport(
                verify=self._authorities.context(target.ca_file, target.ca_folder),
                trust_env=False,
                http2=http2,
                limits=httpx.Limits(max_keepalive_connections=0),
                proxy=proxy,
                socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
            )
        return self._pools[key]


def _outgoing(request: Request, target: Target, address: str | None, trace: _Trace) -> httpx.Request:
    """Build httpx's request: to an address already resolved, under the name the URL had (Host, SNI, certificate)."""
    url = httpx.URL(shown_to(request, target))
    headers = [("Host", url.netloc.decode("ascii")), *headers_of(request, target)]
    return httpx.Request(
        request.method,
        url.copy_with(host=address) if address else url,
        headers=[(name.encode("ascii"), value.encode("latin-1")) for name, value in headers],
        content=request.body,
        extensions={"trace": trace, "sni_hostname": url.host} if address else {"trace": trace},
    )


async def _receive(response: httpx.Response, recording: Recording, deadline: Deadline, caps: Caps) -> Failure | None:
    recording.stage = Stage.BODY
    recording.status = response.status_code
    recording.http_version = response.extensions.get("http_version", b"").decode("ascii", "replace")
    recording.headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
    stream = response.extensions.get("network_stream")
    if stream is not None:  # only readable while the connection is open
        recording.tls = read_tls(stream.get_extra_info("ssl_object"))
        recording.peer = _peer(stream.get_extra_info("server_addr"))
    deadline.arrived()
    try:
        return await _read_body(response, recording, deadline, caps)
    finally:
        await response.aclose()


async def _read_body(response: httpx.Response, recording: Recording, deadline: Deadline, caps: Caps) -> Failure | None:
    assert isinstance(response.stream, httpx.AsyncByteStream)
    chunks, now_ns = recording.chunks, recording.now_ns
    async for data in response.stream:
        chunks.append(Chunk(now_ns(), data))
        recording.wire_bytes += len(data)
        if recording.wire_bytes > caps.wire_bytes:
            return FailureKind.TOO_LARGE, Said("body_too_large", n=caps.wire_bytes)
        if len(chunks) > caps.chunks:
            return FailureKind.TOO_LARGE, Said("body_in_too_many_pieces", n=caps.chunks)
        if len(chunks) == recording.request.close_after:
            return None
        deadline.arrived()
        if len(chunks) % PIECES_AT_ONCE == 0:
            await asyncio.sleep(0)
    return None


def _peer(address: object) -> str | None:
    return f"{address[0]}:{address[1]}" if isinstance(address, tuple) and len(address) >= 2 else None


class _Trace:
    """Takes httpcore's trace events of one exchange: what they leave in its record."""

    def __init__(self, recording: Recording, deadline: Deadline) -> None:
        self._recording = recording
        self._deadline = deadline
        self._is_tunnelling = False
        self._connection: Any = None

    async def __call__(self, name: str, told: Mapping[str, object]) -> None:
        """Stamp an event.

        Asking a proxy for a tunnel is a request of its own: it belongs to connecting and leaves no mark.
        """
        recording = self._recording
        at_ns, event = recording.now_ns(), name.partition(".")[2]
        mark, stage = _EVENTS.get(event, ("", None))
        if mark == "send_ns":
            self._is_tunnelling = getattr(told["request"], "method", b"") == b"CONNECT"
        if not mark or (self._is_tunnelling and mark in _OF_A_REQUEST):
            return
        if mark != "connect_ns" or mark not in recording.marks:  # of several addresses the first tells when it began
            recording.marks[mark] = at_ns
        if mark == "connected_ns":
            self._connection = told.get("return_value")
        if mark == "secured_ns":  # what was agreed on is known without an answer too
            recording.http_version = _agreed_on(told.get("return_value"))
        if mark in {"connected_ns", "secured_ns"}:
            _bound_heads(told.get("return_value"), lambda: recording.status is None)
        if stage is not None and stage is not recording.stage:
            recording.stage = stage
            self._deadline.follow(stage)

    async def hang_up(self) -> None:
        """Close a connection that brought no answer: httpcore forgets one whose TLS handshake is cancelled."""
        if self._connection is not None and self._recording.status is None:
            await self._connection.aclose()


def _agreed_on(stream: Any) -> str | None:
    """Return the version of HTTP that the handshake settled, None where an answer will tell (RFC 7301)."""
    return HTTP2 if stream.get_extra_info("ssl_object").selected_alpn_protocol() == "h2" else None


def _bound_heads(stream: Any, is_awaited: Callable[[], bool]) -> None:
    """Make a stream of httpcore fail once it has brought MAX_HEADS_BYTES while a head is still awaited.

    h11 bounds each single head, not how many come before the final one, and httpx shows none of them.
    """
    read, come_bytes = stream.read, 0

    async def bounded(max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's signature
        nonlocal come_bytes
        if come_bytes > MAX_HEADS_BYTES and is_awaited():
            raise httpx.RemoteProtocolError(_WITHOUT_END)
        data: bytes = await read(max_bytes, timeout)
        come_bytes += len(data)
        return data

    stream.read = bounded


def _named(error: Exception, stage: Stage) -> Exception:
    """Return an error of httpx as what it is without it."""
    if not isinstance(error, httpx.TransportError | httpx.InvalidURL):
        return error
    if isinstance(error, httpx.RemoteProtocolError):
        return _protocol_error(str(error), stage)
    causes = _causes(error)
    if isinstance(error, _OWN_MISTAKES):
        return Unsendable(_text(causes))
    of_the_system = [cause for cause in causes if isinstance(cause, OSError)]
    of_tls = [cause for cause in of_the_system if isinstance(cause, ssl.SSLError)]
    return (of_tls or of_the_system or [ConnectionError(_text(causes))])[-1]


def _protocol_error(said: str, stage: Stage) -> Malformed:
    if _WITHOUT_END in said:
        return WithoutEnd(said)
    return CutShort(said) if stage is Stage.BODY and _CUT_SHORT in said else Malformed(said)


def _causes(error: BaseException) -> list[BaseException]:
    """Return the error and what it was raised from: httpx wraps httpcore, which wraps the one that tells."""
    causes = [error]
    while (cause := _cause(causes[-1])) is not None and len(causes) < _MAX_CAUSES:
        causes.append(cause)
    return causes


def _cause(error: BaseException) -> BaseException | None:
    # httpcore's pool raises on with `from None`, which hides the cause it had.
    return error.__context__ if error.__suppress_context__ and error.__cause__ is None else error.__cause__


def _text(causes: Sequence[BaseException]) -> str:
    """Return the deepest message there is."""
    return next((text for cause in reversed(causes) if (text := str(cause).strip())), type(causes[0]).__name__)
