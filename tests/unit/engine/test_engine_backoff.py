"""Leaving a relay alone that refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest
from engine_samples import FakeClock, S, probe, target

from wnmon.engine.backoff import LONGEST_S, SLACK_NS, Backoff
from wnmon.engine.ports import RestCause
from wnmon.model.check import Auth
from wnmon.model.exchange import Chunk, Exchange, Marks, Request
from wnmon.model.result import Outcome, Reason, Result
from wnmon.model.target import Secret, Target
from wnmon.wire.answer import Answer, read_answer

SLACK_S = SLACK_NS / 1e9
REKEYED = target(api_key=Secret("sk-another-0123456789", "api_key"))


def answer(clock: FakeClock, status: int | None, words: str = "", *headers: tuple[str, str]) -> Answer:
    """Return what a relay answered just now to a run that was due a second ago."""
    request = Request(
        step="a", method="POST", url="http://r.invalid", headers=(), body=b"{}", auth=Auth.NORMAL, stream=False
    )
    marks = Marks(scheduled_ns=clock.ns - S, started_ns=clock.ns - S, sent_ns=clock.ns - S, end_ns=clock.ns)
    said = (("content-type", "application/json"), *headers)
    exchange = Exchange(request=request, started_at_s=clock.epoch_s, marks=marks, status=status, headers=said)
    return read_answer(exchange) if not words else read_answer(with_body(exchange, words))


def with_body(exchange: Exchange, words: str) -> Exchange:
    body = f'{{"error": {{"message": "{words}", "type": "t", "param": null, "code": null}}}}'.encode()
    return replace(exchange, chunks=(Chunk(exchange.marks.end_ns, body),))


class Relay:
    """Whom wnmon asks: m-1 and m-2 of one target, every `every_s`."""

    def __init__(self, every_s: float = 900) -> None:
        self.clock = FakeClock()
        self.backoff = Backoff(self.clock)
        self.every_s = every_s

    def says(
        self,
        status: int | None,
        words: str = "",
        *headers: tuple[str, str],
        model: str = "m-1",
        asked_s: float | None = None,
        reason: Reason = Reason.OK,
    ) -> None:
        result = Result(outcome=Outcome.ERRORED, reason=reason, status=status, retry_after_s=asked_s)
        self.backoff.learn(
            probe(model=model, every_s=self.every_s), result, [answer(self.clock, status, words, *headers)]
        )

    def rests_s(self, model: str = "m-1", where: Target | None = None) -> float:
        """Return how long a model is left alone, 0 when it is not."""
        rest = self.backoff.rest(where or target(), model)
        return 0 if rest is None else (rest.until_ns - self.clock.ns) / 1e9

    def cause(self) -> RestCause | None:
        """Return why m-1 is left alone."""
        rest = self.backoff.rest(target(), "m-1")
        return None if rest is None else rest.cause

    def refuses_again(self, times: int, **more: float | None) -> float:
        """Refuse each time it is asked, and return the last rest."""
        for _ in range(times):
            self.clock.pass_s(self.rests_s())
            self.says(429, **more)  # type: ignore[arg-type]
        return self.rests_s()


def test_a_target_that_never_refused_is_not_left_alone() -> None:
    assert Relay().rests_s() == 0


@pytest.mark.parametrize("status", [429, 503])
def test_a_refusal_concerns_the_model(status: int) -> None:
    relay = Relay()
    relay.says(status)
    assert (relay.rests_s("m-1"), relay.rests_s("m-2")) == (60, 0)


def test_a_rate_limit_told_in_words_concerns_the_model() -> None:
    relay = Relay()
    relay.says(500, reason=Reason.RATE_LIMITED)
    assert (relay.rests_s("m-1"), relay.rests_s("m-2")) == (60, 0)


@pytest.mark.parametrize(
    "header", [("X-RateLimit-Remaining-Requests", "0"), ("anthropic-ratelimit-tokens-remaining", "0")]
)
def test_a_header_that_says_the_key_is_used_up_lets_all_its_models_rest(header: tuple[str, str]) -> None:
    relay = Relay()
    relay.says(429, "", header)
    assert relay.rests_s("m-2") == 60


def test_words_that_say_the_key_is_limited_let_all_its_models_rest() -> None:
    relay = Relay()
    relay.says(429, "您已达到请求数限制：1分钟内最多请求10次")
    assert relay.rests_s("m-2") == 60


def test_another_target_is_not_touched() -> None:
    relay = Relay()
    relay.says(429, "", ("X-RateLimit-Remaining", "0"))
    assert relay.rests_s(where=target("other")) == 0


def test_a_429_among_the_answers_of_a_suite_counts_whatever_stands_for_the_run() -> None:
    relay = Relay()
    result = Result(outcome=Outcome.PASSED, reason=Reason.OK, status=200)
    relay.backoff.learn(probe(), result, [answer(relay.clock, 200), answer(relay.clock, 429)])
    assert relay.rests_s() > 0


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured(status: int) -> None:
    relay = Relay()
    relay.says(status, asked_s=7)
    assert relay.rests_s() == 7


def test_a_rest_the_relay_asked_for_says_so() -> None:
    relay = Relay()
    relay.says(429, asked_s=7)
    assert relay.cause() is RestCause.ASKED


@pytest.mark.parametrize("asked_s", [0.0, None])
def test_a_rest_nobody_asked_for_says_that_the_relay_refused(asked_s: float | None) -> None:
    relay = Relay()
    relay.says(429, asked_s=asked_s)
    assert relay.cause() is RestCause.REFUSED


def test_the_first_rest_without_retry_after_is_one_interval_at_most() -> None:
    relay = Relay(every_s=15)
    relay.says(429)  # to a run that was due a second ago
    assert relay.rests_s() == 14 - SLACK_S


def test_the_first_rest_of_a_rare_check_is_a_minute() -> None:
    assert Relay().refuses_again(1) == 60


def test_the_rest_of_a_run_that_no_schedule_asked_for_counts_from_the_refusal() -> None:
    relay = Relay(every_s=15)
    refused = answer(relay.clock, 429)
    marks = replace(refused.exchange.marks, scheduled_ns=None)
    result = Result(outcome=Outcome.ERRORED, reason=Reason.RATE_LIMITED, status=429)
    relay.backoff.learn(probe(every_s=15), result, [replace(refused, exchange=replace(refused.exchange, marks=marks))])
    assert relay.rests_s() == 15


def test_the_first_rest_is_over_when_the_next_run_is_due() -> None:
    relay = Relay(every_s=15)
    relay.says(429)
    relay.clock.pass_s(14)
    assert relay.rests_s() == 0


def test_each_refusal_in_a_row_doubles_the_rest() -> None:
    assert [Relay().refuses_again(times) for times in (1, 2, 3)] == [60, 120, 240]


def test_a_rarer_check_of_the_model_goes_on_with_the_row_of_the_more_frequent_one() -> None:
    relay = Relay(every_s=5)
    relay.says(429)
    relay.clock.pass_s(5)
    relay.every_s = 600
    relay.says(429)
    assert relay.rests_s() == 10


def test_the_rest_is_capped() -> None:
    assert Relay().refuses_again(50) == LONGEST_S - 1 - SLACK_S


def test_any_other_answer_ends_the_row() -> None:
    relay = Relay()
    relay.refuses_again(2)
    relay.clock.pass_s(relay.rests_s())
    relay.says(500)
    relay.says(429)
    assert relay.rests_s() == 60


def test_no_answer_at_all_does_not_end_the_row() -> None:
    relay = Relay()
    relay.says(429)
    relay.clock.pass_s(60)
    relay.says(None)
    relay.says(429)
    assert relay.rests_s() == 120


def test_an_answer_to_a_request_sent_before_the_rest_does_not_end_it() -> None:
    relay = Relay()
    relay.says(429, asked_s=3600)
    relay.says(200)
    assert relay.rests_s() == 3600


def test_refusals_of_requests_under_way_together_count_once() -> None:
    relay = Relay()
    relay.says(429)
    relay.says(429)
    assert relay.rests_s() == 60


def test_a_shorter_rest_does_not_cut_a_longer_one() -> None:
    relay = Relay()
    relay.says(429, asked_s=3600)
    relay.says(429, asked_s=1)
    assert relay.rests_s() == 3600


def test_the_longer_rest_of_key_and_model_holds() -> None:
    relay = Relay()
    relay.says(429, "", ("X-RateLimit-Remaining", "0"), model="m-2", asked_s=100)
    relay.says(429, asked_s=7)
    assert relay.rests_s() == 100


def test_a_rest_runs_out_also_while_the_machine_sleeps() -> None:
    relay = Relay()
    relay.says(429)
    relay.clock.sleep_s(61)
    assert relay.rests_s() == 0


@pytest.mark.parametrize("asked_s", [86_400, 1e20])
def test_more_than_an_hour_asked_for_is_cut_to_an_hour(asked_s: float) -> None:
    relay = Relay()
    relay.says(429, asked_s=asked_s)
    assert relay.rests_s() == 3600


def test_a_run_without_an_answer_that_counts_teaches_nothing() -> None:
    relay = Relay()
    relay.backoff.learn(probe(), Result(outcome=Outcome.ERRORED, reason=Reason.RATE_LIMITED, status=503), [])
    assert relay.rests_s() == 0


def test_less_than_a_second_asked_for_is_as_good_as_nothing() -> None:
    relay = Relay()
    relay.says(429, asked_s=0.001)
    assert (relay.cause(), relay.rests_s()) == (RestCause.REFUSED, 60)


@pytest.mark.parametrize("other", [REKEYED, target(url="http://other.invalid")], ids=["key", "relay"])
@pytest.mark.parametrize("words", ["", "您已达到请求数限制：1分钟内最多请求10次"], ids=["model", "key"])
def test_what_was_told_to_one_key_of_one_relay_is_not_told_to_another(words: str, other: Target) -> None:
    relay = Relay()
    relay.says(429, words, asked_s=3600)
    assert relay.rests_s(where=other) == 0


def test_whoever_goes_on_asking_goes_on_resting() -> None:
    relay = Relay()
    relay.says(429, asked_s=3600)
    relay.backoff.keep([target("other"), target()])
    assert relay.rests_s() == 3600


def test_what_was_told_to_a_key_that_was_replaced_is_forgotten() -> None:
    relay = Relay()
    relay.says(429, asked_s=3600)
    relay.backoff.keep([REKEYED])
    assert relay.rests_s() == 0


def test_words_of_a_limit_in_a_later_answer_of_a_suite_let_the_model_rest() -> None:
    relay = Relay()
    result = Result(outcome=Outcome.PASSED, reason=Reason.OK, status=200)
    relay.backoff.learn(probe(), result, [answer(relay.clock, 200), answer(relay.clock, 200, "rate limit exceeded")])
    assert relay.rests_s() > 0
