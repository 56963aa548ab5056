"""The series of one family that belong to one owner, and their sample lines as they were last rendered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Generic

from wnmon.metrics.catalogue import MetricKind
from wnmon.metrics.readings import Reading
from wnmon.metrics.series import Exemplar, Kind, Value, Values, size_of


class Room:
    """How many series there may be and are. What exists stays, also where `most` is lowered below it."""

    def __init__(self, most: int) -> None:
        self.most = most
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


class Block(Generic[Value]):
    """Changed by one thread at a time; `text` may be asked for by another meanwhile. `forced`: needs no room."""

    __slots__ = ("_changes", "_forced", "_kind", "_labels", "_openmetrics", "_plain", "_room", "_series")

    def __init__(self, kind: Kind[Value], labels: Mapping[str, str], room: Room, *, forced: bool = False) -> None:
        self._kind: Kind[Value] = kind
        self._labels = labels
        self._room = room
        self._forced = forced
        self._series: dict[Values, Value] = {}
        self._changes = 0
        self._plain: bytes | None = None
        self._openmetrics: bytes | None = None

    @property
    def values(self) -> set[Values]:
        """Return the own labels of each series there is."""
        return set(self._series)

    def take(self, reading: Reading, at_s: float) -> None:
        """Let the reading change its series, which is created where there is room for one more."""
        metric, own, added = self._kind.metric, reading.values, reading.value
        if added is None and metric.kind is MetricKind.GAUGE:
            self._drop({own} & self._series.keys())
            return
        if metric.alone and self._series.keys() - {own}:
            self.keep({own})
        known = self._series.get(own)
        if known is None and not self._room.take(size_of(metric), forced=self._forced):
            return
        value = self._kind.born if known is None else known
        if added is not None:
            value = self._kind.after(value, added, Exemplar(reading.run, added, at_s) if reading.run else None)
        if value is not known:
            self._series[own] = value
            self._note_change()

    def keep(self, wanted: Iterable[Values]) -> None:
        """Take away every series but the wanted ones."""
        if self._series:
            self._drop(self._series.keys() - set(wanted))

    def begin_anew(self, kind: Kind[Value]) -> None:
        """Have every series of these buckets instead, at 0: what was counted in others cannot be told apart in them."""
        grown = (size_of(kind.metric) - size_of(self._kind.metric)) * len(self._series)
        self._room.take(grown, forced=True)
        self._kind, self._series = kind, dict.fromkeys(self._series, kind.born)
        self._note_change()

    def text(self, *, exemplars: bool) -> bytes:
        """Return the sample lines, rendered only where anything changed since the last time."""
        text = self._openmetrics if exemplars else self._plain
        return self._rendered(exemplars=exemplars) if text is None else text

    def _rendered(self, *, exemplars: bool) -> bytes:
        """Render and keep. What another thread changed meanwhile may be in it or not: then nothing is kept."""
        changes, kind, series = self._changes, self._kind, list(self._series.items())
        text = "".join(kind.lines(self._labels, series, exemplars=exemplars)).encode()
        alike = not any(kind.has_exemplar(value) for _, value in series)
        if exemplars or alike:
            self._openmetrics = text
        if not exemplars or alike:
            self._plain = text
        if changes != self._changes:
            self._plain = self._openmetrics = None
        return text

    def _drop(self, gone: Iterable[Values]) -> None:
        for own in gone:
            del self._series[own]
            self._room.give_back(size_of(self._kind.metric))
            self._note_change()

    def _note_change(self) -> None:
        # After the change, and in this order: who renders meanwhile sees that there was one, or what it kept goes here.
        self._changes += 1
        self._plain = self._openmetrics = None
