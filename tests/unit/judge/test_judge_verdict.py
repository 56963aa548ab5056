"""What decides an outcome, its reason and the layer to blame."""

from __future__ import annotations

from dataclasses import replace

import pytest
from judge_samples import (
    COMPLETION,
    GOOD_STREAM,
    answer,
    check,
    completion,
    dead,
    delta,
    judged,
    refusal,
    rule,
    said,
    step,
    streamed,
    suite,
)

from wnmon.model.check import Auth, Level, Plan
from wnmon.model.exchange import Certificate, Exchange, FailureKind, Tls
from wnmon.model.json import Json
from wnmon.model.result import Layer, Outcome, Reason, Result, Usage
from wnmon.model.said import Said, Text, Why

# --- a plain check


def test_an_answer_as_expected_is_passed() -> None:
    result = check(said("pong"), status=200, content="pong")
    assert (result.outcome, result.reason, result.message) == (Outcome.PASSED, Reason.OK, "")


OK: dict[str, Json] = {"status": 200}
SLOW: dict[str, Json] = {"ttft": {"degraded": "10ms"}}
QUOTA = "insufficient_user_quota"
OUTCOMES: list[tuple[str, Exchange, dict[str, Json], Outcome, Reason]] = [
    ("wrong content", said("ping"), {"content": "pong"}, Outcome.FAILED, Reason.CONTENT),
    ("cut answer", said("ping", "length"), {"content": "pong"}, Outcome.FAILED, Reason.LENGTH),
    ("server error", refusal(500, "x"), OK, Outcome.FAILED, Reason.HTTP_5XX),
    ("bad request", refusal(400, "x"), OK, Outcome.FAILED, Reason.HTTP_4XX),
    ("redirect", answer(b"", 302), OK, Outcome.FAILED, Reason.PROTOCOL),
    ("wrong key", refusal(401, "x"), OK, Outcome.ERRORED, Reason.AUTH),
    ("wrong key, transfer cut", answer("{", 401, failure=FailureKind.TRUNCATED), OK, Outcome.ERRORED, Reason.AUTH),
    ("empty balance", refusal(403, QUOTA), OK, Outcome.ERRORED, Reason.BALANCE),
    ("empty balance in a 200", refusal(200, QUOTA), OK, Outcome.ERRORED, Reason.BALANCE),
    ("model gone", refusal(503, "no available channel"), OK, Outcome.ERRORED, Reason.MODEL_UNAVAILABLE),
    ("rate limit", answer(b"", 429), OK, Outcome.ERRORED, Reason.RATE_LIMITED),
    ("rate limit for a 4xx", answer(b"", 429), {"status": "4xx"}, Outcome.ERRORED, Reason.RATE_LIMITED),
    ("wanted rate limit", answer(b"", 429), {"status": 429}, Outcome.PASSED, Reason.OK),
    ("wanted refusal", refusal(404, "model_not_found"), {"status": [400, 404]}, Outcome.PASSED, Reason.OK),
    ("wrong refusal", refusal(503, "model_not_found"), {"status": 404}, Outcome.FAILED, Reason.MODEL_UNAVAILABLE),
    ("no name", dead(FailureKind.DNS), OK, Outcome.ERRORED, Reason.DNS),
    ("stall", answer("{", failure=FailureKind.STALL), OK, Outcome.ERRORED, Reason.STALL),
    ("our own fault", dead(FailureKind.CLIENT), OK, Outcome.ERRORED, Reason.CLIENT),
    ("cut transfer", answer("{", failure=FailureKind.TRUNCATED), OK, Outcome.FAILED, Reason.TRUNCATED),
    ("broken transfer", dead(FailureKind.PROTOCOL), OK, Outcome.FAILED, Reason.PROTOCOL),
    ("too large", answer("{", failure=FailureKind.TOO_LARGE), OK, Outcome.FAILED, Reason.TOO_LARGE),
    ("html nobody asserted on", answer("<html>"), OK, Outcome.FAILED, Reason.CONTENT_TYPE),
    ("bad json nobody asserted on", answer("{,}"), OK, Outcome.FAILED, Reason.BAD_JSON),
    ("error in a 200", refusal(200, "upstream failed"), OK, Outcome.FAILED, Reason.SCHEMA),
    ("empty body", answer(b""), OK, Outcome.FAILED, Reason.EMPTY),
    ("stream without an end", streamed(delta("a")), OK, Outcome.FAILED, Reason.TRUNCATED),
    ("nothing expected", refusal(500, "x"), {}, Outcome.PASSED, Reason.OK),
    ("slow", streamed(*GOOD_STREAM), SLOW, Outcome.DEGRADED, Reason.SLOW),
    ("too slow", streamed(*GOOD_STREAM), {"ttft": "10ms"}, Outcome.FAILED, Reason.SLOW),
    ("slow, monitor late", streamed(*GOOD_STREAM, late_ns=10**9), {"ttft": "10ms"}, Outcome.PASSED, Reason.OK),
    ("slow, wrong", streamed(*GOOD_STREAM), SLOW | {"content": "x"}, Outcome.FAILED, Reason.CONTENT),
]  # fmt: skip


