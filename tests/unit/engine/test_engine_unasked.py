"""Of which targets no model is asked for want of a budget: at a late step, or since not even the cheapest fits."""

from __future__ import annotations

import asyncio

import pytest
from engine_samples import FakeClock, limited, need, plain, probe, reserved, step, target

from wnmon.engine.budget import Budgets
from wnmon.engine.sparing import Stand
from wnmon.engine.unasked import UnaskedTargets
from wnmon.model.budget import Limit, Period, Unit
from wnmon.model.events import Unasked
from wnmon.model.target import Target
from wnmon.watch.step_down import Level, Step

RELAY = limited(tokens_per_day=1_000)
(DAY,) = RELAY.limits


def looked(
    relay: Target, budgets: Budgets, stand: Stand | None = None, times: int = 1
) -> list[list[tuple[str, Limit | None]]]:
    """Return what is told, look by look."""
    unasked = UnaskedTargets(budgets, lambda: {} if stand is None else {relay.name: stand})
    unasked.declare([probe(where=relay)])
    return [[(one.target, one.limit) for one in unasked.look()] for _ in range(times)]


def spent(tokens: int, relay: Target = RELAY) -> Budgets:
    """Return what is left after a request that cost so much."""
    budgets = Budgets(FakeClock())
    reservation = reserved(budgets, relay, tokens)
    assert reservation is not None
    budgets.settle(reservation, need(tokens))
    asyncio.run(budgets.look_again([relay]))
    return budgets


def test_how_every_limited_target_stands_is_told_at_first() -> None:
    assert looked(RELAY, spent(10)) == [[("wn", None)]]


def test_a_target_without_a_limit_is_not_told() -> None:
    assert looked(target(), Budgets(FakeClock())) == [[]]


def test_what_has_not_changed_is_told_once() -> None:
    assert looked(RELAY, spent(10), times=3) == [[("wn", None)], [], []]


def test_a_target_whose_cheapest_request_does_not_fit_is_not_asked() -> None:
    assert looked(RELAY, spent(990)) == [[("wn", DAY)]]


@pytest.mark.parametrize(("which", "limit"), [(Step.SHORTER, None), (Step.MODELS, DAY), (Step.REST, DAY)])
def test_a_target_at_a_step_at_which_no_model_is_asked_is_not_asked(which: Step, limit: Limit | None) -> None:
    stand = Stand(level=Level(which), limit=DAY)

    assert looked(RELAY, spent(10), stand) == [[("wn", limit)]]


def test_a_target_of_which_a_cheap_check_fits_is_asked() -> None:
    unasked = UnaskedTargets(spent(900), dict)
    dear = probe(plain(*(step(f"s{number}") for number in range(9))), where=RELAY, name="dear")
    unasked.declare([dear, probe(where=RELAY)])

    assert list(unasked.look()) == [Unasked(target="wn", limit=None)]


def test_requests_are_counted_as_well() -> None:
    relay = limited(requests_per_day=1)
    ((told,),) = looked(relay, spent(1, relay))

    assert told[1] is not None
    assert (told[1].unit, told[1].period) == (Unit.REQUESTS, Period.DAY)
