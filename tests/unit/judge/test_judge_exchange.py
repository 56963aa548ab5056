"""Which exchange of a run a finding is about."""

from __future__ import annotations

from typing import Any

from judge_samples import (
    COMPLETION,
    NONCE,
    answer,
    check,
    completion,
    delta,
    judged,
    refusal,
    rule,
    said,
    step,
    streamed,
    suite,
    verdict_of,
    verdicts,
)

from wnmon.model.check import Level, Plan
from wnmon.model.result import RuleVerdict


def named(found: RuleVerdict) -> list[int | None]:
    """Return which exchange each finding of a verdict names."""
    return [finding.exchange for finding in found.findings]


def compared(**expect: Any) -> RuleVerdict:
    """Compare answers b and c, which came second and third and repeat each other."""
    plan = suite(rule("R", **expect), requests=["a", "b", "c"])
    return verdicts(plan, completion("a"), completion("b"), completion("c"))["R"]


def test_a_finding_of_a_burst_names_its_own_copy() -> None:
    copies = [answer(COMPLETION), refusal(503, "busy"), answer(COMPLETION), refusal(503, "busy")]

    assert named(verdict_of(rule("R", "ask", status=[200, 429]), *copies)) == [1, 3]


def test_a_note_names_its_exchange() -> None:
    noted = rule("R", "b", level=Level.INFO, status=200)

    assert named(verdict_of(noted, completion("a"), refusal(400, "no", step="b"))) == [1]


def test_a_comparison_names_the_exchange_of_the_request_it_complains_of() -> None:
    recalled = suite(rule("R", as_recalled={"of": ["b", "c"], "holding": "{{nonce}}"}), requests=["a", "b", "c"])
    answers = [completion("a"), said(NONCE, step="b"), said("I do not know.", step="c")]

    assert named(verdicts(recalled, *answers)["R"]) == [2]


def test_a_comparison_of_places_names_the_exchange_of_the_first() -> None:
    assert named(compared(differs=["b/id", "c/id"])) == [1]


def test_a_comparison_of_whole_answers_names_none() -> None:
    assert named(compared(differs=["b", "c"])) == [None]


def test_a_finding_of_a_plain_check_names_its_exchange() -> None:
    plan = Plan(steps=(step("a", status=200), step("b", status=201)))

    assert [finding.exchange for finding in judged(plan, completion("a"), completion("b")).findings] == [1]


def test_a_fault_no_assertion_names_names_its_exchange() -> None:
    assert [finding.exchange for finding in check(streamed(delta("a")), status=200).findings] == [0]
