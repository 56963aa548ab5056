"""Each alert by itself: silent, firing, resolved, of a restarted monitor, of too little traffic, two targets apart.

A scene is what is scraped in promtool's notation, and for whom the alert fires at which minute. Outages, in which
alerts keep each other silent, are in test_alerts.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from simulation import needed_groups, promtool_verdict

DAY_S = 86_400
Series = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """`at` says for each minute, by one label, for whom the alert fires. `step_min`: how often all is scraped."""

    name: str
    alert: str
    series: Series
    at: Mapping[int, Sequence[str]]
    by: str = "target"
    step_min: int = 1
    having: str = ""
    long: int = field(default=1500)

    @property
    def scraped(self) -> list[dict[str, str]]:
        """Return the series, and whose the targets are."""
        owners = {
            f'wnmon_target_info{{target="{target}",team="relay",env="prod"}}': f"1x{self.long}"
            for target in ("wn", "other")
        }
        return [{"series": _of_a_monitor(name), "values": values} for name, values in {**owners, **self.series}.items()]

    @property
    def expected(self) -> list[dict[str, object]]:
        """Return the expectations."""
        chosen = f'alertname="{self.alert}", alertstate="firing"{self.having}'
        return [
            {
                "expr": f"count by ({self.by}) (ALERTS{{{chosen}}})",
                "eval_time": f"{minute}m",
                "exp_samples": [{"labels": f'{{{self.by}="{whom}"}}', "value": 1} for whom in fires],
            }
            for minute, fires in self.at.items()
        ]


def _of_a_monitor(name: str) -> str:
    if 'instance="' not in name:
        name = name.replace("{", '{instance="i",', 1)
    return name.replace("{", '{job="w",', 1).replace(",}", "}")


def probe(name: str, *, target: str = "wn", check: str = "alive", more: str = "") -> str:
    """Return the name of a probe's series."""
    return f'{name}{{target="{target}",check="{check}",model="m"{more}}}'


def slo(
    events: str,
    errors: str,
    *,
    target: str = "wn",
    indicator: str = "ttft",
    objective: float = 0.95,
    days: int = 30,
    every_s: int = 60,
) -> Series:
    """Return what is exposed of an objective."""
    named = f',slo="{indicator}"'
    return {
        probe("wnmon_slo_events_total", target=target, more=named): events,
        probe("wnmon_slo_errors_total", target=target, more=named): errors,
        probe("wnmon_slo_objective_ratio", target=target, more=named): f"{objective}x1500",
        probe("wnmon_slo_window_seconds", target=target, more=named): f"{days * DAY_S}x1500",
        probe("wnmon_slo_info", target=target, more=f'{named},indicator="{indicator}"'): "1x1500",
        probe("wnmon_probe_interval_seconds", target=target): f"{every_s}x1500",
    }


def ttft(sums: str, counts: str, *buckets: tuple[str, str], target: str = "wn") -> Series:
    """Return a histogram of times to first token, by its upper bounds."""
    bounds = {probe("wnmon_probe_ttft_seconds_bucket", target=target, more=f',le="{le}"'): n for le, n in buckets}
    return {
        probe("wnmon_probe_info", target=target, more=',suite=""'): "1x1500",
        probe("wnmon_probe_ttft_seconds_sum", target=target): sums,
        probe("wnmon_probe_ttft_seconds_count", target=target): counts,
        probe("wnmon_probe_ttft_seconds_bucket", target=target, more=',le="+Inf"'): counts,
        **bounds,
    }


