"""What tokens cost."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from wnmon.model.price import Price, added, show_at_most

MINI = Price(currency="USD", input_per_million=Decimal("0.15"), output_per_million=Decimal("0.6"))


def test_tokens_cost_what_a_million_of_them_costs_divided() -> None:
    assert MINI.of(1000, 500) == {"USD": Decimal("0.00045")}


def test_no_digit_is_lost() -> None:
    assert MINI.of(1, 0, times=Decimal(3)) == {"USD": Decimal("0.00000045")}


def test_each_request_costs_what_is_fixed() -> None:
    assert replace(MINI, per_request=Decimal("0.01")).of(1000, 500, requests=2) == {"USD": Decimal("0.02045")}


def test_a_request_that_costs_no_token_costs_nothing() -> None:
    assert replace(MINI, per_request=Decimal("0.01")).of(0, 0) == {"USD": 0}


def test_currencies_are_added_apart() -> None:
    yuan = Price(currency="CNY", input_per_million=Decimal(7), output_per_million=Decimal(7))

    spent = added([MINI.of(10**6, 0), yuan.of(10**6, 0), MINI.of(10**6, 0)])

    assert spent == {"USD": Decimal("0.3"), "CNY": Decimal(7)}


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0", "0.0000 USD"),
        ("0.01230001", "0.0124 USD"),
        ("0.0123", "0.0123 USD"),
        ("0.000000001", "0.0001 USD"),
        ("0.99995", "1.0000 USD"),
        ("1.001", "1.01 USD"),
        ("12345.6", "12,345.60 USD"),
    ],
)
def test_an_upper_bound_is_rounded_up(amount: str, shown: str) -> None:
    assert show_at_most({"USD": Decimal(amount)}) == shown


def test_several_currencies_are_shown_side_by_side() -> None:
    assert show_at_most({"USD": Decimal(2), "CNY": Decimal("0.5")}) == "2.00 USD + 0.5000 CNY"


def test_where_no_price_is_known_nothing_is_shown() -> None:
    assert show_at_most({}) == ""
