"""What one run costs once its bytes are in: CPU of the whole, through the real runner and sinks, and of each stage.

The transport hands out recorded exchanges at once, so what is left is wnmon's own. CPU time, the least of many goes,
each so short that other work on the machine leaves some of them alone. Stages are timed one by one; `rest` is the whole
less them: tasks, hops to threads, pace, limiter, events.

    python tests/bench/pipeline_bench.py [--seconds 2] [NAME ...]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from wnmon.app.tuning import tune_interpreter
from wnmon.clock import SystemClock
from wnmon.engine.backoff import Backoff
from wnmon.engine.budget import Budgets
from wnmon.engine.fanout import Fanout
from wnmon.engine.known_secrets import KnownSecrets
from wnmon.engine.limiter import Limiter
from wnmon.engine.loopwatch import Watched, with_lags
from wnmon.engine.ports import CaughtUp, Slots
from wnmon.engine.probe_states import LatestStates
from wnmon.engine.rests import Rests
from wnmon.engine.run import Run
from wnmon.engine.runner import Runner
from wnmon.engine.standing import Standings
from wnmon.judge.registry import prepare
from wnmon.judge.verdict import judge
from wnmon.metrics.prometheus import PrometheusSink
from wnmon.model.budget import Amount, Budget
from wnmon.model.check import Caps, Check, Plan, Step, Timeouts
from wnmon.model.exchange import Chunk, Exchange, Marks, Request
from wnmon.model.json import Json, JsonObject
from wnmon.model.target import Probe, ProbeId, Secret, Target
from wnmon.redact.exchange import redact_exchange
from wnmon.redact.result import redact_result
from wnmon.wire.answer import read_answer
from wnmon.wire.bounds import bounded
from wnmon.wire.cost import worst_case_tokens
from wnmon.wire.request import build, read_request
from wnmon.wire.spending import spent

MS = 1_000_000
GAP_NS = 30 * MS
NONCE = "gxq7mrtk"
KEY = "sk-bench-0123456789abcdef0123456789"
HEADERS = (("date", "Sat, 28 Nov 2026 01:16:22 GMT"), ("x-request-id", "req_eadb8c685a2d4168850c7d826b1aead9"))
HEAD: JsonObject = {"id": "chatcmpl-eadb8c685a2d4168850c7d826b1aead9", "created": 1795828582, "model": "gpt-4o"}
EXPECT: Mapping[str, Json] = {"status": 200, "content": {"contains": "{{nonce}}"}, "model": "same"}
STREAMED: Mapping[str, Json] = {**EXPECT, "stream": "complete", "ttft": {"degraded": "2s", "failed": "10s"}}
ROLE: Json = {"enum": ["assistant"]}
DELTA: Json = {"type": "object", "properties": {"content": {"type": ["string", "null"]}, "role": ROLE}}
CHOICE: Json = {
    "type": "object",
    "required": ["index", "delta", "finish_reason"],
    "properties": {
        "index": {"type": "integer", "minimum": 0},
        "delta": DELTA,
        "finish_reason": {"enum": [None, "stop", "length", "tool_calls", "content_filter", "function_call"]},
    },
}
SCHEMA: Json = {
    "type": "object",
    "required": ["id", "object", "created", "model", "choices"],
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "object": {"const": "chat.completion.chunk"},
        "created": {"type": "integer"},
        "model": {"type": "string"},
        "choices": {"type": "array", "items": CHOICE},
    },
}


def answer() -> list[bytes]:
    """Return a JSON answer."""
    choice = {"index": 0, "message": {"role": "assistant", "content": NONCE}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 12, "completion_tokens": 4, "total_tokens": 16}
    whole = {**HEAD, "object": "chat.completion", "choices": [choice], "usage": usage}
    return [json.dumps(whole, separators=(",", ":")).encode()]


def stream(tokens: int) -> list[bytes]:
    """Return the events of a streamed answer, each a chunk."""
    deltas: list[JsonObject] = [{"role": "assistant", "content": ""}, {"content": NONCE}]
    deltas += [{"content": f" word{k}"} for k in range(tokens - 1)]
    choices: list[Json] = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    choices.append({"index": 0, "delta": {}, "finish_reason": "stop"})
    usage: Json = {"prompt_tokens": 12, "completion_tokens": tokens, "total_tokens": 12 + tokens}
    head: JsonObject = {**HEAD, "object": "chat.completion.chunk", "system_fingerprint": "fp_a2a69af70d"}
    events: list[JsonObject] = [*({**head, "choices": [choice], "usage": None} for choice in choices)]
    events.append({**head, "choices": [], "usage": usage})
    return [*(b"data: " + json.dumps(one, separators=(",", ":")).encode() + b"\n\n" for one in events), DONE]


DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is answered, what is expected of it, and how many runs are under way at once."""

    chunks: list[bytes]
    expect: Mapping[str, Json]
    at_once: int = 4

    @property
    def is_stream(self) -> bool:
        """Tell whether events come."""
        return "stream" in self.expect


