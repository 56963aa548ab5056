"""What the page shows, as values the template only has to lay out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wnmon.engine.run import Run
from wnmon.model.duration import show_duration
from wnmon.model.result import Finding, Outcome, RuleVerdict, Verdict
from wnmon.model.said import in_language, say
from wnmon.report.advice import advice
from wnmon.report.finding import view_of
from wnmon.report.html.exchanges import Exchanges, ExchangeView, Spot
from wnmon.report.notes import note_of, ways_out
from wnmon.report.pauses import pauses_of
from wnmon.report.spelling import OF_CHECK
from wnmon.report.summary import (
    COUNTED,
    CheckedTarget,
    CheckReport,
    broken,
    came_to,
    came_to_nothing,
    is_left_out,
    learnt,
    of_verdict,
    waived,
    why_nothing,
    whys,
)
from wnmon.report.text import MAX_MESSAGE_CHARS, explained, shown

MAX_FINDINGS = 6
UNKNOWN_PROFILE = "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many rules of a profile and level came to what, in the order of `COUNTED`."""

    profile: str
    level: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointed:
    """One complaint and where it points."""

    message: str
    expected: str
    actual: str
    place: str
    spots: tuple[Spot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """A broken, waived or noted rule, or what a plain check complains of (`rule` is then the reason).

    `kind` is how it looks: bad where it fails the check, slow where it does not bind, else idle.
    """

    anchor: str
    rule: str
    kind: str
    sentence: str
    findings: tuple[Pointed, ...]
    left: int
    level: str = ""
    source: str = ""
    waived: bool = False
    remark: str = ""
    note: str = ""
    ways_out: tuple[str, ...] = ()
    explained: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """One line of the list of every rule."""

    rule: str
    level: str
    verdict: str
    waived: bool
    sentence: str
    remark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """One run. `silent` holds (word, text) on why there was nothing to judge, and is empty where there was."""

    anchor: str
    title: str
    requests: int
    took: str
    pauses: tuple[str, ...]
    silent: tuple[tuple[str, str], ...]
    complaints: tuple[Complaint, ...]
    open: tuple[tuple[str, str], ...]
    exchanges: tuple[ExchangeView, ...]
    exchanges_left: int
    rules: tuple[RuleRow, ...]

    @property
    def holds(self) -> bool:
        """Tell whether there is nothing to say of the run but that all its rules hold."""
        return bool(self.rules) and not (self.complaints or self.silent or self.open)

    @property
    def broken(self) -> tuple[Complaint, ...]:
        """Return the complaints that are neither excused nor only noted."""
        return tuple(complaint for complaint in self.complaints if complaint.kind != "idle" and not self.silent)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenView:
    """Why nothing of some runs was judged, in which layer ("" for none), and the runs."""

    said: str
    layer: str
    runs: tuple[RunView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetView:
    """One relay and model."""

    name: str
    model: str
    url: str
    remarks: tuple[str, ...]
    learnt: tuple[str, ...]
    tallies: tuple[Tally, ...]
    open: tuple[OpenView, ...]
    runs: tuple[RunView, ...]


def targets_of(report: CheckReport, lang: str) -> list[TargetView]:
    """Return all that is shown of each target and model."""
    numbers = {id(run): number for number, run in enumerate(report.runs, 1)}
    return [_target(report, target, numbers, lang) for target in report.targets]


def run_view(report: CheckReport, lang: str) -> RunView:
    """Return all that is shown of the one run of a report."""
    return _run(report, report.runs[0], 1, lang)


def _target(report: CheckReport, target: CheckedTarget, numbers: Mapping[int, int], lang: str) -> TargetView:
    runs = report.runs_of(target)
    views = tuple(_run(report, run, numbers[id(run)], lang) for run in runs)
    return TargetView(
        name=shown(target.name),
        model=shown(target.model),
        url=shown(target.url, MAX_MESSAGE_CHARS),
        remarks=tuple(shown(in_language(remark, lang)) for remark in target.remarks),
        learnt=tuple(shown(in_language(said, lang), MAX_MESSAGE_CHARS) for said in learnt(report, target)),
        tallies=tuple(_tallies(report, target)),
        open=_silent_runs([view for view, run in zip(views, runs, strict=True) if not is_left_out(run)]),
        runs=views,
    )


def _silent_runs(views: Sequence[RunView]) -> tuple[OpenView, ...]:
    """Group the runs of which nothing was judged by why."""
    groups: dict[str, list[RunView]] = {}
    for view in views:
        if view.silent:
            groups.setdefault(view.silent[0][1], []).append(view)
    return tuple(
        OpenView(said=said, layer=dict(group[0].silent).get("layer", ""), runs=tuple(group))
        for said, group in groups.items()
    )


def _tallies(report: CheckReport, target: CheckedTarget) -> list[Tally]:
    """Count a rule under each selected profile that gives it the level it was judged at."""
    counted: dict[tuple[str, int, str], Counter[str]] = {}
    rows = [(run, row) for run in report.runs_of(target) for row in run.result.verdicts]
    for run, row in rows:
        for profile in _profiles(report, run, row):
            counted.setdefault((profile, row.level.rank, row.level.value), Counter())[came_to(row)] += 1
    return [
        Tally(profile=shown(profile), level=level, counts=tuple(words[name] for name in COUNTED))
        for (profile, _, level), words in sorted(counted.items())
    ]


def _profiles(report: CheckReport, run: Run, row: RuleVerdict) -> list[str]:
    """Return the profiles a rule was judged by; those that were selected, where the report says which."""
    of_suite = (suite.plan.profiles for suite in report.chosen.suites if suite.plan.suite == run.suite)
    selected = report.chosen.profiles or next(of_suite, ())
    rule = report.rules.get(row.rule)
    named = [profile for profile, level in rule.levels.items() if level is row.level] if rule else []
    return [profile for profile in named if not selected or profile in selected] or [UNKNOWN_PROFILE]


def _run(report: CheckReport, run: Run, number: int, lang: str) -> RunView:
    exchanges = Exchanges(run, number)
    rows = [*broken(run), *of_verdict(run, Verdict.NOTED), *waived(run)]
    for row in rows:
        exchanges.ask_for(row.findings[:MAX_FINDINGS], row.rule)
    own = _own_findings(run)
    exchanges.ask_for(own[:MAX_FINDINGS], run.result.reason.value)
    anchor = f"run-{number}"
    plain = [_plain_complaint(run, own, exchanges, lang, anchor)] if own else []
    return RunView(
        anchor=anchor,
        title=shown(run.title),
        requests=run.requests,
        took=show_duration(run.ended_at_s - run.started_at_s),
        pauses=tuple(shown(said.text(lang)) for said in pauses_of(run)),
        silent=_silence(run, lang),
        complaints=(*plain, *(_complaint(report, row, exchanges, lang, anchor) for row in rows)),
        open=tuple((shown(why), rules) for why, rules in whys(run, Verdict.INCONCLUSIVE, lang)),
        exchanges=exchanges.views(lang),
        exchanges_left=exchanges.left,
        rules=tuple(_rule_row(report, row, lang) for row in run.result.verdicts),
    )


def _own_findings(run: Run) -> tuple[Finding, ...]:
    """Return what the outcome itself rests on, unless broken rules say it already."""
    result = run.result
    if result.outcome is Outcome.ERRORED:
        said = Finding(message=result.message, expected="", actual="", reason=result.reason, step=result.step)
        return (said,) if run.evidence.exchanges else ()
    return result.findings if run.suite is None or not broken(run) else ()


def _plain_complaint(run: Run, findings: Sequence[Finding], exchanges: Exchanges, lang: str, anchor: str) -> Complaint:
    return Complaint(
        anchor=f"{anchor}-itself",
        rule=run.result.reason.value,
        kind="bad" if run.result.outcome is Outcome.FAILED else "slow",
        sentence=shown(in_language(run.result.message, lang), MAX_MESSAGE_CHARS),
        findings=_findings(findings, exchanges, lang),
        left=max(len(findings) - MAX_FINDINGS, 0),
    )


def _complaint(report: CheckReport, row: RuleVerdict, exchanges: Exchanges, lang: str, anchor: str) -> Complaint:
    rule = report.rules.get(row.rule)
    kind = "bad" if report.binds(row.level) else "slow"
    if row.waived or row.verdict is not Verdict.FAILED:
        kind = "idle"
    return Complaint(
        anchor=f"{anchor}-{row.rule}",
        rule=shown(row.rule),
        level=row.level.value,
        kind=kind,
        sentence=shown(report.says(row.rule, lang), MAX_MESSAGE_CHARS),
        source=shown(report.source(row.rule), MAX_MESSAGE_CHARS),
        waived=row.waived,
        remark=shown(in_language(row.why, lang), MAX_MESSAGE_CHARS),
        note=shown(note_of(rule, row, lang), MAX_MESSAGE_CHARS),
        ways_out=tuple(ways_out(rule, row, report.started_at_s, lang, binds=report.binds(row.level))),
        explained=tuple((title, shown(text, MAX_MESSAGE_CHARS)) for title, text in explained(rule, lang)),
        findings=_findings(row.findings, exchanges, lang),
        left=max(len(row.findings) - MAX_FINDINGS, 0),
    )


def _findings(findings: Iterable[Finding], exchanges: Exchanges, lang: str) -> tuple[Pointed, ...]:
    pairs = ((finding, view_of(finding, lang)) for finding in tuple(findings)[:MAX_FINDINGS])
    return tuple(
        Pointed(
            message=shown(view.message, MAX_MESSAGE_CHARS),
            expected=shown(view.expected, MAX_MESSAGE_CHARS),
            actual=shown(view.actual, MAX_MESSAGE_CHARS),
            place=shown(view.place),
            spots=exchanges.spots(finding),
        )
        for finding, view in pairs
    )


def _silence(run: Run, lang: str) -> tuple[tuple[str, str], ...]:
    result = run.result
    if run.was_judged:
        return ()
    rows = [(came_to_nothing(run), shown(in_language(why_nothing(result), lang), MAX_MESSAGE_CHARS))]
    if result.layer:
        rows.append(("layer", say(f"layer_{result.layer.value}", lang)))
    return (*rows, ("do", said)) if (said := advice(result.reason, lang, OF_CHECK)) else tuple(rows)


def _rule_row(report: CheckReport, row: RuleVerdict, lang: str) -> RuleRow:
    return RuleRow(
        rule=shown(row.rule),
        level=row.level.value,
        verdict=row.verdict.value,
        waived=row.waived,
        sentence=shown(report.says(row.rule, lang), MAX_MESSAGE_CHARS),
        remark=shown(in_language(row.why, lang)),
    )
