from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from simulation import (
    FOLDER,
    LIMITED,
    PASSED,
    RULE_FILES,
    UNAVAILABLE,
    End,
    Simulation,
    firing,
    probes_of,
    promtool_verdict,
)

from wnmon.model.result import Outcome, Reason
from wnmon.model.target import Probe

HERE = Path(__file__).parent
DAY_MIN = 24 * 60
MODELS = ("a", "b", "c")
TIMED_OUT: End = (Outcome.ERRORED, Reason.TIMEOUT_HEADERS)
RULE_BROKEN: End = (Outcome.FAILED, Reason.RULE)


def paged_so_far(until: str, *samples: dict[str, object]) -> dict[str, object]:
    """Return an expectation: these alerts, and no other that wakes somebody, have ever fired."""
    ever = 'count by (alertname) (count_over_time(ALERTS{alertstate="firing", severity="critical"}[40d]))'
    return {"expr": ever, "eval_time": until, "exp_samples": list(samples)}


def warned(alert: str, *, at_min: int, check: str | None = None) -> dict[str, object]:
    """Return an expectation: an alert fires then for this check alone; without one, for none."""
    samples = [] if check is None else [{"labels": f'{{check="{check}"}}', "value": 1}]
    expr = f'count by (check) (ALERTS{{alertname="{alert}", alertstate="firing"}})'
    return {"expr": expr, "eval_time": f"{at_min}m", "exp_samples": samples}


def healthy(probe: Probe, _minute: int) -> End:
    """Answer well; what decides by the contract breaks it every time."""
    return RULE_BROKEN if probe.check.name in {"gated", "conforming"} else PASSED


def a_monitored_relay(*models: str) -> list[Probe]:
    return [
        *probes_of("alive", 15, models=models),
        *probes_of("conforming", 60, models=models),
        *probes_of("contract", 360, models=models, suite="documented"),
        *probes_of("gated", 360, models=models, suite="documented"),
    ]


def how_often_begun(alert: str, *, at_min: int) -> dict[str, object]:
    """Return an expectation: the alert has begun to fire once."""
    firing_now = f'ALERTS{{alertname="{alert}", alertstate="firing"}}'
    begun = f"count_over_time(({firing_now} unless {firing_now} offset 1m)[{at_min}m:1m])"
    return {"expr": f"sum({begun})", "eval_time": f"{at_min}m", "exp_samples": [{"value": 1}]}


@pytest.mark.parametrize("path", [*RULE_FILES, FOLDER / "blackbox-compat.rules.yml"], ids=lambda path: path.name)
def test_the_rules_are_well_formed(promtool: str, path: Path) -> None:
    done = subprocess.run([promtool, "check", "rules", "--lint-fatal", str(path)], capture_output=True, check=False)

    assert done.returncode == 0, done.stderr


def test_the_prometheus_configuration_is_well_formed(promtool: str) -> None:
    config = FOLDER / "prometheus.yml"
    done = subprocess.run([promtool, "check", "config", str(config)], capture_output=True, check=False)

    assert done.returncode == 0, done.stderr


