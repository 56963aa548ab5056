"""One run: reserve, send each step, redact, judge, publish."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from call_counts import calls_of
from engine_samples import (
    GOOD,
    KEY,
    NOON_S,
    WORST_TOKENS,
    Bench,
    Inline,
    limited,
    lost,
    plain,
    probe,
    reply,
    step,
    suite,
    target,
    tokens_left,
    turns,
)

from wnmon.engine.conversation import INTERRUPTED
from wnmon.engine.loopwatch import EVERY_S
from wnmon.engine.ports import Rest, RestCause
from wnmon.engine.run import Run
from wnmon.engine.runner import draw_nonce
from wnmon.engine.sending import Stop
from wnmon.model.check import Assertion, Plan, Risk
from wnmon.model.events import BudgetLeft, InFlight, InternalFault, RunDiscarded, RunLate, RunSkipped, Skip, Waited
from wnmon.model.exchange import Exchange, FailureKind, Request
from wnmon.model.price import Price
from wnmon.model.result import Outcome, Reason, Verdict, because
from wnmon.model.said import Said, Text, Why
from wnmon.model.spent import Direction, UsageDoubt
from wnmon.model.target import Probe, Secret, Waiver
from wnmon.wire.document import read_text

TWO = plain(step("a", status=200), step("b", status=200))


def steps_sent(bench: Bench) -> list[str]:
    return [request.step for request in bench.transport.sent]


def skips(bench: Bench) -> list[Skip]:
    return [event.reason for event in bench.memory.of(RunSkipped)]


# --- the good path


def test_a_good_run_is_published() -> None:
    bench = Bench()
    run = bench.run()
    assert bench.memory.runs == [run]


def test_a_run_says_who_asked_whom_for_what() -> None:
    run = Bench().run(probe(suite(), target("wn"), "m-9", name="contract"))
    assert (run.target, run.check, run.model, run.suite) == ("wn", "contract", "m-9", "s")


def test_steps_are_sent_in_their_order() -> None:
    bench = Bench()
    bench.run(probe(TWO))
    assert steps_sent(bench) == ["a", "b"]


def test_the_evidence_holds_an_exchange_for_each_request() -> None:
    run = Bench().run(probe(TWO))
    assert ([e.request.step for e in run.evidence.exchanges], run.requests) == (["a", "b"], 2)


def test_the_nonce_and_the_model_are_filled_in_and_kept() -> None:
    bench = Bench()
    run = bench.run(probe(model="m-9"))
    assert (b'"m-9"' in bench.transport.sent[0].body, run.evidence.nonce) == (True, "nonce123")


def test_the_due_time_reaches_the_transport() -> None:
    bench = Bench()
    bench.run(scheduled_ns=7)
    assert bench.transport.scheduled == [7]


def test_two_runs_have_two_ids() -> None:
    bench = Bench()
    assert bench.run().id != bench.run().id


def test_start_and_end_are_wall_clock_seconds() -> None:
    bench = Bench()
    bench.transport.meanwhile = lambda: bench.clock.pass_s(3)
    run = bench.run()
    assert (run.started_at_s, run.ended_at_s) == (NOON_S, NOON_S + 3)


def test_nonces_do_not_repeat() -> None:
    assert len({draw_nonce() for _ in range(100)}) == 100


# --- what is spared so that a budget lasts


def spared(_: Probe, due_ns: int) -> Rest:
    return Rest(cause=RestCause.SPARED, until_ns=due_ns + 60 * 10**9, reason="targets.wn.budget.tokens_per_day")


def test_a_run_that_is_spared_is_skipped_for_that_reason() -> None:
    bench = Bench(spares=spared)
    bench.run(scheduled_ns=bench.clock.ns)
    assert (skips(bench), bench.transport.sent) == ([Skip.SPARED], [])


def test_a_run_is_spared_by_when_it_was_due() -> None:
    due: list[int] = []
    bench = Bench(spares=lambda _, due_ns: due.append(due_ns))
    bench.run(scheduled_ns=bench.clock.ns - 5 * 10**9)
    assert due == [bench.clock.boot_ns() - 5 * 10**9]


@pytest.mark.parametrize("how", [{}, {"recheck": True, "scheduled_ns": 0}])
def test_neither_a_re_check_nor_what_nobody_scheduled_is_spared(how: dict[str, Any]) -> None:
    assert Bench(spares=spared).run(**how).result.outcome is Outcome.PASSED


def test_a_run_that_is_aside_is_told_to_nobody() -> None:
    bench = Bench()
    bench.run(aside=True)
    assert bench.memory.runs == []


def test_what_a_run_costs_that_is_aside_is_booked() -> None:
    bench, relay = Bench(), limited(tokens_per_day=100)
    bench.run(probe(where=relay), aside=True)
    assert tokens_left(bench.budgets, relay) == 93


# --- what the monitor says of itself


def test_a_late_start_is_told_in_seconds() -> None:
    bench = Bench()
    bench.run(scheduled_ns=bench.clock.ns - 2_500_000_000)
    assert [event.late_s for event in bench.memory.of(RunLate)] == [2.5]


def test_a_run_nobody_scheduled_is_never_late() -> None:
    bench = Bench()
    bench.run()
    assert bench.memory.of(RunLate) == []


def test_waiting_and_runs_in_flight_are_told() -> None:
    bench = Bench()
    bench.run()
    assert ([e.waited_s for e in bench.memory.of(Waited)], [e.runs for e in bench.memory.of(InFlight)]) == (
        [0.0],
        [1, 0],
    )


def test_what_is_left_of_the_budget_is_told_after_each_request() -> None:
    bench = Bench()
    bench.run(probe(TWO, limited(tokens_per_day=100)))
    assert [event.limits[0].left for event in bench.memory.of(BudgetLeft)] == [93, 86]


# --- suites


def test_a_refused_preflight_stops_the_suite() -> None:
    bench = Bench(reply({"error": {"message": "bad key"}}, 401))
    run = bench.run(probe(suite()))
    assert (steps_sent(bench), run.evidence.not_sent) == (
        ["a"],
        {"b": because(Reason.AUTH, Said("status_said", n=401, text="bad key"))},
    )


def test_a_refused_preflight_leaves_the_suite_errored_with_its_reason() -> None:
    run = Bench(reply({"error": {"message": "bad key"}}, 401)).run(probe(suite()))
    assert (run.result.outcome, run.result.reason) == (Outcome.ERRORED, Reason.AUTH)


def test_a_relay_that_is_down_stops_the_suite_after_its_first_valid_request() -> None:
    bench = Bench(reply({}, 400), reply(b"", 503), reply())
    bench.run(probe(suite(step("a", risk=Risk.REFUSED), step("b"), step("c"))), full=True)
    assert steps_sent(bench) == ["a", "b"]


def test_an_error_in_a_success_does_not_stop_the_suite() -> None:
    bench = Bench(reply({"error": {"message": "upstream failed"}}), reply())
    bench.run(probe(suite()))
    assert steps_sent(bench) == ["a", "b"]


def test_a_refused_second_request_does_not_stop_the_suite() -> None:
    bench = Bench(reply(), reply({"error": {"message": "bad key"}}, 401), reply())
    bench.run(probe(suite(step("a"), step("b"), step("c"))))
    assert steps_sent(bench) == ["a", "b", "c"]


def test_a_plain_check_sends_all_its_steps_whatever_the_first_brought() -> None:
    bench = Bench(reply({"error": {"message": "bad key"}}, 401))
    bench.run(probe(TWO))
    assert steps_sent(bench) == ["a", "b"]


def test_a_rate_limit_ends_a_suite_in_its_middle() -> None:
    bench = Bench(reply(), reply(b"", 429), reply())
    run = bench.run(probe(suite(step("a"), step("b"), step("c"))))
    assert run.evidence.not_sent == {"c": Said("asked_to_be_left_alone")}


def test_a_rate_limit_that_was_asked_for_does_not_end_a_check() -> None:
    bench = Bench(reply(b"", 429), reply())
    bench.run(probe(plain(step("a", status=429), step("b", status=200))))
    assert steps_sent(bench) == ["a", "b"]


def test_a_risky_request_is_not_sent_without_full() -> None:
    bench = Bench()
    run = bench.run(probe(suite(step("a"), step("b", Risk.REFUSED), step("c"))))
    assert (steps_sent(bench), run.evidence.not_sent) == (["a", "c"], {"b": Said(Why.NEEDS_FULL)})


def test_a_risky_request_is_sent_with_full() -> None:
    bench = Bench()
    bench.run(probe(suite(step("a"), step("b", Risk.BURST))), full=True)
    assert steps_sent(bench) == ["a", "b"]


def test_a_suite_of_risky_requests_alone_is_published_as_skipped() -> None:
    bench = Bench()
    run = bench.run(probe(suite(step("a", Risk.LONG))))
    assert (run.result.outcome, bench.memory.runs, skips(bench)) == (Outcome.SKIPPED, [run], [])


def test_a_halt_leaves_the_rest_unsent_and_says_why() -> None:
    def halt(so_far: Callable[[], Run]) -> Text | None:
        return Said(Why.FAIL_FAST) if so_far().requests == 2 else None

    run = Bench().run(probe(suite(step("a"), step("b"), step("c"))), halt=halt)
    assert run.evidence.not_sent == {"c": Said(Why.FAIL_FAST)}


def test_a_halt_is_asked_what_was_judged_so_far() -> None:
    seen: list[list[Verdict]] = []

    def halt(so_far: Callable[[], Run]) -> Text | None:
        seen.append([verdict.verdict for verdict in so_far().result.verdicts])
        return None

    Bench().run(probe(suite()), halt=halt)
    assert seen == [[Verdict.PASSED, Verdict.SKIPPED], [Verdict.PASSED, Verdict.PASSED]]


def test_what_is_judged_on_the_way_is_not_published() -> None:
    bench = Bench()
    run = bench.run(probe(suite()), halt=lambda so_far: Said(Why.FAIL_FAST) if so_far().requests > 2 else None)
    assert bench.memory.runs == [run]


# --- budget


def test_a_request_over_budget_is_not_sent() -> None:
    bench = Bench()
    bench.run(probe(where=limited(tokens_per_day=WORST_TOKENS - 1)))
    assert bench.transport.sent == []


def test_a_run_refused_by_the_budget_is_skipped_and_not_published() -> None:
    bench = Bench()
    run = bench.run(probe(where=limited(tokens_per_day=WORST_TOKENS - 1)))
    assert (run.result.outcome, run.result.reason, skips(bench), bench.memory.runs) == (
        Outcome.SKIPPED,
        Reason.BUDGET,
        [Skip.BUDGET],
        [],
    )


def test_a_check_the_budget_cut_in_half_is_skipped_and_not_published() -> None:
    bench = Bench()
    run = bench.run(probe(TWO, limited(requests_per_day=1)))
    assert (run.result.outcome, skips(bench), bench.memory.runs) == (Outcome.SKIPPED, [Skip.BUDGET], [])


def test_a_failure_is_published_though_the_budget_cut_the_check_in_half() -> None:
    bench = Bench(reply(b"x", 500))
    run = bench.run(probe(TWO, limited(requests_per_day=1)))
    assert (run.result.outcome, bench.memory.runs) == (Outcome.FAILED, [run])


def test_a_suite_the_budget_cut_short_publishes_what_it_judged() -> None:
    bench = Bench()
    bench.run(probe(suite(), limited(requests_per_day=1)))
    assert [v.verdict for v in bench.memory.runs[0].result.verdicts] == [Verdict.PASSED, Verdict.INCONCLUSIVE]


def test_the_worst_case_is_reserved_while_the_request_is_under_way() -> None:
    bench = Bench()
    relay = limited(tokens_per_day=100)
    seen: list[int | None] = []
    bench.transport.meanwhile = lambda: seen.append(tokens_left(bench.budgets, relay))
    bench.run(probe(where=relay))
    assert seen == [100 - WORST_TOKENS]


SPENT: list[tuple[str, Callable[[Request], Exchange], tuple[int, int]]] = [
    ("as reported", reply(), (5, 2)),
    ("worst case without usage", reply({"choices": GOOD["choices"]}), (20, 10)),
    ("worst case for what is missing", reply({"usage": {"prompt_tokens": 5}}), (5, 10)),
    ("nothing for a refusal", reply({"error": {"message": "m"}}, 400), (0, 0)),
    ("as reported by a refusal", reply({"usage": {"prompt_tokens": 3, "completion_tokens": 0}}, 400), (3, 0)),
    ("nothing when nothing was sent", lost(FailureKind.CONNECT), (0, 0)),
    ("worst case when no answer came", lost(FailureKind.TIMEOUT_HEADERS, sent=True), (20, 10)),
    (
        "by its bytes where it reports nothing",
        reply(GOOD | {"usage": {"prompt_tokens": 5, "completion_tokens": 0}}),
        (5, 1),
    ),
    ("worst case where it reports the absurd", reply({"usage": {"prompt_tokens": 10**15}}), (20, 10)),
]


@pytest.mark.parametrize(("_name", "line", "spent"), SPENT, ids=[row[0] for row in SPENT])
def test_what_a_run_spent_is_booked(_name: str, line: Callable[[Request], Exchange], spent: tuple[int, int]) -> None:
    run = Bench(line).run()
    assert (run.spent_input_tokens, run.spent_output_tokens) == spent


DEAR = Price(currency="CNY", input_per_million=Decimal(10**6), output_per_million=Decimal(2 * 10**6))


@pytest.mark.parametrize(
    ("prices", "money"),
    [
        ({}, {}),
        ({"other": DEAR}, {}),
        ({"m-1": DEAR}, {"CNY": 9}),
        ({"m-1": replace(DEAR, per_request=Decimal(1))}, {"CNY": 10}),
    ],
)
def test_a_run_costs_what_its_tokens_do(prices: dict[str, Price], money: dict[str, int]) -> None:
    assert Bench().run(probe(where=target(prices=prices))).spent_money == money


def test_what_is_refused_costs_no_money() -> None:
    bench = Bench(reply({"error": {"message": "m"}}, 400))
    run = bench.run(probe(where=target(prices={"m-1": replace(DEAR, per_request=Decimal(1))})))

    assert run.spent_money == {"CNY": 0}


def test_one_absurd_usage_does_not_silence_a_target() -> None:
    bench = Bench(reply(GOOD | {"usage": {"prompt_tokens": 5, "completion_tokens": 10**6}}))
    relay = limited(tokens_per_day=1_000)
    runs = [bench.run(probe(where=relay)) for _ in range(20)]
    assert {run.result.outcome for run in runs} == {Outcome.PASSED}


def test_a_usage_that_is_not_believed_is_told() -> None:
    run = Bench(reply(GOOD | {"usage": {"prompt_tokens": 5, "completion_tokens": 10**6}})).run()
    assert run.usage_doubts == (UsageDoubt(direction=Direction.OUTPUT, claimed=10**6, booked=10),)


def test_a_request_that_does_not_fit_tells_that_the_budget_is_exhausted() -> None:
    bench = Bench()
    bench.run(probe(TWO, limited(tokens_per_day=35)))
    assert [event.limits[0].is_exhausted for event in bench.memory.of(BudgetLeft)] == [False, True]


def test_the_unspent_rest_is_given_back_to_the_budget() -> None:
    bench = Bench()
    relay = limited(tokens_per_day=100)
    bench.run(probe(where=relay))
    assert tokens_left(bench.budgets, relay) == 93


# --- back-off


def test_a_probe_that_is_left_alone_sends_nothing_and_publishes_nothing() -> None:
    bench = Bench(reply(b"", 429))
    bench.run()
    again = bench.run()
    assert (len(bench.transport.sent), again.result.outcome, len(bench.memory.runs), skips(bench)) == (
        1,
        Outcome.SKIPPED,
        1,
        [Skip.BACKOFF],
    )


def test_a_recheck_that_does_not_take_place_is_told_as_no_due_run() -> None:
    bench = Bench(reply(b"", 429))
    bench.run()
    again = bench.run(recheck=True)
    assert (len(bench.transport.sent), again.result.outcome, skips(bench)) == (1, Outcome.SKIPPED, [])


def test_a_recheck_says_so_of_itself_and_is_not_late() -> None:
    bench = Bench(reply())
    run = bench.run(recheck=True, scheduled_ns=0)
    assert (run.recheck, [one for one in bench.memory.events if isinstance(one, RunLate)]) == (True, [])


def test_a_probe_is_asked_again_once_retry_after_is_over() -> None:
    bench = Bench(reply(b"", 429, headers=(("Retry-After", "7"),)), reply())
    bench.run()
    bench.clock.pass_s(8)
    assert bench.run().result.outcome is Outcome.PASSED


def test_a_rate_limit_on_a_later_request_of_a_suite_is_learned() -> None:
    bench = Bench(reply(), reply(b"", 429))
    bench.run(probe(suite()))
    assert bench.backoff.rest(target(), "m-1") is not None


def test_a_run_that_waited_for_its_slot_sees_the_rest_that_began_meanwhile() -> None:
    async def main() -> tuple[int, list[Skip]]:
        bench = Bench(reply(b"", 429))
        one = probe(where=target(concurrency=1))
        other = probe(where=one.target, name="other")
        await asyncio.gather(bench.runner.run(one), bench.runner.run(other))
        return len(bench.transport.sent), skips(bench)

    assert asyncio.run(main()) == (1, [Skip.BACKOFF])


# --- stopping


class Door:
    """A script line that answers only when it is let."""

    def __init__(self) -> None:
        self.cancelled = False
        self.asked = asyncio.Event()
        self.open = asyncio.Event()

    async def __call__(self, request: Request) -> Exchange:
        self.asked.set()
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return reply()(request)


def stopped(plan: Plan, *before: Any, relay: Any = None) -> tuple[Bench, Run, Door]:
    """Stop the runner while the request after `before` is under way."""

    async def main() -> tuple[Bench, Run, Door]:
        door = Door()
        bench = Bench(*before, door)
        running = asyncio.create_task(bench.runner.run(probe(plan, relay)))
        await door.asked.wait()
        bench.runner.stop.set()
        return bench, await running, door

    return asyncio.run(main())


def test_a_stop_cancels_the_request_under_way() -> None:
    assert stopped(TWO)[2].cancelled


def test_a_stop_leaves_the_rest_interrupted() -> None:
    assert set(stopped(TWO)[1].evidence.not_sent.values()) == {INTERRUPTED}


@pytest.mark.parametrize("before", [0, 1])
@pytest.mark.parametrize("plan", [TWO, suite()])
def test_a_run_cut_short_is_skipped_and_not_published(plan: Plan, before: int) -> None:
    bench, _, _ = stopped(plan, *[reply()] * before)
    assert (skips(bench), bench.memory.runs) == ([Skip.SHUTDOWN], [])


def test_what_a_request_cut_short_cost_stays_booked_at_its_worst() -> None:
    relay = limited(tokens_per_day=100)
    assert tokens_left(stopped(plain(), relay=relay)[0].budgets, relay) == 100 - WORST_TOKENS


def test_a_request_cut_short_holds_no_secret_of_its_address() -> None:
    _, run, _ = stopped(plain(), relay=target(url=f"http://relay.invalid/{KEY}/v1"))
    assert KEY not in repr(run)


def test_a_second_stop_cancels_nothing_once_more() -> None:
    calls: list[int] = []
    stop = Stop()
    with stop.calling(lambda: calls.append(1)):
        stop.set()
        stop.set()
    assert calls == [1]


def test_what_has_ended_is_not_called() -> None:
    calls: list[int] = []
    stop = Stop()
    with stop.calling(lambda: calls.append(1)):
        pass
    stop.set()
    assert not calls


def test_what_begins_after_the_stop_is_called_at_once() -> None:
    calls: list[int] = []
    stop = Stop()
    stop.set()
    with stop.calling(lambda: calls.append(1)):
        assert calls == [1]


def test_a_run_that_is_given_up_ends_its_request() -> None:
    async def main() -> bool:
        door = Door()
        running = asyncio.create_task(Bench(door).runner.run(probe()))
        await door.asked.wait()
        running.cancel()
        await asyncio.wait({running})
        return door.cancelled and running.cancelled()

    assert asyncio.run(main())


def test_a_transport_that_gives_up_by_itself_is_no_stop() -> None:
    async def gives_up(_: Request) -> Exchange:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        Bench(gives_up).run()


def test_a_run_that_begins_after_the_stop_sends_nothing() -> None:
    async def main() -> Bench:
        bench = Bench()
        bench.runner.stop.set()
        await bench.runner.run(probe())
        return bench

    bench = asyncio.run(main())
    assert (bench.transport.sent, skips(bench)) == ([], [Skip.SHUTDOWN])


def test_a_run_that_gets_its_slot_while_draining_is_skipped() -> None:
    bench = Bench()
    bench.runner.draining = True
    bench.run()
    assert (bench.transport.sent, skips(bench)) == ([], [Skip.SHUTDOWN])


def test_a_cancelled_run_cancels_its_request() -> None:
    async def main() -> bool:
        door = Door()
        bench = Bench(door)
        running = asyncio.create_task(bench.runner.run(probe()))
        await door.asked.wait()
        running.cancel()
        await asyncio.wait({running})
        return door.cancelled

    assert asyncio.run(main())


@pytest.mark.parametrize(("before", "told"), [(0, []), (1, [(200,)])])
def test_what_a_cancelled_run_was_answered_before_is_told(before: int, told: list[tuple[int, ...]]) -> None:
    async def main() -> list[RunDiscarded]:
        door = Door()
        bench = Bench(*[reply()] * before, door)
        running = asyncio.create_task(bench.runner.run(probe(TWO)))
        await door.asked.wait()
        running.cancel()
        await asyncio.wait({running})
        return bench.memory.of(RunDiscarded)

    assert [one.statuses for one in asyncio.run(main())] == told


def test_a_slot_is_free_again_after_a_cancelled_run() -> None:
    async def main() -> int:
        door = Door()
        bench = Bench(door)
        running = asyncio.create_task(bench.runner.run(probe()))
        await door.asked.wait()
        running.cancel()
        await asyncio.wait({running})
        await turns()
        return bench.limiter.in_flight

    assert asyncio.run(main()) == 0


# --- reading


def test_an_answer_is_read_for_each_exchange() -> None:
    run = Bench().run(probe(TWO))
    assert tuple(answer.exchange for answer in run.answers) == run.evidence.exchanges


def test_reading_and_judging_are_done_by_the_worker() -> None:
    worker = Inline()
    Bench(worker=worker).run(probe(TWO))
    assert worker.done == ["_dated_and_read", "_dated_and_read", "_judged"]


def test_a_closed_runner_lets_its_worker_go() -> None:
    worker = Inline()
    Bench(worker=worker).runner.close()
    assert worker.closed


@pytest.mark.parametrize("body", ["[1]", "{", "{}"])
def test_a_request_of_any_kind_is_parsed_once(body: str) -> None:
    with calls_of(read_text) as calls:
        Bench(worker=Inline()).run(probe(plain(replace(step(status=200), raw_body=body))))
    assert [text for _, text in calls].count(body) == 1


# --- secrets

ECHOES = {
    "body": reply({"error": {"message": f"the key {KEY} is wrong"}}, 400),
    "header": reply(GOOD, headers=(("X-Echo", f"Bearer {KEY}"),)),
    "base64": reply({"id": base64.b64encode(KEY.encode()).decode()}),
    "plain text": reply(KEY.encode(), 500),
    "split over two deltas": reply(
        f'data: {{"choices": [{{"delta": {{"content": "{KEY[:15]}"}}}}]}}\n\n'
        f'data: {{"choices": [{{"delta": {{"content": "{KEY[15:]}"}}}}]}}\n\n'.encode()
    ),
}


@pytest.mark.parametrize("line", ECHOES.values(), ids=ECHOES.keys())
def test_a_key_the_relay_echoes_is_nowhere_in_the_run(line: Callable[[Request], Exchange]) -> None:
    run = Bench(line).run(probe(plain(step(status=200, content={"equals": "pong"}))))
    shown = repr(run) + "".join(exchange.body.decode() for exchange in run.evidence.exchanges)
    assert not [KEY[at : at + 8] for at in range(len(KEY) - 7) if KEY[at : at + 8] in shown]


def test_a_key_in_a_request_is_nowhere_in_what_was_read_of_it() -> None:
    run = Bench().run(probe(plain(replace(step(status=200), raw_body=f'{{"n": 2, "user": "{KEY}"}}'))))
    assert run.answers[0].asked == {"n": 2, "user": "[redacted:api_key]"}


def test_what_is_judged_is_already_redacted() -> None:
    bench = Bench(ECHOES["body"])
    assert str(bench.run().result.message).count("[redacted:api_key]") == 1


@pytest.mark.parametrize("expect", [{"content": {"contains": KEY}}, {"content": {"equals": KEY}}])
def test_a_key_in_what_is_expected_is_nowhere_in_the_run(expect: dict[str, Any]) -> None:
    run = Bench().run(probe(plain(step(status=200, **expect))))
    assert (run.result.outcome, KEY[:11] in repr(run), "[redacted:api_key]" in repr(run.result)) == (
        Outcome.FAILED,
        False,
        True,
    )


def test_what_one_target_says_of_the_key_of_another_is_nowhere_in_the_run() -> None:
    bench = Bench(reply({"error": {"message": "no such key: SK-OF-ANOTHER-0123456789"}}, 500))
    bench.secrets.learn([Secret("sk-of-another-0123456789", "api_key")])
    run = bench.run()
    assert (str(run.result.message).count("[redacted:api_key]"), "ANOTHER" in repr(run)) == (1, False)


def test_a_header_of_a_request_in_plain_text_is_secret_by_its_name() -> None:
    asked = replace(step(status=200), headers=(("X-Relay-Auth", "plain-words-of-ours"),))
    bench = Bench(reply({"error": {"message": "who is plain-words-of-ours?"}}, 500))
    assert "plain-words" not in repr(bench.run(probe(plain(asked))))


def test_a_target_that_was_reconfigured_is_redacted_by_its_new_key() -> None:
    bench = Bench(reply({"id": "new-key-abcdefghij"}))
    bench.run()
    run = bench.run(probe(where=target(api_key=Secret("new-key-abcdefghij", "api_key"))))
    assert "new-key-abcdefghij" not in repr(run)


# --- waivers


@pytest.mark.parametrize(("until", "holds"), [("2025-12-31", False), ("2026-01-01", True), ("2026-12-31", True)])
def test_a_waiver_holds_up_to_its_last_day(until: str, holds: bool) -> None:
    waiver = Waiver(rule="R-a", reason="known", until=until)
    run = Bench().run(probe(suite(), target(waivers=(waiver,))))
    assert run.evidence.waivers == ({"R-a": Said("waived_until", code=until, text="known")} if holds else {})


def test_a_key_in_the_reason_of_a_waiver_is_not_shown() -> None:
    waiver = Waiver(rule="R-a", reason=f"asked with {KEY}", until="2026-12-31")
    run = Bench().run(probe(suite(), target(waivers=(waiver,))))
    assert "asked with [redacted:api_key]" in str(run.evidence.waivers["R-a"])


# --- a late monitor, and bugs of our own


def test_how_late_a_stamp_may_be_is_kept_with_the_exchange() -> None:
    async def main() -> int:
        async def slow(request: Request) -> Exchange:
            start_ns = bench.clock.ns
            await asyncio.sleep(0)
            bench.clock.pass_s(0.1)
            await asyncio.sleep(2 * EVERY_S)
            exchange = reply()(request)
            return replace(exchange, marks=replace(exchange.marks, started_ns=start_ns, end_ns=bench.clock.ns))

        bench = Bench(slow)
        (exchange,) = (await bench.runner.run(probe())).evidence.exchanges
        return exchange.lag_ns(exchange.marks.end_ns)

    assert asyncio.run(main()) == 100_000_000


class Careless:
    """A prepared value no kind of assertion can read."""


def test_a_bug_of_the_judge_is_an_internal_error_and_told() -> None:
    bench = Bench()
    broken = replace(step(), expect=(Assertion(kind="status", value=200, expected=Careless()),))
    run = bench.run(probe(plain(broken)))
    assert (run.result.outcome, run.result.reason, [e.component for e in bench.memory.of(InternalFault)]) == (
        Outcome.ERRORED,
        Reason.INTERNAL,
        ["judge"],
    )


def test_a_bug_of_the_transport_is_not_swallowed() -> None:
    def careless(_: Request) -> Exchange:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        Bench(careless).run()
