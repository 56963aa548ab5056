"""One peer of the bench, a process of its own: `python tests/bench/bench_peers.py KIND STREAMS SECONDS URL`.

Prints one JSON line: streams done, processor time spent on them, and by how much each first token was stamped after the
relay's own send stamp. Data is kept and looked at after the clock of the processor was read.

KIND: httpx, aiohttp, openai (the SDK), bare (asyncio streams), or call_at (timers alone: STREAMS of them every 10 s).
"""

from __future__ import annotations

import asyncio
import importlib
import json
import re
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

BODY = {
    "model": "metronome",
    "messages": [{"role": "user", "content": "Count along."}],
    "stream": True,
    "max_tokens": 64,
}
KEY = "sk-bench-0123456789abcdef"
_SENT = re.compile(rb'"content":"[^"]+".*?"x_wnmon_sent_ns": *([0-9]+)')

Stamped = tuple[int, bytes]
Ask = Callable[[], Awaitable[Stamped]]
"""Does one stream; returns the stamp of the first piece with a token, and the piece."""


def by_httpx(url: str) -> Ask:
    """httpx, raw bytes, a fresh connection for each request."""
    httpx: Any = importlib.import_module("httpx")
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    client = httpx.AsyncClient(limits=limits, timeout=60, trust_env=False)

    async def ask() -> Stamped:
        first: Stamped | None = None
        async with client.stream("POST", url, json=BODY, headers={"Authorization": f"Bearer {KEY}"}) as answer:
            async for data in answer.aiter_raw():
                if first is None and b"tick" in data:
                    first = time.monotonic_ns(), data
        return first or (0, b"")

    return ask


def by_aiohttp(url: str) -> Ask:
    """aiohttp, raw bytes, a fresh connection for each request."""
    aiohttp: Any = importlib.import_module("aiohttp")
    session: Any = None

    async def ask() -> Stamped:
        nonlocal session
        if session is None:
            session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, force_close=True))
        first: Stamped | None = None
        async with session.post(url, json=BODY, headers={"Authorization": f"Bearer {KEY}"}) as answer:
            async for data in answer.content.iter_any():
                if first is None and b"tick" in data:
                    first = time.monotonic_ns(), data
        return first or (0, b"")

    return ask


def by_openai(url: str) -> Ask:
    """The openai SDK as its manual has it used."""
    openai: Any = importlib.import_module("openai")
    client = openai.AsyncOpenAI(base_url=url.removesuffix("/chat/completions"), api_key=KEY, max_retries=0)

    async def ask() -> Stamped:
        first: Stamped | None = None
        async for chunk in await client.chat.completions.create(**BODY):
            if first is None and chunk.choices and chunk.choices[0].delta.content:
                first = time.monotonic_ns(), json.dumps({"content": "x", **chunk.model_extra}).encode()
        return (first[0], first[1].replace(b'": ', b'":')) if first else (0, b"")

    return ask


def by_bare(url: str) -> Ask:
    """asyncio streams that parse each event once the answer has ended."""
    parts = urlsplit(url)
    body = json.dumps(BODY).encode()
    fields = f"Host: bench\r\nAuthorization: Bearer {KEY}\r\nContent-Length: {len(body)}\r\n"
    head = f"POST {parts.path} HTTP/1.1\r\n{fields}\r\n"

    async def ask() -> Stamped:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(head.encode() + body)
        reads: list[Stamped] = []
        while not reads or not reads[-1][1].endswith(b"0\r\n\r\n"):
            data = await reader.read(65536)
            reads.append((time.monotonic_ns(), data))
            if not data:
                break
        writer.close()
        for _, data in reads:
            for line in data.split(b"\n"):
                if line.startswith(b"data: {"):
                    json.loads(line[6:])
        return next((one for one in reads if b"tick" in one[1]), (0, b""))

    return ask


KINDS = {"httpx": by_httpx, "aiohttp": by_aiohttp, "openai": by_openai, "bare": by_bare}


async def stream(ask: Ask, streams: int, seconds: float) -> dict[str, Any]:
    """Stream so many at once for so long; a first one warms up and does not count."""
    await ask()
    began_s, spent_s, got = time.monotonic(), time.process_time(), []

    async def work(number: int) -> None:
        await asyncio.sleep(number * min(0.021, 2.0 / streams))
        while time.monotonic() < began_s + seconds:
            got.append(await ask())

    await asyncio.gather(*map(work, range(streams)))
    spent_s = time.process_time() - spent_s
    errors_ms = [error for one in got if (error := _error_ms(one)) is not None]
    return {"streams": len(got), "cpu_s": spent_s, "errors_ms": errors_ms}


def _error_ms(first: Stamped) -> float | None:
    sent = _SENT.search(first[1])
    return (first[0] - int(sent[1])) / 1e6 if sent else None


async def call_at(timers: int, seconds: float) -> dict[str, Any]:
    """Set timers that come every 10 s, spread, and start a task each time, for so long."""
    loop, late_ms = asyncio.get_running_loop(), []
    began_s = loop.time()

    async def nothing() -> None:
        pass

    def fire(due_s: float) -> None:
        late_ms.append((loop.time() - due_s) * 1e3)
        tasks.append(loop.create_task(nothing()))
        loop.call_at(due_s + 10, fire, due_s + 10)

    tasks: list[asyncio.Task[None]] = []
    for number in range(timers):
        due_s = began_s + 0.1 + 10 * number / timers
        loop.call_at(due_s, fire, due_s)
    await asyncio.sleep(seconds)
    return {"late_ms": late_ms}


def main() -> None:
    """Do what the arguments say and print what came of it."""
    kind, streams, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    doing = call_at(streams, seconds) if kind == "call_at" else stream(KINDS[kind](sys.argv[4]), streams, seconds)
    print(json.dumps(asyncio.run(doing)))


if __name__ == "__main__":
    main()
