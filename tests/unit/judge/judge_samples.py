"""Builders of answers, checks and suites, and the shortest way to a verdict."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from wnmon.judge.registry import ACROSS_KINDS, KINDS, prepare
from wnmon.judge.subject import Subject, Unfit, subjects_of
from wnmon.judge.verdict import judge
from wnmon.model.check import Auth, Level, Plan, Rule, Selector, Step
from wnmon.model.exchange import Chunk, Exchange, FailureKind, Marks, Request, TransportFailure
from wnmon.model.json import Json
from wnmon.model.result import Evidence, Finding, Reason, Result, RuleVerdict
from wnmon.wire.answer import read_answer

MS = 1_000_000
NONCE = "k7m3pq2x"
COMPLETION: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1_700_000_000,
    "model": "m-1",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "pong"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
    "system_fingerprint": "fp_1",
}
DONE = "data: [DONE]\n\n"


def answer(
    body: bytes | str | Mapping[str, Any] | Sequence[Chunk] = COMPLETION,
    status: int | None = 200,
    media: str | None = "application/json",
    *,
    step: str = "ask",
    headers: tuple[tuple[str, str], ...] = (),
    failure: FailureKind | None = None,
    auth: Auth = Auth.NORMAL,
    stream: bool = False,
    late_ns: int = 0,
    sent_ns: int | None = 100 * MS,
) -> Exchange:
    """Return an exchange: last request byte written at 100 ms, body bytes at 300 ms, over at 1,100 ms."""
    if isinstance(body, Mapping):
        body = json.dumps(body)
    data = body.encode() if isinstance(body, str) else body
    chunks = (Chunk(300 * MS, data),) if isinstance(data, bytes) else tuple(data)
    return Exchange(
        request=Request(step=step, method="POST", url="http://r", headers=(), body=b"{}", auth=auth, stream=stream),
        started_at_s=1_700_000_000.0,
        marks=Marks(started_ns=0, sent_ns=sent_ns, headers_ns=250 * MS, end_ns=1_100 * MS),
        status=status,
        headers=(*((("Content-Type", media),) if media else ()), *headers),
        chunks=chunks,
        failure=TransportFailure(kind=failure, detail=f"{failure.value} happened") if failure else None,
        late_ns=late_ns,
    )


def completion(step: str = "ask", **members: Any) -> Exchange:
    """Return a JSON answer with some members replaced; `...` leaves one out."""
    body = {name: value for name, value in (COMPLETION | members).items() if value is not ...}
    return answer(body, step=step)


def said(content: Any, finish: Any = "stop", *, step: str = "ask", **more: Any) -> Exchange:
    """Return a JSON answer with this content; `more` are members of its message."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content, **more}, "finish_reason": finish}
    return completion(step, choices=[choice])


def refusal(status: int, message: str = "", *, step: str = "ask", auth: Auth = Auth.NORMAL, **error: Any) -> Exchange:
    """Return an error envelope."""
    return answer({"error": {"message": message, **error}}, status, step=step, auth=auth)


def dead(kind: FailureKind, step: str = "ask", status: int | None = None) -> Exchange:
    """Return an exchange that brought no answer."""
    return answer(b"", status, None, step=step, failure=kind)


def delta(content: str | None = None, finish: str | None = None, index: int = 0, **members: Any) -> str:
    """Return one chunk of a stream as event text."""
    choice = {"index": index, "delta": {} if content is None else {"content": content}, "finish_reason": finish}
    value = {"id": "c-1", "object": "chat.completion.chunk", "created": 7, "model": "m-1", "choices": [choice]}
    return f"data: {json.dumps(value | members)}\n\n"


def streamed(*parts: str, step: str = "ask", gap_ms: int = 100, first_ms: int = 200, **more: Any) -> Exchange:
    """Return a stream, one chunk of bytes per part."""
    chunks = [Chunk((first_ms + gap_ms * i) * MS, part.encode()) for i, part in enumerate(parts)]
    return answer(chunks, media=more.pop("media", "text/event-stream"), step=step, stream=True, **more)


GOOD_STREAM = (delta("po"), delta("n"), delta("g"), delta(finish="stop"), DONE)


