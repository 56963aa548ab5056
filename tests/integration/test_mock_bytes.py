"""The reference relay at the level of bytes and sockets."""

from __future__ import annotations

import asyncio
import json
import zlib

import pytest

from wnmon.mock.server import MockRelay, serve
from wnmon.mock.settings import MockSettings

FAST = MockSettings(ttft_s=0, gap_s=0)


def request(*, fault: str = "", stream: bool = False, version: str = "1.1", connection: str = "close") -> bytes:
    body = json.dumps({"model": "m", "stream": stream, "messages": [{"role": "user", "content": "Count from 1 to 9"}]})
    lines = [
        f"POST /v1/chat/completions HTTP/{version}",
        "Host: relay",
        "Content-Type: application/json",
        "Authorization: Bearer sk-0123456789abcdef",
        f"X-Wnmon-Fault: {fault}",
        f"Connection: {connection}",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*lines, "", body]).encode()


async def exchange(relay: MockRelay, data: bytes, limit: int = 10_000_000) -> bytes:
    """Send bytes and read until the relay closes, or until `limit` bytes came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
    got = bytearray()
    try:
        writer.write(data)
        while len(got) < limit and (part := await reader.read(65536)):
            got += part
    finally:
        writer.close()
        await writer.wait_closed()
    return bytes(got)


def talk(data: bytes, limit: int = 10_000_000) -> bytes:
    """Exchange bytes with a relay of its own."""

    async def scenario() -> bytes:
        async with serve(FAST) as relay, asyncio.timeout(60):
            return await exchange(relay, data, limit)

    return asyncio.run(scenario())


def test_a_chunked_stream_ends_with_the_last_chunk() -> None:
    assert talk(request(stream=True)).endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n")


def test_http_1_0_gets_no_chunks() -> None:
    assert talk(request(stream=True, version="1.0")).endswith(b"\n\ndata: [DONE]\n\n")


def test_bytes_that_are_no_request_are_answered_400() -> None:
    assert talk(b"what is this\r\n\r\n").startswith(b"HTTP/1.1 400 Bad Request\r\n")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"5\r\nhello\r\n0\r\n\r\n", b"415"),
        (b"zz\r\n", b"400"),
        (b"5\r\nhelloXX", b"400"),
        (b"fffffff\r\n", b"413"),
        (b"0\r\n" + b"A: b\r\n" * 101, b"400"),
    ],
)
def test_chunked_request_bodies_are_read_strictly(body: bytes, status: bytes) -> None:
    head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\nConnection: close\r\n"
    answer = talk(head + b"Transfer-Encoding: chunked\r\n\r\n" + body)

    assert answer[9:12] == status


def test_a_refused_upload_still_gets_its_answer() -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n"

    # Closing on unread bytes would send a reset, and the client would never see why.
    assert talk(head + b"a" * 3_000_000).startswith(b"HTTP/1.1 413 ")


def test_expect_100_continue_is_answered() -> None:
    data = request().replace(b"Host: relay", b"Host: relay\r\nExpect: 100-continue")

    assert talk(data).startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


def test_two_requests_in_one_write_get_two_answers() -> None:
    assert talk(request(connection="keep-alive") + request()).count(b"HTTP/1.1 200 OK") == 2


def test_a_request_cut_short_is_no_request() -> None:
    async def scenario() -> int:
        async with serve(FAST) as relay, asyncio.timeout(60):
            _, writer = await asyncio.open_connection("127.0.0.1", relay.port)
            writer.write(request()[:-5])
            writer.close()
            await writer.wait_closed()
            while relay.connections:
                await asyncio.sleep(0.01)
            return relay.received

    assert asyncio.run(scenario()) == 0


def test_truncated_stream_ends_its_body_in_good_order() -> None:
    assert talk(request(stream=True, fault="truncated-stream")).endswith(b"\r\n0\r\n\r\n")


def test_reset_is_a_reset_after_half_the_body() -> None:
    async def scenario() -> bytes:
        async with serve(FAST) as relay, asyncio.timeout(60):
            reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
            writer.write(request(stream=True, fault="reset"))
            got = await reader.readuntil(b'"content":"1"')
            with pytest.raises(ConnectionResetError):
                await reader.readuntil(b"[DONE]")
            writer.close()
            return got

    assert asyncio.run(scenario()).startswith(b"HTTP/1.1 200 OK")


def test_close_at_once_says_nothing() -> None:
    assert talk(request(fault="close-at-once")) == b""


def test_huge_body_begins_and_goes_on() -> None:
    got = talk(request(fault="huge-body"), limit=3_000_000)

    assert b"Content-Length: 1073741824\r\n" in got
    assert got.endswith(b"a" * 1000)


def test_gzip_bomb_decodes_to_far_more_than_it_weighs() -> None:
    got = talk(request(fault="gzip-bomb", version="1.0"), limit=1_000_000)
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
    decoded = inflate.decompress(got.split(b"\r\n\r\n", 1)[1], 64 * 2**20)

    assert len(decoded) == 64 * 2**20
    assert decoded.startswith(b'{"id":"chatcmpl-')


def test_endless_headers_go_on() -> None:
    assert b"\r\n\r\n" not in talk(request(fault="endless-headers"), limit=300_000)


def test_endless_stream_goes_on() -> None:
    got = talk(request(stream=True, fault="endless-stream"), limit=300_000)

    assert b"[DONE]" not in got
