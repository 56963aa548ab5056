"""How the relays stand, as far as messages care: which probes are down, and what the others' last runs said. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from wnmon.engine.run import Run
from wnmon.model.events import MonitorEvent, StateExpired, StoreTold, Turned, Unasked
from wnmon.model.result import Outcome
from wnmon.model.said import Text
from wnmon.model.target import Probe, ProbeId
from wnmon.notify.budgets import BudgetStands
from wnmon.notify.news import Outage, Unkept
from wnmon.watch.confirm import says_up


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """What a probe's last runs said. `failing_since_s`: when the first ended of those in a row that say down, or None.

    `ttft_s` is that of the last run that had one.
    """

    ended_s: float
    failing_since_s: float | None = None
    said: Text = ""
    ttft_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A probe there is: of whom, and how often it is asked."""

    target: str
    check: str
    every_s: float


@dataclass(slots=True, kw_only=True)
class Situation:
    """Changed by runs and turns. `unknown`: probes of which nothing is known now, though they were down.

    `unkept`: wnmon itself cannot write down what it finds.
    """

    probes: Mapping[ProbeId, Watched] = field(default_factory=dict)
    outages: dict[ProbeId, Outage] = field(default_factory=dict)
    last: dict[ProbeId, Last] = field(default_factory=dict)
    unknown: set[ProbeId] = field(default_factory=set)
    by_target: dict[str, list[ProbeId]] = field(default_factory=dict)
    unkept: Unkept | None = None
    budgets: BudgetStands = field(default_factory=BudgetStands)

    def declare(self, probes: Sequence[Probe]) -> None:
        """Know exactly these probes; what is known of those that stay is kept."""
        self.probes = {
            one.id: Watched(target=one.target.name, check=one.check.name, every_s=one.check.every_s) for one in probes
        }
        by_target: dict[str, list[ProbeId]] = defaultdict(list)
        for id_, watched in self.probes.items():
            by_target[watched.target].append(id_)
        self.by_target = dict(by_target)
        self.outages = {id_: one for id_, one in self.outages.items() if id_ in self.probes}
        self.last = {id_: one for id_, one in self.last.items() if id_ in self.probes}
        self.unknown &= self.probes.keys()
        self.budgets.declare({one.target.name: one.target for one in probes}.values())

    def take(self, run: Run) -> None:
        """Note what a run said. One that was skipped says nothing."""
        result, before = run.result, self.last.get(run.probe)
        if run.probe not in self.probes or result.outcome is Outcome.SKIPPED:
            return
        self.unknown.discard(run.probe)
        failing_since_s = before.failing_since_s if before is not None else None
        outage = self.outages.get(run.probe)
        says = says_up(result.outcome, result.reason)
        if says is not None:
            failing_since_s = None if says else failing_since_s or run.ended_at_s
        if says is False and outage is not None and outage.reasons[-1] is not result.reason:
            later = (*(reason for reason in outage.later if reason is not result.reason), result.reason)
            self.outages[run.probe] = replace(outage, later=later)
        self.last[run.probe] = Last(
            ended_s=run.ended_at_s,
            failing_since_s=failing_since_s,
            said=result.message,
            ttft_s=result.timing.ttft_s or (before.ttft_s if before is not None else None),
        )

    def hear(self, event: MonitorEvent, now_s: float) -> bool:
        """Note that nothing is known of a probe, or can be kept, or is asked; return whether that may be news."""
        match event:
            case StateExpired():
                self.unknown.add(event.probe)
            case StoreTold(problem=problem):
                since_s = now_s if self.unkept is None else self.unkept.since_s
                self.unkept = None if problem is None else Unkept(problem, since_s)
            case Unasked():
                self.budgets.take(event, now_s)
            case _:
                return False
        return True

    def begin(self, turned: Turned) -> Outage:
        """Note that a probe is down, and return its outage."""
        last = self.last.get(turned.probe)
        outage = Outage(
            probe=turned.probe,
            target=turned.target,
            check=turned.check,
            model=turned.model,
            since_s=turned.since_s,
            reason=turned.reason,
            failing_since_s=turned.since_s if last is None else last.failing_since_s or turned.since_s,
            said="" if last is None else last.said,
            ttft_s=None if last is None else last.ttft_s,
        )
        self.outages[turned.probe] = outage
        return outage

    def end(self, probe: ProbeId) -> Outage | None:
        """Note that a probe is up again, and return the outage that is over, if there was one."""
        return self.outages.pop(probe, None)

    def others(self, target: str) -> Iterator[tuple[Watched, Last]]:
        """Yield the probes of a target that have run and are not confirmed to be down."""
        for id_ in self.by_target.get(target, ()):
            if id_ not in self.outages and id_ in self.last:
                yield self.probes[id_], self.last[id_]
