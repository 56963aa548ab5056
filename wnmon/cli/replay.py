"""`wnmon replay`: judge a recorded check again, from its transcript alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import click

from wnmon.app.check import Selection
from wnmon.cli.destinations import Destination, report_option
from wnmon.cli.files import read_text, wrong_file
from wnmon.cli.options import FILE, language_option, quiet_option, verbose_option
from wnmon.cli.reports import write
from wnmon.cli.suites import load
from wnmon.cli.terminal import tell
from wnmon.engine.codec import encode_run
from wnmon.engine.run import Run
from wnmon.errors import UsageError
from wnmon.judge.verdict import judge
from wnmon.model.check import Plan
from wnmon.model.result import Outcome, Reason
from wnmon.model.said import Said
from wnmon.report.baseline.file import excuse_run
from wnmon.report.summary import CheckReport
from wnmon.report.transcript import Transcript, digest_of, read_transcript

Load = Callable[[Sequence[str]], tuple[Plan, ...]]
"""Returns the plans of suites, by their names."""

_SAID_BY_THE_RUNNER = frozenset({Reason.SHUTDOWN, Reason.BUDGET, Reason.INTERNAL})
"""Reasons that no answer shows: they are taken from the record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """The report judged anew; suites that judge otherwise than they did; what came out differently.

    `is_cut`: of some answers the record has the beginning alone.
    """

    report: CheckReport
    changed: tuple[str, ...]
    differences: tuple[Said, ...]
    is_cut: bool = False


@click.command("replay")
@click.argument("transcript", type=FILE)
@click.argument("suites", nargs=-1, metavar="[SUITE]...")
@report_option
@language_option
@quiet_option
@verbose_option
def command(transcript: Path, suites: tuple[str, ...], reports: tuple[Destination, ...], **options: Any) -> int:
    """Judge a recorded check again, by the suites it names or by others, and say what has changed since."""
    try:
        recorded = read_transcript(read_text(transcript))
    except ValueError as wrong:
        raise wrong_file(transcript, wrong) from None
    done = replay(recorded, suites)
    if not options["quiet"]:
        _say(done)
    write(done.report, reports, lang=options["lang"], quiet=options["quiet"], every=options["verbose"])
    return done.report.exit_code


def replay(recorded: Transcript, suites: Sequence[str] = (), load: Load = load) -> Replayed:
    """Return the record judged anew by the suites it names, or by others of the same names. Raises WnmonError."""
    head, selected = recorded.head, recorded.head.selection
    names = tuple(dict.fromkeys(suites or (one.name for one in selected.suites)))
    selection = Selection(
        plans=load(names),
        names=names,
        profiles=selected.profiles,
        only=selected.only,
        skip=selected.skip,
        full=selected.full,
        gate=selected.gate,
    )
    plans = {plan.suite: plan for plan in selection.narrowed()}
    runs = tuple(excuse_run(_judged(run, plans, recorded.checks), recorded.baseline) for run in recorded.runs)
    now = {plan.suite: digest_of(plan) for plan in selection.plans}
    return Replayed(
        report=selection.report(
            head.targets,
            runs,
            between_s=(head.started_at_s, head.ended_at_s),
            strict=head.strict,
            complete=head.complete,
            baseline=recorded.baseline,
        ),
        changed=tuple(one.suite for one in selected.suites if now.get(one.suite) != one.sha256),
        differences=tuple(chain.from_iterable(map(_differences, recorded.runs, runs))),
        is_cut=head.cut,
    )


def _judged(run: Run, plans: dict[str | None, Plan], checks: Mapping[str, Plan]) -> Run:
    """Return the run with the judge's word of today. A run that was never begun has nothing to judge.

    One of no suite is judged by its check, where the record has that.
    """
    if run.result.outcome is Outcome.SKIPPED and not run.result.verdicts:
        return run
    plan = plans.get(run.suite) if run.suite is not None else checks.get(run.check)
    if plan is None:
        hint = Said("replay_name_all", names=", ".join(map(str, plans)))
        raise UsageError(Said("replay_no_suite", suite=str(run.suite)), hint=hint)
    asked = {step.name for step in plan.steps}
    strange = next((one.request.step for one in run.evidence.exchanges if one.request.step not in asked), None)
    if strange is not None:
        raise UsageError(Said("replay_no_request", text=repr(strange), suite=run.title))
    result = judge(plan, run.evidence, run.answers)
    reason = run.result.reason if run.result.reason in _SAID_BY_THE_RUNNER else result.reason
    return replace(run, result=replace(result, reason=reason), plan=plan)


def _differences(then: Run, now: Run) -> Iterator[Said]:
    """Yield where two judgements of one run differ, to the byte of their words: a record may know no ids."""
    suite, before, after = then.title, _worded(then), _worded(now)
    rows = [{row["rule"]: row for row in one["result"]["verdicts"]} for one in (before, after)]
    for rule in dict.fromkeys((*rows[0], *rows[1])):
        if rows[0].get(rule) != rows[1].get(rule):
            was, now_is = (one[rule]["verdict"] if rule in one else Said("replay_absent") for one in rows)
            yield Said("replay_differs", suite=suite, rule=rule, was=was, now=now_is)
    if before != after and rows[0] == rows[1]:
        yield Said("replay_other_result", suite=suite)


def _worded(run: Run) -> Any:
    return encode_run(run, words_only=True)["run"]


def _say(done: Replayed) -> None:
    if done.is_cut:
        tell(Said("replay_cut"))
    for suite in done.changed:
        tell(Said("replay_changed", suite=suite))
    for difference in done.differences:
        tell(difference)
    if not done.differences:
        tell(Said("replay_same", n=sum(len(run.result.verdicts) for run in done.report.runs)))
