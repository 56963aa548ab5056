"""When the bytes came: phases and arrivals of one exchange, as shares of its whole time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from wnmon.model.duration import show_duration
from wnmon.model.exchange import Exchange, Marks
from wnmon.wire.answer import Answer

WIDTH = 1000
"""Units of the whole time."""
SLOTS = 500
"""Arrivals closer than a slot are drawn as one."""
HEIGHT = 24
_LEAST_HEIGHT = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A phase and how long it took; x and width in units of `WIDTH`."""

    name: str
    x: float
    width: float
    took: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Bytes that arrived about one instant, the higher the more; x in units of `WIDTH`, height of `HEIGHT`."""

    x: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The whole. `facts` are (name, duration) beyond the phases; `token_x` is where the first token came."""

    phases: tuple[Phase, ...]
    ticks: tuple[Tick, ...]
    token_x: float | None
    facts: tuple[tuple[str, str], ...]
    arrivals: int
    total: str


def timeline(answer: Answer) -> Timeline:
    """Return what the stamps of an exchange draw. A phase that never began is absent."""
    exchange, timing = answer.exchange, answer.timing
    start_ns, end_ns = exchange.marks.started_ns, exchange.marks.end_ns
    span_ns = max(end_ns - start_ns, 1)

    def x(at_ns: int) -> float:
        return round(min(max(at_ns - start_ns, 0) / span_ns, 1) * WIDTH, 1)

    sent_ns = exchange.marks.sent_ns
    token_ns = None if timing.ttft_s is None or sent_ns is None else sent_ns + round(timing.ttft_s * 1e9)
    facts = (("ttft", timing.ttft_s), ("longest_gap", _longest_gap_s(exchange)))
    return Timeline(
        phases=tuple(
            Phase(name=name, x=x(low), width=round(x(high) - x(low), 1), took=show_duration(max(high - low, 0) / 1e9))
            for name, low, high in _phases(exchange.marks)
        ),
        ticks=_ticks(exchange, span_ns),
        token_x=None if token_ns is None else x(token_ns),
        facts=tuple((name, show_duration(value_s)) for name, value_s in facts if value_s is not None),
        arrivals=sum(bool(chunk.data) for chunk in exchange.chunks),
        total=show_duration(span_ns / 1e9),
    )


def _phases(marks: Marks) -> list[tuple[str, int, int]]:
    """Return (name, begin, end) of the phases that began; one that did not end lasted to the end of the exchange."""
    bounds = (
        ("dns", marks.resolve_ns, marks.resolved_ns),
        ("tcp", marks.connect_ns, marks.connected_ns),
        ("tls", marks.secure_ns, marks.secured_ns),
        ("send", marks.send_ns, marks.sent_ns),
        ("wait", marks.sent_ns, marks.headers_ns),
        ("body", marks.headers_ns, marks.end_ns),
    )
    return [(name, low, marks.end_ns if high is None else high) for name, low, high in bounds if low is not None]


def _ticks(exchange: Exchange, span_ns: int) -> tuple[Tick, ...]:
    sizes: Counter[int] = Counter()
    for chunk in exchange.chunks:
        share = min(max(chunk.at_ns - exchange.marks.started_ns, 0) / span_ns, 1)
        sizes[min(int(share * SLOTS), SLOTS - 1)] += len(chunk.data)
    largest = max(sizes.values(), default=0) or 1
    rise = HEIGHT - _LEAST_HEIGHT
    return tuple(
        Tick(x=slot * WIDTH / SLOTS, height=round(_LEAST_HEIGHT + rise * size / largest, 1))
        for slot, size in sorted(sizes.items())
        if size
    )


def _longest_gap_s(exchange: Exchange) -> float | None:
    stamps = [chunk.at_ns for chunk in exchange.chunks if chunk.data]
    return max((max(later - earlier, 0) / 1e9 for earlier, later in pairwise(stamps)), default=None)
