"""Durations of an exchange, from its marks and from the stamps its tokens carry."""

from __future__ import annotations

from itertools import pairwise

from wnmon.model.exchange import Exchange
from wnmon.model.result import Timing
from wnmon.wire.reply import Channel, Form, Reply

SUSPECT_LAG_NS = 20_000_000
"""A sample is suspect when the monitor's own event loop was later than this while the exchange ran."""


def measure(exchange: Exchange, reply: Reply) -> Timing:
    """Return what the stamps tell. An instant that never came gives None; none is ever negative.

    First-instants count from `sent`. One stamped before it (the relay answered while the last byte was on its way)
    counts as 0. For a JSON answer there is no ttft and no first_visible. `token_events` counts events with a token.
    """
    marks = exchange.marks
    stamps = list({token.event: token.at_ns for token in reply.tokens}.values())
    visible = next((token.at_ns for token in reply.tokens if token.channel is Channel.CONTENT), None)
    events = reply.stream.events if reply.form is Form.STREAM and reply.stream is not None else ()
    total_s = _span_s(marks.sent_ns, marks.end_ns)
    tokens = (reply.usage.completion_tokens or 0) if reply.usage is not None else 0
    return Timing(
        dns_s=_span_s(marks.resolve_ns, marks.resolved_ns),
        tcp_s=_span_s(marks.connect_ns, marks.connected_ns),
        tls_s=_span_s(marks.secure_ns, marks.secured_ns),
        send_s=_span_s(marks.send_ns, marks.sent_ns),
        headers_s=_span_s(marks.sent_ns, marks.headers_ns),
        first_byte_s=_span_s(marks.sent_ns, next((chunk.at_ns for chunk in exchange.chunks if chunk.data), None)),
        first_event_s=_span_s(marks.sent_ns, next((event.at_ns for event in events if event.has_data), None)),
        ttft_s=_span_s(marks.sent_ns, stamps[0] if stamps else None),
        first_visible_s=_span_s(marks.sent_ns, visible),
        last_token_s=_span_s(marks.sent_ns, stamps[-1] if stamps else None),
        total_s=total_s,
        max_gap_s=max((_seconds(later - earlier) for earlier, later in pairwise(stamps)), default=None),
        token_events=len(stamps),
        time_per_output_token_s=_per_token_s(stamps, tokens),
        tokens_per_s=tokens / total_s if tokens > 0 and total_s else None,
        suspect=exchange.late_ns > SUSPECT_LAG_NS,
    )


def _seconds(span_ns: int) -> float:
    return max(span_ns, 0) / 1e9


def _span_s(start_ns: int | None, end_ns: int | None) -> float | None:
    return None if start_ns is None or end_ns is None else _seconds(end_ns - start_ns)


def _per_token_s(stamps: list[int], tokens: int) -> float | None:
    """Return (last - first) / (n - 1). One stamp for all tokens tells no rate."""
    if tokens < 2 or len(stamps) < 2 or stamps[-1] <= stamps[0]:
        return None
    return _seconds(stamps[-1] - stamps[0]) / (tokens - 1)
