"""The `slos` of the YAML -> objectives, and which probes each is for."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from wnmon.config.labels import read_labels
from wnmon.config.measures import first_token_s
from wnmon.config.node import Cursor, quote
from wnmon.config.schema import sound
from wnmon.config.timing import limit_s
from wnmon.judge.latency import Limits
from wnmon.model.check import Asks, Check, Plan, Step
from wnmon.model.duration import parse_duration_s
from wnmon.model.said import Said
from wnmon.model.slo import Indicator, Slo
from wnmon.model.target import Probe


@dataclass(frozen=True, slots=True, kw_only=True)
class AimedSlo:
    """An objective and which checks and labels it is for; no labels are those of any probe.

    `checks` None: all that the indicator is meant for.
    """

    slo: Slo
    place: Cursor
    checks: tuple[str, ...] | None = None
    labels: Mapping[str, str] = field(default_factory=dict)

    def is_for(self, probe: Probe) -> bool:
        """Tell whether runs of the probe count."""
        plan, named = probe.check.plan, self.checks
        meant = _is_meant(self.slo.indicator, plan) if named is None else probe.check.name in named
        return meant and self.labels.items() <= {**probe.target.labels, **probe.check.labels}.items()


def read_slo(name: str, place: Cursor, checks: Collection[str]) -> AimedSlo | None:
    """Return the objective at `place`, None when it cannot be used: with the problems that its schema has not told.

    `checks` are the names of all.
    """
    before, written = len(place.problems), place
    place = sound("slo", written)
    objective = _objective(place.get("objective"))
    threshold_s = _threshold_s(place, written)
    for one in place.elements("checks"):
        one.is_one_of(checks, Said("named", said=Said("unknown_check"), name=quote(one.text)))
    labels = read_labels(place)
    if len(place.problems) > before or objective is None or not (place.has("indicator") and place.has("window")):
        return None
    slo = Slo(
        name=name,
        indicator=Indicator(place.at("/indicator").text),
        objective=objective,
        window_s=parse_duration_s(place.at("/window").text),
        threshold_s=threshold_s,
    )
    named = place.texts_of("checks") if place.has("checks") else None
    return AimedSlo(slo=slo, place=place, checks=named, labels=labels)


def with_slos(probes: Iterable[Probe], slos: Sequence[AimedSlo]) -> tuple[Probe, ...]:
    """Return the probes, each with what its runs count towards. Reports an objective that nothing counts towards."""
    if not slos:
        return tuple(probes)
    aimed = tuple(replace(probe, slos=tuple(one.slo for one in slos if one.is_for(probe))) for probe in probes)
    plans = {probe.check.name: probe.check.plan for probe in aimed}
    used = {slo.name for probe in aimed for slo in probe.slos}
    for one in slos:
        # Every check has a probe by now, and every name is that of a check.
        idle = [check for check in one.place.elements("checks") if not _can_give(one.slo.indicator, plans[check.text])]
        for check in idle:
            hint = Said("add_stream") if one.slo.indicator is Indicator.TTFT else Said("slo_needs_rules")
            check.report(Said("slo_never_told", name=quote(check.text), code=one.slo.indicator.value), hint)
        if not idle and one.slo.name not in used:
            one.place.report(Said("slo_idle"), Said("slo_select_others"), key=True)
    return aimed


def never_missed(probes: Iterable[Probe]) -> list[Said]:
    """Return what to say of objectives of a latency that no run can miss: one so late has failed, and is left out."""
    found = dict.fromkeys(
        (slo.name, probe.check.name, _fails_after_s(slo.indicator, probe.check))
        for probe in probes
        for slo in probe.slos
        if slo.threshold_s is not None and slo.threshold_s >= _fails_after_s(slo.indicator, probe.check)
    )
    return [Said("slo_never_missed", text=slo, name=check, time=f"{at_s:g}s") for slo, check, at_s in found]


def _fails_after_s(indicator: Indicator, check: Check) -> float:
    """Return how long a latency may be at most of a run that is a success: the limits of its requests, the timeouts."""
    longest_s = max((_limit_of_step_s(indicator, step) for step in check.plan.steps), default=math.inf)
    return min(longest_s, check.timeouts.total_s if indicator is Indicator.TOTAL else first_token_s(check.timeouts))


def _limit_of_step_s(indicator: Indicator, step: Step) -> float:
    limits = (one.expected for one in step.expect if one.kind == indicator.value)
    failed = (limit.failed_s for limit in limits if isinstance(limit, Limits) and limit.failed_s is not None)
    return min(failed, default=math.inf)


def _objective(place: Cursor | None) -> float | None:
    if place is None:
        return None  # the schema has said so
    ratio = float(Decimal(place.text.removesuffix("%")) / 100)
    if 0 < ratio < 1:
        return ratio
    place.expected(Said("percentage_between"), place.node.show(), Said("allow_some_errors") if ratio >= 1 else None)
    return None


def _threshold_s(place: Cursor, written: Cursor) -> float | None:
    threshold, indicator = place.get("threshold"), place.text_of("indicator")
    is_latency = indicator is not None and Indicator(indicator).is_latency
    if threshold is None:
        if is_latency and not written.has("threshold"):
            place.report(Said("missing_key", name='"threshold"'), Said("say_the_most"), key=True)
        return None
    if indicator is not None and not is_latency:
        threshold.report(Said("key_of_latency", name='"threshold"'), Said("leave_it_out"), key=True)
        return None
    return limit_s(threshold)


def _is_meant(indicator: Indicator, plan: Plan) -> bool:
    """Tell whether a check counts that nobody named."""
    if indicator is Indicator.CONFORMANCE:
        return bool(plan.rules)
    return plan.suite is None and plan.asks is Asks.CHAT and (indicator is not Indicator.TTFT or _streams(plan))


def _can_give(indicator: Indicator, plan: Plan) -> bool:
    """Tell whether a run of a named check can be an event."""
    if indicator is Indicator.CONFORMANCE:
        return bool(plan.rules)
    return indicator is not Indicator.TTFT or _streams(plan)


def _streams(plan: Plan) -> bool:
    return any(step.stream for step in plan.steps)
