"""What the targets' monitoring may cost per hour, day and month, and what a check may cost in all.

    a request                       what it costs
    ------------------------------  ----------------------------------------------------------------------------------
    is to be sent                   the worst case is reserved; refused over the cap, then over a limit of its target
    was answered, or may have been  settled as `wire/spending.py` says: the rest is given back
    was never sent in full          settled as nothing
    was cut short by a signal       never settled, so the worst case stays
    was answered in a later hour    settled in the hour it was reserved in

This process spends out of what the books grant it, a few requests ahead, so that neither a restart nor another process
beside it makes a budget larger. A grant is for one hour of one target, as its configuration is then: when the hour
ends, or a reload changes a limit, a key or a price, what of it is unused goes back, and all is asked for anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import NamedTuple

from wnmon.engine.memory_books import MemoryBooks
from wnmon.engine.ports import Account, Books, Clock, Left
from wnmon.engine.room import less
from wnmon.model.budget import NOTHING, Amount, Limit, Period, Scope
from wnmon.model.days import HOUR_S, Stretch, day_of, hour_of, month_of
from wnmon.model.events import BudgetLeft, LimitLeft
from wnmon.model.said import Said, Text
from wnmon.model.target import Target

MOST_TRIES = 3
"""So often a grant is asked for once more: while it is, other targets may come to hold something for nothing."""

AHEAD = 4
"""So many requests like the one to be sent are granted together, less what is idle already, so that no more than that
is ever held for nothing: a grant takes some 0.4 ms (decision 034)."""


WRONG_S = 62 * 86_400
"""A clock that was further ahead than that had not been set: two months, so that no limit begins anew for less."""


@dataclass(slots=True, kw_only=True, eq=False)
class Ledger:
    """What this process may spend on a target in one hour, and has spent or reserved of it.

    `left`: what each limit left beyond all grants when the books were last asked; empty until then.
    `under_way`: what of `taken` is reserved for requests that have not been answered.
    """

    account: Account
    taken: Amount = NOTHING
    under_way: Amount = NOTHING
    granted: Amount = NOTHING
    left: tuple[Left, ...] = ()

    @property
    def limits(self) -> tuple[Limit, ...]:
        """Return what it is held to."""
        return self.account.limits

    @property
    def idle(self) -> Amount:
        """Return what is granted and held for nothing."""
        return self.granted - self.taken

    def is_of(self, target: Target) -> bool:
        """Tell whether a target spends on the same accounts, in the same currency."""
        before = self.account.target
        return before is target or (before.api_key, before.currency) == (target.api_key, target.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """How many tokens everything together may cost, whatever the day, and what is said where that is the end."""

    tokens: int
    why: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """What is set aside for one request, until it is settled."""

    ledger: Ledger = field(repr=False)
    amount: Amount


class Refused(NamedTuple):
    """What was left of a limit, in a period, when a request needed more."""

    left: Left
    need: Amount


class Budgets:
    """The ledgers of all targets, and under a cap what they come to together."""

    def __init__(self, clock: Clock, cap: Cap | None = None, books: Books | None = None, zone: tzinfo = UTC) -> None:
        self._clock = clock
        self._cap = cap
        self._books = MemoryBooks() if books is None else books
        self._zone = zone
        self._in_all = 0
        self._periods: Mapping[Period, Stretch] | None = None
        self._latest: Mapping[Period, Stretch] | None = None
        self._hour_ends_s = 0
        self._ledgers: dict[str, Ledger] = {}
        self._limits: dict[str, tuple[Limit, ...]] = {}
        self._refused: dict[str, Mapping[Limit, Refused]] = {}

    def adopt(self, targets: Iterable[Target], zone: tzinfo) -> None:
        """Hold these targets to their limits from now on, in the hours, days and months of a zone.

        Runs that began before ask for a target as it was, and are held to its limits of now all the same.
        """
        self._limits = {target.name: target.limits for target in targets}
        if zone != self._zone:
            self._zone, self._periods, self._latest = zone, None, None

    async def look(self, target: Target) -> None:
        """Ask the books what is left, so that it is known before anything is sent."""
        ledger = self._ledger(target)
        if ledger.limits:
            ledger.left = (await self._books.grant(ledger.account, NOTHING, NOTHING)).left

    async def look_again(self, targets: Iterable[Target]) -> None:
        """Give back what is held for nothing, then ask the books anew what is left.

        Who is asked nothing, as a budget is short, would else never hear of the room that others made in it.
        """
        self._give_back_idle()
        await asyncio.gather(*(self.look(target) for target in targets))

    async def cover(self, target: Target, need: Amount, copies: int = 1) -> None:
        """Have so many requests, each of this worst case, granted by the books, where they grant that much.

        What is granted is this call's only until the loop runs on: `reserve` follows at once.
        """
        need *= copies
        tries = 0
        while not need.is_within((ledger := self._ledger(target)).idle):
            lack = (need - ledger.idle).at_least(NOTHING)
            if not ledger.limits:
                self._books.hold(ledger.account, lack)
                ledger.granted += lack
                return
            ahead = (need * AHEAD - ledger.idle).at_least(NOTHING)
            told = await self._books.grant(ledger.account, lack, lack if tries else ahead)
            if ledger is not self._ledger(target):  # an hour ended meanwhile, or a reload changed it
                self._books.give_back(ledger.account, told.granted)
                continue
            ledger.left = told.left
            ledger.granted += told.granted
            if told.granted == NOTHING:
                if tries == MOST_TRIES or not self._give_back_idle():
                    return
                tries += 1  # what other targets held for nothing may be enough

    def refusal(self, target: Target, need: Amount, copies: int = 1) -> Text | None:
        """Return why so many requests, each of this worst case, are not to be sent, None when they may be.

        A refusal for a limit is remembered: the target rests, see `rests_for`.
        """
        need *= copies
        if self._cap is not None and self._in_all + need.tokens > self._cap.tokens:
            return self._cap.why
        ledger = self._covered(target)
        if need.is_within(ledger.idle):
            return None
        short = [one for one in ledger.left if not one.holds((need - ledger.idle).at_least(NOTHING))]
        before = {refused.left.limit: refused for refused in self._refusing(target)}
        self._refused[target.name] = before | {one.limit: Refused(one, need) for one in short}
        longest = max(short, key=lambda one: one.until_s, default=None)
        return Said("day_budget_used_up", text=target.name if longest is None else longest.limit.place(target.name))

    def reserve(self, target: Target, need: Amount) -> Reservation | None:
        """Set the worst case of one request aside, or return None where that is refused."""
        if self.refusal(target, need) is not None:
            return None
        ledger = self._covered(target)
        self._in_all += need.tokens
        ledger.taken += need
        ledger.under_way += need
        return Reservation(ledger=ledger, amount=need)

    def settle(self, reservation: Reservation, spent: Amount) -> None:
        """Replace the worst case by what was spent, in the hour it was reserved in."""
        ledger, held = reservation.ledger, reservation.amount
        ledger.under_way -= held
        self._in_all -= held.tokens - spent.tokens
        if self._now() is not ledger.account.periods or ledger is not self._ledgers.get(ledger.account.target.name):
            self._books.spend(ledger.account, spent, of_grant=held)  # the rest would be of use to nobody
            return
        ledger.taken += spent - held
        of_grant = spent
        if not ledger.taken.is_within(ledger.granted):
            beyond = (ledger.taken - ledger.granted).at_least(NOTHING)
            of_grant -= beyond
            ledger.granted += beyond
            ledger.left = tuple(less(one, beyond) for one in ledger.left)
        self._books.spend(ledger.account, spent, of_grant)
        self._give_back(ledger, (ledger.idle - held * AHEAD).at_least(NOTHING))

    def close(self) -> None:
        """Give back what the books have granted and nobody uses."""
        self._give_back_idle()

    def rests_for(self, target: Target) -> Left | None:
        """Return the limit that keeps a target from being asked the longest, None where none refused it.

        Changes nothing, so another thread may ask.
        """
        return max((refused.left for refused in self._refusing(target)), key=lambda one: one.until_s, default=None)

    def left(self, target: Target) -> BudgetLeft:
        """Return what is left of each limit, as the metrics say it."""
        ledger = self._ledger(target)
        if not ledger.limits:
            return BudgetLeft(target=target.name)
        exhausted = {refused.left.limit for refused in self._refusing(target)}
        left = {one.limit: less(one, NOTHING - ledger.idle).amount for one in ledger.left}
        return BudgetLeft(
            target=target.name,
            limits=tuple(
                LimitLeft(limit=limit, left=left.get(limit), is_exhausted=limit in exhausted) for limit in ledger.limits
            ),
        )

    def remaining(self, target: Target) -> tuple[Left, ...]:
        """Return what each limit leaves beyond all grants, as far as is known: nothing until the books were asked."""
        return self._ledger(target).left

    def unspent(self, target: Target) -> Amount:
        """Return what is granted for a target and not spent: held for nothing, or for answers that cost less as a rule.

        On the loop, as `remaining`.
        """
        ledger = self._ledger(target)
        return ledger.idle + ledger.under_way

    def _refusing(self, target: Target) -> tuple[Refused, ...]:
        """Return the refusals that hold still: of a limit there is, in a period that goes on, for want of what is left.

        What was held for other requests when one was refused may be there again.
        """
        by_limit = self._refused.get(target.name)
        if not by_limit:
            return ()
        now_s, limits, ledger = self._clock.wall_s(), self._limits_of(target), self._ledgers.get(target.name)
        idle, left = (NOTHING, ()) if ledger is None else (ledger.idle, ledger.left)
        asked = [(one, by_limit[one.limit].need) for one in left if one.limit in by_limit]
        there_again = {one.limit for one, need in asked if one.holds(need - idle)}
        return tuple(
            refused
            for limit, refused in by_limit.items()
            if refused.left.until_s > now_s and limit in limits and limit not in there_again
        )

    def _ledger(self, target: Target) -> Ledger:
        periods, limits = self._now(), self._limits_of(target)
        ledger = self._ledgers.get(target.name)
        is_held_alike = ledger is not None and ledger.is_of(target) and ledger.limits == limits
        if ledger is not None and is_held_alike and ledger.account.periods is periods:
            return ledger
        if ledger is not None:
            self._end(ledger)
        begun = Ledger(account=Account(target=target, periods=periods, limits=limits))
        if ledger is not None and is_held_alike:
            begun.left = tuple(_carried(one, periods) for one in ledger.left)
        self._ledgers[target.name] = begun
        return begun

    def _covered(self, target: Target) -> Ledger:
        """Return the ledger that was looked at last, though its hour may have ended this very moment."""
        return self._ledgers.get(target.name) or self._ledger(target)

    def _limits_of(self, target: Target) -> tuple[Limit, ...]:
        """Return what a target is held to: by the configuration there is, else as it says itself."""
        limits, ledger = self._limits.get(target.name), self._ledgers.get(target.name)
        if limits is not None:  # none of a key it is to get by a reload holds for a run that began without one
            has_key = target.api_key is not None
            return limits if has_key else tuple(one for one in limits if one.scope is not Scope.KEY)
        return ledger.limits if ledger is not None and ledger.account.target is target else target.limits

    def _now(self) -> Mapping[Period, Stretch]:
        """Return the hour, the day and the month there is; a clock set back begins no day and no month anew.

        Nor an hour, unless it is set back to more than one before that began. One set back by months was wrong before,
        and nothing would be asked until that month came.
        """
        now_s = self._clock.wall_s()
        if now_s < self._hour_ends_s - WRONG_S:
            self._periods = self._latest = None
            self._refused.clear()
        elif now_s < self._hour_ends_s - 2 * HOUR_S:
            self._periods = None
        if self._periods is None or now_s >= self._hour_ends_s:
            self._periods = _since_the_latest(periods_of(now_s, self._zone), self._latest)
            self._latest = self._periods
            self._hour_ends_s = self._periods[Period.HOUR].until_s
            for ledger in self._ledgers.values():
                self._end(ledger)
        return self._periods

    def _end(self, ledger: Ledger) -> None:
        """Give back what of a ledger nobody holds."""
        self._give_back(ledger, ledger.idle)

    def _give_back(self, ledger: Ledger, amount: Amount) -> None:
        if amount != NOTHING:
            self._books.give_back(ledger.account, amount)
            ledger.granted -= amount
            ledger.left = tuple(less(one, NOTHING - amount) for one in ledger.left)

    def _give_back_idle(self) -> bool:
        """Give back what is granted and held for nothing; tell whether that is anything."""
        idle = [ledger for ledger in self._ledgers.values() if ledger.idle != NOTHING]
        for ledger in idle:
            self._end(ledger)
        return bool(idle)


def periods_of(at_s: float, zone: tzinfo) -> Mapping[Period, Stretch]:
    """Return the hour, the day and the month that an instant is in."""
    return {
        Period.HOUR: hour_of(at_s, zone),
        Period.DAY: day_of(at_s, zone),
        Period.MONTH: month_of(at_s, zone),
    }


def _since_the_latest(
    now: Mapping[Period, Stretch], latest: Mapping[Period, Stretch] | None
) -> Mapping[Period, Stretch]:
    """Return the periods of now; a day or a month before the latest there was is one with it."""
    if latest is None:
        return now
    before = {one: latest[one] for one in (Period.DAY, Period.MONTH) if now[one].until_s < latest[one].until_s}
    return {**now, **{one: Stretch(now[one].from_s, later.until_s) for one, later in before.items()}}


def _carried(left: Left, periods: Mapping[Period, Stretch]) -> Left:
    """Return what a limit leaves in the periods there are now, as far as is known."""
    until_s = periods[left.limit.period].until_s
    return left if left.until_s == until_s else Left(limit=left.limit, amount=left.limit.most, until_s=until_s)
