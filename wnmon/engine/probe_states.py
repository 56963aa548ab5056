"""The latest state of every probe, for the page and `/api/v1/probes`. In memory; history is Prometheus' job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from wnmon.engine.ports import ProbeState
from wnmon.engine.run import Run
from wnmon.model.result import BOUNDS, Verdict
from wnmon.model.target import Probe, ProbeId


class LatestStates:
    """A sink of runs and a source of rows. Rows are replaced whole, so another thread reads a consistent one.

    `schedule` tells when a probe is due next; until a scheduler is attached, nothing is.
    """

    name = "board"

    def __init__(self) -> None:
        self.schedule: Callable[[ProbeId], float | None] = lambda _: None
        self._rows: dict[ProbeId, ProbeState] = {}

    def declare(self, probes: Sequence[Probe]) -> None:
        """Show exactly these probes; the state of those that stay is kept."""
        self._rows = {probe.id: self._row(probe) for probe in probes}

    def take(self, run: Run) -> None:
        """Replace a probe's row by what a run found."""
        row = self._rows.get(run.probe)
        if row is not None:  # a reload may have dropped the probe while it ran
            self._rows[run.probe] = _after(row, run)

    def states(self) -> Sequence[ProbeState]:
        """Return the rows, each with its next run."""
        return [replace(row, next_run_s=self.schedule(row.id)) for row in list(self._rows.values())]

    def _row(self, probe: Probe) -> ProbeState:
        known, target, check = self._rows.get(probe.id), probe.target.name, probe.check
        if known is not None:
            return replace(known, every_s=check.every_s)
        return ProbeState(id=probe.id, target=target, check=check.name, model=probe.model, every_s=check.every_s)


_SHOWN = ("ttft_s", "first_visible_s", "total_s")


def _after(row: ProbeState, run: Run) -> ProbeState:
    result = run.result
    suspect = tuple(name for name in _SHOWN if result.timing.is_suspect(*BOUNDS[name]))
    same = (row.outcome, row.reason) == (result.outcome.value, result.reason.value)
    return replace(
        row,
        outcome=result.outcome.value,
        reason=result.reason.value,
        message=result.message,
        since_s=row.since_s if same else run.ended_at_s,
        last_run_s=run.ended_at_s,
        status=result.status,
        ttft_s=result.timing.ttft_s,
        first_visible_s=result.timing.first_visible_s,
        total_s=result.timing.total_s,
        rules_failed=tuple(one.rule for one in result.verdicts if one.verdict is Verdict.FAILED and not one.waived),
        runs=row.runs + 1,
        suspect=bool(suspect),
        suspect_latencies=suspect,
        undecided=tuple(one.why for one in result.undecided),
    )
