"""One check from its first suite to its last: the same for the command line and for pytest.

What one suite told of a model is not asked again, and how it wants to be asked is not forgotten; a signal, a budget or,
if asked, a broken MUST rule ends the sending. Rules of what was not sent are still named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from wnmon.engine.learning import Learning
from wnmon.engine.patience import Patience
from wnmon.engine.run import Run
from wnmon.engine.runner import Runner
from wnmon.judge.preflight import stops_a_suite
from wnmon.model.check import Level, Plan
from wnmon.model.exchange import FailureKind
from wnmon.model.result import Reason, Result, Verdict, because
from wnmon.model.said import Said, Text, Why, id_of
from wnmon.model.target import Probe


def quietly(_: str) -> None:
    """Tell nobody of progress."""


def as_judged(run: Run) -> Run:
    """Excuse nothing."""
    return run


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a check goes on. `excuse` marks what is known to be broken; `progress` is told the suite of each request.

    `patience`: what it waits for limits of the relay's, over all its suites and models.
    """

    full: bool = False
    fail_fast: bool = False
    excuse: Callable[[Run], Run] = as_judged
    progress: Callable[[str], None] = quietly
    patience: Patience = field(default_factory=Patience)


@dataclass(slots=True)
class Session:
    """The runs of one check, in the order they ended."""

    manner: Manner
    runs: list[Run] = field(default_factory=list)
    _told: dict[str, Result] = field(default_factory=dict)
    _learning: Learning = field(default_factory=Learning)

    async def run(self, runner: Runner, probe: Probe) -> Run:
        """Return the run of a probe, judged and excused; of nothing is sent where it is known to tell nothing."""
        why = self._why_over() or _why_known(probe.check.plan, self._told.get(probe.model))
        run = runner.unsent(probe, why) if why is not None else await self._send(runner, probe)
        self.runs.append(run)
        if _tells_of_all(probe.check.plan, run):
            self._told.setdefault(probe.model, run.result)
        return run

    async def _send(self, runner: Runner, probe: Probe) -> Run:
        def halt(so_far: Callable[[], Run]) -> Text | None:
            self.manner.patience.count_down()
            self.manner.progress(probe.check.name)
            broken = self.manner.fail_fast and breaks_must(self.manner.excuse(so_far()))
            return Said(Why.FAIL_FAST) if broken else None

        manner, pupil = self.manner, self._learning.of(probe.model)
        run = await runner.run(probe, full=manner.full, halt=halt, patience=manner.patience, pupil=pupil)
        if not run.result.verdicts:  # the relay asked to be left alone: its rules are still named
            run = runner.unsent(probe, run.result.message)
        return self.manner.excuse(run)

    def _why_over(self) -> Text | None:
        """Return why no further suite is judged, None while there is no reason."""
        if was_interrupted(self.runs):
            return Said(Why.INTERRUPTED)
        if _was_not_sent(self.runs, Why.BUDGET_TOKENS):
            return Said(Why.BUDGET_TOKENS)
        return Said(Why.FAIL_FAST) if self.manner.fail_fast and any(map(breaks_must, self.runs)) else None


def _why_known(plan: Plan, told: Result | None) -> Text | None:
    """Return what an earlier suite told of the model, None where this one has more to say.

    The first request of a suite tells that nothing can be judged, and another suite would only repeat it; but that no
    secure connection stands is what a rule on TLS is about.
    """
    if told is None or (told.reason is Reason.TLS and any(one.kind == "tls" for r in plan.rules for one in r.expect)):
        return None
    return because(told.reason, told.message)


def _tells_of_all(plan: Plan, run: Run) -> bool:
    """Tell whether a run could judge nothing for a reason that another suite would only meet again."""
    is_bug = run.result.reason is Reason.INTERNAL
    return is_bug or bool(run.standing and stops_a_suite(plan, run.standing))


def was_interrupted(runs: Iterable[Run]) -> bool:
    """Tell whether a request was not sent, or not answered, because of a signal."""
    runs = list(runs)
    failures = (exchange.failure for run in runs for exchange in run.evidence.exchanges)
    cut_short = any(failure is not None and failure.kind is FailureKind.SHUTDOWN for failure in failures)
    return cut_short or _was_not_sent(runs, Why.INTERRUPTED)


def _was_not_sent(runs: Iterable[Run], why: Why) -> bool:
    return any(id_of(text) == why for run in runs for text in run.evidence.not_sent.values())


def breaks_must(run: Run) -> bool:
    """Tell whether a rule that binds failed and is not waived."""
    rows = run.result.verdicts
    return any(row.verdict is Verdict.FAILED and row.level is Level.MUST and not row.waived for row in rows)
