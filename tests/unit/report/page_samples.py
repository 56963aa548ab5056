"""A report with exchanges as a relay sends them: a JSON answer, a stream over time, no answer at all."""

from __future__ import annotations

import json
from dataclasses import replace

from report_samples import (
    FINGERPRINT_FINDING,
    MODEL,
    STARTED_AT_S,
    TARGET,
    URL,
    errored,
    on,
    report,
    request,
    run,
    verdict,
)

from wnmon.model.check import Auth, Explanation, Level
from wnmon.model.exchange import Chunk, Exchange, FailureKind, Marks, TransportFailure
from wnmon.model.result import Evidence, Finding, RuleVerdict, Verdict
from wnmon.model.said import Said, Why
from wnmon.report.summary import CheckedTarget, CheckReport

MS = 1_000_000
HOSTILE = (
    '</pre><script>fetch("https://evil.example/")</script><img src=https://evil.example/x onerror=alert(1)>'
    "\x1b[31m\u202egnp.exe ::error::x ##[error]y\r\n::stop-commands::z\nnot ok 1 - x # TODO ``` | @all #1 {{7*7}} %0A"
)

ANSWER = json.dumps(
    {
        "id": "chatcmpl-7f3a",
        "object": "chat.completion",
        "model": MODEL,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "你好，pong"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 22},
    },
    ensure_ascii=False,
).encode()


def marks(end_ms: int, headers_ms: int | None = 120) -> Marks:
    """Return the marks of an exchange over TLS that took `end_ms`."""
    return Marks(
        started_ns=0,
        resolve_ns=1 * MS,
        resolved_ns=9 * MS,
        connect_ns=9 * MS,
        connected_ns=31 * MS,
        secure_ns=31 * MS,
        secured_ns=66 * MS,
        send_ns=66 * MS,
        sent_ns=68 * MS,
        headers_ns=None if headers_ms is None else headers_ms * MS,
        end_ns=end_ms * MS,
    )


def answered(body: bytes = ANSWER, step: str = "completion") -> Exchange:
    """Return an exchange with a JSON answer."""
    return Exchange(
        request=request(step=step),
        started_at_s=STARTED_AT_S,
        marks=marks(900, 880),
        status=200,
        http_version="HTTP/1.1",
        headers=(("Content-Type", "application/json"), ("X-Echo", "Bearer [redacted:api_key]")),
        chunks=(Chunk(895 * MS, body),),
    )


def events() -> list[bytes]:
    """Return the events of a stream; one is no JSON, and none is [DONE]."""
    deltas = [
        {"role": "assistant", "content": ""},
        *({"content": word} for word in ("po", "ng", ", ", "你好", "!") * 4),
    ]
    sent = [
        {"id": "c1", "object": "chat.completion.chunk", "model": MODEL, "choices": [{"index": 0, "delta": delta}]}
        for delta in deltas
    ]
    lines = [b"data: " + json.dumps(event, ensure_ascii=False).encode() + b"\n\n" for event in sent]
    return [*lines[:12], b"data: {oops\n\n", *lines[12:]]


def streamed() -> Exchange:
    """Return an exchange with a stream: a pause, then bursts."""
    chunks = tuple(Chunk((400 + 35 * n + (900 if n > 9 else 0)) * MS, data) for n, data in enumerate(events()))
    return Exchange(
        request=request(step="streamed", stream=True),
        started_at_s=STARTED_AT_S,
        marks=marks(2100),
        status=200,
        http_version="HTTP/1.1",
        headers=(("Content-Type", "text/event-stream"),),
        chunks=chunks,
    )


def silent() -> Exchange:
    """Return an exchange without an answer."""
    return Exchange(
        request=request(step="wrong-key", auth=Auth.WRONG),
        started_at_s=STARTED_AT_S,
        marks=marks(30_000, None),
        failure=TransportFailure(kind=FailureKind.TIMEOUT_HEADERS, detail="no response headers within 30 s"),
    )


