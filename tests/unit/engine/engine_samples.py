"""Fakes for the engine's ports: a clock that stands still, a transport that follows a script, sinks that remember."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from wnmon.engine.backoff import Backoff
from wnmon.engine.budget import Budgets, Cap, Reservation
from wnmon.engine.fanout import Fanout
from wnmon.engine.known_secrets import KnownSecrets
from wnmon.engine.limiter import Limiter
from wnmon.engine.loopwatch import Watched
from wnmon.engine.ports import About, P, Rest, T, Worker
from wnmon.engine.run import Run
from wnmon.engine.runner import Runner
from wnmon.judge.registry import prepare
from wnmon.model.budget import Amount, Budget, Unit
from wnmon.model.check import Caps, Check, Level, Plan, Risk, Rule, Selector, Step, Timeouts
from wnmon.model.events import MonitorEvent
from wnmon.model.exchange import Chunk, Exchange, FailureKind, Marks, Request, TransportFailure
from wnmon.model.json import Json
from wnmon.model.said import Text
from wnmon.model.target import Probe, Secret, Target

S = 1_000_000_000
NOON_S = 1_767_268_800.0
"""2026-01-01 12:00 UTC."""
KEY = "sk-very-secret-key-0123456789"
GOOD = {
    "id": "c-1",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "pong"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
}


class FakeClock:
    """Stands still until told otherwise."""

    def __init__(self) -> None:
        self.ns = 1_000 * S
        self.slept_ns = 0
        self.epoch_s = NOON_S

    def now_ns(self) -> int:
        return self.ns

    def boot_ns(self) -> int:
        return self.ns + self.slept_ns

    def wall_s(self) -> float:
        return self.epoch_s

    def pass_s(self, seconds: float) -> None:
        self.ns += int(seconds * S)
        self.epoch_s += seconds

    def sleep_s(self, seconds: float) -> None:
        self.slept_ns += int(seconds * S)
        self.epoch_s += seconds


Answer = Callable[[Request], Exchange] | Callable[[Request], Awaitable[Exchange]]


def reply(body: Any = GOOD, status: int | None = 200, **more: Any) -> Callable[[Request], Exchange]:
    """Return a script line: answer any request with this."""
    headers = (("Content-Type", "application/json"), *more.pop("headers", ()))
    data = json.dumps(body).encode() if isinstance(body, dict) else body

    def answer(request: Request) -> Exchange:
        return Exchange(
            request=request,
            started_at_s=NOON_S,
            marks=Marks(started_ns=0, sent_ns=1, end_ns=2, scheduled_ns=more.get("scheduled_ns")),
            status=status,
            headers=headers,
            chunks=(Chunk(2, data),),
        )

    return answer


def lost(kind: FailureKind, *, sent: bool = False) -> Callable[[Request], Exchange]:
    """Return a script line: no answer."""
    failure = TransportFailure(kind=kind, detail=f"{kind.value} happened")

    def answer(request: Request) -> Exchange:
        exchange = replace(reply(b"", None)(request), failure=failure, headers=(), chunks=())
        return exchange if sent else replace(exchange, marks=replace(exchange.marks, sent_ns=None))

    return answer


class ScriptedTransport:
    """Answers requests one after the other; the last line of the script answers all that follow.

    `meanwhile` is called while a request is under way.
    """

    def __init__(self, *script: Answer) -> None:
        self.script = list(script) or [reply()]
        self.sent: list[Request] = []
        self.scheduled: list[int | None] = []
        self.meanwhile: Callable[[], None] = lambda: None

    async def send(
        self, request: Request, target: Target, *, timeouts: Timeouts, caps: Caps, scheduled_ns: int | None = None
    ) -> Exchange:
        self.sent.append(request)
        self.scheduled.append(scheduled_ns)
        self.meanwhile()
        answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        came = answer(request)
        return came if isinstance(came, Exchange) else await came

    async def warm_up(self) -> None:
        """Nothing is cold."""

    async def close(self) -> None:
        """Nothing is held."""


class Memory:
    """A sink and an observer that remembers."""

    def __init__(self, name: str = "memory") -> None:
        self.name = name
        self.runs: list[Run] = []
        self.events: list[MonitorEvent] = []

    def take(self, run: Run) -> None:
        self.runs.append(run)

    def observe(self, event: MonitorEvent) -> None:
        self.events.append(event)

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


class Broken(Memory):
    """A sink and an observer that remembers, and then stumbles."""

    def take(self, run: Run) -> None:
        super().take(run)
        raise ValueError("secret in the text")

    def observe(self, event: MonitorEvent) -> None:
        super().observe(event)
        raise ValueError("secret in the text")


class Inline:
    """A worker that does its work at once, and remembers what it was."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.closed = False

    async def do(self, about: About, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        self.done.append(work.__name__)
        return work(*args, **kwargs)

    def close(self) -> None:
        self.closed = True


def target(name: str = "wn", **more: Any) -> Target:
    """Return a relay with a key."""
    key = more.pop("api_key", Secret(KEY, "api_key"))
    url = more.pop("url", "http://relay.invalid/v1/chat/completions")
    return Target(name=name, url=url, host="relay.invalid", models=("m-1",), api_key=key, **more)


def step(name: str = "ask", risk: Risk | None = None, **expect: Json) -> Step:
    """Return a step of at most 10 output tokens; 20 tokens at worst, with its 4 bytes of prompt."""
    body: dict[str, Json] = {"model": "{{model}}", "messages": [{"role": "user", "content": "ping"}], "max_tokens": 10}
    return Step(name=name, body=body, risk=risk, expect=tuple(prepare(kind, value) for kind, value in expect.items()))


WORST_TOKENS = 4 + 16 + 10


def plain(*steps: Step) -> Plan:
    """Return the plan of a check."""
    return Plan(steps=steps or (step(status=200),))


def suite(*steps: Step) -> Plan:
    """Return a suite with one rule on each request: the body is JSON."""
    steps = steps or (step("a"), step("b"))
    rules = [_is_json(one.name) for one in steps]
    return Plan(steps=steps, rules=tuple(rules), profiles=("p",), suite="s")


def _is_json(request: str) -> Rule:
    selector, expect = Selector(requests=(request,)), (prepare("json", {}),)
    return Rule(id=f"R-{request}", on=selector, levels={"p": Level.MUST}, says={}, source="", expect=expect)


def probe(plan: Plan | None = None, where: Target | None = None, model: str = "m-1", **more: Any) -> Probe:
    """Return a probe."""
    check = Check(name=more.pop("name", "alive"), plan=plan or plain(), every_s=more.pop("every_s", 60.0), **more)
    return Probe(check=check, target=where or target(), model=model)


class Bench:
    """A runner among fakes."""

    def __init__(
        self,
        *script: Answer,
        limit: int = 8,
        cap: Cap | None = None,
        worker: Worker | None = None,
        spares: Callable[[Probe, int], Rest | None] = lambda *_: None,
    ) -> None:
        self.clock = FakeClock()
        self.transport = ScriptedTransport(*script)
        self.memory = Memory()
        self.budgets = Budgets(self.clock, cap)
        self.backoff = Backoff(self.clock)
        self.limiter = Limiter(limit, self.clock)
        self.secrets = KnownSecrets()
        fanout = Fanout((self.memory,), (self.memory,))
        self.runner = Runner(
            sensors=Watched(self.transport, self.clock, fanout.observe),
            clock=self.clock,
            limiter=self.limiter,
            budgets=self.budgets,
            backoff=self.backoff,
            fanout=fanout,
            secrets=self.secrets,
            worker=worker,
            spares=spares,
            draw=lambda: "nonce123",
        )

    def run(self, one: Probe | None = None, **how: Any) -> Run:
        """Run a probe in a loop of its own."""
        return asyncio.run(self.runner.run(one or probe(), **how))


def limited(**budget: Any) -> Target:
    """Return a target with a budget."""
    return target(budget=Budget(**budget))


def need(tokens: int, money: int = 0) -> Amount:
    """Return what one request needs."""
    return Amount(tokens=tokens, requests=1, money=money)


def why_not(budgets: Budgets, relay: Target, tokens: int, copies: int = 1, money: int = 0) -> Text | None:
    """Return why so many requests are not sent."""

    async def ask() -> Text | None:
        await budgets.cover(relay, need(tokens, money), copies)
        return budgets.refusal(relay, need(tokens, money), copies)

    return asyncio.run(ask())


def reserved(budgets: Budgets, relay: Target, tokens: int, money: int = 0) -> Reservation | None:
    """Return what is set aside for a request, None where it is refused."""

    async def ask() -> Reservation | None:
        await budgets.cover(relay, need(tokens, money))
        return budgets.reserve(relay, need(tokens, money))

    return asyncio.run(ask())


def tokens_left(budgets: Budgets, relay: Target) -> int | None:
    """Return what is left of the first limit of tokens."""
    limits = budgets.left(relay).limits
    return next((one.left for one in limits if one.limit.unit is Unit.TOKENS), None)


async def turns(count: int = 20) -> None:
    """Let every other coroutine go as far as it can."""
    for _ in range(count):
        await asyncio.sleep(0)
