"""Parameters a model refused: what is told of them, and that no rule is judged on the refusal itself."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from judge_samples import answer, complaints, refusal, subject

from wnmon.judge.kinds import takes
from wnmon.judge.registry import prepare
from wnmon.judge.verdict import judge
from wnmon.model.check import Level, Plan, Rule, Selector, Step
from wnmon.model.exchange import Exchange
from wnmon.model.json import Json
from wnmon.model.lesson import Lesson, Taught
from wnmon.model.result import Evidence, Outcome, Verdict
from wnmon.model.said import Said, Text, Why
from wnmon.wire.answer import read_answer

WANTED = ("max_tokens", "temperature", "stream")


def lesson(taught: Taught = Taught.DROPPED, parameter: str = "temperature", exchange: int | None = 0) -> Lesson:
    return Lesson(taught=taught, parameter=parameter, how="asked otherwise", words="no such thing", exchange=exchange)


def asked(body: dict[str, Any], exchange: Exchange | None = None) -> Exchange:
    exchange = exchange or answer()
    return replace(exchange, request=replace(exchange.request, body=json.dumps(body).encode()))


@pytest.mark.parametrize("taught", [Taught.RENAMED, Taught.DROPPED, Taught.ONLY_STREAMS])
def test_a_refused_parameter_is_a_complaint(taught: Taught) -> None:
    assert len(complaints("takes", [*WANTED], answer(), lessons=(lesson(taught),))) == 1


def test_the_complaint_names_the_parameter_and_quotes_the_relay_where_it_refused() -> None:
    (finding,) = complaints("takes", [*WANTED], answer(), lessons=(lesson(exchange=3),))

    assert (finding.message, finding.place, finding.expected, finding.actual, finding.exchange) == (
        Said("parameter_untaken", name="temperature"),
        "temperature",
        Said("an_answer"),
        "no such thing",
        3,
    )


def test_a_model_that_only_streams_is_told_as_such() -> None:
    (finding,) = complaints("takes", [*WANTED], answer(), lessons=(lesson(Taught.ONLY_STREAMS, "stream"),))

    assert finding.message == Said("only_streams_taken")


@pytest.mark.parametrize(
    "other", [lesson(Taught.ADDED), lesson(Taught.MORE_TOKENS, "max_tokens"), lesson(parameter="seed")]
)
def test_what_is_not_refused_or_not_asked_about_is_no_complaint(other: Lesson) -> None:
    assert complaints("takes", [*WANTED], answer(), lessons=(other,)) == []


def doubt(body: dict[str, Any], *lessons: Lesson) -> Text | None:
    return takes.doubt(WANTED, subject(asked(body), lessons=lessons))


def test_nothing_is_known_of_what_was_not_sent() -> None:
    assert doubt({"max_tokens": 1, "stream": True}) == Said(Why.NOT_TAKEN, code="temperature")


def test_what_was_sent_and_answered_is_known() -> None:
    assert doubt({"max_tokens": 1, "stream": True, "temperature": 0}) is None


def test_a_refusal_is_known_whatever_was_not_sent() -> None:
    assert doubt({}, lesson()) is None


def test_a_request_that_is_no_object_sent_nothing() -> None:
    exchange = replace(answer(), request=replace(answer().request, body=b"["))

    assert takes.doubt(WANTED, subject(exchange)) == Said(Why.NOT_TAKEN, code="max_tokens")


# --- what a refusal that was asked once more, otherwise, leaves to be judged


def plan(*names: str, **expect: Json) -> Plan:
    asserted = tuple(prepare(kind, value) for kind, value in expect.items())
    rule = Rule(id="R-1", on=Selector(requests=names), levels={"p": Level.MUST}, says={}, source="", expect=asserted)
    steps = tuple(Step(name=name, body={}) for name in names)
    return Plan(steps=steps, rules=(rule,), profiles=("p",), suite="s")


def judged(suite: Plan, *exchanges: Exchange, **more: Any) -> Any:
    evidence = Evidence(model="m-1", nonce="n", exchanges=exchanges, **more)
    return judge(suite, evidence, [read_answer(one) for one in exchanges])


UNTAKEN = refusal(400, "'temperature' is not supported")


def test_a_superseded_refusal_is_not_judged() -> None:
    result = judged(plan("ask", status=200), UNTAKEN, answer(), superseded=(0,))

    assert (result.outcome, result.verdicts[0].verdict) == (Outcome.PASSED, Verdict.PASSED)


def test_without_it_the_suite_has_no_answer_to_its_first_request() -> None:
    assert judged(plan("ask", status=200), UNTAKEN, answer()).verdicts[0].verdict is Verdict.INCONCLUSIVE


def test_a_finding_names_its_exchange_among_all_that_were_sent() -> None:
    result = judged(plan("ask", status=201), UNTAKEN, answer(), superseded=(0,))

    assert [finding.exchange for finding in result.verdicts[0].findings] == [1]


def test_a_breakdown_after_a_superseded_refusal_breaks_no_gate() -> None:
    suite = replace(plan("ask", "more", status=200), gate=Level.MUST)
    rest = replace(suite.rules[0], id="R-2", on=Selector(requests=("more",)), expect=(prepare("json", {}),))
    down = answer({"error": {"message": "down"}}, 503, step="more")
    result = judged(replace(suite, rules=(*suite.rules, rest)), UNTAKEN, answer(), down, superseded=(0,))

    assert result.outcome is Outcome.ERRORED


def test_a_rule_keeps_the_exchange_a_finding_names() -> None:
    body = {"max_tokens": 1, "temperature": 0, "stream": True}
    suite = plan("ask", takes=[*WANTED])
    result = judged(suite, UNTAKEN, asked(body), superseded=(0,), lessons=(lesson(exchange=0),))

    assert [finding.exchange for finding in result.verdicts[0].findings] == [0]


# --- what a model is not asked


@pytest.mark.parametrize("why", [Why.ONLY_STREAMS, Said(Why.NOT_TAKEN, code="n"), Said(Why.NOT_GIVEN, code="n")])
def test_a_rule_is_judged_on_what_a_model_was_asked(why: Why | Said) -> None:
    said = Said(why) if isinstance(why, Why) else why
    result = judged(plan("ask", "more", status=200), answer(), not_sent={"more": said})

    assert result.verdicts[0].verdict is Verdict.PASSED


def test_a_plain_check_is_judged_on_what_its_model_was_asked() -> None:
    steps = tuple(Step(name=name, body={}, expect=(prepare("status", 200),)) for name in ("ask", "more"))

    assert judged(Plan(steps=steps), answer(), not_sent={"more": Said(Why.ONLY_STREAMS)}).outcome is Outcome.PASSED


def test_a_rule_on_nothing_a_model_was_asked_is_skipped() -> None:
    result = judged(plan("ask", status=200), not_sent={"ask": Said(Why.ONLY_STREAMS)})

    assert (result.verdicts[0].verdict, result.verdicts[0].why) == (Verdict.SKIPPED, Said(Why.ONLY_STREAMS))


def test_a_request_not_sent_for_another_reason_leaves_the_rule_open() -> None:
    not_sent: dict[str, Text] = {"more": Said(Why.ONLY_STREAMS), "most": Said(Why.INTERRUPTED)}
    result = judged(plan("ask", "more", "most", status=200), answer(), not_sent=not_sent)

    assert (result.verdicts[0].verdict, result.verdicts[0].why) == (Verdict.INCONCLUSIVE, Said(Why.INTERRUPTED))


def test_a_refusal_is_found_at_the_request_it_came_to() -> None:
    refused = replace(lesson(Taught.DROPPED, "temperature"), step="first")

    (finding,) = complaints("takes", ["temperature"], answer(step="later"), lessons=(refused,))

    assert finding.step == "first"
