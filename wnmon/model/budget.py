"""What may be spent: amounts, limits of them per hour, day and month, and whom a limit is for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import Any, NamedTuple

BILLIONTHS = 10**9
"""Money is counted in billionths of its currency, whole ones: sums are exact, in SQLite too."""


class Unit(StrEnum):
    """What is limited."""

    TOKENS = "tokens"
    REQUESTS = "requests"
    MONEY = "money"


class Period(StrEnum):
    """How long a limit lasts, by the calendar of the zone; the shortest first."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


class Scope(StrEnum):
    """Whose requests a limit is for: those of one target, those with one key, or all of them."""

    TARGET = "target"
    KEY = "key"
    ALL = "all"


class Amount(NamedTuple):
    """So many tokens and requests, and so much money (billionths of a currency that whoever holds this knows).

    Not a dataclass: each request makes some twenty of these, and a frozen one takes three times as long.
    """

    tokens: int = 0
    requests: int = 0
    money: int = 0

    def of(self, unit: Unit) -> int:
        """Return how much it is in a unit."""
        if unit is Unit.TOKENS:
            return self.tokens
        return self.requests if unit is Unit.REQUESTS else self.money

    def __add__(self, more: Amount) -> Amount:  # type: ignore[override]
        """Return the sum in each unit; other tuples are put one after the other."""
        return Amount(self.tokens + more.tokens, self.requests + more.requests, self.money + more.money)

    def __sub__(self, less: Amount) -> Amount:
        return Amount(self.tokens - less.tokens, self.requests - less.requests, self.money - less.money)

    def __mul__(self, times: int) -> Amount:  # type: ignore[override]
        """Return so many times as much in each unit."""
        return Amount(self.tokens * times, self.requests * times, self.money * times)

    def at_least(self, least: Amount) -> Amount:
        """Return the larger of both in each unit."""
        return Amount(*map(max, self, least))

    def at_most(self, most: Amount) -> Amount:
        """Return the smaller of both in each unit."""
        return Amount(*map(min, self, most))

    def is_within(self, most: Amount) -> bool:
        """Tell whether it is no more than another one, in any unit."""
        return self.tokens <= most.tokens and self.requests <= most.requests and self.money <= most.money


NOTHING = Amount()


MOST = 10**15
"""No request counts for more in any unit: sums of thousands of such still fit the integers of SQLite."""


def billionths(money: Decimal) -> int:
    """Return an amount of money in billionths, rounded up: what is held, and what is booked, is never too little."""
    return min(int((money * BILLIONTHS).to_integral_value(ROUND_CEILING)), MOST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """No more than `most` of a unit in any one period; money in billionths of `currency`, which others have not."""

    scope: Scope
    unit: Unit
    period: Period
    most: int
    currency: str = ""

    def place(self, target: str) -> str:
        """Return where in a configuration it stands: one of a key under some target that is asked with it."""
        key = f"{self.unit}_per_{self.period}"
        if self.scope is Scope.TARGET:
            return f"targets.{target}.budget.{key}"
        return f"key_budget.{key}" if self.scope is Scope.KEY else f"budget.{key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What may be spent per period, each name that of its YAML key. None means no limit.

    `currency`: of the money, "" where none is limited.
    """

    tokens_per_hour: int | None = None
    tokens_per_day: int | None = None
    tokens_per_month: int | None = None
    requests_per_hour: int | None = None
    requests_per_day: int | None = None
    requests_per_month: int | None = None
    money_per_hour: Decimal | None = None
    money_per_day: Decimal | None = None
    money_per_month: Decimal | None = None
    currency: str = ""

    def most(self, unit: Unit, period: Period) -> int | None:
        """Return a limit, money in billionths; None where there is none."""
        limit: int | Decimal | None = getattr(self, f"{unit}_per_{period}")
        return int((limit * BILLIONTHS).to_integral_value(ROUND_FLOOR)) if isinstance(limit, Decimal) else limit

    def limits(self, scope: Scope) -> Iterator[Limit]:
        """Yield each limit, for whom this budget is."""
        for unit in Unit:
            for period in Period:
                most = self.most(unit, period)
                if most is not None:
                    currency = self.currency if unit is Unit.MONEY else ""
                    yield Limit(scope=scope, unit=unit, period=period, most=most, currency=currency)


NO_BUDGET = Budget()
LIMIT_KEYS = tuple(one.name for one in fields(Budget) if one.name != "currency")
MONEY_KEYS = tuple(key for key in LIMIT_KEYS if key.startswith(Unit.MONEY))


def strictest(budgets: Iterable[Budget]) -> Budget:
    """Return the budget that is within all of these, whose money is all of one currency."""
    together = tuple(budgets)
    least: dict[str, Any] = {
        key: min((most for one in together if (most := getattr(one, key)) is not None), default=None)
        for key in LIMIT_KEYS
    }
    return Budget(**least, currency=next((one.currency for one in together if one.currency), ""))
