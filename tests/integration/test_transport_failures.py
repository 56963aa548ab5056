"""Every way in which an exchange can fail, over real sockets: the failure is a value with the right name."""

from __future__ import annotations

import asyncio
import errno
import gzip
import os
import resource
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from transport_samples import (
    CHUNKED,
    END,
    GIVES_UP_SOON_S,
    JSON_HEAD,
    OK,
    PATIENT,
    STREAM_HEAD,
    TOKEN,
    Speech,
    ask,
    chunked,
    failure_of,
    repeating,
    request_to,
    run,
    saying,
    send,
    sensor,
    silence,
    speaking,
    target_of,
)

from wnmon.clock import SystemClock
from wnmon.model.check import Caps
from wnmon.model.exchange import Exchange, Request

pytestmark = pytest.mark.usefixtures("each_way")

SOON = GIVES_UP_SOON_S


def reset() -> Speech:
    """Close with a TCP reset (SO_LINGER 0, socket(7))."""

    async def speech(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)  # what was written shall be read before the reset overtakes it
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    return speech


def closed_port() -> int:
    """Return a port nobody listens on: bound a moment ago, then let go."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def full_backlog() -> Iterator[str]:
    """Yield the URL of a listener that accepts nobody and whose queue is full: SYNs to it go unanswered."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        finally:
            for filler in fillers:
                filler.close()


def ask_nobody(url: str, **options: object) -> Exchange:
    return run(send(url, **options))  # type: ignore[arg-type]  # keywords of send


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, br", "gzip\r\nContent-Encoding: br"])
def test_a_coding_nobody_asked_for_is_told(coding: str) -> None:
    exchange = ask(saying(JSON_HEAD + f"Content-Encoding: {coding}\r\n\r\n{{}}".encode()))

    assert exchange.failure is not None
    assert coding.replace("\r\nContent-Encoding:", ",") in str(exchange.failure.detail)


@pytest.mark.parametrize("label", ["UTF-8", "utf8", "none", "identity", "charset=utf-8", "json", "", "aB3-" * 100])
def test_a_body_under_a_coding_that_is_none_is_read_as_it_is(label: str) -> None:
    exchange = ask(saying(JSON_HEAD + f"Content-Encoding: {label}\r\n\r\n{{}}".encode()))

    assert (exchange.failure, exchange.body) == (None, b"{}")


def test_a_coding_beside_one_that_is_none_is_removed() -> None:
    exchange = ask(saying(JSON_HEAD + b"Content-Encoding: UTF-8, gzip\r\n\r\n" + gzip.compress(b"{}")))

    assert (exchange.failure, exchange.body) == (None, b"{}")


def test_what_breaks_http_is_told_whole() -> None:
    exchange = ask(saying(b"HTTP/1.1 " + b"aB3-" * 100 + b"\r\n\r\n"))

    assert exchange.failure is not None
    assert "aB3-" * 100 in str(exchange.failure.detail)


def test_a_name_that_does_not_resolve_is_dns() -> None:
    assert failure_of(ask_nobody("http://no-such-host.invalid/v1")) == "dns"


def test_a_closed_port_is_connect() -> None:
    assert failure_of(ask_nobody(f"http://127.0.0.1:{closed_port()}/v1")) == "connect"


def test_the_detail_of_a_closed_port_names_the_cause_and_the_stage() -> None:
    failure = ask_nobody(f"http://127.0.0.1:{closed_port()}/v1").failure

    assert failure is not None
    assert f"[Errno {errno.ECONNREFUSED}]" in str(failure.detail)
    assert str(failure.detail).endswith("while connecting")


def test_a_host_that_does_not_answer_is_timeout_connect() -> None:
    with full_backlog() as url:
        assert failure_of(ask_nobody(url, timeouts=replace(PATIENT, connect_s=SOON))) == "timeout_connect"


def ask_a_silent_handshake() -> Exchange:
    async def scenario() -> Exchange:
        async with speaking(silence) as heard:
            url = heard.url.replace("http:", "https:")
            return await send(url, timeouts=replace(PATIENT, connect_s=SOON))

    return run(scenario())


def test_a_silent_handshake_is_timeout_connect() -> None:
    assert failure_of(ask_a_silent_handshake()) == "timeout_connect"


def test_a_silent_handshake_does_not_blame_a_connection_that_stood() -> None:
    failure = ask_a_silent_handshake().failure

    assert failure is not None
    assert str(failure.detail) == f"no TLS handshake within {SOON:g} s: does the port speak https?"


def test_silence_before_the_head_is_timeout_headers() -> None:
    assert failure_of(ask(silence, timeouts=replace(PATIENT, headers_s=SOON))) == "timeout_headers"


