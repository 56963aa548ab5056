"""Runs and events become Prometheus series, made from the catalogue.

A scrape must not disturb the measurement it reports, and rendering 1,000 probes at once keeps the interpreter busy for
more than a second. So each family keeps its series in blocks, one per probe or target, and a block keeps its lines
until one of its series changes: a scrape renders what ran since the last one, in small pieces. Written on the event
loop's thread, rendered on the web's, which holds the lock for one probe at a time, while it writes down its standing.
prometheus_client tells of the process, and writes HELP and TYPE.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from threading import Lock

from prometheus_client import CollectorRegistry, GCCollector, Metric, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from wnmon import __version__
from wnmon.engine.ports import Clock
from wnmon.engine.run import Run
from wnmon.engine.standing import Standing
from wnmon.metrics import catalogue, initial_series
from wnmon.metrics.block import Room
from wnmon.metrics.buckets import bounds_s
from wnmon.metrics.catalogue import CATALOGUE, MetricKind, Scope
from wnmon.metrics.family import Family
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
    step_readings,
    target_readings,
)
from wnmon.metrics.series import Values
from wnmon.model.events import BudgetLeft, ModelsListed, MonitorEvent, RunDiscarded, RunSkipped, Stepped
from wnmon.model.measures import Measures
from wnmon.model.result import Outcome
from wnmon.model.target import Probe, ProbeId
from wnmon.wire.timing import SUSPECT_LAG_NS

_SELF = ""
_BY_DEFAULT = Measures()
_OF_SLOS = tuple(name for name in CATALOGUE if name.startswith("wnmon_slo_"))
_OF_CHANNELS = tuple(name for name in CATALOGUE if name.startswith("wnmon_notify_"))
_END = b"# EOF\n"
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

PROBES_AT_ONCE = 16
"""Whose standings are looked at in one go: some 0.2 ms."""


class Exposition(Enum):
    """The two exposition formats; the value is the content type."""

    TEXT = "text/plain; version=0.0.4; charset=utf-8"
    OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    @classmethod
    def wanted(cls, accept: str | None) -> Exposition:
        """Return OpenMetrics where the Accept header names it, which Prometheus prefers when it does, else text."""
        return cls.OPENMETRICS if "application/openmetrics-text" in (accept or "").lower() else cls.TEXT

    def encode(self, metrics: Iterable[Metric]) -> bytes:
        """Return the exposition without OpenMetrics' end mark, which stands once, after everything."""
        encoder, _ = choose_encoder(self.value)
        return encoder(_Collected(metrics)).removesuffix(_END)


