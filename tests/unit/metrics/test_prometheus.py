from __future__ import annotations

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from sink_runs import (
    GOOD,
    START_S,
    TLS,
    Stand,
    StandingClock,
    a_balance_run,
    a_probe,
    a_rule,
    a_run,
    a_sink,
    a_target,
    exposed,
    samples,
    value,
)

from wnmon.engine.ports import RestCause
from wnmon.engine.standing import Standing
from wnmon.metrics.catalogue import CATALOGUE, Birth
from wnmon.metrics.prometheus import PrometheusSink
from wnmon.model.budget import BILLIONTHS, Limit, Period, Unit
from wnmon.model.budget import Scope as LimitScope
from wnmon.model.check import Asks, Level
from wnmon.model.events import (
    BudgetLeft,
    InFlight,
    InternalFault,
    LimitLeft,
    LoopLagged,
    ModelsListed,
    MonitorEvent,
    NetworkTold,
    Notified,
    Reloaded,
    RunDiscarded,
    RunLate,
    RunSkipped,
    SelfTested,
    SinkFailed,
    Skip,
    Stepped,
    StoreProblem,
    StoreTold,
    Waited,
)
from wnmon.model.honesty import Counts, Honesty, Series, Spread, Word
from wnmon.model.price import Price
from wnmon.model.result import Finding, Mark, Outcome, Reason, RuleVerdict, Undecided, Verdict
from wnmon.model.slo import Indicator, Slo
from wnmon.model.spent import Direction, UsageDoubt
from wnmon.model.target import Probe, Target, Waiver

SUITE = a_probe("contract", rules=(a_rule(),), suite="documented", every_s=21600)


def a_verdict(verdict: Verdict, *, findings: int = 0) -> RuleVerdict:
    complaint = Finding(message="x", expected="a string", actual="absent")
    return RuleVerdict(rule="DOC-009", level=Level.MUST, verdict=verdict, findings=(complaint,) * findings)


def test_every_failure_reason_is_born_at_zero() -> None:
    born = {labels["reason"]: number for labels, number in samples(a_sink(a_probe()), "wnmon_probe_failures_total")}

    assert born == {reason.value: 0 for reason in Reason if reason is not Reason.OK}


def test_latency_histograms_are_born_empty() -> None:
    assert value(a_sink(a_probe()), "wnmon_probe_ttft_seconds_count") == 0


def test_no_gauge_that_states_a_fact_exists_before_the_first_run() -> None:
    sink = a_sink(a_probe())

    facts = [metric.name for metric in CATALOGUE.values() if metric.birth is Birth.KNOWN]
    assert [name for name in facts if samples(sink, name)] == []


@pytest.mark.parametrize(
    ("outcome", "shown"),
    [(Outcome.PASSED, 1), (Outcome.DEGRADED, 1), (Outcome.FAILED, 0), (Outcome.ERRORED, 0)],
)
def test_success_is_one_for_passed_and_degraded(outcome: Outcome, shown: float) -> None:
    sink = a_sink(a_probe())
    sink.take(a_run(outcome, Reason.CONTENT))

    assert value(sink, "wnmon_probe_success") == shown


def test_success_is_gone_once_it_counts_no_more() -> None:
    stand = Stand()
    sink = a_sink(a_probe(), stand=stand)
    sink.take(a_run())
    stand.now = Standing(known=False)

    assert value(sink, "wnmon_probe_success") is None


def test_success_comes_back_with_the_next_run() -> None:
    stand = Stand()
    sink = a_sink(a_probe(), stand=stand)
    stand.now = Standing(known=False)
    exposed(sink)
    stand.now = Standing(known=True)
    sink.take(a_run())

    assert value(sink, "wnmon_probe_success") == 1


def test_degraded_is_gone_with_success() -> None:
    stand = Stand()
    sink = a_sink(a_probe(), stand=stand)
    sink.take(a_run(Outcome.DEGRADED, Reason.SLOW))
    before, stand.now = value(sink, "wnmon_probe_degraded"), Standing(known=False)

    assert (before, value(sink, "wnmon_probe_degraded")) == (1, None)


@pytest.mark.parametrize("outcome", [Outcome.PASSED, Outcome.FAILED, Outcome.ERRORED])
def test_no_other_outcome_is_degraded(outcome: Outcome) -> None:
    sink = a_sink(a_probe())
    sink.take(a_run(outcome))

    assert value(sink, "wnmon_probe_degraded") == 0


@pytest.mark.parametrize(("up", "shown"), [(True, 1), (False, 0), (None, None)])
def test_what_is_confirmed_is_told_with_its_date(up: bool | None, shown: float | None) -> None:
    since_s = None if up is None else START_S
    sink = a_sink(a_probe(), stand=Stand(Standing(known=True, up=up, up_since_s=since_s)))

    names = ("wnmon_probe_up", "wnmon_probe_up_since_timestamp_seconds")
    assert [value(sink, name) for name in names] == [shown, since_s]


def test_a_run_made_to_confirm_is_counted() -> None:
    sink = a_sink(a_probe())
    for recheck in (False, True):
        sink.take(replace(a_run(), recheck=recheck))

    assert value(sink, "wnmon_probe_rechecks_total") == 1


def test_the_next_run_is_told_from_the_start() -> None:
    sink = a_sink(a_probe(), stand=Stand(Standing(known=False, next_run_s=START_S + 42)))

    assert value(sink, "wnmon_probe_next_run_timestamp_seconds") == START_S + 42


