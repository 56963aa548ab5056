"""When a window is in force. Pure: told the instant."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from wnmon.model.window import Window
from wnmon.watch.cron import starts


class Span(NamedTuple):
    """From when to when, in epoch seconds: `from_s` is the first instant of it, `until_s` the first after it."""

    from_s: float
    until_s: float

    def holds(self, at_s: float) -> bool:
        """Tell whether an instant lies in it."""
        return self.from_s <= at_s < self.until_s


def span_of(window: Window, now_s: float) -> Span | None:
    """Return when a window is in force: now, or the next time; None where it never is again."""
    if window.cron is None:
        return Span(window.from_s, window.until_s) if now_s < window.until_s else None
    zone = window.zone or UTC
    first = datetime.fromtimestamp(now_s - window.duration_s, zone).date()
    spans = (Span(start_s, start_s + window.duration_s) for start_s in starts(window.cron, zone, first))
    return next((span for span in spans if now_s < span.until_s), None)