class _Collected(Collector):
    """A collector of what is already there."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        """Return the metrics."""
        return self._metrics


def _heads(metric: catalogue.Metric) -> tuple[bytes, bytes]:
    described = Metric(metric.name.removesuffix("_total"), metric.help, metric.kind.value)
    return Exposition.TEXT.encode([described]), Exposition.OPENMETRICS.encode([described])


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
        self._room, self._kept_free = Room(_BY_DEFAULT.max_series), Room(0)
        self._families = {name: Family(metric, _heads(metric)) for name, metric in CATALOGUE.items()}
        self._known: dict[str, _DeclaredProbe] = {}
        self._waivers_dated = ""
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)
        GCCollector(registry=self._process)
        errors = [Reading(metric="wnmon_sink_errors_total", value=0, values=(sink,)) for sink in sinks]
        faults = [Reading(metric="wnmon_internal_errors_total", value=0, values=(name,)) for name in components]
        build = Reading(metric="wnmon_build_info", value=1, values=(__version__, platform.python_version()))
        bound = Reading(metric="wnmon_suspect_bound_seconds", value=SUSPECT_LAG_NS / 1e9)
        self._apply(_SELF, {}, [*initial_series.births(Scope.SELF), *errors, *faults, build, bound])

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
                for name, values in initial_series.limit_series(target).items():
                    self._keep(name, target.name, values)
                readings = [*initial_series.births(Scope.TARGET), *initial_series.target_settings(target)]
                self._apply(target.name, {"target": target.name}, readings)
                self._declare_least(target.name, probes)
            self._declare_info("wnmon_probe_info", initial_series.probe_infos(probes))
            self._declare_info("wnmon_target_info", initial_series.target_infos(targets))

    def declare_channels(self, channels: Sequence[str]) -> None:
        """Make these the channels: bear the series of new ones, take away those of vanished ones, keep all others."""
        with self._lock:
            for name in _OF_CHANNELS:
                block = self._families[name].blocks.get(_SELF)
                known = block.values if block is not None else set()
                self._keep(name, _SELF, {values for values in known if values[0] in channels})
            fresh = [one for one in channels if (one,) not in self._known_channels()]
            self._apply(_SELF, {}, [series for one in fresh for series in initial_series.channel_series(one)])

    def _known_channels(self) -> set[Values]:
        block = self._families["wnmon_notify_waiting"].blocks.get(_SELF)
        return block.values if block is not None else set()

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
            if not isinstance(event, BudgetLeft | Stepped | ModelsListed):
                self._apply(_SELF, {}, event_readings(event))
            elif any(known.probe.target.name == event.target for known in self._known.values()):
                told = budget_readings(event) if isinstance(event, BudgetLeft) else step_readings(event)
                self._apply(event.target, {"target": event.target}, told)

    def render(self, accept: str | None) -> tuple[str, Iterator[bytes]]:
        """Return content type and exposition for an Accept header, in pieces. Safe to call from any thread."""
        form = Exposition.wanted(accept)
        return form.value, self._pieces(form)

    def _pieces(self, form: Exposition) -> Iterator[bytes]:
        yield from self._tell_standings()
        with self._lock:
            self._date_waivers()
            dropped = Reading(metric="wnmon_series_dropped_total", value=self._room.refused())
            self._apply(_SELF, {}, [dropped])
        for family in self._families.values():
            yield from family.pieces(openmetrics=form is Exposition.OPENMETRICS)
        yield form.encode(self._process.collect())
        yield _END if form is Exposition.OPENMETRICS else b""

    def _apply(self, owner: str, labels: Mapping[str, str], readings: Iterable[Reading]) -> None:
        at_s = self._clock.wall_s()
        for reading in readings:
            family = self._families[reading.metric]
            block = family.blocks.get(owner)
            if block is None:
                is_kept_free = family.metric.name in _KEPT_FREE.get(family.metric.scope, ())
                room = self._kept_free if is_kept_free else self._room
                block = family.blocks[owner] = family.new_block(labels, room, forced=owner == _SELF)
            block.take(reading, at_s)

    def _make_room(self, most: int, probes: int, targets: int) -> None:
        self._kept_free.most = probes * len(_KEPT_FREE[Scope.PROBE]) + targets * len(_KEPT_FREE[Scope.TARGET])
        self._room.most = most - self._kept_free.most

    def _remember(self, probes: Sequence[Probe]) -> None:
        before = self._known
        self._known = {probe.id: before.get(probe.id, _DeclaredProbe(probe=probe)) for probe in probes}
        for probe in probes:
            self._known[probe.id].probe = probe
            self._known[probe.id].standing = None  # what was told of it is told anew
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
        settings, money = initial_series.settings(probe), [*initial_series.money_series(probe)]
        self._apply(probe.id, labels, [*initial_series.births(Scope.PROBE), *settings, *money, *findings, *slos])
        self._keep("wnmon_probe_money_total", probe.id, {reading.values for reading in money})
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
            owner: family.new_block(labels, self._room, forced=owner in before) for owner, labels in infos.items()
        }
        for block in family.blocks.values():
            block.take(Reading(metric=name, value=1), 0)

    def _keep(self, name: str, owner: str, wanted: Iterable[Values]) -> None:
        block = self._families[name].blocks.get(owner)
        if block is not None:
            block.keep(wanted)

    def _tell_standings(self) -> Iterator[bytes]:
        """Say when each probe is asked next and why not before. Yields nothing, now and then, where one may pause."""
        for number, (probe_id, known) in enumerate(list(self._known.items()), 1):
            standing = self._standing(ProbeId(probe_id))
            if standing != known.standing or not _is_plain(standing):
                with self._lock:
                    self._tell_standing(probe_id, known)
            if number % PROBES_AT_ONCE == 0:
                yield b""

    def _tell_standing(self, probe_id: str, known: _DeclaredProbe) -> None:
        """Take away, too, what counts no more."""
        if self._known.get(probe_id) is not known:  # a reload dropped it meanwhile
            return
        # Asked again under the lock: a run may have been taken since.
        standing = self._standing(ProbeId(probe_id))
        if standing != known.standing:
            known.standing = standing
            readings = standing_readings(standing, known.probe.check.every_s)
            self._apply(probe_id, initial_series.probe_labels(known.probe), readings)
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


def _is_plain(standing: Standing) -> bool:
    """Tell whether the last outcome counts, and nobody wants nothing to be sent."""
    return standing.known and not (standing.rest is not None and standing.rest.is_wished)
