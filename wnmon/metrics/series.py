"""What the series of a family hold, how a reading changes it, and their sample lines in both exposition formats. Pure.

prometheus_client keeps an object with a lock for each series and each bucket, some 60 KB for a probe, and its encoder
walks all of them. Here a value is plain data that is replaced, never changed in place, so that another thread reads a
whole one without a lock. The lines are byte for byte those of prometheus_client's encoders, which a test holds; what
they print of an exemplar is what OpenMetrics 1.0 §5.1.1 allows to a counter and to a bucket.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from typing import NamedTuple, Protocol, TypeVar

from wnmon.metrics.catalogue import Metric, MetricKind

Values = tuple[str, ...]
"""The values of the own labels of a series."""

Series = Iterable[tuple[Values, "Value"]]


class Exemplar(NamedTuple):
    """The run that was counted last, what it added, and when, in epoch seconds."""

    run: str
    value: float
    at_s: float


class Counted(NamedTuple):
    """What a counter stands at."""

    value: float
    last: Exemplar | None = None


class Observed(NamedTuple):
    """What a histogram has seen: how many values in each bucket alone, the last being +Inf, and the sum of all."""

    counts: tuple[int, ...]
    total: float
    last: tuple[Exemplar | None, ...]


Value = TypeVar("Value", float, Counted, Observed)


class Kind(Protocol[Value]):
    """How all series of a family behave."""

    metric: Metric
    born: Value

    def after(self, value: Value, added: float, exemplar: Exemplar | None) -> Value:
        """Return the value after a reading; the same object where nothing changed."""
        ...

    def has_exemplar(self, value: Value) -> bool:
        """Tell whether OpenMetrics shows more than the plain text."""
        ...

    def lines(self, labels: Mapping[str, str], series: Series[Value], *, exemplars: bool) -> Iterator[str]:
        """Yield the sample lines, each with its end. `labels` are those that all series share."""
        ...


class Gauges:
    """The last value stands."""

    def __init__(self, metric: Metric) -> None:
        self.metric = metric
        self.born = 0.0

    def after(self, _: float, added: float, __: Exemplar | None) -> float:
        """Return the reading."""
        return added

    def has_exemplar(self, _: float) -> bool:
        """OpenMetrics knows none of a gauge."""
        return False

    def lines(self, labels: Mapping[str, str], series: Series[float], *, exemplars: bool) -> Iterator[str]:  # noqa: ARG002 - a gauge has none
        """Yield a line for each."""
        head = _Head(self.metric, labels)
        for own, value in series:
            yield f"{head(own)} {number(value)}\n"


class Counters:
    """Readings add up."""

    def __init__(self, metric: Metric) -> None:
        self.metric = metric
        self.born = Counted(0.0)

    def after(self, value: Counted, added: float, exemplar: Exemplar | None) -> Counted:
        """Return the sum. Raises ValueError for a reading below 0, as prometheus_client does."""
        if added < 0:
            raise ValueError(f"{self.metric.name} cannot fall")
        return Counted(value.value + added, exemplar or value.last) if added else value

    def has_exemplar(self, value: Counted) -> bool:
        """Tell whether a run is known."""
        return value.last is not None

    def lines(self, labels: Mapping[str, str], series: Series[Counted], *, exemplars: bool) -> Iterator[str]:
        """Yield a line for each."""
        head = _Head(self.metric, labels)
        for own, value in series:
            yield f"{head(own)} {number(value.value)}{_shown(value.last) if exemplars else ''}\n"


class Histograms:
    """Readings are counted in buckets."""

    def __init__(self, metric: Metric) -> None:
        self.metric = metric
        self._bounds = (*metric.buckets, math.inf)
        self._names = tuple(map(number, self._bounds))
        self.born = Observed((0,) * len(self._bounds), 0.0, (None,) * len(self._bounds))

    def after(self, value: Observed, added: float, exemplar: Exemplar | None) -> Observed:
        """Return what it has seen with one more: in the first bucket whose bound is not below it."""
        at = bisect_left(self._bounds, added)
        counts = (*value.counts[:at], value.counts[at] + 1, *value.counts[at + 1 :])
        last = value.last if exemplar is None else (*value.last[:at], exemplar, *value.last[at + 1 :])
        return Observed(counts, value.total + added, last)

    def has_exemplar(self, value: Observed) -> bool:
        """Tell whether a run is known of any bucket."""
        return any(value.last)

    def lines(self, labels: Mapping[str, str], series: Series[Observed], *, exemplars: bool) -> Iterator[str]:
        """Yield a line for each bucket, then count and sum."""
        name = self.metric.name
        for own, value in series:
            all_labels = _joined(self.metric, labels, own)
            before = "".join(f"{part}," for label, part in all_labels if label < "le")
            after = "".join(f",{part}" for label, part in all_labels if label > "le")
            start, end = f'{name}_bucket{{{before}le="', f'"{after}}} '
            for bound, count, last in zip(self._names, accumulate(value.counts), value.last, strict=True):
                yield f"{start}{bound}{end}{number(count)}{_shown(last) if exemplars else ''}\n"
            told = _braced(part for _, part in all_labels)
            yield f"{name}_count{told} {number(sum(value.counts))}\n{name}_sum{told} {number(value.total)}\n"


def kind_of(metric: Metric) -> Kind[float] | Kind[Counted] | Kind[Observed]:
    """Return how the series of a family behave."""
    match metric.kind:
        case MetricKind.COUNTER:
            return Counters(metric)
        case MetricKind.GAUGE:
            return Gauges(metric)
        case MetricKind.HISTOGRAM:
            return Histograms(metric)


def size_of(metric: Metric) -> int:
    """Return how many series a scraper sees in one of these: of a histogram also +Inf, the sum and the count."""
    return len(metric.buckets) + 3 if metric.kind is MetricKind.HISTOGRAM else 1


def number(value: float) -> str:
    """Return a number as Go's %g would, from a million on with an exponent, which is how prometheus_client has it."""
    text = repr(float(value))
    if "n" in text:
        return {"inf": "+Inf", "-inf": "-Inf"}.get(text, "NaN")
    point = text.find(".")
    if value <= 0 or point <= 6:
        return text
    digits = f"{text[0]}.{text[1:point]}{text[point + 1 :]}".rstrip("0.")
    return f"{digits}e+{point - 1:02d}"


