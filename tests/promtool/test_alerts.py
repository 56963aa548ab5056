from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from simulation import ALERTS, PASSED, End, Simulation, firing, probes_of, promtool_verdict

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


@pytest.fixture(scope="session")
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None and "CI" not in os.environ:
        pytest.skip("promtool is not installed")
    assert found is not None, "promtool must be installed in CI"
    return found


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


def test_the_rules_are_well_formed(promtool: str) -> None:
    done = subprocess.run([promtool, "check", "rules", "--lint-fatal", str(ALERTS)], capture_output=True, check=False)

    assert done.returncode == 0, done.stderr


def test_the_prometheus_configuration_is_well_formed(promtool: str) -> None:
    config = ALERTS.with_name("prometheus.yml")
    done = subprocess.run([promtool, "check", "config", str(config)], capture_output=True, check=False)

    assert done.returncode == 0, done.stderr


def test_every_alert_fires_and_resolves_and_stays_silent_as_written(promtool: str) -> None:
    done = subprocess.run(
        [promtool, "test", "rules", str(HERE / "alerts_test.yml")], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_thirty_days_without_fingerprint_and_with_daily_restarts_page_nobody(promtool: str, tmp_path: Path) -> None:
    day = Simulation(a_monitored_relay("a"), healthy, DAY_MIN, down=frozenset({700, 701, 702})).run()

    verdict = promtool_verdict(promtool, tmp_path, day.series(days=30), [paged_so_far("30d")], evaluated_every="2m")

    assert verdict.endswith("SUCCESS")


def test_an_outage_in_those_days_would_have_paged(promtool: str, tmp_path: Path) -> None:
    def fate(probe: Probe, minute: int) -> End:
        return TIMED_OUT if minute in range(300, 400) else healthy(probe, minute)

    day = Simulation(a_monitored_relay(*MODELS), fate, DAY_MIN, down=frozenset({700, 701, 702})).run()
    expectation = paged_so_far("2d", {"labels": '{alertname="WnmonModelDown"}', "value": 3})

    assert promtool_verdict(promtool, tmp_path, day.series(days=2), [expectation]).endswith("SUCCESS")


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


def test_a_dead_model_keeps_paging(promtool: str, tmp_path: Path) -> None:
    expectation = firing("WnmonModelDown", at_min=599, labels=',model="b"')

    assert promtool_verdict(promtool, tmp_path, one_dead_from(120).series(), [expectation]).endswith("SUCCESS")


def test_one_failed_run_pages_nobody(promtool: str, tmp_path: Path) -> None:
    def fate(probe: Probe, minute: int) -> End:
        return TIMED_OUT if minute in range(120, 135) and probe.check.name == "alive" else healthy(probe, minute)

    relay = Simulation(a_monitored_relay(*MODELS), fate, 300).run()
    expectation = paged_so_far("300m")

    assert promtool_verdict(promtool, tmp_path, relay.series(), [expectation]).endswith("SUCCESS")


def test_a_rare_check_that_succeeded_before_does_not_hide_an_outage(promtool: str, tmp_path: Path) -> None:
    def fate(_probe: Probe, minute: int) -> End:
        return TIMED_OUT if minute >= 120 else PASSED

    probes = [*probes_of("alive", 15, models=["a"]), *probes_of("deep", 1440, models=["a"])]
    expectation = firing("WnmonModelDown", at_min=160, labels=',model="a"')

    assert promtool_verdict(promtool, tmp_path, Simulation(probes, fate, 300).run().series(), [expectation]).endswith(
        "SUCCESS"
    )


def test_a_check_that_fails_while_another_succeeds_pages_nobody(promtool: str, tmp_path: Path) -> None:
    def fate(probe: Probe, _minute: int) -> End:
        return (Outcome.FAILED, Reason.CONTENT) if probe.check.name == "picky" else PASSED

    probes = [*probes_of("alive", 15, models=["a"]), *probes_of("picky", 15, models=["a"])]
    expectation = paged_so_far("300m")

    assert promtool_verdict(promtool, tmp_path, Simulation(probes, fate, 300).run().series(), [expectation]).endswith(
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
    expectation = firing("WnmonModelDown", at_min=160, labels=',model="a"')

    assert promtool_verdict(promtool, tmp_path, Simulation(probes, fate, 300).run().series(), [expectation]).endswith(
        "SUCCESS"
    )


def test_a_monitor_that_was_restarted_in_an_outage_pages_again(promtool: str, tmp_path: Path) -> None:
    def fate(_probe: Probe, minute: int) -> End:
        return TIMED_OUT if minute >= 120 else PASSED

    relay = Simulation(probes_of("alive", 15, models=["a"]), fate, 300, down=frozenset({200, 201})).run()
    expectations = [
        firing("WnmonModelDown", at_min=199, labels=',model="a"'),
        firing(at_min=208),
        firing("WnmonModelDown", at_min=240, labels=',model="a"'),
    ]

    assert promtool_verdict(promtool, tmp_path, relay.series(), expectations).endswith("SUCCESS")


def test_a_probe_that_stopped_is_stale_and_not_down(promtool: str, tmp_path: Path) -> None:
    def fate(_probe: Probe, minute: int) -> End | None:
        return None if minute >= 120 else PASSED

    relay = Simulation(probes_of("alive", 15, models=["a"]), fate, 300).run()
    expectation = firing("WnmonProbeStale", at_min=299, labels=',model="a"')

    assert promtool_verdict(promtool, tmp_path, relay.series(), [expectation]).endswith("SUCCESS")
