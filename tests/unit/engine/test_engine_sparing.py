"""How sparingly targets are asked so that their budgets last, over whole days in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest
from engine_samples import NOON_S, Bench, FakeClock, S, probe, reply, reserved, step, suite, target

from wnmon.engine.budget import Budgets
from wnmon.engine.ports import Left, RestCause
from wnmon.engine.sparing import Sparing
from wnmon.engine.standing import Standings
from wnmon.model.budget import Budget
from wnmon.model.check import Plan
from wnmon.model.events import ModelsListed, RunSkipped, Skip, Stepped
from wnmon.model.price import Price
from wnmon.model.target import Probe, Secret, Target
from wnmon.schedule.timetable import Timetable
from wnmon.watch.step_down import FULL, Level, Step
from wnmon.wire.listing import models_plan

EVERY_S = 600.0
DAY_S = 86_400
COST = 7
"""Of a good answer, in tokens (`GOOD`); at worst a request is held with 30."""


def frugal(share: float, name: str = "wn", **more: object) -> Target:
    """Return a target whose budget is a share of what a day of its check takes at worst."""
    return target(name, budget=Budget(tokens_per_day=int(30 * DAY_S / EVERY_S * share)), **more)


def asked(where: Target, plan: Plan | None = None, name: str = "alive", every_s: float = EVERY_S) -> Probe:
    return probe(plan, where, name=name, every_s=every_s)


class Scene:
    """Some probes at the midnight their day begins with, and what of their limits is left, as the test has it."""

    def __init__(self, *probes: Probe, left: float = 1, tried: bool = True) -> None:
        self.clock = FakeClock()
        self.clock.pass_s(DAY_S / 2)
        self.probes = probes
        self.share = left
        self.table = Timetable(int(self.clock.wall_s() * S) - self.clock.boot_ns())
        self.table.set_probes(probes, self.clock.boot_ns())
        self.sparing = Sparing(self.clock, self.left, self.table)
        self.sparing.declare(probes)
        for one in probes if tried else ():
            self.sparing.observe(RunSkipped(probe=one.id, reason=Skip.BUDGET))

    def left(self, where: Target) -> Iterable[Left]:
        until_s = (self.clock.wall_s() // DAY_S + 1) * DAY_S
        return [Left(limit=one, amount=int(one.most * self.share), until_s=until_s) for one in where.limits]

    def level(self, name: str = "wn") -> Level:
        return self.sparing.stands()[name].level

    def taken(self, one: Probe, slots: int = 16) -> list[bool]:
        """Tell of the slots from now on which take place."""
        first_ns = self.table.slot_from(one.id, self.clock.boot_ns())
        return [self.sparing.spares(one, first_ns + slot * one.check.every_ns) is None for slot in range(slots)]


def test_what_lasts_is_asked_as_configured() -> None:
    assert Scene(asked(frugal(1))).level() == FULL


@pytest.mark.parametrize(
    ("share", "level"), [(0.5, Level(Step.RARER, 2)), (0.2, Level(Step.SHORTER, 8)), (0.01, Level(Step.MODELS))]
)
def test_what_does_not_last_is_asked_more_sparingly(share: float, level: Level) -> None:
    assert Scene(asked(frugal(share))).level() == level


def test_without_a_limit_nothing_is_weighed() -> None:
    assert Scene(asked(target())).sparing.stands() == {}


def test_a_target_that_is_not_to_step_down_is_asked_as_configured() -> None:
    assert Scene(asked(frugal(0.1, step_down=False))).level() == FULL


def test_how_each_limited_target_is_asked_is_told_at_the_start() -> None:
    scene = Scene(asked(frugal(0.5)), asked(target("free")))

    assert [(one.target, one.step, one.stride) for one in scene.sparing.declare(scene.probes)] == [("wn", 1, 2)]


def test_a_change_is_told_once() -> None:
    scene = Scene(asked(frugal(1)))
    scene.share = 0.5
    told = [scene.sparing.weigh(), scene.sparing.weigh()]

    assert [[type(one) for one in some] for some in told] == [[Stepped], []]


def test_what_runs_cost_of_late_decides_and_not_the_worst_case() -> None:
    scene = Scene(asked(frugal(0.5)))
    for _ in range(9):
        scene.sparing.take(Bench(reply()).run(scene.probes[0]))
    scene.clock.pass_s(DAY_S)
    scene.sparing.weigh()

    assert scene.level() == FULL


def test_a_run_that_found_the_relay_down_says_nothing_of_what_answers_cost() -> None:
    scene = Scene(asked(frugal(0.5)))
    for _ in range(9):
        scene.sparing.take(Bench(reply({"error": {"message": "m"}}, 500)).run(scene.probes[0]))
    scene.clock.pass_s(DAY_S)
    scene.sparing.weigh()

    assert scene.level() == Level(Step.RARER, 2)


def test_money_may_be_what_is_short() -> None:
    price = Price(currency="CNY", input_per_million=Decimal(10**6), output_per_million=Decimal(10**6))
    budget = Budget(money_per_day=Decimal(30 * 144 // 2), currency="CNY")

    assert Scene(asked(target(budget=budget, prices={"m-1": price}))).level() == Level(Step.RARER, 2)


def suites_and_one(where: Target) -> tuple[Probe, Probe]:
    return asked(where, suite(step("a"), step("b")), name="suite"), asked(where)


@pytest.mark.parametrize("asks", "ab")
def test_a_request_on_its_way_makes_no_limit_short(asks: str) -> None:
    """What it costs is not known, but seldom its worst case; who shares the limit is not to step down either."""
    clock, both = FakeClock(), [target(name, overall_budget=Budget(tokens_per_day=30 * 288)) for name in "ab"]
    probes, budgets = [asked(one) for one in both], Budgets(clock)
    table = Timetable(int(clock.wall_s() * S) - clock.boot_ns())
    table.set_probes(probes, clock.boot_ns())
    sparing = Sparing(clock, budgets.remaining, table, budgets.unspent)
    asyncio.run(budgets.look_again(both))
    reserved(budgets, target(asks, overall_budget=both[0].overall_budget), 30 * 288 - 20)
    asyncio.run(budgets.look_again(both))
    sparing.declare(probes)

    assert {name: stand.level for name, stand in sparing.stands().items()} == {"a": FULL, "b": FULL}


def test_a_probe_of_which_no_answer_came_is_tried_whatever_the_step() -> None:
    scene = Scene(asked(frugal(0.01)), tried=False)

    assert (scene.level().step, scene.taken(scene.probes[0], 1)) == (Step.MODELS, [True])


def test_a_probe_whose_worst_case_does_not_fit_is_not_tried() -> None:
    scene = Scene(asked(target(budget=Budget(tokens_per_day=29))), tried=False)

    assert scene.taken(scene.probes[0], 1) == [False]


@pytest.mark.parametrize(("tokens", "tried"), [(119, False), (120, True)])
def test_a_dearer_check_is_tried_where_it_fits_twice(tokens: int, *, tried: bool) -> None:
    dear, cheap = suites_and_one(target(budget=Budget(tokens_per_day=tokens)))  # at worst 60 and 30
    scene = Scene(dear, cheap, tried=False)

    assert scene.taken(dear, 1) == [tried]


def test_a_probe_that_answered_is_tried_no_more() -> None:
    scene = Scene(asked(frugal(0.01)), tried=False)
    scene.sparing.take(Bench(reply()).run(scene.probes[0]))

    assert scene.taken(scene.probes[0], 1) == [False]


@pytest.mark.parametrize(("after_s", "tried"), [(3_599, False), (3_600, True)])
def test_a_probe_whose_try_failed_is_tried_again_an_hour_later(after_s: int, *, tried: bool) -> None:
    scene = Scene(asked(frugal(0.01)), tried=False)
    scene.sparing.take(Bench(reply({"error": {"message": "m"}}, 500)).run(scene.probes[0]))
    scene.clock.pass_s(after_s)
    scene.sparing.weigh()

    assert scene.taken(scene.probes[0], 1) == [tried]


def test_lists_of_models_count_for_nothing_while_models_are_asked() -> None:
    few = target(budget=Budget(requests_per_day=int(DAY_S / EVERY_S / 8)))  # a list at every fourth slot would be 36

    assert Scene(asked(few)).level() == Level(Step.SHORTER, 8)


def shared(name: str, key: str = "sk-shared-0123456789", **more: object) -> Probe:
    """Return a probe whose key may be asked for as much as one of them takes."""
    where = target(name, api_key=Secret(key, "api_key"), key_budget=Budget(tokens_per_day=30 * 144), **more)
    return asked(where)


def test_a_limit_that_targets_share_is_weighed_over_all_of_them() -> None:
    scene = Scene(shared("a"), shared("b"))

    assert [scene.level(name) for name in "ab"] == [Level(Step.RARER, 2)] * 2


def test_other_keys_share_nothing() -> None:
    scene = Scene(shared("a"), shared("b", "sk-another-0123456789"))

    assert [scene.level(name) for name in "ab"] == [FULL] * 2


def test_who_is_asked_rarely_by_its_own_limit_leaves_more_to_the_others() -> None:
    scene = Scene(shared("a", budget=Budget(tokens_per_day=1)), shared("b"))

    assert [scene.level(name).step for name in "ab"] == [Step.MODELS, Step.FULL]


def test_who_does_not_step_down_is_reckoned_with_by_those_who_share_with_it() -> None:
    scene = Scene(shared("a", step_down=False), shared("b"))

    assert [scene.level(name).step for name in "ab"] == [Step.FULL, Step.MODELS]


LONG = suite(step("a"), step("b"), step("c"))


def test_at_the_second_step_the_cheapest_check_alone_is_asked() -> None:
    where = frugal(0.5)
    cheap, dear = asked(where), asked(where, LONG, "contract")
    scene = Scene(cheap, dear)

    assert (scene.level(), sum(scene.taken(cheap)), sum(scene.taken(dear))) == (Level(Step.SHORTER, 4), 4, 0)


@pytest.mark.parametrize(("share", "taken"), [(1, 16), (0.5, 8), (0.25, 4), (0.125, 2), (0.07, 1), (0.001, 0)])
def test_of_the_due_runs_so_many_take_place(share: float, taken: int) -> None:
    one = asked(frugal(share))

    assert sum(Scene(one).taken(one)) == taken


def test_what_asks_no_model_is_asked_as_ever() -> None:
    where = frugal(0.001)
    listing = replace(asked(where, models_plan(), "models"), model="")

    assert all(Scene(asked(where), listing).taken(listing))


def test_where_nothing_else_is_asked_models_are_listed_now_and_then() -> None:
    one = asked(frugal(0.001))
    scene = Scene(one)
    first_ns = scene.table.slot_from(one.id, scene.clock.boot_ns())
    lists = [scene.sparing.wants_list(one, first_ns + slot * one.check.every_ns) for slot in range(16)]

    assert sum(lists) == 4


@pytest.mark.parametrize("share", [1, 0.1])
def test_where_models_are_asked_none_is_listed_in_their_stead(share: float) -> None:
    one = asked(frugal(share))
    scene = Scene(one)

    assert not any(scene.sparing.wants_list(one, slot * one.check.every_ns) for slot in range(16))


def test_who_has_a_check_that_lists_models_needs_no_other() -> None:
    where = frugal(0.001)
    one, listing = asked(where), replace(asked(where, models_plan(), "models"), model="")
    scene = Scene(one, listing)

    assert not any(scene.sparing.wants_list(one, slot * one.check.every_ns) for slot in range(16))


def test_a_spared_probe_rests_until_the_next_run_that_takes_place() -> None:
    one = asked(frugal(0.25))
    scene = Scene(one)
    now_ns = scene.clock.boot_ns()
    first_ns = scene.table.slot_from(one.id, now_ns)
    next_ns = next(first_ns + at * one.check.every_ns for at, is_taken in enumerate(scene.taken(one)) if is_taken)
    rest = scene.sparing.rest(one, next_ns - one.check.every_ns)

    assert rest is not None
    assert (rest.cause, rest.until_ns, rest.reason) == (
        RestCause.SPARED,
        next_ns,
        "targets.wn.budget.tokens_per_day",
    )


def test_before_a_run_that_takes_place_nothing_rests() -> None:
    one = asked(frugal(0.25))
    scene = Scene(one)
    first_ns = scene.table.slot_from(one.id, scene.clock.boot_ns())
    place = scene.taken(one).index(True)

    assert scene.sparing.rest(one, first_ns + place * one.check.every_ns) is None


def test_what_is_not_asked_at_all_rests_until_the_period_ends() -> None:
    one = asked(frugal(0.001))
    scene = Scene(one)
    rest = scene.sparing.rest(one, scene.clock.boot_ns())

    assert rest is not None
    assert rest.until_ns - scene.clock.boot_ns() == DAY_S * S


def test_the_page_is_told_what_is_asked_more_sparingly() -> None:
    scene = Scene(asked(frugal(0.5)), asked(frugal(1, "rich")))
    (state,) = scene.sparing.states()

    assert (state.target, state.step, state.stride, state.limit) == ("wn", 1, 2, "targets.wn.budget.tokens_per_day")


def test_the_page_is_told_whether_the_models_were_listed() -> None:
    scene = Scene(asked(frugal(0.001)))
    scene.sparing.observe(ModelsListed(target="wn", ok=False, at_s=NOON_S, why="gone"))
    (state,) = scene.sparing.states()

    assert (state.listed_s, state.listed, state.why) == (NOON_S, False, "gone")


# Whole days: a real runner over real budgets, in virtual time.


class Day:
    """A service that lives for a day from midnight on."""

    def __init__(self, where: Target, *, spares: bool = True) -> None:
        self.bench = bench = Bench(reply(), spares=lambda one, due_ns: sparing.spares(one, due_ns) if spares else None)
        bench.clock.pass_s(DAY_S / 2)
        self.probe = asked(where)
        table = Timetable(int(bench.clock.wall_s() * S) - bench.clock.boot_ns())
        table.set_probes([self.probe], bench.clock.boot_ns())
        sparing = Sparing(bench.clock, bench.budgets.remaining, table, bench.budgets.unspent)
        self.standings = Standings(bench.clock, table, sparing.rest, sparing.stride)
        self.standings.declare([self.probe])
        self.known: list[bool] = []
        asyncio.run(bench.budgets.look(where))
        sparing.declare([self.probe])
        began_s = bench.clock.wall_s()
        self.ran: list[float] = []
        while True:
            entry = table.get(self.probe.id)
            assert entry is not None
            bench.clock.pass_s((entry.due_ns - bench.clock.boot_ns()) / S)
            if bench.clock.wall_s() >= began_s + DAY_S:
                return
            table.take(entry, bench.clock.boot_ns(), begins=True)
            self.known.append(self.standings.of(self.probe.id).known)
            run = bench.run(self.probe, scheduled_ns=bench.clock.now_ns())
            sparing.take(run)
            self.standings.take(run)
            if run.requests:
                self.ran.append(bench.clock.wall_s() - began_s)
            sparing.weigh()


# Of a budget for 36 answers of 144 due runs, and what is held for one more.
SCARCE = target(budget=Budget(tokens_per_day=36 * COST + 30))


def test_a_service_at_its_budget_spends_evenly() -> None:
    ran = Day(SCARCE).ran
    by_quarter = [sum(1 for at_s in ran if quarter <= at_s / DAY_S * 4 < quarter + 1) for quarter in range(4)]

    assert [count for count in by_quarter if not 4 <= count <= 14] == []


def test_without_stepping_down_it_spends_all_in_the_morning() -> None:
    assert Day(SCARCE, spares=False).ran[-1] < DAY_S / 2


def test_the_budget_is_never_exceeded() -> None:
    assert len(Day(SCARCE).ran) * COST <= 36 * COST + 30


def test_what_is_asked_more_rarely_stays_known() -> None:
    known = Day(target(budget=Budget(tokens_per_day=80 * COST))).known

    assert all(known[known.index(True) :])


def test_no_run_is_refused_that_could_have_been_spared() -> None:
    day = Day(target(budget=Budget(tokens_per_day=80 * COST)))

    assert {event.reason for event in day.bench.memory.of(RunSkipped)} == {Skip.SPARED}


def test_gaps_are_no_longer_than_the_stride_says() -> None:
    ran: Sequence[float] = Day(target(budget=Budget(tokens_per_day=80 * COST))).ran

    assert max(after - before for before, after in pairwise(ran)) <= 8 * EVERY_S + 1


def test_a_price_that_is_mended_counts_at_once() -> None:
    budget = Budget(money_per_day=Decimal(1))
    dear, cheap = (
        target(
            "wn",
            budget=budget,
            prices={"m-1": Price(currency="CNY", input_per_million=Decimal(each), output_per_million=Decimal(each))},
        )
        for each in (1_000_000, 1)
    )
    scene = Scene(asked(dear))
    scene.sparing.take(Bench(reply()).run(scene.probes[0]))
    scene.sparing.weigh()
    before = scene.level()
    scene.sparing.declare([asked(cheap)])

    assert (before.step >= Step.MODELS, scene.level()) == (True, FULL)
