"""What a test says of its rule, from verdicts made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wnmon.model.check import Level, Rule, Selector
from wnmon.model.result import Evidence, Finding, Outcome, Reason, Result, RuleVerdict, Run, Verdict
from wnmon.pytest_plugin.outcomes import MAX_FINDINGS, Kind, Said, said_of

RULE = Rule(
    id="A-1",
    on=Selector(),
    levels={"basic": Level.MUST},
    says={"en": "it holds"},
    source="us",
    needs=("A-0",),
)
ROW = RuleVerdict(rule="A-1", level=Level.MUST, verdict=Verdict.FAILED)
HOSTILE = Finding(message="odd\x1b[2J", expected="plain\n::error::x", actual="\x1b]0;x\x07\u202e" + "z" * 5000)


def run_of(*rows: RuleVerdict, outcome: Outcome = Outcome.PASSED) -> Run:
    return Run(
        id="1",
        target="wn",
        check="mine",
        model="m",
        started_at_s=0,
        ended_at_s=1,
        result=Result(outcome=outcome, reason=Reason.OK, verdicts=rows),
        evidence=Evidence(model="m", nonce="n", exchanges=()),
        suite="mine",
    )


def said(*rows: RuleVerdict, beside: tuple[str, ...] = (), strict: bool = False) -> Said:
    return said_of(RULE, run_of(*rows), beside=beside, strict=strict, lang="en")


@pytest.mark.parametrize("level", [Level.SHOULD, Level.MAY])
def test_what_does_not_bind_is_tolerated(level: Level) -> None:
    assert said(replace(ROW, level=level)).kind is Kind.TOLERATED


def test_a_may_never_binds() -> None:
    assert said(replace(ROW, level=Level.MAY), strict=True).kind is Kind.TOLERATED


def test_a_waiver_that_is_over_excuses_nothing_and_is_named() -> None:
    over = said(replace(ROW, why="waiver expired on 2026-01-01: later"))

    assert (over.kind, "waiver expired on 2026-01-01: later" in over.details) == (Kind.BROKEN, True)


def test_words_of_a_relay_do_nothing_to_a_screen() -> None:
    text = said(replace(ROW, findings=(HOSTILE,))).details

    assert [char for char in text.replace("\n", "") if not char.isprintable()] == []


def test_words_of_a_relay_begin_no_line() -> None:
    lines = said(replace(ROW, findings=(HOSTILE,))).details.splitlines()

    assert [line for line in lines[1:] if not line.startswith("  ")] == []


def test_findings_beyond_the_most_shown_are_counted() -> None:
    many = said(replace(ROW, findings=(HOSTILE,) * (MAX_FINDINGS + 2)))

    assert "and 2 more" in many.details


OPEN = replace(ROW, verdict=Verdict.INCONCLUSIVE, why="blocked by A-0")
DECIDED = replace(ROW, rule="B-1", verdict=Verdict.PASSED)


def test_a_should_that_could_not_be_judged_is_left_out_beside_rules_that_were() -> None:
    assert said(replace(OPEN, level=Level.SHOULD), DECIDED).kind is Kind.LEFT_OUT


def test_should_rules_none_of_which_could_be_judged_are_no_pass() -> None:
    assert said(replace(OPEN, level=Level.SHOULD)).kind is Kind.UNJUDGED


@pytest.mark.parametrize(
    ("blocker", "beside", "kind"),
    [
        (replace(ROW, rule="A-0"), ("A-0",), Kind.LEFT_OUT),
        (replace(ROW, rule="A-0"), (), Kind.UNJUDGED),
        (replace(ROW, rule="A-0", waived=True), ("A-0",), Kind.UNJUDGED),
        (replace(ROW, rule="A-0", level=Level.SHOULD), ("A-0",), Kind.UNJUDGED),
    ],
)
def test_a_blocked_rule_is_left_out_only_where_what_blocks_it_fails_a_test(
    blocker: RuleVerdict, beside: tuple[str, ...], kind: Kind
) -> None:
    assert said(blocker, OPEN, beside=beside).kind is kind


def test_a_run_with_nothing_to_judge_decides_no_rule() -> None:
    errored = run_of(replace(ROW, verdict=Verdict.PASSED), outcome=Outcome.ERRORED)

    assert said_of(RULE, errored, beside=(), strict=False, lang="en").kind is Kind.UNJUDGED
