"""What another answer supersedes counts for rules on refusals alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from judge_samples import answer, completion, judged, refusal, rule, suite, verdicts

from wnmon.judge.preflight import is_rate_limited
from wnmon.judge.registry import prepare
from wnmon.model.check import Plan, Selector
from wnmon.model.exchange import Exchange
from wnmon.model.json import Json
from wnmon.model.result import Outcome, Reason, Verdict
from wnmon.wire.answer import read_answer

LIMITED = refusal(429, "rate limit reached", step="a")
A_AND_B = suite(rule("R-a", "a", json={}), rule("R-b", "b", status=200), requests=["a", "b"])
BURST = Plan(steps=(replace(A_AND_B.steps[0], burst=2),), rules=(), profiles=("p",), suite="s")


def test_a_suite_whose_first_request_was_refused_for_the_rate_is_judged_by_its_last_answer() -> None:
    result = judged(A_AND_B, LIMITED, completion("a"), completion("b"), superseded=(0,))

    assert (result.outcome, [row.verdict for row in result.verdicts]) == (Outcome.PASSED, [Verdict.PASSED] * 2)


def test_a_refusal_that_stands_leaves_the_rules_open() -> None:
    result = judged(A_AND_B, completion("a"), replace(LIMITED, request=completion("b").request))

    assert (result.outcome, result.reason) == (Outcome.ERRORED, Reason.RATE_LIMITED)


def test_a_request_asked_again_without_an_answer_names_the_fault_of_the_last() -> None:
    busy = refusal(503, "busy", step="b")
    plan = replace(A_AND_B, rules=(*A_AND_B.rules, rule("R-c", "b", json={})))
    result = judged(plan, LIMITED, completion("a"), busy, superseded=(0,))

    assert (result.outcome, result.reason) == (Outcome.ERRORED, Reason.HTTP_5XX)


@pytest.mark.parametrize(("status", "judges"), [("429", True), ("4xx", True), ("2xx", False), (None, False)])
def test_a_rule_on_refusals_judges_the_one_before_too(status: str | None, judges: bool) -> None:
    says_when = replace(
        rule("R", "a", header={"name": "retry-after", "present": True}), on=Selector(requests=("a",), status=status)
    )
    found = verdicts(suite(says_when, requests=["a"]), LIMITED, completion("a"), superseded=(0,))["R"]

    assert (0 in [finding.exchange for finding in found.findings]) is judges


def test_a_finding_names_its_own_exchange_behind_those_asked_again() -> None:
    found = verdicts(A_AND_B, LIMITED, completion("a"), answer(b"", 404, step="b"), superseded=(0,))["R-b"]

    assert [finding.exchange for finding in found.findings] == [2]


@pytest.mark.parametrize(
    ("exchange", "is_limited"),
    [
        (LIMITED, True),
        (answer(b"", 429, step="a"), True),
        (refusal(429, "insufficient_quota", step="a"), False),
        (refusal(503, "busy", step="a"), False),
        (completion("a"), False),
    ],
)
def test_only_a_limit_of_rate_is_one(exchange: Exchange, is_limited: bool) -> None:
    assert is_rate_limited(A_AND_B, A_AND_B.steps[0], read_answer(exchange)) is is_limited


def test_a_burst_asks_for_its_limit() -> None:
    assert not is_rate_limited(BURST, BURST.steps[0], read_answer(LIMITED))


def test_a_request_may_want_a_limit() -> None:
    wanting = replace(A_AND_B.steps[0], expect=(prepare("status", [429]),))

    assert not is_rate_limited(A_AND_B, wanting, read_answer(LIMITED))


@pytest.mark.parametrize(("status", "is_limited"), [([429], False), ([200, 429], True), ([400], True)])
def test_a_rule_may_want_a_limit(status: list[Json], is_limited: bool) -> None:
    plan = suite(rule("R", "a", status=status), requests=["a"])

    assert is_rate_limited(plan, plan.steps[0], read_answer(LIMITED)) is is_limited