BURNS = (
    Scene(
        name="slow answers burn the budget of a fast probe, and stop",
        alert="WnmonErrorBudgetBurnFast",
        series={**slo("0+1x400", "0x120 1+1x79 80x200"), **slo("0+1x400", "0x400", target="other")},
        at={119: [], 150: [], 175: ["wn"], 199: ["wn"], 240: []},
    ),
    Scene(
        name="a probe every quarter of an hour burns it too, asked in windows it can fill",
        alert="WnmonErrorBudgetBurnFast",
        series=slo(
            " ".join(f"{runs}x14" for runs in range(24)),
            "0x164 1x14 2x14 3x14 4x14 5x60",
            objective=0.995,
            every_s=900,
        ),
        at={160: [], 185: [], 235: ["wn"], 280: []},
    ),
    Scene(
        name="a single failure of a rare probe burns nothing",
        alert="WnmonErrorBudgetBurnFast",
        series=slo("0x59 1x59 2x59 3x59 4x59 5x59", "0x179 1x180", objective=0.999, every_s=3600),
        at={185: [], 200: [], 300: []},
    ),
    Scene(
        name="a restart, which sets the counters to nothing, burns nothing",
        alert="WnmonErrorBudgetBurnFast",
        series=slo("0+1x200 0+1x200", "3x200 0x200"),
        at={203: [], 210: [], 260: []},
    ),
    Scene(
        name="a broken contract does not page",
        alert="WnmonErrorBudgetBurnFast",
        series=slo("0+1x400", "0+1x400", indicator="conformance"),
        at={120: [], 300: []},
    ),
    Scene(
        name="a broken contract is told as a ticket",
        alert="WnmonErrorBudgetBurnSlow",
        series=slo("0+1x400", "0+1x400", indicator="conformance"),
        at={120: ["wn"]},
    ),
    Scene(
        name="of a window of a week twice the errors it allows are too many, four fifths are not",
        alert="WnmonErrorBudgetBurnSlow",
        series={
            **slo("0+10x600", "0+1x600", days=7, every_s=60),
            **slo("0+25x600", "0+1x600", target="other", days=7, every_s=60),
        },
        step_min=10,
        at={60: ["wn"], 4300: ["wn"]},
    ),
    Scene(
        name="a single failure in days spends no budget, however small it is",
        alert="WnmonErrorBudgetBurnSlow",
        series=slo("0+1x600", "0x300 1x300", objective=0.999, every_s=600),
        step_min=10,
        at={3010: [], 3060: [], 4000: []},
    ),
)

RARE = "0+1x1300"
REGRESSION = (
    Scene(
        name="twice last week's time is a regression, until it is over",
        alert="WnmonTtftRegression",
        # a run every ten minutes: 1 s for eight days, then 3 s for half a day
        series={
            **ttft("0+1x1152 1155+3x71 1369+1x75", RARE, ("1", "0+1x1152 1152x71 1153+1x75"), ("4", RARE)),
            **ttft("0+1x1300", RARE, ("1", RARE), ("4", RARE), target="other"),
        },
        step_min=10,
        at={11500: [], 11900: ["wn"], 12220: ["wn"], 12800: []},
    ),
    Scene(
        name="it is known sooner where an hour holds enough answers, and over sooner",
        alert="WnmonTtftRegression",
        series=ttft("0+1x1152 1155+3x71 1369+1x75", RARE, ("1", "0+1x1152 1152x71 1153+1x75"), ("4", RARE)),
        step_min=5,
        at={5750: [], 5840: ["wn"], 6120: ["wn"], 6200: []},
    ),
    Scene(
        name="one answer of two minutes is no regression",
        alert="WnmonTtftRegression",
        series=ttft("0+1x1152 1272+1x147", RARE, ("1", "0+1x1152 1152+1x147"), ("4", "0+1x1152 1152+1x147")),
        step_min=10,
        at={11550: [], 11600: [], 11900: []},
    ),
    Scene(
        name="without last week there is nothing to compare with",
        alert="WnmonTtftRegression",
        series=ttft("0+3x200", "0+1x200", ("1", "0x200"), ("4", "0+1x200")),
        step_min=10,
        at={1600: []},
    ),
)

BALANCE = 'wnmon_balance_remaining{target="%s",unit="%s"}'
LEAST = 'wnmon_balance_min{target="%s",unit="%s"}'
CERTIFICATE = 'wnmon_tls_certificate_expiry_timestamp_seconds{target="%s"}'

STREAK = 'wnmon_probe_reason_streak{target="%s",check="alive",model="m",reason="%s"}'