@pytest.mark.parametrize("cause", list(RestCause))
def test_a_rest_is_told_with_its_cause_alone(cause: RestCause) -> None:
    sink = a_sink(a_probe(), stand=Stand(Standing(known=True, next_run_s=START_S, rest=cause)))

    assert [(own["cause"], number) for own, number in samples(sink, "wnmon_probe_resting")] == [(cause.value, 1)]


def test_a_rest_that_is_over_is_told_no_more() -> None:
    stand = Stand(Standing(known=True, rest=RestCause.ASKED))
    sink = a_sink(a_probe(), stand=stand)
    exposed(sink)
    stand.now = Standing(known=True)

    assert samples(sink, "wnmon_probe_resting") == []


def test_a_failure_is_counted_under_its_reason() -> None:
    sink = a_sink(a_probe())
    sink.take(a_run(Outcome.ERRORED, Reason.CONNECT, status=None))

    assert value(sink, "wnmon_probe_failures_total", reason="connect") == 1


def test_a_degraded_run_is_no_failure() -> None:
    sink = a_sink(a_probe())
    sink.take(a_run(Outcome.DEGRADED, Reason.SLOW))

    assert value(sink, "wnmon_probe_failures_total", reason="slow") == 0


def test_consecutive_failures_count_up_and_end_with_a_success() -> None:
    sink = a_sink(a_probe())
    seen = []
    for outcome in (Outcome.FAILED, Outcome.ERRORED, Outcome.PASSED):
        sink.take(a_run(outcome))
        seen.append(value(sink, "wnmon_probe_consecutive_failures"))

    assert seen == [1, 2, 0]


def test_the_reason_streak_has_one_series_and_starts_anew_with_another_reason() -> None:
    sink = a_sink(a_probe())
    for reason in (Reason.CONNECT, Reason.AUTH, Reason.AUTH):
        sink.take(a_run(Outcome.ERRORED, reason))

    assert [(own["reason"], number) for own, number in samples(sink, "wnmon_probe_reason_streak")] == [("auth", 2)]


def test_a_skipped_run_of_which_nothing_was_sent_leaves_no_trace() -> None:
    sink = a_sink(a_probe())
    before = own_text(exposed(sink))
    run = a_run(Outcome.SKIPPED, Reason.BUDGET)
    unsent = replace(run, evidence=replace(run.evidence, exchanges=()), spent_input_tokens=0, spent_output_tokens=0)
    sink.take(unsent)

    assert own_text(exposed(sink)) == before


def test_a_skipped_run_tells_what_it_cost_and_nothing_else() -> None:
    sink = a_sink(a_probe())
    sink.take(a_run(Outcome.SKIPPED))
    seen = [sum(number for _, number in samples(sink, f"wnmon_probe_{name}_total")) for name in ("tokens", "runs")]

    assert (seen, samples(sink, "wnmon_probe_success")) == ([18, 0], [])


def test_a_discarded_run_tells_what_it_cost_and_nothing_else() -> None:
    sink = a_sink(a_probe())
    doubt = UsageDoubt(direction=Direction.OUTPUT, claimed=10**6, booked=64)
    cut = RunDiscarded(probe=a_probe().id, statuses=(200, None), input_tokens=9, output_tokens=64, doubts=(doubt,))
    sink.observe(cut)
    sink.observe(replace(cut, probe=a_probe("gone").id))
    names = ("http_responses", "tokens", "usage_doubts", "runs")
    seen = [sum(number for _, number in samples(sink, f"wnmon_probe_{name}_total")) for name in names]

    assert seen == [2, 73, 1, 0]


def priced(currency: str = "CNY") -> Probe:
    price = Price(currency=currency, input_per_million=Decimal(1), output_per_million=Decimal(1))
    return replace(a_probe(), target=replace(a_probe().target, prices={a_probe().model: price}))


def test_money_is_counted_from_0_on_where_a_price_is_known() -> None:
    assert [(own["currency"], number) for own, number in samples(a_sink(priced()), "wnmon_probe_money_total")] == [
        ("CNY", 0)
    ]


def test_without_a_price_there_is_no_series_of_money() -> None:
    assert samples(a_sink(a_probe()), "wnmon_probe_money_total") == []


def test_money_spent_is_counted_of_published_and_discarded_runs() -> None:
    sink, paid = a_sink(priced()), {"CNY": Decimal("0.25")}
    sink.take(replace(a_run(), spent_money=paid))
    sink.observe(RunDiscarded(probe=priced().id, statuses=(200,), input_tokens=9, output_tokens=64, money=paid))

    assert [number for _, number in samples(sink, "wnmon_probe_money_total")] == [0.5]


def test_a_currency_that_is_paid_in_no_more_vanishes() -> None:
    sink = a_sink(priced("CNY"))
    sink.declare([priced("USD")])

    assert [own["currency"] for own, _ in samples(sink, "wnmon_probe_money_total")] == ["USD"]


def test_counts_of_usage_that_are_not_believed_are_counted() -> None:
    sink = a_sink(a_probe())
    doubt = UsageDoubt(direction=Direction.OUTPUT, claimed=10**6, booked=64)
    sink.take(replace(a_run(), usage_doubts=(doubt,)))
    seen = {own["direction"]: number for own, number in samples(sink, "wnmon_probe_usage_doubts_total")}

    assert seen == {"input": 0, "output": 1}


