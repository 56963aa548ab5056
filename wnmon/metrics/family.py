"""One metric with all its series, by owner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from wnmon.metrics.block import Block, Room
from wnmon.metrics.catalogue import Metric
from wnmon.metrics.series import kind_of

BLOCKS_AT_ONCE = 16
"""Rendered and joined at one go: some 0.2 ms where each is a histogram that has changed."""


class Family:
    """The blocks of a metric. `heads` are HELP and TYPE, in plain text and in OpenMetrics."""

    def __init__(self, metric: Metric, heads: tuple[bytes, bytes]) -> None:
        self.blocks: dict[str, Block[Any]] = {}
        self._kind: Any = kind_of(metric)
        self._heads = heads

    @property
    def metric(self) -> Metric:
        """Return what the catalogue says, with the buckets in use."""
        metric: Metric = self._kind.metric
        return metric

    def new_block(self, labels: Mapping[str, str], room: Room, *, forced: bool) -> Block[Any]:
        """Return a block without series, for an owner with these labels."""
        return Block(self._kind, labels, room, forced=forced)

    def measure_by(self, bounds_s: tuple[float, ...]) -> None:
        """Count in these buckets from now on."""
        if bounds_s != self.metric.buckets:
            self._kind = kind_of(replace(self.metric, buckets=bounds_s))
            for block in self.blocks.values():
                block.begin_anew(self._kind)

    def pieces(self, *, openmetrics: bool) -> Iterator[bytes]:
        """Yield HELP, TYPE and every sample, nothing without samples. Some pieces may be empty."""
        head, blocks = self._heads[openmetrics], list(self.blocks.values())
        for start in range(0, len(blocks), BLOCKS_AT_ONCE):
            samples = b"".join([block.text(exemplars=openmetrics) for block in blocks[start : start + BLOCKS_AT_ONCE]])
            yield head + samples if samples else samples
            head = b"" if samples else head
