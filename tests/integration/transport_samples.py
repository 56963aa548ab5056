"""Servers that say exactly the bytes a test gives them, and one request to send to them."""

from __future__ import annotations

import asyncio
import selectors
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from wnmon.engine.ports import Clock
from wnmon.model.check import Caps, Step, Timeouts
from wnmon.model.exchange import Exchange, Request
from wnmon.model.json import JsonObject
from wnmon.model.target import Secret, SensorKind, Target
from wnmon.transport import Sensor
from wnmon.transport.framing import FastHeads, H11Heads, MakeHeads, heads_here
from wnmon.transport.resolving import Lookup, look_up
from wnmon.wire.request import build

T = TypeVar("T")
Speech = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Loop = Callable[[], asyncio.AbstractEventLoop]

KEY = "sk-0123456789abcdef"
PATIENT = Timeouts(connect_s=10, headers_s=10, first_token_s=10, stall_s=10, total_s=20)
GIVES_UP_SOON_S = 0.2
DEFAULT_CAPS = Caps()
JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
OK = JSON_HEAD + b"Content-Length: 2\r\n\r\n{}"
TOKEN = b'data: {"choices":[{"index":0,"delta":{"content":"hi"}}]}\n\n'


GRACE_S = 0.002
"""What is on its way within the kernel has come by then."""


class _PatientSelector(selectors.DefaultSelector):
    """Waits for sockets and threads, and lets the time of its loop pass where nothing comes."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 1_000.0
        self.at_work = 0

    def select(self, timeout: float | None = None) -> Any:
        """Return what is there; without anything, be at once where the loop wanted to wait until."""
        if timeout is None or (timeout > 0 and self.at_work):
            return super().select(None)
        found = super().select(min(timeout, GRACE_S))
        if not found and timeout > 0:
            self.now_s += timeout
        return found


class IdleTimeLoop(asyncio.SelectorEventLoop):
    """A loop whose time passes only while nothing is to be done: a busy machine makes no limit run out.

    Sockets are real, and so are threads, which are waited for. Sleeps and limits end as soon as nothing is under way.
    """

    def __init__(self) -> None:
        self._patient = _PatientSelector()
        super().__init__(self._patient)

    def time(self) -> float:
        """Return the time of this loop."""
        return self._patient.now_s

    def hold_up(self, seconds: float) -> None:
        """Let time pass in which the loop takes nothing: what comes meanwhile is found with what has become due."""
        self._patient.now_s += seconds

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:  # type: ignore[override]
        """Let a thread do some work. No time passes meanwhile."""
        self._patient.at_work += 1
        working = super().run_in_executor(executor, func, *args)
        working.add_done_callback(self._done)
        return working

    def _done(self, _: object) -> None:
        self._patient.at_work -= 1

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """Wait for threads without a limit (Python 3.12 sets one): this loop would have its time over at once."""
        await super().shutdown_default_executor()


class LoopClock:
    """The time of the running loop, and a nanosecond or more with each look: no two stamps are equal."""

    def __init__(self, look_ns: int = 1) -> None:
        self._look_ns = look_ns
        self._looked_ns = 0

    def now_ns(self) -> int:
        self._looked_ns += self._look_ns
        return round(asyncio.get_running_loop().time() * 1e9) + self._looked_ns

    def boot_ns(self) -> int:
        return self.now_ns()

    def wall_s(self) -> float:
        return 1_700_000_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a request goes: by what speaks HTTP, and by what reads the heads of its answer."""

    kind: SensorKind = SensorKind.OWN
    make_heads: MakeHeads = H11Heads


WAYS = {"h11": Way(), "httptools": Way(make_heads=FastHeads), "httpx": Way(kind=SensorKind.HTTPX)}
_going: list[Way] = [Way(make_heads=heads_here())]


@contextmanager
def going(way: Way) -> Iterator[Way]:
    """Let requests go this way."""
    _going.append(way)
    try:
        yield way
    finally:
        _going.pop()


def sensor(lookup: Lookup = look_up, clock: Clock | None = None) -> Sensor:
    """Return a transport that stamps with the time of its loop, unless it is given a clock."""
    return Sensor(clock or LoopClock(), lookup, _going[-1].make_heads)


@dataclass(slots=True, kw_only=True)
class Heard:
    """What a raw server heard: the head of each request by connection, and connections the client has left."""

    port: int = 0
    scheme: str = "http"
    host: str = "127.0.0.1"
    accepted: int = 0
    left: asyncio.Event = field(default_factory=asyncio.Event)
    heads: list[bytes] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}/v1/chat/completions"

    def header(self, name: str) -> list[str]:
        """Return all values of a header of the last request."""
        lines = (line.partition(b":") for line in self.heads[-1].split(b"\r\n")[1:])
        return [value.decode().strip() for key, _, value in lines if key.decode().lower() == name.lower()]


