"""The rule of the ledger, over random schedules of several processes on one file.

Nothing is sent unless what was spent, what is on its way at worst, and its own worst case are within every limit: so
what answers came to, each up to what was held for it, is never more. Beyond that is only what answers cost beyond.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_samples import FakeClock, rows, target

from wnmon.engine.budget import Budgets, Reservation
from wnmon.model.budget import NOTHING, Amount, Budget, Limit, Scope
from wnmon.model.price import Price
from wnmon.model.target import Secret, Target
from wnmon.store.books import StoredBooks
from wnmon.store.database import opened
from wnmon.store.ledger import book_shares
from wnmon.store.writer import Hearing, Writer

LATE_IN_JANUARY_S = 1_769_898_600.0
"""2026-01-31 22:30 UTC: an hour, a day and a month end soon."""
PRICES = {"m-1": Price(currency="USD", input_per_million=Decimal(1), output_per_million=Decimal(1))}
KEYS = {"a": "sk-one-0123456789", "b": "sk-one-0123456789", "c": "sk-two-0123456789"}
PROCESSES = ("serve", "check")


def held_to(name: str, times: int = 1) -> Target:
    """Return a target that is held to a limit of each unit, period and scope; a reload may make them larger."""
    return target(
        name,
        api_key=Secret(KEYS[name], "api_key"),
        prices=PRICES,
        budget=Budget(tokens_per_hour=40 * times, requests_per_day=6 * times),
        key_budget=Budget(tokens_per_day=60 * times, money_per_hour=Decimal(50 * times).scaleb(-9), currency="USD"),
        overall_budget=Budget(
            tokens_per_month=110 * times, money_per_day=Decimal(80 * times).scaleb(-9), currency="USD"
        ),
    )


@dataclass(kw_only=True, eq=False)
class Sent:
    """A request that left: what was held for it, and what it cost once that is known."""

    by: str
    relay: Target
    held: Reservation
    cost: Amount | None = None

    def counts(self) -> Amount:
        """Return what of it the rule is about."""
        return self.held.amount if self.cost is None else self.cost.at_most(self.held.amount)

    def is_under(self, limit: Limit, relay: Target, until_s: float) -> bool:
        """Tell whether it counts for a limit of a target, in the period that ends then."""
        owners = {
            Scope.TARGET: self.relay.name == relay.name,
            Scope.KEY: self.relay.api_key == relay.api_key,
            Scope.ALL: True,
        }
        return owners[limit.scope] and self.held.ledger.account.periods[limit.period].until_s == until_s


class World:
    """Processes that spend of one file, and everything they sent."""

    def __init__(self, file: Path, zone: Any) -> None:
        self.file = file
        self.zone = zone
        self.clock = FakeClock()
        self.clock.epoch_s = LATE_IN_JANUARY_S
        self.writers: list[Writer] = []
        self.sent: list[Sent] = []
        self.times = 1
        self.budgets: dict[str, Budgets] = {}
        self.owners: dict[str, str] = {}

    def start(self, process: str) -> None:
        """Start a process; what one of its name had left before counts as spent."""
        db = opened(self.file)
        assert not isinstance(db, tuple)
        writer = Writer(db, Hearing(), every_s=1_000.0)  # type: ignore[arg-type]
        self.writers.append(writer)
        gone = self.owners.get(process)
        if gone is not None:
            writer.ask(lambda db: book_shares(db, [gone])).result(5)
            self.sent = [one for one in self.sent if one.by != process or one.cost is not None] + [
                replace(one, by="nobody") for one in self.sent if one.by == process and one.cost is None
            ]
        self.owners[process] = f"{process}-{len(self.writers)}"
        books = StoredBooks(writer, self.file, self.owners[process], b"salt")
        self.budgets[process] = Budgets(self.clock, books=books, zone=self.zone)

    def send(self, process: str, names: list[tuple[str, int]]) -> int:
        """Send what may be sent of these at once; return how many."""

        async def one(name: str, tokens: int) -> Sent | None:
            relay, need = held_to(name, self.times), Amount(tokens=tokens, requests=1, money=tokens)
            await self.budgets[process].cover(relay, need)
            held = self.budgets[process].reserve(relay, need)
            return None if held is None else Sent(by=process, relay=relay, held=held)

        async def all_of_them() -> list[Sent | None]:
            return await asyncio.gather(*(one(*pair) for pair in names))

        left = [one for one in asyncio.run(all_of_them()) if one is not None]
        self.sent += left
        return len(left)

    def answer(self, process: str, which: int, tokens: int) -> None:
        """Have a request of a process answered that is on its way."""
        waiting = [one for one in self.sent if one.by == process and one.cost is None]
        if waiting:
            one = waiting[which % len(waiting)]
            one.cost = Amount(tokens=tokens, requests=1, money=tokens)
            self.budgets[process].settle(one.held, one.cost)

    def totals(self) -> Iterator[tuple[Limit, Amount]]:
        """Yield what counts for each limit, in each period anything was sent in."""
        for relay in (held_to(name, self.times) for name in KEYS):
            for limit in relay.limits:
                ends = {one.held.ledger.account.periods[limit.period].until_s for one in self.sent}
                for until_s in ends:
                    under = (one for one in self.sent if one.is_under(limit, relay, until_s))
                    yield limit, sum((one.counts() for one in under), NOTHING)

    def beyond(self) -> int:
        """Return the tokens that answers cost beyond what was held for them."""
        costs = (one.cost - one.held.amount for one in self.sent if one.cost is not None)
        return sum(max(0, cost.tokens) for cost in costs)


@contextmanager
def world(zone: Any = UTC) -> Iterator[World]:
    with TemporaryDirectory() as folder:
        made = World(Path(folder) / "wnmon.db", zone)
        try:
            yield made
        finally:
            for writer in made.writers:
                writer.close()


PROCESS = st.sampled_from(PROCESSES)
TOKENS = st.integers(1, 30)
SENDING = st.lists(st.tuples(st.sampled_from(sorted(KEYS)), TOKENS), min_size=1, max_size=4)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), PROCESS, SENDING),
        st.tuples(st.just("answer"), PROCESS, st.tuples(st.integers(0, 9), st.integers(0, 60))),
        st.tuples(st.just("pass"), PROCESS, st.sampled_from((300, 1_800, 3_600, 90_000))),
        st.tuples(st.just("die"), PROCESS, st.none()),
        st.tuples(st.just("reload"), PROCESS, st.sampled_from((1, 2))),
    ),
    max_size=25,
)


def do(made: World, step: str, process: str, what: Any) -> None:
    match step:
        case "send":
            made.send(process, what)
        case "answer":
            made.answer(process, *what)
        case "pass":
            made.clock.pass_s(what)
        case "die":
            made.start(process)
        case "reload":
            made.times = max(made.times, what)


@pytest.mark.parametrize("zone", [UTC, ZoneInfo("Asia/Kolkata")], ids=str)
@settings(max_examples=12, deadline=None)
@given(steps=STEPS)
def test_nothing_is_sent_beyond_a_limit(zone: Any, steps: list[tuple[str, str, Any]]) -> None:
    with world(zone) as made:
        for process in PROCESSES:
            made.start(process)
        for step in steps:
            do(made, *step)

            assert [(limit, total) for limit, total in made.totals() if total.of(limit.unit) > limit.most] == []


@settings(max_examples=10, deadline=None)
@given(steps=STEPS)
def test_what_is_booked_and_granted_is_within_a_limit_but_for_what_answers_cost_beyond(
    steps: list[tuple[str, str, Any]],
) -> None:
    sums = (
        "SELECT coalesce(sum(tokens), 0) FROM (SELECT tokens FROM ledger WHERE scope = 'all' AND step_s = 3600 AND"
        " start_s >= {0} AND start_s < {1} UNION ALL SELECT tokens FROM share WHERE scope = 'all' AND"
        " start_s >= {0} AND start_s < {1})"
    )
    january, february, march = 1_767_225_600, 1_769_904_000, 1_772_323_200
    with world() as made:
        for process in PROCESSES:
            made.start(process)
        for step in steps:
            do(made, *step)
            months = ((january, february), (february, march))
            used = [rows(made.file, sums.format(*month))[0][0] for month in months]

            assert max(int(str(one)) for one in used) <= 110 * made.times + made.beyond()


@settings(max_examples=12, deadline=None)
@given(steps=st.lists(st.tuples(st.sampled_from(sorted(KEYS)), TOKENS, st.integers(0, 60)), max_size=40))
def test_what_fits_every_limit_is_sent(steps: list[tuple[str, int, int]]) -> None:
    with world() as made:
        made.start("serve")
        for name, tokens, cost in steps:
            need, before = Amount(tokens=tokens, requests=1, money=tokens), full(made)
            relay = held_to(name)
            fits = all((before[name][limit] + need).of(limit.unit) <= limit.most for limit in relay.limits)

            assert made.send("serve", [(name, tokens)]) == int(fits)
            made.answer("serve", 0, cost)


@pytest.mark.long
@settings(max_examples=300, deadline=None)
@given(steps=STEPS)
def test_nothing_is_sent_beyond_a_limit_however_long_one_tries(steps: list[tuple[str, str, Any]]) -> None:
    test_nothing_is_sent_beyond_a_limit.hypothesis.inner_test(ZoneInfo("Asia/Kolkata"), steps)


def full(made: World) -> Mapping[str, Mapping[Limit, Amount]]:
    """Return what was spent under each limit of each target, in the periods there are now."""
    until_s = {limit: made.budgets["serve"]._now()[limit.period].until_s for limit in held_to("a").limits}
    return {
        name: {
            limit: sum(
                (one.cost or NOTHING for one in made.sent if one.is_under(limit, held_to(name), until_s[limit])),
                NOTHING,
            )
            for limit in held_to(name).limits
        }
        for name in KEYS
    }
