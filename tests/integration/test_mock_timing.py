"""The relay keeps its scripted time and tells the truth about it. Bounds are loose: the machine may be busy."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from wnmon.clock import SystemClock
from wnmon.mock.connection import play
from wnmon.mock.pieces import Wait
from wnmon.mock.server import serve
from wnmon.mock.settings import MockSettings

STREAMS = 10
SETTINGS = MockSettings(ttft_s=0.2, gap_s=0.03, tokens=16, stamps=True)
BODY = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture(scope="module")
def streams() -> list[list[dict[str, Any]]]:
    """Return the chunks of ten concurrent streams, each with `got_ns` of its arrival."""

    async def scenario() -> list[list[dict[str, Any]]]:
        async with serve(SETTINGS) as relay, httpx.AsyncClient(base_url=relay.url, trust_env=False) as http:
            return await asyncio.gather(*(_read(http) for _ in range(STREAMS)))

    return asyncio.run(scenario())


async def _read(http: httpx.AsyncClient) -> list[dict[str, Any]]:
    chunks, rest = [], b""
    headers = {"Authorization": "Bearer k"}
    async with http.stream("POST", "/v1/chat/completions", json=BODY, headers=headers) as answer:
        async for data in answer.aiter_raw():
            got_ns = SystemClock().now_ns()
            *events, rest = (rest + data).split(b"\n\n")
            parsed = [json.loads(event[6:]) for event in events if not event.endswith(b"[DONE]")]
            chunks += [{**chunk, "got_ns": got_ns} for chunk in parsed]
    return chunks


def tokens(chunks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [chunk for chunk in chunks if chunk["choices"][0]["delta"].get("content")]


def test_no_token_is_sent_before_it_is_due(streams: list[list[dict[str, Any]]]) -> None:
    for chunks in streams:
        for place, chunk in enumerate(tokens(chunks)):
            assert chunk["x_wnmon_sent_ns"] - chunk["x_wnmon_read_ns"] >= (0.2 + 0.03 * place) * 1e9 - 1e6


def test_gaps_do_not_drift(streams: list[list[dict[str, Any]]]) -> None:
    late_s = [
        (chunk["x_wnmon_sent_ns"] - chunk["x_wnmon_read_ns"]) / 1e9 - (0.2 + 0.03 * place)
        for chunks in streams
        for place, chunk in enumerate(tokens(chunks))
        if place >= 8
    ]

    # The least late of eighty tokens: a busy machine delays some, a drift would delay every one.
    assert min(late_s) < 0.03


def test_an_instant_that_has_passed_is_not_waited_for() -> None:
    class LateClock:
        def now_ns(self) -> int:
            return 10_000_000_000

        def wall_s(self) -> float:
            return 0.0

    async def scenario() -> bool:
        async with serve(SETTINGS) as relay, asyncio.timeout(2):
            _, writer = await asyncio.open_connection("127.0.0.1", relay.port)
            done = await play(iter([Wait(5.0), Wait(9.0)]), writer, LateClock(), read_ns=0)
            writer.close()
            await writer.wait_closed()
            return done

    assert asyncio.run(scenario())


def test_a_stamp_is_never_later_than_the_arrival(streams: list[list[dict[str, Any]]]) -> None:
    assert all(chunk["x_wnmon_sent_ns"] <= chunk["got_ns"] for chunks in streams for chunk in chunks)


def test_stamps_of_a_stream_never_go_back(streams: list[list[dict[str, Any]]]) -> None:
    for chunks in streams:
        stamps = [chunk["x_wnmon_sent_ns"] for chunk in chunks]
        assert stamps == sorted(stamps)


def test_the_role_chunk_does_not_wait_for_the_first_token(streams: list[list[dict[str, Any]]]) -> None:
    for role, first, *_ in streams:
        assert first["x_wnmon_sent_ns"] - role["x_wnmon_sent_ns"] > 0.05e9


def test_the_forced_length_is_kept(streams: list[list[dict[str, Any]]]) -> None:
    assert [len(tokens(chunks)) for chunks in streams] == [16] * STREAMS
