"""What one exchange does on the wire, and what is recorded of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import zlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import fields, replace
from itertools import pairwise
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import pytest
from transport_samples import (
    CHUNKED,
    DEFAULT_CAPS,
    END,
    JSON_HEAD,
    KEY,
    OK,
    PATIENT,
    STREAM_HEAD,
    TOKEN,
    LoopClock,
    ask,
    ask_and_hear,
    chunked,
    failure_of,
    request_to,
    run,
    saying,
    send,
    sensor,
    silence,
    speaking,
    target_of,
)

from wnmon import __version__
from wnmon.mock.server import MockRelay, serve
from wnmon.mock.settings import MockSettings
from wnmon.model.check import Auth, Timeouts
from wnmon.model.exchange import Exchange, Marks, Request
from wnmon.model.target import Secret, Target
from wnmon.transport import Sensor
from wnmon.transport.warmup import warm_up

pytestmark = pytest.mark.usefixtures("each_way")

T = TypeVar("T")


def with_relay(talk: Callable[[MockRelay, Sensor], Awaitable[T]], *faults: str) -> T:
    """Run one conversation of a transport with a relay."""

    async def scenario() -> T:
        transport = sensor()
        async with serve(MockSettings(faults=faults, ttft_s=0.03, gap_s=0.01), LoopClock()) as relay:
            try:
                return await talk(relay, transport)
            finally:
                await transport.close()

    return run(scenario())


def ask_relay(*faults: str, times: int = 1, stream: bool = False) -> tuple[Exchange, MockRelay]:
    """Return the last of some exchanges with a relay, and the relay."""

    async def talk(relay: MockRelay, transport: Sensor) -> tuple[Exchange, MockRelay]:
        for _ in range(times - 1):
            await send(url_of(relay), transport=transport, stream=stream)
        return await send(url_of(relay), transport=transport, stream=stream), relay

    return with_relay(talk, *faults)


def url_of(relay: MockRelay, host: str = "127.0.0.1") -> str:
    return f"http://{host}:{relay.port}/v1/chat/completions"


# The record


def test_a_complete_answer_has_no_failure() -> None:
    assert failure_of(ask_relay()[0]) is None


def test_status_version_and_headers_are_recorded() -> None:
    exchange = ask(saying(b"HTTP/1.1 418 Short\r\nX-One: 1\r\nX-Two: \xe9\r\nContent-Length: 0\r\n\r\n"))

    assert (exchange.status, exchange.http_version) == (418, "HTTP/1.1")
    assert exchange.headers[:2] == (("X-One", "1"), ("X-Two", "é"))


def test_a_plain_connection_has_no_tls() -> None:
    assert ask_relay()[0].tls is None


def test_the_peer_is_the_address_that_answered() -> None:
    exchange, relay = ask_relay()

    assert exchange.peer == f"127.0.0.1:{relay.port}"


def test_marks_are_in_the_order_of_what_happened() -> None:
    marks = ask_relay()[0].marks
    instants = [getattr(marks, mark.name) for mark in fields(Marks)]
    happened = [marks.started_ns, *(at_ns for at_ns in instants[2:] if at_ns is not None)]

    assert happened == sorted(happened)


def test_what_did_not_happen_has_no_mark() -> None:
    marks = ask_relay()[0].marks

    assert {mark.name for mark in fields(Marks) if getattr(marks, mark.name) is None} == {
        "scheduled_ns",
        "resolve_ns",
        "resolved_ns",
        "secure_ns",
        "secured_ns",
    }


def test_a_name_has_a_dns_phase() -> None:
    async def talk(relay: MockRelay, transport: Sensor) -> Exchange:
        return await send(url_of(relay, "localhost"), transport=transport)

    marks = with_relay(talk).marks

    assert marks.resolve_ns is not None
    assert marks.resolved_ns is not None
    assert marks.connect_ns is not None
    assert marks.started_ns <= marks.resolve_ns <= marks.resolved_ns <= marks.connect_ns


def test_a_refused_connection_has_no_later_marks() -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        marks = run(send(f"http://127.0.0.1:{unheard.getsockname()[1]}/v1")).marks

    later = (marks.connected_ns, marks.send_ns, marks.sent_ns, marks.headers_ns)
    assert (marks.connect_ns is not None, later) == (True, (None, None, None, None))


def test_the_scheduled_instant_is_kept() -> None:
    async def talk(relay: MockRelay, transport: Sensor) -> int | None:
        url = url_of(relay)
        sent = transport.send(request_to(url), target_of(url), timeouts=PATIENT, caps=DEFAULT_CAPS, scheduled_ns=123)
        return (await sent).marks.scheduled_ns

    assert with_relay(talk) == 123


def ms_between(*stamps: int) -> list[int]:
    return [round((after - before) / 1e6) for before, after in pairwise(stamps)]


def test_the_head_is_stamped_before_the_body() -> None:
    exchange = ask(saying(STREAM_HEAD + b"\r\n", TOKEN, TOKEN, pause_s=0.05), stream=True)

    assert exchange.marks.headers_ns is not None
    assert ms_between(exchange.marks.headers_ns, exchange.chunks[0].at_ns) == [50]


def test_chunks_are_stamped_when_they_arrive() -> None:
    exchange = ask(saying(STREAM_HEAD + b"\r\n", *([TOKEN] * 5), pause_s=0.05), stream=True)

    assert ms_between(*(chunk.at_ns for chunk in exchange.chunks)) == [50] * 4


def test_stamps_never_go_back() -> None:
    exchange, _ = ask_relay(stream=True)
    stamps = [chunk.at_ns for chunk in exchange.chunks]

    assert stamps == sorted(stamps)
    assert exchange.marks.sent_ns is not None
    assert exchange.marks.sent_ns <= stamps[0] <= stamps[-1] <= exchange.marks.end_ns


def test_unpacked_chunks_keep_the_stamps_of_their_arrival() -> None:
    packer = zlib.compressobj(wbits=31)
    pieces = [packer.compress(TOKEN) + packer.flush(zlib.Z_SYNC_FLUSH) for _ in range(3)] + [packer.flush()]
    head = STREAM_HEAD + b"Content-Encoding: gzip\r\n\r\n"
    exchange = ask(saying(head, *pieces, pause_s=0.05), stream=True)

    assert ms_between(*(chunk.at_ns for chunk in exchange.chunks if chunk.data == TOKEN)) == [50] * 2


def test_wire_bytes_count_the_body_as_it_came() -> None:
    exchange = ask(saying(JSON_HEAD + CHUNKED + chunked(b"{", b"}") + END))

    assert (exchange.wire_bytes, exchange.body) == (2, b"{}")


# What is sent


def test_every_probe_has_a_connection_of_its_own() -> None:
    _, relay = ask_relay(times=3)

    assert (relay.received, relay.accepted) == (3, 3)


def test_no_connection_is_left_open() -> None:
    async def talk(relay: MockRelay, transport: Sensor) -> int:
        await send(url_of(relay), transport=transport)
        async with asyncio.timeout(10):
            while relay.connections:
                await asyncio.sleep(0.01)
        return relay.connections

    assert with_relay(talk) == 0


@pytest.mark.parametrize("fault", ["500", "429", "close-at-once", "reset", "not-http"])
def test_a_failed_request_is_not_sent_again(fault: str) -> None:
    assert ask_relay(fault)[1].received == 1


def test_a_cookie_is_not_sent_back() -> None:
    exchange, relay = ask_relay("cookie", times=2)

    assert exchange.header("set-cookie") is not None
    assert "cookie" not in relay.last.headers


def test_a_redirect_is_not_followed() -> None:
    async def scenario() -> tuple[Exchange, int]:
        async with speaking(saying(OK)) as other:
            answer = b"HTTP/1.1 307 Moved\r\nLocation: " + other.url.encode() + b"\r\nContent-Length: 0\r\n\r\n"
            async with speaking(saying(answer)) as relay:
                return await send(relay.url), other.accepted

    exchange, elsewhere = run(scenario())
    assert (exchange.status, elsewhere) == (307, 0)


def test_the_body_arrives_as_it_was_built() -> None:
    exchange, heard = ask_and_hear(saying(OK))

    assert heard.bodies == [exchange.request.body]
    assert json.loads(heard.bodies[0])["messages"][0]["content"] == "hi"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("accept-encoding", "identity"),
        ("accept", "application/json"),
        ("content-type", "application/json"),
        ("user-agent", f"wnmon/{__version__}"),
        ("authorization", f"Bearer {KEY}"),
    ],
)
def test_a_request_carries_the_header_once(name: str, value: str) -> None:
    assert ask_and_hear(saying(OK))[1].header(name) == [value]


def test_host_is_the_name_in_the_url_also_after_it_was_resolved() -> None:
    async def scenario() -> list[str]:
        async with speaking(saying(OK)) as heard:
            await send(heard.url.replace("127.0.0.1", "localhost"))
            return [*heard.header("host"), f"localhost:{heard.port}"]

    host, expected = run(scenario())
    assert host == expected


@pytest.mark.parametrize(
    ("auth", "sent"),
    [
        (Auth.NORMAL, [f"Bearer {KEY}"]),
        (Auth.LOWERCASE, [f"bearer {KEY}"]),
        (Auth.NONE, []),
        (Auth.WRONG, ["Bearer sk-wnmon-deliberately-wrong-key"]),
    ],
)
def test_the_authorization_is_as_asked(auth: Auth, sent: list[str]) -> None:
    async def scenario() -> list[str]:
        async with speaking(saying(OK)) as heard:
            await send(heard.url, request=request_to(heard.url, auth=auth))
            return heard.header("authorization")

    assert run(scenario()) == sent


def test_without_a_key_no_authorization_is_sent() -> None:
    _, heard = ask_and_hear(saying(OK), target=lambda url: target_of(url, api_key=None))

    assert heard.header("authorization") == []


def test_headers_of_the_target_are_sent_also_secret_ones() -> None:
    headers = (("X-Org", "plain"), ("X-Pass", Secret("secret-of-twelve", "header:X-Pass")))
    _, heard = ask_and_hear(saying(OK), target=lambda url: target_of(url, headers=headers))

    assert (heard.header("x-org"), heard.header("x-pass")) == (["plain"], ["secret-of-twelve"])


def test_a_header_of_the_request_replaces_that_of_the_target() -> None:
    async def scenario() -> list[str]:
        async with speaking(saying(OK)) as heard:
            request = replace(request_to(heard.url), headers=(("x-org", "mine"),))
            await send(heard.url, request=request, target=target_of(heard.url, headers=(("X-Org", "its"),)))
            return heard.header("x-org")

    assert run(scenario()) == ["mine"]


def test_a_header_may_hold_latin_1() -> None:
    _, heard = ask_and_hear(saying(OK), target=lambda url: target_of(url, headers=(("X-Org", "Müller"),)))

    assert b"M\xfcller" in heard.heads[-1]


# Addresses


def two_addresses(host: str, port: int) -> list[tuple[Any, ...]]:
    """Answer as the resolver would, for whom every name has two addresses: 127.0.0.2, then 127.0.0.1."""
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, host, (f"127.0.0.{last}", port)) for last in (2, 1)]


async def send_to_two(port: int, timeouts: Timeouts = PATIENT) -> Exchange:
    """Send a request to a name with two addresses."""
    asking = sensor(two_addresses)
    try:
        return await send(f"http://two.test:{port}/v1", timeouts=timeouts, transport=asking)
    finally:
        await asking.close()


def ask_two(port: int, connect_s: float = 10.0) -> Exchange:
    """Ask a name with two addresses, of which only the second answers."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        writer.close()
        await writer.wait_closed()

    async def scenario() -> Exchange:
        async with await asyncio.start_server(answer, "127.0.0.1", port):
            return await send_to_two(port, replace(PATIENT, connect_s=connect_s))

    return run(scenario())


