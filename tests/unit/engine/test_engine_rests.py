"""What keeps a probe from being asked: refusals, or a budget that its last run did not fit."""

from __future__ import annotations

from engine_samples import Bench, FakeClock, S, probe, reply, target

from wnmon.engine.backoff import Backoff
from wnmon.engine.budget import Budgets
from wnmon.engine.ports import Rest, RestCause
from wnmon.engine.rests import Rests
from wnmon.model.events import RunSkipped, Skip
from wnmon.model.target import Budget, ProbeId

FRUGAL = target(budget=Budget(tokens_per_day=10))
HALF_A_DAY_S = 12 * 3600
"""The clock of the tests begins at noon."""


class Scene:
    """A target whose budget refused a request, and its rests."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        budgets = Budgets(self.clock)
        self.rests = Rests(self.clock, Backoff(self.clock), budgets)
        budgets.refusal(FRUGAL, 11)

    def skip(self, reason: Skip, name: str = "alive") -> Scene:
        self.rests.observe(RunSkipped(probe=ProbeId(f"wn/{name}/m-1"), reason=reason))
        return self

    def rest(self) -> Rest | None:
        return self.rests.of(probe(where=FRUGAL))


def test_a_probe_whose_run_did_not_fit_the_budget_rests_until_midnight() -> None:
    scene = Scene().skip(Skip.BUDGET)
    assert scene.rest() == Rest(cause=RestCause.BUDGET, until_ns=scene.clock.boot_ns() + HALF_A_DAY_S * S)


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
    assert rests.of(probe()) == Rest(cause=RestCause.ASKED, until_ns=bench.clock.boot_ns() + 7 * S)
