"""What a test says of its rule, from verdicts made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wnmon.engine.run import Run
from wnmon.model.check import Level, Rule, Selector
from wnmon.model.result import Evidence, Finding, Outcome, Reason, Result, RuleVerdict, Verdict
from wnmon.model.said import Said, Why
from wnmon.pytest_plugin.outcomes import MAX_FINDINGS, Ending, RuleOutcome, outcome_of
from wnmon.report.summary import why_nothing

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


def said(*rows: RuleVerdict, beside: tuple[str, ...] = (), strict: bool = False) -> RuleOutcome:
    return outcome_of(RULE, run_of(*rows), beside=beside, strict=strict, lang="en")


@pytest.mark.parametrize("level", [Level.SHOULD, Level.MAY])
def test_what_does_not_bind_is_tolerated(level: Level) -> None:
    assert said(replace(ROW, level=level)).ending is Ending.TOLERATED


def test_a_may_never_binds() -> None:
    assert said(replace(ROW, level=Level.MAY), strict=True).ending is Ending.TOLERATED


def test_a_waiver_that_is_over_excuses_nothing_and_is_named() -> None:
    over = said(replace(ROW, why=Said("waiver_expired", code="2026-01-01", text="later")))

    assert (over.ending, "waiver expired on 2026-01-01: later" in over.details) == (Ending.BROKEN, True)


def test_words_of_a_relay_do_nothing_to_a_screen() -> None:
    text = said(replace(ROW, findings=(HOSTILE,))).details

    assert [char for char in text.replace("\n", "") if not char.isprintable()] == []


def test_words_of_a_relay_begin_no_line() -> None:
    lines = said(replace(ROW, findings=(HOSTILE,))).details.splitlines()

    assert [line for line in lines[1:] if not line.startswith("  ")] == []


def test_findings_beyond_the_most_shown_are_counted() -> None:
    many = said(replace(ROW, findings=(HOSTILE,) * (MAX_FINDINGS + 2)))

    assert "and 2 more" in many.details


OPEN = replace(ROW, verdict=Verdict.INCONCLUSIVE, why=Said("blocked_by", code="A-0"))
DECIDED = replace(ROW, rule="B-1", verdict=Verdict.PASSED)


def test_a_should_that_could_not_be_judged_is_left_out_beside_rules_that_were() -> None:
    assert said(replace(OPEN, level=Level.SHOULD), DECIDED).ending is Ending.LEFT_OUT


def test_should_rules_none_of_which_could_be_judged_are_no_pass() -> None:
    assert said(replace(OPEN, level=Level.SHOULD)).ending is Ending.UNJUDGED


@pytest.mark.parametrize(
    ("blocker", "beside", "ending"),
    [
        (replace(ROW, rule="A-0"), ("A-0",), Ending.LEFT_OUT),
        (replace(ROW, rule="A-0"), (), Ending.UNJUDGED),
        (replace(ROW, rule="A-0", waived=True), ("A-0",), Ending.UNJUDGED),
        (replace(ROW, rule="A-0", level=Level.SHOULD), ("A-0",), Ending.UNJUDGED),
    ],
)
def test_a_blocked_rule_is_left_out_only_where_what_blocks_it_fails_a_test(
    blocker: RuleVerdict, beside: tuple[str, ...], ending: Ending
) -> None:
    assert said(blocker, OPEN, beside=beside).ending is ending


REFUSED = replace(
    run_of(OPEN, outcome=Outcome.ERRORED).result, reason=Reason.AUTH, message=Said("status_said", n=401, text="no")
)


def refused(*rows: RuleVerdict) -> RuleOutcome:
    """Return what is said of the rule by a run that the relay left nothing to judge."""
    run = replace(run_of(), result=replace(REFUSED, verdicts=rows))
    return outcome_of(RULE, run, beside=(), strict=False, lang="en")


@pytest.mark.parametrize("rows", [(OPEN,), ()], ids=["open", "not judged at all"])
def test_a_rule_that_a_refused_run_leaves_open_says_why_nothing_was_judged(rows: tuple[RuleVerdict, ...]) -> None:
    outcome = refused(*rows)

    assert (outcome.ending, outcome.reason) == (Ending.UNJUDGED, "auth: status 401: no")


def test_a_suite_that_was_not_asked_after_a_refusal_gives_the_same_reason() -> None:
    message = why_nothing(REFUSED)
    unsent = replace(run_of(replace(OPEN, why=message), outcome=Outcome.SKIPPED).result, message=message)
    run = replace(run_of(), result=unsent)

    assert outcome_of(RULE, run, beside=(), strict=False, lang="en").reason == refused(OPEN).reason


@pytest.mark.parametrize(("verdict", "ending"), [(Verdict.PASSED, Ending.KEPT), (Verdict.FAILED, Ending.BROKEN)])
def test_a_rule_that_is_decided_where_nothing_else_could_be_judged_is_told_as_wnmon_check_tells_it(
    verdict: Verdict, ending: Ending
) -> None:
    assert refused(replace(ROW, verdict=verdict)).ending is ending


def test_a_rule_that_needs_full_names_the_option_of_pytest() -> None:
    assert said(replace(ROW, verdict=Verdict.SKIPPED, why=Said(Why.NEEDS_FULL))).reason == "needs --wnmon-full"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (OPEN, "INCONCLUSIVE: 因 A-0 而无法判定"),
        (replace(ROW, verdict=Verdict.SKIPPED, why=Said(Why.NEEDS_FULL)), "需要 --wnmon-full"),
        (replace(ROW, verdict=Verdict.SKIPPED, why=Said(Why.NO_HTTP2)), "探测端仅支持 HTTP/1.1"),
        (
            replace(ROW, waived=True, why=Said("waived_until", code="2027-01-31", text="x")),
            "WAIVED: 豁免至 2027-01-31：x",
        ),
        (
            replace(ROW, verdict=Verdict.NOTED, findings=(replace(HOSTILE, message=Said("no_status")),)),
            "NOTED: A-1: 没有状态码",
        ),
    ],
)
def test_the_reason_of_a_test_is_in_the_language_asked_for(row: RuleVerdict, reason: str) -> None:
    assert outcome_of(RULE, run_of(row, DECIDED), beside=("A-0",), strict=False, lang="zh").reason == reason
