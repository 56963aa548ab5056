"""A budget kept in books: nothing is sent that they have not granted, and what they granted is used first."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from engine_samples import FakeClock, limited, target

from wnmon.engine.budget import AHEAD, Budgets
from wnmon.engine.ports import Account, Amount, Grant
from wnmon.model.target import Target

RELAY = limited(tokens_per_day=1_000)


@dataclass
class Paper:
    """Books that grant so many tokens in all, and remember what they were told."""

    tokens: int = 1_000
    asked: list[int] = field(default_factory=list)
    spent: list[Amount] = field(default_factory=list)
    back: list[Amount] = field(default_factory=list)

    async def grant(self, account: Account, need: Amount, copies: int) -> Grant:
        self.asked.append(copies)
        times = next((n for n in (copies, 1) if n * need.tokens <= self.tokens), 0)
        self.tokens -= times * need.tokens
        return Grant(
            granted=Amount(tokens=times * need.tokens, requests=times * need.requests), tokens_left=self.tokens
        )

    def spend(self, account: Account, spent: Amount, of_grant: Amount) -> None:
        self.spent.append(spent)

    def give_back(self, account: Account, unspent: Amount) -> None:
        self.back.append(unspent)


def covered(budgets: Budgets, relay: Target, tokens: int) -> bool:
    async def ask() -> bool:
        await budgets.cover(relay, tokens)
        return budgets.reserve(relay, tokens) is not None

    return asyncio.run(ask())


def test_what_the_books_have_not_granted_is_refused() -> None:
    assert Budgets(FakeClock(), books=Paper()).reserve(RELAY, 1) is None


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
    asyncio.run(budgets.cover(RELAY, 10))
    reservation = budgets.reserve(RELAY, 10)
    assert reservation is not None
    budgets.settle(reservation, 2)

    assert budgets.tokens_left(RELAY) == 8


def test_what_was_spent_is_booked() -> None:
    paper = Paper()
    budgets = Budgets(FakeClock(), books=paper)
    asyncio.run(budgets.cover(RELAY, 10))
    reservation = budgets.reserve(RELAY, 10)
    assert reservation is not None
    budgets.settle(reservation, 25)

    assert paper.spent == [Amount(tokens=25, requests=1)]


def test_an_answer_beyond_its_reservation_eats_no_more_of_what_was_granted_than_there_is() -> None:
    paper = Paper(tokens=10)
    budgets = Budgets(FakeClock(), books=paper)
    asyncio.run(budgets.cover(RELAY, 10))
    reservation = budgets.reserve(RELAY, 10)
    assert reservation is not None
    budgets.settle(reservation, 25)
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

    assert budgets.tokens_left(RELAY) == 300


def test_a_budget_that_is_taken_away_limits_nothing_any_more() -> None:
    budgets = Budgets(FakeClock(), books=Paper(tokens=0))
    covered(budgets, RELAY, 10)

    assert covered(budgets, target(RELAY.name), 10)


def test_a_budget_that_is_new_is_asked_of_the_books() -> None:
    budgets = Budgets(FakeClock(), books=Paper(tokens=5))
    covered(budgets, target(RELAY.name), 500)

    assert not covered(budgets, RELAY, 10)


def test_a_refusal_of_yesterday_refuses_nothing_today() -> None:
    clock = FakeClock()

    class OverMidnight(Paper):
        async def grant(self, account: Account, need: Amount, copies: int) -> Grant:
            if not self.asked:
                clock.pass_s(43_200)
                self.asked.append(0)
                return Grant(tokens_left=0)
            return await super().grant(account, need, copies)

    budgets = Budgets(clock, books=OverMidnight())

    assert covered(budgets, RELAY, 10)


def test_what_was_left_of_a_day_is_given_back_when_the_next_one_begins() -> None:
    clock, paper = FakeClock(), Paper()
    budgets = Budgets(clock, books=paper)
    covered(budgets, RELAY, 10)
    clock.pass_s(86_400)
    covered(budgets, RELAY, 10)

    assert paper.back == [Amount(tokens=10 * (AHEAD - 1), requests=AHEAD - 1)]


def test_of_an_answer_beyond_all_that_was_granted_the_rest_was_not_granted() -> None:
    @dataclass
    class Noting(Paper):
        of_grants: list[Amount] = field(default_factory=list)

        def spend(self, account: Account, spent: Amount, of_grant: Amount) -> None:
            self.of_grants.append(of_grant)

    paper = Noting(tokens=10)
    budgets = Budgets(FakeClock(), books=paper)
    asyncio.run(budgets.cover(RELAY, 10))
    reservation = budgets.reserve(RELAY, 10)
    assert reservation is not None
    budgets.settle(reservation, 25)

    assert paper.of_grants == [Amount(tokens=10, requests=1)]
