"""Objectives in metrics: what is counted is what the runs say, and nothing of it is lost on the way."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from sink_runs import a_probe, a_run, a_sink, exposed, samples, value

from wnmon.metrics.prometheus import PrometheusSink
from wnmon.model.check import Level
from wnmon.model.events import RunSkipped, Skip
from wnmon.model.result import Outcome, Reason, RuleVerdict, Verdict
from wnmon.model.slo import Indicator, Slo
from wnmon.model.target import Probe
from wnmon.watch.slo import Cause

UP = Slo(name="available", indicator=Indicator.AVAILABILITY, objective=0.995, window_s=30 * 86400.0)
QUICK = Slo(name="quick", indicator=Indicator.TTFT, objective=0.95, window_s=7 * 86400.0, threshold_s=2.0)
KEPT = Slo(name="kept", indicator=Indicator.CONFORMANCE, objective=0.99, window_s=30 * 86400.0)


def with_slos(*slos: Slo, every_s: float = 60.0) -> Probe:
    return replace(a_probe(every_s=every_s), slos=slos)


def counts(sink: PrometheusSink, slo: str) -> tuple[float | None, float | None]:
    return value(sink, "wnmon_slo_events_total", slo=slo), value(sink, "wnmon_slo_errors_total", slo=slo)


def excluded(sink: PrometheusSink, slo: str) -> dict[str, float]:
    """Return by cause what was left out, where it is not 0."""
    found = samples(sink, "wnmon_slo_excluded_total")
    return {own["cause"]: number for own, number in found if own["slo"] == slo and number}


def families_of_slos(sink: PrometheusSink) -> set[str]:
    body = exposed(sink).decode()
    return {line.partition("{")[0] for line in body.splitlines() if line.startswith("wnmon_slo_")}


def test_every_counter_of_an_objective_is_born_at_zero() -> None:
    sink = a_sink(with_slos(UP))
    causes = {own["cause"]: number for own, number in samples(sink, "wnmon_slo_excluded_total")}

    assert (counts(sink, "available"), causes) == ((0, 0), {cause.value: 0 for cause in Cause})


def test_a_rule_needs_no_constant() -> None:
    sink = a_sink(with_slos(UP, QUICK))
    told = [
        (value(sink, "wnmon_slo_objective_ratio", slo=slo.name), value(sink, "wnmon_slo_window_seconds", slo=slo.name))
        for slo in (UP, QUICK)
    ]

    assert (told, value(sink, "wnmon_slo_info", slo="quick", indicator="ttft")) == (
        [(0.995, 2592000), (0.95, 604800)],
        1,
    )


def test_only_a_latency_has_a_threshold() -> None:
    sink = a_sink(with_slos(UP, QUICK))

    assert [(own["slo"], number) for own, number in samples(sink, "wnmon_slo_threshold_seconds")] == [("quick", 2)]


def test_a_probe_without_an_objective_has_no_series_of_one() -> None:
    assert families_of_slos(a_sink(a_probe())) == set()


def test_what_is_counted_is_exactly_what_the_runs_say() -> None:
    drawn, sink = random.Random(7), a_sink(with_slos(UP, KEPT))
    outcomes = [drawn.choice(list(Outcome)) for _ in range(500)]
    runs = [
        a_run(
            outcome,
            Reason.OK if outcome.success else drawn.choice([Reason.CONNECT, Reason.CONTENT, Reason.INTERNAL]),
            verdicts=(RuleVerdict(rule="R", level=Level.MUST, verdict=drawn.choice(list(Verdict))),),
        )
        for outcome in outcomes
    ]
    for run in runs:
        sink.take(run)

    finished = [run.result for run in runs if run.result.outcome is not Outcome.SKIPPED]
    theirs = [result for result in finished if result.reason is not Reason.INTERNAL]
    failed = [result for result in theirs if not result.outcome.success]
    judged = [
        result.verdicts[0].verdict
        for result in theirs
        if result.outcome is not Outcome.ERRORED
        and result.verdicts[0].verdict in {Verdict.PASSED, Verdict.FAILED, Verdict.NOTED}
    ]
    assert counts(sink, "available") == (len(theirs), len(failed))
    assert counts(sink, "kept") == (len(judged), judged.count(Verdict.FAILED))
    assert excluded(sink, "available") == {
        "monitor": len(finished) - len(theirs),
        "unjudged": len(runs) - len(finished),
    }
    assert sum(excluded(sink, "kept").values()) + len(judged) == len(runs)


@pytest.mark.parametrize("skip", Skip)
def test_a_due_run_that_did_not_take_place_is_left_out_of_every_objective(skip: Skip) -> None:
    sink = a_sink(with_slos(UP, QUICK))
    sink.observe(RunSkipped(probe=with_slos().id, reason=skip))

    assert [sum(excluded(sink, slo.name).values()) for slo in (UP, QUICK)] == [1, 1]


def test_a_skipped_run_of_an_undeclared_probe_leaves_no_trace() -> None:
    sink = a_sink(with_slos(UP))
    sink.observe(RunSkipped(probe=a_probe("gone").id, reason=Skip.OVERLAP))

    assert excluded(sink, "available") == {}


def test_a_recheck_is_no_event() -> None:
    sink = a_sink(with_slos(UP))
    sink.take(replace(a_run(Outcome.ERRORED, Reason.CONNECT), recheck=True))

    assert (counts(sink, "available"), excluded(sink, "available")) == ((0, 0), {"recheck": 1})


def test_two_probes_are_not_mixed() -> None:
    other = replace(a_probe("other"), slos=(UP,))
    sink = a_sink(with_slos(UP), other)
    sink.take(a_run(Outcome.ERRORED, Reason.CONNECT, probe=other))
    found = Counter({own["check"]: number for own, number in samples(sink, "wnmon_slo_errors_total")})

    assert found == {"alive": 0, "other": 1}


def test_a_reload_that_changes_other_things_keeps_what_was_counted() -> None:
    sink = a_sink(with_slos(UP))
    sink.take(a_run(Outcome.ERRORED, Reason.CONNECT))
    sink.declare([with_slos(replace(UP, objective=0.9), every_s=900)])

    assert (counts(sink, "available"), value(sink, "wnmon_slo_objective_ratio")) == ((1, 1), 0.9)


def test_an_objective_that_is_gone_takes_its_series_with_it() -> None:
    sink = a_sink(with_slos(UP, QUICK))
    sink.declare([with_slos(UP)])
    body = exposed(sink).decode()

    assert ('slo="available"' in body, 'slo="quick"' in body) == (True, False)


def test_an_objective_of_another_indicator_has_one_info() -> None:
    sink = a_sink(with_slos(QUICK))
    sink.declare([with_slos(replace(QUICK, indicator=Indicator.AVAILABILITY, threshold_s=None))])

    assert [own["indicator"] for own, _ in samples(sink, "wnmon_slo_info")] == ["availability"]
    assert samples(sink, "wnmon_slo_threshold_seconds") == []


def test_a_probe_that_is_gone_takes_its_objectives_with_it() -> None:
    sink = a_sink(with_slos(UP))
    sink.declare([])

    assert families_of_slos(sink) == set()


# Exemplars


def exemplars(sink: PrometheusSink, sample: str) -> set[str]:
    """Return the ids of runs beside samples of this name, as the strict parser of OpenMetrics reads them."""
    body = exposed(sink, "application/openmetrics-text; version=1.0.0").decode()
    return {
        one.exemplar.labels["run_id"]
        for family in parse_openmetrics(body)  # type: ignore[no-untyped-call]
        for one in family.samples
        if one.name == sample and one.exemplar is not None
    }


@pytest.mark.parametrize(
    "sample",
    ["wnmon_probe_failures_total", "wnmon_slo_errors_total", "wnmon_probe_duration_seconds_bucket"],
)
def test_openmetrics_names_the_last_run_beside_what_it_counted_in(sample: str) -> None:
    sink = a_sink(with_slos(UP))
    sink.take(replace(a_run(Outcome.ERRORED, Reason.CONNECT), id="4f1c"))

    assert exemplars(sink, sample) == {"4f1c"}


def test_no_run_is_named_before_there_was_one() -> None:
    assert b"run_id" not in exposed(a_sink(with_slos(UP)), "application/openmetrics-text; version=1.0.0")


def test_the_text_format_names_no_run() -> None:
    sink = a_sink(with_slos(UP))
    sink.take(a_run(Outcome.ERRORED, Reason.CONNECT))

    assert b"run_id" not in exposed(sink, "text/plain")
