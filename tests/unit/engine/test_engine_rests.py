"""What keeps a probe from being asked: refusals, or a budget that its last run did not fit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from engine_samples import NOON_S, Bench, FakeClock, S, probe, reply, target, why_not

from wnmon.engine.backoff import Backoff
from wnmon.engine.budget import Budgets
from wnmon.engine.ports import Rest, RestCause
from wnmon.engine.rests import Rests
from wnmon.model.budget import Budget
from wnmon.model.events import RunSkipped, Skip
from wnmon.model.target import ProbeId
from wnmon.model.window import Window

FRUGAL = target(budget=Budget(tokens_per_day=10))
CLOSED = RestCause.MAINTENANCE
HALF_A_DAY_S = 12 * 3600
"""The clock of the tests begins at noon."""


class Scene:
    """A target whose budget refused a request, and its rests."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        budgets = Budgets(self.clock)
        self.rests = Rests(self.clock, Backoff(self.clock), budgets)
        why_not(budgets, FRUGAL, 11)

    def skip(self, reason: Skip, name: str = "alive") -> Scene:
        self.rests.observe(RunSkipped(probe=ProbeId(f"wn/{name}/m-1"), reason=reason))
        return self

    def rest(self) -> Rest | None:
        return self.rests.of(probe(where=FRUGAL), self.clock.boot_ns())


def test_a_probe_whose_run_did_not_fit_the_budget_rests_until_midnight() -> None:
    scene = Scene().skip(Skip.BUDGET)
    until_ns = scene.clock.boot_ns() + HALF_A_DAY_S * S

    assert scene.rest() == Rest(cause=RestCause.BUDGET, until_ns=until_ns, reason="targets.wn.budget.tokens_per_day")


def test_a_probe_that_still_fits_does_not_rest_because_another_did_not() -> None:
    assert Scene().skip(Skip.BUDGET, name="suite").rest() is None


def test_a_run_left_out_for_another_reason_is_no_rest_for_the_budget() -> None:
    assert Scene().skip(Skip.OVERLAP).rest() is None


def test_a_run_that_took_place_ends_the_rest() -> None:
    scene = Scene().skip(Skip.BUDGET)
    scene.rests.take(Bench(reply()).run())
    assert scene.rest() is None


def test_a_new_day_ends_the_rest() -> None:
    scene = Scene().skip(Skip.BUDGET)
    scene.clock.pass_s(HALF_A_DAY_S)
    assert scene.rest() is None


def test_a_refusal_of_the_relay_comes_before_the_budget() -> None:
    bench = Bench(reply(b"", 429, headers=(("Retry-After", "7"),)))
    bench.run()
    rests = Rests(bench.clock, bench.backoff, bench.budgets)
    rests.observe(RunSkipped(probe=probe().id, reason=Skip.BUDGET))
    now_ns = bench.clock.boot_ns()
    assert rests.of(probe(), now_ns) == Rest(cause=RestCause.ASKED, until_ns=now_ns + 7 * S)


@pytest.mark.parametrize(("after_s", "cause"), [(4, CLOSED), (6, RestCause.ASKED), (8, RestCause.BUDGET)])
def test_what_keeps_a_probe_from_being_asked_may_be_something_else_later(after_s: int, cause: RestCause) -> None:
    bench = Bench(reply(b"", 429, headers=(("Retry-After", "7"),)))
    where = target(budget=Budget(tokens_per_day=100))
    bench.run(probe(where=where))
    rests = Rests(bench.clock, bench.backoff, bench.budgets)
    why_not(bench.budgets, where, 101)
    rests.observe(RunSkipped(probe=probe().id, reason=Skip.BUDGET))
    one = replace(probe(where=where), windows=(Window(reason="x", from_s=NOON_S + 3, until_s=NOON_S + 5),))
    rest = rests.of(one, bench.clock.boot_ns() + after_s * S)
    assert rest is not None
    assert rest.cause is cause


def test_a_rest_for_the_budget_is_over_at_midnight_when_that_is_still_to_come() -> None:
    scene = Scene().skip(Skip.BUDGET)
    assert scene.rests.of(probe(where=FRUGAL), scene.clock.boot_ns() + HALF_A_DAY_S * S) is None
