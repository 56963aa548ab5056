"""Objectives of the YAML, and which probes they are for; what the metrics are configured to be."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_samples import write

from wnmon.config import load_config, never_missed
from wnmon.model.measures import Measures
from wnmon.model.slo import Indicator, Slo

CHECKS = """\
targets:
  wn: {base_url: "https://relay.example", models: [m], labels: {team: relay, tier: one}}
  other: {base_url: "https://other.example", models: [m], labels: {team: other}}
checks:
  plain: {prompt: a, targets: [wn]}
  streamed: {prompt: a, request: {stream: true}, labels: {tier: two}}
  formed: {prompt: a, targets: [wn], expect: {conforms: documented}}
  contract: {suite: "builtin:documented", targets: [wn], every: 1h}
  money: {kind: balance, targets: [wn]}
"""
AVAILABLE = "indicator: availability, objective: 99.5%, window: 30d"


def aimed(folder: Path, members: str) -> set[str]:
    """Return the ids of the probes an objective with these members is for."""
    read = load_config(write(folder, f"{CHECKS}slos: {{x: {{{members}}}}}\n"), {})
    return {str(probe.id) for probe in read.probes if probe.slos}


def test_an_objective_is_read(tmp_path: Path) -> None:
    text = f"{CHECKS}slos: {{x: {{indicator: ttft, threshold: 1500ms, objective: 99.95%, window: 28d}}}}\n"
    read = load_config(write(tmp_path, text), {})
    (slo,) = {slo for probe in read.probes for slo in probe.slos}

    assert slo == Slo(name="x", indicator=Indicator.TTFT, objective=0.9995, window_s=28 * 86400.0, threshold_s=1.5)


@pytest.mark.parametrize(
    ("members", "probes"),
    [
        (AVAILABLE, {"wn/plain/m", "wn/streamed/m", "other/streamed/m", "wn/formed/m"}),
        (
            "indicator: total, threshold: 9s, objective: 95%, window: 7d",
            {"wn/plain/m", "wn/streamed/m", "other/streamed/m", "wn/formed/m"},
        ),
        ("indicator: ttft, threshold: 2s, objective: 95%, window: 7d", {"wn/streamed/m", "other/streamed/m"}),
        ("indicator: conformance, objective: 95%, window: 7d", {"wn/formed/m", "wn/contract/m"}),
        (f"{AVAILABLE}, checks: [contract, money]", {"wn/contract/m", "wn/money/"}),
        (f"{AVAILABLE}, labels: {{team: other}}", {"other/streamed/m"}),
        (f"{AVAILABLE}, labels: {{tier: one}}", {"wn/plain/m", "wn/formed/m"}),
        (f"{AVAILABLE}, labels: {{tier: two, team: relay}}", {"wn/streamed/m"}),
        (f"{AVAILABLE}, checks: [plain, streamed], labels: {{team: relay}}", {"wn/plain/m", "wn/streamed/m"}),
    ],
    ids=[
        "availability",
        "total",
        "ttft",
        "conformance",
        "named",
        "of a target",
        "overridden",
        "of both",
        "checks and labels",
    ],
)
def test_an_objective_is_for_the_probes_it_selects(members: str, probes: set[str], tmp_path: Path) -> None:
    assert aimed(tmp_path, members) == probes


def test_an_included_file_may_hold_objectives_alone(tmp_path: Path) -> None:
    write(tmp_path, f"slos: {{x: {{{AVAILABLE}}}}}\n", "slos.yaml")
    read = load_config(write(tmp_path, f"include: [slos.yaml]\n{CHECKS}"), {})

    assert {slo.name for probe in read.probes for slo in probe.slos} == {"x"}


@pytest.mark.parametrize("objective", ["99.999999999%", "0.1%", "50%", "007%"])
def test_an_objective_is_a_share_between_none_and_all(objective: str, tmp_path: Path) -> None:
    text = f"{CHECKS}slos: {{x: {{indicator: availability, objective: {objective}, window: 7d}}}}\n"
    (slo,) = {slo for probe in load_config(write(tmp_path, text), {}).probes for slo in probe.slos}

    assert slo.objective == float(objective.removesuffix("%")) / 100


def test_metrics_are_configured(tmp_path: Path) -> None:
    text = f"{CHECKS}metrics: {{ttft_buckets: [250ms, 1s, 30s], duration_buckets: [1m, 2m], max_series: 200000}}\n"

    assert load_config(write(tmp_path, text), {}).measures == Measures(
        ttft_buckets_s=(0.25, 1.0, 30.0), duration_buckets_s=(60.0, 120.0), max_series=200_000
    )


def test_metrics_have_defaults(tmp_path: Path) -> None:
    assert load_config(write(tmp_path, CHECKS), {}).measures == Measures()


@pytest.mark.parametrize(
    ("check", "slo", "after"),
    [
        ("timeout: {total: 10s}", "indicator: total, threshold: 10s", "10s"),
        ("timeout: {total: 10s}", "indicator: total, threshold: 9s", None),
        ("expect: {total: 5s}", "indicator: total, threshold: 5s", "5s"),
        ("expect: {total: {degraded: 5s}}", "indicator: total, threshold: 5s", None),
        ("expect: {ttft: {degraded: 1s, failed: 2s}}", "indicator: ttft, threshold: 2s", "2s"),
        ("expect: {ttft: {degraded: 1s, failed: 2s}}", "indicator: ttft, threshold: 1s", None),
        ("timeout: {first_token: 3s}", "indicator: ttft, threshold: 4s", "3s"),
        ("expect: {ttft: 2s}", "indicator: total, threshold: 9s", None),
    ],
)
def test_an_objective_that_no_run_can_miss_is_told(tmp_path: Path, check: str, slo: str, after: str | None) -> None:
    text = (
        "targets:\n  wn: {base_url: https://relay.example, models: [m, n]}\n"
        f"checks:\n  alive: {{prompt: x, request: {{stream: true}}, {check}}}\n"
        f"slos:\n  quick: {{{slo}, objective: 95%, window: 7d}}\n"
    )
    said = [str(one) for one in never_missed(load_config(write(tmp_path, text), {}).probes)]
    assert [f"one of alive fails after {after} " in one for one in said] == ([True] if after else [])
