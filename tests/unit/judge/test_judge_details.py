"""What a verdict and a result carry beside their word: level, reason, the complaint a fault becomes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from judge_samples import (
    COMPLETION,
    MS,
    answer,
    check,
    completion,
    delta,
    later_verdict,
    refusal,
    rule,
    subject,
    suite,
    verdict_of,
    verdicts,
)

from wnmon.judge.kinds import model as identity
from wnmon.judge.kinds import stream
from wnmon.judge.kinds.stream import FEWEST_READS, QUEUED_NS
from wnmon.judge.patterns import compile_pattern
from wnmon.judge.registry import compared
from wnmon.judge.schema import compile_schema
from wnmon.judge.subject import Unfit
from wnmon.model.check import Level, Rule, Selector
from wnmon.model.exchange import Chunk, Exchange, FailureKind
from wnmon.model.json import Json
from wnmon.model.result import Finding, Reason, Verdict, because
from wnmon.model.said import Said, Text

SAME: Json = ["a/model", "b/model"]
OVER_BUDGET = Said("day_budget_used_up", text="r")


def test_a_fault_nobody_asked_for_is_a_complaint_of_its_own() -> None:
    broken = answer("{", failure=FailureKind.TRUNCATED)

    assert check(broken, content="pong").findings[0] == Finding(
        message="truncated happened",
        expected=Said("an_answer"),
        actual="truncated",
        step="ask",
        reason=Reason.TRUNCATED,
    )


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize(
    "answers",
    [
        [completion("a"), completion("b")],
        [completion("a"), completion("b", model="m-2")],
        [completion("a"), completion("b", model=...)],
        [completion("a")],
    ],
    ids=["alike", "different", "absent", "one alone"],
)
def test_a_comparison_keeps_the_level_of_its_rule(level: Level, answers: list[Exchange]) -> None:
    assert verdict_of(rule("R", level=level, same=SAME), *answers).level is level


def test_a_comparison_whose_request_was_not_sent_keeps_its_level() -> None:
    one = rule("R", level=Level.SHOULD, same=SAME)

    assert verdicts(suite(one), completion("ask"), not_sent={"a": OVER_BUDGET})["R"].level is Level.SHOULD


def test_a_comparison_beside_an_assertion_on_one_answer_is_judged() -> None:
    both = rule("R", status=200, same=SAME)

    assert verdict_of(both, completion("a"), completion("b", model="m-2")).verdict is Verdict.FAILED


def test_a_cached_rule_compares_the_requests_it_names() -> None:
    assert compared(rule("R", cached={"a": "{{nonce}}", "b": "{{nonce2}}"})) == ("a", "b")


def test_an_answer_of_a_network_failure_is_nothing_to_a_rule_without_assertions() -> None:
    assert verdict_of(rule("R", "ask"), answer(COMPLETION, failure=FailureKind.STALL)).why == (
        because(Reason.STALL, "stall happened")
    )


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize(
    "one",
    [
        rule("R", "ask", needs=("A",), json={}),
        rule("R", Selector(status="5xx"), json={}),
        rule("R", "ask", content="x"),
        rule("R", "elsewhere", json={}),
    ],
    ids=["blocked", "no such answer", "unreadable", "not sent"],
)
def test_a_rule_that_is_not_judged_keeps_its_level(level: Level, one: Rule) -> None:
    needed = rule("A", "ask", status=201)
    plan = suite(needed, replace(one, levels={"p": level}))

    assert verdicts(plan, refusal(400, "bad request"), not_sent={"elsewhere": OVER_BUDGET})["R"].level is level


def why(one: Rule, exchange: Exchange) -> Text:
    return verdict_of(one, exchange).why


DEEP = "[" * 200 + "]" * 200


def test_json_beyond_our_limits_is_told_to_the_rules_that_read_it() -> None:
    assert str(why(rule("R", "ask", json={}), answer(DEEP))) == "more JSON than wnmon reads: over the limit of 100"


def test_json_beyond_our_limits_is_nothing_to_other_rules() -> None:
    assert verdict_of(rule("R", "ask", status=200), answer(DEEP)).verdict is Verdict.PASSED


def test_facts_about_events_are_open_where_none_came() -> None:
    mislabelled = answer(COMPLETION, media="text/event-stream", stream=True)

    assert why(rule("R", "ask", stream="same_id"), mislabelled) == Said("no_event")


def test_a_400_says_nothing_about_a_rule_on_the_body() -> None:
    assert str(why(rule("R", "ask", json={}), refusal(400, "bad request"))) == "http_4xx: status 400: bad request"


def test_every_status_that_is_no_success_may_be_a_refusal_that_was_asked_for() -> None:
    asks = rule("R", "ask", status=[200, "3xx"], content="pong")

    assert verdict_of(asks, answer(b"", 300)).verdict is Verdict.PASSED


def test_unfit_reads_as_its_message() -> None:
    assert str(Unfit("/a", "a number, not a text")) == "a number, not a text"


def test_a_pattern_that_takes_too_much_memory_is_unfit() -> None:
    with pytest.raises(Unfit, match="pattern too large"):
        compile_pattern(r"[\pL\pN]{55}")


def test_a_pattern_alone_has_no_place() -> None:
    with pytest.raises(Unfit) as refused:
        compile_pattern("(")
    assert refused.value.pointer == ""


def test_a_bad_pattern_is_told_once_and_not_on_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Unfit):
        compile_pattern("(")
    assert capfd.readouterr().err == ""


def test_a_keyword_that_is_refused_names_what_to_use_instead() -> None:
    with pytest.raises(Unfit) as refused:
        compile_schema({"unevaluatedItems": False})
    assert refused.value.hint == Said("known_instead")


def test_a_schema_alone_has_no_place() -> None:
    with pytest.raises(Unfit) as refused:
        compile_schema(3)
    assert refused.value.pointer == ""


def test_a_status_that_fails_a_rule_is_no_note() -> None:
    found = later_verdict(rule("R", "ask", status=200), refusal(404, "no"))
    assert found.findings[0].message == Said("another_status")


def test_names_that_float_are_told_as_the_doubt() -> None:
    asked = subject(completion(model="m-1-preview"), model="m-1")

    assert identity.doubt(None, asked) == Said("names_float")


@pytest.mark.parametrize(("span_ns", "queued"), [(QUEUED_NS, True), (QUEUED_NS - 1, False)])
def test_tokens_so_far_apart_came_in_pieces(span_ns: int, queued: bool) -> None:
    begin_ns = 10_000 * MS
    stamps = [begin_ns + span_ns * k // (FEWEST_READS - 1) for k in range(FEWEST_READS)]
    burst = answer([Chunk(at_ns, delta("a" * 9).encode()) for at_ns in stamps], media="text/event-stream", stream=True)

    assert (stream.doubt(("spread",), subject(burst)) is not None) is queued