ACCOUNTS = (
    Scene(
        name="one 401 is silent, two in a row are a rejected key, a success ends it",
        alert="WnmonAuthRejected",
        series={
            STREAK % ("wn", "ok"): "1x4 stale _x14 1x5",
            STREAK % ("wn", "auth"): "_x5 1x4 2x4 3x4 stale",
            STREAK % ("other", "auth"): "1x30",
        },
        at={8: [], 11: ["wn"], 21: []},
    ),
    Scene(
        name="a budget that is used up is told until a new day lets probes run again",
        alert="WnmonBudgetExhausted",
        series={
            'wnmon_budget_exhausted{target="wn"}': "0x4 1x9 0x10",
            'wnmon_budget_exhausted{target="other"}': "0x24",
        },
        at={4: [], 6: ["wn"], 16: []},
    ),
    Scene(
        name="a budget so short that no model is asked is told, though nothing is refused; asking rarely is not",
        alert="WnmonBudgetExhausted",
        series={
            'wnmon_budget_exhausted{target="wn"}': "0x24",
            'wnmon_budget_step{target="wn"}': "1x4 2x4 3x4 4x4 0x5",
        },
        at={8: [], 11: ["wn"], 16: ["wn"], 22: []},
    ),
    Scene(
        name="a balance under its check's min is low, another target's own is not, and a restart knows none",
        alert="WnmonBalanceLow",
        series={
            BALANCE % ("wn", "USD"): "10x9 1x19 stale _x4 1x1 10x30",
            LEAST % ("wn", "USD"): "5x60",
            BALANCE % ("other", "USD"): "1x60",
            LEAST % ("other", "USD"): "0.5x60",
        },
        at={9: [], 13: [], 17: ["wn"], 33: [], 36: [], 45: []},
    ),
    Scene(
        name="amounts in different units are not compared",
        alert="WnmonBalanceLow",
        series={BALANCE % ("wn", "USD"): "1x30", LEAST % ("wn", "CNY"): "5x30"},
        at={20: []},
    ),
    Scene(
        name="thirteen days of a certificate are a warning, until it is renewed",
        alert="WnmonCertificateExpiring",
        series={CERTIFICATE % "wn": f"{13 * DAY_S}x119 {90 * DAY_S}x60", CERTIFICATE % "other": f"{60 * DAY_S}x180"},
        having=', severity="warning"',
        at={30: [], 70: ["wn"], 130: []},
    ),
    Scene(
        name="two days of a certificate wake somebody",
        alert="WnmonCertificateExpiring",
        series={CERTIFICATE % "wn": f"{13 * DAY_S}x180", CERTIFICATE % "other": f"{2 * DAY_S}x180"},
        having=', severity="critical"',
        at={3: [], 70: ["other"]},
    ),
    Scene(
        name="two days of a certificate are told once",
        alert="WnmonCertificateExpiring",
        series={CERTIFICATE % "other": f"{2 * DAY_S}x180"},
        having=', severity="warning"',
        at={90: []},
    ),
)


def rule(name: str, *, target: str = "wn", id_: str = "DOC-001", level: str | None = "MUST") -> str:
    """Return the name of a rule's series."""
    more = f',rule="{id_}"' + (f',level="{level}",profile="documented"' if level else "")
    return probe(name, target=target, check="contract", more=more)


CONTRACT = (
    Scene(
        name="a broken MUST is a ticket, a waived one, a SHOULD and a kept one are none",
        alert="WnmonRuleBroken",
        series={
            rule("wnmon_rule_passed"): "1x9 0x19 1x20",
            rule("wnmon_rule_passed", id_="DOC-002", level="SHOULD"): "0x60",
            rule("wnmon_rule_passed", target="other"): "0x60",
            rule("wnmon_rule_waived", target="other", level=None): "1x60",
        },
        having=', severity="info"',
        at={8: [], 12: [], 17: ["wn"], 35: []},
    ),
    Scene(
        name="a waiver that has expired is told, one in force is not",
        alert="WnmonWaiverExpired",
        series={
            rule("wnmon_rule_waived", level=None): "1x9 0x9 stale",
            rule("wnmon_rule_waived", target="other", level=None): "1x30",
        },
        at={5: [], 12: ["wn"], 22: []},
    ),
)

