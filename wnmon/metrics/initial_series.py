"""What the configuration alone says in metrics: series at 0, settings, and the labels of the info metrics. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from wnmon.metrics.catalogue import CATALOGUE, CLOSED_SETS, Birth, Metric, MetricKind, Scope
from wnmon.metrics.readings import Reading, limit_labels, limit_reading
from wnmon.model.budget import Unit
from wnmon.model.check import Asks
from wnmon.model.slo import Slo
from wnmon.model.target import Probe, Target

RuleLabels = Mapping[str, tuple[str, str, str]]

_NEWBORN: Mapping[MetricKind, float | None] = {MetricKind.COUNTER: 0, MetricKind.GAUGE: 0, MetricKind.HISTOGRAM: None}


def births(scope: Scope) -> Iterator[Reading]:
    """Yield the readings that bring series to life at 0: every value of a closed label, none of an open one."""
    for metric in CATALOGUE.values():
        if metric.scope is scope and metric.birth is Birth.ZERO:
            for values in _closed_values(metric):
                yield Reading(metric=metric.name, value=_NEWBORN[metric.kind], values=values)


def _closed_values(metric: Metric) -> Iterator[tuple[str, ...]]:
    if metric.closed is not None:
        yield from ((value,) for value in CLOSED_SETS[metric.closed])
    elif not metric.own_labels:
        yield ()


def settings(probe: Probe) -> Iterator[Reading]:
    """Yield the probe's configured numbers, so that no alert rule needs a constant."""
    yield Reading(metric="wnmon_probe_interval_seconds", value=probe.check.every_s)
    yield Reading(metric="wnmon_probe_timeout_seconds", value=probe.check.timeouts.total_s)


def money_series(probe: Probe) -> Iterator[Reading]:
    """Yield the series of what a probe costs, where that is known."""
    price = probe.target.prices.get(probe.model)
    if price is not None:
        yield Reading(metric="wnmon_probe_money_total", value=0, values=(price.currency,))


def slo_series(slos: Sequence[Slo]) -> Iterator[Reading]:
    """Yield every series of some objectives: counters at 0, and what was configured, so that no rule needs it."""
    for slo in slos:
        named = (slo.name,)
        yield Reading(metric="wnmon_slo_events_total", value=0, values=named)
        yield Reading(metric="wnmon_slo_errors_total", value=0, values=named)
        for cause in CLOSED_SETS["left_out"]:
            yield Reading(metric="wnmon_slo_excluded_total", value=0, values=(slo.name, cause))
        yield Reading(metric="wnmon_slo_objective_ratio", value=slo.objective, values=named)
        yield Reading(metric="wnmon_slo_threshold_seconds", value=slo.threshold_s, values=named)
        yield Reading(metric="wnmon_slo_window_seconds", value=slo.window_s, values=named)
        yield Reading(metric="wnmon_slo_info", value=1, values=(slo.name, slo.indicator.value))


RESULTS = ("delivered", "refused", "failed")


def channel_series(channel: str) -> Iterator[Reading]:
    """Yield the series of a channel that nothing was sent to yet."""
    for result in RESULTS:
        yield Reading(metric="wnmon_notify_attempts_total", value=0, values=(channel, result))
    yield Reading(metric="wnmon_notify_waiting", value=0, values=(channel,))


def target_settings(target: Target) -> Iterator[Reading]:
    """Yield the target's limits. What is left of them is not known yet."""
    yield from map(limit_reading, target.limits)
    if not target.limits:
        yield Reading(metric="wnmon_budget_exhausted", value=None)


def limit_series(target: Target) -> Mapping[str, set[tuple[str, ...]]]:
    """Return the label values that the series of limits may have for a target, by metric."""
    series: dict[str, set[tuple[str, ...]]] = {"wnmon_budget_limit_exhausted": set()}
    for unit in Unit:
        limits = {limit_labels(one) for one in target.limits if one.unit is unit}
        series |= {f"wnmon_budget_{unit}_limit": limits, f"wnmon_budget_{unit}_remaining": limits}
    for one in target.limits:
        series["wnmon_budget_limit_exhausted"].add((one.scope.value, one.unit.value, one.period.value))
    return series


def rule_labels(probe: Probe) -> RuleLabels:
    """Return rule id -> (rule, level, profile) of the rules that count; `profile` is the first strictest."""
    plan = probe.check.plan
    labels: dict[str, tuple[str, str, str]] = {}
    for rule in plan.rules:
        level = plan.level(rule)
        if level is not None:
            profile = next(name for name in plan.profiles if rule.levels.get(name) is level)
            labels[rule.id] = (rule.id, level.value, profile)
    return labels


def probe_infos(probes: Sequence[Probe]) -> dict[str, dict[str, str]]:
    """Return the labels of `wnmon_probe_info`: all probes carry the same names, "" where one has no value."""
    return _level({str(probe.id): _probe_info(probe) for probe in probes})


def _probe_info(probe: Probe) -> dict[str, str]:
    plan = probe.check.plan
    return {
        **probe.target.labels,
        **probe.check.labels,
        **probe_labels(probe),
        "stream": str(any(step.stream for step in plan.steps)).lower(),
        # What a plan asks of the relay itself says as little of whether a model is up as a suite does.
        "suite": plan.suite or ("" if plan.asks is Asks.CHAT else plan.asks.value),
    }


def probe_labels(probe: Probe) -> dict[str, str]:
    """Return the three labels of every series of a probe."""
    return {"target": probe.target.name, "check": probe.check.name, "model": probe.model}


def target_infos(targets: Sequence[Target]) -> dict[str, dict[str, str]]:
    """Return the labels of `wnmon_target_info`, with the same names for all targets."""
    return _level({target.name: {**target.labels, "target": target.name, "host": target.host} for target in targets})


def _level(labels: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    names = sorted(set(itertools.chain.from_iterable(labels.values())))
    return {key: {name: own.get(name, "") for name in names} for key, own in labels.items()}
