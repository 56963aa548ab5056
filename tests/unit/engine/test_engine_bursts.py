"""What the runner leaves out on purpose, and what becomes of a request sent several times at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from engine_samples import KEY, WORST_TOKENS, Bench, lost, plain, probe, reply, step, suite, target, tokens_left

from wnmon.engine.conversation import INTERRUPTED
from wnmon.engine.run import Run
from wnmon.judge.registry import prepare
from wnmon.model.budget import Budget
from wnmon.model.check import Plan, Risk, Step
from wnmon.model.exchange import FailureKind
from wnmon.model.result import Outcome, Verdict
from wnmon.model.said import Said, Why
from wnmon.model.target import SensorKind, Target

BUSY = {"error": {"message": "too many requests", "code": "rate_limit_exceeded"}}
SECURE = target(url="https://relay.invalid/v1/chat/completions")
BY_HTTPX = replace(SECURE, transport=SensorKind.HTTPX, http2=True)
FIVE = replace(step("burst"), burst=5)


def run(bench: Bench, plan: Plan, where: Target | None = None, *, full: bool = True) -> Run:
    return asyncio.run(bench.runner.run(probe(plan, where), full=full))


# --- left out on purpose


@pytest.mark.parametrize(
    ("odd", "where", "why"),
    [
        ({"plain_http": True}, target(), Why.NOT_HTTPS),
        ({"http2": True}, SECURE, Why.NO_HTTP2),
        ({"http2": True}, replace(SECURE, transport=SensorKind.FAST), Why.NO_HTTP2),
        ({"http2": True}, target(), Why.NO_HTTP2),
        ({"http2": True}, target(transport=SensorKind.HTTPX, http2=True), Why.NOT_HTTPS),
        ({"http2": True}, replace(BY_HTTPX, http2=False), Why.LACKS_HTTP2),
        ({"feature": "tools"}, SECURE, Why.NOT_CLAIMED),
    ],
    ids=["plain http", "http2", "http2, fast", "http2, both", "http2 without tls", "http2 without h2", "feature"],
)
def test_a_request_left_out_skips_its_rules_and_says_why(odd: dict[str, Any], where: Target, why: Why) -> None:
    (verdict,) = run(Bench(), suite(replace(step("a"), **odd)), where).result.verdicts

    assert (verdict.verdict, verdict.why) == (Verdict.SKIPPED, Said(why))


def test_an_https_target_is_asked_over_plain_http() -> None:
    bench = Bench()
    run(bench, suite(replace(step("a"), plain_http=True)), SECURE)

    assert [request.url for request in bench.transport.sent] == ["http://relay.invalid/v1/chat/completions"]


def offered(plan: Plan, where: Target) -> list[bool]:
    """Return for which requests of a plan HTTP/2 is offered."""
    bench = Bench()
    run(bench, plan, where)
    return [request.http2 for request in bench.transport.sent]


def test_a_suite_offers_http2_only_where_it_asks_about_it() -> None:
    assert offered(suite(step("a"), replace(step("b"), http2=True), step("c")), BY_HTTPX) == [False, True, False]


def test_a_check_of_ones_own_offers_http2() -> None:
    assert offered(plain(), BY_HTTPX) == [True]


def test_a_check_of_ones_own_offers_no_http2_that_its_transport_does_not_speak() -> None:
    assert offered(plain(), SECURE) == [False]


def test_a_risk_is_named_first() -> None:
    risky: Step = replace(step("a", risk=Risk.REFUSED), http2=True)

    assert run(Bench(), suite(risky), full=False).evidence.not_sent == {"a": Said(Why.NEEDS_FULL)}


# --- bursts


def test_a_burst_is_so_many_exchanges_of_its_request() -> None:
    bench = Bench()
    done = run(bench, suite(step("a"), FIVE))

    assert [one.request.step for one in done.evidence.exchanges] == ["a", *["burst"] * 5]


def test_the_copies_of_a_burst_are_under_way_together() -> None:
    async def scenario() -> int:
        together, most, waiting = 0, 0, asyncio.Event()

        async def slow(request: Any) -> Any:
            nonlocal together, most
            together += 1
            most = max(most, together)
            if together == 5:
                waiting.set()
            await waiting.wait()
            return reply()(request)

        async with asyncio.timeout(10):
            await Bench(slow).runner.run(probe(suite(FIVE)), full=True)
        return most

    assert asyncio.run(scenario()) == 5


def test_every_copy_is_booked() -> None:
    assert run(Bench(), suite(FIVE)).spent_output_tokens == 10


def test_a_refused_burst_does_not_end_the_suite() -> None:
    bench = Bench(reply(), *[reply(BUSY, 429)] * 5, reply())
    done = run(bench, suite(step("a"), FIVE, step("z")))

    assert done.evidence.exchanges[-1].request.step == "z"


def test_a_refused_burst_is_no_reason_to_leave_the_relay_alone() -> None:
    bench = Bench(reply(), *[reply(BUSY, 429)] * 5)
    run(bench, suite(step("a"), FIVE))
    again = run(bench, suite(step("a")))

    assert again.result.outcome is not Outcome.SKIPPED


def test_a_burst_that_is_answered_in_part_stands_for_its_answers() -> None:
    bench = Bench(reply(BUSY, 429), reply(), reply(BUSY, 429), reply(), reply(BUSY, 429))

    assert run(bench, suite(FIVE)).result.status == 200


def test_a_burst_over_budget_is_not_sent_at_all() -> None:
    bench = Bench()
    run(bench, suite(FIVE), target(budget=Budget(tokens_per_day=4 * WORST_TOKENS)))

    assert bench.transport.sent == []


def test_a_burst_over_budget_gives_back_what_it_had_set_aside() -> None:
    bench, poor = Bench(), target(budget=Budget(tokens_per_day=4 * WORST_TOKENS))
    run(bench, suite(FIVE), poor)

    assert tokens_left(bench.budgets, poor) == 4 * WORST_TOKENS


def test_a_burst_that_is_cut_short_ends_the_run() -> None:
    bench = Bench(lost(FailureKind.SHUTDOWN))

    assert run(bench, suite(FIVE, step("z"))).evidence.not_sent == {"burst": INTERRUPTED, "z": INTERRUPTED}


def test_no_key_is_in_what_a_burst_leaves_behind() -> None:
    echo = reply({"error": {"message": f"key {KEY}"}}, 400)
    done = run(Bench(echo), suite(FIVE))

    assert all(KEY.encode() not in one.body for one in done.evidence.exchanges)


def test_a_burst_that_asks_for_429_is_judged_on_each_copy() -> None:
    plan = suite(FIVE)
    wanted = replace(plan.rules[0], expect=(prepare("status", [200, 429]),))
    bench = Bench(reply(), reply(BUSY, 429), reply(b"", 503), reply(), reply())

    (verdict,) = run(bench, replace(plan, rules=(wanted,))).result.verdicts
    assert [str(finding.actual)[:3] for finding in verdict.findings] == ["503"]
