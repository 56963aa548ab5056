"""The first valid request of a suite: what stops the suite, and what is never called passed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from judge_samples import (
    DONE,
    GOOD_STREAM,
    answer,
    completion,
    dead,
    delta,
    judged,
    refusal,
    rule,
    streamed,
    subject,
    suite,
    verdicts,
)

from wnmon.judge.preflight import (
    answered_by_a_stranger,
    blames_request,
    broke_down,
    is_down,
    left_unanswered,
    stops_a_suite,
)
from wnmon.judge.registry import prepare
from wnmon.model.check import Auth, Level, Plan, Risk, Rule, Selector, Step
from wnmon.model.exchange import Exchange, FailureKind
from wnmon.model.result import Fault, Layer, Outcome, Reason, Verdict
from wnmon.model.said import Said, id_of
from wnmon.wire.answer import read_answer

OK = rule("R-1", "ask", status=200)
JSON = rule("R-2", "ask", json={})
IDS = rule("R-3", "ask", needs=("R-2",), json={"schema": {"required": ["id"]}})
SUITE = suite(OK, JSON, IDS)

STOPS: list[tuple[Exchange, Reason | None]] = [
    (completion(), None),
    (refusal(401, "x"), Reason.AUTH),
    (answer("{", 401, failure=FailureKind.TRUNCATED), Reason.AUTH),
    (refusal(403, "insufficient_user_quota"), Reason.BALANCE),
    (refusal(503, "no available channel"), Reason.MODEL_UNAVAILABLE),
    (answer(b"", 429), Reason.RATE_LIMITED),
    (dead(FailureKind.CONNECT), Reason.CONNECT),
    (dead(FailureKind.TLS), Reason.TLS),
    (answer("{", failure=FailureKind.STALL), Reason.STALL),
    (answer("{", failure=FailureKind.TOO_LARGE), Reason.TOO_LARGE),
    (answer("{", failure=FailureKind.TRUNCATED), None),
    (dead(FailureKind.PROTOCOL), Reason.PROTOCOL),
    (refusal(500, "x"), Reason.HTTP_5XX),
    (answer("<html>", 502, media="text/html"), Reason.HTTP_5XX),
    (answer(b"", 503), Reason.HTTP_5XX),
    (answer("<html>", 524, media="text/html"), Reason.HTTP_5XX),
    (refusal(404, "x"), Reason.HTTP_4XX),
    (refusal(400, "nobody has seen this"), Reason.HTTP_4XX),
    (refusal(400, "unsupported_parameter"), None),
    (answer(b"", 302), Reason.PROTOCOL),
    (answer("<html>", media="text/html"), Reason.CONTENT_TYPE),
    (answer("<html>", 403, media="text/html"), Reason.HTTP_4XX),
    (answer("{,}"), None),
    (refusal(200, "insufficient_user_quota"), Reason.BALANCE),
    (answer(status=300), Reason.PROTOCOL),
]


@pytest.mark.parametrize(("exchange", "reason"), STOPS)
def test_a_preflight_stops_a_suite_when_it_leaves_nothing_to_judge(exchange: Exchange, reason: Reason | None) -> None:
    fault = stops_a_suite(SUITE, [read_answer(exchange)])
    assert (fault.reason if fault else None) is reason


STRANGERS = [
    refusal(404, "no such path"),
    refusal(400, "nobody has seen this"),
    answer("<html>", media="text/html"),
    answer("<html>", 403, media="text/html"),
    answer(b"", 302),
    answer("blocked", 406, media="text/plain"),
    dead(FailureKind.PROTOCOL),
]


@pytest.mark.parametrize("stranger", STRANGERS)
def test_what_no_relay_may_have_sent_breaks_no_rule(stranger: Exchange) -> None:
    every = suite(OK, JSON, rule("R-4", Selector(status="4xx"), json={"schema": {"required": ["error"]}}))

    assert {one.verdict for one in judged(every, stranger).verdicts} <= {Verdict.INCONCLUSIVE, Verdict.SKIPPED}


def test_a_refusal_before_a_stranger_breaks_no_rule_either() -> None:
    refused = rule("R-5", "wrong", status=401)
    plan = replace(suite(refused, OK), steps=(Step(name="wrong", body={}, auth=Auth.WRONG), Step(name="ask", body={})))
    found = verdicts(plan, refusal(404, "no such path", step="wrong", auth=Auth.WRONG), refusal(404, "no such path"))

    assert found["R-5"].verdict is Verdict.INCONCLUSIVE


def test_of_a_check_that_is_no_suite_no_answer_is_a_stranger_s() -> None:
    assert answered_by_a_stranger(Plan(steps=SUITE.steps), [read_answer(refusal(404, "no such path"))]) is None


# -- a control: the same in another form

TEXT = rule("T-1", "ask", premise={"accepted": "parts"}, status=["2xx", "5xx?"])
CONTROLLED = replace(
    suite(TEXT),
    steps=(Step(name="ask", body={}), Step(name="parts", body={}, if_refused="ask"), Step(name="b", body={})),
)
WRONG = refusal(400, "content must be an array")


def stops(*exchanges: Exchange) -> bool:
    return stops_a_suite(CONTROLLED, [read_answer(one) for one in exchanges]) is not None


def test_a_refusal_whose_control_is_still_to_be_asked_stops_nothing() -> None:
    assert not stops(WRONG)


def test_a_refusal_whose_control_is_accepted_stops_nothing() -> None:
    assert not stops(WRONG, completion(step="parts"))


def test_a_refusal_whose_control_is_refused_too_stops_a_suite() -> None:
    assert stops(WRONG, refusal(400, "content must be an array", step="parts"))


@pytest.mark.parametrize("status", [403, 404, 405, 409])
def test_a_refusal_that_does_not_blame_the_request_needs_no_control(status: int) -> None:
    assert stops(refusal(status, "x"))


@pytest.mark.parametrize(("message", "blames"), [("content must be an array", True), ("insufficient_quota", False)])
def test_a_refusal_for_the_account_does_not_blame_the_request(message: str, blames: bool) -> None:
    assert blames_request(read_answer(refusal(400, message))) is blames


def test_a_refusal_breaks_its_rule_where_the_control_is_accepted() -> None:
    assert verdicts(CONTROLLED, WRONG, completion(step="parts"))["T-1"].verdict is Verdict.FAILED


def test_a_refusal_breaks_no_rule_where_the_control_is_refused() -> None:
    refused = refusal(422, "content must be an array", step="parts")

    assert verdicts(CONTROLLED, WRONG, refused)["T-1"].verdict is Verdict.INCONCLUSIVE


def test_a_control_answered_with_an_error_in_a_success_is_not_accepted() -> None:
    refused = refusal(200, "no", step="parts")

    assert verdicts(CONTROLLED, WRONG, refused)["T-1"].verdict is Verdict.INCONCLUSIVE


def test_an_accepted_request_needs_no_control() -> None:
    assert verdicts(CONTROLLED, completion())["T-1"].verdict is Verdict.PASSED


UNANSWERED: list[tuple[str, Exchange, Reason]] = [
    ("500", refusal(500, "x"), Reason.HTTP_5XX),
    ("503 alone", answer(b"", 503), Reason.HTTP_5XX),
    ("a page of a CDN", answer("<html>", 522, media="text/html"), Reason.HTTP_5XX),
    ("404", refusal(404, "no such path"), Reason.HTTP_4XX),
    ("a page of a firewall", answer("<html>", 403, media="text/html"), Reason.HTTP_4XX),
    ("400", refusal(400, "bad request"), Reason.HTTP_4XX),
    ("redirect", answer(b"", 302), Reason.PROTOCOL),
    ("a choice with 300", answer(status=300), Reason.PROTOCOL),
    ("no HTTP", dead(FailureKind.PROTOCOL), Reason.PROTOCOL),
    ("error in 200", refusal(200, "upstream failed"), Reason.SCHEMA),
    ("error text in 200", answer({"error": "upstream failed"}), Reason.SCHEMA),
    ("message in 200", answer({"success": False, "message": "try again"}), Reason.SCHEMA),
    ("balance in 200", refusal(200, "insufficient_user_quota"), Reason.BALANCE),
    ("error at once in a stream", streamed('data: {"error": {"message": "x"}}\n\n', DONE), Reason.STREAM),
    ("event error", streamed('event: error\ndata: {"error": {"message": "x"}}\n\n'), Reason.STREAM),
    ("page in 200", answer("<html>", media="text/html"), Reason.CONTENT_TYPE),
    ("text in 200", answer("busy", media="text/plain"), Reason.CONTENT_TYPE),
    ("nothing in 200", answer(b""), Reason.EMPTY),
    ("half a JSON", answer('{"id'), Reason.BAD_JSON),
    ("JSON without a choice", answer({"id": "x", "choices": []}), Reason.EMPTY),
    ("a stream without a choice", streamed(DONE), Reason.EMPTY),
    ("an empty choice", completion(choices=[{}]), Reason.EMPTY),
    (
        "a failure in an empty choice",
        completion(choices=[{"finish_reason": "error", "error": {"code": 502}}]),
        Reason.EMPTY,
    ),
    ("a choice without a message", completion(choices=[{"index": 0, "message": None}]), Reason.EMPTY),
]


@pytest.mark.parametrize(("exchange", "reason"), [row[1:] for row in UNANSWERED], ids=[row[0] for row in UNANSWERED])
def test_a_suite_whose_valid_request_got_no_answer_is_errored_with_the_reason(
    exchange: Exchange, reason: Reason
) -> None:
    result = judged(SUITE, exchange)
    assert (result.outcome, result.reason) == (Outcome.ERRORED, reason)


ANSWERED: list[tuple[str, Exchange]] = [
    ("a completion", completion()),
    ("a choice cut before its first word", completion(choices=[{"finish_reason": "length"}])),
    (
        "a choice that failed after some words",
        completion(choices=[{"message": {"content": "po"}, "finish_reason": "error"}]),
    ),
    ("reasoning alone", completion(choices=[{"message": {"reasoning_content": "hm"}}])),
    ("what audio says alone", completion(choices=[{"message": {"audio": {"transcript": "hm"}}}])),
    ("a refusal in words", completion(choices=[{"message": {"refusal": "no"}}])),
    ("a call of a tool", completion(choices=[{"message": {"tool_calls": [{"function": {"name": "f"}}]}}])),
    ("an empty error beside choices", completion(error={})),
    ("a stream", streamed(*GOOD_STREAM)),
    ("a stream that ends too early", streamed(delta("po"), delta("ng"))),
    ("a stream that an error breaks off", streamed(delta("po"), 'data: {"error": {"message": "x"}}\n\n')),
    ("a parameter the model does not take", refusal(400, "x", code="unsupported_parameter")),
]


@pytest.mark.parametrize("exchange", [row[1] for row in ANSWERED], ids=[row[0] for row in ANSWERED])
def test_a_suite_whose_valid_request_got_an_answer_is_decided_by_its_rules(exchange: Exchange) -> None:
    any_status = rule("R-0", "ask", status=["2xx", "3xx", "4xx", "5xx"])
    assert judged(suite(any_status), exchange).outcome is Outcome.PASSED


def test_an_error_in_200_still_breaks_the_rule_against_it() -> None:
    no_error = rule("R-4", "ask", json={"schema": {"properties": {"error": {"enum": [None]}}}})
    assert verdicts(suite(no_error), refusal(200, "x"))["R-4"].verdict is Verdict.FAILED


def test_a_5xx_leaves_the_rule_on_the_status_open() -> None:
    assert verdicts(SUITE, refusal(500, "x"))["R-1"].verdict is Verdict.INCONCLUSIVE


def test_a_rule_on_what_a_5xx_looks_like_is_judged_on_it() -> None:
    looks = rule("R-5", Selector(status="5xx"), json={})
    assert verdicts(suite(OK, looks), refusal(500, "x"))["R-5"].verdict is Verdict.PASSED


def test_words_that_stalled_are_no_answer() -> None:
    fault = left_unanswered(SUITE, [read_answer(streamed(delta("po"), failure=FailureKind.STALL))])
    assert fault is not None
    assert fault.reason is Reason.STALL


def test_a_completion_without_a_choice_is_blamed_on_the_relay() -> None:
    fault = left_unanswered(SUITE, [read_answer(answer({"id": "x", "choices": []}))])
    assert fault == Fault(reason=Reason.EMPTY, layer=Layer.RELAY, message=Said("no_choice"))


def test_a_suite_of_which_nothing_was_sent_lacks_no_answer() -> None:
    assert left_unanswered(SUITE, []) is None


def test_a_check_that_is_no_suite_has_no_preflight() -> None:
    assert not is_down(Plan(steps=SUITE.steps), [read_answer(refusal(500, "x"))])


def test_a_relay_is_not_down_unless_that_was_seen() -> None:
    assert not subject(completion()).is_down


# --- which request is the preflight


def with_step(plan: Plan, **members: Any) -> Plan:
    """Return the plan with a request `odd` of these members in front."""
    return replace(plan, steps=(Step(name="odd", body={}, **members), *plan.steps))


REFUSED = rule("R-6", "odd", status="4xx")
ODD: list[Plan] = [
    with_step(suite(OK, REFUSED)),
    with_step(suite(OK), auth=Auth.WRONG),
    with_step(suite(OK), risk=Risk.REFUSED),
    with_step(suite(OK), burst=3),
    with_step(suite(OK), plain_http=True),
    with_step(suite(OK), http2=True),
]


@pytest.mark.parametrize("plan", ODD)
def test_a_request_that_asks_for_a_refusal_is_no_preflight(plan: Plan) -> None:
    exchanges = (refusal(404, "no such model", step="odd"), completion())
    assert judged(plan, *exchanges).outcome is Outcome.PASSED


@pytest.mark.parametrize("plan", ODD)
def test_the_first_valid_request_is_the_preflight_wherever_it_stands(plan: Plan) -> None:
    answers = [read_answer(one) for one in (refusal(404, "x", step="odd", auth=Auth.WRONG), refusal(503, "x"))]
    assert [stops_a_suite(plan, answers[:sent]) is not None for sent in (1, 2)] == [False, True]


@pytest.mark.parametrize(("auth", "reason"), [(Auth.NORMAL, Reason.CONNECT), (Auth.WRONG, None)])
def test_a_first_request_that_never_came_stops_a_suite_unless_its_key_was_wrong(
    auth: Auth, reason: Reason | None
) -> None:
    plan = with_step(suite(OK, REFUSED), auth=auth)
    unsent = answer(b"", None, None, step="odd", failure=FailureKind.CONNECT, auth=auth)
    fault = stops_a_suite(plan, [read_answer(unsent)])
    assert (fault.reason if fault else None) is reason


def test_a_preflight_that_never_came_stops_a_suite_behind_a_refusal() -> None:
    plan = with_step(suite(OK, REFUSED))
    answers = [read_answer(one) for one in (refusal(404, "x", step="odd"), dead(FailureKind.STALL, status=200))]
    fault = stops_a_suite(plan, answers)
    assert fault is not None
    assert fault.reason is Reason.STALL


def test_a_relay_that_is_down_does_not_fail_the_rule_on_an_earlier_refusal() -> None:
    plan = with_step(suite(OK, REFUSED))
    assert verdicts(plan, refusal(503, "x", step="odd"), refusal(503, "x"))["R-6"].verdict is Verdict.INCONCLUSIVE


def test_a_relay_that_is_up_fails_the_rule_on_a_refusal_it_crashes_at() -> None:
    plan = with_step(suite(OK, REFUSED))
    assert verdicts(plan, refusal(500, "x", step="odd"), completion())["R-6"].verdict is Verdict.FAILED


def test_a_refusal_that_a_rule_takes_beside_a_success_is_an_answer() -> None:
    assert judged(suite(rule("R-7", "ask", status=[200, "4xx"])), refusal(400, "x")).outcome is Outcome.PASSED


def test_a_redirect_that_a_rule_takes_needs_no_choice() -> None:
    assert left_unanswered(suite(rule("R-7", "ask", status=[200, 300])), [read_answer(answer(b"", 300))]) is None


def test_a_crash_where_a_rule_takes_a_refusal_is_none() -> None:
    assert judged(suite(rule("R-7", "ask", status=[200, "4xx"])), refusal(500, "x")).outcome is Outcome.ERRORED


def test_a_rule_that_takes_any_status_makes_no_answer_of_a_refusal() -> None:
    plan = suite(rule("R-7", "ask", status=["2xx", "3xx", "4xx", "5xx"]))
    assert judged(plan, refusal(400, "x")).outcome is Outcome.ERRORED


def test_a_rule_that_takes_one_rare_5xx_still_takes_its_refusal_for_an_answer() -> None:
    assert judged(suite(rule("R-7", "ask", status=["4xx", 501, 200])), refusal(400, "x")).outcome is Outcome.PASSED


def test_a_success_of_another_path_needs_no_choice() -> None:
    plan = suite(OK)
    listing = replace(plan, steps=(replace(plan.steps[0], path="/v1/models", method="GET"),))
    assert judged(listing, answer({"data": []})).outcome is Outcome.PASSED


# --- a relay that breaks down after its preflight


MEANING = rule("R-13", "later", finish_reason="stop")
BOTH = suite(OK, rule("R-11", "later", status=200), MEANING, requests=["ask", "later"])
BREAKS_DOWN: list[tuple[str, Exchange, Reason]] = [
    ("429", refusal(429, "x", step="later"), Reason.RATE_LIMITED),
    ("a limit in 200", refusal(200, "rate limit exceeded", step="later"), Reason.RATE_LIMITED),
    ("503", refusal(503, "x", step="later"), Reason.HTTP_5XX),
    ("500", refusal(500, "x", step="later"), Reason.HTTP_5XX),
    ("no channel", refusal(503, "no available channel", step="later"), Reason.MODEL_UNAVAILABLE),
    ("balance", refusal(403, "insufficient_user_quota", step="later"), Reason.BALANCE),
    ("key", refusal(401, "x", step="later"), Reason.AUTH),
    ("refused", dead(FailureKind.CONNECT, "later"), Reason.CONNECT),
    ("closed without a word", dead(FailureKind.PROTOCOL, "later"), Reason.PROTOCOL),
    ("stalled", dead(FailureKind.STALL, "later", 200), Reason.STALL),
]


@pytest.mark.parametrize(("exchange", "reason"), [row[1:] for row in BREAKS_DOWN], ids=[row[0] for row in BREAKS_DOWN])
def test_a_suite_whose_relay_breaks_down_on_the_way_is_errored_with_the_reason(
    exchange: Exchange, reason: Reason
) -> None:
    result = judged(BOTH, completion(), exchange)
    assert (result.outcome, result.reason) == (Outcome.ERRORED, reason)


def test_the_first_breakdown_names_the_reason() -> None:
    plan = suite(OK, MEANING, requests=["ask", "later", "last"])
    answers = (completion(), refusal(503, "x", step="later"), dead(FailureKind.CONNECT, "last"))
    assert judged(plan, *answers).reason is Reason.HTTP_5XX


FEATURES: list[tuple[str, Exchange]] = [
    ("400", refusal(400, "x", step="later")),
    ("404", refusal(404, "x", step="later")),
    ("422", refusal(422, "x", step="later")),
    ("a feature the key may not use", refusal(403, "no permission to use tools", step="later")),
    ("a feature the model has not", refusal(400, "model m-1 with tools is not supported", step="later")),
    ("a page", answer("<html>", 403, media="text/html", step="later")),
    ("a key in lower case", refusal(401, "x", step="later", auth=Auth.LOWERCASE)),
    ("a cut answer", answer("{", step="later", failure=FailureKind.TRUNCATED)),
    ("a broken answer", answer("{,}", step="later")),
]


@pytest.mark.parametrize("exchange", [row[1] for row in FEATURES], ids=[row[0] for row in FEATURES])
def test_a_relay_that_refuses_a_feature_is_decided_by_its_rules(exchange: Exchange) -> None:
    assert judged(BOTH, completion(), exchange).outcome is Outcome.PASSED


@pytest.mark.parametrize(("wanted", "outcome"), [("503", Outcome.PASSED), ("5xx", Outcome.ERRORED)])
def test_a_5xx_is_no_breakdown_where_a_rule_takes_this_one(wanted: str, outcome: Outcome) -> None:
    plan = suite(OK, rule("R-11", "later", status=[200, wanted]), MEANING, requests=["ask", "later"])
    assert judged(plan, completion(), refusal(503, "x", step="later")).outcome is outcome


AFTER: list[tuple[str, Plan, Exchange, Outcome]] = [
    ("crash at a wrong request", suite(OK, REFUSED), refusal(500, "x", step="odd"), Outcome.PASSED),
    ("a limit ends the sending", suite(OK, REFUSED), refusal(429, "x", step="odd"), Outcome.ERRORED),
]


@pytest.mark.parametrize(("plan", "exchange", "outcome"), [row[1:] for row in AFTER], ids=[row[0] for row in AFTER])
def test_a_wrong_request_tells_of_a_breakdown_only_by_a_limit(plan: Plan, exchange: Exchange, outcome: Outcome) -> None:
    assert judged(with_step(plan), exchange, completion()).outcome is outcome


def test_a_limit_that_a_burst_met_is_no_breakdown() -> None:
    assert judged(with_step(suite(OK), burst=2), refusal(429, "x", step="odd"), completion()).outcome is Outcome.PASSED


def test_a_limit_that_a_request_asks_for_is_no_breakdown() -> None:
    plan = with_step(suite(OK, REFUSED), expect=(prepare("status", 429),))
    assert not broke_down(plan, [read_answer(refusal(429, "x", step="odd"))])


@pytest.mark.parametrize(
    ("broken", "outcome"),
    [
        (rule("R-12", "ask", finish_reason="length"), Outcome.FAILED),
        (rule("R-12", "later", status=200), Outcome.ERRORED),
    ],
    ids=["by another answer", "by the breakdown"],
)
def test_a_broken_gate_decides_unless_only_the_breakdown_breaks_it(broken: Rule, outcome: Outcome) -> None:
    plan = suite(broken, OK, MEANING, requests=["ask", "later"], gate=Level.MUST)
    assert judged(plan, completion(), refusal(503, "x", step="later")).outcome is outcome


@pytest.mark.parametrize(("gate", "outcome"), [(None, Outcome.PASSED), (Level.MUST, Outcome.FAILED)])
def test_a_breakdown_that_leaves_no_rule_open_is_told_by_the_rules(gate: Level | None, outcome: Outcome) -> None:
    plan = suite(OK, rule("R-11", "later", status=200), requests=["ask", "later"], gate=gate)
    assert judged(plan, completion(), refusal(503, "x", step="later")).outcome is outcome


def test_what_was_judged_before_a_breakdown_stands() -> None:
    assert verdicts(BOTH, completion(), refusal(429, "x", step="later"))["R-1"].verdict is Verdict.PASSED


# --- suites of which no rule was judged


LATE = rule("R-8", "ask", ttft="1s")
OPEN: list[tuple[str, Plan, Exchange]] = [
    ("monitor late", suite(LATE), streamed(*GOOD_STREAM, late_ns=10**9)),
    ("premise lacking", suite(rule("R-9", "ask", premise={"contains": "code"})), completion()),
    ("no such answer", suite(rule("R-10", Selector(status="4xx"), json={})), completion()),
    ("nothing but what is not asked for", suite(replace(OK, levels={"other": Level.MUST})), completion()),
]


@pytest.mark.parametrize(("plan", "exchange"), [row[1:] for row in OPEN], ids=[row[0] for row in OPEN])
def test_a_suite_of_which_no_rule_was_judged_is_skipped_and_not_passed(plan: Plan, exchange: Exchange) -> None:
    assert judged(plan, exchange).outcome is Outcome.SKIPPED


def test_a_suite_of_which_no_rule_was_judged_says_why_the_first_is_open() -> None:
    assert id_of(judged(suite(LATE), streamed(*GOOD_STREAM, late_ns=10**9)).message) == "latency_undecided"


def test_a_suite_of_which_no_rule_was_judged_says_first_what_is_open_and_then_what_was_left_out() -> None:
    nothing_refused = rule("R-10", Selector(status="4xx"), json={})
    result = judged(suite(nothing_refused, LATE), streamed(*GOOD_STREAM, late_ns=10**9))
    assert id_of(result.message) == "latency_undecided"


def test_a_suite_of_refusals_on_a_dead_relay_is_errored() -> None:
    plan = with_step(suite(REFUSED), auth=Auth.WRONG)
    result = judged(plan, answer(b"", None, None, step="odd", failure=FailureKind.CONNECT, auth=Auth.WRONG))
    assert (result.outcome, result.reason) == (Outcome.ERRORED, Reason.CONNECT)


def test_a_suite_of_which_one_rule_was_judged_is_passed() -> None:
    assert judged(suite(LATE, OK), streamed(*GOOD_STREAM, late_ns=10**9)).outcome is Outcome.PASSED


@pytest.mark.parametrize("header", ["cf-mitigated", "x-amzn-waf-action"])
def test_a_challenge_without_a_page_breaks_no_rule(header: str) -> None:
    plan = suite(rule("R", "ask", status=200))
    found = judged(plan, answer(b"", 202, media=None, headers=((header, "challenge"),)))

    assert (found.outcome, found.verdicts[0].verdict, found.layer) == (
        Outcome.ERRORED,
        Verdict.INCONCLUSIVE,
        Layer.CDN,
    )
