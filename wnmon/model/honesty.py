"""How far the sensor's stamps are from what a relay of its own knows, and what that amounts to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from wnmon.model.said import Text


class Word(StrEnum):
    """What becomes of a self-test."""

    TRUSTWORTHY = "trustworthy"
    UNTRUSTWORTHY = "untrustworthy"
    UNJUDGED = "unjudged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Errors in seconds: `bias_s` the median with its sign, the others quantiles of the size."""

    count: int
    bias_s: float
    p50_s: float
    p99_s: float
    max_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What one way of asking (`http`, `https`) came to: `streams` of them, the times of `suspect` withheld."""

    scheme: str
    streams: int
    suspect: int
    ttft: Spread | None
    gaps: Spread | None
    relay_late: Spread | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Over all streams: times that are wrong by more than the bound, those of them withheld, and those published."""

    affected: int
    suspect: int
    published: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Honesty:
    """The word on a sensor, why, and the numbers behind it."""

    word: Word
    why: Text
    series: tuple[Series, ...]
    counts: Counts
    bound_s: float
