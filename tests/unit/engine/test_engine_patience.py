"""A 429 in the middle of a check is waited for, within patience and no longer, and the same is asked again."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from engine_samples import Bench, limited, probe, reply, step, suite
from test_engine_pace import LeapingLoop, LoopClock

from wnmon.engine.patience import Patience
from wnmon.engine.run import Run
from wnmon.engine.session import Manner, Session
from wnmon.judge.registry import prepare
from wnmon.model.check import Level, Plan, Rule, Selector
from wnmon.model.events import Skip
from wnmon.model.pace import Pace, Pause
from wnmon.model.result import Outcome, Reason, Verdict
from wnmon.model.said import Text
from wnmon.model.target import Probe

AB = suite(step("a"), step("b"))


def slow(message: str = "slow down", *headers: tuple[str, str], status: int = 429, **error: Any) -> Any:
    """Return a script line: refuse for the rate of requests."""
    return reply({"error": {"message": message, **error}}, status, headers=headers)


IN_20_S = slow("please try again in 20s")
OK = reply()


class Waiting:
    """A check of scripted answers in a loop that leaps over every wait."""

    def __init__(self, *script: Any, patience_s: float = 120.0) -> None:
        self.said: list[Text] = []
        self.patience = Patience(patience_s, self.said.append, requests_left=2, answered=True)
        self.bench = Bench(*script)
        self.clock = LoopClock()
        self.bench.runner._clock = self.clock
        self.stop_after_s: float | None = None

    def run(self, *probes: Probe) -> list[Run]:
        session = Session(Manner(patience=self.patience))

        async def main() -> None:
            if self.stop_after_s is not None:
                asyncio.get_running_loop().call_later(self.stop_after_s, self.bench.runner.stop.set)
            for one in probes or (probe(AB),):
                await session.run(self.bench.runner, one)

        loop = LeapingLoop(self.clock)
        try:
            loop.run_until_complete(main())
        finally:
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()
        return session.runs

    @property
    def sent(self) -> str:
        return "".join(request.step for request in self.bench.transport.sent)

    @property
    def waited_s(self) -> float:
        return round(self.clock.ns / 1e9 - 1000)


def waits(run: Run) -> list[float]:
    return [pause.waited_s for pause in run.pauses]


def verdicts(run: Run) -> list[Verdict]:
    return [row.verdict for row in run.result.verdicts]


def test_the_same_request_is_asked_again_after_the_wait() -> None:
    check = Waiting(IN_20_S, OK)
    (run,) = check.run()

    assert (check.sent, check.waited_s, run.result.outcome) == ("aab", 20, Outcome.PASSED)


def test_a_refusal_in_the_middle_of_a_suite_ends_nothing() -> None:
    check = Waiting(OK, IN_20_S, OK)
    (run,) = check.run()

    assert (check.sent, verdicts(run)) == ("abb", [Verdict.PASSED, Verdict.PASSED])


def test_the_refusal_stays_in_the_evidence() -> None:
    (run,) = Waiting(IN_20_S, OK).run()

    assert [exchange.status for exchange in run.evidence.exchanges] == [429, 200, 200]


def test_what_was_waited_is_in_the_run() -> None:
    (run,) = Waiting(slow("limit of 3 requests per min, try again in 20s"), OK).run()

    assert run.pauses[0] == Pause(step="a", asked_s=20, waited_s=20, pace=Pace(requests_per_minute=3))


def test_a_wait_is_said_when_it_begins() -> None:
    check = Waiting(slow("limit of 3 requests per min, try again in 20s"), OK)
    check.run()

    assert str(check.said[0]) == "waiting 20 s for the relay's limit of 3 requests a minute"


def test_how_long_the_rest_takes_is_said_once() -> None:
    check = Waiting(slow("limit of 3 requests per min, try again in 20s"), OK)
    check.run()

    said = [str(one) for one in check.said if one.id == "pace_left"]  # type: ignore[union-attr]
    assert said == ["2 calls left at 3 requests a minute: about 40 s more"]


def test_a_refusal_of_the_first_request_of_a_check_is_not_waited_for() -> None:
    waiting = Waiting(IN_20_S)
    waiting.patience.answered = False
    waiting.run()

    assert (waiting.sent, waiting.waited_s) == ("a", 0)


def test_a_refusal_is_waited_for_once_a_request_was_answered() -> None:
    waiting = Waiting(OK, IN_20_S, OK)
    waiting.patience.answered = False
    waiting.run()

    assert (waiting.sent, waiting.waited_s) == ("abb", 20)


def test_without_patience_a_refusal_ends_the_suite() -> None:
    check = Waiting(OK, IN_20_S, OK, patience_s=0)
    (run,) = check.run()

    assert (check.sent, check.waited_s, run.result.reason) == ("ab", 0, Reason.RATE_LIMITED)


def test_where_more_is_asked_for_than_is_left_nothing_is_waited() -> None:
    check = Waiting(OK, slow("try again in 6m0s"))
    (run,) = check.run()

    assert (check.sent, check.waited_s, run.pauses) == ("ab", 0, (Pause(step="b", asked_s=360, waited_s=0),))


def test_all_waits_of_a_check_together_keep_within_the_patience() -> None:
    check = Waiting(slow("try again in 50s"))
    check.run(probe(AB), probe(suite(step("c"))))

    assert check.waited_s == 100


def test_the_patience_is_one_for_all_models() -> None:
    check = Waiting(slow("try again in 50s"), OK, slow("try again in 50s"), OK, OK, slow("try again in 50s"))
    check.run(probe(suite(step("a"))), probe(suite(step("b")), model="m-2"), probe(suite(step("c")), model="m-3"))

    assert (check.sent, check.waited_s) == ("aabbcc", 100) or check.waited_s == 100


@pytest.mark.parametrize(
    ("refusal", "first"),
    [
        (slow(), [5, 10, 20, 40, 45]),
        (slow("slow", ("Retry-After", "7")), [7, 7, 7, 8, 16, 32]),
        (slow("slow", ("Retry-After", "0")), [5, 10, 20, 40, 45]),
        (slow("try again in 5ms"), [1, 2, 4, 8, 16, 32]),
        (slow("limit: 30 requests per min"), [2, 4, 8, 16, 32, 58]),
        (slow("limit: 3000 requests per min"), [1, 2, 4, 8, 16, 32, 57]),
        (slow("slow", ("x-ratelimit-reset", "9")), [9, 9, 9, 9, 16, 32]),
    ],
)
def test_one_that_goes_on_refusing_is_asked_ever_more_seldom(refusal: Any, first: list[float]) -> None:
    check = Waiting(refusal)
    (run,) = check.run()

    assert [round(one) for one in waits(run)][: len(first)] == first
    assert check.waited_s <= 120


@pytest.mark.parametrize(
    "refusal",
    [
        slow("You exceeded your current quota", code="insufficient_quota", type="insufficient_quota"),
        slow("insufficient balance, try again in 20s", ("Retry-After", "20"), code="insufficient_balance"),
        slow("余额不足", ("Retry-After", "20")),
        reply({"error": {"message": "forbidden"}}, 403, headers=(("Retry-After", "20"),)),
        reply({"error": {"message": "busy"}}, 503, headers=(("Retry-After", "20"),)),
        slow("on requests per day (RPD): Limit 200, Used 200"),
    ],
)
def test_what_no_wait_mends_is_not_waited_for(refusal: Any) -> None:
    check = Waiting(OK, refusal)
    check.run()

    assert (check.sent, check.waited_s) == ("ab", 0) or check.waited_s == 0


def test_a_limit_in_an_error_with_status_200_is_waited_for() -> None:
    check = Waiting(slow("Rate limit reached, try again in 20s", status=200, code="rate_limit_exceeded"), OK)
    check.run()

    assert (check.sent, check.waited_s) == ("aab", 20)


def test_nothing_left_is_waited_for_before_the_next_request() -> None:
    spent = reply(headers=(("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "12s")))
    check = Waiting(spent, OK)
    check.run()

    assert (check.sent, check.waited_s) == ("ab", 12)


def test_nothing_left_for_longer_than_the_patience_is_found_out_by_asking() -> None:
    spent = reply(headers=(("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "1h0m0s")))
    check = Waiting(spent, OK)
    check.run()

    assert (check.sent, check.waited_s) == ("ab", 0)


def test_a_burst_is_never_asked_again() -> None:
    check = Waiting(IN_20_S)
    check.run(probe(suite(replace(step("a"), burst=3))))

    assert (check.sent, check.waited_s) == ("aaa", 0)


@pytest.mark.parametrize("by", ["request", "rule"])
def test_a_request_that_wants_a_429_is_not_asked_again(by: str) -> None:
    wanted = (prepare("status", 429),)
    rule = Rule(id="R", on=Selector(requests=("a",)), levels={"p": Level.MUST}, says={}, source="", expect=wanted)
    one = replace(step("a"), expect=wanted) if by == "request" else step("a")
    check = Waiting(IN_20_S)
    (run,) = check.run(probe(Plan(steps=(one,), rules=(rule,), profiles=("p",), suite="s")))

    assert (check.sent, verdicts(run)) == ("a", [Verdict.PASSED])


def test_a_signal_ends_a_wait_at_once() -> None:
    check = Waiting(IN_20_S, OK)
    check.stop_after_s = 2
    (run,) = check.run()

    assert (check.sent, check.waited_s) == ("a", 2)
    assert {str(why) for why in run.evidence.not_sent.values()} == {"interrupted"}


def test_a_refusal_that_was_waited_for_begins_no_rest() -> None:
    check = Waiting(IN_20_S, OK)
    check.run(probe(AB), probe(suite(step("c"))))

    assert check.sent == "aabc"


def test_what_is_asked_again_counts_in_the_budget() -> None:
    check = Waiting(IN_20_S, OK)
    (run,) = check.run(probe(AB, where=limited(requests_per_day=2)))

    assert (check.sent, list(run.evidence.not_sent)) == ("aa", ["b"])


def test_serve_waits_for_nothing() -> None:
    bench = Bench(IN_20_S, OK)
    run = bench.run(probe(AB))

    assert (len(bench.transport.sent), run.result.reason, run.pauses) == (1, Reason.RATE_LIMITED, ())
    assert [event.reason for event in bench.memory.events if hasattr(event, "reason")] in ([], [Skip.BACKOFF])
