"""How far wnmon's stamp of the first token lies behind the relay's own send stamp, beside a bare asyncio reader.

The relay (`wnmon mock --stamps`, a process of its own) writes CLOCK_MONOTONIC into each chunk just before it sends it;
all processes of a host share that clock. Ten workers stream back to back through the whole runner (transport, redaction
judging), then ten workers of a bare reader do, and so on in turn, so that both see the same machine.
The process's first request is among the samples, after warming imports and client.

    python tests/bench/clock_bench.py [--tokens-wanted 500]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from wnmon.app.check import Surroundings, one_off_runner
from wnmon.app.tuning import tune_interpreter
from wnmon.engine.runner import Runner
from wnmon.model.check import Check, Plan, Step
from wnmon.model.json import JsonObject
from wnmon.model.target import Probe, Secret, Target
from wnmon.wire.reply import Reply

WORKERS = 10
STREAMS_A_TURN = 2
KEY = "sk-bench-0123456789abcdef"
BODY: JsonObject = {"messages": [{"role": "user", "content": "write"}], "stream": True, "max_tokens": 64}
GENEROUS_S = 0.005
AGAINST_BARE = 3.0

Late = Callable[[], int]
"""Reads what one stream left and returns how late its first token was stamped, in ns. Called after all have ended."""

Worker = Callable[[], Awaitable[Late]]
"""Does one stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Lateness of first tokens in ns."""

    ours: list[int]
    bare: list[int]

    def verdict(self) -> tuple[bool, str]:
        """Return whether ours is near enough, and the lines that say so."""
        ours, bare = percentile(self.ours, 99), percentile(self.bare, 99)
        limit = max(GENEROUS_S * 1e9, AGAINST_BARE * bare)
        rows = [f"{'first token, our stamp - send stamp':<38}{'n':>6}{'p50':>10}{'p99':>10}{'max':>10}  (ms)"]
        for name, values in (("wnmon, whole pipeline", self.ours), ("bare asyncio reader", self.bare)):
            numbers = (statistics.median(values), percentile(values, 99), max(values))
            rows.append(f"{name:<38}{len(values):>6}" + "".join(f"{number / 1e6:>10.3f}" for number in numbers))
        rows.append(f"p99 {ours / 1e6:.3f} ms against a limit of {limit / 1e6:.3f} ms (larger of 5 ms and 3 x bare)")
        return ours <= limit, "\n".join(rows)


def percentile(values: list[int], percent: int) -> float:
    """Return the percentile by the nearest rank."""
    ordered = sorted(values)
    return float(ordered[max(0, -(-len(ordered) * percent // 100) - 1)])


async def measure(wanted: int) -> Samples:
    """Return at least `wanted` first tokens of each kind, taken in turns."""
    samples = Samples(ours=[], bare=[])
    async with _relay() as url, one_off_runner(WORKERS, Surroundings()) as runner:
        tune_interpreter()
        while len(samples.ours) < wanted:
            samples.ours.extend(await _turn(lambda: _ours(runner, url)))
            samples.bare.extend(await _turn(lambda: _bare(url)))
    return samples


async def _turn(worker: Worker) -> list[int]:
    async def several(number: int) -> list[Late]:
        await asyncio.sleep(number * 0.021)  # workers shall not all finish, and be judged, at the same instant
        return [await worker() for _ in range(STREAMS_A_TURN)]

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(several(number)) for number in range(WORKERS)]
    return [late() for task in tasks for late in task.result()]


async def _ours(runner: Runner, url: str) -> Late:
    step = Step(name="stream", body={"model": "gpt-4o", **BODY})
    target = Target(
        name="bench", url=url, host="127.0.0.1", models=("gpt-4o",), concurrency=WORKERS, api_key=Secret(KEY, "api_key")
    )
    check = Check(name="bench", plan=Plan(steps=(step,)), every_s=60)
    run = await runner.run(Probe(check=check, target=target, model="gpt-4o"))
    return lambda: _late(run.answers[0].reply)


def _late(reply: Reply) -> int:
    first = reply.tokens[0]
    frame = next(frame for frame in reply.frames if frame.event.index == first.event)
    assert frame.document is not None
    assert isinstance(frame.document.value, dict)
    return first.at_ns - int(str(frame.document.value["x_wnmon_sent_ns"]))


async def _bare(url: str) -> Late:
    """Stamp the first read that holds a content delta, and do nothing else."""
    parsed = urlsplit(url)
    body = json.dumps({"model": "gpt-4o", **BODY}).encode()
    reader, writer = await asyncio.open_connection(parsed.hostname, parsed.port)
    head = f"POST {parsed.path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {KEY}\r\nConnection: close\r\n"
    writer.write(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    reads: list[tuple[int, bytes]] = []
    while data := await reader.read(65536):
        reads.append((time.monotonic_ns(), data))
    writer.close()
    return lambda: next(at_ns - sent_ns for at_ns, data in reads if (sent_ns := _content(data)) is not None)


def _content(data: bytes) -> int | None:
    """Return the send stamp of the first content delta in a read."""
    for line in data.split(b"\n"):
        if line.startswith(b"data: {"):
            chunk = json.loads(line[6:])
            if any(choice["delta"].get("content") for choice in chunk["choices"]):
                return int(chunk["x_wnmon_sent_ns"])
    return None


@asynccontextmanager
async def _relay() -> AsyncIterator[str]:
    arguments = ("--port", "0", "--ttft", "200ms", "--gap", "30ms", "--tokens", "64", "--stamps")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "wnmon", "mock", *arguments, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        yield (await process.stdout.readline()).decode().strip() + "/v1/chat/completions"
    finally:
        process.terminate()
        await process.wait()


def main() -> int:
    """Print the table; exit 1 when ours is too far off."""
    parser = argparse.ArgumentParser(description="Clock error of the first token")
    parser.add_argument("--tokens-wanted", type=int, default=500)
    good, text = asyncio.run(measure(parser.parse_args().tokens_wanted)).verdict()
    print(text)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