CASES = {
    "json": Case(chunks=answer(), expect={**EXPECT, "usage": "present"}),
    "stream of 64": Case(chunks=stream(64), expect=STREAMED),
    "stream of 64, schema": Case(chunks=stream(64), expect={**STREAMED, "chunk": {"schema": SCHEMA}}),
    "stream of 10,000": Case(chunks=stream(10_000), expect=STREAMED, at_once=1),
    "stream of 10,000, schema": Case(
        chunks=stream(10_000), expect={**STREAMED, "chunk": {"schema": SCHEMA}}, at_once=1
    ),
}


class Played:
    """A transport that has the answer already, and a timetable that knows every probe."""

    def __init__(self, case: Case) -> None:
        kind = "text/event-stream" if case.is_stream else "application/json"
        first_ns = 1_000_000 * MS + 250 * MS
        chunks = tuple(Chunk(first_ns + k * GAP_NS, data) for k, data in enumerate(case.chunks))
        marks = Marks(
            **{
                f"{name}_ns": 1_000_000 * MS + k for k, name in enumerate(("started", "resolve", "resolved", "connect"))
            },
            **{f"{name}_ns": 1_000_001 * MS + k for k, name in enumerate(("connected", "send", "sent"))},
            headers_ns=first_ns,
            end_ns=chunks[-1].at_ns + MS,
        )
        self.marks, self.chunks, self.headers = marks, chunks, (("content-type", kind), *HEADERS)

    def exchange(self, request: Request) -> Exchange:
        """Return the exchange of a request."""
        return Exchange(
            request=request,
            started_at_s=1795828582.0,
            marks=self.marks,
            status=200,
            http_version="HTTP/1.1",
            headers=self.headers,
            chunks=self.chunks,
            wire_bytes=sum(len(chunk.data) for chunk in self.chunks),
            peer="127.0.0.1:443",
        )

    async def send(
        self, request: Request, target: Target, *, timeouts: Timeouts, caps: Caps, scheduled_ns: int | None = None
    ) -> Exchange:
        """Return it at once."""
        return self.exchange(request)

    async def warm_up(self) -> None:
        """Nothing is cold."""

    async def close(self) -> None:
        """Nothing is held."""

    def slots(self, probe: ProbeId) -> Slots | None:
        """Return when a probe was due and is due next."""
        now_ns = SystemClock().boot_ns()
        return Slots(last_ns=now_ns, next_ns=now_ns + 60_000 * MS)

    def slot_from(self, probe: ProbeId, not_before_ns: int) -> int:
        """Return the slot after a rest."""
        return not_before_ns