def test_an_alert_reads_as_written_and_nothing_else_fires_where_nothing_is_measured(promtool: str) -> None:
    done = subprocess.run(
        [promtool, "test", "rules", str(HERE / "alerts_test.yml")], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


RESTART = frozenset({700, 701, 702})


def imperfect(probe: Probe, minute: int) -> End:
    """Answer well, but for a burst of 429 each day, and single failures: one soon after the burst, the worst time."""
    if minute in range(480, 482):
        return LIMITED
    return TIMED_OUT if minute in {520, 1100} and probe.check.name == "alive" else healthy(probe, minute)


@pytest.mark.parametrize("every_min", [pytest.param(1, marks=pytest.mark.long), 15])
def test_thirty_days_of_a_good_but_imperfect_relay_page_nobody(promtool: str, tmp_path: Path, every_min: float) -> None:
    def fate(probe: Probe, minute: int) -> End:
        # A rare probe is not at work in each of those minutes: what befalls it befalls the run after.
        seen = (imperfect(probe, minute - past) for past in range(max(1, int(every_min) - 1)))
        return next((end for end in seen if end != PASSED), PASSED)

    probes = [*probes_of("alive", every_min, models=["a"]), *probes_of("gated", 360, models=["a"], suite="documented")]
    day = Simulation(probes, fate, DAY_MIN, down=RESTART, retry_after_s=60, lone=True).run()

    # Nobody is woken by what the windows of weeks say, and asking them 20,000 times takes minutes.
    verdict = promtool_verdict(
        promtool,
        tmp_path,
        day.series(days=30),
        [paged_so_far("30d")],
        evaluated_every="5m",
        left_out="wnmon-weeks",
    )

    assert verdict.endswith("SUCCESS"), verdict


@pytest.mark.parametrize("end", [TIMED_OUT, UNAVAILABLE], ids=["silent", "503"])
@pytest.mark.parametrize("every_min", [1, 5, 15])
def test_an_outage_in_those_days_pages_in_time_and_once_with_all_it_burns(
    promtool: str, tmp_path: Path, every_min: float, end: End
) -> None:
    begins_min, ends_min = 300, 400

    def fate(probe: Probe, minute: int) -> End:
        return end if minute in range(begins_min, ends_min) else imperfect(probe, minute)

    relay = Simulation(probes_of("alive", every_min, models=MODELS), fate, 700, retry_after_s=60).run()
    in_time_min = begins_min + 2 * int(every_min) + 5
    expectations = [
        paged_so_far(f"{begins_min}m"),
        firing("WnmonTargetDown", at_min=in_time_min),
        # its minutes follow each other, and no other page comes before, meanwhile or after
        how_often_begun("WnmonTargetDown", at_min=699),
        paged_so_far("699m", {"labels": '{alertname="WnmonTargetDown"}', "value": 1}),
        firing(at_min=ends_min + 60),
    ]

    verdict = promtool_verdict(promtool, tmp_path, relay.series(), expectations)

    assert verdict.endswith("SUCCESS"), verdict


def one_dead_from(dies_at_min: int) -> Simulation:
    def fate(probe: Probe, minute: int) -> End:
        return TIMED_OUT if probe.model == "b" and minute >= dies_at_min else healthy(probe, minute)

    return Simulation(a_monitored_relay(*MODELS), fate, 600).run()


def test_a_dead_model_among_three_pages_within_two_intervals_and_the_alerts_patience(
    promtool: str, tmp_path: Path
) -> None:
    last_minute = 120 + 2 * 15 + 5
    expectation = firing("WnmonModelDown", at_min=last_minute, labels=',model="b"')

    assert promtool_verdict(promtool, tmp_path, one_dead_from(120).series(), [expectation]).endswith("SUCCESS")


def test_a_dead_model_keeps_paging_and_its_checks_and_budget_say_nothing_beside_it(
    promtool: str, tmp_path: Path
) -> None:
    expectations = [
        firing("WnmonModelDown", at_min=599, labels=',model="b"'),
        warned("WnmonProbeFailing", at_min=599),
        paged_so_far("599m", {"labels": '{alertname="WnmonModelDown"}', "value": 1}),
    ]

    assert promtool_verdict(promtool, tmp_path, one_dead_from(120).series(), expectations).endswith("SUCCESS")


@pytest.mark.parametrize("dead", MODELS)
def test_a_monitor_that_starts_beside_a_dead_model_waits_for_the_others(
    promtool: str, tmp_path: Path, dead: str
) -> None:
    def fate(probe: Probe, _minute: int) -> End:
        return TIMED_OUT if probe.model == dead else PASSED

    relay = Simulation(probes_of("alive", 15, models=MODELS), fate, 60, down=frozenset({30, 31})).run()
    expectations = [
        firing("WnmonModelDown", at_min=29, labels=f',model="{dead}"'),
        paged_so_far("60m", {"labels": '{alertname="WnmonModelDown"}', "value": 1}),
    ]

    assert promtool_verdict(promtool, tmp_path, relay.series(), expectations).endswith("SUCCESS")


def test_one_failed_run_pages_nobody(promtool: str, tmp_path: Path) -> None:
    def fate(probe: Probe, minute: int) -> End:
        return TIMED_OUT if minute in range(120, 135) and probe.check.name == "alive" else healthy(probe, minute)

    relay = Simulation(a_monitored_relay(*MODELS), fate, 300, lone=True).run()
    expectation = paged_so_far("300m")

    assert promtool_verdict(promtool, tmp_path, relay.series(), [expectation]).endswith("SUCCESS")


def test_a_rare_check_that_succeeded_before_does_not_hide_an_outage(promtool: str, tmp_path: Path) -> None:
    def fate(_probe: Probe, minute: int) -> End:
        return TIMED_OUT if minute >= 120 else PASSED

    # Its slots are in minutes 32 and 272: before the outage, and long after it has begun.
    probes = [*probes_of("alive", 15, models=["a"]), *probes_of("slow", 240, models=["a"])]
    expectation = firing("WnmonTargetDown", at_min=160)

    assert promtool_verdict(promtool, tmp_path, Simulation(probes, fate, 300).run().series(), [expectation]).endswith(
        "SUCCESS"
    )


def test_a_check_that_fails_while_another_succeeds_pages_nobody(promtool: str, tmp_path: Path) -> None:
    def fate(probe: Probe, _minute: int) -> End:
        return (Outcome.FAILED, Reason.CONTENT) if probe.check.name == "picky" else PASSED

    probes = [*probes_of("alive", 15, models=["a"]), *probes_of("picky", 15, models=["a"])]
    expectations = [paged_so_far("50m"), warned("WnmonProbeFailing", at_min=50, check="picky")]

    assert promtool_verdict(promtool, tmp_path, Simulation(probes, fate, 60).run().series(), expectations).endswith(
        "SUCCESS"
    )


def test_a_broken_rule_pages_nobody_even_where_no_other_check_succeeds(promtool: str, tmp_path: Path) -> None:
    relay = Simulation(probes_of("conforming", 15, models=["a"]), healthy, 300).run()

    assert promtool_verdict(promtool, tmp_path, relay.series(), [paged_so_far("300m")]).endswith("SUCCESS")


def test_a_suite_alone_pages_nobody_whatever_it_comes_to(promtool: str, tmp_path: Path) -> None:
    def fate(_probe: Probe, _minute: int) -> End:
        return TIMED_OUT

    relay = Simulation(probes_of("contract", 15, models=["a"], suite="documented"), fate, 300).run()

    assert promtool_verdict(promtool, tmp_path, relay.series(), [paged_so_far("300m")]).endswith("SUCCESS")


def test_a_suite_that_ends_well_does_not_hide_an_outage(promtool: str, tmp_path: Path) -> None:
    def fate(probe: Probe, minute: int) -> End:
        return PASSED if probe.check.plan.suite or minute < 120 else TIMED_OUT

    probes = [*probes_of("alive", 15, models=["a"]), *probes_of("contract", 15, models=["a"], suite="documented")]
    expectation = firing("WnmonTargetDown", at_min=160)

    assert promtool_verdict(promtool, tmp_path, Simulation(probes, fate, 300).run().series(), [expectation]).endswith(
        "SUCCESS"
    )


def test_a_monitor_that_was_restarted_in_an_outage_pages_again(promtool: str, tmp_path: Path) -> None:
    def fate(_probe: Probe, minute: int) -> End:
        return TIMED_OUT if minute >= 120 else PASSED

    relay = Simulation(probes_of("alive", 15, models=["a"]), fate, 300, down=frozenset({200, 201})).run()
    expectations = [
        firing("WnmonTargetDown", at_min=199),
        firing(at_min=208),
        firing("WnmonTargetDown", at_min=240),
    ]

    assert promtool_verdict(promtool, tmp_path, relay.series(), expectations).endswith("SUCCESS")


def test_a_probe_that_stopped_is_stale_and_not_down(promtool: str, tmp_path: Path) -> None:
    def fate(_probe: Probe, minute: int) -> End | None:
        return None if minute >= 120 else PASSED

    relay = Simulation(probes_of("alive", 15, models=["a"]), fate, 300).run()
    expectations = [warned("WnmonProbeStale", at_min=299, check="alive"), firing(at_min=299)]

    assert promtool_verdict(promtool, tmp_path, relay.series(), expectations).endswith("SUCCESS")


# An outage in which the relay refuses, so that wnmon itself asks more rarely.


def refused_from(
    dies_at_min: int, end: End, *, every_min: float, retry_after_s: float | None = None, minutes: int = 300
) -> Simulation:
    def fate(_probe: Probe, minute: int) -> End:
        return end if minute >= dies_at_min else PASSED

    probes = probes_of("alive", every_min, models=["a"])
    return Simulation(probes, fate, minutes, step_s=5, retry_after_s=retry_after_s).run()


def once_and_on(since_min: int, until_min: int) -> list[dict[str, object]]:
    """Return expectations: TargetDown fires from a minute on, without a break and alone."""
    return [firing("WnmonTargetDown", at_min=minute) for minute in range(since_min, until_min)]


@pytest.mark.parametrize("end", [LIMITED, UNAVAILABLE], ids=["429", "503"])
@pytest.mark.parametrize(("every_min", "fires_after_min"), [(0.25, 7), (1, 8), (15, 36)])
def test_a_relay_that_only_refuses_is_down_and_stays_so(
    promtool: str, tmp_path: Path, end: End, every_min: float, fires_after_min: int
) -> None:
    relay = refused_from(30, end, every_min=every_min)

    verdict = promtool_verdict(promtool, tmp_path, relay.series(), once_and_on(30 + fires_after_min, 300))

    assert verdict.endswith("SUCCESS")


@pytest.mark.parametrize("every_min", [0.25, 1, 15])
def test_a_refusal_for_an_hour_is_down_before_it_is_asked_again(
    promtool: str, tmp_path: Path, every_min: float
) -> None:
    relay = refused_from(30, LIMITED, every_min=every_min, retry_after_s=3600)

    verdict = promtool_verdict(promtool, tmp_path, relay.series(), once_and_on(30 + int(every_min) + 7, 300))

    assert verdict.endswith("SUCCESS")


def test_one_short_refusal_pages_nobody(promtool: str, tmp_path: Path) -> None:
    def fate(_probe: Probe, minute: int) -> End:
        return LIMITED if minute == 30 else PASSED

    relay = Simulation(probes_of("alive", 1, models=["a"]), fate, 120, step_s=5, retry_after_s=20).run()

    assert promtool_verdict(promtool, tmp_path, relay.series(), [paged_so_far("120m")]).endswith("SUCCESS")


def test_the_end_of_refusals_ends_the_page(promtool: str, tmp_path: Path) -> None:
    def fate(_probe: Probe, minute: int) -> End:
        return UNAVAILABLE if minute in range(30, 90) else PASSED

    relay = Simulation(probes_of("alive", 1, models=["a"]), fate, 120, step_s=5).run()
    expectations = [firing("WnmonTargetDown", at_min=89), firing(at_min=107)]

    assert promtool_verdict(promtool, tmp_path, relay.series(), expectations).endswith("SUCCESS")


def test_a_model_that_wnmon_leaves_alone_is_not_stale(promtool: str, tmp_path: Path) -> None:
    relay = refused_from(30, LIMITED, every_min=1, retry_after_s=3600)
    expectation: dict[str, object] = {
        "expr": 'ALERTS{alertname="WnmonProbeStale"}',
        "eval_time": "85m",
        "exp_samples": [],
    }

    assert promtool_verdict(promtool, tmp_path, relay.series(), [expectation]).endswith("SUCCESS")
