"""What the judge says of a waiver that is over."""

from __future__ import annotations

import pytest
from judge_samples import completion, rule, suite, verdict_of, verdicts

from wnmon.model.check import Level, Rule
from wnmon.model.result import Verdict
from wnmon.model.said import Said

OVER = {"R": Said("waiver_expired", code="2026-01-01", text="known")}
BROKEN = rule("R", "ask", json={"schema": {"required": ["x"]}})


def test_a_rule_whose_waiver_is_over_fails_again_and_says_so() -> None:
    found = verdict_of(BROKEN, completion(), expired=OVER)

    assert (found.verdict, found.waived, found.why) == (Verdict.FAILED, False, OVER["R"])


@pytest.mark.parametrize(
    "one",
    [rule("R", "ask", json={}), rule("R", "ask", level=Level.INFO, json={"schema": {"required": ["x"]}})],
    ids=["passed", "noted"],
)
def test_a_waiver_that_is_over_is_of_no_matter_where_nothing_failed(one: Rule) -> None:
    assert verdict_of(one, completion(), expired=OVER).why == ""


def test_a_waiver_that_is_over_says_nothing_of_another_rule() -> None:
    other = rule("S", "ask", json={"schema": {"required": ["x"]}})

    assert verdicts(suite(BROKEN, other), completion(), expired=OVER)["S"].why == ""
