"""What everybody may know of a probe: a type that has room for nothing else, and the only way to fill it.

Its members are the allow list of the public view. There is no place in them for a message, a reason, a host, a key or a
label: whatever shows these rows cannot show more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from wnmon.engine.ports import Course, ProbeState
from wnmon.engine.probe_states import MAINTENANCE, UNKNOWN
from wnmon.model.result import Outcome
from wnmon.model.target import ProbeId


class PublicState(StrEnum):
    """How a probe is, as confirmed: one failure among good runs is nobody's business yet."""

    DOWN = "down"
    DEGRADED = "degraded"
    UNKNOWN = "unknown"
    MAINTENANCE = "maintenance"
    WAITING = "waiting"
    UP = "up"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicRow:
    """One row of the public view. `since_s` (epoch) is when it was confirmed to be up, or down; None: not known.

    Latencies are those of the last run, in seconds, and None where the monitor itself may have been late. `uptime` is
    the share of good runs by days, `hours` that of each of the last 24, None where no run said anything. `outages` are
    from when to when it was down of late, the newest first.
    """

    target: str
    check: str
    model: str
    state: PublicState
    since_s: float | None
    ttft_s: float | None
    total_s: float | None
    uptime: Mapping[int, float | None] = field(default_factory=dict)
    hours: tuple[float | None, ...] = ()
    outages: tuple[tuple[float, float | None], ...] = ()


def public_rows(states: Sequence[ProbeState], courses: Mapping[ProbeId, Course]) -> list[PublicRow]:
    """Return what everybody may know of these probes, those that are down first."""
    order = list(PublicState)
    rows = [_row(state, courses.get(state.id, Course())) for state in states]
    return sorted(rows, key=lambda row: (order.index(row.state), row.target, row.check, row.model))


def _row(state: ProbeState, course: Course) -> PublicRow:
    shown = _state(state)
    return PublicRow(
        target=state.target,
        check=state.check,
        model=state.model,
        state=shown,
        since_s=state.up_since_s if shown in {PublicState.UP, PublicState.DEGRADED, PublicState.DOWN} else None,
        ttft_s=_latency(state, "ttft_s", state.ttft_s),
        total_s=_latency(state, "total_s", state.total_s),
        uptime={count: span.uptime for count, span in course.days.items()},
        hours=tuple(span.uptime for span in course.hours),
        outages=course.outages,
    )


def _state(state: ProbeState) -> PublicState:
    if state.outcome is None:
        return PublicState.WAITING
    if state.outcome == MAINTENANCE:
        return PublicState.MAINTENANCE
    if state.outcome == UNKNOWN or state.up is None:
        return PublicState.UNKNOWN
    if not state.up:
        return PublicState.DOWN
    return PublicState.DEGRADED if state.outcome == Outcome.DEGRADED else PublicState.UP


def _latency(state: ProbeState, name: str, seconds: float | None) -> float | None:
    return None if name in state.suspect_latencies else seconds