PER_DAY = Limit(scope=LimitScope.TARGET, unit=Unit.TOKENS, period=Period.DAY, most=90)
DOLLARS = Limit(scope=LimitScope.ALL, unit=Unit.MONEY, period=Period.MONTH, most=2 * BILLIONTHS, currency="USD")


def told(*limits: LimitLeft, target: str = "wn") -> BudgetLeft:
    return BudgetLeft(target=target, limits=limits)


def of(limit: Limit, left: int | None = None, *, is_exhausted: bool = False) -> LimitLeft:
    return LimitLeft(limit=limit, left=left, is_exhausted=is_exhausted)


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        (told(of(PER_DAY), of(DOLLARS, is_exhausted=True)), [1]),
        (told(of(PER_DAY)), [0]),
        (told(), []),
    ],
)
def test_a_budget_is_exhausted_or_not_or_not_there(event: BudgetLeft, shown: list[float]) -> None:
    sink = a_sink(a_probe())
    sink.observe(event)

    assert [number for _, number in samples(sink, "wnmon_budget_exhausted")] == shown


def test_each_limit_tells_whether_it_is_exhausted() -> None:
    sink = a_sink(a_probe())
    sink.observe(told(of(PER_DAY), of(DOLLARS, is_exhausted=True)))
    found = {
        (own["scope"], own["unit"], own["period"]): number
        for own, number in samples(sink, "wnmon_budget_limit_exhausted")
    }

    assert found == {("target", "tokens", "day"): 0, ("all", "money", "month"): 1}