def bound() -> tuple[socket.socket, int]:
    """Return a socket on the first address, not listening, and its port: one that is free on both addresses."""
    while True:
        first = socket.socket()
        first.bind(("127.0.0.2", 0))
        port = first.getsockname()[1]
        with socket.socket() as second, contextlib.suppress(OSError):
            second.bind(("127.0.0.1", port))
            return first, port
        first.close()  # another connection of this machine has it on the second


def test_a_second_address_is_tried_when_the_first_refuses() -> None:
    first, port = bound()
    with first:
        exchange = ask_two(port)

    assert (failure_of(exchange), exchange.peer) == (None, f"127.0.0.1:{port}")


def test_a_second_address_is_tried_when_the_first_is_silent() -> None:
    first, port = bound()
    fillers = [socket.socket() for _ in range(4)]
    with first, contextlib.ExitStack() as stack:
        first.listen(0)
        for filler in fillers:
            stack.enter_context(filler).setblocking(False)
            filler.connect_ex(first.getsockname())
        assert failure_of(ask_two(port, connect_s=1.0)) is None


def test_the_share_of_an_address_ends_once_it_took_the_connection() -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(1.0)
        writer.write(OK)
        writer.close()
        await writer.wait_closed()

    async def scenario() -> Exchange:
        async with await asyncio.start_server(slow, "127.0.0.2", 0) as server:
            port = server.sockets[0].getsockname()[1]
            return await send_to_two(port, replace(PATIENT, connect_s=1.0))

    exchange = run(scenario())

    assert (failure_of(exchange), exchange.status) == (None, 200)


