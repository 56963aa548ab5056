"""Leaving a relay alone that refuses: after 429, 503 or words that say so.

A refusal concerns one model, unless it says that the key is limited (`Fault.scope`); so healthy neighbours are asked as
ever; and it was told to whom it asked as: to another key it says nothing. How long the rest is:

    the relay asked for a time         as long as that, an hour at most: one bogus header must not blind the monitor
    it asked for none, or for less     one interval of the probe, a minute at most; with each further refusal in a row
    than a second (0, the past)        twice as long, 15 minutes at most. The first rest so lets no run out
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from wnmon.engine.ports import Clock, Rest, RestCause
from wnmon.model.result import Reason, Result, Scope
from wnmon.model.target import Client, Probe, Target, client_of
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


class _Whom(NamedTuple):
    """Whom a row is about: a model, or all of them where it is None, as one client of a target finds it."""

    target: str
    client: Client
    model: str | None


class Backoff:
    """Who is being left alone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rows: dict[_Whom, Refused] = {}

    def rest(self, target: Target, model: str, at_ns: int | None = None) -> Rest | None:
        """Return the rest that keeps a model from being asked, the longer one of model and key; None when it may be.

        At an instant (boot ns), as far as is known now; without one, now.
        """
        rows, at_ns = map(self._rows.get, _both(target, model)), self._clock.boot_ns() if at_ns is None else at_ns
        rests = [row.rest for row in rows if row is not None and row.rest.until_ns > at_ns]
        return max(rests, key=lambda rest: rest.until_ns, default=None)

    def learn(self, probe: Probe, result: Result, answers: Sequence[Answer]) -> None:
        """Take note of a run: a refusal begins a rest, any other answer ends the row of refusals.

        `answers` are those that a refusal counts of: not the copies of a burst, which asks for it.
        """
        if not answers:
            return
        of_key, of_model = _both(probe.target, probe.model)
        limited = any(answer.exchange.status == 429 or _says_limited(answer) for answer in answers)
        if limited or result.status == 503 or result.reason is Reason.RATE_LIMITED:
            scopes = {answer.fault.scope for answer in answers if answer.fault is not None}
            self._refuse(of_key if Scope.KEY in scopes else of_model, probe, result, answers)
        elif result.status is not None:
            self._forget(of_key, of_model)

    def keep(self, targets: Iterable[Target]) -> None:
        """Forget whoever asks no more: what was refused to another relay, or another key, keeps nobody from asking."""
        clients = {(target.name, client_of(target)) for target in targets}
        self._rows = {whom: row for whom, row in self._rows.items() if (whom.target, whom.client) in clients}

    def _forget(self, *ended: _Whom) -> None:
        """End the rows of refusals. A rest still running stands: this answer was to a request sent before it began."""
        now_ns = self._clock.boot_ns()
        for whom in ended:
            if whom in self._rows and self._rows[whom].rest.until_ns <= now_ns:
                del self._rows[whom]

    def _refuse(self, whom: _Whom, probe: Probe, result: Result, answers: Sequence[Answer]) -> None:
        """Rest; refusals of requests that were under way together count as one, and the longest rest holds."""
        now_ns, known = self._clock.boot_ns(), self._rows.get(whom)
        times = 1 if known is None else known.times + (known.rest.until_ns <= now_ns)
        unit_s = min(FIRST_S, probe.check.every_s, known.unit_s if known is not None else FIRST_S)
        if result.retry_after_s is not None and result.retry_after_s >= SHORTEST_ASKED_S:
            asked_ns = int(min(result.retry_after_s, LONGEST_ASKED_S) * 1e9)
            rest = Rest(cause=RestCause.ASKED, until_ns=now_ns + asked_ns)
        else:
            rest = Rest(cause=RestCause.REFUSED, until_ns=self._own_end_ns(unit_s, times, probe, answers))
        longest = max((rest, known.rest) if known is not None else (rest,), key=lambda one: one.until_ns)
        self._rows[whom] = Refused(longest, times, unit_s)

    def _own_end_ns(self, unit_s: float, times: int, probe: Probe, answers: Sequence[Answer]) -> int:
        """Return when a rest that nobody asked for ends: before the slot it leads to, where that is the next one."""
        now_ns, scheduled_ns = self._clock.boot_ns(), answers[0].exchange.marks.scheduled_ns
        own_ns = int(min(unit_s * 2 ** min(times - 1, 20), LONGEST_S) * 1e9)
        if scheduled_ns is None:
            return now_ns + own_ns
        due_ns = now_ns - (self._clock.now_ns() - scheduled_ns)
        return min(now_ns + own_ns, due_ns + max(own_ns, probe.check.every_ns) - SLACK_NS)


def _both(target: Target, model: str) -> tuple[_Whom, _Whom]:
    """Return whose rows are about a model: those of all models, and its own."""
    client = client_of(target)
    return _Whom(target.name, client, None), _Whom(target.name, client, model)


def _says_limited(answer: Answer) -> bool:
    return answer.fault is not None and answer.fault.reason is Reason.RATE_LIMITED