def escaped(value: str) -> str:
    """Return a label value as it stands between quotation marks."""
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


class _Head:
    """A sample up to its value, for any values of the family's own labels."""

    def __init__(self, metric: Metric, labels: Mapping[str, str]) -> None:
        self._own = tuple(name for name in metric.own_labels if name not in labels)
        parts = {label: escaped(value).replace("%", "%%") for label, value in labels.items()}
        parts |= {label: f"%({label})s" for label in self._own}
        self._pattern = metric.name + _braced(f'{label}="{parts[label]}"' for label in sorted(parts))

    def __call__(self, own: Values) -> str:
        return self._pattern % dict(zip(self._own, map(escaped, own), strict=True))


def _joined(metric: Metric, labels: Mapping[str, str], own: Values) -> list[tuple[str, str]]:
    """Return all labels in the order of the formats, each with how it is written."""
    values = {**labels, **dict(zip(metric.own_labels, own, strict=True))}
    return [(label, f'{label}="{escaped(values[label])}"') for label in sorted(values)]


def _braced(parts: Iterable[str]) -> str:
    told = ",".join(parts)
    return f"{{{told}}}" if told else ""


def _shown(exemplar: Exemplar | None) -> str:
    if exemplar is None:
        return ""
    return f' # {{run_id="{escaped(exemplar.run)}"}} {number(exemplar.value)} {exemplar.at_s}'