def broken(rule: str, *findings: Finding, level: Level = Level.MUST, **more: object) -> RuleVerdict:
    """Return a failed rule with these findings."""
    made = verdict(rule, Verdict.FAILED, level)
    return replace(made, findings=findings, **more)  # type: ignore[arg-type]  # the tests name real members


def finding(place: str, step: str = "completion", **more: object) -> Finding:
    """Return a finding at a place."""
    base = Finding(message="not so", expected="so", actual="otherwise", place=place, step=step)
    return replace(base, **more)  # type: ignore[arg-type]  # the tests name real members


def seen(*verdicts: RuleVerdict, exchanges: tuple[Exchange, ...], suite: str = "documented") -> CheckReport:
    """Return a report of one suite that saw these exchanges."""
    evidence = Evidence(model=MODEL, nonce="n0", exchanges=exchanges)
    return report(on(run(*verdicts, suite=suite), evidence))


def full_page() -> CheckReport:
    """Return a report with everything a page can show."""
    judged = seen(
        verdict("DOC-003"),
        broken("DOC-009", FINGERPRINT_FINDING),
        broken(
            "DOC-010",
            finding("header:X-Echo"),
            waived=True,
            why=Said("waived_until", code="2026-03-02", text="until the move in March"),
        ),
        verdict("DOC-011", Verdict.INCONCLUSIVE, why=Said("blocked_by", code="DOC-003")),
        verdict("DOC-013", Verdict.SKIPPED, Level.SHOULD, why=Said(Why.NEEDS_FULL)),
        broken("SEM-002", finding("/usage/total_tokens", expected="15", actual="22"), level=Level.SHOULD),
        exchanges=(answered(), silent()),
    ).runs[0]
    stream = seen(
        broken("STR-005", finding("event 12", "streamed", actual="{oops", expected=Said("a_json_object"))),
        broken("DOC-017", finding("completion/id, streamed/id", "")),
        broken("ERR-001", finding("", "wrong-key")),
        replace(verdict("STR-012", Verdict.NOTED, Level.INFO), findings=(finding("event 3/choices/0", "streamed"),)),
        exchanges=(answered(), streamed(), silent()),
        suite="stream",
    ).runs[0]
    other = CheckedTarget(name="backup", url=URL, model=MODEL)
    made = report(judged, stream, replace(errored(), target="backup"), targets=(TARGET, other))
    explained = Explanation(
        why={"en": "clients generated from the page expect it", "zh": "依文档生成的客户端需要该字段"},
        wrong={"en": "the upstream does not send it", "zh": "上游不返回该字段"},
        fix={"en": "send a string, such as the name of the backend", "zh": "返回一个字符串，例如后端名称"},
    )
    rules = {**made.rules, "DOC-009": replace(made.rules["DOC-009"], explain=explained)}
    return replace(made, rules=rules)


def hostile() -> CheckReport:
    """Return a report each text of which a relay could have chosen is out to do harm."""
    found = Finding(message=HOSTILE, expected=HOSTILE, actual=HOSTILE, place="/choices", step="completion")
    other = replace(found, place=HOSTILE, step=HOSTILE)
    body = json.dumps({"choices": HOSTILE, HOSTILE: 1}, ensure_ascii=False).encode()
    exchange = replace(answered(body), headers=(("X", HOSTILE), (HOSTILE, "y")), http_version=HOSTILE)
    raw = replace(answered(HOSTILE.encode() + b"\xff\x00", step="raw"), failure=silent().failure)
    judged = seen(
        replace(broken("DOC-009", found, other, finding("byte 3", "raw")), why=HOSTILE),
        verdict("DOC-011", Verdict.INCONCLUSIVE, why=HOSTILE),
        replace(verdict("STR-012", Verdict.NOTED, Level.INFO), findings=(found,)),
        broken("DOC-010", found, waived=True, why=HOSTILE),
        exchanges=(exchange, raw),
    ).runs[0]
    plain = replace(
        judged, suite=None, check=HOSTILE, result=replace(judged.result, message=HOSTILE, findings=(found,))
    )
    return report(judged, plain, errored(message=HOSTILE))
