"""wnmon's sensor under any client of httpx: `httpx.AsyncClient(transport=SensorTransport())`.

Each request has a connection of its own. What the sensor records stands in `response.extensions`: "marks" are the
stamps of the phases by the names of `model.exchange.Marks`, and "stamps" those of the pieces of the body, as they come.
wnmon itself does not go this way, for the client alone costs as much as the exchange.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import httpx

from wnmon.clock import SystemClock
from wnmon.engine.ports import READ_PIECES, Clock
from wnmon.model.check import Auth
from wnmon.model.exchange import Request
from wnmon.transport.connection import Connection
from wnmon.transport.framing import Event, Framing, Head, MakeHeads, Malformed, heads_here
from wnmon.transport.outgoing import PORTS, Outgoing, Unsendable, header_lines
from wnmon.transport.over_asyncio import OverAsyncio
from wnmon.transport.recording import Recording, Stage
from wnmon.transport.resolving import Lookup, look_up


class SensorTransport(httpx.AsyncBaseTransport):
    """HTTP/1.1 over a fresh connection each, without a proxy. Certificates are judged by certifi's authorities."""

    def __init__(
        self,
        clock: Clock | None = None,
        lookup: Lookup = look_up,
        make_heads: MakeHeads | None = None,
        *,
        ca_file: str | None = None,
    ) -> None:
        self._clock = clock or SystemClock()
        self._make_heads = make_heads or heads_here()
        self._own = OverAsyncio(lookup, self._make_heads)
        self._ca_file = ca_file

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; the response comes with its head, its body is read while it comes."""
        asked, limits = _asked(request, await request.aread()), request.extensions.get("timeout", {})
        context = self._own.authorities.context(self._ca_file) if asked.is_secure else None
        noted = Request(
            step="", method=asked.method, url=str(request.url), headers=(), body=b"", auth=Auth.NONE, stream=False
        )
        recording = Recording.begun(noted, self._clock, None)
        with _as_httpx_says(recording):
            async with asyncio.timeout(limits.get("connect")):
                connection = await self._own.open(recording, asked, None, context)
        body = _Body(connection, recording, Framing(asked.method, self._make_heads), limits.get("read"))
        recording.stage = Stage.SEND
        connection.ask(asked.to_bytes(), body, body.sent)
        try:
            head = await body.head()
        except BaseException:
            connection.close()
            raise
        return httpx.Response(
            head.status,
            headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in head.headers],
            stream=body,
            extensions={
                "http_version": head.version.encode("ascii"),
                "reason_phrase": head.reason.encode("latin-1"),
                "marks": recording.marks,
                "stamps": body.stamps,
            },
        )


def _asked(request: httpx.Request, body: bytes) -> Outgoing:
    url, netloc = request.url, request.url.netloc.decode("ascii")
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
    others = [one for one in headers if one[0].lower() not in {"host", "transfer-encoding"}]
    try:
        lines = header_lines(request.method, request.headers.get("host", netloc), others, body)
    except Unsendable as wrong:
        raise httpx.LocalProtocolError(str(wrong)) from None
    return Outgoing(
        method=request.method,
        scheme=url.scheme,
        host=url.host,
        port=url.port or PORTS[url.scheme],
        netloc=netloc,
        path=url.raw_path.decode("ascii"),
        header_lines=lines,
        body=body,
    )


@contextmanager
def _as_httpx_says(recording: Recording) -> Iterator[None]:
    """Raise what httpx would."""
    connects = recording.stage in {Stage.RESOLVE, Stage.CONNECT, Stage.TLS}
    try:
        yield
    except TimeoutError as late:
        raise (httpx.ConnectTimeout if connects else httpx.ReadTimeout)(str(late)) from late
    except Malformed as broken:
        raise httpx.RemoteProtocolError(str(broken)) from broken
    except OSError as broken:
        raise (httpx.ConnectError if connects else httpx.ReadError)(str(broken)) from broken


class _Body(httpx.AsyncByteStream):
    """The Reader of one answer, whose body somebody reads as it comes. `stamps`: one for each piece."""

    def __init__(self, connection: Connection, recording: Recording, framing: Framing, limit_s: float | None) -> None:
        self.stamps: list[int] = []
        self._connection = connection
        self._recording = recording
        self._framing = framing
        self._limit_s = limit_s
        self._come: deque[tuple[int, Event] | BaseException] = deque()
        self._news = asyncio.Event()

    def sent(self, at_ns: int) -> None:
        self._recording.mark("sent_ns", at_ns=at_ns)
        self._recording.stage = Stage.WAIT

    def take(self, at_ns: int, data: bytes) -> None:
        self._keep(at_ns, self._framing.read(data))

    def end(self, at_ns: int) -> None:
        self._keep(at_ns, self._framing.close())

    def fail(self, error: BaseException) -> None:
        self._come.append(error)
        self._news.set()

    async def head(self) -> Head:
        """Wait for the head of the answer."""
        while True:
            at_ns, event = await self._next()
            if isinstance(event, Head) and not event.is_interim:
                self._recording.mark("headers_ns", at_ns=at_ns)
                return event

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            at_ns, event = await self._next()
            if not isinstance(event, bytes):
                self._recording.mark("end_ns", at_ns=at_ns)
                return
            self.stamps.append(at_ns)
            yield event

    async def aclose(self) -> None:
        self._connection.close()

    def _keep(self, at_ns: int, events: Iterator[Event]) -> None:
        self._come.extend((at_ns, event) for event in events)
        self._news.set()
        if len(self._come) > READ_PIECES:
            self._connection.pause_reading()

    async def _next(self) -> tuple[int, Event]:
        with _as_httpx_says(self._recording):
            while not self._come:
                self._connection.resume_reading()
                self._news.clear()
                async with asyncio.timeout(self._limit_s):
                    await self._news.wait()
            found = self._come.popleft()
            if isinstance(found, BaseException):
                raise found
            return found
