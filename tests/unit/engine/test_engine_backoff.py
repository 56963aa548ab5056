"""Leaving a relay alone that asks for it."""

from __future__ import annotations

import pytest
from engine_samples import FakeClock

from wnmon.engine.backoff import LONGEST_S, Backoff
from wnmon.model.result import Outcome, Reason, Result


def result(status: int | None = None, retry_after_s: float | None = None, reason: Reason = Reason.OK) -> Result:
    return Result(outcome=Outcome.ERRORED, reason=reason, status=status, retry_after_s=retry_after_s)


def after(*results: Result, model: str = "m-1") -> float:
    """Return how long a model of wn is left alone after m-1 brought these results, each after the rest before."""
    clock = FakeClock()
    backoff = Backoff(clock)
    for one in results:
        clock.pass_s(backoff.left_s("wn", "m-1"))
        backoff.learn("wn", "m-1", one)
    return backoff.left_s("wn", model)


def test_a_target_that_never_asked_is_not_left_alone() -> None:
    assert Backoff(FakeClock()).left_s("wn", "m-1") == 0


@pytest.mark.parametrize(("status", "other_model_s"), [(429, 60), (503, 0)])
def test_a_rate_limit_concerns_the_target_and_unavailability_the_model(status: int, other_model_s: float) -> None:
    assert (after(result(status)), after(result(status), model="m-2")) == (60, other_model_s)


def test_a_rate_limit_told_in_words_concerns_the_model() -> None:
    assert after(result(500, reason=Reason.RATE_LIMITED), model="m-2") == 0


def test_another_target_is_not_touched() -> None:
    backoff = Backoff(FakeClock())
    backoff.learn("wn", "m-1", result(429))
    assert backoff.left_s("other", "m-1") == 0


def test_a_429_among_the_answers_of_a_suite_counts_whatever_stands_for_the_run() -> None:
    backoff = Backoff(FakeClock())
    backoff.learn("wn", "m-1", result(200, 7), limited=True)
    assert backoff.left_s("wn", "m-2") == 7


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured(status: int) -> None:
    assert after(result(status, 7)) == 7


def test_retry_after_zero_is_no_rest() -> None:
    assert after(result(429, 0)) == 0


def test_each_refusal_in_a_row_doubles_the_rest() -> None:
    assert [after(*[result(429)] * count) for count in (1, 2, 3)] == [60, 120, 240]


def test_the_rest_is_capped() -> None:
    assert after(*[result(429)] * 50) == LONGEST_S


def test_any_other_answer_ends_the_row() -> None:
    assert after(result(429), result(429), result(500), result(429)) == 60


def test_no_answer_at_all_does_not_end_the_row() -> None:
    assert after(result(429), result(None), result(429)) == 120


def test_an_answer_to_a_request_sent_before_the_rest_does_not_end_it() -> None:
    backoff = Backoff(FakeClock())
    backoff.learn("wn", "m-1", result(429, 3600))
    backoff.learn("wn", "m-2", result(200))
    assert backoff.left_s("wn", "m-1") == 3600


def test_refusals_of_requests_under_way_together_count_once() -> None:
    backoff = Backoff(FakeClock())
    backoff.learn("wn", "m-1", result(429))
    backoff.learn("wn", "m-2", result(429))
    assert backoff.left_s("wn", "m-1") == 60


def test_a_shorter_rest_does_not_cut_a_longer_one() -> None:
    backoff = Backoff(FakeClock())
    backoff.learn("wn", "m-1", result(429, 3600))
    backoff.learn("wn", "m-2", result(429, 1))
    assert backoff.left_s("wn", "m-1") == 3600


def test_a_rest_runs_out() -> None:
    clock = FakeClock()
    backoff = Backoff(clock)
    backoff.learn("wn", "m-1", result(429))
    clock.pass_s(61)
    assert backoff.left_s("wn", "m-1") == 0


def test_a_day_asked_for_is_cut_to_an_hour() -> None:
    assert after(result(429, 86_400)) == 3600
