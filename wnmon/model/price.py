"""What tokens cost: exact decimals by currency, and how an upper bound of them is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

Amounts = Mapping[str, Decimal]
"""Money by currency: targets may be billed in different ones, and those are never added up."""

_PER = 1_000_000
_FINE, _COARSE = Decimal("0.0001"), Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a model's tokens cost per million, in a currency such as USD."""

    currency: str
    input_per_million: Decimal
    output_per_million: Decimal

    def of(self, input_tokens: int, output_tokens: int, times: Decimal = Decimal(1)) -> Amounts:
        """Return what so many tokens cost, so many times over."""
        once = (input_tokens * self.input_per_million + output_tokens * self.output_per_million) / _PER
        return {self.currency: once * times}


def added(amounts: Iterable[Amounts]) -> Amounts:
    """Return the sum in each currency, in the order first seen."""
    sums: dict[str, Decimal] = {}
    for one in amounts:
        for currency, amount in one.items():
            sums[currency] = sums.get(currency, Decimal(0)) + amount
    return sums


def show_at_most(amounts: Amounts) -> str:
    """Return an upper bound such as `0.0123 USD`, rounded up so that it stays one; "" where no price is known."""
    return " + ".join(f"{_rounded_up(amount):,f} {currency}" for currency, amount in amounts.items())


def _rounded_up(amount: Decimal) -> Decimal:
    return amount.quantize(_FINE if amount < 1 else _COARSE, ROUND_CEILING)
