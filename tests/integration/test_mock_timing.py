"""The relay keeps its scripted time and tells the truth about it, by the clock it is handed."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from transport_samples import LoopClock, run

from wnmon.mock.connection import play
from wnmon.mock.pieces import Wait
from wnmon.mock.server import serve
from wnmon.mock.settings import MockSettings

STREAMS = 10
SETTINGS = MockSettings(ttft_s=0.2, gap_s=0.03, tokens=16, stamps=True)
BODY = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
MOMENT_NS = 10_000
"""More than all looks at the clock of one test together take."""


def read(count: int, clock: LoopClock) -> list[list[dict[str, Any]]]:
    """Return the chunks of so many concurrent streams, each with `got_ns` of its arrival."""

    async def scenario() -> list[list[dict[str, Any]]]:
        async with serve(SETTINGS, clock) as relay, httpx.AsyncClient(base_url=relay.url, trust_env=False) as http:
            return await asyncio.gather(*(_read(http, clock) for _ in range(count)))

    return run(scenario())


async def _read(http: httpx.AsyncClient, clock: LoopClock) -> list[dict[str, Any]]:
    chunks, rest = [], b""
    headers = {"Authorization": "Bearer k"}
    async with http.stream("POST", "/v1/chat/completions", json=BODY, headers=headers) as answer:
        async for data in answer.aiter_raw():
            got_ns = clock.now_ns()
            *events, rest = (rest + data).split(b"\n\n")
            parsed = [json.loads(event[6:]) for event in events if not event.endswith(b"[DONE]")]
            chunks += [{**chunk, "got_ns": got_ns} for chunk in parsed]
    return chunks


@pytest.fixture(scope="module")
def streams() -> list[list[dict[str, Any]]]:
    return read(STREAMS, LoopClock())


def tokens(chunks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [chunk for chunk in chunks if chunk["choices"][0]["delta"].get("content")]


def late_ns(chunks: list[dict[str, Any]]) -> list[int]:
    """Return how late each token was sent, counted from the request."""
    sent_ns = [chunk["x_wnmon_sent_ns"] - chunk["x_wnmon_read_ns"] for chunk in tokens(chunks)]
    return [at_ns - round(SETTINGS.token_s(place) * 1e9) for place, at_ns in enumerate(sent_ns)]


def test_every_token_is_sent_when_it_is_due(streams: list[list[dict[str, Any]]]) -> None:
    assert all(0 <= late < MOMENT_NS for chunks in streams for late in late_ns(chunks))


def test_gaps_do_not_drift() -> None:
    (chunks,) = read(1, LoopClock(look_ns=1_000_000))
    first, *_, last = late_ns(chunks)

    # Each look at this clock takes a millisecond: gaps counted one after the other would add up to more.
    assert abs(last - first) <= 2_000_000


def test_an_instant_that_has_passed_is_not_waited_for() -> None:
    class LateClock:
        def now_ns(self) -> int:
            return 10_000_000_000

        def boot_ns(self) -> int:
            return self.now_ns()

        def wall_s(self) -> float:
            return 0.0

    async def scenario() -> float:
        async with serve(SETTINGS) as relay:
            _, writer = await asyncio.open_connection("127.0.0.1", relay.port)
            before_s = asyncio.get_running_loop().time()
            await play(iter([Wait(5.0), Wait(9.0)]), writer, LateClock(), read_ns=0)
            waited_s = asyncio.get_running_loop().time() - before_s
            writer.close()
            await writer.wait_closed()
            return waited_s

    assert run(scenario()) == 0


def test_a_stamp_is_never_later_than_the_arrival(streams: list[list[dict[str, Any]]]) -> None:
    assert all(chunk["x_wnmon_sent_ns"] <= chunk["got_ns"] for chunks in streams for chunk in chunks)


def test_stamps_of_a_stream_never_go_back(streams: list[list[dict[str, Any]]]) -> None:
    for chunks in streams:
        stamps = [chunk["x_wnmon_sent_ns"] for chunk in chunks]
        assert stamps == sorted(stamps)


def test_the_role_chunk_does_not_wait_for_the_first_token(streams: list[list[dict[str, Any]]]) -> None:
    for role, *_ in streams:
        assert role["x_wnmon_sent_ns"] - role["x_wnmon_read_ns"] < MOMENT_NS


def test_the_forced_length_is_kept(streams: list[list[dict[str, Any]]]) -> None:
    assert [len(tokens(chunks)) for chunks in streams] == [16] * STREAMS
