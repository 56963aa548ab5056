"""What a run counts as towards an objective."""

from __future__ import annotations

import pytest
from slo_runs import an_answer

from wnmon.model.check import Level
from wnmon.model.events import Skip
from wnmon.model.result import Outcome, Reason, Result, RuleVerdict, Verdict
from wnmon.model.slo import Indicator, Slo
from wnmon.watch.slo import Cause, Counted, classify, left_out

OWN = (Reason.INTERNAL, Reason.CLIENT, Reason.BUDGET, Reason.SHUTDOWN)


def an_slo(indicator: Indicator = Indicator.AVAILABILITY, threshold_s: float | None = None) -> Slo:
    return Slo(name="x", indicator=indicator, objective=0.99, window_s=86400.0, threshold_s=threshold_s)


def a_result(outcome: Outcome = Outcome.PASSED, reason: Reason = Reason.OK, *verdicts: RuleVerdict) -> Result:
    return Result(outcome=outcome, reason=reason, step="ask", verdicts=verdicts)


def a_verdict(verdict: Verdict, level: Level = Level.MUST, *, waived: bool = False) -> RuleVerdict:
    return RuleVerdict(rule="DOC-009", level=level, verdict=verdict, waived=waived)


def counted_ttft(threshold_s: float, first_ms: int, *, late_ms: int = 0, outcome: Outcome = Outcome.PASSED) -> str:
    slo = an_slo(Indicator.TTFT, threshold_s)
    return classify(slo, a_result(outcome), [an_answer(first_ms, first_ms + 100, late_ms=late_ms)])


@pytest.mark.parametrize(
    ("outcome", "word"),
    [
        (Outcome.PASSED, Counted.GOOD),
        (Outcome.DEGRADED, Counted.GOOD),
        (Outcome.FAILED, Counted.ERROR),
        (Outcome.ERRORED, Counted.ERROR),
    ],
)
def test_a_relay_is_available_where_the_run_is_a_success(outcome: Outcome, word: Counted) -> None:
    assert classify(an_slo(), a_result(outcome, Reason.SLOW), []) is word


def test_a_relay_that_breaks_a_rule_is_available() -> None:
    assert classify(an_slo(), a_result(Outcome.FAILED, Reason.RULE), []) is Counted.GOOD


@pytest.mark.parametrize("indicator", Indicator)
@pytest.mark.parametrize("reason", OWN)
def test_a_failure_of_wnmon_itself_is_left_out(indicator: Indicator, reason: Reason) -> None:
    assert classify(an_slo(indicator, 1.0), a_result(Outcome.ERRORED, reason), []) is Cause.MONITOR


@pytest.mark.parametrize("indicator", Indicator)
def test_a_run_made_to_confirm_another_is_left_out(indicator: Indicator) -> None:
    word = classify(an_slo(indicator, 1.0), a_result(Outcome.ERRORED, Reason.CONNECT), [an_answer()], recheck=True)

    assert word is Cause.RECHECK


@pytest.mark.parametrize(("reason", "cause"), [(Reason.BUDGET, Cause.BUDGET), (Reason.OK, Cause.UNJUDGED)])
def test_a_run_that_was_skipped_is_left_out(reason: Reason, cause: Cause) -> None:
    assert classify(an_slo(), a_result(Outcome.SKIPPED, reason), []) is cause


def test_a_first_token_within_the_threshold_is_good() -> None:
    assert counted_ttft(0.5, 500) is Counted.GOOD


def test_a_first_token_over_the_threshold_is_an_error() -> None:
    assert counted_ttft(0.5, 501) is Counted.ERROR


def test_a_slow_end_is_an_error_of_total_alone() -> None:
    slow = [an_answer(400, 3000)]
    words = [classify(an_slo(kind, 2.0), a_result(), slow) for kind in (Indicator.TTFT, Indicator.TOTAL)]

    assert words == [Counted.GOOD, Counted.ERROR]


def test_a_stamp_that_may_be_too_late_makes_no_error() -> None:
    assert counted_ttft(0.5, 510, late_ms=30) is Cause.SUSPECT


def test_a_late_stamp_lets_nothing_off_that_is_too_slow_anyway() -> None:
    assert counted_ttft(0.5, 540, late_ms=30) is Counted.ERROR


def test_a_late_stamp_takes_nothing_away_that_is_quick_anyway() -> None:
    assert counted_ttft(0.5, 480, late_ms=30) is Counted.GOOD


def test_a_failed_run_says_nothing_of_a_latency() -> None:
    assert counted_ttft(0.5, 900, outcome=Outcome.FAILED) is Cause.UNJUDGED


def test_a_success_without_the_latency_says_nothing_of_it() -> None:
    assert classify(an_slo(Indicator.TTFT, 0.5), a_result(), []) is Cause.UNJUDGED


def test_the_answer_counts_whose_timing_stands_for_the_run() -> None:
    answers = [an_answer(2000, 2100, step="before"), an_answer(100, 200)]

    assert classify(an_slo(Indicator.TTFT, 1.0), a_result(), answers) is Counted.GOOD


@pytest.mark.parametrize(
    ("verdict", "word"),
    [
        (a_verdict(Verdict.PASSED), Counted.GOOD),
        (a_verdict(Verdict.FAILED), Counted.ERROR),
        (a_verdict(Verdict.FAILED, waived=True), Counted.GOOD),
        (a_verdict(Verdict.FAILED, Level.SHOULD), Counted.GOOD),
        (a_verdict(Verdict.NOTED, Level.INFO), Counted.GOOD),
        (a_verdict(Verdict.INCONCLUSIVE), Cause.UNJUDGED),
        (a_verdict(Verdict.SKIPPED), Cause.UNJUDGED),
    ],
    ids=["kept", "broken", "waived", "SHOULD", "INFO", "open", "skipped"],
)
def test_a_contract_is_broken_by_a_must_rule_without_a_waiver(verdict: RuleVerdict, word: str) -> None:
    assert classify(an_slo(Indicator.CONFORMANCE), a_result(Outcome.PASSED, Reason.OK, verdict), []) is word


def test_one_broken_rule_among_kept_ones_is_an_error() -> None:
    verdicts = (a_verdict(Verdict.PASSED), a_verdict(Verdict.FAILED), a_verdict(Verdict.FAILED, waived=True))

    assert classify(an_slo(Indicator.CONFORMANCE), a_result(Outcome.PASSED, Reason.OK, *verdicts), []) is Counted.ERROR


def test_a_relay_that_gave_no_answer_says_nothing_of_its_contract() -> None:
    result = a_result(Outcome.ERRORED, Reason.HTTP_5XX, a_verdict(Verdict.FAILED))

    assert classify(an_slo(Indicator.CONFORMANCE), result, []) is Cause.UNJUDGED


@pytest.mark.parametrize(
    ("skip", "cause"),
    [
        (Skip.BACKOFF, Cause.RESTING),
        (Skip.BUDGET, Cause.BUDGET),
        (Skip.SPARED, Cause.SPARED),
        (Skip.OVERLAP, Cause.MONITOR),
        (Skip.MISFIRE, Cause.MONITOR),
        (Skip.SHUTDOWN, Cause.MONITOR),
    ],
)
def test_a_run_that_did_not_take_place_is_left_out_with_its_cause(skip: Skip, cause: Cause) -> None:
    assert left_out(skip) is cause