def test_when_no_address_answers_it_is_connect() -> None:
    first, port = bound()
    with first, socket.socket() as second:
        second.bind(("127.0.0.1", port))
        assert failure_of(run(send_to_two(port))) == "connect"


# The end


def test_a_cancelled_exchange_closes_its_connection() -> None:
    async def scenario() -> bool:
        async with speaking(silence) as heard:
            sending = asyncio.ensure_future(send(heard.url))
            async with asyncio.timeout(10):
                while not heard.bodies:
                    await asyncio.sleep(0.01)
                sending.cancel()
                with suppress(asyncio.CancelledError):
                    await sending
                await heard.left.wait()
            return sending.cancelled()

    assert run(scenario())


def test_exchanges_at_the_same_time_do_not_mix() -> None:
    async def talk(relay: MockRelay, transport: Sensor) -> list[str]:
        words = [f"word{number}" for number in range(20)]
        requests = [request_to(url_of(relay), body=_say(word)) for word in words]
        exchanges = await asyncio.gather(*(send(r.url, request=r, transport=transport) for r in requests))
        said = [json.loads(exchange.body)["choices"][0]["message"]["content"] for exchange in exchanges]
        return [word for word, text in zip(words, said, strict=True) if word != text]

    assert with_relay(talk) == []


def _say(word: str) -> bytes:
    messages = [{"role": "user", "content": f"Reply with only: {word}"}]
    return json.dumps({"model": "m", "messages": messages, "max_tokens": 50}).encode()


def test_a_warm_up_asks_nobody_but_ourselves() -> None:
    async def talk(relay: MockRelay, transport: Sensor) -> int:
        await transport.warm_up()
        return relay.accepted

    assert with_relay(talk) == 0


def test_a_warm_transport_measures_as_before() -> None:
    async def talk(relay: MockRelay, transport: Sensor) -> str | None:
        await transport.warm_up()
        return failure_of(await send(url_of(relay), transport=transport))

    assert with_relay(talk) is None


class GivesUp:
    """A transport out of time: it leaves before it has asked, and hears whether the connection is closed for it."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    async def send(self, request: Request, target: Target, **_: object) -> Exchange:
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(request.url).port)
        writer.write_eof()
        self.heard.append(await reader.read())
        writer.close()
        return cast("Exchange", None)  # nobody looks at what a warm-up brought

    async def warm_up(self) -> None:
        await warm_up(self)

    async def close(self) -> None: ...


def test_a_warm_up_closes_the_connection_of_a_client_that_left_before_it_asked() -> None:
    transport = GivesUp()

    asyncio.run(asyncio.wait_for(transport.warm_up(), 60))

    assert transport.heard == [b"", b""]
