"""Which maintenance or pause keeps a probe from being asked. By the wall clock, as people agree on such times."""

from __future__ import annotations

from typing import NamedTuple

from wnmon.engine.ports import Clock, Rest, RestCause
from wnmon.model.target import Probe
from wnmon.model.window import Window
from wnmon.watch.windows import Span, span_of

_MOST_KNOWN = 10_000


class _Reckoned(NamedTuple):
    at_s: float
    span: Span | None


class Windows:
    """Asked often, so it remembers of each window when it is in force next."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[Window, _Reckoned] = {}

    def rest(self, probe: Probe) -> Rest | None:
        """Return the window a probe is in, of several the one that ends last; None where it is in none."""
        now_s = self._clock.wall_s()
        spans = ((self._span(window, now_s), window) for window in probe.windows)
        ends = {window: span.until_s for span, window in spans if span is not None and span.holds(now_s)}
        if not ends:
            return None
        last = max(ends, key=lambda window: ends[window])
        left_ns = int((ends[last] - now_s) * 1e9)
        cause = RestCause.PAUSED if last.is_pause else RestCause.MAINTENANCE
        return Rest(cause=cause, until_ns=self._clock.boot_ns() + left_ns, reason=last.reason)

    def _span(self, window: Window, now_s: float) -> Span | None:
        known = self._known.get(window)
        if known is None or now_s < known.at_s or (known.span is not None and now_s >= known.span.until_s):
            if len(self._known) >= _MOST_KNOWN:  # those of configurations before
                self._known.clear()
            known = self._known[window] = _Reckoned(now_s, span_of(window, now_s))
        return known.span
