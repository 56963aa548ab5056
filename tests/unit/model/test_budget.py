"""What budgets limit: amounts of three units, money that is never too little, and limits by where they stand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from wnmon.model.budget import MOST, Amount, Limit, Period, Scope, Unit, billionths

ONE = Amount(tokens=10, requests=2, money=3)


@pytest.mark.parametrize(("unit", "amount"), [(Unit.TOKENS, 10), (Unit.REQUESTS, 2), (Unit.MONEY, 3)])
def test_an_amount_is_so_much_in_each_unit(unit: Unit, amount: int) -> None:
    assert ONE.of(unit) == amount


@pytest.mark.parametrize(
    ("reckoned", "amount"),
    [
        (ONE + ONE, Amount(20, 4, 6)),
        (ONE - Amount(1, 1, 1), Amount(9, 1, 2)),
        (ONE * 3, Amount(30, 6, 9)),
        (ONE.at_least(Amount(11, 1, 3)), Amount(11, 2, 3)),
        (ONE.at_most(Amount(11, 1, 3)), Amount(10, 1, 3)),
    ],
)
def test_amounts_are_reckoned_unit_by_unit(reckoned: Amount, amount: Amount) -> None:
    assert reckoned == amount


@pytest.mark.parametrize(
    ("most", "is_within"),
    [(ONE, True), (Amount(9, 2, 3), False), (Amount(10, 1, 3), False), (Amount(10, 2, 2), False)],
)
def test_an_amount_is_within_another_one_if_it_is_in_every_unit(most: Amount, is_within: bool) -> None:
    assert ONE.is_within(most) is is_within


@pytest.mark.parametrize(
    ("money", "whole"), [("0", 0), ("0.0000000001", 1), ("1.5", 1_500_000_000), ("9999999999", MOST)]
)
def test_money_is_rounded_up_to_billionths(money: str, whole: int) -> None:
    assert billionths(Decimal(money)) == whole


@pytest.mark.parametrize(
    ("scope", "place"),
    [
        (Scope.TARGET, "targets.wn.budget.money_per_hour"),
        (Scope.KEY, "key_budget.money_per_hour"),
        (Scope.ALL, "budget.money_per_hour"),
    ],
)
def test_a_limit_is_named_by_where_it_stands(scope: Scope, place: str) -> None:
    assert Limit(scope=scope, unit=Unit.MONEY, period=Period.HOUR, most=1, currency="CNY").place("wn") == place
