"""What the probes of a target are thought to cost, run by run and a second, so that their steps down can be weighed.

A probe costs what its runs did of late, as booked; the worst case until one has answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from wnmon.engine.costs import worst_run
from wnmon.engine.run import Run
from wnmon.model.budget import Unit, billionths
from wnmon.model.check import Asks
from wnmon.model.target import Probe, ProbeId, Target
from wnmon.watch.confirm import says_up
from wnmon.watch.step_down import FULL, REST, WIDEST, Level, Rate, Step

NEWEST_SHARE = 0.3
"""So much of what a probe is thought to cost is what its last run did; all of it the first one."""
RAREST_S = 6 * 3600
"""No check is made rarer than this to have a budget last, but for one in `WIDEST` of its due runs."""
LIST_STRIDE = 4
"""Where nothing else is asked of a target that lists its models for nothing, so many due runs lie between two lists."""


class Cost(NamedTuple):
    """What a run is thought to cost, by unit; money in billionths."""

    tokens: float
    requests: float
    money: float

    def of(self, unit: Unit) -> float:
        """Return it in a unit."""
        return {Unit.TOKENS: self.tokens, Unit.REQUESTS: self.requests, Unit.MONEY: self.money}[unit]


@dataclass(slots=True, kw_only=True)
class Asked:
    """A target and its probes: those that ask models, the cheapest of each model among them, and others."""

    target: Target
    paid: tuple[Probe, ...]
    cheapest: tuple[Probe, ...]
    free: tuple[Probe, ...]

    @classmethod
    def by(cls, probes: Sequence[Probe]) -> Asked:
        """Return the target of these probes, of which there is one at least."""
        paid = tuple(probe for probe in probes if not is_free(probe))
        by_model: dict[str, list[Probe]] = {}
        for probe in paid:
            by_model.setdefault(probe.model, []).append(probe)
        return cls(
            target=probes[0].target,
            paid=paid,
            cheapest=tuple(min(mine, key=_dearness) for mine in by_model.values()),
            free=tuple(probe for probe in probes if is_free(probe)),
        )

    @property
    def lister(self) -> Probe:
        """Return the probe in place of which models are listed: of the cheapest the one that is due the most often."""
        return min(self.cheapest, key=lambda probe: (probe.check.every_s, probe.id))

    def lists(self, unit: Unit) -> float:
        """Return what lists in place of all else would cost a second: nothing where some probe asks for nothing."""
        if unit is not Unit.REQUESTS or self.free or not self.cheapest:
            return 0
        return 1 / (self.lister.check.every_s * LIST_STRIDE)


def is_free(probe: Probe) -> bool:
    """Tell whether a probe asks no model."""
    return probe.check.plan.asks is not Asks.CHAT


def _dearness(probe: Probe) -> tuple[bool, int, str]:
    """Order the checks of a model: a plain one says whether it is up, a suite does not."""
    return probe.check.plan.suite is not None, worst_run(probe).amount.tokens, probe.check.name


class Rates:
    """What each probe of some targets costs, learned from its runs, and what targets cost together."""

    def __init__(self) -> None:
        self._asked: Mapping[str, Asked] = {}
        self._worst: dict[ProbeId, Cost] = {}
        self._costs: dict[ProbeId, Cost] = {}
        self._learned: set[ProbeId] = set()
        self._rates: dict[tuple[str, Unit], Rate] = {}

    def declare(self, asked: Mapping[str, Asked]) -> frozenset[ProbeId]:
        """Reckon exactly these targets, by name, and return the probes of which what was learned holds still.

        With another price, or another request, it does not: it may have been a slip that made all of it too dear.
        """
        self._asked = asked
        worst = {probe.id: _worst(probe) for one in asked.values() for probe in (*one.paid, *one.free)}
        as_before = frozenset(name for name, cost in worst.items() if self._worst.get(name) == cost)
        self._costs = worst | {name: self._costs[name] for name in as_before}
        self._worst = worst
        self._learned &= as_before
        self._rates = {}
        return as_before

    def take(self, run: Run) -> None:
        """Note what a run cost; one that found the relay down says nothing of those that will not."""
        known = self._costs.get(run.probe)
        if known is None or says_up(run.result.outcome, run.result.reason) is not True:
            return
        money = sum(billionths(amount) for amount in run.spent_money.values())
        cost = run.spent_input_tokens + run.spent_output_tokens, run.requests, money
        share = NEWEST_SHARE if run.probe in self._learned else 1
        self._costs[run.probe] = Cost(*(old + (new - old) * share for old, new in zip(known, cost, strict=True)))
        self._learned.add(run.probe)
        for unit in Unit:
            self._rates.pop((run.target, unit), None)

    def cost(self, probe: ProbeId) -> Cost:
        """Return what a run of a declared probe is thought to cost."""
        return self._costs[probe]

    def is_learned(self, probe: ProbeId) -> bool:
        """Tell whether a run of the probe has answered."""
        return probe in self._learned

    def together(self, levels: Mapping[str, Level], unit: Unit) -> Rate:
        """Return what targets, by name, cost together a second, each at a level at most."""
        free = 0.0
        stepping = []
        for name, level in levels.items():
            rate = _at_most(self._of(name, unit), level)
            if self._asked[name].target.step_down:
                stepping.append(rate)
                free += rate.free
            else:
                free += rate.full + rate.free
        return Rate(
            full=sum(rate.full for rate in stepping),
            cheapest=sum(rate.cheapest for rate in stepping),
            free=free,
            lists=sum(rate.lists for rate in stepping),
            once=sum(rate.once for rate in stepping),
            least=min((rate.least for rate in stepping if rate.least), default=0),
            widest=min((rate.widest for rate in stepping), default=WIDEST),
        )

    def _of(self, name: str, unit: Unit) -> Rate:
        """Return what a target costs as configured; reckoned anew once a run has cost something else."""
        known = self._rates.get((name, unit))
        if known is None:
            known = self._rates[name, unit] = self._reckoned(self._asked[name], unit)
        return known

    def _reckoned(self, asked: Asked, unit: Unit) -> Rate:
        cheapest = [self._costs[probe.id].of(unit) for probe in asked.cheapest]
        rarest_s = max((probe.check.every_s for probe in asked.cheapest), default=RAREST_S)
        return Rate(
            full=self._per_second(asked.paid, unit),
            cheapest=self._per_second(asked.cheapest, unit),
            free=self._per_second(asked.free, unit),
            lists=asked.lists(unit),
            once=sum(cheapest),
            least=min(cheapest, default=0),
            widest=max(WIDEST, int(RAREST_S // rarest_s)),
        )

    def _per_second(self, probes: Iterable[Probe], unit: Unit) -> float:
        return sum(self._costs[probe.id].of(unit) / probe.check.every_s for probe in probes)


def _at_most(rate: Rate, level: Level) -> Rate:
    """Return what is left of a rate where nothing is asked at more than a level."""
    if level is FULL:
        return rate
    if level is REST:
        return Rate(widest=rate.widest)
    paid = rate.at(level) - rate.free if level.step < Step.MODELS else 0.0
    return replace(rate, full=min(rate.full, paid), cheapest=min(rate.cheapest, paid))


def _worst(probe: Probe) -> Cost:
    amount = worst_run(probe).amount
    return Cost(amount.tokens, amount.requests, amount.money)
