"""Leaving a relay alone that asks for it: after 429 and 503, as long as Retry-After says, else doubling from a minute.

429 concerns the key and so the whole target; 503 and an unavailable model concern one model of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from wnmon.engine.ports import Clock
from wnmon.model.result import Reason, Result

FIRST_S = 60.0
LONGEST_S = 1800.0

_ASKS_FOR_REST = {429, 503}


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

    def learn(self, target: str, model: str, result: Result) -> None:
        """Take note of a result: a refusal lengthens the rest, any other answer ends it."""
        if result.status is None:
            return
        if result.status in _ASKS_FOR_REST or result.reason is Reason.RATE_LIMITED:
            self._refused((target, None if result.status == 429 else model), result.retry_after_s)
            return
        for scope in (None, model):
            self._rests.pop((target, scope), None)

    def _refused(self, key: tuple[str, str | None], retry_after_s: float | None) -> None:
        refusals = self._rests[key].refusals + 1 if key in self._rests else 1
        doubled_s = min(FIRST_S * 2 ** min(refusals - 1, 10), LONGEST_S)
        rest_s = doubled_s if retry_after_s is None else retry_after_s
        self._rests[key] = Rest(self._clock.now_ns() + int(rest_s * 1e9), refusals)
