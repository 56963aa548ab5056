"""What a run counts as towards an objective. Every run that was due is one of three: good, an error, or left out.

    indicator     a run is an event where                      and an error where
    ------------  -------------------------------------------  ----------------------------------------
    availability  it passed, degraded, failed or errored       it failed or errored, but for a broken rule: that is an
                                                               answer, and counts towards conformance
    ttft, total   it was a success, and has that latency       the latency is over the threshold
    conformance   it was judged, and a rule of it decided      a MUST rule is broken without a waiver

    cause         a run is left out that
    ------------  -------------------------------------------------------------------------------------------------
    recheck       was made only to confirm the one before it
    monitor       failed by wnmon itself, or did not take place because of it
    suspect       was so late stamped by wnmon that this alone decides whether the latency is over the threshold
    unjudged      says nothing of the indicator: a failed run of a latency, an unanswered one of conformance
    resting       did not take place because the relay is left alone
    maintenance   did not take place because of maintenance
    budget        did not take place because a budget is spent
    spared        did not take place so that a budget lasts

A latency is held against its threshold as against the limit of a check (`judge/latency.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from wnmon.model.check import Level
from wnmon.model.events import Skip
from wnmon.model.result import BOUNDS, DECIDED, Mark, Outcome, Reason, Result, Verdict
from wnmon.model.slo import Indicator, Slo
from wnmon.watch.confirm import says_up
from wnmon.wire.answer import Answer
from wnmon.wire.timing import instants, span


class Counted(StrEnum):
    """An event."""

    GOOD = "good"
    ERROR = "error"


class Cause(StrEnum):
    """Why a run is left out."""

    RECHECK = "recheck"
    MONITOR = "monitor"
    SUSPECT = "suspect"
    UNJUDGED = "unjudged"
    RESTING = "resting"
    MAINTENANCE = "maintenance"
    BUDGET = "budget"
    SPARED = "spared"


_SKIPPED = {
    Skip.BACKOFF: Cause.RESTING,
    Skip.MAINTENANCE: Cause.MAINTENANCE,
    Skip.BUDGET: Cause.BUDGET,
    Skip.SPARED: Cause.SPARED,
}


def classify(slo: Slo, result: Result, answers: Sequence[Answer], *, recheck: bool = False) -> Counted | Cause:
    """Return what a finished run counts as. `answers` are those that stand."""
    if recheck:
        return Cause.RECHECK
    if result.outcome is Outcome.SKIPPED:
        return Cause.BUDGET if result.reason is Reason.BUDGET else Cause.UNJUDGED
    up = says_up(result.outcome, result.reason)
    if up is None:
        return Cause.MONITOR
    match slo.indicator:
        case Indicator.AVAILABILITY:
            return _counted(error=not up)
        case Indicator.CONFORMANCE:
            return _conformance(result)
        case Indicator.TTFT | Indicator.TOTAL:
            return _latency(slo, result, answers)


def left_out(skip: Skip) -> Cause:
    """Return why a due run counts for nothing that did not take place."""
    return _SKIPPED.get(skip, Cause.MONITOR)


def _counted(*, error: bool) -> Counted:
    return Counted.ERROR if error else Counted.GOOD


def _conformance(result: Result) -> Counted | Cause:
    # Of a relay that gave no answer, the few rules that were judged before do not stand for all.
    if result.outcome is Outcome.ERRORED or not any(row.verdict in DECIDED for row in result.verdicts):
        return Cause.UNJUDGED
    broken = (row for row in result.verdicts if row.verdict is Verdict.FAILED and row.level is Level.MUST)
    return _counted(error=any(not row.waived for row in broken))


def _latency(slo: Slo, result: Result, answers: Sequence[Answer]) -> Counted | Cause:
    answer = next((one for one in answers if one.step == result.step), None)
    name = f"{slo.indicator}_s"
    took_s: float | None = None if answer is None else getattr(answer.timing, name)
    if answer is None or took_s is None or slo.threshold_s is None or not result.outcome.success:
        return Cause.UNJUDGED
    # No stamp is later than this. Farther from the threshold than that, the stamps need not be looked up, which costs
    # a millisecond for a few thousand tokens.
    if abs(took_s - slo.threshold_s) > answer.exchange.late_ns / 1e9:
        return _counted(error=took_s > slo.threshold_s)
    return _near(slo.threshold_s, answer, BOUNDS[name])


def _near(threshold_s: float, answer: Answer, bounds: tuple[Mark, Mark]) -> Counted | Cause:
    """Return what a latency counts as that is so near its threshold that the lag of its stamps may decide."""
    at_ns = instants(answer.exchange, answer.reply)
    took = span(answer.exchange, *(at_ns[mark] for mark in bounds))
    if took is None or took.least_s <= threshold_s < took.most_s:
        return Cause.SUSPECT
    return _counted(error=took.least_s > threshold_s)
