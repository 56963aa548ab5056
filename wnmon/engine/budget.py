"""What a target's monitoring may cost per UTC day, and what a check may cost in all.

    a request                       its tokens
    ------------------------------  ----------------------------------------------------------------------------------
    is to be sent                   the worst case is reserved; refused over the cap, then over the target's day
    was answered with usage         settled as reported, as far as that can be believed: the rest is given back
    was answered without usage      settled as the worst case: the answer may have been made
    was refused with 4xx or 5xx     settled as reported, else as nothing
    was never sent in full          settled as nothing
    was cut short by a signal       never settled, so the worst case stays
    was answered on the next day    settled under the cap alone: the ledger of the day before is past changing

In memory: a restart begins a new ledger, so the limits hold per process.
"""

from __future__ import annotations

from dataclasses import dataclass

from wnmon.engine.ports import Clock
from wnmon.model.said import Said, Text
from wnmon.model.target import Budget, Target
from wnmon.wire.answer import Answer

MOST_TOKENS = 10_000_000
"""What one answer can have cost: a count beyond it is absurd, and would ruin the sum."""

_DAY_S = 86_400


@dataclass(slots=True)
class Ledger:
    """What one target has spent or reserved on one UTC day (days since the epoch)."""

    day: int
    tokens: int = 0
    requests: int = 0


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


def spent_tokens(answer: Answer, worst: tuple[int, int]) -> tuple[int, int]:
    """Return the (input, output) tokens an exchange cost, see above. Counts are never negative and never absurd."""
    exchange, usage = answer.exchange, answer.reply.usage
    if exchange.marks.sent_ns is None:
        return 0, 0
    if exchange.status is not None and exchange.status >= 400:
        worst = (0, 0)
    reported = (usage.prompt_tokens, usage.completion_tokens) if usage else (None, None)
    pairs = zip(reported, worst, strict=True)
    spent_input, spent_output = (most if said is None else min(max(said, 0), MOST_TOKENS) for said, most in pairs)
    return spent_input, spent_output


class Budgets:
    """The ledgers of all targets, and under a cap what they come to together."""

    def __init__(self, clock: Clock, cap: Cap | None = None) -> None:
        self._clock = clock
        self._cap = cap
        self._in_all = 0
        self._ledgers: dict[str, Ledger] = {}

    def refusal(self, target: Target, tokens: int, copies: int = 1) -> Text | None:
        """Return why so many requests, each of this worst case, are not to be sent, None when they may be."""
        if self._cap is not None and self._in_all + tokens * copies > self._cap.tokens:
            return self._cap.why
        if _holds(target.budget, self._ledger(target.name), tokens * copies, copies):
            return None
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

    def _ledger(self, target: str) -> Ledger:
        today = int(self._clock.wall_s() // _DAY_S)
        ledger = self._ledgers.get(target)
        if ledger is None or ledger.day != today:
            ledger = self._ledgers[target] = Ledger(day=today)
        return ledger


def _holds(budget: Budget, ledger: Ledger, tokens: int, requests: int) -> bool:
    if budget.requests_per_day is not None and ledger.requests + requests > budget.requests_per_day:
        return False
    return budget.tokens_per_day is None or ledger.tokens + tokens <= budget.tokens_per_day
