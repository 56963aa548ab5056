"""When a window is in force. Pure: told the instant."""

from __future__ import annotations

from datetime import UTC, datetime

from wnmon.model.window import Window
from wnmon.watch.cron import starts

Span = tuple[float, float]
"""From when to when, in epoch seconds."""


def span_of(window: Window, now_s: float) -> Span | None:
    """Return when a window is in force: now, or the next time; None where it never is again."""
    if window.cron is None:
        return (window.from_s, window.until_s) if now_s < window.until_s else None
    zone = window.zone or UTC
    first = datetime.fromtimestamp(now_s - window.duration_s, zone).date()
    ends = ((start_s, start_s + window.duration_s) for start_s in starts(window.cron, zone, first))
    return next((span for span in ends if now_s < span[1]), None)


def is_in_force(window: Window, now_s: float) -> bool:
    """Tell whether nothing is to be sent now."""
    span = span_of(window, now_s)
    return span is not None and span[0] <= now_s