PROBES = (
    Scene(
        name="degraded twice in a row is told after half an hour, a single run of a rare check is not",
        alert="WnmonDegraded",
        series={
            probe("wnmon_probe_info", more=',suite=""'): "1x200",
            probe("wnmon_probe_info", target="other", more=',suite=""'): "1x200",
            probe("wnmon_probe_degraded"): "0x9 1x79 0x99",
            probe("wnmon_probe_runs_total", more=',outcome="degraded"'): "0x9 1x14 2x14 3x14 4x14 5x120",
            probe("wnmon_probe_degraded", target="other"): "0x9 1x180",
            probe("wnmon_probe_runs_total", target="other", more=',outcome="degraded"'): "0x9 1x180",
        },
        at={30: [], 70: ["wn"], 100: []},
    ),
    Scene(
        name="a suite that is degraded is a matter of the contract",
        alert="WnmonDegraded",
        series={
            probe("wnmon_probe_info", more=',suite="documented"'): "1x200",
            probe("wnmon_probe_degraded"): "1x200",
            probe("wnmon_probe_runs_total", more=',outcome="degraded"'): "0+1x200",
        },
        at={100: []},
    ),
    Scene(
        name="a probe that rests nearly all the time is told, one that rests half of it or at night is not",
        alert="WnmonResting",
        series={
            probe("wnmon_probe_interval_seconds"): "60x300",
            probe("wnmon_probe_interval_seconds", target="other"): "60x300",
            probe("wnmon_probe_interval_seconds", check="night"): "60x300",
            probe("wnmon_probe_resting", more=',cause="refused"'): "_x30 1x29 stale 1x29 stale 1x29 stale 1x29 stale",
            probe("wnmon_probe_resting", target="other", more=',cause="asked"'): "1 stale " * 150,
            probe("wnmon_probe_resting", check="night", more=',cause="maintenance"'): "1x300",
        },
        at={60: [], 125: ["wn"], 200: []},
    ),
    Scene(
        name="a balance below its minimum has an alert of its own, one that cannot be read is a failing check",
        alert="WnmonProbeFailing",
        series={
            probe("wnmon_probe_info", check="money", more=',suite="balance"'): "1x30",
            probe("wnmon_probe_info", check="money", target="other", more=',suite="balance"'): "1x30",
            probe("wnmon_probe_up", check="money"): "0x30",
            probe("wnmon_probe_up", check="money", target="other"): "0x30",
            probe("wnmon_probe_consecutive_failures", check="money"): "0+1x30",
            probe("wnmon_probe_consecutive_failures", check="money", target="other"): "0+1x30",
            probe("wnmon_probe_reason_streak", check="money", more=',reason="balance"'): "0+1x30",
            probe("wnmon_probe_reason_streak", check="money", target="other", more=',reason="http_5xx"'): "0+1x30",
        },
        at={20: ["other"]},
    ),
    Scene(
        name="a probe that is due and does not run is stale until it does",
        alert="WnmonProbeStale",
        series={
            probe("wnmon_probe_interval_seconds"): "300x40",
            probe("wnmon_probe_next_run_timestamp_seconds"): "300x24 1800x15",
            probe("wnmon_probe_interval_seconds", target="other"): "300x40",
        },
        at={16: [], 19: ["wn"], 25: []},
    ),
)

