"""What a target's monitoring may cost per UTC day."""

from __future__ import annotations

from engine_samples import FakeClock, limited, target

from wnmon.engine.budget import Budgets, Cap

DAY_S = 86_400


def test_without_a_budget_anything_is_reserved() -> None:
    assert Budgets(FakeClock()).reserve(target(), 10**9) is not None


def test_a_reservation_takes_the_worst_case_out_of_the_day() -> None:
    budgets = Budgets(FakeClock())
    budgets.reserve(limited(tokens_per_day=100), 60)
    assert budgets.tokens_left(limited(tokens_per_day=100)) == 40


def test_a_request_that_could_cost_more_than_is_left_is_refused() -> None:
    budgets, relay = Budgets(FakeClock()), limited(tokens_per_day=100)
    budgets.reserve(relay, 60)
    assert budgets.reserve(relay, 41) is None


def test_a_request_that_costs_exactly_what_is_left_is_reserved() -> None:
    budgets, relay = Budgets(FakeClock()), limited(tokens_per_day=100)
    budgets.reserve(relay, 60)
    assert budgets.reserve(relay, 40) is not None


def test_a_refused_reservation_takes_nothing() -> None:
    budgets, relay = Budgets(FakeClock()), limited(tokens_per_day=100)
    budgets.reserve(relay, 101)
    assert budgets.tokens_left(relay) == 100


def test_settling_gives_the_unspent_rest_back() -> None:
    budgets, relay = Budgets(FakeClock()), limited(tokens_per_day=100)
    reservation = budgets.reserve(relay, 60)
    assert reservation is not None
    budgets.settle(reservation, 7)
    assert budgets.tokens_left(relay) == 93


def test_a_relay_that_overruns_leaves_zero_and_never_less() -> None:
    budgets, relay = Budgets(FakeClock()), limited(tokens_per_day=100)
    reservation = budgets.reserve(relay, 60)
    assert reservation is not None
    budgets.settle(reservation, 5_000)
    assert budgets.tokens_left(relay) == 0


def test_requests_per_day_are_counted() -> None:
    budgets, relay = Budgets(FakeClock()), limited(requests_per_day=2)
    assert [budgets.reserve(relay, 1) is not None for _ in range(3)] == [True, True, False]


def test_without_a_token_limit_nothing_is_known_to_be_left() -> None:
    assert Budgets(FakeClock()).tokens_left(limited(requests_per_day=2)) is None


def test_midnight_utc_begins_a_new_day() -> None:
    clock = FakeClock()
    budgets, relay = Budgets(clock), limited(tokens_per_day=100, requests_per_day=1)
    budgets.reserve(relay, 100)
    clock.pass_s(DAY_S / 2)
    assert budgets.reserve(relay, 100) is not None


def test_a_second_before_midnight_is_still_today() -> None:
    clock = FakeClock()
    budgets, relay = Budgets(clock), limited(tokens_per_day=100)
    budgets.reserve(relay, 100)
    clock.pass_s(DAY_S / 2 - 1)
    assert budgets.tokens_left(relay) == 0


def test_a_reservation_of_yesterday_does_not_touch_today() -> None:
    clock = FakeClock()
    budgets, relay = Budgets(clock), limited(tokens_per_day=100)
    reservation = budgets.reserve(relay, 60)
    assert reservation is not None
    clock.pass_s(DAY_S)
    budgets.settle(reservation, 7)
    assert budgets.tokens_left(relay) == 100


def test_a_target_rests_until_midnight_utc_once_a_request_did_not_fit() -> None:
    clock = FakeClock()
    budgets, relay = Budgets(clock), limited(tokens_per_day=100)
    before, _, after = budgets.rests_until_s(relay), budgets.reserve(relay, 101), budgets.rests_until_s(relay)
    assert (before, after) == (None, clock.wall_s() + DAY_S / 2)


def test_a_target_rests_for_its_requests_as_for_its_tokens() -> None:
    budgets, relay = Budgets(FakeClock()), limited(requests_per_day=1)
    budgets.reserve(relay, 1)
    budgets.reserve(relay, 1)
    assert budgets.left(relay).is_exhausted is True


def test_a_new_day_ends_the_rest() -> None:
    clock = FakeClock()
    budgets, relay = Budgets(clock), limited(tokens_per_day=100)
    budgets.reserve(relay, 101)
    clock.pass_s(DAY_S)
    assert (budgets.rests_until_s(relay), budgets.left(relay).is_exhausted) == (None, False)


def test_a_cap_of_a_check_is_no_rest_of_a_target() -> None:
    budgets = Budgets(FakeClock(), Cap(tokens=10, why="cap"))
    budgets.reserve(limited(tokens_per_day=100), 11)
    assert budgets.rests_until_s(limited(tokens_per_day=100)) is None


def test_a_target_without_a_budget_is_never_exhausted() -> None:
    assert Budgets(FakeClock()).left(target()).is_exhausted is None


def test_every_target_has_a_ledger_of_its_own() -> None:
    budgets, relay = Budgets(FakeClock()), limited(tokens_per_day=100)
    budgets.reserve(target("other"), 100)
    assert budgets.tokens_left(relay) == 100


def test_a_clock_set_back_over_midnight_begins_no_new_day() -> None:
    clock = FakeClock()
    budgets = Budgets(clock)
    frugal = limited(requests_per_day=1)
    assert budgets.reserve(frugal, 1) is not None
    clock.epoch_s -= 86_400
    assert budgets.reserve(frugal, 1) is None


def test_a_clock_set_back_over_midnight_leaves_the_rest_until_the_day_of_the_ledger_ends() -> None:
    clock = FakeClock()
    budgets, frugal = Budgets(clock), limited(requests_per_day=0)
    budgets.reserve(frugal, 1)
    until_s = clock.wall_s() + DAY_S / 2
    clock.epoch_s -= 86_400
    assert (budgets.left(frugal).is_exhausted, budgets.rests_until_s(frugal)) == (True, until_s)