def test_money_is_shown_in_its_currency() -> None:
    sink = a_sink(a_probe())
    sink.observe(told(of(DOLLARS, BILLIONTHS // 2)))
    names = ("wnmon_budget_money_limit", "wnmon_budget_money_remaining")

    assert [value(sink, name, scope="all", period="month", currency="USD") for name in names] == [2, 0.5]


def test_what_is_left_of_a_limit_that_is_not_known_is_not_told() -> None:
    sink = a_sink(a_probe())
    sink.observe(told(of(PER_DAY)))

    assert samples(sink, "wnmon_budget_tokens_remaining") == []


def test_a_limit_that_a_reload_takes_away_leaves_no_series() -> None:
    sink = a_sink(a_probe(target=a_target(tokens_per_day=90, tokens_per_hour=9)))
    sink.observe(told(of(PER_DAY, 5, is_exhausted=True)))
    sink.declare([a_probe(target=a_target(tokens_per_hour=9))])
    names = ("wnmon_budget_tokens_limit", "wnmon_budget_tokens_remaining", "wnmon_budget_limit_exhausted")

    assert [[own["period"] for own, _ in samples(sink, name)] for name in names] == [["hour"], [], []]


def own_text(body: bytes) -> list[str]:
    return [line for line in body.decode().splitlines() if line.startswith("wnmon_")]


def test_a_run_of_an_undeclared_probe_leaves_no_trace() -> None:
    sink = a_sink(a_probe())
    sink.take(a_run(probe=a_probe("gone")))

    assert {own["check"] for own, _ in samples(sink, "wnmon_probe_runs_total")} == {"alive"}


def test_a_successful_run_observes_its_ttft() -> None:
    sink = a_sink(a_probe())
    sink.take(a_run())

    assert value(sink, "wnmon_probe_ttft_seconds_sum") == pytest.approx(0.45)


def test_a_failed_run_does_not_observe_ttft() -> None:
    sink = a_sink(a_probe())
    sink.take(a_run(Outcome.FAILED, Reason.CONTENT))

    assert value(sink, "wnmon_probe_ttft_seconds_count") == 0


def test_a_failed_run_observes_its_duration() -> None:
    sink = a_sink(a_probe())
    sink.take(a_run(Outcome.FAILED, Reason.CONTENT))

    assert value(sink, "wnmon_probe_duration_seconds_count") == 1


def test_first_visible_is_observed_only_where_it_is_not_the_first_token() -> None:
    sink = a_sink(a_probe())
    sink.take(a_run())
    sink.take(a_run(timing=replace(GOOD, first_visible_s=0.9)))

    assert value(sink, "wnmon_probe_first_visible_seconds_count") == 1


@pytest.mark.parametrize(
    ("mark", "observed"),
    [
        (Mark.SENT, {"time_per_output_token"}),
        (Mark.FIRST_TOKEN, {"duration", "first_visible"}),
        (Mark.FIRST_VISIBLE, {"duration", "ttft", "time_per_output_token"}),
        (Mark.LAST_TOKEN, {"duration", "ttft", "first_visible"}),
        (Mark.END, {"ttft", "first_visible", "time_per_output_token"}),
        (Mark.HEADERS, {"duration", "ttft", "first_visible", "time_per_output_token"}),
    ],
)
def test_a_sample_is_withheld_where_a_mark_it_lies_between_is_suspect(mark: Mark, observed: set[str]) -> None:
    sink = a_sink(a_probe())
    sink.take(a_run(timing=replace(GOOD, first_visible_s=0.9, suspect_marks=(mark,))))

    names = ("duration", "ttft", "first_visible", "time_per_output_token")
    assert {name for name in names if value(sink, f"wnmon_probe_{name}_seconds_count")} == observed


@pytest.mark.parametrize(
    ("mark", "withheld"),
    [
        (Mark.CONNECTED, {"tcp"}),
        (Mark.SENT, {"send", "wait"}),
        (Mark.HEADERS, {"wait", "first_token"}),
        (Mark.FIRST_TOKEN, {"first_token", "stream"}),
        (Mark.END, {"stream"}),
    ],
)
def test_a_phase_between_suspect_marks_vanishes(mark: Mark, withheld: set[str]) -> None:
    sink = a_sink(a_probe())
    sink.take(a_run())
    sink.take(a_run(timing=replace(GOOD, suspect_marks=(mark,))))

    shown = {own["phase"] for own, _ in samples(sink, "wnmon_probe_phase_seconds")}
    assert shown == {"tcp", "send", "wait", "first_token", "stream"} - withheld


@pytest.mark.parametrize(("mark", "count"), [(Mark.SENT, 1), (Mark.LAST_TOKEN, 1), (Mark.HEADERS, 0)])
def test_a_run_of_which_a_sample_is_withheld_is_counted(mark: Mark, count: int) -> None:
    sink = a_sink(a_probe())
    sink.take(a_run(timing=replace(GOOD, suspect_marks=(mark,))))

    assert value(sink, "wnmon_probe_suspect_samples_total") == count


def test_each_latency_left_undecided_is_counted() -> None:
    sink = a_sink(a_probe())
    left_open = tuple(Undecided(kind=kind, step="ask", why="late") for kind in ("ttft", "total"))
    done = a_run()
    sink.take(replace(done, result=replace(done.result, undecided=left_open)))
    sink.take(a_run())

    assert value(sink, "wnmon_probe_undecided_latencies_total") == 2


def test_phases_are_the_time_between_marks_and_absent_ones_have_no_series() -> None:
    sink = a_sink(a_probe())
    sink.take(a_run())

    seen = {own["phase"]: round(number, 6) for own, number in samples(sink, "wnmon_probe_phase_seconds")}
    assert seen == {"tcp": 0.01, "send": 0.001, "wait": 0.2, "first_token": 0.25, "stream": 0.75}


@pytest.mark.parametrize(("status", "code_class"), [(200, "2xx"), (503, "5xx"), (None, "none"), (999, "none")])
def test_answers_are_counted_by_class_of_their_status(status: int | None, code_class: str) -> None:
    sink = a_sink(a_probe())
    sink.take(a_run(status=status))

    assert value(sink, "wnmon_probe_http_responses_total", code_class=code_class) == 1


def test_an_unanswered_run_has_no_response_bytes() -> None:
    sink = a_sink(a_probe())
    sink.take(a_run())
    sink.take(a_run(Outcome.ERRORED, Reason.CONNECT, status=None))

    assert value(sink, "wnmon_probe_response_bytes") is None


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("wnmon_probe_chunks", 2),
        ("wnmon_probe_response_bytes", 5),
        ("wnmon_probe_max_chunk_gap_seconds", 0.05),
        ("wnmon_probe_output_tokens_per_second", 50),
        ("wnmon_probe_last_run_timestamp_seconds", START_S + 1),
        ("wnmon_probe_last_success_timestamp_seconds", START_S + 1),
        ("wnmon_probe_interval_seconds", 60),
        ("wnmon_probe_timeout_seconds", 60),
        ("wnmon_tls_certificate_expiry_timestamp_seconds", START_S + 86400),
    ],
)
def test_a_run_is_shown_as_facts(name: str, shown: float) -> None:
    sink = a_sink(a_probe())
    sink.take(a_run(tls=TLS))

    assert value(sink, name) == shown


def test_a_failed_run_does_not_move_the_last_success() -> None:
    sink = a_sink(a_probe())
    sink.take(a_run())
    sink.take(a_run(Outcome.FAILED, Reason.CONTENT, ended_at_s=START_S + 61))

    assert value(sink, "wnmon_probe_last_success_timestamp_seconds") == START_S + 1


def test_tokens_spent_are_counted_by_direction() -> None:
    sink = a_sink(a_probe())
    sink.take(a_run())

    seen = {own["direction"]: number for own, number in samples(sink, "wnmon_probe_tokens_total")}
    assert seen == {"input": 7, "output": 11}


def test_a_newer_tls_version_replaces_the_one_before() -> None:
    sink = a_sink(a_probe())
    sink.take(a_run(tls=replace(TLS, version="TLSv1.2")))
    sink.take(a_run(tls=TLS))

    assert [own["version"] for own, _ in samples(sink, "wnmon_tls_info")] == ["TLSv1.3"]


def test_a_run_without_handshake_keeps_the_known_expiry() -> None:
    sink = a_sink(a_probe())
    sink.take(a_run(tls=TLS))
    sink.take(a_run(Outcome.ERRORED, Reason.CONNECT, status=None))

    assert value(sink, "wnmon_tls_certificate_expiry_timestamp_seconds") == START_S + 86400


# Rules


def test_findings_of_every_rule_that_counts_are_born_at_zero() -> None:
    probe = a_probe("contract", rules=(a_rule(), a_rule("SEM-002", honesty=Level.SHOULD)), suite="documented")

    assert [own["rule"] for own, _ in samples(a_sink(probe), "wnmon_rule_findings_total")] == ["DOC-009"]


@pytest.mark.parametrize(
    ("verdict", "shown"),
    [
        (Verdict.PASSED, 1),
        (Verdict.FAILED, 0),
        (Verdict.NOTED, 0),
        (Verdict.SKIPPED, None),
        (Verdict.INCONCLUSIVE, None),
    ],
)
def test_a_rule_shows_its_last_verdict_if_there_is_one(verdict: Verdict, shown: float | None) -> None:
    sink = a_sink(SUITE)
    sink.take(a_run(probe=SUITE, verdicts=(a_verdict(Verdict.PASSED),)))
    sink.take(a_run(probe=SUITE, verdicts=(a_verdict(verdict),)))

    assert value(sink, "wnmon_rule_passed", rule="DOC-009", level="MUST", profile="documented") == shown


def test_findings_of_a_rule_are_counted() -> None:
    sink = a_sink(SUITE)
    sink.take(a_run(probe=SUITE, verdicts=(a_verdict(Verdict.FAILED, findings=3),)))

    assert value(sink, "wnmon_rule_findings_total") == 3


def test_a_broken_rule_does_not_touch_success() -> None:
    sink = a_sink(SUITE)
    sink.take(a_run(probe=SUITE, verdicts=(a_verdict(Verdict.FAILED, findings=1),)))

    assert value(sink, "wnmon_probe_success") == 1


def test_the_profile_shown_is_the_one_with_the_strictest_level() -> None:
    rule = a_rule("X-001", documented=Level.MAY, openai=Level.MUST)
    probe = a_probe("contract", rules=(rule,), suite="documented")
    plan = replace(probe.check.plan, profiles=("documented", "openai"))
    sink = a_sink(replace(probe, check=replace(probe.check, plan=plan)))

    assert [own["profile"] for own, _ in samples(sink, "wnmon_rule_findings_total")] == ["openai"]


@pytest.mark.parametrize(("until", "shown"), [("2026-09-20", 0), ("2026-09-21", 1), ("2027-01-31", 1)])
def test_a_waiver_holds_to_the_end_of_its_last_day(until: str, shown: float) -> None:
    target = a_target(waivers=(Waiver(rule="DOC-009", reason="known", until=until),))
    sink = a_sink(a_probe("contract", target=target, rules=(a_rule(),), suite="documented"))

    assert value(sink, "wnmon_rule_waived", rule="DOC-009") == shown


def test_a_waiver_expires_while_the_monitor_runs() -> None:
    clock = StandingClock()
    target = a_target(waivers=(Waiver(rule="DOC-009", reason="known", until="2026-09-21"),))
    sink = a_sink(a_probe("contract", target=target, rules=(a_rule(),), suite="documented"), clock=clock)
    exposed(sink)
    clock.elapsed_s = 86400

    assert value(sink, "wnmon_rule_waived") == 0


def test_a_waiver_taken_out_of_the_configuration_vanishes() -> None:
    target = a_target(waivers=(Waiver(rule="DOC-009", reason="known", until="2027-01-31"),))
    sink = a_sink(a_probe("contract", target=target, rules=(a_rule(),), suite="documented"))
    exposed(sink)
    sink.declare([SUITE])

    assert samples(sink, "wnmon_rule_waived") == []


# Reload


def test_a_reload_takes_away_every_series_of_a_vanished_probe() -> None:
    sink = a_sink(a_probe("alive"), SUITE)
    sink.take(a_run(probe=SUITE, verdicts=(a_verdict(Verdict.PASSED),)))
    sink.declare([a_probe("alive")])

    assert b'check="contract"' not in exposed(sink)


def test_a_reload_takes_away_the_series_of_a_vanished_target() -> None:
    sink = a_sink(a_probe(), a_probe(target=a_target("other")))
    sink.take(a_run(probe=a_probe(target=a_target("other")), tls=TLS))
    sink.declare([a_probe()])

    assert b'target="other"' not in exposed(sink)


def test_a_reload_keeps_the_counters_of_an_unchanged_probe() -> None:
    sink = a_sink(a_probe())
    sink.take(a_run())
    sink.declare([a_probe(), SUITE])

    assert value(sink, "wnmon_probe_runs_total", check="alive", outcome="passed") == 1


def test_a_reload_that_changes_the_content_of_a_check_keeps_its_counters() -> None:
    sink = a_sink(a_probe(every_s=60))
    sink.take(a_run())
    sink.declare([a_probe(every_s=900)])

    assert value(sink, "wnmon_probe_runs_total", outcome="passed") == 1


def test_a_reload_takes_over_the_new_interval() -> None:
    sink = a_sink(a_probe(every_s=60))
    sink.declare([a_probe(every_s=900)])

    assert value(sink, "wnmon_probe_interval_seconds") == 900


def test_a_reload_takes_away_rules_that_left_the_suite() -> None:
    sink = a_sink(SUITE)
    sink.take(a_run(probe=SUITE, verdicts=(a_verdict(Verdict.PASSED),)))
    sink.declare([a_probe("contract", suite="documented")])

    assert samples(sink, "wnmon_rule_passed") + samples(sink, "wnmon_rule_findings_total") == []


# Labels of the user


def test_labels_of_the_user_stand_only_on_info_metrics() -> None:
    sink = a_sink(a_probe(labels={"team": "blue"}))
    sink.take(a_run())

    carriers = {line.split("{")[0] for line in own_text(exposed(sink)) if 'team="blue"' in line}
    assert carriers == {"wnmon_probe_info"}


def test_probes_with_different_labels_all_carry_the_union_of_names() -> None:
    sink = a_sink(a_probe("a", labels={"team": "blue"}), a_probe("b", labels={"env": "prod"}))

    seen = {(own["check"], own["team"], own["env"]) for own, _ in samples(sink, "wnmon_probe_info")}
    assert seen == {("a", "blue", ""), ("b", "", "prod")}


def test_the_info_metric_tells_a_suite_from_a_plain_check() -> None:
    seen = {own["check"]: own["suite"] for own, _ in samples(a_sink(a_probe(), SUITE), "wnmon_probe_info")}

    assert seen == {"alive": "", "contract": "documented"}


def test_a_label_cannot_forge_the_target() -> None:
    sink = a_sink(a_probe(target=a_target(labels={"target": "forged"})))

    assert [own["target"] for own, _ in samples(sink, "wnmon_target_info")] == ["wn"]


def test_a_label_value_with_quotes_and_newlines_is_escaped() -> None:
    sink = a_sink(a_probe(target=a_target(labels={"note": 'a"b\n# c\\d'})))

    assert [own["note"] for own, _ in samples(sink, "wnmon_target_info")] == ['a"b\n# c\\d']


# The monitor itself


@pytest.mark.parametrize(
    ("event", "name", "shown"),
    [
        (RunSkipped(probe=a_probe().id, reason=Skip.BUDGET), "wnmon_scheduler_skipped_runs_total", 1),
        (RunLate(probe=a_probe().id, late_s=0.5), "wnmon_scheduler_lateness_seconds_sum", 0.5),
        (Waited(probe=a_probe().id, waited_s=0.5), "wnmon_limiter_wait_seconds_sum", 0.5),
        (InFlight(runs=3), "wnmon_probes_in_flight", 3),
        (LoopLagged(lag_s=0.5), "wnmon_event_loop_lag_seconds_sum", 0.5),
        (Reloaded(ok=True, at_s=5, sha="abc"), "wnmon_config_last_reload_successful", 1),
        (Reloaded(ok=True, at_s=5, sha="abc"), "wnmon_config_last_reload_success_timestamp_seconds", 5),
        (StoreTold(problem=StoreProblem.FULL), "wnmon_store_problem", 1),
        (NetworkTold(is_down=True, since_s=5), "wnmon_network_down", 1),
        (NetworkTold(is_down=False, since_s=5), "wnmon_network_down", 0),
        (StoreTold(problem=None), "wnmon_store_problem", 0),
        (StoreTold(problem=StoreProblem.FULL, lost=7), "wnmon_store_lost_total", 7),
        (SinkFailed(sink="jsonl", error="x"), "wnmon_sink_errors_total", 1),
        (InternalFault(component="engine", error="x"), "wnmon_internal_errors_total", 1),
        (told(of(PER_DAY, 10)), "wnmon_budget_tokens_remaining", 10),
        (told(of(PER_DAY, 10)), "wnmon_budget_tokens_limit", 90),
    ],
)
def test_the_monitor_shows_what_it_says_of_itself(event: MonitorEvent, name: str, shown: float) -> None:
    sink = a_sink(a_probe())
    sink.observe(event)

    assert max(number for _, number in samples(sink, name)) == shown


def test_errors_of_a_sink_are_born_at_zero() -> None:
    seen = {own["sink"]: number for own, number in samples(a_sink(), "wnmon_sink_errors_total")}

    assert seen == {"prometheus": 0, "jsonl": 0}


def test_a_bad_reload_keeps_the_hash_of_the_running_configuration() -> None:
    sink = a_sink()
    sink.observe(Reloaded(ok=True, at_s=5, sha="good"))
    sink.observe(Reloaded(ok=False, at_s=6, sha="bad", problems=("x",)))

    assert [own["sha"] for own, _ in samples(sink, "wnmon_config_info")] == ["good"]


def test_a_good_reload_replaces_the_hash() -> None:
    sink = a_sink()
    sink.observe(Reloaded(ok=True, at_s=5, sha="one"))
    sink.observe(Reloaded(ok=True, at_s=6, sha="two"))

    assert [own["sha"] for own, _ in samples(sink, "wnmon_config_info")] == ["two"]


def test_a_configured_budget_shows_its_limit_before_it_was_touched() -> None:
    sink = a_sink(a_probe(target=a_target(tokens_per_day=1000)))

    assert value(sink, "wnmon_budget_tokens_limit", target="wn", period="day") == 1000


def test_the_budget_of_an_unknown_target_leaves_no_trace() -> None:
    sink = a_sink(a_probe())
    sink.observe(told(of(PER_DAY, 1), target="gone"))

    assert samples(sink, "wnmon_budget_tokens_limit") == []


# The self-test


SPREAD = Spread(count=3, bias_s=-0.001, p50_s=0.001, p99_s=0.002, max_s=0.003)
NOTHING = Counts(affected=0, suspect=0, published=0)
SERIES = Series(scheme="https", streams=3, suspect=0, ttft=SPREAD, gaps=SPREAD, relay_late=SPREAD)
HONEST = Honesty(word=Word.TRUSTWORTHY, why="", series=(SERIES,), counts=NOTHING, bound_s=0.02)


def told_of(*words: Honesty) -> PrometheusSink:
    sink = a_sink(a_probe())
    for honesty in words:
        sink.observe(SelfTested(honesty=honesty, at_s=7))
    return sink


def test_the_self_test_publishes_the_bias_with_its_sign() -> None:
    assert value(told_of(HONEST), "wnmon_selftest_ttft_bias_seconds", scheme="https") == -0.001


@pytest.mark.parametrize(("stat", "size_s"), [("p50", 0.001), ("p99", 0.002), ("max", 0.003)])
def test_the_self_test_publishes_the_spread(stat: str, size_s: float) -> None:
    assert value(told_of(HONEST), "wnmon_selftest_ttft_error_seconds", scheme="https", stat=stat) == size_s


@pytest.mark.parametrize(
    ("word", "shown"), [(Word.TRUSTWORTHY, 1), (Word.UNTRUSTWORTHY, 0), (Word.UNJUDGED, None)], ids=str
)
def test_a_clock_that_could_not_be_judged_is_neither_trusted_nor_not(word: Word, shown: float | None) -> None:
    assert value(told_of(replace(HONEST, word=word)), "wnmon_selftest_trustworthy") == shown


def test_when_the_self_test_was_made_is_published() -> None:
    assert value(told_of(HONEST), "wnmon_selftest_timestamp_seconds") == 7


def test_what_a_later_self_test_did_not_find_is_gone() -> None:
    lost = replace(HONEST, series=(replace(SERIES, ttft=None),))

    assert value(told_of(HONEST, lost), "wnmon_selftest_ttft_error_seconds", stat="p99") is None


def test_the_bound_of_what_is_suspect_is_published() -> None:
    assert value(a_sink(), "wnmon_suspect_bound_seconds") == 0.02


# Exposition


IN_USD = '{"mode": "x", "remaining": 1.5, "unit": "USD"}'


def with_least(least: str | None, *, target: Target | None = None) -> Probe:
    """Return the probe that asks a relay for its balance, of which so much is to be left."""
    probe = a_probe("money", target=target, model="")
    plan = replace(probe.check.plan, asks=Asks.BALANCE, least=None if least is None else Decimal(least))
    return replace(probe, check=replace(probe.check, plan=plan))


def a_busy_sink() -> tuple[bytes, bytes]:
    target = a_target(tokens_per_day=9, waivers=(Waiver(rule="DOC-009", reason="x", until="2027-01-31"),))
    suite = a_probe("contract", target=target, rules=(a_rule(),), suite="documented")
    quick = Slo(name="quick", indicator=Indicator.TTFT, objective=0.95, window_s=86400.0, threshold_s=2.0)
    money = with_least("0.1", target=target)
    stand = Stand(Standing(known=True, up=True, up_since_s=START_S, next_run_s=START_S, rest=RestCause.ASKED))
    target = replace(target, prices=priced().target.prices)
    sink = a_sink(replace(a_probe(target=target), slos=(quick,)), suite, money, stand=stand)
    sink.take(a_run(tls=TLS))
    sink.take(a_run(probe=suite, verdicts=(a_verdict(Verdict.FAILED, findings=1),)))
    sink.take(a_balance_run(IN_USD, probe=money))
    sink.observe(Reloaded(ok=True, at_s=5, sha="abc"))
    per_hour = Limit(scope=LimitScope.KEY, unit=Unit.REQUESTS, period=Period.HOUR, most=9)
    sink.observe(told(of(PER_DAY, 1), of(DOLLARS, 1), of(per_hour, 1)))
    sink.observe(SelfTested(honesty=HONEST, at_s=7))
    sink.observe(stepped(3))
    sink.observe(ModelsListed(target="wn", ok=True, at_s=5))
    sink.observe(StoreTold(problem=None))
    sink.observe(NetworkTold(is_down=False, since_s=5))
    sink.declare_channels(["team"])
    sink.observe(Notified(channel="team", result="delivered", at_s=8))
    return exposed(sink, "text/plain"), exposed(sink, "application/openmetrics-text; version=1.0.0")


def test_every_metric_of_the_catalogue_can_be_seen() -> None:
    text, _ = a_busy_sink()

    assert [name for name in CATALOGUE if f"# TYPE {name} ".encode() not in text] == []


@pytest.mark.parametrize(
    ("body", "remaining", "known", "unlimited"),
    [
        ('{"mode": "x", "remaining": 1.5, "unit": "USD"}', 1.5, 1, 0),
        ('{"mode": "x", "remaining": -1, "unit": "USD"}', None, 1, 1),
        ('{"mode": "x", "remaining": 2, "unit": "XAU"}', None, 1, 0),
        ("{}", None, 0, None),
    ],
    ids=["told", "unlimited", "another currency", "unknown"],
)
def test_a_balance_is_published_as_far_as_it_is_known(
    body: str, remaining: float | None, known: float, unlimited: float | None
) -> None:
    sink = a_sink(a_probe())
    sink.take(a_balance_run('{"mode": "x", "remaining": 9, "unit": "USD"}'))

    sink.take(a_balance_run(body))

    published = (value(sink, f"wnmon_balance_{name}", target="wn") for name in ("known", "unlimited"))
    assert (value(sink, "wnmon_balance_remaining", target="wn", unit="USD"), *published) == (
        remaining,
        known,
        unlimited,
    )


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (IN_USD, [("USD", 5)]),
        ('{"mode": "x", "remaining": 2, "unit": "XAU"}', []),
        ('{"mode": "x", "remaining": -1, "unit": "USD"}', []),
        ("{}", []),
    ],
    ids=["told", "another currency", "unlimited", "unknown"],
)
def test_what_is_to_be_left_is_told_in_the_unit_of_the_relay(body: str, told: list[tuple[str, float]]) -> None:
    money = with_least("5")
    sink = a_sink(money)
    sink.take(a_balance_run(body, probe=money))

    assert [(own["unit"], number) for own, number in samples(sink, "wnmon_balance_min")] == told


