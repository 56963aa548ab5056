"""Runs and events become Prometheus series, made from the catalogue.

A scrape must not disturb the measurement it reports, and rendering 1,000 probes at once keeps the interpreter busy for
more than a second. So each family keeps its series in blocks, one per probe or target, and a block keeps its text until
one of its series changes: a scrape renders what ran since the last one. Written on the event loop's thread, rendered on
the web's.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum
from threading import Lock

from prometheus_client import CollectorRegistry, Counter, Gauge, GCCollector, Histogram, Metric, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from wnmon import __version__
from wnmon.engine.ports import Clock
from wnmon.engine.run import Run
from wnmon.engine.standing import Standing
from wnmon.metrics import catalogue, initial_series
from wnmon.metrics.buckets import bounds_s
from wnmon.metrics.catalogue import CATALOGUE, MetricKind, Scope
from wnmon.metrics.initial_series import RuleLabels
from wnmon.metrics.readings import (
    Reading,
    Streaks,
    budget_readings,
    discarded_readings,
    event_readings,
    least_readings,
    probe_readings,
    rule_readings,
    skipped_readings,
    slo_readings,
    spending,
    standing_readings,
    target_readings,
)
from wnmon.model.events import BudgetLeft, MonitorEvent, RunDiscarded, RunSkipped
from wnmon.model.measures import Measures
from wnmon.model.result import Outcome
from wnmon.model.target import Probe, ProbeId

_SELF = ""
_BY_DEFAULT = Measures()
_OF_SLOS = tuple(name for name in CATALOGUE if name.startswith("wnmon_slo_"))
_END = "# EOF\n"
_KEPT_FREE = {
    scope: frozenset(
        metric.name
        for metric in CATALOGUE.values()
        if metric.scope is scope
        and metric.kind is MetricKind.GAUGE
        and (not metric.own_labels or metric.alone or metric.closed == "rest")
    )
    for scope in (Scope.PROBE, Scope.TARGET)
}
"""Gauges of which an owner has one series at most: there is always room for them.

They come when they are known, and so after the series at 0 of all probes: without room of their own a service with too
many probes would not say of a single one whether it is up.
"""

Values = tuple[str, ...]
Series = Counter | Gauge | Histogram


class Exposition(Enum):
    """The two exposition formats; the value is the content type."""

    TEXT = "text/plain; version=0.0.4; charset=utf-8"
    OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    @classmethod
    def wanted(cls, accept: str | None) -> Exposition:
        """Return OpenMetrics where the Accept header names it, which Prometheus prefers when it does, else text."""
        return cls.OPENMETRICS if "application/openmetrics-text" in (accept or "").lower() else cls.TEXT

    def encode(self, metrics: Iterable[Metric]) -> str:
        """Return the exposition without OpenMetrics' end mark, which stands once, after everything."""
        encoder, _ = choose_encoder(self.value)
        return encoder(_Collected(metrics)).decode().removesuffix(_END)


