"""`wnmon replay`: judge a recorded check again, from its transcript alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from wnmon import __version__
from wnmon.app.check import Selection
from wnmon.cli.files import read_text
from wnmon.cli.options import language_option, quiet_option, report_option, verbose_option
from wnmon.cli.reports import Destination, write
from wnmon.cli.suites import load
from wnmon.cli.terminal import note, wants_color, width
from wnmon.cli.types import FILE
from wnmon.engine.codec import encode_run
from wnmon.engine.run import Run
from wnmon.errors import UsageError
from wnmon.judge.verdict import judge
from wnmon.model.check import Plan
from wnmon.model.result import Outcome, Reason
from wnmon.report.baseline.file import excuse_run, ignored_by
from wnmon.report.summary import CheckReport, Exit, exit_code
from wnmon.report.transcript import Transcript, digest_of, read_transcript

_SAID_BY_THE_RUNNER = frozenset({Reason.SHUTDOWN, Reason.BUDGET, Reason.INTERNAL})
"""Reasons that no answer shows: they are taken from the record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """The report judged anew; suites that judge otherwise than they did; what came out differently, a line each."""

    report: CheckReport
    changed: tuple[str, ...]
    differences: tuple[str, ...]


@click.command("replay")
@click.argument("transcript", type=FILE)
@click.argument("suites", nargs=-1, metavar="[SUITE]...")
@report_option
@language_option
@quiet_option
@verbose_option
def command(transcript: Path, suites: tuple[str, ...], reports: tuple[Destination, ...], **options: Any) -> int:
    """Judge the check recorded in TRANSCRIPT again; nothing is sent.

    It is judged by the suites the transcript names (files relative to the working directory), or by the SUITEs given
    here. What has changed since is said on stderr. Exit codes are those of wnmon check.
    """
    try:
        recorded = read_transcript(read_text(transcript))
    except ValueError as wrong:
        raise UsageError(f"{transcript}: {wrong}") from None
    done = replay(recorded, suites)
    if not options["quiet"]:
        _say(done)
    lang, quiet, every = options["lang"], options["quiet"], options["verbose"]
    write(done.report, reports, width=width(), color=wants_color(), lang=lang, quiet=quiet, every=every)
    return done.report.exit_code


def replay(recorded: Transcript, suites: Sequence[str] = ()) -> Replayed:
    """Return the record judged anew by the suites it names, or by others of the same names. Raises WnmonError."""
    selected = recorded.head.selection
    names = tuple(suites) or tuple(one.name for one in selected.suites)
    selection = Selection(
        plans=load(names),
        names=names,
        profiles=selected.profiles,
        only=selected.only,
        skip=selected.skip,
        full=selected.full,
    )
    plans = {plan.suite: plan for plan in selection.narrowed()}
    runs = tuple(excuse_run(_judged(run, plans), recorded.baseline) for run in recorded.runs)
    now = {plan.suite: digest_of(plan) for plan in selection.plans}
    return Replayed(
        report=_report(recorded, selection, runs),
        changed=tuple(one.suite for one in selected.suites if now.get(one.suite) != one.sha256),
        differences=tuple(
            line for then, run in zip(recorded.runs, runs, strict=True) for line in _differences(then, run)
        ),
    )


def _judged(run: Run, plans: dict[str | None, Plan]) -> Run:
    """Return the run with the judge's word of today. A run that was never begun has nothing to judge."""
    if run.result.outcome is Outcome.SKIPPED and not run.result.verdicts:
        return run
    if run.suite not in plans:
        raise UsageError(
            f"the transcript has a run of suite {run.suite}, which is not among those named",
            hint=f"named: {', '.join(map(str, plans))}; name every suite of the transcript, or none",
        )
    plan = plans[run.suite]
    asked = {step.name for step in plan.steps}
    strange = next((one.request.step for one in run.evidence.exchanges if one.request.step not in asked), None)
    if strange is not None:
        raise UsageError(f"the transcript has a request {strange!r}, which is none of suite {run.suite}")
    result = judge(plan, run.evidence, run.answers)
    reason = run.result.reason if run.result.reason in _SAID_BY_THE_RUNNER else result.reason
    return replace(run, result=replace(result, reason=reason))


def _report(recorded: Transcript, selection: Selection, runs: tuple[Run, ...]) -> CheckReport:
    head = recorded.head
    return CheckReport(
        version=__version__,
        started_at_s=head.started_at_s,
        ended_at_s=head.ended_at_s,
        targets=head.targets,
        runs=runs,
        rules={rule.id: rule for plan in selection.narrowed() for rule in plan.rules},
        strict=head.strict,
        complete=head.complete,
        exit_code=exit_code(runs, head.strict) if head.complete else Exit.INTERRUPTED,
        ignored=ignored_by(recorded.baseline, runs) if recorded.baseline else None,
        chosen=replace(selection.chosen(), baseline=recorded.baseline),
    )


def _differences(then: Run, now: Run) -> Iterator[str]:
    """Yield where two judgements of one run differ, to the byte of their words: a record may know no ids."""
    before, after = _worded(then), _worded(now)
    rows = [{row["rule"]: row for row in one["result"]["verdicts"]} for one in (before, after)]
    for rule in dict.fromkeys((*rows[0], *rows[1])):
        if rows[0].get(rule) != rows[1].get(rule):
            words = (one[rule]["verdict"] if rule in one else "absent" for one in rows)
            yield f"{then.suite} {rule}: was {next(words)}, is {next(words)}"
    if before != after and rows[0] == rows[1]:
        yield f"{then.suite}: the same verdicts, another result"


def _worded(run: Run) -> Any:
    return encode_run(run, words_only=True)["run"]


def _say(done: Replayed) -> None:
    for suite in done.changed:
        note(f"wnmon: suite {suite} has changed since the transcript was written")
    for line in done.differences:
        note(f"wnmon: {line}")
    count = sum(len(run.result.verdicts) for run in done.report.runs)
    if not done.differences:
        note(f"wnmon: {count} verdicts, the same as recorded")
