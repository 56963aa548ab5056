"""Probes and runs for tests of the sinks, and a clock that stands until told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from prometheus_client.parser import text_string_to_metric_families

from wnmon.engine.run import Run
from wnmon.engine.standing import Standing
from wnmon.metrics.prometheus import PrometheusSink
from wnmon.model.budget import Budget
from wnmon.model.check import Auth, Check, Level, Plan, Rule, Selector, Step
from wnmon.model.exchange import Certificate, Chunk, Exchange, Marks, Request, Tls
from wnmon.model.result import Evidence, Outcome, Reason, Result, RuleVerdict, Timing
from wnmon.model.target import Probe, ProbeId, Target, Waiver
from wnmon.wire.answer import read_answer

START_S = 1_790_000_000.0


class StandingClock:
    """A clock that moves only when a test says so."""

    def __init__(self) -> None:
        self.elapsed_s = 0.0

    def now_ns(self) -> int:
        return int(self.elapsed_s * 1e9)

    def boot_ns(self) -> int:
        return self.now_ns()

    def wall_s(self) -> float:
        return START_S + self.elapsed_s


def a_rule(rule: str = "DOC-009", **levels: Level) -> Rule:
    return Rule(id=rule, on=Selector(), levels=levels or {"documented": Level.MUST}, says={"en": "x"}, source="page")


def a_target(
    name: str = "wn",
    *,
    labels: Mapping[str, str] | None = None,
    tokens_per_day: int | None = None,
    tokens_per_hour: int | None = None,
    waivers: tuple[Waiver, ...] = (),
) -> Target:
    return Target(
        name=name,
        url=f"https://{name}.example/v1/chat/completions",
        host=f"{name}.example",
        models=("m",),
        labels=labels or {},
        budget=Budget(tokens_per_day=tokens_per_day, tokens_per_hour=tokens_per_hour),
        waivers=waivers,
    )


def a_probe(
    check: str = "alive",
    *,
    target: Target | None = None,
    model: str = "m",
    rules: tuple[Rule, ...] = (),
    suite: str | None = None,
    labels: Mapping[str, str] | None = None,
    every_s: float = 60.0,
) -> Probe:
    plan = Plan(
        steps=(Step(name="ask", body={"model": "{{model}}", "stream": True}),),
        rules=rules,
        profiles=("documented",),
        suite=suite,
    )
    made = Check(name=check, plan=plan, every_s=every_s, labels=labels or {})
    return Probe(check=made, target=target or a_target(), model=model)


GOOD = Timing(
    tcp_s=0.01,
    send_s=0.001,
    headers_s=0.2,
    ttft_s=0.45,
    first_visible_s=0.45,
    total_s=1.2,
    max_gap_s=0.05,
    time_per_output_token_s=0.02,
    tokens_per_s=50.0,
)

TLS = Tls(
    version="TLSv1.3",
    cipher="x",
    certificate=Certificate(subject="wn.example", issuer="ca", not_after_s=START_S + 86400),
)


def an_exchange(status: int | None = 200) -> Exchange:
    request = Request(
        step="ask", method="POST", url="https://wn.example", headers=(), body=b"{}", auth=Auth.NORMAL, stream=True
    )
    return Exchange(
        request=request,
        started_at_s=START_S,
        marks=Marks(started_ns=0, end_ns=1),
        status=status,
        chunks=(Chunk(1, b"abc"), Chunk(2, b"de")),
        wire_bytes=5,
    )


def a_run(
    outcome: Outcome = Outcome.PASSED,
    reason: Reason = Reason.OK,
    *,
    probe: Probe | None = None,
    timing: Timing = GOOD,
    status: int | None = 200,
    verdicts: tuple[RuleVerdict, ...] = (),
    tls: Tls | None = None,
    ended_at_s: float = START_S + 1,
) -> Run:
    probe = probe or a_probe()
    result = Result(
        outcome=outcome, reason=reason, step="ask", status=status, timing=timing, verdicts=verdicts, tls=tls
    )
    return Run(
        id="r1",
        target=probe.target.name,
        check=probe.check.name,
        model=probe.model,
        started_at_s=START_S,
        ended_at_s=ended_at_s,
        result=result,
        evidence=Evidence(model=probe.model, nonce="n", exchanges=(an_exchange(status),)),
        suite=probe.check.plan.suite,
        spent_input_tokens=7,
        spent_output_tokens=11,
        requests=1,
    )


KNOWN = Standing(known=True)


@dataclass
class Stand:
    """How every probe stands, as the test sets it."""

    now: Standing = KNOWN

    def __call__(self, _: ProbeId) -> Standing:
        return self.now


def a_sink(*probes: Probe, clock: StandingClock | None = None, stand: Stand | None = None) -> PrometheusSink:
    sink = PrometheusSink(
        clock or StandingClock(), stand or Stand(), sinks=("prometheus", "jsonl"), components=("engine",)
    )
    sink.declare(probes)
    return sink


def exposed(sink: PrometheusSink, accept: str | None = None) -> bytes:
    """Return the whole exposition."""
    _, pieces = sink.render(accept)
    return b"".join(pieces)


def samples(sink: PrometheusSink, name: str) -> list[tuple[dict[str, str], float]]:
    """Return labels and value of every sample of this name, as a scraper reads them."""
    return [
        (dict(sample.labels), sample.value)
        for family in text_string_to_metric_families(exposed(sink).decode())
        for sample in family.samples
        if sample.name == name
    ]


def value(sink: PrometheusSink, name: str, **labels: str) -> float | None:
    """Return the value of the one sample with these labels among its own, None when there is none."""
    found = [number for own, number in samples(sink, name) if labels.items() <= own.items()]
    assert len(found) <= 1, found
    return found[0] if found else None


def a_balance_run(body: str, *, probe: Probe | None = None) -> Run:
    """A run that got this body of the endpoint of sub2api, and nothing of any other."""
    request = replace(an_exchange().request, step="balance:sub2api", method="GET", url="https://wn.example/v1/usage")
    exchange = replace(an_exchange(), request=request, chunks=(Chunk(1, body.encode()),))
    return replace(a_run(probe=probe), answers=(read_answer(exchange),))
