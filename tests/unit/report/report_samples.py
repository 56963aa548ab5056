"""Runs and reports the tests render: made by hand, so each shows one thing."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

from wnmon.engine.run import Run
from wnmon.model.check import Auth, Level, Rule, Selector
from wnmon.model.exchange import Chunk, Exchange, Marks, Request
from wnmon.model.json import JsonObject
from wnmon.model.result import Evidence, Finding, Layer, Outcome, Reason, Result, RuleVerdict, Timing, Usage, Verdict
from wnmon.model.said import Said, Text, Why
from wnmon.report.summary import CheckedTarget, CheckReport, exit_code
from wnmon.wire.answer import read_answer

STARTED_AT_S = 1_769_853_600.0  # 2026-01-31 10:00:00 UTC
URL = "https://relay.example/v1/chat/completions"
MODEL = "claude-3-5-sonnet-20241022"

TARGET = CheckedTarget(name="wn", url=URL, model=MODEL)

RULES = {
    rule.id: rule
    for rule in (
        Rule(
            id="DOC-003",
            on=Selector(),
            levels={"documented": Level.MUST},
            says={"en": "the body is one JSON text", "zh": "响应体是一个 JSON 文本"},
            source="RFC 8259 §2",
        ),
        Rule(
            id="DOC-009",
            on=Selector(),
            levels={"documented": Level.MUST, "openai": Level.MAY},
            says={"en": "system_fingerprint is a required string", "zh": "system_fingerprint 为必需字符串"},
            source="API page, 200 response: system_fingerprint string 必需",
        ),
        Rule(
            id="DOC-010",
            on=Selector(),
            levels={"documented": Level.MUST},
            says={"en": "usage holds three integers", "zh": "usage 含三个整数"},
            source="API page, 200 response: usage",
        ),
        Rule(
            id="SEM-002",
            on=Selector(),
            levels={"openai": Level.SHOULD},
            says={"en": "total_tokens is the sum of the other two", "zh": "total_tokens 等于另外两者之和"},
            source="OpenAI description: CompletionUsage",
        ),
        Rule(
            id="STR-012",
            on=Selector(),
            levels={"stream": Level.INFO},
            says={"en": "usage is sent only when asked for", "zh": "仅在请求时发送 usage"},
            source="OpenAI description: stream_options",
        ),
    )
}

COMPLETION: JsonObject = {
    "model": MODEL,
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "pong"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15},
}

FINGERPRINT_FINDING = Finding(
    message=Said("place_absent", code="system_fingerprint", text=""),
    expected="a string",
    actual=Said("absent"),
    place="/system_fingerprint",
    step="completion",
    exchange=0,
)


def request(**changes: object) -> Request:
    """Return the request every sample run sent; its prompt holds a quote and Chinese."""
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Don't: 你好"}], "max_tokens": 16}
    base = Request(
        step="completion",
        method="POST",
        url=URL,
        headers=(("Content-Type", "application/json"), ("Content-Length", "99"), ("Accept", "application/json")),
        body=json.dumps(body, ensure_ascii=False).encode(),
        auth=Auth.NORMAL,
        stream=False,
    )
    return replace(base, **changes)  # type: ignore[arg-type]  # the tests name real members


def evidence(sent: Request | None = None, **waivers: str) -> Evidence:
    """Return evidence of one exchange."""
    exchange = Exchange(
        request=sent or request(),
        started_at_s=STARTED_AT_S,
        marks=Marks(started_ns=0, sent_ns=0, end_ns=1),
        status=200,
        headers=(("Content-Type", "application/json"),),
        chunks=(Chunk(at_ns=1, data=json.dumps(COMPLETION).encode()),),
    )
    return Evidence(
        model=MODEL,
        nonce="n0",
        exchanges=(exchange,),
        waivers={key.replace("_", "-"): value for key, value in waivers.items()},
    )


def verdict(
    rule: str, came: Verdict = Verdict.PASSED, level: Level = Level.MUST, *, waived: bool = False, why: Text = ""
) -> RuleVerdict:
    """Return one rule's verdict; a failed or noted one has a finding."""
    wrong = Finding(message=f"{rule} is not so", expected="so", actual="not so", place="/usage", step="completion")
    findings = (FINGERPRINT_FINDING if rule == "DOC-009" else wrong,)
    has_findings = came in {Verdict.FAILED, Verdict.NOTED}
    return RuleVerdict(
        rule=rule, level=level, verdict=came, findings=findings if has_findings else (), why=why, waived=waived
    )


