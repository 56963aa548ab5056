"""Leaving a relay alone that refuses: after 429, 503 or words that say so.

A refusal concerns one model, unless it says that the key is limited (`Fault.scope`); so healthy neighbours are asked as
ever. How long the rest is:

    the relay asked for a time         as long as that, an hour at most: one bogus header must not blind the monitor
    it asked for none, or for less     one interval of the probe, a minute at most; with each further refusal in a row
    than a second (0, the past)        twice as long, 15 minutes at most. The first rest so lets no run out
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wnmon.engine.ports import Clock, Rest, RestCause
from wnmon.model.result import Reason, Result, Scope
from wnmon.model.target import Probe
from wnmon.wire.answer import Answer

FIRST_S = 60.0
LONGEST_S = 900.0
LONGEST_ASKED_S = 3600.0
SHORTEST_ASKED_S = 1.0
"""Less is as good as nothing: such a rest would let no run out for ever."""
SLACK_NS = 100_000_000
"""A rest of our own is over so much before the slot it leads to: a run may begin a moment early."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A row of refusals: the rest it led to, how many they are, and the unit their rests are multiples of."""

    rest: Rest
    times: int
    unit_s: float


class Backoff:
    """Who is being left alone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rows: dict[tuple[str, str | None], Refused] = {}

    def rest(self, target: str, model: str) -> Rest | None:
        """Return the rest that keeps a model from being asked, the longer one of model and key; None when it may be."""
        rows = (self._rows.get((target, scope)) for scope in (None, model))
        rests = [row.rest for row in rows if row is not None and row.rest.until_ns > self._clock.boot_ns()]
        return max(rests, key=lambda rest: rest.until_ns, default=None)

    def learn(self, probe: Probe, result: Result, answers: Sequence[Answer]) -> None:
        """Take note of a run: a refusal begins a rest, any other answer ends the row of refusals.

        `answers` are those that a refusal counts of: not the copies of a burst, which asks for it.
        """
        if not answers:
            return
        target, model = probe.target.name, probe.model
        limited = any(answer.exchange.status == 429 or _says_limited(answer) for answer in answers)
        if limited or result.status == 503 or result.reason is Reason.RATE_LIMITED:
            scopes = {answer.fault.scope for answer in answers if answer.fault is not None}
            self._refuse((target, None if Scope.KEY in scopes else model), probe, result, answers)
        elif result.status is not None:
            self._forget(target, model)

    def forget(self, target: str) -> None:
        """Leave nobody of a target alone any more: it is another relay now, or another key."""
        self._rows = {key: row for key, row in self._rows.items() if key[0] != target}

    def _forget(self, target: str, model: str) -> None:
        """End the rows of refusals. A rest still running stands: this answer was to a request sent before it began."""
        now_ns = self._clock.boot_ns()
        for key in ((target, None), (target, model)):
            if key in self._rows and self._rows[key].rest.until_ns <= now_ns:
                del self._rows[key]

    def _refuse(self, key: tuple[str, str | None], probe: Probe, result: Result, answers: Sequence[Answer]) -> None:
        """Rest; refusals of requests that were under way together count as one, and the longest rest holds."""
        now_ns, known = self._clock.boot_ns(), self._rows.get(key)
        times = 1 if known is None else known.times + (known.rest.until_ns <= now_ns)
        unit_s = min(FIRST_S, probe.check.every_s, known.unit_s if known is not None else FIRST_S)
        if result.retry_after_s is not None and result.retry_after_s >= SHORTEST_ASKED_S:
            asked_ns = int(min(result.retry_after_s, LONGEST_ASKED_S) * 1e9)
            rest = Rest(cause=RestCause.ASKED, until_ns=now_ns + asked_ns)
        else:
            rest = Rest(cause=RestCause.REFUSED, until_ns=self._own_end_ns(unit_s, times, probe, answers))
        longest = max((rest, known.rest) if known is not None else (rest,), key=lambda one: one.until_ns)
        self._rows[key] = Refused(longest, times, unit_s)

    def _own_end_ns(self, unit_s: float, times: int, probe: Probe, answers: Sequence[Answer]) -> int:
        """Return when a rest that nobody asked for ends: before the slot it leads to, where that is the next one."""
        now_ns, scheduled_ns = self._clock.boot_ns(), answers[0].exchange.marks.scheduled_ns
        own_ns = int(min(unit_s * 2 ** min(times - 1, 20), LONGEST_S) * 1e9)
        if scheduled_ns is None:
            return now_ns + own_ns
        due_ns = now_ns - (self._clock.now_ns() - scheduled_ns)
        return min(now_ns + own_ns, due_ns + max(own_ns, probe.check.every_ns) - SLACK_NS)


def _says_limited(answer: Answer) -> bool:
    return answer.fault is not None and answer.fault.reason is Reason.RATE_LIMITED
