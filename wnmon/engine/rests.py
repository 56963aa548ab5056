"""What keeps a probe from being asked now: maintenance, refusals, a budget that is spent, or that is to last."""

from __future__ import annotations

from collections.abc import Callable

from wnmon.engine.backoff import Backoff
from wnmon.engine.budget import Budgets
from wnmon.engine.ports import Clock, Rest, RestCause
from wnmon.engine.run import Run
from wnmon.engine.windows import Windows
from wnmon.model.events import MonitorEvent, RunSkipped, Skip
from wnmon.model.target import Probe, ProbeId


class Rests:
    """An observer and a sink that is asked why probes rest, also from another thread.

    A budget is the target's, but a rest for it the probe's: a cheap check may still fit where a suite does not.
    """

    name = "rests"

    def __init__(
        self,
        clock: Clock,
        backoff: Backoff,
        budgets: Budgets,
        spared: Callable[[Probe, int], Rest | None] = lambda *_: None,
    ) -> None:
        self._clock = clock
        self._backoff = backoff
        self._budgets = budgets
        self._spared = spared
        self._windows = Windows(clock)
        self._unpaid: set[ProbeId] = set()

    def observe(self, event: MonitorEvent) -> None:
        """Take note of a run that did not fit the budget."""
        match event:
            case RunSkipped(probe=probe, reason=Skip.BUDGET):
                self._unpaid.add(probe)
            case _:
                pass

    def take(self, run: Run) -> None:
        """Take note of a run that took place."""
        self._unpaid.discard(run.probe)

    def of(self, probe: Probe, at_ns: int) -> Rest | None:
        """Return what keeps a probe from being asked at an instant (boot ns), as far as is known now, else None."""
        refused = self._backoff.rest(probe.target, probe.model, at_ns)
        short = self._for_budget(probe, at_ns) or self._spared(probe, at_ns)
        return self._windows.rest(probe, at_ns) or refused or short

    def _for_budget(self, probe: Probe, at_ns: int) -> Rest | None:
        refusing = self._budgets.rests_for(probe.target) if probe.id in self._unpaid else None
        if refusing is None:
            return None
        until_ns = self._clock.boot_ns() + int((refusing.until_s - self._clock.wall_s()) * 1e9)
        reason = refusing.limit.place(probe.target.name)
        return Rest(cause=RestCause.BUDGET, until_ns=until_ns, reason=reason) if until_ns > at_ns else None