def test_half_a_head_is_timeout_headers() -> None:
    speech = saying(JSON_HEAD, then=silence)

    assert failure_of(ask(speech, timeouts=replace(PATIENT, headers_s=SOON))) == "timeout_headers"


def test_endless_informational_answers_are_timeout_headers() -> None:
    speech = repeating(b"HTTP/1.1 102 Processing\r\n\r\n", pause_s=0.01)

    assert failure_of(ask(speech, timeouts=replace(PATIENT, headers_s=SOON))) == "timeout_headers"


@pytest.mark.parametrize(
    "noise",
    [
        b": ping\n\n",
        b"event: ping\ndata: {}\n\n",
        b'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n',
    ],
    ids=["comments", "pings", "role only"],
)
def test_a_stream_of_anything_but_tokens_is_timeout_first_token(noise: bytes) -> None:
    speech = saying(STREAM_HEAD + b"\r\n", then=repeating(noise, pause_s=0.01))

    assert failure_of(ask(speech, stream=True, timeouts=replace(PATIENT, first_token_s=SOON))) == "timeout_first_token"


def test_a_stream_that_began_is_not_cut_at_the_first_token_limit() -> None:
    speech = saying(STREAM_HEAD + b"\r\n", TOKEN, TOKEN, TOKEN, pause_s=0.7)

    assert failure_of(ask(speech, stream=True, timeouts=replace(PATIENT, first_token_s=1.0))) is None


def test_a_token_after_many_pings_counts() -> None:
    pings = [b": ping\n\n"] * 150  # each a chunk of its own: more than the first look takes in
    speech = saying(STREAM_HEAD + CHUNKED, *(chunked(ping) for ping in pings), chunked(TOKEN), then=silence)
    timeouts = replace(PATIENT, first_token_s=1.5, stall_s=2)

    assert (
        failure_of(ask(saying(b"", then=lambda r, w: _hold(speech, r, w)), stream=True, timeouts=timeouts)) == "stall"
    )


