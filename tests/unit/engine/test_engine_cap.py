"""What a check may cost in all, whatever the day and the target."""

from __future__ import annotations

from engine_samples import FakeClock, limited, need, reserved, target, why_not

from wnmon.engine.budget import Budgets, Cap
from wnmon.model.said import Said, Why

CAP = Cap(tokens=100, why=Said(Why.BUDGET_TOKENS))


def capped() -> Budgets:
    return Budgets(FakeClock(), CAP)


def test_what_the_cap_holds_is_reserved() -> None:
    assert reserved(capped(), target(), 100) is not None


def test_what_could_exceed_the_cap_is_refused() -> None:
    budgets = capped()
    reserved(budgets, target(), 60)

    assert reserved(budgets, target(), 41) is None


def test_the_cap_says_why() -> None:
    assert why_not(capped(), target(), 101) == Said(Why.BUDGET_TOKENS)


def test_the_budget_of_the_day_says_why() -> None:
    relay = limited(tokens_per_day=10)

    assert why_not(capped(), relay, 11) == Said("day_budget_used_up", text="targets.wn.budget.tokens_per_day")


def test_what_fits_both_is_not_refused() -> None:
    assert why_not(capped(), limited(tokens_per_day=10), 10) is None


def test_what_was_not_spent_is_free_again() -> None:
    budgets = capped()
    reservation = reserved(budgets, target(), 60)
    assert reservation is not None
    budgets.settle(reservation, need(10))

    assert (why_not(budgets, target(), 90), why_not(budgets, target(), 91)) == (None, CAP.why)


def test_a_relay_that_overruns_counts_with_what_it_billed() -> None:
    budgets = capped()
    reservation = reserved(budgets, target(), 60)
    assert reservation is not None
    budgets.settle(reservation, need(99))

    assert why_not(budgets, target(), 2) == CAP.why


def test_midnight_does_not_lift_the_cap() -> None:
    clock = FakeClock()
    budgets = Budgets(clock, CAP)
    reserved(budgets, target(), 60)
    clock.epoch_s += 86_400

    assert why_not(budgets, target(), 41) == CAP.why


def test_copies_sent_at_once_must_fit_together() -> None:
    assert (why_not(capped(), target(), 25, 4), why_not(capped(), target(), 25, 5)) == (None, CAP.why)


def test_copies_sent_at_once_each_count_as_a_request_of_the_day() -> None:
    relay = limited(requests_per_day=3)

    assert (why_not(capped(), relay, 1, 3), why_not(capped(), relay, 1, 4)) == (
        None,
        Said("day_budget_used_up", text="targets.wn.budget.requests_per_day"),
    )
