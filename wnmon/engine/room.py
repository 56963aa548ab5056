"""How much room the limits of a target leave, and what of it is granted. Pure: told what is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from wnmon.engine.ports import Account, Grant, Left
from wnmon.model.budget import NOTHING, Amount, Limit, Period, Scope
from wnmon.model.days import Stretch

Used = Callable[[Scope, Period], Amount]
"""What is booked and granted to anybody, in the period of the account; money in the currency of the target."""

ROOM = 10
"""The most is granted where so many times as much is left, so that none starves beside idle grants."""


def granted_of(account: Account, used: Used, need: Amount, most: Amount) -> Grant:
    """Return what is granted of what is left: the most, or what is needed, or nothing."""
    of_all = {at: used(*at) for at in {(limit.scope, limit.period) for limit in account.limits}}
    left = [
        Left(
            limit=limit,
            amount=_left_of(limit, account, of_all[limit.scope, limit.period]),
            until_s=account.periods[limit.period].until_s,
        )
        for limit in account.limits
    ]
    granted = _portion(left, need, most)
    return Grant(granted=granted, left=tuple(left if granted == NOTHING else (less(one, granted) for one in left)))


def _left_of(limit: Limit, account: Account, used: Amount) -> int:
    """Return what a limit leaves: nothing to a run that began before a reload of its currency, which may be more."""
    is_in_its_currency = limit.currency in {"", account.target.currency}
    return max(0, limit.most - used.of(limit.unit)) if is_in_its_currency else 0


def less(left: Left, amount: Amount) -> Left:
    """Return what is left after so much is taken, or given back where that is negative."""
    return Left(limit=left.limit, amount=max(0, left.amount - amount.of(left.limit.unit)), until_s=left.until_s)


def _portion(left: list[Left], need: Amount, most: Amount) -> Amount:
    if most != need and all(one.holds(most * ROOM) for one in left):
        return most
    return need if all(one.holds(need) for one in left) else NOTHING


AccountName = tuple[Scope, str]
"""What something is booked on: of a target by its name, of a key by what stands for it, of all by ""."""


class Spender(NamedTuple):
    """On whose accounts something goes, in which hour (epoch s), and in which currency its money is."""

    accounts: tuple[AccountName, ...]
    hour_s: int
    currency: str

    def account(self, scope: Scope) -> AccountName:
        """Return the account of a scope; of a key only where there is one."""
        return self.accounts[_PLACES[scope]]


_PLACES = {Scope.TARGET: 0, Scope.ALL: 1, Scope.KEY: 2}


def spender(account: Account, key: str) -> Spender:
    """Return who spends; `key` stands for the target's key, "" for none."""
    accounts: tuple[AccountName, ...] = ((Scope.TARGET, account.target.name), (Scope.ALL, ""))
    return Spender((*accounts, (Scope.KEY, key)) if key else accounts, account.hour_s, account.target.currency)


class Tally:
    """Sums by account, hour and currency, in memory."""

    def __init__(self) -> None:
        self.rows: dict[AccountName, dict[tuple[int, str], Amount]] = {}

    def add(self, who: Spender, amount: Amount) -> None:
        """Add to each account of a spender; what comes to nothing is forgotten."""
        if amount == NOTHING:
            return
        key = who.hour_s, who.currency
        for account in who.accounts:
            _add(self.rows.setdefault(account, {}), key, amount)

    def merge(self, other: Tally) -> None:
        """Add all that another one has."""
        for account, sums in other.rows.items():
            for key, amount in sums.items():
                _add(self.rows.setdefault(account, {}), key, amount)

    def items(self) -> Iterator[tuple[Scope, str, int, str, Amount]]:
        """Yield each sum with its account, hour and currency."""
        for account, sums in self.rows.items():
            for key, amount in sums.items():
                yield *account, *key, amount

    def used(self, account: AccountName, period: Stretch, currency: str) -> Amount:
        """Return the sum over a period; of the money only what is in that currency."""
        tokens = requests = money = 0
        for (hour_s, of_currency), amount in self.rows.get(account, {}).items():
            if period.hours_from_s <= hour_s < period.until_s:
                tokens += amount.tokens
                requests += amount.requests
                money += amount.money if of_currency == currency else 0
        return Amount(tokens=tokens, requests=requests, money=money)

    def forget_before(self, hour_s: int) -> None:
        """Forget all hours that began before."""
        self.rows = {
            account: kept
            for account, sums in self.rows.items()
            if (kept := {key: amount for key, amount in sums.items() if key[0] >= hour_s})
        }


def _add(sums: dict[tuple[int, str], Amount], key: tuple[int, str], amount: Amount) -> None:
    total = sums.pop(key, NOTHING) + amount
    if total != NOTHING:
        sums[key] = total
