"""The upper bounds of the histograms of latencies: finer around every threshold in use, and the same for all probes.

A quantile is read between two bounds, so it errs by as much as they lie apart. Around a threshold they stand at the
parts of it that `AROUND` lists: from 0.9 to 1.1 times the threshold a quantile errs by 5 % of it at the most, from 0.98
to 1.02 times by 2 %.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from wnmon.judge.latency import Limits
from wnmon.metrics.catalogue import CATALOGUE
from wnmon.model.measures import Measures
from wnmon.model.slo import Indicator
from wnmon.model.target import Probe

AROUND = (0.9, 0.95, 0.98, 1.0, 1.02, 1.05, 1.1)

MAX_THRESHOLDS = 8
"""So many thresholds of a histogram are finely drawn: each makes a series of every one of these for every probe."""

_TTFT, _VISIBLE, _DURATION = (f"wnmon_probe_{name}_seconds" for name in ("ttft", "first_visible", "duration"))
_KINDS = {_TTFT: "ttft", _VISIBLE: "first_visible", _DURATION: "total"}
_INDICATORS = {_TTFT: Indicator.TTFT, _DURATION: Indicator.TOTAL}


def bounds_s(measures: Measures, probes: Sequence[Probe]) -> Mapping[str, tuple[float, ...]]:
    """Return the bounds of each histogram that the configuration decides on."""
    given = {_TTFT: measures.ttft_buckets_s, _VISIBLE: measures.ttft_buckets_s, _DURATION: measures.duration_buckets_s}
    longest_s = max((probe.check.timeouts.total_s for probe in probes), default=0.0)
    return {name: given[name] or _made(name, probes, longest_s) for name in _KINDS}


def _made(name: str, probes: Sequence[Probe], longest_s: float) -> tuple[float, ...]:
    usual = CATALOGUE[name].buckets
    fine = {round(at_s * part, 6) for at_s in _thresholds_s(name, probes) for part in AROUND}
    end = {longest_s} if longest_s > usual[-1] else set()
    return tuple(sorted({*usual, *fine, *end}))


def _thresholds_s(name: str, probes: Sequence[Probe]) -> list[float]:
    """Return the thresholds to draw finely: those of objectives first, then the limits that most probes have."""
    objectives = (slo.threshold_s for probe in probes for slo in probe.slos if slo.indicator is _INDICATORS.get(name))
    limits = Counter(limit_s for probe in probes for limit_s in _limits_s(_KINDS[name], probe))
    ordered = [*objectives, *sorted(limits, key=lambda limit_s: (-limits[limit_s], limit_s))]
    return [at_s for at_s in dict.fromkeys(ordered) if at_s is not None][:MAX_THRESHOLDS]


def _limits_s(kind: str, probe: Probe) -> Iterator[float]:
    for step in probe.check.plan.steps:
        for one in step.expect:
            if one.kind == kind and isinstance(one.expected, Limits):
                yield from (at_s for at_s in (one.expected.degraded_s, one.expected.failed_s) if at_s is not None)
