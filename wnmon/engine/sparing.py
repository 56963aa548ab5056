"""How sparingly each target is asked, so that its budgets last: `watch/step_down.py` applied to what is left of them.

The worst case of a probe may be hundreds of times what it costs (`engine/rates.py`), so each is tried once, where it
fits, whatever the step: else none would answer for hours, or ever. A limit that targets share is weighed over all of
them, each as rarely as its own limits have it asked already. Weighed on the loop, asked from any thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from wnmon.engine.ports import Clock, Left, Rest, RestCause, StepState
from wnmon.engine.rates import LIST_STRIDE, Asked, Rates, is_free
from wnmon.engine.run import Run
from wnmon.model.budget import NOTHING, Amount, Limit, Scope
from wnmon.model.events import ModelsListed, MonitorEvent, RunSkipped, Skip, Stepped
from wnmon.model.target import Probe, ProbeId, Target, limits_held
from wnmon.watch.step_down import FULL, LEVELS, Held, Level, Step, held, most_sparing, takes_place

TRIED_IN = 2
"""A check that is not the cheapest of its model is tried where so many of its worst cases fit what is left."""
TRY_AGAIN_S = 3600
"""How long after it was tried and nothing came that could be counted, as a relay was down."""


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
        self._asked: dict[str, Asked] = {}
        self._rates = Rates()
        self._holders: Mapping[tuple[object, Limit], tuple[str, ...]] = {}
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
        self._asked = {name: Asked.by(mine) for name, mine in by_target.items()}
        self._cheapest = frozenset(probe.id for one in self._asked.values() for probe in one.cheapest)
        as_before = self._rates.declare(self._asked)
        self._tried_ns = {name: at_ns for name, at_ns in self._tried_ns.items() if name in as_before}
        self._stands = {name: self._stands.get(name, _AS_CONFIGURED) for name in by_target}
        self._holders = limits_held([asked.target for asked in self._asked.values()])
        self._held = {}
        self.weigh()
        return [_stepped(name, stand) for name, stand in self._stands.items()]

    def take(self, run: Run) -> None:
        """Note what a run cost, and that its probe was tried."""
        if run.requests:
            self._tried_ns[run.probe] = self._clock.boot_ns()
        self._rates.take(run)

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
                most, times = self._rates.cost(probe.id), 1 if probe.id in self._cheapest else TRIED_IN
                fits = all(most.of(one.limit.unit) * times <= one.amount for one in left)
                if fits and self._may_be_tried(probe.id):
                    yield probe.id

    def _may_be_tried(self, probe: ProbeId) -> bool:
        at_ns = self._tried_ns.get(probe)
        was_long_ago = at_ns is None or self._clock.boot_ns() - at_ns >= TRY_AGAIN_S * 1e9
        return was_long_ago and not self._rates.is_learned(probe)

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
            left = min(told, key=lambda one: one.amount)
            rate = self._rates.together({name: stands[name].level for name in names}, limit.unit)
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
        if is_free(probe) or level is FULL:
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
        return probe.id == asked.lister.id and self._slots.number_of(probe.id, due_ns) % LIST_STRIDE == 0

    def _level(self, probe: Probe) -> Level:
        return self._stands.get(probe.target.name, _AS_CONFIGURED).level

    def _takes_place(self, probe: Probe, due_ns: int) -> bool:
        if probe.id in self._to_try and self._may_be_tried(probe.id):
            return True
        slot, is_cheapest = self._slots.number_of(probe.id, due_ns), probe.id in self._cheapest
        return takes_place(self._level(probe), slot, is_free=is_free(probe), is_cheapest=is_cheapest)


def _stepped(name: str, stand: Stand) -> Stepped:
    return Stepped(
        target=name,
        step=int(stand.level.step),
        stride=stand.level.stride,
        limit=stand.limit,
        until_s=stand.until_s,
    )
