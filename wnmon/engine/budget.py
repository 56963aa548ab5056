"""What a target's monitoring may cost per UTC day, and what a check may cost in all.

    a request                       its tokens
    ------------------------------  ----------------------------------------------------------------------------------
    is to be sent                   the worst case is reserved; refused over the cap, then over the target's day
    was answered, or may have been  settled as `wire/spending.py` says: the rest is given back
    was never sent in full          settled as nothing
    was cut short by a signal       never settled, so the worst case stays
    was answered on the next day    settled under the cap alone: the ledger of the day before is past changing

With books this process spends out of shares that they grant it, a few requests ahead, so that neither a restart nor
another process beside it makes a budget larger. Without, the whole budget is its own, and a restart begins anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from wnmon.engine.ports import Account, Amount, Books, Clock
from wnmon.model.budget import Budget
from wnmon.model.events import BudgetLeft
from wnmon.model.said import Said, Text
from wnmon.model.target import Target

_DAY_S = 86_400

AHEAD = 4
"""So many requests like the one to be sent are granted together: each grant is a transaction of some 0.2 ms."""


@dataclass(slots=True, kw_only=True)
class Ledger:
    """What one target has spent or reserved on one UTC day (days since the epoch), in this process.

    `is_exhausted`: a request did not fit any more. `granted`: what the books let it spend, None without books;
    `left_beyond`: the tokens that were left beside all grants when they were last asked, None where nobody knows.
    """

    day: int
    tokens: int = 0
    requests: int = 0
    is_exhausted: bool = False
    granted: Amount | None = None
    left_beyond: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """How many tokens everything together may cost, whatever the day, and what is said where that is the end."""

    tokens: int
    why: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """Tokens set aside for one request, until it is settled."""

    target: Target = field(repr=False)
    day: int
    tokens: int


class Budgets:
    """The ledgers of all targets, and under a cap what they come to together."""

    def __init__(self, clock: Clock, cap: Cap | None = None, books: Books | None = None) -> None:
        self._clock = clock
        self._cap = cap
        self._books = books
        self._in_all = 0
        self._ledgers: dict[str, Ledger] = {}
        self._targets: dict[str, Target] = {}

    async def look(self, target: Target) -> None:
        """Ask the books what is left of a target's day, so that it is known before anything is sent."""
        if self._books is not None and _is_limited(target.budget):
            ledger = self._ledger(target)
            told = await self._books.grant(Account(target=target, day=ledger.day), Amount(), 0)
            ledger.left_beyond = told.tokens_left

    async def cover(self, target: Target, tokens: int, copies: int = 1) -> None:
        """Have so many requests, each of this worst case, granted by the books, where they grant that much.

        What is granted is this call's only until the loop runs on: `reserve` follows at once.
        """
        while self._books is not None and _is_limited(target.budget):
            ledger, need = self._ledger(target), Amount(tokens=tokens * copies, requests=copies)
            if _fits(ledger, need):
                return
            told = await self._books.grant(Account(target=target, day=ledger.day), need, AHEAD)
            ledger.left_beyond = told.tokens_left
            ledger.granted = _plus(ledger.granted, told.granted)
            if told.granted == Amount() and ledger is self._ledger(target):  # else midnight passed meanwhile
                return

    def refusal(self, target: Target, tokens: int, copies: int = 1) -> Text | None:
        """Return why so many requests, each of this worst case, are not to be sent, None when they may be.

        A refusal for the day is remembered: the target rests, see `rests_until_s`.
        """
        if self._cap is not None and self._in_all + tokens * copies > self._cap.tokens:
            return self._cap.why
        ledger, need = self._ledger(target), Amount(tokens=tokens * copies, requests=copies)
        if not _is_limited(target.budget) or (_holds(target.budget, ledger, need) and _fits(ledger, need)):
            return None
        ledger.is_exhausted = True
        return Said("day_budget_used_up", text=target.name)

    def reserve(self, target: Target, tokens: int) -> Reservation | None:
        """Set the worst case of one request aside, or return None where that is refused."""
        if self.refusal(target, tokens) is not None:
            return None
        ledger = self._ledger(target)
        self._in_all += tokens
        ledger.tokens += tokens
        ledger.requests += 1
        return Reservation(target=target, day=ledger.day, tokens=tokens)

    def settle(self, reservation: Reservation, spent_tokens: int) -> None:
        """Replace the worst case by what was spent; a reservation of an earlier day is past changing."""
        unspent = reservation.tokens - spent_tokens
        self._in_all -= unspent
        ledger, beyond = self._ledger(reservation.target), 0
        if ledger.day == reservation.day:
            ledger.tokens -= unspent
            if ledger.granted is not None and ledger.tokens > ledger.granted.tokens:
                beyond = ledger.tokens - ledger.granted.tokens
                ledger.granted = Amount(tokens=ledger.tokens, requests=ledger.granted.requests)
        if self._books is not None:
            account = Account(target=reservation.target, day=reservation.day)
            of_grant = Amount(tokens=spent_tokens - beyond, requests=1)
            self._books.spend(account, Amount(tokens=spent_tokens, requests=1), of_grant)

    def close(self) -> None:
        """Give back what the books have granted and nobody uses."""
        for name, ledger in self._ledgers.items():
            self._give_back(self._targets[name], ledger)

    def _give_back(self, target: Target, ledger: Ledger) -> None:
        if self._books is not None and ledger.granted is not None:
            unused = Amount(
                tokens=max(0, ledger.granted.tokens - ledger.tokens),
                requests=max(0, ledger.granted.requests - ledger.requests),
            )
            self._books.give_back(Account(target=target, day=ledger.day), unused)
            ledger.granted = Amount(tokens=ledger.tokens, requests=ledger.requests)

    def tokens_left(self, target: Target) -> int | None:
        """Return today's remaining tokens, None without a limit. Never negative: a relay may overrun max_tokens."""
        limit = target.budget.tokens_per_day
        if limit is None:
            return None
        ledger = self._ledger(target)
        own = limit - ledger.tokens
        if ledger.left_beyond is None:
            return max(0, own)
        return max(0, min(own, ledger.left_beyond + (ledger.granted or Amount()).tokens - ledger.tokens))

    def rests_until_s(self, target: Target) -> float | None:
        """Return the epoch second at which the budget of a target begins anew, None where it refused nothing today.

        Changes nothing, so another thread may ask.
        """
        ledger = self._current(target.name)
        return float((ledger.day + 1) * _DAY_S) if ledger is not None and ledger.is_exhausted else None

    def left(self, target: Target) -> BudgetLeft:
        """Return what is left of today's budget, as the metrics say it."""
        return BudgetLeft(
            target=target.name,
            tokens_left=self.tokens_left(target),
            tokens_limit=target.budget.tokens_per_day,
            is_exhausted=self._ledger(target).is_exhausted if _is_limited(target.budget) else None,
        )

    def _ledger(self, target: Target) -> Ledger:
        self._targets[target.name] = target
        ledger = self._current(target.name)
        if ledger is None:
            before = self._ledgers.get(target.name)
            if before is not None:
                self._give_back(target, before)
            ledger = self._ledgers[target.name] = Ledger(day=self._today())
        if ledger.granted is None and self._books is not None and _is_limited(target.budget):
            # Of what was spent without a limit, none was granted; it is in the books, which say what is left.
            ledger.granted = Amount(tokens=ledger.tokens, requests=ledger.requests)
        return ledger

    def _current(self, target: str) -> Ledger | None:
        """Return the ledger that is written now, None where a new one is due; a clock set back does not begin a day."""
        ledger = self._ledgers.get(target)
        return ledger if ledger is not None and ledger.day >= self._today() else None

    def _today(self) -> int:
        return int(self._clock.wall_s() // _DAY_S)


def _is_limited(budget: Budget) -> bool:
    return (budget.tokens_per_day, budget.requests_per_day) != (None, None)


def _holds(budget: Budget, ledger: Ledger, need: Amount) -> bool:
    if budget.requests_per_day is not None and ledger.requests + need.requests > budget.requests_per_day:
        return False
    return budget.tokens_per_day is None or ledger.tokens + need.tokens <= budget.tokens_per_day


def _fits(ledger: Ledger, need: Amount) -> bool:
    granted = ledger.granted
    if granted is None:
        return True
    return ledger.tokens + need.tokens <= granted.tokens and ledger.requests + need.requests <= granted.requests


def _plus(granted: Amount | None, more: Amount) -> Amount:
    had = granted or Amount()
    return Amount(tokens=had.tokens + more.tokens, requests=had.requests + more.requests)
