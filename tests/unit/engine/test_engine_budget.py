"""What a target's monitoring may cost per hour, day and month: with no books that outlive the process."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from engine_samples import FakeClock, limited, need, reserved, target, tokens_left, why_not

from wnmon.engine.budget import Budgets, Cap
from wnmon.model.budget import BILLIONTHS, Amount, Budget, Limit, Period, Scope, Unit
from wnmon.model.days import day_of
from wnmon.model.events import LimitLeft
from wnmon.model.price import Price
from wnmon.model.target import Secret, Target

HOUR_S, DAY_S = 3_600, 86_400
PRICE = Price(currency="USD", input_per_million=Decimal(1), output_per_million=Decimal(1))
A_HUNDRED = limited(tokens_per_day=100)
OTHER_KEY = Secret("sk-another-0123456789", "api_key")


def spend(budgets: Budgets, relay: Target, tokens: int, spent: int | None = None) -> None:
    """Send a request that may cost so much, and have it cost that or something else."""
    reservation = reserved(budgets, relay, tokens)
    assert reservation is not None
    budgets.settle(reservation, need(tokens if spent is None else spent))


def test_without_a_budget_anything_is_reserved() -> None:
    assert reserved(Budgets(FakeClock()), target(), 10**9) is not None


def test_what_was_not_asked_for_is_not_reserved() -> None:
    assert Budgets(FakeClock()).reserve(target(), need(1)) is None


def test_a_reservation_takes_the_worst_case_out_of_the_day() -> None:
    budgets = Budgets(FakeClock())
    reserved(budgets, A_HUNDRED, 60)

    assert tokens_left(budgets, A_HUNDRED) == 40


def test_a_request_that_could_cost_more_than_is_left_is_refused() -> None:
    budgets = Budgets(FakeClock())
    reserved(budgets, A_HUNDRED, 60)

    assert reserved(budgets, A_HUNDRED, 41) is None


def test_a_request_that_costs_exactly_what_is_left_is_reserved() -> None:
    budgets = Budgets(FakeClock())
    reserved(budgets, A_HUNDRED, 60)

    assert reserved(budgets, A_HUNDRED, 40) is not None


def test_a_refused_reservation_takes_nothing() -> None:
    budgets = Budgets(FakeClock())
    reserved(budgets, A_HUNDRED, 101)

    assert tokens_left(budgets, A_HUNDRED) == 100


def test_settling_gives_the_unspent_rest_back() -> None:
    budgets = Budgets(FakeClock())
    spend(budgets, A_HUNDRED, 60, 7)

    assert tokens_left(budgets, A_HUNDRED) == 93


def test_what_is_given_back_may_be_reserved_with_what_was_left() -> None:
    budgets = Budgets(FakeClock())
    spend(budgets, A_HUNDRED, 60, 7)

    assert reserved(budgets, A_HUNDRED, 93) is not None


def test_a_relay_that_overruns_leaves_zero_and_never_less() -> None:
    budgets = Budgets(FakeClock())
    spend(budgets, A_HUNDRED, 60, 5_000)

    assert tokens_left(budgets, A_HUNDRED) == 0


def test_what_an_answer_cost_beyond_its_reservation_is_booked_in_full() -> None:
    budgets, relay = Budgets(FakeClock()), limited(tokens_per_month=1_000)
    spend(budgets, relay, 60, 950)

    assert reserved(budgets, relay, 51) is None


@pytest.mark.parametrize("period", ["hour", "day", "month"])
@pytest.mark.parametrize("unit", ["tokens", "requests"])
def test_each_unit_is_counted_in_each_period(unit: str, period: str) -> None:
    budgets, relay = Budgets(FakeClock()), limited(**{f"{unit}_per_{period}": 2})

    assert [reserved(budgets, relay, 1) is not None for _ in range(3)] == [True, True, False]


def test_money_is_counted_in_billionths() -> None:
    least = Budget(money_per_day=Decimal("0.000000002"), currency="USD")
    budgets, relay = Budgets(FakeClock()), target(budget=least, prices={"m-1": PRICE})

    assert [reserved(budgets, relay, 1, money=1) is not None for _ in range(3)] == [True, True, False]


def test_without_a_limit_nothing_is_told_to_be_left() -> None:
    assert Budgets(FakeClock()).left(target()).limits == ()


def test_what_is_left_is_told_by_limit() -> None:
    budgets, relay = Budgets(FakeClock()), limited(requests_per_hour=2)
    asyncio.run(budgets.look(relay))

    limit = Limit(scope=Scope.TARGET, unit=Unit.REQUESTS, period=Period.HOUR, most=2)
    assert budgets.left(relay).limits == (LimitLeft(limit=limit, left=2, is_exhausted=False),)


@pytest.mark.parametrize(
    ("period", "until"),
    [
        ("hour", datetime(2026, 1, 1, 13, tzinfo=UTC)),
        ("day", datetime(2026, 1, 2, tzinfo=UTC)),
        ("month", datetime(2026, 2, 1, tzinfo=UTC)),
    ],
)
def test_a_limit_begins_anew_when_its_period_ends_and_not_before(period: str, until: datetime) -> None:
    clock = FakeClock()
    budgets, relay = Budgets(clock), limited(**{f"tokens_per_{period}": 100})
    spend(budgets, relay, 100)
    left_s = until.timestamp() - clock.wall_s()
    clock.pass_s(left_s - 1)
    before = reserved(budgets, relay, 100)
    clock.pass_s(1)

    assert (before, reserved(budgets, relay, 100) is not None) == (None, True)


def test_a_day_ends_by_the_clocks_of_the_zone() -> None:
    clock = FakeClock()  # 20:00 in Shanghai
    budgets = Budgets(clock, zone=ZoneInfo("Asia/Shanghai"))
    spend(budgets, A_HUNDRED, 100)
    clock.pass_s(4 * HOUR_S)

    assert reserved(budgets, A_HUNDRED, 100) is not None


def test_in_another_zone_what_was_spent_today_stays_spent() -> None:
    budgets = Budgets(FakeClock())
    spend(budgets, A_HUNDRED, 100)
    budgets.adopt([A_HUNDRED], ZoneInfo("Asia/Kolkata"))

    assert reserved(budgets, A_HUNDRED, 1) is None


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "Asia/Kathmandu"])
def test_what_was_spent_in_an_hour_of_another_zone_counts_for_the_day_it_reaches_into(zone: str) -> None:
    clock = FakeClock()
    budgets = Budgets(clock, zone=ZoneInfo("Asia/Kolkata" if zone == "UTC" else "UTC"))
    clock.pass_s(day_of(clock.wall_s(), ZoneInfo(zone)).until_s + 60 - clock.wall_s())
    spend(budgets, A_HUNDRED, 100)
    budgets.adopt([A_HUNDRED], ZoneInfo(zone))

    assert reserved(budgets, A_HUNDRED, 1) is None


def test_what_an_hour_did_not_use_is_there_in_the_next() -> None:
    clock = FakeClock()
    budgets = Budgets(clock)
    spend(budgets, A_HUNDRED, 60, 10)
    clock.pass_s(HOUR_S)

    assert reserved(budgets, A_HUNDRED, 90) is not None


def test_what_is_answered_in_the_next_hour_is_booked_in_the_hour_it_was_reserved_in() -> None:
    clock = FakeClock()
    budgets, relay = Budgets(clock), limited(tokens_per_hour=100, tokens_per_day=150)
    reservation = reserved(budgets, relay, 60)
    assert reservation is not None
    clock.pass_s(HOUR_S)
    budgets.settle(reservation, need(50))

    assert [reserved(budgets, relay, tokens) is not None for tokens in (100, 1)] == [True, False]


def test_what_is_on_its_way_over_an_hours_end_stays_reserved() -> None:
    clock = FakeClock()
    budgets = Budgets(clock)
    reserved(budgets, A_HUNDRED, 60)
    clock.pass_s(HOUR_S)

    assert reserved(budgets, A_HUNDRED, 41) is None


def test_a_reservation_of_yesterday_does_not_touch_today() -> None:
    clock = FakeClock()
    budgets = Budgets(clock)
    reservation = reserved(budgets, A_HUNDRED, 60)
    assert reservation is not None
    clock.pass_s(DAY_S)
    budgets.settle(reservation, need(7))

    assert reserved(budgets, A_HUNDRED, 100) is not None


def test_a_clock_set_back_by_hours_keeps_an_hours_limit_from_nothing_but_what_it_was_spent_in() -> None:
    clock, relay = FakeClock(), limited(tokens_per_hour=100)
    budgets = Budgets(clock)
    clock.pass_s(8 * HOUR_S)
    spend(budgets, relay, 100)
    clock.pass_s(-8 * HOUR_S)

    assert reserved(budgets, relay, 100) is not None


def test_a_clock_set_back_by_minutes_begins_no_hour_anew() -> None:
    clock, relay = FakeClock(), limited(tokens_per_hour=100)
    budgets = Budgets(clock)
    spend(budgets, relay, 100)
    clock.pass_s(-1_800)

    assert reserved(budgets, relay, 1) is None


@pytest.mark.parametrize("hours_later", [0, 5])
def test_a_clock_set_back_by_hours_begins_no_day_anew(hours_later: float) -> None:
    clock = FakeClock()
    budgets = Budgets(clock)
    clock.pass_s(DAY_S)
    spend(budgets, A_HUNDRED, 100)
    clock.pass_s(-DAY_S)
    reserved(budgets, A_HUNDRED, 1)
    clock.pass_s(hours_later * HOUR_S)

    assert reserved(budgets, A_HUNDRED, 1) is None


# Whom a limit is for


def shared(name: str, key: Secret = OTHER_KEY, **more: Any) -> Target:
    return target(name, api_key=key, **more)


TEN = Budget(tokens_per_day=10)


def test_every_target_has_a_ledger_of_its_own() -> None:
    budgets = Budgets(FakeClock())
    spend(budgets, replace(A_HUNDRED, name="other"), 100)

    assert reserved(budgets, A_HUNDRED, 100) is not None


def test_targets_with_one_key_share_its_budget() -> None:
    budgets = Budgets(FakeClock())
    spend(budgets, shared("a", key_budget=TEN), 6)

    assert reserved(budgets, shared("b", key_budget=TEN), 5) is None


def test_targets_with_different_keys_share_no_budget_of_a_key() -> None:
    budgets = Budgets(FakeClock())
    spend(budgets, shared("a", key_budget=TEN), 6)

    assert reserved(budgets, shared("b", Secret("sk-a-third-0123456789", "api_key"), key_budget=TEN), 5) is not None


def test_all_targets_share_the_budget_over_all() -> None:
    budgets = Budgets(FakeClock())
    spend(budgets, shared("a", overall_budget=TEN), 6)

    assert reserved(budgets, target("b", overall_budget=TEN), 5) is None


def test_what_a_target_without_a_limit_spends_counts_for_its_key() -> None:
    budgets = Budgets(FakeClock())
    spend(budgets, shared("a"), 6)

    assert reserved(budgets, shared("b", key_budget=TEN), 5) is None


def test_what_another_target_holds_for_nothing_is_given_to_the_one_that_needs_it() -> None:
    budgets, all_of_it = Budgets(FakeClock()), Budget(tokens_per_day=100)
    spend(budgets, target("a", overall_budget=all_of_it), 100, 1)

    assert reserved(budgets, target("b", overall_budget=all_of_it), 99) is not None


def test_what_others_gave_back_is_known_once_the_books_are_asked_again() -> None:
    budgets, both = Budgets(FakeClock()), [target(name, overall_budget=Budget(tokens_per_day=100)) for name in "ab"]
    held = reserved(budgets, both[0], 90)
    asyncio.run(budgets.look(both[1]))
    assert held is not None
    budgets.settle(held, need(1))
    asyncio.run(budgets.look_again(both))

    assert [left.amount for one in both for left in budgets.remaining(one)] == [99, 99]


def test_money_of_another_currency_is_not_added_up() -> None:
    budgets = Budgets(FakeClock())
    spent = reserved(budgets, target("a"), 1, money=BILLIONTHS)
    assert spent is not None
    budgets.settle(spent, need(1, BILLIONTHS))
    in_usd = target("b", overall_budget=Budget(money_per_day=Decimal(1), currency="USD"), prices={"m-1": PRICE})

    assert reserved(budgets, in_usd, 1, money=BILLIONTHS) is not None


# What a reload changes


def test_a_limit_that_is_raised_refuses_nothing_any_more() -> None:
    budgets = Budgets(FakeClock())
    why_not(budgets, A_HUNDRED, 101)

    assert budgets.rests_for(limited(tokens_per_day=200)) is None


def test_a_limit_that_is_new_counts_what_was_spent_before() -> None:
    budgets = Budgets(FakeClock())
    spend(budgets, target(), 60)

    assert reserved(budgets, A_HUNDRED, 41) is None


def test_a_limit_that_is_new_counts_what_is_on_its_way() -> None:
    budgets = Budgets(FakeClock())
    reserved(budgets, target(), 60)

    assert reserved(budgets, A_HUNDRED, 41) is None


def test_what_was_held_for_nothing_before_a_limit_came_is_not_spent_under_it() -> None:
    budgets = Budgets(FakeClock())
    spend(budgets, target(), 1_000, 1)

    assert reserved(budgets, A_HUNDRED, 100) is None


def test_a_limit_that_is_lowered_holds_at_once() -> None:
    budgets = Budgets(FakeClock())
    spend(budgets, limited(tokens_per_day=1_000), 50, 5)

    assert reserved(budgets, limited(tokens_per_day=10), 6) is None


def test_a_limit_that_is_taken_away_limits_nothing() -> None:
    budgets = Budgets(FakeClock())
    why_not(budgets, A_HUNDRED, 101)

    assert reserved(budgets, target(), 101) is not None


def test_a_run_that_began_before_a_reload_is_held_to_the_limits_of_now() -> None:
    budgets = Budgets(FakeClock())
    budgets.adopt([A_HUNDRED], UTC)

    assert reserved(budgets, target(), 101) is None


def test_a_run_that_began_in_another_currency_sends_nothing_under_a_limit_of_money() -> None:
    budgets, in_yuan = Budgets(FakeClock()), Budget(money_per_day=Decimal(7), currency="CNY")
    budgets.adopt([target("a", overall_budget=in_yuan)], UTC)

    assert reserved(budgets, target("a", prices={"m-1": PRICE}), 1, money=1) is None


def test_a_run_that_began_without_a_key_is_not_held_to_the_budget_of_one() -> None:
    budgets = Budgets(FakeClock())
    budgets.adopt([shared("a", key_budget=TEN)], UTC)

    assert reserved(budgets, target("a", api_key=None), 11) is not None


def test_an_hour_that_ends_right_after_it_was_asked_for_refuses_nothing() -> None:
    clock = FakeClock()
    budgets = Budgets(clock)
    asyncio.run(budgets.cover(A_HUNDRED, need(10)))
    clock.pass_s(HOUR_S)

    assert budgets.reserve(A_HUNDRED, need(10)) is not None


def test_another_key_begins_with_nothing_spent() -> None:
    budgets = Budgets(FakeClock())
    spend(budgets, shared("a", key_budget=TEN), 10)

    assert reserved(budgets, shared("a", Secret("sk-a-third-0123456789", "api_key"), key_budget=TEN), 10) is not None


# Rest


def test_a_target_rests_until_the_period_ends_that_its_request_did_not_fit() -> None:
    clock = FakeClock()
    budgets = Budgets(clock)
    before, _, after = budgets.rests_for(A_HUNDRED), why_not(budgets, A_HUNDRED, 101), budgets.rests_for(A_HUNDRED)

    assert (before, after and after.until_s) == (None, clock.wall_s() + DAY_S / 2)


def test_of_several_limits_the_one_that_lasts_longest_is_told() -> None:
    budgets = Budgets(FakeClock())
    said = why_not(budgets, limited(tokens_per_hour=1, tokens_per_month=2, requests_per_day=9), 3)

    assert str(said) == "no room for this is left within targets.wn.budget.tokens_per_month"


@pytest.mark.parametrize(
    ("relay", "place"),
    [
        (shared("a", budget=TEN), "targets.a.budget.tokens_per_day"),
        (shared("a", key_budget=TEN), "key_budget.tokens_per_day"),
        (shared("a", overall_budget=TEN), "budget.tokens_per_day"),
    ],
)
def test_a_refusal_says_where_its_limit_stands(relay: Target, place: str) -> None:
    assert place in str(why_not(Budgets(FakeClock()), relay, 11))


def test_a_limit_that_refused_is_exhausted_and_no_other() -> None:
    budgets, relay = Budgets(FakeClock()), limited(tokens_per_day=100, requests_per_day=5)
    why_not(budgets, relay, 101)

    assert [one.is_exhausted for one in budgets.left(relay).limits] == [True, False]


def test_a_rest_ends_once_there_is_room_again_for_what_was_refused() -> None:
    budgets = Budgets(FakeClock())
    on_its_way = reserved(budgets, A_HUNDRED, 60)
    assert on_its_way is not None
    why_not(budgets, A_HUNDRED, 50)
    rested = budgets.rests_for(A_HUNDRED) is not None
    budgets.settle(on_its_way, need(7))

    assert (rested, budgets.rests_for(A_HUNDRED)) == (True, None)


def test_a_rest_goes_on_while_less_is_there_again_than_was_refused() -> None:
    budgets = Budgets(FakeClock())
    on_its_way = reserved(budgets, A_HUNDRED, 60)
    assert on_its_way is not None
    why_not(budgets, A_HUNDRED, 50)
    budgets.settle(on_its_way, need(51))

    assert budgets.rests_for(A_HUNDRED) is not None


def test_a_new_day_ends_the_rest() -> None:
    clock = FakeClock()
    budgets = Budgets(clock)
    why_not(budgets, A_HUNDRED, 101)
    clock.pass_s(DAY_S)

    assert (budgets.rests_for(A_HUNDRED), budgets.left(A_HUNDRED).limits[0].is_exhausted) == (None, False)


def test_a_new_hour_does_not_end_the_rest_of_a_day() -> None:
    clock = FakeClock()
    budgets = Budgets(clock)
    why_not(budgets, A_HUNDRED, 101)
    clock.pass_s(HOUR_S)

    assert budgets.rests_for(A_HUNDRED) is not None


def test_a_cap_of_a_check_is_no_rest_of_a_target() -> None:
    budgets = Budgets(FakeClock(), Cap(tokens=10, why="cap"))
    why_not(budgets, A_HUNDRED, 11)

    assert budgets.rests_for(A_HUNDRED) is None


def test_a_clock_set_back_over_midnight_begins_no_new_day() -> None:
    clock = FakeClock()
    budgets, frugal = Budgets(clock), limited(requests_per_day=1)
    reserved(budgets, frugal, 1)
    clock.epoch_s -= DAY_S

    assert reserved(budgets, frugal, 1) is None


def test_a_clock_that_was_years_ahead_keeps_no_limit_used_up() -> None:
    clock = FakeClock()
    clock.epoch_s += 3_650 * DAY_S
    budgets, frugal = Budgets(clock), limited(requests_per_month=1)
    reserved(budgets, frugal, 1)
    clock.epoch_s -= 3_650 * DAY_S

    assert reserved(budgets, frugal, 1) is not None


def test_a_clock_set_back_over_midnight_leaves_the_rest_until_the_day_of_the_ledger_ends() -> None:
    clock = FakeClock()
    budgets, frugal = Budgets(clock), limited(tokens_per_day=1)
    why_not(budgets, frugal, 2)
    until_s = clock.wall_s() + DAY_S / 2
    clock.epoch_s -= DAY_S
    rest = budgets.rests_for(frugal)

    assert rest is not None
    assert rest.until_s == until_s


def test_amounts_of_nothing_are_granted_where_nothing_is_left() -> None:
    budgets, relay = Budgets(FakeClock()), limited(tokens_per_day=5)
    spend(budgets, relay, 5)
    asyncio.run(budgets.cover(relay, Amount()))

    assert budgets.refusal(relay, Amount()) is None
