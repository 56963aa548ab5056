"""Leaving a relay alone that asks for it: after 429 and 503, as long as Retry-After says, else doubling from a minute.

429 concerns the key and so the whole target; 503 and an unavailable model concern one model of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from wnmon.engine.ports import Clock
from wnmon.model.result import Reason, Result

FIRST_S = 60.0
LONGEST_S = 900.0
LONGEST_ASKED_S = 3600.0
"""A Retry-After beyond an hour is cut to it: one bogus header must not blind the monitor for a day."""


@dataclass(frozen=True, slots=True)
class Rest:
    """Until when (monotonic ns) nothing is sent, and how many refusals in a row led there."""

    until_ns: int
    refusals: int


class Backoff:
    """Who is being left alone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rests: dict[tuple[str, str | None], Rest] = {}

    def left_s(self, target: str, model: str) -> float:
        """Return for how many more seconds nothing may be sent; 0 when it may."""
        now_ns = self._clock.now_ns()
        rests = (self._rests.get((target, scope)) for scope in (None, model))
        return max([0.0, *((rest.until_ns - now_ns) / 1e9 for rest in rests if rest)])

    def learn(self, target: str, model: str, result: Result, *, limited: bool = False) -> None:
        """Take note of a result: a refusal begins a rest, any other answer ends the row of refusals.

        `limited`: one of the run's answers was a 429, whichever the result stands for.
        """
        if limited or result.status == 429:
            self._refused((target, None), result.retry_after_s)
        elif result.status == 503 or result.reason is Reason.RATE_LIMITED:
            self._refused((target, model), result.retry_after_s)
        elif result.status is not None:
            self._answered(target, model)

    def _answered(self, target: str, model: str) -> None:
        """Forget past refusals. A rest still running stands: this answer was to a request sent before it began."""
        now_ns = self._clock.now_ns()
        for key in ((target, None), (target, model)):
            if key in self._rests and self._rests[key].until_ns <= now_ns:
                del self._rests[key]

    def _refused(self, key: tuple[str, str | None], retry_after_s: float | None) -> None:
        """Rest; refusals of requests that were under way together count as one, and the longest rest holds."""
        now_ns, known = self._clock.now_ns(), self._rests.get(key, Rest(0, 0))
        refusals = max(1, known.refusals + (known.until_ns <= now_ns))
        doubled_s = min(FIRST_S * 2 ** min(refusals - 1, 10), LONGEST_S)
        rest_s = doubled_s if retry_after_s is None else min(retry_after_s, LONGEST_ASKED_S)
        self._rests[key] = Rest(max(known.until_ns, now_ns + int(rest_s * 1e9)), refusals)