def evidence(*exchanges: Exchange, **more: Any) -> Evidence:
    """Return what a runner would hand to the judge."""
    return Evidence(model=more.pop("model", "m-1"), nonce=NONCE, exchanges=exchanges, **more)


def subject(exchange: Exchange, **more: Any) -> Subject:
    """Return an exchange, read."""
    return subjects_of([read_answer(exchange)], evidence(exchange, **more))[0]


def complaints(kind: str, value: Json, exchange: Exchange, **more: Any) -> list[Finding]:
    """Return what one assertion says of one answer."""
    return list(KINDS[kind].assess(KINDS[kind].prepare(value), subject(exchange, **more)))


def compared(kind: str, value: Json, *exchanges: Exchange) -> Any:
    """Return what a comparison says of some answers, each named by its step."""
    subjects = {exchange.request.step: subject(exchange) for exchange in exchanges}
    return ACROSS_KINDS[kind].assess(ACROSS_KINDS[kind].prepare(value), subjects)


def unfit(kind: str, value: Json) -> tuple[str, str]:
    """Return pointer and words of why a value cannot be prepared; ("", "") when it can."""
    try:
        prepare(kind, value)
    except Unfit as wrong:
        return wrong.pointer, str(wrong)
    return "", ""


def step(name: str = "ask", **expect: Json) -> Step:
    """Return a step that expects `kind=value`."""
    return Step(name=name, body={}, expect=tuple(prepare(kind, value) for kind, value in expect.items()))


def rule(
    id_: str,
    on: str | Selector | None = None,
    *,
    level: Level = Level.MUST,
    needs: tuple[str, ...] = (),
    levels: Mapping[str, Level] | None = None,
    **expect: Json,
) -> Rule:
    """Return a rule of the profile `p` (or of `levels`); `on` is a request or a selector."""
    selector = on if isinstance(on, Selector) else Selector(requests=(on,)) if on else Selector()
    return Rule(
        id=id_,
        on=selector,
        levels=levels or {"p": level},
        says={"en": id_},
        source="test",
        needs=needs,
        expect=tuple(prepare(kind, value) for kind, value in expect.items()),
    )


def suite(*rules: Rule, requests: Sequence[str] = ("ask",), **more: Any) -> Plan:
    """Return a suite of these rules under the profile `p`. A request that is named more than once is a burst."""
    counts = Counter(requests)
    steps = tuple(Step(name=name, body={}, burst=count) for name, count in counts.items())
    return Plan(steps=steps, rules=rules, profiles=more.pop("profiles", ("p",)), suite="s", **more)


def check(exchange: Exchange, **expect: Json) -> Result:
    """Judge a plain check of one step."""
    asked = replace(step(exchange.request.step, **expect), auth=exchange.request.auth)
    return judged(Plan(steps=(asked,)), exchange)


def judged(plan: Plan, *exchanges: Exchange, **more: Any) -> Result:
    """Judge what was answered."""
    return judge(plan, evidence(*exchanges, **more), [read_answer(exchange) for exchange in exchanges])


def verdicts(plan: Plan, *exchanges: Exchange, **more: Any) -> dict[str, RuleVerdict]:
    """Judge a suite; return its verdicts by rule."""
    return {verdict.rule: verdict for verdict in judged(plan, *exchanges, **more).verdicts}


def verdict_of(one: Rule, *exchanges: Exchange, **more: Any) -> RuleVerdict:
    """Judge a suite of one rule."""
    plan = suite(one, requests=[exchange.request.step for exchange in exchanges] or ["ask"])
    return verdicts(plan, *exchanges, **more)[one.id]


def later_verdict(rule: Rule, exchange: Exchange) -> RuleVerdict:
    """Judge one rule on an answer that came after a request was accepted: the relay is known to serve key and model."""
    return verdicts(suite(rule, requests=("first", "ask")), completion(step="first"), exchange)[rule.id]


def reasons(findings: Sequence[Finding]) -> list[Reason]:
    """Return the reason of each complaint."""
    return [finding.reason for finding in findings]


def places(findings: Sequence[Finding]) -> list[str]:
    """Return the place of each complaint."""
    return [finding.place for finding in findings]