@asynccontextmanager
async def speaking(
    speech: Speech, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[Heard]:
    """Read each request whole, then let `speech` answer; the connection is closed after it."""
    heard = Heard(scheme="https" if tls else "http")
    tasks: set[asyncio.Task[None]] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        heard.accepted += 1
        # Cancelled means that the test is over; asyncio would log it as an error of its callback.
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await listen(reader, heard)
            await speech(reader, writer)
        await hang_up(writer)
        heard.left.set()
        tasks.discard(task)

    server = await asyncio.start_server(converse, host, 0, ssl=tls)
    heard.port = server.sockets[0].getsockname()[1]
    try:
        yield heard
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Close, and abort where the other side does not take part."""
    writer.close()
    with suppress(OSError, TimeoutError, asyncio.CancelledError):
        async with asyncio.timeout(1):
            await writer.wait_closed()
    writer.transport.abort()


async def listen(reader: asyncio.StreamReader, heard: Heard) -> None:
    """Read one request."""
    heard.heads.append((await reader.readuntil(b"\r\n\r\n"))[:-4])
    lengths = heard.header("content-length")
    heard.bodies.append(await reader.readexactly(int(lengths[0])) if lengths else b"")


def saying(*pieces: bytes, pause_s: float = 0.0, then: Speech | None = None) -> Speech:
    """Write the pieces one after the other, then do something else before the close."""

    async def speech(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause_s)
        if then is not None:
            await then(reader, writer)

    return speech


def repeating(piece: bytes, pause_s: float = 0.0) -> Speech:
    """Write the same bytes until the client leaves."""

    async def speech(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not reader.at_eof():
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause_s)

    return speech


async def silence(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Say nothing until the client leaves."""
    await reader.read()


def chunked(*pieces: bytes) -> bytes:
    """Return the pieces in chunked transfer coding, without the end."""
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)


CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"


def request_to(url: str, *, stream: bool = False, **more: Any) -> Request:
    """Return the request a check would send."""
    body: JsonObject = {
        "model": "m",
        "messages": [{"role": "user", "content": "hi"}],
        **({"stream": True} if stream else {}),
    }
    return replace(build(Step(name="only", body=body), url, "m", "nonce"), **more)


def target_of(url: str, **more: Any) -> Target:
    """Return a target with a key."""
    usual: dict[str, Any] = {
        "name": "t",
        "url": url,
        "host": "t",
        "models": ("m",),
        "api_key": Secret(KEY, "api_key"),
        "transport": _going[-1].kind,
    }
    return Target(**usual | more)


async def send(
    url: str,
    *,
    request: Request | None = None,
    target: Target | None = None,
    stream: bool = False,
    timeouts: Timeouts = PATIENT,
    caps: Caps = DEFAULT_CAPS,
    transport: Sensor | None = None,
) -> Exchange:
    """Send one request by a transport of its own, unless one is given."""
    sending = transport or sensor()
    try:
        return await sending.send(
            request or request_to(url, stream=stream), target or target_of(url), timeouts=timeouts, caps=caps
        )
    finally:
        if transport is None:
            await sending.close()


def ask(speech: Speech, *, tls: ssl.SSLContext | None = None, **options: Any) -> Exchange:
    """Return the exchange with a server that answers so."""
    return ask_and_hear(speech, tls=tls, **options)[0]


def ask_and_hear(
    speech: Speech, *, tls: ssl.SSLContext | None = None, loop: Loop | None = None, **options: Any
) -> tuple[Exchange, Heard]:
    """Return the exchange, and what the server heard."""

    async def scenario() -> tuple[Exchange, Heard]:
        async with speaking(speech, tls=tls) as heard:
            target = options.pop("target", None)
            return await send(heard.url, target=target(heard.url) if callable(target) else target, **options), heard

    return run(scenario(), loop or IdleTimeLoop)


def run(scenario: Coroutine[Any, Any, T], loop: Loop = IdleTimeLoop) -> T:
    """Run a scenario; one that hangs fails instead of holding up everything."""

    async def within() -> T:
        async with asyncio.timeout(60):
            return await scenario

    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(within())


def failure_of(exchange: Exchange) -> str | None:
    """Return the kind of the failure, None for a complete answer."""
    return exchange.failure.kind.value if exchange.failure else None
