"""Relays that misbehave in one way each, told by the first part of the path. Every answer is written by hand.

/down     one good phase, then 503 without end, its body quoting the keys of all targets
/shared   429 for the model `busy` in one-api's words for one group of channels, good for `fine`
/slow     the first token after exactly 3 s
/heavy    8 MiB of escapes
/flaky    good, 500 and good again by the clock
/good     good
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

SLOW_S = 3.0
HEAVY_BYTES = 8 * 1024 * 1024
BUSY = "当前分组上游负载已饱和，请稍后再试 (request id: 2)"


@dataclass
class Relays:
    """All relays behind one port. `asked`: when (epoch s) each (path, model) was. Phases are seconds of life."""

    keys: tuple[str, ...]
    down_from_s: float
    flaky_s: tuple[float, float]
    born_s: float = field(default_factory=time.time)
    asked: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    port: int = 0

    def age_s(self) -> float:
        return time.time() - self.born_s

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            name = head.split(b" ", 2)[1].split(b"/")[1].decode()
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            request = json.loads(await reader.readexactly(length))
            self.asked[name, request["model"]].append(time.time())
            await self._say(name, request, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _say(self, name: str, request: dict[str, object], writer: asyncio.StreamWriter) -> None:
        begin_s, end_s = self.flaky_s
        if name == "down" and self.age_s() > self.down_from_s:
            refuse(writer, 503, f"no upstream; keys seen: {' '.join(self.keys)}")
        elif name == "flaky" and begin_s < self.age_s() < end_s:
            refuse(writer, 500, "upstream broke")
        elif name == "shared" and request["model"] == "busy":
            refuse(writer, 429, BUSY)
        elif name == "heavy":
            await stream(writer, [json.dumps({"choices": [{"index": 0, "delta": {"content": ""}}]})[:-6] + ESCAPES])
        else:
            if name == "slow":
                await asyncio.sleep(SLOW_S)
            await stream(writer, good(request))
        await writer.drain()


ESCAPES = '"' + "\\u0041" * (HEAVY_BYTES // 6) + '"}}]}'


def good(request: dict[str, object]) -> list[str]:
    """Return the events of a right answer."""
    messages = request["messages"]
    assert isinstance(messages, list)
    word = messages[-1]["content"].split()[-1]
    base = {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": request["model"]}

    def chunk(delta: object, finish: str | None) -> str:
        return json.dumps({**base, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    return [chunk({"role": "assistant", "content": word}, None), chunk({}, "stop"), "[DONE]"]


async def stream(writer: asyncio.StreamWriter, events: list[str]) -> None:
    """Write a 200 with these events, and close."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
    for event in events:
        writer.write(f"data: {event}\n\n".encode())
        await writer.drain()


def refuse(writer: asyncio.StreamWriter, status: int, message: str) -> None:
    """Write an error as the one-api family does."""
    body = json.dumps(
        {"error": {"message": message, "type": "one_api_error", "param": None, "code": None}}, ensure_ascii=False
    ).encode()
    head = f"HTTP/1.1 {status} Refused\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)


@asynccontextmanager
async def open_relays(make: Callable[[], Relays]) -> AsyncIterator[Relays]:
    """Listen on a free port of loopback while the block runs."""
    relays = make()
    server = await asyncio.start_server(relays.answer, "127.0.0.1", 0)
    relays.port = server.sockets[0].getsockname()[1]
    try:
        yield relays
    finally:
        server.close()
