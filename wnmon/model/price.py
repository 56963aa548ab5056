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
    """What a model really costs, in the currency it is paid in: a million tokens each way, and each request besides."""

    currency: str
    input_per_million: Decimal
    output_per_million: Decimal
    per_request: Decimal = Decimal(0)

    def of(self, input_tokens: int, output_tokens: int, *, requests: int = 1, times: Decimal = Decimal(1)) -> Amounts:
        """Return what so many requests cost together that come to so many tokens, so many times over.

        What costs no token costs nothing: it was refused, or asks no model.
        """
        if not input_tokens + output_tokens:
            return {self.currency: Decimal(0)}
        tokens = (input_tokens * self.input_per_million + output_tokens * self.output_per_million) / _PER
        return {self.currency: (tokens + requests * self.per_request) * times}

    def scaled(self, factor: Decimal, currency: str) -> Price:
        """Return the price that is `factor` times this one, in another currency."""
        return Price(
            currency=currency,
            input_per_million=self.input_per_million * factor,
            output_per_million=self.output_per_million * factor,
            per_request=self.per_request * factor,
        )


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
