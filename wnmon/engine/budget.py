"""What a target's monitoring may cost per UTC day, and what a check may cost in all.

    a request                       its tokens
    ------------------------------  ----------------------------------------------------------------------------------
    is to be sent                   the worst case is reserved; refused over the cap, then over the target's day
    was answered, or may have been  settled as `wire/spending.py` says: the rest is given back
    was never sent in full          settled as nothing
    was cut short by a signal       never settled, so the worst case stays
    was answered on the next day    settled under the cap alone: the ledger of the day before is past changing

In memory: a restart begins a new ledger, so the limits hold per process.
"""

from __future__ import annotations

from dataclasses import dataclass

from wnmon.engine.ports import Clock
from wnmon.model.events import BudgetLeft
from wnmon.model.said import Said, Text
from wnmon.model.target import Budget, Target

_DAY_S = 86_400


@dataclass(slots=True)
class Ledger:
    """What one target has spent or reserved on one UTC day (days since the epoch).

    `is_exhausted`: a request did not fit any more.
    """

    day: int
    tokens: int = 0
    requests: int = 0
    is_exhausted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """How many tokens everything together may cost, whatever the day, and what is said where that is the end."""

    tokens: int
    why: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """Tokens set aside for one request, until it is settled."""

    target: str
    day: int
    tokens: int


class Budgets:
    """The ledgers of all targets, and under a cap what they come to together."""

    def __init__(self, clock: Clock, cap: Cap | None = None) -> None:
        self._clock = clock
        self._cap = cap
        self._in_all = 0
        self._ledgers: dict[str, Ledger] = {}

    def refusal(self, target: Target, tokens: int, copies: int = 1) -> Text | None:
        """Return why so many requests, each of this worst case, are not to be sent, None when they may be.

        A refusal for the day is remembered: the target rests, see `rests_until_s`.
        """
        if self._cap is not None and self._in_all + tokens * copies > self._cap.tokens:
            return self._cap.why
        ledger = self._ledger(target.name)
        if _holds(target.budget, ledger, tokens * copies, copies):
            return None
        ledger.is_exhausted = True
        return Said("day_budget_used_up", text=target.name)

    def reserve(self, target: Target, tokens: int) -> Reservation | None:
        """Set the worst case of one request aside, or return None where that is refused."""
        if self.refusal(target, tokens) is not None:
            return None
        ledger = self._ledger(target.name)
        self._in_all += tokens
        ledger.tokens += tokens
        ledger.requests += 1
        return Reservation(target=target.name, day=ledger.day, tokens=tokens)

    def settle(self, reservation: Reservation, spent_tokens: int) -> None:
        """Replace the worst case by what was spent; a reservation of an earlier day is past changing."""
        unspent = reservation.tokens - spent_tokens
        self._in_all -= unspent
        ledger = self._ledger(reservation.target)
        if ledger.day == reservation.day:
            ledger.tokens -= unspent

    def tokens_left(self, target: Target) -> int | None:
        """Return today's remaining tokens, None without a limit. Never negative: a relay may overrun max_tokens."""
        limit = target.budget.tokens_per_day
        return None if limit is None else max(0, limit - self._ledger(target.name).tokens)

    def rests_until_s(self, target: Target) -> float | None:
        """Return the epoch second at which the budget of a target begins anew, None where it refused nothing today.

        Changes nothing, so another thread may ask.
        """
        ledger = self._current(target.name)
        return float((ledger.day + 1) * _DAY_S) if ledger is not None and ledger.is_exhausted else None

    def left(self, target: Target) -> BudgetLeft:
        """Return what is left of today's budget, as the metrics say it."""
        limit = target.budget.tokens_per_day
        limits = (limit, target.budget.requests_per_day)
        return BudgetLeft(
            target=target.name,
            tokens_left=self.tokens_left(target),
            tokens_limit=limit,
            is_exhausted=None if limits == (None, None) else self._ledger(target.name).is_exhausted,
        )

    def _ledger(self, target: str) -> Ledger:
        ledger = self._current(target)
        if ledger is None:
            ledger = self._ledgers[target] = Ledger(day=self._today())
        return ledger

    def _current(self, target: str) -> Ledger | None:
        """Return the ledger that is written now, None where a new one is due; a clock set back does not begin a day."""
        ledger = self._ledgers.get(target)
        return ledger if ledger is not None and ledger.day >= self._today() else None

    def _today(self) -> int:
        return int(self._clock.wall_s() // _DAY_S)


def _holds(budget: Budget, ledger: Ledger, tokens: int, requests: int) -> bool:
    if budget.requests_per_day is not None and ledger.requests + requests > budget.requests_per_day:
        return False
    return budget.tokens_per_day is None or ledger.tokens + tokens <= budget.tokens_per_day
