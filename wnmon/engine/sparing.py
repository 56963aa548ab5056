"""How sparingly each target is asked, so that its budgets last: `watch/step_down.py` applied to what is left of them.

What a probe costs is what its runs did of late, as booked; the worst case until one has answered. That may be hundreds
of times as much, so each is tried, where it fits, whatever the step: else none would answer for hours, or ever. A
limit that targets share is weighed over all of them, each as rarely as its own limits have it asked already. Weighed on
the loop, asked from any thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

from wnmon.engine.costs import worst_run
from wnmon.engine.ports import Clock, Left, Rest, RestCause, StepState
from wnmon.engine.run import Run
from wnmon.model.budget import NOTHING, Amount, Limit, Scope, Unit, billionths
from wnmon.model.check import Asks
from wnmon.model.events import ModelsListed, MonitorEvent, RunSkipped, Skip, Stepped
from wnmon.model.target import Probe, ProbeId, Target, limits_held
from wnmon.watch.confirm import says_up
from wnmon.watch.step_down import FULL, LEVELS, REST, WIDEST, Held, Level, Rate, Step, held, most_sparing, takes_place

NEWEST_SHARE = 0.3
"""So much of what a probe is thought to cost is what its last run did; all of it the first one."""
RAREST_S = 6 * 3600
"""No check is made rarer than this to have a budget last, but for one in `WIDEST` of its due runs."""
TRIED_IN = 2
"""A check that is not the cheapest of its model is tried where so many of its worst cases fit what is left."""
TRY_AGAIN_S = 3600
"""How long after it was tried and nothing came that could be counted, as a relay was down."""
LIST_STRIDE = 4
"""Where nothing else is asked of a target that lists its models for nothing, so many due runs lie between two lists."""


class Slots(Protocol):
    """Tells which due run is which."""

    def slot_from(self, probe: ProbeId, not_before_ns: int) -> int:
        """Return the first slot of a scheduled probe at or after an instant; both are boot ns."""
        ...

    def number_of(self, probe: ProbeId, at_ns: int) -> int:
        """Return which slot from the epoch an instant (boot ns) is nearest to."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """How a target is asked: at which level, which limit has it so, and until when at the latest (epoch s)."""

    level: Level = FULL
    limit: Limit | None = None
    until_s: float = 0.0


_AS_CONFIGURED = Stand()


class _Cost(NamedTuple):
    """What a run is thought to cost, by unit; money in billionths."""

    tokens: float
    requests: float
    money: float

    def of(self, unit: Unit) -> float:
        return {Unit.TOKENS: self.tokens, Unit.REQUESTS: self.requests, Unit.MONEY: self.money}[unit]


@dataclass(slots=True, kw_only=True)
class _Asked:
    """A target and its probes: those that ask models, the cheapest of each model among them, and others."""

    target: Target
    paid: tuple[Probe, ...]
    cheapest: tuple[Probe, ...]
    free: tuple[Probe, ...]


class Sparing:
    """A sink of runs, and an observer, that weighs what is left and is asked what takes place.

    `left`: what limits leave a target beyond all grants; `unspent`: what is granted for it and not spent yet. Both are
    there to be spent, or a limit would be short whenever a request with a large worst case is on its way.
    """

    name = "sparing"

    def __init__(
        self,
        clock: Clock,
        left: Callable[[Target], Iterable[Left]],
        slots: Slots,
        unspent: Callable[[Target], Amount] = lambda _: NOTHING,
    ) -> None:
        self._clock = clock
        self._left = left
        self._unspent = unspent
        self._slots = slots
        self._asked: dict[str, _Asked] = {}
        self._costs: dict[ProbeId, _Cost] = {}
        self._learned: set[ProbeId] = set()
        self._holders: Mapping[tuple[object, Limit], tuple[str, ...]] = {}
        self._rates: dict[tuple[str, Unit], Rate] = {}
        self._held: dict[tuple[object, Limit], Held] = {}
        self._stands: dict[str, Stand] = {}
        self._listed: dict[str, ModelsListed] = {}
        self._cheapest: frozenset[ProbeId] = frozenset()
        self._tried_ns: dict[ProbeId, int] = {}
        self._to_try: frozenset[ProbeId] = frozenset()

    def declare(self, probes: Sequence[Probe]) -> list[Stepped]:
        """Weigh exactly these probes; return how each target with a limit is asked."""
        by_target: dict[str, list[Probe]] = {}
        for probe in probes:
            if probe.target.limits:
                by_target.setdefault(probe.target.name, []).append(probe)
        self._asked = {name: _asked(mine) for name, mine in by_target.items()}
        self._cheapest = frozenset(probe.id for one in self._asked.values() for probe in one.cheapest)
        limited = [probe for mine in by_target.values() for probe in mine]
        self._costs = {probe.id: self._costs.get(probe.id) or _worst(probe) for probe in limited}
        self._learned &= self._costs.keys()
        self._tried_ns = {name: at_ns for name, at_ns in self._tried_ns.items() if name in self._costs}
        self._stands = {name: self._stands.get(name, _AS_CONFIGURED) for name in by_target}
        self._holders = limits_held([asked.target for asked in self._asked.values()])
        self._held, self._rates = {}, {}
        self.weigh()
        return [_stepped(name, stand) for name, stand in self._stands.items()]

    def take(self, run: Run) -> None:
        """Note what a run cost; of one that found the relay down it says nothing of those that will not."""
        known = self._costs.get(run.probe)
        if run.requests:
            self._tried_ns[run.probe] = self._clock.boot_ns()
        if known is not None and says_up(run.result.outcome, run.result.reason) is True:
            money = sum(billionths(amount) for amount in run.spent_money.values())
            cost = run.spent_input_tokens + run.spent_output_tokens, run.requests, money
            share = NEWEST_SHARE if run.probe in self._learned else 1
            mixed = (old + (new - old) * share for old, new in zip(known, cost, strict=True))
            self._costs[run.probe] = _Cost(*mixed)
            self._learned.add(run.probe)
            for unit in Unit:
                self._rates.pop((run.target, unit), None)

    def weigh(self) -> list[Stepped]:
        """Weigh what is left now; return which targets are asked otherwise than before."""
        lefts = {name: {one.limit: one for one in self._left(asked.target)} for name, asked in self._asked.items()}
        unspent = {name: self._unspent(asked.target) for name, asked in self._asked.items()}
        stands = dict.fromkeys(self._asked, _AS_CONFIGURED)
        for scope in Scope:  # a target is reckoned with by others as rarely asked as its own limits have it
            stands |= self._weighed(scope, stands, lefts, unspent)
        self._to_try = frozenset(self._untried(lefts))
        before, self._stands = self._stands, stands
        changed = [name for name, now in stands.items() if now.level != before.get(name, _AS_CONFIGURED).level]
        return [_stepped(name, stands[name]) for name in changed]

    def _untried(self, lefts: Mapping[str, Mapping[Limit, Left]]) -> Iterator[ProbeId]:
        """Yield the probes of which no answer came yet and that may be tried: their worst case fits what is left."""
        for name, asked in self._asked.items():
            left = lefts[name].values()
            for probe in asked.paid:
                most, times = self._costs[probe.id], 1 if probe.id in self._cheapest else TRIED_IN
                fits = all(most.of(one.limit.unit) * times <= one.amount for one in left)
                if fits and self._may_be_tried(probe.id):
                    yield probe.id

    def _may_be_tried(self, probe: ProbeId) -> bool:
        at_ns = self._tried_ns.get(probe)
        was_long_ago = at_ns is None or self._clock.boot_ns() - at_ns >= TRY_AGAIN_S * 1e9
        return was_long_ago and probe not in self._learned

    def _weighed(
        self,
        scope: Scope,
        stands: Mapping[str, Stand],
        lefts: Mapping[str, Mapping[Limit, Left]],
        unspent: Mapping[str, Amount],
    ) -> dict[str, Stand]:
        """Return how targets are asked that the limits of a scope have asked more sparingly than these do."""
        found: dict[str, Stand] = {}
        for key, names in self._holders.items():
            limit = key[1]
            told = [lefts[name][limit] for name in names if limit in lefts[name]] if limit.scope is scope else []
            if not told:
                continue
            left, rate = min(told, key=lambda one: one.amount), self._rate(names, stands, limit.unit)
            amount = left.amount + sum(unspent[name].of(limit.unit) for name in names)
            now = held(self._held.get(key), amount, left.until_s, rate, self._clock.wall_s())
            self._held[key] = now
            for name in names if now.level is not FULL else ():
                known = found.get(name, stands[name])
                is_stricter = most_sparing([now.level, known.level]) != known.level
                if is_stricter and self._asked[name].target.step_down:
                    found[name] = Stand(level=now.level, limit=limit, until_s=now.until_s)
        return found

    def stands(self) -> Mapping[str, Stand]:
        """Return how each target with a limit is asked."""
        return self._stands

    def observe(self, event: MonitorEvent) -> None:
        """Note which target listed its models, and which probe was not asked since it does not fit."""
        if isinstance(event, ModelsListed):
            self._listed[event.target] = event
        elif isinstance(event, RunSkipped) and event.reason is Skip.BUDGET:
            self._tried_ns[event.probe] = self._clock.boot_ns()

    def states(self) -> Sequence[StepState]:
        """Return the targets that are asked more sparingly than configured, the most sparingly first."""
        stepped = [(name, stand) for name, stand in self._stands.items() if stand.level is not FULL]
        stepped.sort(key=lambda one: (-LEVELS.index(one[1].level), one[0]))
        return [self._state(name, stand) for name, stand in stepped]

    def _state(self, name: str, stand: Stand) -> StepState:
        listed = self._listed.get(name) if stand.level.step is Step.MODELS else None
        return StepState(
            target=name,
            step=int(stand.level.step),
            stride=stand.level.stride,
            limit="" if stand.limit is None else stand.limit.place(name),
            until_s=stand.until_s,
            listed_s=None if listed is None else listed.at_s,
            listed=listed is not None and listed.ok,
            why="" if listed is None else listed.why,
        )

    def stride(self, probe: Probe) -> int:
        """Return of how many due runs of a probe one takes place, 0 where none does."""
        level = self._level(probe)
        if _is_free(probe) or level is FULL:
            return 0 if level.step is Step.REST else 1
        is_asked = level.step is Step.RARER or (level.step is Step.SHORTER and probe.id in self._cheapest)
        return level.stride if is_asked else 0

    def rest(self, probe: Probe, at_ns: int) -> Rest | None:
        """Return until when a probe is spared whose next due run after an instant (boot ns) is, else None."""
        stand = self._stands.get(probe.target.name, _AS_CONFIGURED)
        if stand.level is FULL or stand.limit is None:
            return None
        slot_ns = self._slots.slot_from(probe.id, at_ns)
        if self._takes_place(probe, slot_ns):
            return None
        stride = self.stride(probe)
        if stride:
            ahead = -self._slots.number_of(probe.id, slot_ns) % stride
            until_ns = slot_ns + ahead * probe.check.every_ns
        else:
            until_ns = self._clock.boot_ns() + int((stand.until_s - self._clock.wall_s()) * 1e9)
        reason = stand.limit.place(probe.target.name)
        return Rest(cause=RestCause.SPARED, until_ns=until_ns, reason=reason) if until_ns > at_ns else None

    def spares(self, probe: Probe, due_ns: int) -> Rest | None:
        """Return the rest that keeps a run from taking place that was due at an instant (boot ns), else None."""
        if self._level(probe) is FULL or self._takes_place(probe, due_ns):
            return None
        return self.rest(probe, due_ns) or Rest(cause=RestCause.SPARED, until_ns=due_ns)

    def wants_list(self, probe: Probe, due_ns: int) -> bool:
        """Tell whether a target lists its models in place of a spared run, since nothing else is asked of it."""
        asked = self._asked.get(probe.target.name)
        if asked is None or asked.free or self._level(probe).step is not Step.MODELS:
            return False
        return probe.id == _lister(asked).id and self._slots.number_of(probe.id, due_ns) % LIST_STRIDE == 0

    def _level(self, probe: Probe) -> Level:
        return self._stands.get(probe.target.name, _AS_CONFIGURED).level

    def _takes_place(self, probe: Probe, due_ns: int) -> bool:
        if probe.id in self._to_try and self._may_be_tried(probe.id):
            return True
        slot, is_cheapest = self._slots.number_of(probe.id, due_ns), probe.id in self._cheapest
        return takes_place(self._level(probe), slot, is_free=_is_free(probe), is_cheapest=is_cheapest)

    def _rate(self, names: Iterable[str], stands: Mapping[str, Stand], unit: Unit) -> Rate:
        """Return what these targets cost together, each at the level that it has by its own limits."""
        free = 0.0
        stepping = []
        for name in names:
            rate = _at_most(self._rate_of(name, unit), stands[name].level)
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

    def _rate_of(self, name: str, unit: Unit) -> Rate:
        """Return what a target costs as configured; reckoned anew once a run has cost something else."""
        known = self._rates.get((name, unit))
        if known is None:
            known = self._rates[name, unit] = self._reckoned(self._asked[name], unit)
        return known

    def _reckoned(self, asked: _Asked, unit: Unit) -> Rate:
        cheapest = [self._costs[probe.id].of(unit) for probe in asked.cheapest]
        rarest_s = max((probe.check.every_s for probe in asked.cheapest), default=RAREST_S)
        return Rate(
            full=self._per_second(asked.paid, unit),
            cheapest=self._per_second(asked.cheapest, unit),
            free=self._per_second(asked.free, unit),
            lists=_of_lists(asked, unit),
            once=sum(cheapest),
            least=min(cheapest, default=0),
            widest=max(WIDEST, int(RAREST_S // rarest_s)),
        )

    def _per_second(self, probes: Iterable[Probe], unit: Unit) -> float:
        return sum(self._costs[probe.id].of(unit) / probe.check.every_s for probe in probes)


def _asked(probes: Sequence[Probe]) -> _Asked:
    paid = tuple(probe for probe in probes if not _is_free(probe))
    by_model: dict[str, list[Probe]] = {}
    for probe in paid:
        by_model.setdefault(probe.model, []).append(probe)
    return _Asked(
        target=probes[0].target,
        paid=paid,
        cheapest=tuple(min(mine, key=_dearness) for mine in by_model.values()),
        free=tuple(probe for probe in probes if _is_free(probe)),
    )


def _dearness(probe: Probe) -> tuple[bool, int, str]:
    """Order the checks of a model: a plain one says whether it is up, a suite does not."""
    return probe.check.plan.suite is not None, worst_run(probe).amount.tokens, probe.check.name


def _lister(asked: _Asked) -> Probe:
    """Return the probe in place of which models are listed: the one that is due the most often."""
    return min(asked.cheapest, key=lambda probe: (probe.check.every_s, probe.id))


def _of_lists(asked: _Asked, unit: Unit) -> float:
    if unit is not Unit.REQUESTS or asked.free or not asked.cheapest:
        return 0
    return 1 / (_lister(asked).check.every_s * LIST_STRIDE)


def _at_most(rate: Rate, level: Level) -> Rate:
    """Return what is left of a rate where nothing is asked at more than a level."""
    if level is FULL:
        return rate
    if level is REST:
        return Rate(widest=rate.widest)
    paid = rate.at(level) - rate.free if level.step < Step.MODELS else 0.0
    return replace(rate, full=min(rate.full, paid), cheapest=min(rate.cheapest, paid))


def _is_free(probe: Probe) -> bool:
    return probe.check.plan.asks is not Asks.CHAT


def _worst(probe: Probe) -> _Cost:
    amount: Amount = worst_run(probe).amount
    return _Cost(amount.tokens, amount.requests, amount.money)


def _stepped(name: str, stand: Stand) -> Stepped:
    return Stepped(
        target=name,
        step=int(stand.level.step),
        stride=stand.level.stride,
        limit=stand.limit,
        until_s=stand.until_s,
    )
