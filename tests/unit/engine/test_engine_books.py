"""A budget kept in books: nothing is sent that they have not granted, and what they granted is used first."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from engine_samples import FakeClock, limited, need, reserved, target, tokens_left

from wnmon.engine.budget import AHEAD, Budgets
from wnmon.engine.ports import Account, Grant, Left
from wnmon.model.budget import NOTHING, Amount
from wnmon.model.target import Target

RELAY = limited(tokens_per_day=1_000)


@dataclass
class Paper:
    """Books that grant so many tokens in all, and remember what they were told."""

    tokens: int = 1_000
    asked: list[int] = field(default_factory=list)
    held: list[Amount] = field(default_factory=list)
    spent: list[Amount] = field(default_factory=list)
    of_grants: list[Amount] = field(default_factory=list)
    back: list[Amount] = field(default_factory=list)

    async def grant(self, account: Account, need: Amount, most: Amount) -> Grant:
        self.asked.append(most.requests)
        granted = next((one for one in (most, need) if one.tokens <= self.tokens), NOTHING)
        self.tokens -= granted.tokens
        limits = account.limits
        return Grant(
            granted=granted,
            left=tuple(Left(limit=limit, amount=self.tokens, until_s=account.hour_s + 86_400) for limit in limits),
        )

    def hold(self, account: Account, amount: Amount) -> None:
        self.held.append(amount)

    def spend(self, account: Account, spent: Amount, of_grant: Amount) -> None:
        self.spent.append(spent)
        self.of_grants.append(of_grant)

    def give_back(self, account: Account, unspent: Amount) -> None:
        self.back.append(unspent)
        self.tokens += unspent.tokens


def covered(budgets: Budgets, relay: Target, tokens: int) -> bool:
    return reserved(budgets, relay, tokens) is not None


def test_what_the_books_have_not_granted_is_refused() -> None:
    assert Budgets(FakeClock(), books=Paper()).reserve(RELAY, need(1)) is None


def test_what_they_grant_is_reserved() -> None:
    assert covered(Budgets(FakeClock(), books=Paper()), RELAY, 10)


def test_what_they_do_not_grant_is_not() -> None:
    assert not covered(Budgets(FakeClock(), books=Paper(tokens=9)), RELAY, 10)


def test_several_requests_are_granted_together() -> None:
    paper = Paper()
    budgets = Budgets(FakeClock(), books=paper)
    for _ in range(AHEAD):
        covered(budgets, RELAY, 10)

    assert paper.asked == [AHEAD]


def test_what_was_not_spent_is_there_for_the_next_request() -> None:
    paper = Paper(tokens=10)
    budgets = Budgets(FakeClock(), books=paper)
    reservation = reserved(budgets, RELAY, 10)
    assert reservation is not None
    budgets.settle(reservation, need(2))

    assert tokens_left(budgets, RELAY) == 8


def test_what_was_spent_is_booked() -> None:
    paper = Paper()
    budgets = Budgets(FakeClock(), books=paper)
    reservation = reserved(budgets, RELAY, 10)
    assert reservation is not None
    budgets.settle(reservation, need(25))

    assert paper.spent == [Amount(tokens=25, requests=1)]


def test_an_answer_beyond_its_reservation_eats_no_more_of_what_was_granted_than_there_is() -> None:
    paper = Paper(tokens=10)
    budgets = Budgets(FakeClock(), books=paper)
    reservation = reserved(budgets, RELAY, 10)
    assert reservation is not None
    budgets.settle(reservation, need(25))
    paper.tokens = 10

    assert covered(budgets, RELAY, 10)


def test_what_nobody_used_is_given_back_at_the_end() -> None:
    paper = Paper()
    budgets = Budgets(FakeClock(), books=paper)
    covered(budgets, RELAY, 10)
    budgets.close()

    assert paper.back == [Amount(tokens=10 * (AHEAD - 1), requests=AHEAD - 1)]


def test_a_relay_without_a_budget_asks_the_books_for_nothing() -> None:
    paper = Paper()
    covered(Budgets(FakeClock(), books=paper), target(), 10)

    assert paper.asked == []


def test_what_is_left_is_known_before_anything_is_sent() -> None:
    budgets = Budgets(FakeClock(), books=Paper(tokens=300))
    asyncio.run(budgets.look(RELAY))

    assert tokens_left(budgets, RELAY) == 300


def test_a_budget_that_is_taken_away_limits_nothing_any_more() -> None:
    budgets = Budgets(FakeClock(), books=Paper(tokens=0))
    covered(budgets, RELAY, 10)

    assert covered(budgets, target(RELAY.name), 10)


def test_a_budget_that_is_new_is_asked_of_the_books() -> None:
    budgets = Budgets(FakeClock(), books=Paper(tokens=5))
    covered(budgets, target(RELAY.name), 500)

    assert not covered(budgets, RELAY, 10)


def test_what_is_granted_for_an_hour_that_has_ended_goes_back() -> None:
    clock = FakeClock()

    class OverTheHour(Paper):
        async def grant(self, account: Account, need: Amount, most: Amount) -> Grant:
            if not self.asked:
                clock.pass_s(3_600)
            return await super().grant(account, need, most)

    paper = OverTheHour()

    assert (covered(Budgets(clock, books=paper), RELAY, 10), paper.back) == (True, [need(10) * AHEAD])


def test_a_refusal_of_an_hour_that_has_ended_refuses_nothing() -> None:
    clock = FakeClock()

    class OverTheHour(Paper):
        async def grant(self, account: Account, need: Amount, most: Amount) -> Grant:
            if not self.asked:
                clock.pass_s(3_600)
                self.asked.append(0)
                return Grant()
            return await super().grant(account, need, most)

    assert covered(Budgets(clock, books=OverTheHour()), RELAY, 10)


def test_what_was_left_of_an_hour_is_given_back_when_the_next_one_begins() -> None:
    clock, paper = FakeClock(), Paper()
    budgets = Budgets(clock, books=paper)
    covered(budgets, RELAY, 10)
    clock.pass_s(3_600)
    covered(budgets, RELAY, 10)

    assert paper.back == [Amount(tokens=10 * (AHEAD - 1), requests=AHEAD - 1)]


def test_an_hour_that_ends_gives_back_what_other_targets_held_for_nothing() -> None:
    clock, paper = FakeClock(), Paper()
    budgets = Budgets(clock, books=paper)
    covered(budgets, target("other", budget=RELAY.budget), 10)
    clock.pass_s(3_600)
    covered(budgets, RELAY, 10)

    assert paper.back == [need(10) * (AHEAD - 1)]


def test_of_an_answer_beyond_all_that_was_granted_the_rest_was_not_granted() -> None:
    paper = Paper(tokens=10)
    budgets = Budgets(FakeClock(), books=paper)
    reservation = reserved(budgets, RELAY, 10)
    assert reservation is not None
    budgets.settle(reservation, need(25))

    assert paper.of_grants == [need(10)]


def test_an_answer_of_a_later_hour_frees_all_that_was_held_for_it() -> None:
    clock, paper = FakeClock(), Paper()
    budgets = Budgets(clock, books=paper)
    reservation = reserved(budgets, RELAY, 10)
    assert reservation is not None
    clock.pass_s(3_600)
    budgets.settle(reservation, need(2))

    assert (paper.spent, paper.of_grants) == ([need(2)], [need(10)])


def test_what_a_relay_without_a_limit_may_cost_is_held_all_the_same() -> None:
    paper = Paper()
    covered(Budgets(FakeClock(), books=paper), target(), 10)

    assert paper.held == [need(10)]


def test_what_is_held_for_nothing_is_used_before_more_is_held() -> None:
    paper = Paper()
    budgets = Budgets(FakeClock(), books=paper)
    reservation = reserved(budgets, target(), 10)
    assert reservation is not None
    budgets.settle(reservation, Amount())
    covered(budgets, target(), 12)

    assert paper.held == [need(10), Amount(tokens=2)]


def test_a_request_that_does_not_fit_is_asked_for_once_more_where_others_held_something_for_nothing() -> None:
    paper = Paper(tokens=45)
    budgets = Budgets(FakeClock(), books=paper)
    covered(budgets, target("other", budget=RELAY.budget), 10)

    assert (covered(budgets, RELAY, 35), paper.asked) == (True, [AHEAD, AHEAD, 1])


def test_nothing_is_asked_for_twice_where_nobody_holds_anything() -> None:
    paper = Paper(tokens=0)
    covered(Budgets(FakeClock(), books=paper), RELAY, 35)

    assert paper.asked == [AHEAD]


def test_however_cheap_answers_are_no_more_is_held_for_nothing_than_a_few_requests() -> None:
    budgets = Budgets(FakeClock(), books=Paper(tokens=100_000))
    for _ in range(100):
        reservation = reserved(budgets, RELAY, 500)
        assert reservation is not None
        budgets.settle(reservation, need(10))

    assert budgets.unspent(RELAY).is_within(need(500) * AHEAD)


def test_however_many_are_asked_at_once_no_more_is_held_for_nothing_afterwards() -> None:
    budgets = Budgets(FakeClock(), books=Paper(tokens=100_000))
    under_way = [reserved(budgets, RELAY, 500) for _ in range(50)]
    for reservation in under_way:
        assert reservation is not None
        budgets.settle(reservation, need(10))

    assert budgets.unspent(RELAY).is_within(need(500) * AHEAD)