@pytest.mark.parametrize(
    ("_name", "exchange", "expect", "outcome", "reason"), OUTCOMES, ids=[row[0] for row in OUTCOMES]
)
def test_an_answer_leads_to_its_outcome_and_reason(
    _name: str, exchange: Exchange, expect: dict[str, Json], outcome: Outcome, reason: Reason
) -> None:
    result = check(exchange, **expect)
    assert (result.outcome, result.reason) == (outcome, reason)


@pytest.mark.parametrize(
    ("auth", "status", "outcome"),
    [
        (Auth.WRONG, 401, Outcome.PASSED),
        (Auth.WRONG, 403, Outcome.FAILED),
        (Auth.WRONG, 200, Outcome.FAILED),
        (Auth.NONE, 401, Outcome.PASSED),
        (Auth.NONE, 429, Outcome.ERRORED),
    ],
)
def test_a_negative_test_passes_only_on_the_refusal_it_asks_for(auth: Auth, status: int, outcome: Outcome) -> None:
    body = COMPLETION if status == 200 else {"error": {"message": "no"}}
    assert check(answer(body, status, auth=auth), status=401).outcome is outcome


def test_a_key_refused_for_its_scheme_in_lower_case_is_a_failure() -> None:
    result = check(refusal(401, "invalid_api_key", auth=Auth.LOWERCASE), status=200)
    assert (result.outcome, result.reason) == (Outcome.FAILED, Reason.AUTH)


def test_a_wanted_refusal_that_stalled_is_no_answer() -> None:
    exchange = answer("{", 401, auth=Auth.WRONG, failure=FailureKind.STALL)
    assert check(exchange, status=401).outcome is Outcome.ERRORED


def test_a_fault_no_assertion_names_is_told_first() -> None:
    result = check(streamed(delta("a")), content="x")
    assert [finding.reason for finding in result.findings] == [Reason.TRUNCATED, Reason.CONTENT]


def test_a_fault_an_assertion_names_is_told_once() -> None:
    result = check(answer("{,}"), json={})
    assert [finding.reason for finding in result.findings] == [Reason.BAD_JSON]


def test_the_recognised_cause_gives_the_reason_and_not_the_first_complaint() -> None:
    assert check(streamed(delta("a")), content="x", stream="finish").reason is Reason.TRUNCATED


def test_a_failure_says_what_was_expected_and_what_came() -> None:
    assert str(check(said("ping"), content="pong").message) == "content lacks a text: expected pong, got ping"


@pytest.mark.parametrize(
    ("exchange", "layer"),
    [
        (refusal(500, "x"), Layer.RELAY),
        (answer("<html>", 502, "text/html"), Layer.CDN),
        (refusal(401, "x"), Layer.RELAY),
        (dead(FailureKind.DNS), Layer.NETWORK),
        (said("ping"), None),
    ],
)
def test_the_layer_to_blame_comes_with_the_fault(exchange: Exchange, layer: Layer | None) -> None:
    assert check(exchange, status=200, content="pong").layer is layer


# --- several steps

OVER_BUDGET = Said("day_budget_used_up", text="r")
TWO = Plan(steps=(step("a", status=200), step("b", status=200)))


def test_one_dead_step_leaves_the_check_errored() -> None:
    result = judged(TWO, completion("a"), dead(FailureKind.CONNECT, "b"))
    assert (result.outcome, result.reason) == (Outcome.ERRORED, Reason.CONNECT)


def test_a_step_the_budget_refused_leaves_the_check_skipped_and_not_passed() -> None:
    result = judged(TWO, completion("a"), not_sent={"b": OVER_BUDGET})
    assert (result.outcome, result.reason, result.message) == (Outcome.SKIPPED, Reason.BUDGET, OVER_BUDGET)


def test_a_complaint_stands_though_the_next_step_was_not_sent() -> None:
    assert judged(TWO, refusal(500, step="a"), not_sent={"b": OVER_BUDGET}).outcome is Outcome.FAILED


