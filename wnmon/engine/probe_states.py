"""The latest state of every probe, for the page and `/api/v1/probes`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from wnmon.engine.ports import LastRun, ProbeState
from wnmon.engine.run import Run
from wnmon.engine.standing import Standing
from wnmon.model.result import BOUNDS, Outcome, Verdict
from wnmon.model.target import Probe, ProbeId
from wnmon.watch.confirm import Confirmation

_GOOD = frozenset(outcome.value for outcome in Outcome if outcome.success)
UNKNOWN = "unknown"
"""Stands for an outcome that counts no more."""

MAINTENANCE = "maintenance"
"""Stands for one while somebody wants nothing to be sent."""


class LatestStates:
    """A sink of runs and a source of rows. Rows are replaced whole, so another thread reads a consistent one.

    `standing` tells whether a probe's last outcome still counts, and when it is asked again.
    """

    name = "board"

    def __init__(self, standing: Callable[[ProbeId], Standing]) -> None:
        self._standing = standing
        self._rows: dict[ProbeId, ProbeState] = {}

    def declare(self, probes: Sequence[Probe]) -> None:
        """Show exactly these probes; the state of those that stay is kept."""
        self._rows = {probe.id: self._row(probe) for probe in probes}

    def remember(self, id_: ProbeId, last: LastRun, confirmed: Confirmation) -> None:
        """Show of a declared probe what its last run came to before this process, and what was confirmed then."""
        is_of_then = confirmed.up is (last.outcome in _GOOD)
        self._rows[id_] = replace(
            self._rows[id_],
            outcome=last.outcome,
            reason=last.reason,
            since_s=confirmed.since_s if is_of_then else last.ended_at_s,
            last_run_s=last.ended_at_s,
            status=last.status,
            ttft_s=last.ttft_s,
            first_visible_s=last.first_visible_s,
            total_s=last.total_s,
        )

    def take(self, run: Run) -> None:
        """Replace a probe's row by what a run found."""
        row = self._rows.get(run.probe)
        if row is not None:  # a reload may have dropped the probe while it ran
            self._rows[run.probe] = _after(row, run)

    def states(self) -> Sequence[ProbeState]:
        """Return the rows, each as it stands now."""
        return [_standing(row, self._standing(row.id)) for row in list(self._rows.values())]

    def _row(self, probe: Probe) -> ProbeState:
        known, target, check = self._rows.get(probe.id), probe.target.name, probe.check
        if known is not None:
            return replace(known, every_s=check.every_s)
        return ProbeState(id=probe.id, target=target, check=check.name, model=probe.model, every_s=check.every_s)


def _standing(row: ProbeState, standing: Standing) -> ProbeState:
    row = replace(
        row,
        up=standing.up,
        up_since_s=standing.up_since_s,
        unconfirmed=standing.unconfirmed,
        next_run_s=standing.next_run_s,
        rest=standing.rest,
        rest_until_s=standing.rest_until_s,
        rest_reason=standing.rest_reason,
        stride=standing.stride,
    )
    is_wished = standing.rest is not None and standing.rest.is_wished
    if standing.known or (row.outcome is None and not is_wished):
        return row
    outcome = MAINTENANCE if is_wished else UNKNOWN
    return replace(row, outcome=outcome, reason=None, message="", since_s=None, undecided=())


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
