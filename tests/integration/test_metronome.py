"""The relay that only keeps time, on real sockets, and the certificate it is given."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from wnmon.mock.metronome import MOST_REQUEST_BYTES, Tempo, play
from wnmon.mock.papers import make_papers
from wnmon.watch.honesty import read_stamps

TEMPO = Tempo(ttft_s=0.02, gap_s=0.005, tokens=3)
STREAM = b'{"model": "m", "stream": true}'
NOON_S = 1_795_867_200.0


def playing(tempo: Tempo, scenario: Callable[[dict[str, int]], Awaitable[Any]]) -> Any:
    """Return what a scenario returns that is given the ports of a running relay."""

    async def run() -> Any:
        ended, told = asyncio.Event(), asyncio.get_running_loop().create_future()
        relay = asyncio.create_task(play(tempo, told.set_result, ended))
        try:
            return await scenario(json.loads(await told))
        finally:
            ended.set()
            await relay

    return asyncio.run(run())


async def asked(port: int, *bodies: bytes, tls: ssl.SSLContext | None = None) -> list[bytes]:
    """Return the answers to requests sent one after the other over one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
    answers = []
    for body in bodies:
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        if b"chunked" in answer:
            answer += await reader.readuntil(b"0\r\n\r\n")
        else:
            answer += await reader.readexactly(int(answer.partition(b"Content-Length: ")[2].partition(b"\r")[0]))
        answers.append(answer)
    writer.close()
    return answers


def one(body: bytes, tempo: Tempo = TEMPO) -> bytes:
    (answer,) = playing(tempo, lambda ports: asked(ports["http"], body))
    assert isinstance(answer, bytes)
    return answer


def chunks(answer: bytes) -> list[dict[str, Any]]:
    lines = (line for line in answer.split(b"\n") if line.startswith(b"data: {"))
    return [json.loads(line.removeprefix(b"data: ")) for line in lines]


def test_a_stream_has_a_role_its_tokens_and_an_end() -> None:
    said = [chunk["choices"][0]["delta"].get("content") for chunk in chunks(one(STREAM))]

    assert said == ["", " tick", " tock", " and", None]


def test_every_chunk_has_its_stamps() -> None:
    assert None not in [read_stamps(chunk) for chunk in chunks(one(STREAM))]


def test_no_token_is_sent_before_it_is_due() -> None:
    told = [stamps for chunk in chunks(one(STREAM)) if (stamps := read_stamps(chunk)) is not None]

    assert [stamps for stamps in told if stamps.sent_ns < stamps.due_ns - 1_000_000] == []


def test_usage_is_told_where_it_is_asked_for() -> None:
    wishes = b'{"stream": true, "stream_options": {"include_usage": true}}'

    assert chunks(one(wishes))[-1]["usage"]["completion_tokens"] == TEMPO.tokens


def test_frames_are_as_long_as_they_say() -> None:
    """A chunk whose size is wrong would have the next one begin elsewhere (RFC 9112 section 7.1)."""
    rest, sizes = one(STREAM).partition(b"\r\n\r\n")[2], []
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        sizes.append(int(size, 16))
        assert rest[sizes[-1] : sizes[-1] + 2] == b"\r\n"
        rest = rest[sizes[-1] + 2 :]

    assert sizes[-1] == 0


def test_without_stream_there_is_one_document() -> None:
    document = json.loads(one(b'{"model": "m"}').partition(b"\r\n\r\n")[2])

    assert document["choices"][0]["message"]["content"] == " tick tock and"


def test_a_second_request_over_the_same_connection_is_answered() -> None:
    answers = playing(TEMPO, lambda ports: asked(ports["http"], STREAM, b"{}"))

    assert [answer[:15] for answer in answers] == [b"HTTP/1.1 200 OK"] * 2


@pytest.mark.parametrize(
    "request_", [b"x" * (MOST_REQUEST_BYTES + 1), b"POST / HTTP/1.1\r\nContent-Length: 999999\r\n\r\n"], ids=len
)
def test_a_request_that_is_too_large_ends_the_connection(request_: bytes) -> None:
    async def scenario(ports: dict[str, int]) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", ports["http"])
        writer.write(request_)
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""
        finally:
            writer.close()

    assert playing(TEMPO, scenario) == b""


def test_its_certificate_is_verified_like_any_other(tmp_path: Path) -> None:
    papers = make_papers(time.time())
    (tmp_path / "certificate.pem").write_bytes(papers.certificate)
    (tmp_path / "key.pem").write_bytes(papers.key)
    tempo = Tempo(certificate=str(tmp_path / "certificate.pem"), key=str(tmp_path / "key.pem"))
    trusting = ssl.create_default_context(cafile=tempo.certificate)
    answers = playing(tempo, lambda ports: asked(ports["https"], b"{}", tls=trusting))

    assert [answer[:15] for answer in answers] == [b"HTTP/1.1 200 OK"]


def test_no_two_certificates_are_alike() -> None:
    assert make_papers(NOON_S).key != make_papers(NOON_S).key