def test_the_first_streamed_exchange_stands_for_the_run() -> None:
    result = judged(TWO, completion("a"), streamed(*GOOD_STREAM, step="b"))
    assert (result.step, result.timing.ttft_s) == ("b", 0.1)


def test_without_a_stream_the_first_exchange_stands_for_the_run() -> None:
    result = judged(TWO, completion("a"), refusal(500, step="b"))
    assert (result.step, result.status, result.usage) == (
        "a",
        200,
        Usage(prompt_tokens=5, completion_tokens=2, total_tokens=7),
    )


def test_the_longest_wait_a_relay_asked_for_is_kept() -> None:
    limits = [answer(b"", 429, step=name, headers=(("Retry-After", wait),)) for name, wait in (("a", "7"), ("b", "3"))]
    assert judged(TWO, *limits).retry_after_s == 7


def test_a_wait_of_zero_is_not_the_absence_of_one() -> None:
    assert check(answer(b"", 429, headers=(("Retry-After", "0"),)), status=200).retry_after_s == 0


def test_nobody_asking_for_a_wait_is_none() -> None:
    assert check(refusal(500), status=200).retry_after_s is None


def test_the_certificate_of_the_first_tls_exchange_is_kept() -> None:
    tls = Tls(version="TLSv1.3", cipher="c", certificate=Certificate(subject="s", issuer="i", not_after_s=1.0))
    assert judged(TWO, completion("a"), replace(completion("b"), tls=tls)).tls == tls


# --- a suite

NEEDS_FULL = Said(Why.NEEDS_FULL)
IDS = rule("DOC-004", "ask", level=Level.MUST, json={"schema": {"required": ["x"]}})
SHOULD = rule("SEM-002", "ask", level=Level.SHOULD, finish_reason="length")
MAY = rule("HTTP-007", "ask", level=Level.MAY, finish_reason="length")


def test_broken_rules_do_not_touch_the_outcome_without_a_gate() -> None:
    assert judged(suite(IDS), completion()).outcome is Outcome.PASSED


GATES: list[tuple[Level | None, list[object], Outcome, Text]] = [
    (Level.MUST, [IDS, SHOULD], Outcome.FAILED, Said("rules_broken", text="DOC-004")),
    (Level.MUST, [SHOULD, MAY], Outcome.PASSED, ""),
    (Level.SHOULD, [IDS, SHOULD, MAY], Outcome.FAILED, Said("rules_broken", text="DOC-004, SEM-002")),
    (Level.SHOULD, [MAY], Outcome.PASSED, ""),
]


@pytest.mark.parametrize(("gate", "rules", "outcome", "message"), GATES)
def test_a_gate_makes_rules_of_its_level_and_above_decide(
    gate: Level, rules: list[object], outcome: Outcome, message: Text
) -> None:
    result = judged(suite(*rules, gate=gate), completion())  # type: ignore[arg-type]
    assert (result.outcome, result.message) == (outcome, message)


def test_a_broken_gate_has_the_reason_rule() -> None:
    assert judged(suite(IDS, gate=Level.MUST), completion()).reason is Reason.RULE


def test_a_waived_rule_does_not_break_the_gate() -> None:
    assert judged(suite(IDS, gate=Level.MUST), completion(), waivers={"DOC-004": "w"}).outcome is Outcome.PASSED


def test_a_rule_that_could_not_be_judged_does_not_break_the_gate() -> None:
    blocked = rule("B", "ask", needs=("DOC-004",), json={})
    result = judged(suite(IDS, blocked, gate=Level.MUST), completion())
    assert result.message == Said("rules_broken", text="DOC-004")


def test_a_refused_preflight_leaves_the_suite_errored_with_its_reason() -> None:
    result = judged(suite(IDS), refusal(403, "insufficient_user_quota"))
    assert (result.outcome, result.reason, result.layer) == (Outcome.ERRORED, Reason.BALANCE, Layer.RELAY)


def test_a_suite_of_which_nothing_was_sent_is_skipped_and_says_why() -> None:
    result = judged(suite(IDS), not_sent={"ask": NEEDS_FULL})
    assert (result.outcome, result.message) == (Outcome.SKIPPED, NEEDS_FULL)


def test_rules_of_a_suite_of_which_nothing_was_sent_have_verdicts() -> None:
    assert len(judged(suite(IDS), not_sent={"ask": NEEDS_FULL}).verdicts) == 1


def test_nothing_sent_without_a_word_why_is_skipped() -> None:
    assert judged(suite()) == Result(outcome=Outcome.SKIPPED, reason=Reason.OK, message=Said("nothing_sent"))
