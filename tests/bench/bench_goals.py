"""The goals of the sensor as data, and whether what was measured meets them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Met(StrEnum):
    """What became of a goal."""

    STRETCH = "stretch"
    MET = "met"
    NOT_MET = "not met"
    BUSY = "too busy to judge"
    UNMEASURED = "not measured"


MOST_FOREIGN = 0.05
"""Share of all cores that others may use while something is measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What is to be reached. `peer`: the figure is divided by the peer's, and the bounds hold for the ratio.

    `at_least`: more is better. `needs_quiet`: others who use the cores meanwhile make it worse.
    """

    key: str
    what: str
    unit: str
    target: float
    stretch: float | None = None
    peer: str | None = None
    at_least: bool = False
    needs_quiet: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What was measured: the figure and the peer's in the unit of the goal, of how many samples.

    `plain`: the figure without the extra `fast`; `foreign`: the share of all cores that others used meanwhile; `limit`:
    what limits it, or why there is none; `source`: what measured it where it is not of this run.
    """

    value: float | None = None
    peer: float | None = None
    samples: int | None = None
    plain: float | None = None
    foreign: float = 0.0
    limit: str = ""
    source: str = ""

    @property
    def ratio(self) -> float | None:
        """Return the figure over the peer's."""
        return None if self.value is None or not self.peer else self.value / self.peer


def assess(goal: Goal, figure: Figure) -> Met:
    """Return what became of a goal. A goal that is met is met on a busy machine too: others only ever make it worse."""
    held = figure.ratio if goal.peer else figure.value
    if held is None:
        return Met.UNMEASURED
    if goal.stretch is not None and _reached(held, goal.stretch, goal):
        return Met.STRETCH
    if _reached(held, goal.target, goal):
        return Met.MET
    return Met.BUSY if goal.needs_quiet and figure.foreign > MOST_FOREIGN else Met.NOT_MET


def _reached(held: float, bound: float, goal: Goal) -> bool:
    return held >= bound if goal.at_least else held <= bound


def percentile(values: Sequence[float], percent: float) -> float | None:
    """Return the percentile by the nearest rank, None of nothing."""
    ordered = sorted(values)
    return ordered[max(0, -int(-len(ordered) * percent // 100) - 1)] if ordered else None


def most_streams(p99_ms: Mapping[int, float | None], bound_ms: float) -> int:
    """Return up to how many streams at once the error stays below a bound: with each smaller number too."""
    most = 0
    for streams, error_ms in sorted(p99_ms.items()):
        if error_ms is None or error_ms >= bound_ms:
            break
        most = streams
    return most


GOALS = (
    Goal(
        key="ttft_tls",
        what="TTFT error p99, 20 TLS streams at once, /metrics of 100 probes every 5 s, first run included",
        unit="ms",
        target=1.0,
        stretch=0.5,
    ),
    Goal(key="suspect", what="suspect share in that run", unit="%", target=0.5, stretch=0.1),
    Goal(key="suspect_loops", what="the same with two busy loops beside", unit="%", target=10, stretch=5),
    Goal(
        key="cpu_json",
        what="CPU per JSON probe, fresh connection, 16 at once",
        unit="ms",
        target=1.0,
        stretch=0.6,
        peer="blackbox_exporter",
    ),
    Goal(
        key="cpu_stream",
        what="CPU per stream of 64 tokens, 100 at once",
        unit="ms",
        target=0.30,
        stretch=0.15,
        peer="httpx alone",
    ),
    Goal(
        key="cpu_stream_sdk",
        what="CPU per stream of 64 tokens, 100 at once",
        unit="ms",
        target=0.25,
        peer="openai SDK",
    ),
    Goal(
        key="streams",
        what="streams at once with a TTFT error p99 below 1 ms",
        unit="",
        target=300,
        stretch=500,
        at_least=True,
    ),
    Goal(key="gap", what="gap error p99 at 100 streams", unit="ms", target=1.0, stretch=0.5),
    Goal(
        key="ttft_1000",
        what="TTFT error p99.9 of samples that are not suspect, /metrics of 1,000 probes every 5 s",
        unit="ms",
        target=5.0,
        stretch=2.0,
    ),
    Goal(
        key="late",
        what="1,000 probes every 10 s: lateness p99",
        unit="ms",
        target=1.3,
        stretch=1.1,
        peer="bare call_at",
    ),
    Goal(key="skipped", what="1,000 probes every 10 s: missed or overlapped", unit="runs", target=0),
    Goal(key="memory_100", what="proportional memory at 100 probes", unit="MB", target=90, stretch=60),
    Goal(key="memory_1000", what="proportional memory at 1,000 probes", unit="MB", target=200, stretch=120),
    Goal(key="memory_sensor", what="proportional memory of each sensor process", unit="MB", target=35),
    Goal(key="growth", what="growth over 100,000 runs", unit="MB", target=1, needs_quiet=False),
    Goal(
        key="metrics",
        what="/metrics of 1,000 probes, 10 % changed: CPU",
        unit="ms",
        target=0.15,
        peer="generate_latest",
    ),
    Goal(key="help", what="wnmon --help: CPU", unit="ms", target=1.3, peer="python -c 'import click'"),
    Goal(key="validate", what="wnmon validate of 1,000 checks: CPU", unit="ms", target=0.5, peer="yaml.SafeLoader"),
    Goal(key="check_list", what="wnmon check --list: CPU", unit="s", target=0.4),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """All that one run of the bench leaves: figures by goal, the machine, the series of the plots, the raw phases."""

    figures: Mapping[str, Figure]
    machine: Mapping[str, str]
    quick: bool
    errors: Mapping[str, Mapping[int, float | None]]
    cpu_ms: Mapping[str, Mapping[str, float]]
    phases: Sequence[Mapping[str, Any]]
