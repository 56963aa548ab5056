"""The `metrics` of the YAML: buckets of the histograms, and how many series there may be."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from wnmon.config.node import Cursor
from wnmon.config.schema import sound
from wnmon.config.timing import limit_s
from wnmon.model.check import Timeouts
from wnmon.model.measures import Measures
from wnmon.model.said import Said
from wnmon.model.target import Probe

BY_DEFAULT = Measures()


def read_measures(place: Cursor | None) -> Measures:
    """Return what stands at `place`, what applies by default where nothing does. Reports what cannot be used."""
    if place is None:
        return BY_DEFAULT
    place = sound("metrics", place)  # what is not, the schema has told
    return Measures(
        ttft_buckets_s=_buckets_s(place.get("ttft_buckets")),
        duration_buckets_s=_buckets_s(place.get("duration_buckets")),
        max_series=place.whole_of("max_series") or BY_DEFAULT.max_series,
    )


def refuse_low_buckets(place: Cursor | None, measures: Measures, probes: Sequence[Probe]) -> None:
    """Report buckets that end before a request may: how long the longest of them take could not be told."""
    limits = [probe.check.timeouts for probe in probes]
    longest_s = max((limit.total_s for limit in limits), default=0.0)
    first_s = max((first_token_s(limit) for limit in limits), default=0.0)
    for key, bounds_s, least_s in (
        ("ttft_buckets", measures.ttft_buckets_s, first_s),
        ("duration_buckets", measures.duration_buckets_s, longest_s),
    ):
        listed = place.get(key) if place is not None else None
        if listed is not None and bounds_s is not None and bounds_s[-1] < least_s:
            *_, last = listed.elements()
            last.expected(Said("bucket_at_least", time=f"{least_s:g}s"), last.node.show(), Said("raise_last_bucket"))


def first_token_s(limits: Timeouts) -> float:
    """Return the longest a first token may take."""
    return min(limits.first_token_s, limits.total_s)


def _buckets_s(place: Cursor | None) -> tuple[float, ...] | None:
    if place is None:
        return None
    bounds = [(one, limit_s(one)) for one in place.elements()]
    for (_, before_s), (one, bound_s) in pairwise(bounds):
        if before_s is not None and bound_s is not None and bound_s <= before_s:
            one.expected(Said("bucket_above", time=f"{before_s:g}s"), one.node.show())
    return tuple(bound_s for _, bound_s in bounds if bound_s is not None)