class _Collected(Collector):
    """A collector of what is already there."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        """Return the metrics."""
        return self._metrics


def _create(metric: catalogue.Metric) -> Series:
    """Return a series without labels: its block puts them on."""
    match metric.kind:
        case MetricKind.COUNTER:
            return Counter(metric.name, metric.help, registry=None)
        case MetricKind.GAUGE:
            return Gauge(metric.name, metric.help, registry=None)
        case MetricKind.HISTOGRAM:
            return Histogram(metric.name, metric.help, registry=None, buckets=metric.buckets)


class _Room:
    """How many series there may be and are. What exists stays, also where `most` is lowered below it."""

    def __init__(self) -> None:
        self.most = Measures().max_series
        self._taken = 0
        self._refused = 0

    def take(self, size: int, *, forced: bool) -> bool:
        """Tell whether there is room for so many series more, which then is taken."""
        if not forced and self._taken + size > self.most:
            self._refused += size
            return False
        self._taken += size
        return True

    def give_back(self, size: int) -> None:
        """Make room again."""
        self._taken -= size

    def refused(self) -> int:
        """Return how many series were refused since this was last asked."""
        refused, self._refused = self._refused, 0
        return refused


class _Block:
    """The series of one family that belong to one owner, and their rendered text. `forced`: they need no room."""

    def __init__(
        self, metric: catalogue.Metric, labels: Mapping[str, str], room: _Room, *, forced: bool = False
    ) -> None:
        self._metric = metric
        self._labels = labels
        self._room = room
        self._forced = forced
        self._series: dict[Values, Series] = {}
        self._texts: dict[Exposition, str] = {}

    @property
    def values(self) -> set[Values]:
        """Return the own labels of each series there is."""
        return set(self._series)

    def take(self, reading: Reading) -> None:
        """Let the reading change its series, which is created where there is room for one more."""
        if self._metric.kind is MetricKind.GAUGE and reading.value is None:
            self.keep(set(self._series) - {reading.values})
            return
        if self._metric.alone:
            self.keep({reading.values})
        if reading.values not in self._series:
            if not self._room.take(_size(self._metric), forced=self._forced):
                return
            self._series[reading.values] = _create(self._metric)
            self._texts.clear()
        if _change(self._series[reading.values], reading):
            self._texts.clear()

    def keep(self, wanted: Iterable[Values]) -> None:
        """Take away every series but the wanted ones."""
        gone = set(self._series).difference(wanted)
        for values in gone:
            del self._series[values]
            self._room.give_back(_size(self._metric))
        if gone:
            self._texts.clear()

    def begin_anew(self, metric: catalogue.Metric) -> None:
        """Have every series of these buckets instead, at 0: what was counted in others cannot be told apart in them."""
        for values in self._series:
            self._room.give_back(_size(self._metric))
            self._room.take(_size(metric), forced=True)
            self._series[values] = _create(metric)
        self._metric = metric
        self._texts.clear()

    def text(self, form: Exposition, lock: Lock) -> str:
        """Return the sample lines. Renders them, under the lock, if anything changed since the last time."""
        text = self._texts.get(form)
        if text is None:
            with lock:
                lines = form.encode(map(self._labelled, self._series.items())).splitlines(keepends=True)
                text = self._texts[form] = "".join(line for line in lines if not line.startswith("#"))
        return text

    def _labelled(self, item: tuple[Values, Series]) -> Metric:
        values, series = item
        # An info block carries all its labels as common ones, so it has fewer values than names.
        labels = {**self._labels, **dict(zip(self._metric.own_labels, values, strict=False))}
        (metric,) = series.collect()
        metric.samples = [
            sample._replace(labels={**labels, **sample.labels})
            for sample in metric.samples
            if not sample.name.endswith("_created")  # a series more per child, and nothing here asks for it
        ]
        return metric


def _size(metric: catalogue.Metric) -> int:
    """Return how many series a scraper sees in one of these: of a histogram also +Inf, the sum and the count."""
    return len(metric.buckets) + 3 if metric.kind is MetricKind.HISTOGRAM else 1


def _change(series: Series, reading: Reading) -> bool:
    """Add, set or observe; tell whether anything changed. OpenMetrics shows the run as an exemplar."""
    value, exemplar = reading.value, {"run_id": reading.run} if reading.run else None
    if value is None:
        return False
    if isinstance(series, Counter):
        series.inc(value, exemplar)
        return value != 0
    if isinstance(series, Gauge):
        series.set(value)
    else:
        series.observe(value, exemplar)
    return True


class _Family:
    """One metric with all its blocks, by owner."""

    def __init__(self, metric: catalogue.Metric) -> None:
        self.metric = metric
        self.blocks: dict[str, _Block] = {}
        described = list(_create(metric).describe())
        self._heads = {form: form.encode(described) for form in Exposition}

    def measure_by(self, bounds_s: tuple[float, ...]) -> None:
        """Count in these buckets from now on."""
        if bounds_s != self.metric.buckets:
            self.metric = replace(self.metric, buckets=bounds_s)
            for block in self.blocks.values():
                block.begin_anew(self.metric)

    def text(self, form: Exposition, lock: Lock) -> str:
        """Return HELP, TYPE and every sample, "" without samples. Holds the lock for one block at a time."""
        samples = "".join([block.text(form, lock) for block in list(self.blocks.values())])
        return self._heads[form] + samples if samples else ""


@dataclass(slots=True, kw_only=True)
class _DeclaredProbe:
    """What the sink remembers of a declared probe: its streaks, and how it stood when that was last told."""

    probe: Probe
    rules: RuleLabels = field(default_factory=dict)
    streaks: Streaks = field(default_factory=Streaks)
    standing: Standing | None = None


class PrometheusSink:
    """Sink, Observer and MetricsText in one.

    `standing` tells how a probe stands at a scrape. `sinks` and `components` are the closed label values of the two
    error counters, so that those are born at 0 as well.
    """

    name = "prometheus"

    def __init__(
        self,
        clock: Clock,
        standing: Callable[[ProbeId], Standing],
        *,
        sinks: Sequence[str] = (name,),
        components: Sequence[str] = (),
    ) -> None:
        self._clock = clock
        self._standing = standing
        self._lock = Lock()
        self._room, self._kept_free = _Room(), _Room()
        self._families = {name: _Family(metric) for name, metric in CATALOGUE.items()}
        self._known: dict[str, _DeclaredProbe] = {}
        self._waivers_dated = ""
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)
        GCCollector(registry=self._process)
        errors = [Reading(metric="wnmon_sink_errors_total", value=0, values=(sink,)) for sink in sinks]
        faults = [Reading(metric="wnmon_internal_errors_total", value=0, values=(name,)) for name in components]
        build = Reading(metric="wnmon_build_info", value=1, values=(__version__, platform.python_version()))
        self._apply(_SELF, {}, [*initial_series.births(Scope.SELF), *errors, *faults, build])

    def declare(self, probes: Sequence[Probe], measures: Measures = _BY_DEFAULT) -> None:
        """Make these the probes: bear the series of new ones, take away those of vanished ones, keep all others.

        A probe is known by its id, and an objective by its name, so a reload that changes only the content of a check
        keeps its counters. A histogram whose buckets change begins anew.
        """
        targets = list({probe.target.name: probe.target for probe in probes}.values())
        with self._lock:
            self._waivers_dated = ""
            self._remember(probes)
            self._drop_vanished({target.name for target in targets})
            self._make_room(measures.max_series, len(probes), len(targets))
            for name, bounds in bounds_s(measures, probes).items():
                self._families[name].measure_by(bounds)
            for probe in probes:
                self._declare_probe(probe)
            for target in targets:
                readings = [*initial_series.births(Scope.TARGET), *initial_series.target_settings(target)]
                self._apply(target.name, {"target": target.name}, readings)
                self._declare_least(target.name, probes)
            self._declare_info("wnmon_probe_info", initial_series.probe_infos(probes))
            self._declare_info("wnmon_target_info", initial_series.target_infos(targets))

    def take(self, run: Run) -> None:
        """Publish a finished run.

        Of a skipped one only what it cost and that it counts towards no objective is told, of one of an undeclared
        probe nothing.
        """
        with self._lock:
            known = self._known.get(run.probe)
            if known is None:
                return
            labels = initial_series.probe_labels(known.probe)
            self._apply(run.probe, labels, slo_readings(run, known.probe.slos))
            if run.result.outcome is Outcome.SKIPPED:
                self._apply(run.probe, labels, spending(run))
                return
            known.streaks = known.streaks.after(run)
            self._apply(run.probe, labels, probe_readings(run, known.streaks))
            self._apply(run.probe, labels, rule_readings(run, known.rules))
            least = least_readings(run, known.probe.check.plan.least)
            self._apply(run.target, {"target": run.target}, [*target_readings(run), *least])

    def observe(self, event: MonitorEvent) -> None:
        """Publish what the monitor says of itself."""
        with self._lock:
            if isinstance(event, RunSkipped) and (known := self._known.get(event.probe)) is not None:
                labels = initial_series.probe_labels(known.probe)
                self._apply(event.probe, labels, skipped_readings(event, known.probe.slos))
            if isinstance(event, RunDiscarded) and (known := self._known.get(event.probe)) is not None:
                self._apply(event.probe, initial_series.probe_labels(known.probe), discarded_readings(event))
            if not isinstance(event, BudgetLeft):
                self._apply(_SELF, {}, event_readings(event))
            elif any(known.probe.target.name == event.target for known in self._known.values()):
                self._apply(event.target, {"target": event.target}, budget_readings(event))

    def render(self, accept: str | None) -> tuple[str, bytes]:
        """Return content type and exposition for an Accept header. Safe to call from any thread."""
        form = Exposition.wanted(accept)
        with self._lock:
            self._tell_standings()
            self._date_waivers()
            dropped = Reading(metric="wnmon_series_dropped_total", value=self._room.refused())
            self._apply(_SELF, {}, [dropped])
        families = [family.text(form, self._lock) for family in self._families.values()]
        end = _END if form is Exposition.OPENMETRICS else ""
        return form.value, "".join([*families, form.encode(self._process.collect()), end]).encode()

    def _apply(self, owner: str, labels: Mapping[str, str], readings: Iterable[Reading]) -> None:
        for reading in readings:
            family = self._families[reading.metric]
            if owner not in family.blocks:
                is_kept_free = family.metric.name in _KEPT_FREE.get(family.metric.scope, ())
                room = self._kept_free if is_kept_free else self._room
                family.blocks[owner] = _Block(family.metric, labels, room, forced=owner == _SELF)
            family.blocks[owner].take(reading)

    def _make_room(self, most: int, probes: int, targets: int) -> None:
        self._kept_free.most = probes * len(_KEPT_FREE[Scope.PROBE]) + targets * len(_KEPT_FREE[Scope.TARGET])
        self._room.most = most - self._kept_free.most

    def _remember(self, probes: Sequence[Probe]) -> None:
        before = self._known
        self._known = {probe.id: before.get(probe.id, _DeclaredProbe(probe=probe)) for probe in probes}
        for probe in probes:
            self._known[probe.id].probe = probe
            self._known[probe.id].rules = initial_series.rule_labels(probe)

    def _drop_vanished(self, targets: set[str]) -> None:
        staying = {Scope.PROBE: set(self._known), Scope.TARGET: targets, Scope.SELF: {_SELF}}
        for family in self._families.values():
            for owner in set(family.blocks) - staying[family.metric.scope]:
                family.blocks.pop(owner).keep(())

    def _declare_probe(self, probe: Probe) -> None:
        labels = initial_series.probe_labels(probe)
        rules = set(self._known[probe.id].rules.values())
        findings = [Reading(metric="wnmon_rule_findings_total", value=0, values=values) for values in rules]
        slos = [*initial_series.slo_series(probe.slos)]
        settings = initial_series.settings(probe)
        self._apply(probe.id, labels, [*initial_series.births(Scope.PROBE), *settings, *findings, *slos])
        for name in ("wnmon_rule_passed", "wnmon_rule_findings_total"):
            self._keep(name, probe.id, rules)
        self._keep("wnmon_rule_waived", probe.id, set())
        for name in _OF_SLOS:
            self._keep(name, probe.id, {reading.values for reading in slos if reading.metric == name})

    def _declare_least(self, target: str, probes: Sequence[Probe]) -> None:
        """What is to be left may have changed; in which unit, a run has told before."""
        mine = (probe.check.plan.least for probe in probes if probe.target.name == target)
        least = next((float(least) for least in mine if least is not None), None)
        block = self._families["wnmon_balance_min"].blocks.get(target)
        for values in block.values if block is not None else ():
            self._apply(target, {}, [Reading(metric="wnmon_balance_min", value=least, values=values)])

    def _declare_info(self, name: str, infos: Mapping[str, Mapping[str, str]]) -> None:
        family = self._families[name]
        before = family.blocks
        for block in before.values():
            block.keep(())
        family.blocks = {
            owner: _Block(family.metric, labels, self._room, forced=owner in before) for owner, labels in infos.items()
        }
        for block in family.blocks.values():
            block.take(Reading(metric=name, value=1))

    def _keep(self, name: str, owner: str, wanted: Iterable[Values]) -> None:
        block = self._families[name].blocks.get(owner)
        if block is not None:
            block.keep(wanted)

    def _tell_standings(self) -> None:
        """Say when each probe is asked next and why not before; take away a success that counts no more."""
        for probe_id, known in self._known.items():
            standing = self._standing(ProbeId(probe_id))
            if standing != known.standing:
                known.standing = standing
                self._apply(probe_id, initial_series.probe_labels(known.probe), standing_readings(standing))
            if not standing.known:
                for name in ("wnmon_probe_success", "wnmon_probe_degraded"):
                    self._keep(name, probe_id, ())
            if standing.rest is not None and standing.rest.is_wished:
                # A row of failures from before a window must raise no alert in it, and goes on in none after it.
                known.streaks = Streaks()
                for name in ("wnmon_probe_consecutive_failures", "wnmon_probe_reason_streak"):
                    self._keep(name, probe_id, ())

    def _date_waivers(self) -> None:
        """A waiver holds to the end of its last day, UTC; ISO dates sort as days do."""
        today = datetime.fromtimestamp(self._clock.wall_s(), UTC).date().isoformat()
        if today == self._waivers_dated:
            return
        self._waivers_dated = today
        for probe_id, known in self._known.items():
            readings = [
                Reading(metric="wnmon_rule_waived", value=float(today <= waiver.until), values=(waiver.rule,))
                for waiver in known.probe.target.waivers
                if waiver.rule in known.rules
            ]
            self._apply(probe_id, initial_series.probe_labels(known.probe), readings)
