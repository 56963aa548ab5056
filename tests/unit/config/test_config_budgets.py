"""The three budgets that a request must fit: its target's, its key's, and the one over all."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from config_samples import config, target

from wnmon.model.budget import BILLIONTHS, MOST, NO_BUDGET, Amount, Budget, Limit, Period, Scope, Unit, billionths

BASE = "base_url: https://relay.example"
PRICES = "prices: {currency: USD, input: 1, output: 2}"


@pytest.mark.parametrize("period", ["hour", "day", "month"])
@pytest.mark.parametrize("unit", ["tokens", "requests"])
def test_each_unit_has_a_limit_for_each_period(unit: str, period: str, tmp_path: Path) -> None:
    found = target(tmp_path, f"{BASE}, budget: {{{unit}_per_{period}: 7}}")

    assert found.limits == (Limit(scope=Scope.TARGET, unit=Unit(unit), period=Period(period), most=7),)


@pytest.mark.parametrize("period", ["hour", "day", "month"])
def test_money_is_limited_in_the_currency_of_the_prices(period: str, tmp_path: Path) -> None:
    found = target(tmp_path, f"{BASE}, {PRICES}, budget: {{money_per_{period}: 0.1}}")

    assert found.limits == (
        Limit(scope=Scope.TARGET, unit=Unit.MONEY, period=Period(period), most=BILLIONTHS // 10, currency="USD"),
    )


def test_a_target_without_budgets_has_no_limits(tmp_path: Path) -> None:
    assert target(tmp_path, BASE).limits == ()


def test_targets_with_one_key_are_held_to_the_least_of_its_budgets(tmp_path: Path) -> None:
    found = config(
        tmp_path,
        "targets:\n"
        f"  a: {{{BASE}, models: [m], api_key: '${{KEY}}', key_budget: {{tokens_per_day: 9, requests_per_hour: 5}}}}\n"
        f"  b: {{{BASE}, models: [m], api_key: '${{KEY}}', key_budget: {{tokens_per_day: 7}}}}\n",
    )

    assert [one.key_budget for one in found.targets] == [Budget(tokens_per_day=7, requests_per_hour=5)] * 2


def test_a_target_with_another_key_is_not_held_to_it(tmp_path: Path) -> None:
    found = config(
        tmp_path,
        "targets:\n"
        f"  a: {{{BASE}, models: [m], api_key: '${{KEY}}', key_budget: {{tokens_per_day: 9}}}}\n"
        f"  b: {{{BASE}, models: [m], api_key: another-key-0123456789}}\n",
    )

    assert found.targets[1].key_budget == NO_BUDGET


def test_a_key_that_nobody_has_set_is_not_limited(tmp_path: Path) -> None:
    found = target(tmp_path, f"{BASE}, api_key: '${{NONE:-}}', key_budget: {{tokens_per_day: 9}}")

    assert found.limits == ()


def test_the_budget_over_all_is_every_targets(tmp_path: Path) -> None:
    targets = f"targets:\n  a: {{{BASE}, models: [m], {PRICES}}}\n  b: {{{BASE}, models: [m], {PRICES}}}\n"
    found = config(tmp_path, f"budget: {{money_per_month: 10, currency: USD}}\n{targets}")

    assert {one.overall_budget for one in found.targets} == {Budget(money_per_month=Decimal(10), currency="USD")}


def test_money_is_rounded_up_where_it_is_held() -> None:
    assert billionths(Decimal("0.0000000011")) == 2


def test_no_money_counts_for_more_than_the_file_can_hold() -> None:
    assert billionths(Decimal(10**30)) == MOST


def test_amounts_are_added_unit_by_unit() -> None:
    assert Amount(tokens=1, requests=2, money=3) + Amount(tokens=10) == Amount(tokens=11, requests=2, money=3)


def test_an_amount_that_is_more_in_one_unit_is_not_within_another() -> None:
    assert not Amount(tokens=1, money=4).is_within(Amount(tokens=5, money=3))