MONITOR = (
    Scene(
        name="a monitor that is late in a fifth of its runs is told, one with few runs is not",
        alert="WnmonSuspect",
        series={
            'wnmon_probe_suspect_samples_total{instance="i",target="wn"}': "0x30 0+0.2x89 18x120",
            'wnmon_probe_runs_total{instance="i",target="wn",outcome="passed"}': "0+1x240",
            'wnmon_probe_suspect_samples_total{instance="j",target="wn"}': "0x59 1x59 2x59 3x59",
            'wnmon_probe_runs_total{instance="j",target="wn",outcome="passed"}': "0x59 1x59 2x59 3x59",
        },
        by="instance",
        at={30: [], 110: ["i"], 200: []},
    ),
    Scene(
        name="series without room are told, and no more once there is room",
        alert="WnmonSeriesDropped",
        series={
            'wnmon_series_dropped_total{instance="i"}': "0x9 0+5x60 300x400",
            'wnmon_series_dropped_total{instance="j"}': "0x480",
        },
        by="instance",
        at={8: [], 30: ["i"], 450: []},
    ),
    Scene(
        name="a refused configuration is told until a good one is taken",
        alert="WnmonConfigReloadFailed",
        series={'wnmon_config_last_reload_successful{instance="i"}': "1x4 0x14 1x10"},
        by="instance",
        at={8: [], 11: ["i"], 20: []},
    ),
    Scene(
        name="a store that cannot be written for a quarter of an hour is told, until it can be",
        alert="WnmonStoreProblem",
        series={
            'wnmon_store_problem{instance="i", problem="full"}': "0x4 1x24 0x10",
            'wnmon_store_problem{instance="i", problem="locked"}': "0x9 1x3 0x30",
        },
        by="problem",
        at={15: [], 22: ["full"], 32: []},
    ),
    Scene(
        name="a message that nobody takes for half an hour is told, one that is tried again soon is not",
        alert="WnmonMessageWaiting",
        series={
            'wnmon_notify_waiting{instance="i", channel="team"}': "0x4 1x40 0x10",
            'wnmon_notify_waiting{instance="i", channel="duty"}': "0x4 1x10 0x40",
        },
        by="channel",
        at={20: [], 40: ["team"], 50: []},
    ),
    Scene(
        name="a monitor that is gone is missed after five minutes, a restart of two is not",
        alert="WnmonAbsent",
        series={'wnmon_build_info{instance="i"}': "1x4 stale _x1 1x12 stale _x10 1x10"},
        by="severity",
        at={6: [], 18: [], 27: ["critical"], 34: []},
    ),
    Scene(
        name="one of two monitors that is gone is missed",
        alert="WnmonAbsent",
        series={
            'wnmon_build_info{instance="i"}': "1x40",
            'up{instance="i"}': "1x40",
            'wnmon_build_info{instance="j"}': "1x9 stale _x30",
            'up{instance="j"}': "1x9 0x20 1x10",
        },
        by="instance",
        at={9: [], 17: ["j"], 34: []},
    ),
    Scene(
        name="a monitor that is gone and known is missed once",
        alert="WnmonAbsent",
        series={'wnmon_build_info{instance="i"}': "1x9 stale _x30", 'up{instance="i"}': "1x9 0x30"},
        by="instance",
        at={9: [], 17: ["i"]},
    ),
    Scene(
        name="the dead man's switch fires whatever there is",
        alert="WnmonWatchdog",
        series={},
        by="severity",
        at={1: ["none"], 60: ["none"]},
    ),
)

SCENES = (*BURNS, *REGRESSION, *ACCOUNTS, *CONTRACT, *PROBES, *MONITOR)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: f"{scene.alert}: {scene.name}")
def test_an_alert_fires_for_whom_and_when_it_should(promtool: str, tmp_path: Path, scene: Scene) -> None:
    step = f"{scene.step_min}m"

    verdict = promtool_verdict(
        promtool, tmp_path, scene.scraped, scene.expected, evaluated_every=step, scraped_every=step
    )

    assert verdict.endswith("SUCCESS"), verdict


@pytest.mark.parametrize("alert", sorted({scene.alert for scene in SCENES}))
def test_all_that_an_alert_reads_is_reckoned(alert: str) -> None:
    reckoned = [rule for group in needed_groups(alert) for rule in group["rules"]]
    recorded = {rule["record"] for rule in reckoned if "record" in rule}
    read = {name for rule in reckoned for name in re.findall(r"[a-z]\w+(?::\w+)+", rule["expr"])}

    assert alert in {rule.get("alert") for rule in reckoned}
    assert read <= recorded
