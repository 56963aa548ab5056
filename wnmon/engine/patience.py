"""What a check waits for a relay's limits of rate, so that a 429 ends no suite: so long in all, and no longer.

    a refusal for the rate of requests        the same request is asked again after
    ----------------------------------------  ------------------------------------------------------------------------
    asks for a time                           that, a second at least; again and again refused, 2, 4, 8 ... s at least
    names a limit per minute alone            the time of one request by it, each further time twice as long
    names a limit of more than a minute       never: no minute mends it
    names nothing                             5 s, then 10, 20, 40
    comes before anything was answered        never: nothing shows that the key may ask at all

    an answer                                 the next request is sent
    ----------------------------------------  ------------------------------------------------------------------------
    says that nothing is left, and when more  then
    was refused, and names a limit a minute   from then on, spread evenly by that limit

Where a relay asks for more than is left, nothing is waited. A limit that a configuration names is kept by `pace`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wnmon.judge.preflight import is_rate_limited
from wnmon.judge.subject import is_success
from wnmon.model.check import Plan, Step
from wnmon.model.duration import show_seconds
from wnmon.model.pace import UNLIMITED, Pace, Pause, Tense
from wnmon.model.said import Said, Text
from wnmon.wire.answer import Answer
from wnmon.wire.limits import Told, told

DEFAULT_S = 120.0
SHORTEST_S = 1.0
UNTOLD_S = 5.0
"""The first wait where a refusal names no time."""
WORTH_TELLING_S = 1.0


def _tell_nobody(_: Text) -> None:
    """Keep it to oneself."""


@dataclass(slots=True)
class Patience:
    """What is left of it, in seconds, and what the relay told so far. Instants are monotonic ns.

    `requests_left`: how many are still to be sent, 0 if not known. `answered`: a request of the check was.
    """

    left_s: float = 0.0
    tell: Callable[[Text], None] = _tell_nobody
    requests_left: int = 0
    answered: bool = False
    _pace: Pace = UNLIMITED
    _said: Pace = UNLIMITED
    _gap_s: float = 0.0
    _next_ns: int = 0
    _refusals: int = 0

    def before(self, step: Step, now_ns: int) -> Pause | None:
        """Return what to wait before a request, by what earlier answers told; None where it may be sent."""
        wait_s = (self._next_ns - now_ns) / 1e9
        return self._pause(step, wait_s) if 0 < wait_s <= self.left_s else None

    def after(self, plan: Plan, step: Step, answer: Answer, now_ns: int) -> Pause | None:
        """Return what to wait before the same is asked again, None where the answer stands.

        A pause of which nothing is waited says how long there was to wait.
        """
        says = told(answer.exchange, answer.reply.error)
        if says.pace != UNLIMITED:
            self._pace = says.pace
        if not is_rate_limited(plan, step, answer):
            self.answered = self.answered or is_success(answer)
            self._refusals = 0
            spread_ns = answer.exchange.marks.started_ns + int(self._gap_s * 1e9)
            self._next_ns = max(spread_ns, now_ns + int((says.reset_s or 0.0) * 1e9))
            return None
        if not self.answered:
            return None
        asked_s = answer.fault.retry_after_s if answer.fault is not None else None
        asked_s = asked_s or says.reset_s or None
        # One that asks for more than the time of a request or two counts by windows: the next one takes all at once.
        self._gap_s = self._pace.gap_s if asked_s is None or asked_s <= 2 * self._pace.gap_s else 0.0
        wait_s = self._wait_s(says, asked_s)
        self._refusals += 1
        return None if wait_s is None else self._pause(step, wait_s)

    def count_down(self) -> None:
        """Take note that a request is done with."""
        self.requests_left = max(0, self.requests_left - 1)

    def spend(self, pause: Pause) -> None:
        """Take note of what is going to be waited, and say it."""
        self.left_s -= pause.waited_s
        if pause.waited_s >= WORTH_TELLING_S:
            self.tell(pause.said(Tense.NOW))
            self._tell_of_rest()

    def _tell_of_rest(self) -> None:
        """Say once for each limit how long what is left takes by it, where requests are spread by it from now on."""
        rest_s = self._gap_s * self.requests_left
        if rest_s >= WORTH_TELLING_S and self._pace != self._said:
            self._said = self._pace
            calls = Said("cli_call" if self.requests_left == 1 else "cli_calls", n=self.requests_left)
            self.tell(Said("pace_left", calls=calls, said=self._pace.said, text=show_seconds(rest_s)))

    def _pause(self, step: Step, wait_s: float) -> Pause:
        waited_s = wait_s if wait_s <= self.left_s else 0.0
        return Pause(step=step.name, asked_s=wait_s, waited_s=waited_s, pace=self._pace)

    def _wait_s(self, says: Told, asked_s: float | None) -> float | None:
        """Return for how long to wait after a refusal, None where no wait that is worth it would mend it."""
        if asked_s is not None:
            return max(asked_s, SHORTEST_S * 2.0**self._refusals)
        if says.is_of_a_day:
            return None
        own_s = max(self._pace.gap_s or UNTOLD_S, SHORTEST_S) * 2.0**self._refusals
        # It is our own guess: what is left is as good, while it is worth anything.
        return min(own_s, self.left_s) if self.left_s >= SHORTEST_S else None
