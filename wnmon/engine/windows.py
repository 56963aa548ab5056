"""Which maintenance or pause keeps a probe from being asked. By the wall clock, as people agree on such times."""

from __future__ import annotations

from typing import NamedTuple

from wnmon.engine.ports import Clock, Rest, RestCause
from wnmon.model.target import Probe
from wnmon.model.window import Window
from wnmon.watch.windows import Span, span_of

_MOST_KNOWN = 10_000
_HOUR_S = 3600


class _Reckoned(NamedTuple):
    at_s: float
    span: Span | None


class Windows:
    """Asked often, so it remembers of each window when it is in force next, and when after the hours to come."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[tuple[Window, int | None], _Reckoned] = {}

    def rest(self, probe: Probe, at_ns: int | None = None) -> Rest | None:
        """Return the window a probe is in, of several the one that ends last; None where it is in none.

        At an instant to come (boot ns), as the wall clock goes now; without one, now.
        """
        if not probe.windows:
            return None
        now_s, now_ns = self._clock.wall_s(), self._clock.boot_ns()
        ahead_s = 0.0 if at_ns is None else (at_ns - now_ns) / 1e9
        spans = ((self._span(window, now_s, ahead_s), window) for window in probe.windows)
        ends = {window: span.until_s for span, window in spans if span is not None and span.holds(now_s + ahead_s)}
        if not ends:
            return None
        last = max(ends, key=lambda window: ends[window])
        left_ns = int((ends[last] - now_s) * 1e9)
        cause = RestCause.PAUSED if last.is_pause else RestCause.MAINTENANCE
        return Rest(cause=cause, until_ns=now_ns + left_ns, reason=last.reason)

    def _span(self, window: Window, now_s: float, ahead_s: float) -> Span | None:
        """Return when a window is in force so far ahead, or next after that."""
        span, at_s = self._reckoned(window, None, now_s), now_s + ahead_s
        return span if span is None or at_s < span.until_s else self._reckoned(window, int(at_s // _HOUR_S), at_s)

    def _reckoned(self, window: Window, hour: int | None, at_s: float) -> Span | None:
        known = self._known.get((window, hour))
        if known is None or at_s < known.at_s or (known.span is not None and at_s >= known.span.until_s):
            if len(self._known) >= _MOST_KNOWN:  # those of configurations before, and of hours gone by
                self._known.clear()
            known = self._known[window, hour] = _Reckoned(at_s, span_of(window, at_s))
        return known.span
