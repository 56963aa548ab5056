"""What wnmon's own HTTP does that httpx does not: phases without gaps, reads with one stamp, addresses in a race."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
import uvloop
from tls_samples import Papers
from transport_samples import (
    CHUNKED,
    END,
    JSON_HEAD,
    OK,
    STREAM_HEAD,
    TOKEN,
    LoopClock,
    ask,
    chunked,
    failure_of,
    hang_up,
    request_to,
    run,
    saying,
    send,
    speaking,
    target_of,
)

from wnmon.clock import SystemClock
from wnmon.engine.ports import READ_PIECES
from wnmon.model.exchange import Exchange, Marks
from wnmon.transport import Sensor
from wnmon.transport.dialing import STAGGER_S, dial, in_turn
from wnmon.wire.answer import read_answer

TALK = saying(STREAM_HEAD + CHUNKED, chunked(TOKEN), chunked(TOKEN), chunked(b"data: [DONE]\n\n") + END, pause_s=0.03)


def talk_by_name(tls: Papers | None = None, ca: Papers | None = None) -> Exchange:
    """Return a stream of a relay that is asked by its name."""

    async def scenario() -> Exchange:
        async with speaking(TALK, tls=tls.server() if tls else None) as heard:
            url = heard.url.replace("127.0.0.1", "localhost")
            target = target_of(url, ca_file=str(ca.certificate) if ca else None)
            return await send(url, target=target, request=request_to(url, stream=True))

    return run(scenario())


# --- phases


def phases_ns(marks: Marks) -> list[tuple[int | None, int | None]]:
    """Return where each phase begins and ends."""
    return [
        (marks.resolve_ns, marks.resolved_ns),
        (marks.connect_ns, marks.connected_ns),
        (marks.secure_ns, marks.secured_ns),
        (marks.send_ns, marks.sent_ns),
        (marks.sent_ns, marks.headers_ns),
        (marks.headers_ns, marks.end_ns),
    ]


def sum_ns(marks: Marks) -> int:
    return sum(end - begin for begin, end in phases_ns(marks) if begin is not None and end is not None)


def test_the_phases_add_up_to_the_whole() -> None:
    marks = talk_by_name().marks

    assert sum_ns(marks) == marks.end_ns - marks.started_ns


def test_the_phases_add_up_to_the_whole_over_tls(good: Papers, authority: Papers) -> None:
    marks = talk_by_name(good, authority).marks

    assert (marks.secured_ns is not None, sum_ns(marks)) == (True, marks.end_ns - marks.started_ns)


def test_without_a_name_to_look_up_the_first_phase_is_connecting() -> None:
    marks = ask(saying(OK)).marks

    assert (marks.connect_ns, sum_ns(marks)) == (marks.started_ns, marks.end_ns - marks.started_ns)


def test_what_is_measured_of_it_adds_up_as_well() -> None:
    exchange = talk_by_name()
    timing = read_answer(exchange).timing
    phases_s = (timing.dns_s, timing.tcp_s, timing.send_s, timing.total_s)

    assert sum(one or 0.0 for one in phases_s) * 1e9 == pytest.approx(exchange.marks.end_ns - exchange.marks.started_ns)


# --- reads


def test_pieces_that_came_in_one_read_have_one_stamp() -> None:
    exchange = ask(saying(STREAM_HEAD + CHUNKED + chunked(*[TOKEN] * 5) + END), stream=True)

    assert len({exchange.marks.headers_ns, exchange.marks.end_ns, *(chunk.at_ns for chunk in exchange.chunks)}) == 1
    assert len(exchange.chunks) == 5


class CountingLoop(asyncio.SelectorEventLoop):
    """Counts its turns."""

    turns = 0

    def _run_once(self) -> None:
        self.turns += 1
        super()._run_once()  # type: ignore[misc]  # of BaseEventLoop, which every loop of asyncio is


def test_the_loop_has_its_turn_between_the_pieces_of_one_read() -> None:
    async def scenario() -> int:
        many = chunked(*[b"x"] * READ_PIECES * 8) + END
        async with speaking(saying(STREAM_HEAD + CHUNKED, many)) as heard:
            loop = asyncio.get_running_loop()
            assert isinstance(loop, CountingLoop)
            exchange = await send(heard.url)
            assert (failure_of(exchange), len(exchange.chunks)) == (None, READ_PIECES * 8)
            return loop.turns

    assert run(scenario(), CountingLoop) >= 8


def test_what_a_relay_says_before_it_is_asked_is_its_answer() -> None:
    async def scenario() -> Exchange:
        async def hasty(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(OK)
            await reader.readuntil(b"\r\n\r\n")
            writer.close()

        async with await asyncio.start_server(hasty, "127.0.0.1", 0) as server:
            return await send(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")

    exchange = run(scenario())
    assert (failure_of(exchange), exchange.body) == (None, b"{}")


LARGE = b" " * 16 * 2**20


async def refuse_early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(JSON_HEAD.replace(b"200 OK", b"413 Too Large") + b"Content-Length: 2\r\n\r\n{}")
    await reader.read(1)
    await hang_up(writer)


def test_an_answer_to_half_a_request_counts() -> None:
    async def scenario() -> Exchange:
        async with await asyncio.start_server(refuse_early, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
            exchange = await send(url, request=replace(request_to(url), body=LARGE))
            await asyncio.sleep(2)  # its side hangs up
            return exchange

    exchange = run(scenario())
    assert (failure_of(exchange), exchange.status, exchange.marks.sent_ns) == (None, 413, None)


@pytest.mark.parametrize("is_secure", [False, True], ids=["plain", "tls"])
def test_a_request_is_sent_when_the_kernel_has_its_last_byte(is_secure: bool, good: Papers, authority: Papers) -> None:
    """The relay reads nothing for 3 s, so that most of the request waits here."""
    body = LARGE[: 8 * 2**20]

    async def scenario() -> Exchange:
        async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(3)
            await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(len(body))
            writer.write(OK)
            await hang_up(writer)

        context = good.server() if is_secure else None
        async with await asyncio.start_server(slow, "127.0.0.1", 0, ssl=context, limit=2**16) as server:
            url = f"http{'s' if is_secure else ''}://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
            target = target_of(url, ca_file=str(authority.certificate))
            return await send(url, target=target, request=replace(request_to(url), body=body))

    exchange = run(scenario())
    assert failure_of(exchange) is None
    assert exchange.marks.sent_ns is not None
    assert exchange.marks.send_ns is not None
    assert (exchange.marks.sent_ns - exchange.marks.send_ns) / 1e9 >= 2.9


def test_a_large_body_arrives_as_it_was_built_over_tls(good: Papers, authority: Papers) -> None:
    body = bytes(range(256)) * 8_192

    async def scenario() -> list[bytes]:
        async with speaking(saying(OK), tls=good.server()) as heard:
            target = target_of(heard.url, ca_file=str(authority.certificate))
            await send(heard.url, request=replace(request_to(heard.url), body=body), target=target)
            return heard.bodies

    assert run(scenario()) == [body]


# --- addresses


@pytest.mark.parametrize(
    ("found", "tried"),
    [
        (["a::1", "a::2", "1.1.1.1"], ["a::1", "1.1.1.1", "a::2"]),
        (["1.1.1.1", "1.1.1.2", "a::1", "a::2"], ["1.1.1.1", "a::1", "1.1.1.2"]),
        (["1.1.1.1"], ["1.1.1.1"]),
    ],
)
def test_both_families_are_tried_by_turns_beginning_with_the_first(found: list[str], tried: list[str]) -> None:
    assert in_turn(found) == tried


class Network(asyncio.SelectorEventLoop):
    """A loop whose connections stand after so many seconds each, or fail: by the address."""

    def __init__(self, outcomes: dict[str, float | OSError]) -> None:
        super().__init__()
        self.outcomes = outcomes
        self.tried: list[tuple[str, float]] = []
        self.began_s = self.time()

    async def sock_connect(self, sock: Any, address: Any) -> None:
        outcome = self.outcomes[address[0]]
        self.tried.append((address[0], self.time() - self.began_s))
        if isinstance(outcome, OSError):
            raise outcome
        await asyncio.sleep(outcome)


REFUSED = ConnectionRefusedError(111, "refused")
NO_WAY = OSError(101, "no way there")


def dialled(outcomes: dict[str, float | OSError]) -> list[str]:
    """Return which addresses were tried until one stood."""

    async def scenario() -> list[str]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, Network)
        (await dial(list(outcomes), 80)).close()
        return [address for address, _ in loop.tried]

    return run(scenario(), lambda: Network(outcomes))


def test_an_address_that_refuses_does_not_hold_up_the_next() -> None:
    assert dialled({"127.0.0.2": REFUSED, "127.0.0.1": 0.0}) == ["127.0.0.2", "127.0.0.1"]


def test_the_first_that_stands_is_taken() -> None:
    assert dialled({"127.0.0.2": 60.0, "127.0.0.1": 0.0, "127.0.0.3": 0.0}) == ["127.0.0.2", "127.0.0.1"]


def test_no_other_is_tried_while_the_first_may_stand_soon() -> None:
    assert dialled({"127.0.0.2": STAGGER_S / 50, "127.0.0.1": 0.0}) == ["127.0.0.2"]


@pytest.mark.parametrize("errors", [(REFUSED, NO_WAY), (NO_WAY, REFUSED)])
def test_of_several_errors_the_one_that_tells_of_the_relay_is_raised(errors: tuple[OSError, OSError]) -> None:
    with pytest.raises(ConnectionRefusedError):
        dialled(dict(zip(("127.0.0.2", "127.0.0.1"), errors, strict=True)))


def test_a_name_without_an_address_is_dns() -> None:
    async def scenario() -> Exchange:
        sensor = Sensor(LoopClock(), lambda *_: [])
        return await send("http://nowhere.test/v1", transport=sensor)

    assert failure_of(run(scenario())) == "dns"


# --- uvloop


@pytest.mark.parametrize("is_secure", [False, True], ids=["plain", "tls"])
def test_it_runs_on_uvloop(is_secure: bool, good: Papers, authority: Papers) -> None:
    async def scenario() -> Exchange:
        async with speaking(TALK, tls=good.server() if is_secure else None) as heard:
            target = target_of(heard.url, ca_file=str(authority.certificate))
            sensor = Sensor(SystemClock())
            return await send(heard.url, target=target, stream=True, transport=sensor)

    exchange = run(scenario(), uvloop.new_event_loop)
    assert (failure_of(exchange), len(exchange.chunks), exchange.tls is not None) == (None, 3, is_secure)
