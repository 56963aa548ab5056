"""What the boards' own PromQL answers, asked of promtool over series made up for it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import yaml

from dashboards.conformance import WAIVED, by_rule
from dashboards.queries import (
    DEGRADED,
    FAILED,
    MAINTENANCE,
    PASSED,
    UNKNOWN,
    broken,
    filled_in,
    quantile,
    state,
    uptime,
)

IDS = 'job="wnmon", instance="a", target="wn"'
Series = Mapping[str, str]


def probe(check: str, suite: str = "", model: str = "m") -> str:
    """Return the labels of wnmon_probe_info."""
    return f'{IDS}, check="{check}", model="{model}", suite="{suite}", stream="true"'


def of(check: str, more: str = "", model: str = "m") -> str:
    """Return the labels of a metric of a probe."""
    return f'{IDS}, check="{check}", model="{model}"{more}'


def last(check: str, success: str, degraded: str) -> Series:
    """Return the series of a plain check."""
    return {
        f"wnmon_probe_info{{{probe(check)}}}": "1x20",
        f"wnmon_probe_success{{{of(check)}}}": success,
        f"wnmon_probe_degraded{{{of(check)}}}": degraded,
    }


def answered(folder: Path, series: Series, expr: str, expected: Sequence[tuple[str, float]]) -> str:
    """Return what promtool says against the expression giving the samples after ten minutes; "" if nothing."""
    if shutil.which("promtool") is None and "CI" not in os.environ:
        pytest.skip("promtool is not installed")
    samples = [{"labels": labels, "value": value} for labels, value in expected]
    case = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [{"expr": filled_in(expr, over="10m"), "eval_time": "10m", "exp_samples": samples}],
    }
    (folder / "test.yml").write_text(yaml.safe_dump({"tests": [case]}), encoding="utf-8")
    done = subprocess.run(
        ["promtool", "test", "rules", "test.yml"], cwd=folder, capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


MAINTAINED = {f"wnmon_probe_resting{{{of('alive', ', cause=' + chr(34) + 'maintenance' + chr(34))}}}": "1x20"}
RESTING = {f"wnmon_probe_resting{{{of('alive', ', cause=' + chr(34) + 'refused' + chr(34))}}}": "1x20"}

STATES = {
    "a check that passed is up": (last("alive", "1x20", "0x20"), PASSED),
    "a check that failed": (last("alive", "0x20", "0x20"), FAILED),
    "a degraded check is its own state": (last("alive", "1x20", "1x20"), DEGRADED),
    "one check that passes is enough": ({**last("alive", "0x20", "0x20"), **last("other", "1x20", "0x20")}, PASSED),
    "one degraded check shows": ({**last("alive", "1x20", "0x20"), **last("other", "1x20", "1x20")}, DEGRADED),
    "an old success is not shown as of now": (last("alive", "1x2 stale", "0x2 stale"), UNKNOWN),
    "maintenance hides what was before": ({**last("alive", "0x20", "0x20"), **MAINTAINED}, MAINTENANCE),
    "a check outside the maintenance counts": (
        {**last("alive", "0x20", "0x20"), **MAINTAINED, **last("other", "1x20", "0x20")},
        PASSED,
    ),
    "a rest that the relay asked for leaves the failure": ({**last("alive", "0x20", "0x20"), **RESTING}, FAILED),
    "a suite does not decide": (
        {
            **last("alive", "0x20", "0x20"),
            f"wnmon_probe_info{{{probe('contract', 'documented')}}}": "1x20",
            f"wnmon_probe_success{{{of('contract')}}}": "1x20",
            f"wnmon_probe_degraded{{{of('contract')}}}": "0x20",
        },
        FAILED,
    ),
}


@pytest.mark.parametrize(("series", "expected"), STATES.values(), ids=STATES.keys())
def test_the_state_of_a_target(tmp_path: Path, series: Series, expected: int) -> None:
    assert answered(tmp_path, series, state("target"), [('{target="wn"}', expected)]) == ""


def test_a_monitor_that_is_gone_leaves_no_state(tmp_path: Path) -> None:
    gone = dict.fromkeys(last("alive", "", ""), "1x2 stale")

    assert answered(tmp_path, gone, state("target"), []) == ""


def test_uptime_leaves_out_what_is_not_known(tmp_path: Path) -> None:
    series = last("alive", "1 1 1 0 stale _ _ _ _ _ _", "0x3 stale")

    assert answered(tmp_path, series, uptime("by (target) "), [('{target="wn"}', 0.75)]) == ""


def rule(name: str, value: str) -> Series:
    labels = of("contract", f', rule="{name}", level="MUST", profile="documented"')
    return {f"wnmon_rule_passed{{{labels}}}": value}


def waiver(name: str, value: str) -> Series:
    return {f"wnmon_rule_waived{{{of('contract', f', rule={chr(34)}{name}{chr(34)}')}}}": value}


RULES = {
    **rule("A", "0x20"),
    **rule("B", "1x20"),
    **rule("C", "0x20"),
    **waiver("C", "1x20"),
    **rule("D", "0x20"),
    **waiver("D", "0x20"),
}


def test_a_broken_rule_under_a_waiver_in_force_is_not_counted(tmp_path: Path) -> None:
    assert answered(tmp_path, RULES, broken(""), [("{}", 2)]) == ""


def test_the_matrix_sets_waived_rules_apart(tmp_path: Path) -> None:
    verdicts = {"A": 0.0, "B": 1.0, "C": float(WAIVED), "D": 0.0}
    samples = [(f'{{target="wn", rule="{name}"}}', value) for name, value in verdicts.items()]

    assert answered(tmp_path, RULES, by_rule("target, rule"), samples) == ""


@pytest.mark.parametrize(
    ("counts", "expected"), [("0x20", []), ("0+1x20", [("{}", 0.5)])], ids=["no sample is no series", "half a bucket"]
)
def test_a_quantile(tmp_path: Path, counts: str, expected: Sequence[tuple[str, float]]) -> None:
    buckets = {f"wnmon_x_seconds_bucket{{{of('alive')}, le={chr(34)}{le}{chr(34)}}}": counts for le in ("1", "+Inf")}
    assert answered(tmp_path, buckets, quantile("0.5", "wnmon_x_seconds", "", "$__range"), expected) == ""