def test_what_is_to_be_left_is_absent_before_a_unit_is_known() -> None:
    assert samples(a_sink(with_least("5")), "wnmon_balance_min") == []


def test_what_is_to_be_left_stays_while_the_balance_is_unknown() -> None:
    money = with_least("5")
    sink = a_sink(money)
    for body in (IN_USD, "{}"):
        sink.take(a_balance_run(body, probe=money))

    assert value(sink, "wnmon_balance_min", unit="USD") == 5


@pytest.mark.parametrize(("least", "told"), [("7", [7]), (None, [])])
def test_a_reload_tells_at_once_what_is_to_be_left_now(least: str | None, told: list[float]) -> None:
    money = with_least("5")
    sink = a_sink(money)
    sink.take(a_balance_run(IN_USD, probe=money))
    sink.declare([with_least(least)])

    assert [number for _, number in samples(sink, "wnmon_balance_min")] == told


def test_no_created_series_is_exposed() -> None:
    text, openmetrics = a_busy_sink()

    assert b"_created" not in text + openmetrics


def test_a_scraper_that_asks_for_openmetrics_gets_it_with_its_end_mark() -> None:
    content_type, pieces = a_sink(a_probe()).render("application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
    body = b"".join(pieces)

    assert (content_type.split(";")[0], body.count(b"# EOF"), body[-6:]) == (
        "application/openmetrics-text",
        1,
        b"# EOF\n",
    )


def test_the_openmetrics_body_is_read_by_the_strict_parser() -> None:
    _, body = a_busy_sink()

    families = list(parse_openmetrics(body.decode()))  # type: ignore[no-untyped-call]

    assert len(families) > len(CATALOGUE)


@pytest.mark.parametrize("accept", [None, "", "*/*", "text/plain;version=0.0.4", "\x00;;,,=", "text/html"])
def test_any_other_scraper_gets_text(accept: str | None) -> None:
    assert a_sink().render(accept)[0] == "text/plain; version=0.0.4; charset=utf-8"


def test_process_metrics_are_shown() -> None:
    assert b"process_resident_memory_bytes " in exposed(a_sink())


def test_promtool_finds_nothing_to_complain_about() -> None:
    promtool = shutil.which("promtool")
    if promtool is None and "CI" not in os.environ:
        pytest.skip("promtool is not installed")
    text, _ = a_busy_sink()

    done = subprocess.run([promtool or "promtool", "check", "metrics"], input=text, capture_output=True, check=False)

    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def test_a_scrape_while_a_run_is_taken_is_not_kept_as_the_latest() -> None:
    sink = a_sink(a_probe())

    with ThreadPoolExecutor(1) as web:
        for _ in range(300):
            scrape = web.submit(exposed, sink)
            sink.take(a_run())
            scrape.result()

    assert value(sink, "wnmon_probe_runs_total", outcome="passed") == 300


def test_a_scrape_during_updates_is_whole() -> None:
    sink = a_sink(*(a_probe(f"c{index}") for index in range(5)))
    runs = [a_run(probe=a_probe(f"c{index % 5}")) for index in range(300)]

    with ThreadPoolExecutor(1) as web:
        scrapes = [web.submit(exposed, sink) for _ in range(20)]
        for run in runs:
            sink.take(run)
        bodies = [scrape.result() for scrape in scrapes]

    assert {body.count(b'wnmon_probe_runs_total{check="c') for body in bodies} == {20}


def stepped(step: int, stride: int = 1) -> Stepped:
    return Stepped(target="wn", step=step, stride=stride, limit=None, until_s=0)


def test_how_sparingly_a_target_is_asked_is_published() -> None:
    sink = a_sink(a_probe())
    sink.observe(stepped(1, 4))

    assert value(sink, "wnmon_budget_step", target="wn") == 1


def test_of_a_target_without_a_limit_any_more_no_step_is_published() -> None:
    sink = a_sink(a_probe())
    sink.observe(stepped(4))
    sink.observe(told())

    assert samples(sink, "wnmon_budget_step") == []


def test_of_a_target_that_is_gone_no_step_is_published() -> None:
    sink = a_sink(a_probe())
    sink.observe(replace(stepped(1), target="gone"))

    assert samples(sink, "wnmon_budget_step") == []


def test_whether_models_were_listed_is_published_while_nothing_else_is_asked() -> None:
    sink = a_sink(a_probe())
    listed = []
    for event in (stepped(3), ModelsListed(target="wn", ok=True, at_s=5), stepped(2)):
        sink.observe(event)
        listed.append([number for _, number in samples(sink, "wnmon_budget_models_listed")])

    assert listed == [[], [1], []]


@pytest.mark.parametrize(("stride", "intervals"), [(1, [1]), (4, [4]), (0, [])])
def test_the_interval_is_the_one_there_is_now(stride: int, intervals: list[int]) -> None:
    sink = a_sink(a_probe(), stand=Stand(Standing(known=True, stride=stride)))
    shown = [number for _, number in samples(sink, "wnmon_probe_interval_seconds")]

    assert shown == [a_probe().check.every_s * times for times in intervals]


def test_a_reload_does_not_hide_that_runs_are_spared() -> None:
    sink = a_sink(a_probe(), stand=Stand(Standing(known=True, stride=4)))
    exposed(sink)
    sink.declare([a_probe()])

    assert value(sink, "wnmon_probe_interval_seconds") == a_probe().check.every_s * 4