async def _hold(speech: Speech, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await speech(reader, writer)
    await silence(reader, writer)


def test_a_token_in_a_gzipped_stream_is_seen() -> None:
    squeezed = gzip.compress(TOKEN)
    head = STREAM_HEAD + b"Content-Encoding: gzip\r\n\r\n"
    timeouts = replace(PATIENT, first_token_s=SOON, stall_s=0.5)

    assert failure_of(ask(saying(head, squeezed[:-4], then=silence), stream=True, timeouts=timeouts)) == "stall"


def test_a_gzipped_stream_of_comments_is_timeout_first_token() -> None:
    squeezed = gzip.compress(b": ping\n\n" * 100)
    head = STREAM_HEAD + b"Content-Encoding: gzip\r\n\r\n"
    speech = saying(head, squeezed[:-4], then=silence)

    assert failure_of(ask(speech, stream=True, timeouts=replace(PATIENT, first_token_s=SOON))) == "timeout_first_token"


def test_bytes_after_the_first_token_limit_do_not_make_it_a_stall() -> None:
    timeouts = replace(PATIENT, first_token_s=SOON)
    flood = saying(STREAM_HEAD + b"\r\n", then=repeating(b": ping\n\n"))

    # In real time, for a flood leaves its loop no idle moment. A busy machine makes it longer and nothing else.
    exchange = ask(flood, stream=True, timeouts=timeouts, caps=ROOMY, loop=asyncio.new_event_loop)
    assert failure_of(exchange) == "timeout_first_token"


ROOMY = Caps(wire_bytes=2**30, decoded_bytes=2**30, chunks=10**7)


LIMITS = ("headers_s", "first_token_s", "stall_s", "total_s")
HEAD_THEN_SILENCE = saying(STREAM_HEAD + b"\r\n", then=silence)


@pytest.mark.parametrize("speech", [silence, HEAD_THEN_SILENCE], ids=["no head", "a head alone"])
@pytest.mark.parametrize("pair", list(combinations(LIMITS, 2)), ids=" and ".join)
def test_two_limits_due_at_once_leave_nothing_to_the_loop_to_complain_of(
    pair: tuple[str, str], speech: Speech, caplog: pytest.LogCaptureFixture
) -> None:
    ask(speech, stream=True, timeouts=replace(PATIENT, **dict.fromkeys(pair, SOON)))

    assert caplog.messages == []


@pytest.mark.parametrize(
    ("pair", "speech", "kind"),
    [
        (("headers_s", "first_token_s"), silence, "timeout_headers"),
        (("headers_s", "total_s"), silence, "timeout_headers"),
        (("first_token_s", "total_s"), HEAD_THEN_SILENCE, "timeout_total"),
    ],
    ids=["headers and first token", "headers and total", "first token and total"],
)
def test_of_two_limits_due_at_once_the_one_that_stood_first_is_named(
    pair: tuple[str, str], speech: Speech, kind: str
) -> None:
    assert failure_of(ask(speech, stream=True, timeouts=replace(PATIENT, **dict.fromkeys(pair, SOON)))) == kind


def test_silence_in_the_body_is_a_stall() -> None:
    speech = saying(JSON_HEAD + b"Content-Length: 9\r\n\r\n", b'{"a"', then=silence)

    assert failure_of(ask(speech, timeouts=replace(PATIENT, stall_s=SOON))) == "stall"


def test_what_came_before_a_stall_is_kept() -> None:
    speech = saying(JSON_HEAD + b"Content-Length: 9\r\n\r\n", b'{"a"', then=silence)

    assert ask(speech, timeouts=replace(PATIENT, stall_s=SOON)).body == b'{"a"'


def test_a_body_that_drips_is_timeout_total() -> None:
    speech = saying(JSON_HEAD + b"Content-Length: 9999\r\n\r\n", then=repeating(b" ", pause_s=0.02))

    assert failure_of(ask(speech, timeouts=replace(PATIENT, stall_s=0.3, total_s=0.6))) == "timeout_total"


def test_a_relay_that_does_not_read_the_request_is_timeout_headers() -> None:
    async def scenario() -> Exchange:
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            listener.bind(("127.0.0.1", 0))
            listener.listen(1)
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
            request = replace(_request(url), body=b" " * 16 * 2**20)
            return await send(url, request=request, timeouts=replace(PATIENT, headers_s=SOON))

    exchange = run(scenario())
    assert (failure_of(exchange), exchange.marks.sent_ns) == ("timeout_headers", None)


def _request(url: str) -> Request:
    return request_to(url)


@pytest.mark.parametrize(
    "answer",
    [
        b"\x00\xffWHO GOES THERE\r\n\x80\x81\r\n\r\n",
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        JSON_HEAD + b"Content-Length: two\r\n\r\n{}",
        JSON_HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        JSON_HEAD + CHUNKED + b"zz\r\n{}\r\n",
        JSON_HEAD + b"Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}",
        JSON_HEAD + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    ],
    ids=["noise", "nothing", "ssh", "length no number", "two lengths", "bad chunk", "brotli", "not gzip"],
)
def test_bytes_that_are_not_http_are_protocol(answer: bytes) -> None:
    assert failure_of(ask(saying(answer))) == "protocol"


def test_bytes_after_the_end_of_a_gzip_body_are_protocol() -> None:
    pieces = [chunked(gzip.compress(b"{}")), *([chunked(b"x" * 50)] * 5000)]
    speech = saying(JSON_HEAD + b"Content-Encoding: gzip\r\n" + CHUNKED, *pieces, END)

    assert failure_of(ask(speech)) == "protocol"


def test_a_reset_before_the_head_is_protocol() -> None:
    assert failure_of(ask(reset())) == "protocol"


def test_a_reset_in_the_body_is_truncated() -> None:
    assert failure_of(ask(saying(JSON_HEAD + b"Content-Length: 9\r\n\r\n{", then=reset()))) == "truncated"


def test_a_body_shorter_than_announced_is_truncated() -> None:
    assert failure_of(ask(saying(JSON_HEAD + b"Content-Length: 9\r\n\r\n{}"))) == "truncated"


def test_a_chunked_body_without_its_end_is_truncated() -> None:
    assert failure_of(ask(saying(JSON_HEAD + CHUNKED + chunked(b"{}")))) == "truncated"


def test_a_gzip_body_without_its_end_is_truncated() -> None:
    squeezed = gzip.compress(b'{"a": 1}')[:-6]
    head = JSON_HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(squeezed)

    assert failure_of(ask(saying(head + squeezed))) == "truncated"


def test_a_body_that_ends_with_the_connection_is_complete() -> None:
    assert failure_of(ask(saying(JSON_HEAD + b"\r\n{}"))) is None


def test_more_wire_bytes_than_the_cap_are_too_large() -> None:
    speech = saying(JSON_HEAD + b"Content-Length: 5000\r\n\r\n" + b" " * 5000)

    assert failure_of(ask(speech, caps=Caps(wire_bytes=4999))) == "too_large"


def test_as_many_wire_bytes_as_the_cap_are_fine() -> None:
    speech = saying(JSON_HEAD + b"Content-Length: 5000\r\n\r\n" + b" " * 5000)

    assert failure_of(ask(speech, caps=Caps(wire_bytes=5000))) is None


def test_more_decoded_bytes_than_the_cap_are_too_large() -> None:
    squeezed = gzip.compress(b" " * 5000)
    head = JSON_HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(squeezed)

    assert failure_of(ask(saying(head + squeezed), caps=Caps(decoded_bytes=4999))) == "too_large"


def test_no_more_than_the_cap_is_ever_unpacked() -> None:
    squeezed = gzip.compress(b" " * 10**7)
    head = JSON_HEAD + b"Content-Encoding: gzip\r\n" + CHUNKED
    speech = saying(head, *(chunked(squeezed[at : at + 100]) for at in range(0, len(squeezed), 100)), END)

    assert len(ask(speech, caps=Caps(decoded_bytes=10**6)).body) <= 10**6


def test_others_have_their_stamps_while_a_body_is_unpacked() -> None:
    squeezed = gzip.compress(b" " * 10**8)
    head = JSON_HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(squeezed)

    async def scenario() -> int:
        turned_ns: list[int] = []

        def turn() -> None:
            turned_ns.append(time.monotonic_ns())
            asyncio.get_running_loop().call_soon(turn)

        async with speaking(saying(head + squeezed)) as heard:
            turn()
            measuring, target, caps = sensor(clock=SystemClock()), target_of(heard.url), Caps(decoded_bytes=2 * 10**8)
            exchange = await measuring.send(request_to(heard.url), target, timeouts=PATIENT, caps=caps)
            await measuring.close()
        return sum(at_ns > exchange.marks.end_ns for at_ns in turned_ns)

    assert run(scenario()) > 20


def test_more_chunks_than_the_cap_are_too_large() -> None:
    speech = saying(JSON_HEAD + CHUNKED + chunked(*[b" "] * 50) + END)

    assert failure_of(ask(speech, caps=Caps(chunks=49))) == "too_large"


@pytest.mark.parametrize(
    "speech",
    [
        saying(b"HTTP/1.1 200 OK\r\n", then=repeating(b"X-Filler: %b\r\n" % (b"a" * 1000))),
        saying(b"HTTP/1.1 200 OK\r\nX-Filler: ", then=repeating(b"a" * 1000)),
        saying(JSON_HEAD + CHUNKED + b"2\r\n{}\r\n0\r\n", then=repeating(b"X-Trailer: %b\r\n" % (b"a" * 1000))),
        saying(JSON_HEAD + CHUNKED + b"2;", then=repeating(b"a" * 1000)),
        repeating(b"HTTP/1.1 102 Processing\r\n\r\n" * 1000),
    ],
    ids=["many headers", "one long header", "endless trailers", "endless chunk extension", "interim heads"],
)
def test_heads_without_end_are_too_large(speech: Speech) -> None:
    assert failure_of(ask(speech)) == "too_large"


def test_some_interim_heads_are_no_reason_to_give_up() -> None:
    speech = saying(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 1000, OK)

    assert failure_of(ask(speech)) is None


def test_a_large_body_is_no_head_without_end() -> None:
    speech = saying(JSON_HEAD + b"Content-Length: 2000000\r\n\r\n", b" " * 2_000_000)

    assert failure_of(ask(speech)) is None


def test_an_unreadable_ca_file_is_our_own_fault(tmp_path: Path) -> None:
    target = target_of("https://127.0.0.1:1/v1", ca_file=str(tmp_path / "gone.pem"))

    assert failure_of(run(send(target.url, target=target))) == "client"


def test_no_file_descriptor_left_is_our_own_fault() -> None:
    async def scenario() -> Exchange:
        transport = sensor()
        async with speaking(saying(OK)) as heard:
            await send(heard.url, transport=transport)
            with no_descriptors():
                exchange = await send(heard.url, transport=transport)
        await transport.close()
        return exchange

    assert failure_of(run(scenario())) == "client"


@contextmanager
def no_descriptors() -> Iterator[None]:
    """Let this process open nothing more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(name) for name in os.listdir("/proc/self/fd"))  # noqa: PTH208 - numbers, not paths
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest, hard))
    fillers = []
    try:
        while True:
            try:
                fillers.append(os.open("/dev/null", os.O_RDONLY))
            except OSError:
                break
        yield
    finally:
        for filler in fillers:
            os.close(filler)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_handshake_given_up_leaves_no_connection_open() -> None:
    async def scenario() -> bool:
        transport = sensor()
        async with speaking(silence) as heard:
            url = heard.url.replace("http:", "https:")
            exchange = await send(url, timeouts=replace(PATIENT, connect_s=SOON), transport=transport)
            await asyncio.wait_for(heard.left.wait(), 10)
        await transport.close()
        return exchange.failure is not None

    assert run(scenario())
