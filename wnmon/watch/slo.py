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
    budget        did not take place because the day's budget is spent

A latency is held against its threshold as against the limit of a check (`judge/latency.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from wnmon.model.check import Level
from wnmon.model.events import Skip
from wnmon.model.result import BOUNDS, DECIDED, Outcome, Reason, Result, Verdict
from wnmon.model.slo import Indicator, Slo
from wnmon.wire.answer import Answer
from wnmon.wire.timing import Span, instants, span


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


_OWN = frozenset({Reason.INTERNAL, Reason.CLIENT, Reason.BUDGET, Reason.SHUTDOWN})
"""Reasons that lie with wnmon, or with the machine it runs on."""

_SKIPPED = {"backoff": Cause.RESTING, "maintenance": Cause.MAINTENANCE, "budget": Cause.BUDGET}


def classify(slo: Slo, result: Result, answers: Sequence[Answer], *, recheck: bool = False) -> Counted | Cause:
    """Return what a finished run counts as. `answers` are those that stand."""
    if recheck:
        return Cause.RECHECK
    if result.outcome is Outcome.SKIPPED:
        return Cause.BUDGET if result.reason is Reason.BUDGET else Cause.UNJUDGED
    if result.reason in _OWN:
        return Cause.MONITOR
    match slo.indicator:
        case Indicator.AVAILABILITY:
            return _counted(error=not result.outcome.success and result.reason is not Reason.RULE)
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
    took = _span(slo.indicator, result, answers)
    if took is None or slo.threshold_s is None or not result.outcome.success:
        return Cause.UNJUDGED
    if took.least_s <= slo.threshold_s < took.most_s:
        return Cause.SUSPECT
    return _counted(error=took.least_s > slo.threshold_s)


def _span(indicator: Indicator, result: Result, answers: Sequence[Answer]) -> Span | None:
    """Return the latency of the answer whose timing stands for the run, from the least to the most it can have been."""
    answer = next((one for one in answers if one.step == result.step), None)
    if answer is None:
        return None
    start, end = BOUNDS[f"{indicator}_s"]
    at_ns = instants(answer.exchange, answer.reply)
    return span(answer.exchange, at_ns[start], at_ns[end])
