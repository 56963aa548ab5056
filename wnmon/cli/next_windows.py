"""When each window of a configuration is in force next, by its own clock: what cron means is seen before it happens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from wnmon.config import Config
from wnmon.model.said import Said
from wnmon.model.text import one_line
from wnmon.model.window import Window
from wnmon.watch.windows import Span, span_of

_MAX_REASON_CHARS = 80
_DAY_S = 86_400.0


def next_windows(config: Config, now_s: float) -> Iterator[Said]:
    """Yield of each window and pause when it is in force: until when, from when on, or never again."""
    for name, window in config.windows():
        span, reason = span_of(window, now_s), one_line(window.reason, _MAX_REASON_CHARS)
        if span is None:
            yield Said("window_never", name=name, reason=reason)
        elif span.holds(now_s):
            yield Said("window_now", name=name, reason=reason, until=f"{_at(span.until_s, window)} {_zone(window)}")
        else:
            yield Said("window_next", name=name, reason=reason, span=f"{_shown(span, window)} {_zone(window)}")


def _shown(span: Span, window: Window) -> str:
    """Return both ends of a span; the day of the second is left out where it is the next time a clock shows that."""
    until = _at(span.until_s, window)
    return f"{_at(span.from_s, window)}–{until if span.until_s - span.from_s >= _DAY_S else until[-5:]}"


def _at(at_s: float, window: Window) -> str:
    return f"{datetime.fromtimestamp(at_s, window.zone or UTC):%Y-%m-%d %H:%M}"


def _zone(window: Window) -> str:
    return str(window.zone or UTC)
