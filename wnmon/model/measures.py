"""How fine the histograms of the service are, and how many series it may keep."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """The `metrics` of a configuration. Upper bounds of buckets are in seconds, None for those made by default."""

    ttft_buckets_s: tuple[float, ...] | None = None
    duration_buckets_s: tuple[float, ...] | None = None
    max_series: int = 200_000
