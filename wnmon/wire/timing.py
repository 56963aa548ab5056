"""Durations of an exchange, from its marks and from the stamps its tokens carry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import sub
from typing import Any

from wnmon.model.exchange import Exchange
from wnmon.model.result import BOUNDS, Mark, Timing
from wnmon.wire.reply import Channel, Form, Reply

SUSPECT_LAG_NS = 20_000_000
"""What a stamp bounds is not published where the stamp may be later than this. How long it took plays no part in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A time between two stamps, in seconds: as stamped, and the least and the most it may truly have been.

    Stamps err late only: what began may have begun earlier, what ended may have ended earlier. None is negative.
    """

    took_s: float
    least_s: float
    most_s: float


def span(exchange: Exchange, start_ns: int | None, end_ns: int | None) -> Span | None:
    """Return the time between two stamps of an exchange, None where one never came."""
    if start_ns is None or end_ns is None:
        return None
    took_ns = end_ns - start_ns
    return Span(
        took_s=_seconds(took_ns),
        least_s=_seconds(took_ns - exchange.lag_ns(end_ns)),
        most_s=_seconds(took_ns + exchange.lag_ns(start_ns)),
    )


def measure(exchange: Exchange, reply: Reply) -> Timing:
    """Return what the stamps tell. An instant that never came gives None; none is ever negative.

    First-instants count from `sent`. One stamped before it (the relay answered while the last byte was on its way)
    counts as 0. For a JSON answer there is no ttft and no first_visible. `token_events` counts events with a token.
    """
    stamps = _token_stamps(reply)
    at_ns = _instants(exchange, reply, stamps)
    took_s: dict[str, Any] = {
        name: _seconds(end_ns - start_ns)
        for name, (start, end) in BOUNDS.items()
        if (start_ns := at_ns[start]) is not None and (end_ns := at_ns[end]) is not None
    }
    tokens = (reply.usage.completion_tokens or 0) if reply.usage is not None else 0
    total_s = took_s.get("total_s")
    suspect = tuple(mark for mark, at in at_ns.items() if at is not None and exchange.lag_ns(at) > SUSPECT_LAG_NS)
    return Timing(
        **took_s,
        token_events=len(stamps),
        time_per_output_token_s=_per_token_s(stamps, tokens),
        tokens_per_s=tokens / total_s if tokens > 0 and total_s else None,
        suspect=bool(suspect),
        suspect_marks=suspect,
    )


def instants(exchange: Exchange, reply: Reply) -> dict[Mark, int | None]:
    """Return when each mark was stamped, None for one that never came."""
    return _instants(exchange, reply, _token_stamps(reply))


def _instants(exchange: Exchange, reply: Reply, stamps: Sequence[int]) -> dict[Mark, int | None]:
    marks = exchange.marks
    events = reply.stream.events if reply.form is Form.STREAM and reply.stream is not None else ()
    gaps = list(map(sub, stamps[1:], stamps))
    longest = gaps.index(max(gaps)) if gaps else None
    return {
        Mark.RESOLVE: marks.resolve_ns,
        Mark.RESOLVED: marks.resolved_ns,
        Mark.CONNECT: marks.connect_ns,
        Mark.CONNECTED: marks.connected_ns,
        Mark.SECURE: marks.secure_ns,
        Mark.SECURED: marks.secured_ns,
        Mark.SEND: marks.send_ns,
        Mark.SENT: marks.sent_ns,
        Mark.HEADERS: marks.headers_ns,
        Mark.FIRST_BYTE: next((chunk.at_ns for chunk in exchange.chunks if chunk.data), None),
        Mark.FIRST_EVENT: next((event.at_ns for event in events if event.has_data), None),
        Mark.FIRST_TOKEN: stamps[0] if stamps else None,
        Mark.FIRST_VISIBLE: next((token.at_ns for token in reply.tokens if token.channel is Channel.CONTENT), None),
        Mark.GAP_BEGIN: None if longest is None else stamps[longest],
        Mark.GAP_END: None if longest is None else stamps[longest + 1],
        Mark.LAST_TOKEN: stamps[-1] if stamps else None,
        Mark.END: marks.end_ns,
    }


def _token_stamps(reply: Reply) -> list[int]:
    """Return the stamp of each event that has a token."""
    return list({token.event: token.at_ns for token in reply.tokens}.values())


def _seconds(span_ns: int) -> float:
    return max(span_ns, 0) / 1e9


def _per_token_s(stamps: list[int], tokens: int) -> float | None:
    """Return (last - first) / (n - 1). One stamp for all tokens tells no rate."""
    if tokens < 2 or len(stamps) < 2 or stamps[-1] <= stamps[0]:
        return None
    return _seconds(stamps[-1] - stamps[0]) / (tokens - 1)