class Bench:
    """A runner with the service's own sinks."""

    def __init__(self, case: Case) -> None:
        self.case, self.clock, self.played = case, SystemClock(), Played(case)
        budgets, backoff, self.secrets = Budgets(self.clock), Backoff(self.clock), KnownSecrets()
        rests = Rests(self.clock, backoff, budgets)
        standings = Standings(self.clock, self.played, rests.of)
        metrics, board = PrometheusSink(self.clock, standings.of), LatestStates(standings.of)
        self.fanout = Fanout((rests, standings, metrics, board), (rests, metrics))
        self.probe = self._probe()
        for sink in (standings, metrics, board):
            sink.declare([self.probe])
        self.budgets = budgets
        self.runner = Runner(
            sensors=Watched(self.played, self.clock, self.fanout.observe),
            clock=self.clock,
            limiter=Limiter(100, self.clock),
            budgets=budgets,
            backoff=backoff,
            fanout=self.fanout,
            secrets=self.secrets,
            draw=lambda: NONCE,
        )

    def _probe(self) -> Probe:
        messages: Json = [{"role": "user", "content": "Reply with only: {{nonce}}"}]
        body: JsonObject = {"model": "{{model}}", "messages": messages, "max_tokens": 64, "stream": self.case.is_stream}
        expect = tuple(prepare(kind, value) for kind, value in self.case.expect.items())
        step = Step(name="ask", body=body, expect=expect)
        target = Target(
            name="relay",
            url="http://127.0.0.1:8000/v1/chat/completions",
            host="127.0.0.1",
            models=("gpt-4o",),
            concurrency=100,
            api_key=Secret(KEY, "api_key"),
            budget=Budget(tokens_per_day=10**12),
        )
        return Probe(check=Check(name="alive", plan=Plan(steps=(step,)), every_s=60), target=target, model="gpt-4o")

    async def whole(self, seconds: float) -> tuple[float, Run]:
        """Return the least CPU of a run in ms, of several at once, and one of them."""
        times: list[float] = []
        until_s, many, runs = time.monotonic() + seconds, self.case.at_once, list[Run]()
        while not times or time.monotonic() < until_s:
            begun_ns = time.process_time_ns()
            runs = await asyncio.gather(*(self.runner.run(self.probe, scheduled_ns=1) for _ in range(many)))
            times.append((time.process_time_ns() - begun_ns) / many)
        return min(times) / MS, runs[0]

    def stages(self, run: Run, seconds: float) -> dict[str, float]:
        """Return the least CPU of each stage in ms."""
        step, target, plan = self.probe.check.plan.steps[0], self.probe.target, self.probe.check.plan
        request = build(step, target.url, "gpt-4o", NONCE)
        raw, redactor, asked = self.played.exchange(request), self.secrets.learn(()), read_request(request.body)
        start_ns, end_ns = raw.marks.started_ns, min(raw.marks.end_ns, raw.marks.started_ns + 4_000 * MS)
        proofs = [CaughtUp(at, at + MS // 5) for at in range(start_ns, end_ns, 5 * MS)]
        redacted, worst = redact_exchange(bounded(raw), redactor), worst_case_tokens(request.body, asked)
        seen = replace(redacted, lags=())

        def ask() -> None:
            made = build(step, target.url, "gpt-4o", NONCE)
            worst_case_tokens(made.body, read_request(made.body))

        def book() -> None:
            need = Amount(tokens=sum(worst), requests=1)
            covering = self.budgets.cover(target, need)  # which waits for nobody, since its books are in memory
            with suppress(StopIteration):
                covering.send(None)
            held = self.budgets.reserve(target, need)
            cost = spent(run.answers[0], worst)
            assert held is not None
            self.budgets.settle(held, Amount(tokens=cost.input_tokens + cost.output_tokens, requests=1))
            self.fanout.observe(self.budgets.left(target))

        work: dict[str, Callable[[], object]] = {
            "ask": ask,
            "lags": lambda: with_lags(raw, proofs),
            "redact": lambda: redact_exchange(bounded(raw), redactor),
            "read": lambda: read_answer(seen, asked),
            "judge": lambda: redact_result(judge(plan, run.evidence, run.answers), redactor),
            "budgets": book,
            "sinks": lambda: self.fanout.take(run),
        }
        return {name: cpu_ms(each, seconds / len(work)) for name, each in work.items()}


def cpu_ms(work: Callable[[], object], seconds: float) -> float:
    """Return the least CPU of a piece of work, done over and over."""
    took: list[int] = []
    until_s = time.monotonic() + seconds
    while len(took) < 2 or time.monotonic() < until_s:
        begun_ns = time.process_time_ns()
        work()
        took.append(time.process_time_ns() - begun_ns)
    return min(took) / MS


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="CPU of one run, in ms")
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    for number, name in enumerate(options.names or CASES):
        whole_ms, stages = asyncio.run(measured(CASES[name], options.seconds))
        if not number:
            print(f"{'CPU in ms':<26}" + "".join(f"{stage:>9}" for stage in ("whole", *stages, "rest")))
        columns = (whole_ms, *stages.values(), whole_ms - sum(stages.values()))
        print(f"{name:<26}" + "".join(f"{each:>9.3f}" for each in columns), flush=True)


async def measured(case: Case, seconds: float) -> tuple[float, dict[str, float]]:
    """Return what a run costs, and its stages."""
    bench = Bench(case)
    await bench.whole(0)
    tune_interpreter()
    whole_ms, run = await bench.whole(seconds)
    assert run.result.outcome.success, run.result
    stages = bench.stages(run, seconds)
    bench.runner.close()
    return whole_ms, stages


if __name__ == "__main__":
    main()
