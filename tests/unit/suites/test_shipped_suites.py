"""What the shipped suites hold against a relay, and what they must not: answers at the edge of the rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from suite_samples import judge_exchanges

from wnmon.config import load_suites, narrow
from wnmon.model.check import Plan
from wnmon.model.exchange import Chunk, Exchange, FailureKind, Marks, Request, TransportFailure
from wnmon.model.result import RuleVerdict, Verdict

MS = 1_000_000
COMPLETION: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1_700_000_000,
    "model": "m-1",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "pong"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
    "system_fingerprint": "fp_1",
}
MEMBERS = ("DOC-004", "DOC-005", "DOC-006", "DOC-007", "DOC-008", "DOC-009", "DOC-010")


def answered(
    plan: Plan, body: str, media: str, failure: TransportFailure | None, *more: tuple[str, str]
) -> dict[str, RuleVerdict]:
    """Judge a suite all of whose requests were answered with this body."""
    exchanges = tuple(
        Exchange(
            request=Request(
                step=step.name,
                method="POST",
                url="http://r",
                headers=(),
                body=b"{}",
                auth=step.auth,
                stream=step.stream,
            ),
            started_at_s=1_700_000_000.0,
            marks=Marks(started_ns=0, sent_ns=MS, headers_ns=2 * MS, end_ns=9 * MS),
            status=200,
            headers=(("Content-Type", media), *more),
            chunks=(Chunk(3 * MS, body.encode()),) if body else (),
            failure=failure,
        )
        for step in plan.steps
    )
    return {verdict.rule: verdict for verdict in judge_exchanges(plan, *exchanges).verdicts}


def documented(body: object, failure: TransportFailure | None = None) -> dict[str, RuleVerdict]:
    text = body if isinstance(body, str) else json.dumps(body)
    return answered(load_suites(["builtin:documented"], Path())[0], text, "application/json", failure)


def streamed(body: str) -> dict[str, RuleVerdict]:
    return answered(load_suites(["builtin:stream"], Path())[0], body, "text/event-stream", None)


def semantics(**usage: int) -> dict[str, RuleVerdict]:
    plan = load_suites(["builtin:semantics"], Path())[0]
    return answered(plan, json.dumps({**COMPLETION, "usage": usage}), "application/json", None)


@pytest.mark.parametrize("rule", MEMBERS)
@pytest.mark.parametrize("body", [[COMPLETION], [], "hello", 7, None, True], ids=repr)
def test_a_body_that_is_no_object_has_no_required_member(body: object, rule: str) -> None:
    assert documented(json.dumps(body))[rule].verdict is Verdict.FAILED


@pytest.mark.parametrize("nothing", [None, False, "", {}], ids=repr)
def test_an_empty_error_member_is_no_error(nothing: object) -> None:
    assert documented({**COMPLETION, "error": nothing})["ERR-006"].verdict is Verdict.PASSED


@pytest.mark.parametrize("error", [{"message": "boom"}, "boom", ["boom"], 500, True], ids=repr)
def test_an_error_beside_a_completion_breaks_its_rule(error: object) -> None:
    assert documented({**COMPLETION, "error": error})["ERR-006"].verdict is Verdict.FAILED


REFUSED_IN_200 = [
    {"code": 5001, "message": "odd", "data": None},
    {"success": False, "message": "odd"},
    {"success": False, "data": 1},
    {"choices": None, "base_resp": {"status_code": 9, "status_msg": "odd"}},
    {"Response": {"Error": {"Code": "Odd", "Message": "odd"}}},
    {"title": "odd", "detail": "odd"},
    {"msg": "odd"},
    {"error_msg": "odd", "error_code": 9},
]


@pytest.mark.parametrize("body", REFUSED_IN_200, ids=repr)
def test_an_error_in_a_success_breaks_one_rule_however_it_is_wrapped(body: object) -> None:
    verdicts = documented(body)
    broken = [name for name, one in verdicts.items() if one.verdict is Verdict.FAILED]
    assert broken == ["ERR-006", "DOC-013"]  # the latter is about the stream that was asked for


def test_a_message_beside_a_completion_is_no_error() -> None:
    fine = {**COMPLETION, "code": 0, "message": "success", "success": True, "base_resp": {"status_code": 0}}
    assert documented(fine)["ERR-006"].verdict is Verdict.PASSED


def test_a_body_that_was_cut_off_is_reported_with_its_cause() -> None:
    cut = TransportFailure(kind=FailureKind.TRUNCATED, detail="the connection was reset")
    verdict = documented(json.dumps(COMPLETION)[:40], cut)["DOC-003"]

    assert [finding.actual for finding in verdict.findings] == ["the connection was reset"]


@pytest.mark.parametrize("rule", ["STR-003", "STR-006", "STR-014"])
@pytest.mark.parametrize("body", ["", json.dumps(COMPLETION)], ids=["empty", "json"])
def test_a_stream_without_any_event_broke_nothing_that_is_said_of_events(body: str, rule: str) -> None:
    assert streamed(body)[rule].verdict is Verdict.INCONCLUSIVE


def test_an_error_sent_as_json_in_place_of_a_stream_is_shown() -> None:
    verdict = streamed('{"error": {"message": "boom"}}')["STR-014"]

    assert [finding.actual for finding in verdict.findings] == ["boom"]


def test_a_negative_count_is_no_usage() -> None:
    verdict = semantics(prompt_tokens=9, completion_tokens=-2, total_tokens=7)["SEM-002"]

    assert verdict.verdict is Verdict.FAILED


def coded(*values: str) -> Verdict:
    """Return what HTTP-015 says of an answer under these values of Content-Encoding."""
    plan = narrow(load_suites(["builtin:http"], Path())[0], only=["HTTP-015"])
    headers = (("Content-Encoding", value) for value in values)
    return answered(plan, json.dumps(COMPLETION), "application/json", None, *headers)["HTTP-015"].verdict


@pytest.mark.parametrize(
    "label", ["UTF-8", "utf8", "none", "identity", "charset=utf-8", "json", "gzip; q=1", "gzip, UTF-8"]
)
def test_a_coding_that_is_none_is_named(label: str) -> None:
    assert coded(label) is Verdict.FAILED


@pytest.mark.parametrize("labels", [(), ("gzip",), ("GZIP",), ("br",), ("gzip, br",), ("zstd",)], ids=str)
def test_a_coding_that_is_one_is_not_named(labels: tuple[str, ...]) -> None:
    assert coded(*labels) is Verdict.PASSED
