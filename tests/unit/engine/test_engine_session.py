"""One check from its first suite to its last: what ends it early, and what is not asked twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from engine_samples import WORST_TOKENS, Bench, lost, probe, reply, step, suite

from wnmon.engine.budget import Cap
from wnmon.engine.run import Run
from wnmon.engine.session import Manner, Session, breaks_must, was_interrupted
from wnmon.judge.registry import prepare
from wnmon.model.check import Level, Plan, Risk
from wnmon.model.exchange import FailureKind
from wnmon.model.result import Outcome, Reason, Verdict, because
from wnmon.model.said import Said, Why
from wnmon.model.target import Probe

REFUSED = reply({"error": {"message": "bad key"}}, 401)
BAD_KEY = because(Reason.AUTH, Said("status_said", n=401, text="bad key"))
NO_JSON = reply(b"no json")
AB, CD = suite(step("a"), step("b")), suite(step("c"), step("d"))


def play(bench: Bench, *probes: Probe, **manner: Any) -> Session:
    """Run one probe after the other in one session."""
    session = Session(Manner(**manner))

    async def main() -> None:
        for one in probes:
            await session.run(bench.runner, one)

    asyncio.run(main())
    return session


def sent(bench: Bench) -> str:
    """Return the names of the requests that were sent."""
    return "".join(request.step for request in bench.transport.sent)


def on(plan: Plan, **rule: Any) -> Plan:
    """Return the plan with its first rule changed."""
    return replace(plan, rules=(replace(plan.rules[0], **rule), *plan.rules[1:]))


def test_every_suite_is_sent_and_its_run_kept() -> None:
    bench = Bench()
    session = play(bench, probe(AB), probe(CD))

    assert (sent(bench), [run.requests for run in session.runs]) == ("abcd", [2, 2])


# --- what is known already


def test_what_one_suite_told_of_a_model_is_not_asked_again() -> None:
    bench = Bench(REFUSED)
    play(bench, probe(AB), probe(CD))

    assert sent(bench) == "a"


def test_what_is_not_asked_again_says_what_was_told() -> None:
    _, second = play(Bench(REFUSED), probe(AB), probe(CD)).runs

    assert second.evidence.not_sent == {"c": BAD_KEY, "d": BAD_KEY}


def test_what_was_told_of_one_model_is_asked_of_another() -> None:
    bench = Bench(REFUSED)
    play(bench, probe(AB), probe(CD, model="m-2"))

    assert sent(bench) == "ac"


def test_a_suite_that_failed_told_nothing_of_the_model() -> None:
    bench = Bench(NO_JSON)
    play(bench, probe(AB), probe(CD))

    assert sent(bench) == "abcd"


ON_TLS = on(CD, expect=(prepare("tls", {"min": "1.2"}),))


def test_a_rule_on_tls_has_more_to_say_where_no_secure_connection_stands() -> None:
    bench = Bench(lost(FailureKind.TLS))
    play(bench, probe(AB), probe(ON_TLS))

    assert sent(bench) == "ac"


def test_a_suite_without_a_rule_on_tls_has_nothing_more_to_say() -> None:
    bench = Bench(lost(FailureKind.TLS))
    play(bench, probe(AB), probe(CD))

    assert sent(bench) == "a"


def test_a_rule_on_tls_has_nothing_more_to_say_where_nobody_answers() -> None:
    bench = Bench(lost(FailureKind.CONNECT))
    play(bench, probe(AB), probe(ON_TLS))

    assert sent(bench) == "a"


def test_what_was_told_first_stands() -> None:
    bench = Bench(lost(FailureKind.TLS), REFUSED)
    *_, last = play(bench, probe(AB), probe(ON_TLS), probe(CD)).runs

    assert last.evidence.not_sent["c"] == because(Reason.TLS, "tls happened")


# --- the first broken rule


def test_a_broken_must_ends_the_sending_at_once() -> None:
    bench = Bench(NO_JSON)
    play(bench, probe(AB), probe(CD), fail_fast=True)

    assert sent(bench) == "a"


def test_what_a_broken_must_left_unsent_says_so() -> None:
    session = play(Bench(NO_JSON), probe(AB), probe(CD), fail_fast=True)

    assert [set(run.evidence.not_sent.values()) for run in session.runs] == [{Said(Why.FAIL_FAST)}] * 2


def test_a_must_broken_by_the_last_request_of_a_suite_ends_the_sending_too() -> None:
    bench = Bench(reply(), NO_JSON)
    play(bench, probe(AB), probe(CD), fail_fast=True)

    assert sent(bench) == "ab"


def test_a_broken_must_does_not_end_the_sending_unless_asked() -> None:
    bench = Bench(NO_JSON)
    play(bench, probe(AB))

    assert sent(bench) == "ab"


def test_a_broken_should_does_not_end_the_sending() -> None:
    bench = Bench(NO_JSON, reply())
    play(bench, probe(on(AB, levels={"p": Level.SHOULD})), fail_fast=True)

    assert sent(bench) == "ab"


def waived(run: Run) -> Run:
    """Excuse every broken rule."""
    rows = tuple(replace(row, waived=row.verdict is Verdict.FAILED) for row in run.result.verdicts)
    return replace(run, result=replace(run.result, verdicts=rows))


def test_an_excused_must_does_not_end_the_sending() -> None:
    bench = Bench(NO_JSON)
    play(bench, probe(AB), probe(CD), fail_fast=True, excuse=waived)

    assert sent(bench) == "abcd"


def test_a_run_is_kept_as_it_was_excused() -> None:
    (run,) = play(Bench(NO_JSON), probe(AB), excuse=waived).runs

    assert [row.waived for row in run.result.verdicts] == [True, True]


def test_only_a_failed_must_that_is_not_waived_breaks() -> None:
    (run,) = play(Bench(NO_JSON), probe(AB)).runs

    assert (breaks_must(run), breaks_must(waived(run))) == (True, False)


# --- the budget


def test_a_budget_that_is_used_up_ends_the_sending() -> None:
    bench = Bench(reply(b"{}"), cap=Cap(tokens=2 * WORST_TOKENS - 1, why=Said(Why.BUDGET_TOKENS)))
    play(bench, probe(AB), probe(CD))

    assert sent(bench) == "a"


def test_what_the_budget_left_unsent_says_so() -> None:
    session = play(Bench(cap=Cap(tokens=1, why=Said(Why.BUDGET_TOKENS))), probe(AB), probe(CD))

    assert [set(run.evidence.not_sent.values()) for run in session.runs] == [{Said(Why.BUDGET_TOKENS)}] * 2


def test_a_request_the_budget_would_still_allow_is_not_sent_after_one_it_refused() -> None:
    costly = replace(step("b"), body={**step().body, "max_tokens": 1_000})
    bench = Bench(cap=Cap(tokens=500, why=Said(Why.BUDGET_TOKENS)))
    play(bench, probe(suite(step("a"), costly)), probe(CD))

    assert sent(bench) == "a"


# --- a signal


def interrupted() -> tuple[Bench, Session]:
    """Stop the runner while the first request is under way."""
    bench = Bench()
    bench.transport.meanwhile = bench.runner.stop.set
    return bench, play(bench, probe(AB), probe(CD))


def test_a_signal_ends_the_sending() -> None:
    assert sent(interrupted()[0]) == "a"


def test_what_a_signal_left_unsent_says_so() -> None:
    _, session = interrupted()

    assert [run.evidence.not_sent["bd"[k]] for k, run in enumerate(session.runs)] == [Said(Why.INTERRUPTED)] * 2


def test_runs_cut_short_were_interrupted() -> None:
    assert was_interrupted(interrupted()[1].runs)


def test_runs_that_ended_by_themselves_were_not() -> None:
    assert not was_interrupted(play(Bench(REFUSED), probe(AB), probe(CD)).runs)


def test_an_exchange_cut_short_tells_of_a_signal_alone() -> None:
    (run,) = play(Bench(lost(FailureKind.SHUTDOWN)), probe(suite(step("a")))).runs

    assert was_interrupted([replace(run, evidence=replace(run.evidence, not_sent={}))])


# --- what is named all the same


def left_alone() -> Run:
    """Return the run of a suite for a relay that has just asked to be left alone."""
    bench = Bench(reply(b"", 429))
    bench.run()
    (run,) = play(bench, probe(AB)).runs
    return run


def test_the_rules_of_a_relay_left_alone_are_named() -> None:
    rows = left_alone().result.verdicts

    assert [(row.rule, row.verdict) for row in rows] == [("R-a", Verdict.INCONCLUSIVE), ("R-b", Verdict.INCONCLUSIVE)]


def test_a_relay_left_alone_is_why() -> None:
    run = left_alone()

    assert set(run.evidence.not_sent.values()) == {Said("left_alone_refused", n="60")}


@pytest.mark.parametrize("line", [REFUSED, lost(FailureKind.CONNECT)], ids=["refused", "dead"])
def test_the_rules_of_what_was_not_asked_again_are_named(line: Any) -> None:
    _, second = play(Bench(line), probe(AB), probe(CD)).runs

    assert (second.result.outcome, [row.rule for row in second.result.verdicts]) == (Outcome.SKIPPED, ["R-c", "R-d"])


# --- progress


def test_progress_is_told_the_suite_of_each_request() -> None:
    told: list[str] = []
    play(Bench(), probe(AB, name="one"), probe(CD, name="two"), progress=told.append)

    assert told == ["one", "one", "two", "two"]


def test_progress_is_told_nothing_of_what_is_not_sent() -> None:
    told: list[str] = []
    play(Bench(NO_JSON), probe(AB, name="one"), probe(CD, name="two"), fail_fast=True, progress=told.append)

    assert told == ["one"]


@pytest.mark.parametrize(("full", "names"), [(True, "ab"), (False, "a")])
def test_risky_requests_are_sent_where_all_are_asked_for(full: bool, names: str) -> None:
    bench = Bench()
    play(bench, probe(suite(step("a"), step("b", Risk.REFUSED))), full=full)

    assert sent(bench) == names


# --- a control: the same in another form

CONTROLLED = suite(step("a"), replace(step("c"), if_refused="a"), step("d"))


@pytest.mark.parametrize(
    ("first", "asked"),
    [
        (reply(), "ad"),
        (reply({"error": {"message": "no"}}, 400), "acd"),
        (reply({"error": {"message": "no"}}, 422), "acd"),
        (reply({"error": {"message": "no"}}, 404), "a"),
        (reply({"error": {"message": "no", "code": "insufficient_quota"}}, 400), "a"),
    ],
    ids=["accepted", "400", "422", "404", "balance"],
)
def test_a_control_is_sent_where_its_request_was_refused_as_wrong(first: Any, asked: str) -> None:
    bench = Bench(first, reply())
    play(bench, probe(CONTROLLED))

    assert sent(bench) == asked


def test_a_control_that_was_not_needed_is_told_so() -> None:
    (run,) = play(Bench(), probe(CONTROLLED)).runs

    assert run.evidence.not_sent == {"c": Said(Why.NOT_REFUSED)}
