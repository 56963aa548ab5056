"""Of which targets no model is asked for want of a budget, whatever the reason: what people have to be told.

a limited target                                              is not asked
------------------------------------------------------------  ------------------------------------------
is at a step at which nothing is asked that costs tokens      for the limit that has it there
has less left of a limit than its cheapest request may cost   for that limit
is any other, though some of its checks may not fit           it is
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from wnmon.engine.budget import Budgets
from wnmon.engine.costs import RunCost, step_cost
from wnmon.engine.rates import is_free
from wnmon.engine.sparing import Stand
from wnmon.model.budget import Amount, Limit
from wnmon.model.events import Unasked
from wnmon.model.target import Probe, Target
from wnmon.watch.step_down import Step


@dataclass(frozen=True, slots=True)
class _Limited:
    """A target, and the least that a request to a model of it is reserved with, unit by unit."""

    target: Target
    need: Amount


class UnaskedTargets:
    """Looked at every few seconds, on the loop."""

    def __init__(self, budgets: Budgets, stands: Callable[[], Mapping[str, Stand]]) -> None:
        self._budgets = budgets
        self._stands = stands
        self._limited: tuple[_Limited, ...] = ()
        self._told: dict[str, Limit | None] = {}

    def declare(self, probes: Sequence[Probe]) -> None:
        """Look at the targets of exactly these probes; how each stands is told anew."""
        by_target: dict[str, list[Probe]] = {}
        for probe in probes:
            if probe.target.limits and not is_free(probe):
                by_target.setdefault(probe.target.name, []).append(probe)
        self._limited = tuple(_Limited(mine[0].target, _least(mine)) for mine in by_target.values())
        self._told = {}

    def look(self) -> Iterator[Unasked]:
        """Yield the targets of which this has changed; the first time all of them."""
        stands = self._stands()
        for one in self._limited:
            name = one.target.name
            limit = self._short_of(one, stands.get(name))
            if name not in self._told or self._told[name] != limit:
                self._told[name] = limit
                yield Unasked(target=name, limit=limit)

    def _short_of(self, one: _Limited, stand: Stand | None) -> Limit | None:
        if stand is not None and stand.level.step >= Step.MODELS:
            return stand.limit
        unspent = self._budgets.unspent(one.target)  # of what is under way the rest comes back
        left = self._budgets.remaining(one.target)
        return next((at.limit for at in left if not at.holds(one.need - unspent)), None)


def _least(probes: Sequence[Probe]) -> Amount:
    """Return the least that any request of these may cost at worst."""
    costs = [_worst(probe, *step_cost(step, probe)) for probe in probes for step in probe.check.plan.steps]
    return Amount(*map(min, zip(*costs, strict=True))) if costs else Amount()


def _worst(probe: Probe, input_tokens: int, output_tokens: int) -> Amount:
    price = probe.target.prices.get(probe.model)
    money = {} if price is None else price.of(input_tokens, output_tokens)
    return RunCost(requests=1, input_tokens=input_tokens, output_tokens=output_tokens, money=money).amount
