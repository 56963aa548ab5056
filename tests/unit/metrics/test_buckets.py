"""Buckets: fine around what is in use, the same for all probes, and begun anew where they change."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sink_runs import GOOD, a_probe, a_run, a_sink, exposed, samples, value

from wnmon.judge.latency import Limits
from wnmon.metrics.buckets import MAX_THRESHOLDS, bounds_s
from wnmon.metrics.catalogue import CATALOGUE
from wnmon.metrics.prometheus import PrometheusSink
from wnmon.model.check import Assertion, Timeouts
from wnmon.model.measures import Measures
from wnmon.model.slo import Indicator, Slo
from wnmon.model.target import Probe

TTFT, DURATION = "wnmon_probe_ttft_seconds", "wnmon_probe_duration_seconds"
VISIBLE = "wnmon_probe_first_visible_seconds"


def an_slo(indicator: Indicator, threshold_s: float) -> Slo:
    return Slo(name="x", indicator=indicator, objective=0.95, window_s=1.0, threshold_s=threshold_s)


def a_limited_probe(kind: str, limits: Limits, check: str = "alive") -> Probe:
    probe = a_probe(check)
    expect = (Assertion(kind=kind, value={}, expected=limits),)
    (step,) = probe.check.plan.steps
    plan = replace(probe.check.plan, steps=(replace(step, expect=expect),))
    return replace(probe, check=replace(probe.check, plan=plan))


def a_slow_probe(total_s: float) -> Probe:
    probe = a_probe()
    return replace(probe, check=replace(probe.check, timeouts=Timeouts(total_s=total_s)))


def quantile(sink: PrometheusSink, ratio: float) -> float:
    """Return a quantile as `histogram_quantile` of Prometheus does: linear within the bucket it lies in."""
    found = sorted((float(own["le"]), number) for own, number in samples(sink, f"{DURATION}_bucket"))
    wanted = ratio * found[-1][1]
    below_s, below = 0.0, 0.0
    for bound_s, number in found:
        if number >= wanted:
            return below_s + (bound_s - below_s) * (wanted - below) / (number - below)
        below_s, below = bound_s, number
    raise AssertionError(found)


def a_sink_that_saw(took_s: float, *, threshold_s: float | None) -> PrometheusSink:
    slos = () if threshold_s is None else (an_slo(Indicator.TOTAL, threshold_s),)
    probe = replace(a_probe(), slos=slos)
    sink = a_sink(probe)
    for _ in range(50):
        sink.take(a_run(probe=probe, timing=replace(GOOD, total_s=took_s)))
    return sink


def test_without_a_threshold_buckets_are_the_usual_ones() -> None:
    assert bounds_s(Measures(), [a_probe()]) == {name: CATALOGUE[name].buckets for name in (TTFT, VISIBLE, DURATION)}


@pytest.mark.parametrize("took_s", [2.72, 2.9, 2.999, 3.0, 3.002, 3.1, 3.29])
def test_a_quantile_near_a_threshold_errs_by_five_percent_of_it_at_the_most(took_s: float) -> None:
    assert quantile(a_sink_that_saw(took_s, threshold_s=3.0), 0.95) == pytest.approx(took_s, abs=0.15)


@pytest.mark.parametrize("took_s", [2.95, 3.0, 3.002, 3.05])
def test_a_quantile_at_a_threshold_errs_by_two_percent_of_it_at_the_most(took_s: float) -> None:
    assert quantile(a_sink_that_saw(took_s, threshold_s=3.0), 0.95) == pytest.approx(took_s, abs=0.06)


def test_without_the_threshold_the_same_quantile_errs_by_far_more() -> None:
    assert quantile(a_sink_that_saw(3.002, threshold_s=None), 0.95) > 3.9


@pytest.mark.parametrize(
    ("kind", "name"), [("ttft", TTFT), ("first_visible", VISIBLE), ("total", DURATION)], ids=lambda one: one
)
def test_the_limits_of_a_check_are_bounds_of_its_histogram_alone(kind: str, name: str) -> None:
    made = bounds_s(Measures(), [a_limited_probe(kind, Limits(degraded_s=1.7, failed_s=7.1))])

    assert {key for key, bounds in made.items() if {1.7, 7.1} <= set(bounds)} == {name}


@pytest.mark.parametrize(("indicator", "name"), [(Indicator.TTFT, TTFT), (Indicator.TOTAL, DURATION)])
def test_the_threshold_of_an_objective_is_a_bound(indicator: Indicator, name: str) -> None:
    made = bounds_s(Measures(), [replace(a_probe(), slos=(an_slo(indicator, 1.7),))])

    assert {key for key, bounds in made.items() if 1.7 in bounds} == {name}


def test_all_probes_have_the_same_bounds() -> None:
    probes = [replace(a_probe(), slos=(an_slo(Indicator.TTFT, 1.7),)), a_probe("other")]
    found = samples(a_sink(*probes), f"{TTFT}_bucket")
    by_check = {check: [own["le"] for own, _ in found if own["check"] == check] for check in ("alive", "other")}

    assert by_check["alive"] == by_check["other"]


def test_objectives_come_first_where_there_are_too_many_thresholds() -> None:
    many = [a_limited_probe("ttft", Limits(failed_s=1.01 + 0.17 * n), f"c{n}") for n in range(20)]
    made = bounds_s(Measures(), [*many, replace(a_probe(), slos=(an_slo(Indicator.TTFT, 1.71),))])
    kept = [1.01 + 0.17 * n for n in range(20) if round(1.01 + 0.17 * n, 6) in made[TTFT]]

    assert (1.71 in made[TTFT], len(kept)) == (True, MAX_THRESHOLDS - 1)


def test_bounds_reach_to_the_longest_timeout() -> None:
    made = bounds_s(Measures(), [a_slow_probe(900.0)])

    assert [bounds[-1] for bounds in made.values()] == [900.0] * 3


def test_configured_bounds_are_the_only_ones() -> None:
    measures = Measures(ttft_buckets_s=(1.0, 30.0), duration_buckets_s=(2.0, 60.0))
    probe = replace(a_probe(), slos=(an_slo(Indicator.TTFT, 1.7),))

    assert bounds_s(measures, [probe]) == {TTFT: (1.0, 30.0), VISIBLE: (1.0, 30.0), DURATION: (2.0, 60.0)}


def test_a_histogram_whose_bounds_change_begins_anew() -> None:
    sink = a_sink(a_probe())
    sink.take(a_run())
    sink.declare([a_probe()], Measures(ttft_buckets_s=(1.0, 30.0)))

    assert (value(sink, f"{TTFT}_count"), value(sink, f"{DURATION}_count")) == (0, 1)


def test_a_histogram_whose_bounds_stay_goes_on() -> None:
    sink = a_sink(a_probe())
    sink.take(a_run())
    sink.declare([a_probe(every_s=900)])

    assert value(sink, f"{TTFT}_count") == 1


# Room


def dropped(sink: PrometheusSink) -> float:
    found = value(sink, "wnmon_series_dropped_total")
    assert found is not None
    return found


def of_probes(sink: PrometheusSink) -> list[str]:
    body = exposed(sink).decode()
    return [line for line in body.splitlines() if line.startswith(("wnmon_probe_", "wnmon_target_"))]


def test_no_more_series_are_created_than_there_is_room_for() -> None:
    sink = a_sink()
    probes = [a_probe(f"c{n}") for n in range(40)]
    sink.declare(probes, Measures(max_series=1000))
    for probe in probes:
        sink.take(a_run(probe=probe))

    assert 700 < len(of_probes(sink)) <= 1000


def test_what_found_no_room_is_counted() -> None:
    sink = a_sink()
    sink.declare([a_probe(f"c{n}") for n in range(40)], Measures(max_series=1000))

    assert dropped(sink) > 3000


def test_nothing_is_dropped_where_there_is_room() -> None:
    sink = a_sink(a_probe())
    sink.take(a_run())

    assert dropped(sink) == 0


def test_a_series_that_exists_stays_where_the_room_shrinks() -> None:
    probes = [a_probe(f"c{n}") for n in range(20)]
    sink = a_sink(*probes)
    before = of_probes(sink)
    sink.declare(probes, Measures(max_series=1000))

    assert (of_probes(sink), dropped(sink)) == (before, 0)


def test_a_series_that_exists_goes_on_counting_without_room() -> None:
    probe = a_probe("c0")
    sink = a_sink(probe)
    sink.declare([probe, *(a_probe(f"c{n}") for n in range(1, 40))], Measures(max_series=1000))
    sink.take(a_run(probe=probe))

    assert value(sink, "wnmon_probe_runs_total", check="c0", outcome="passed") == 1


def test_a_histogram_that_begins_anew_stays_where_there_is_no_room() -> None:
    probe = a_probe("c0")
    sink = a_sink(probe)
    crowd = [a_probe(f"c{n}") for n in range(1, 40)]
    sink.declare([*crowd, probe], Measures(max_series=1000, ttft_buckets_s=(1.0, 2.0, 30.0)))

    assert value(sink, f"{TTFT}_count", check="c0") == 0


def test_probes_that_are_gone_make_room() -> None:
    sink = a_sink()
    sink.declare([a_probe(f"old{n}") for n in range(40)], Measures(max_series=1000))
    sink.declare([a_probe("new")], Measures(max_series=1000))
    before = dropped(sink)
    sink.take(a_run(probe=a_probe("new")))

    assert (dropped(sink) - before, value(sink, "wnmon_probe_runs_total", outcome="passed")) == (0, 1)


def test_whether_a_probe_is_up_is_told_however_many_there_are() -> None:
    probes = [a_probe(f"c{n}") for n in range(40)]
    sink = a_sink()
    sink.declare(probes, Measures(max_series=1000))
    for probe in probes:
        sink.take(a_run(probe=probe))

    assert dropped(sink) > 0
    names = ("success", "degraded", "reason_streak", "last_run_timestamp_seconds")
    assert [len(samples(sink, f"wnmon_probe_{name}")) for name in names] == [40] * 4