def result(outcome: Outcome = Outcome.PASSED, reason: Reason = Reason.OK, **more: object) -> Result:
    """Return a result with timing and usage."""
    base = Result(
        outcome=outcome,
        reason=reason,
        step="completion",
        status=200,
        timing=Timing(tcp_s=0.02, tls_s=0.03, headers_s=0.4, ttft_s=0.4123, first_visible_s=0.52, total_s=1.84),
        usage=Usage(prompt_tokens=12, completion_tokens=3, total_tokens=15),
    )
    return replace(base, **more)  # type: ignore[arg-type]  # the tests name real members


def run(
    *verdicts: RuleVerdict,
    suite: str | None = "documented",
    sent: Request | None = None,
    outcome: Outcome = Outcome.PASSED,
    reason: Reason = Reason.OK,
    **more: object,
) -> Run:
    """Return a run of a suite, judged."""
    seen = evidence(sent)
    return Run(
        id="run-1",
        target="wn",
        check=suite or "alive",
        model=MODEL,
        started_at_s=STARTED_AT_S,
        ended_at_s=STARTED_AT_S + 6.2,
        result=result(outcome, reason, verdicts=verdicts, **more),
        evidence=seen,
        suite=suite,
        spent_input_tokens=12,
        spent_output_tokens=3,
        requests=4,
        answers=tuple(map(read_answer, seen.exchanges)),
    )


def on(made: Run, seen: Evidence) -> Run:
    """Return the run as one that saw this, its answers read."""
    return replace(made, evidence=seen, answers=tuple(map(read_answer, seen.exchanges)))


def errored(
    reason: Reason = Reason.AUTH, layer: Layer = Layer.RELAY, message: Text = "HTTP 401: invalid api key"
) -> Run:
    """Return a run whose preflight got no answer to judge."""
    blocked = (
        verdict("DOC-003", Verdict.INCONCLUSIVE, why=reason.value),
        verdict("DOC-009", Verdict.INCONCLUSIVE, why=reason.value),
    )
    made = run(
        *blocked, outcome=Outcome.ERRORED, reason=reason, layer=layer, message=message, timing=Timing(), usage=None
    )
    exchange = replace(made.evidence.exchanges[0], status=401, chunks=())
    evidence_of_it = replace(made.evidence, exchanges=(exchange,))
    return replace(
        made,
        requests=1,
        evidence=evidence_of_it,
        answers=(read_answer(exchange),),
        spent_input_tokens=0,
        spent_output_tokens=0,
    )


def report(
    *runs: Run, strict: bool = False, complete: bool = True, targets: tuple[CheckedTarget, ...] = (TARGET,)
) -> CheckReport:
    """Return a report of the runs with the exit code they mean."""
    return CheckReport(
        version="0.1.0",
        started_at_s=STARTED_AT_S,
        ended_at_s=STARTED_AT_S + 7,
        targets=targets,
        runs=runs,
        rules=RULES,
        strict=strict,
        complete=complete,
        exit_code=exit_code(runs, strict),
    )


def mixed(*, strict: bool = False) -> CheckReport:
    """Return a report with every verdict, a waiver, and two findings of one kind."""
    judged = run(
        verdict("DOC-003"),
        verdict("DOC-009", Verdict.FAILED),
        verdict("DOC-010", Verdict.FAILED, waived=True),
        verdict("DOC-011", Verdict.INCONCLUSIVE, why=Said("blocked_by", code="DOC-003")),
        verdict("DOC-012", Verdict.INCONCLUSIVE, why=Said("blocked_by", code="DOC-003")),
        verdict("DOC-013", Verdict.SKIPPED, Level.SHOULD, why=Said(Why.NEEDS_FULL)),
        verdict("SEM-002", Verdict.FAILED, Level.SHOULD),
        verdict("STR-012", Verdict.NOTED, Level.INFO),
        outcome=Outcome.PASSED,
    )
    return report(on(judged, evidence(DOC_010="no usage until the move in March")), strict=strict)


def assert_golden(name: str, text: str) -> None:
    """Compare with the committed file; WNMON_GOLDEN=write renews it for review."""
    path = Path(__file__).parents[2] / "golden" / "report" / name
    if os.environ.get("WNMON_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
