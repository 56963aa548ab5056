"""The reference relay on real sockets: `async with serve(MockSettings()) as relay: ... relay.url`."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import takewhile
from uuid import uuid4

from wnmon.clock import SystemClock
from wnmon.engine.ports import Clock
from wnmon.errors import UsageError
from wnmon.mock.chat import Refusal
from wnmon.mock.connection import ClientProtocol, hang_up, play, read_request, say_farewell
from wnmon.mock.fault import ApiCall
from wnmon.mock.faults import FAULTS, find_faults
from wnmon.mock.http import HttpError, RequestHead
from wnmon.mock.pieces import Pieces
from wnmon.mock.rate import Rates
from wnmon.mock.relay import refuse
from wnmon.mock.script import script, write_answer
from wnmon.mock.settings import MockSettings
from wnmon.model.said import Said

FAULT_HEADER = "x-wnmon-fault"
_KEPT_REQUESTS = 1000
_MOMENT_NS = 300 * 10**6


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request as it came: headers by lower-case name, `read_ns` (CLOCK_MONOTONIC) when its last byte was read."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    read_ns: int


@dataclass(slots=True, kw_only=True)
class MockRelay:
    """A running relay and what it has seen. `requests` keeps the last 1,000, `received` counts all."""

    settings: MockSettings
    port: int = 0
    received: int = 0
    accepted: int = 0
    requests: deque[Received] = field(default_factory=lambda: deque(maxlen=_KEPT_REQUESTS))
    conversations: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Return the origin, `http://host:port`, without a path."""
        host = f"[{self.settings.host}]" if ":" in self.settings.host else self.settings.host
        return f"{'https' if self.settings.tls_cert else 'http'}://{host}:{self.port}"

    @property
    def last(self) -> Received:
        """Return the latest request. Raises IndexError before the first."""
        return self.requests[-1]

    @property
    def connections(self) -> int:
        """Return how many connections are open; `accepted` counts all there ever were."""
        return len(self.conversations)


@asynccontextmanager
async def serve(settings: MockSettings, clock: Clock | None = None) -> AsyncIterator[MockRelay]:
    """Listen while the block runs. Raises UsageError for an unknown fault, an unusable address or certificate."""
    desk = _Desk(settings, clock or SystemClock())
    server = await _listen(settings, desk)
    desk.relay.port = server.sockets[0].getsockname()[1]
    try:
        yield desk.relay
    finally:
        await _accept_no_more(server)
        server.close()
        await _end(desk.relay.conversations)
        await server.wait_closed()


async def _listen(settings: MockSettings, desk: _Desk) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    try:
        return await loop.create_server(
            lambda: ClientProtocol(desk.converse, limit=settings.max_head_bytes),
            settings.host,
            settings.port,
            ssl=_tls(settings),
            backlog=1024,
        )
    except (OSError, OverflowError) as error:
        said = Said("cannot_listen", host=settings.host, port=settings.port, why=str(error))
        raise UsageError(said) from None


def _tls(settings: MockSettings) -> ssl.SSLContext | None:
    if settings.tls_cert is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key)
    except OSError as error:
        raise UsageError(Said("mock_no_certificate", path=settings.tls_cert, why=str(error))) from None
    return context


_TURNS_TO_BEGIN = 3
"""So many turns of the loop asyncio takes from the accept of a connection to its conversation."""


async def _accept_no_more(server: asyncio.Server) -> None:
    """Let what was accepted begin: asyncio forgets, and leaves open, what has not when the server closes."""
    for listening in server.sockets:
        asyncio.get_running_loop().remove_reader(listening.fileno())
    for _ in range(_TURNS_TO_BEGIN):
        await asyncio.sleep(0)


async def _end(tasks: set[asyncio.Task[None]]) -> None:
    """Cancel conversations and wait until they have hung up."""
    while waiting := tuple(tasks):
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await asyncio.sleep(0)


class _Desk:
    """Holds every conversation; owns its task from accept to close."""

    def __init__(self, settings: MockSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._faults = find_faults(settings.faults)
        self._hung_up = False
        self._rates = Rates()
        self.relay = MockRelay(settings=settings)

    def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> asyncio.Task[None]:
        """Begin a conversation; its task lives in `relay.conversations` until the connection is closed."""
        task = asyncio.get_running_loop().create_task(self._converse(reader, writer))
        self.relay.accepted += 1
        self.relay.conversations.add(task)
        task.add_done_callback(self.relay.conversations.discard)
        # One that is cancelled before its first step hangs up nothing by itself.
        task.add_done_callback(lambda _: writer.transport.abort())
        return task

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            # A client that leaves, resets or falls silent ends its own conversation and nothing else.
            with suppress(OSError, TimeoutError):
                while await self._serve_one(reader, writer):
                    pass
        finally:
            await hang_up(writer)

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Read one request and answer it. Return whether the connection may carry another."""
        try:
            async with asyncio.timeout(self._settings.idle_s):
                request = await read_request(reader, writer, self._settings)
        except HttpError as problem:
            await play(self._unreadable(problem), writer, self._clock, self._clock.now_ns())
            await say_farewell(reader, writer)
            return False
        if request is None:
            return False
        call = self._draw(*request)
        self._note(call)
        try:
            return await play(self._answer(call), writer, self._clock, call.read_ns)
        except (OSError, asyncio.CancelledError):
            self._hung_up = True  # the client left before it had the whole answer
            raise

    def _draw(self, head: RequestHead, body: bytes) -> ApiCall:
        """Draw what an answer needs: instants, an id, and what became of the answer before."""
        after_hang_up, self._hung_up = self._hung_up, False
        return ApiCall(
            head=head,
            body=body,
            settings=self._settings,
            read_ns=self._clock.now_ns(),
            wall_s=self._clock.wall_s(),
            id=f"chatcmpl-{uuid4().hex}",
            after_hang_up=after_hang_up,
            alike=1 + self._alike(head, body),
        )

    def _alike(self, head: RequestHead, body: bytes) -> int:
        """Count the requests of this moment with the same key and body."""
        since_ns = self._clock.now_ns() - _MOMENT_NS
        recent = takewhile(lambda seen: seen.read_ns >= since_ns, reversed(self.relay.requests))
        key = head.headers.get("authorization")
        return sum(seen.body == body and seen.headers.get("authorization") == key for seen in recent)

    def _note(self, call: ApiCall) -> None:
        head = call.head
        seen = Received(method=head.method, path=head.path, headers=head.headers, body=call.body, read_ns=call.read_ns)
        self.relay.received += 1
        self.relay.requests.append(seen)

    def _answer(self, call: ApiCall) -> Pieces:
        """Add the faults this one request asks for by header to those of the relay."""
        names = [name.strip() for name in call.head.headers.get(FAULT_HEADER, "").split(",") if name.strip()]
        unknown = [name for name in names if name not in FAULTS]
        if unknown:
            message = f"unknown fault in X-Wnmon-Fault: {', '.join(unknown)[:200]}"
            return write_answer(call, refuse(Refusal(status=400, message=message)), ())
        faults = (*self._faults, *(FAULTS[name] for name in names))
        limits = [fault.per_minute for fault in faults if fault.per_minute is not None]
        if limits:
            call = replace(call, rate=self._rates.take(call.key, min(limits), call.read_ns))
        return script(call, faults)

    def _unreadable(self, problem: HttpError) -> Pieces:
        """Answer bytes that are no request, then close."""
        head = RequestHead(method="", path="", minor=1, headers={"connection": "close"})
        refusal = Refusal(status=problem.status, message=problem.message)
        return write_answer(self._draw(head, b""), refuse(refusal), ())
