"""The report as workflow commands of GitHub Actions: annotations on the run, and every rule in a folded group.

The runner keeps 10 annotations of each kind per step, so the most binding come first and the tenth counts the rest.
Values are escaped as the runner reads them back: `%`, CR and LF everywhere, `:` and `,` in properties too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from wnmon.engine.run import Run
from wnmon.model.result import Finding, Outcome, RuleVerdict, Verdict
from wnmon.model.said import in_language
from wnmon.report.advice import advice
from wnmon.report.finding import view_of
from wnmon.report.gist import gists
from wnmon.report.gist import lines as in_lines
from wnmon.report.hints import setup_hint
from wnmon.report.notes import as_alternatives, note_of, ways_out
from wnmon.report.spelling import OF_CHECK
from wnmon.report.summary import CheckReport, broken, meaning, of_verdict, tally, waived, whys
from wnmon.report.text import MAX_MESSAGE_CHARS, more, named, shown, word

MAX_OF_A_KIND = 10
MAX_FINDINGS = 3
MAX_ACTUAL_CHARS = 500


class Weight(StrEnum):
    """How much an annotation weighs: the command that makes it."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotation, its texts not yet escaped."""

    kind: Weight
    title: str
    message: str


def render_github(report: CheckReport, lang: str) -> str:
    """Return workflow commands in `lang`, one per line, ending in a newline. No text of a relay begins a line."""
    hint = setup_hint(report, lang)
    annotations = [Annotation(Weight.ERROR, f"wnmon check: {word('hint', lang)}", hint)] if hint else []
    annotations += [annotation for run in report.runs for annotation in _of_run(report, run, lang)]
    if not report.complete:
        annotations.append(Annotation(Weight.ERROR, "wnmon check", word("interrupted", lang)))
    lines = [_command(annotation) for kind in Weight for annotation in _at_most_ten(kind, annotations, lang)]
    return "\n".join([*_in_short(report, lang), *lines, *_listing(report, lang)]) + "\n"


def _in_short(report: CheckReport, lang: str) -> Iterator[str]:
    """Yield a line on each model, with which the log begins. It is no command, whatever a relay said."""
    for gist in gists(report):
        said = " · ".join(in_lines(gist, lang))
        yield f"wnmon check: {_data(shown(gist.target.model))}: {_data(said)}"


def _of_run(report: CheckReport, run: Run, lang: str) -> Iterator[Annotation]:
    result, name = run.result, _run_name(run)
    if result.outcome is Outcome.ERRORED or (run.suite is None and result.outcome is Outcome.FAILED):
        said = f"{in_language(result.message, lang)}\n{advice(result.reason, lang, OF_CHECK)}".strip()
        yield Annotation(Weight.ERROR, f"{name}: {named(result.reason, lang)}", said)
    elif result.outcome is Outcome.SKIPPED:
        yield Annotation(Weight.WARNING, f"{name}: {word('not_run', lang)}", in_language(result.message, lang))
    for row in broken(run):
        yield _of_rule(report, run, row, Weight.ERROR if report.binds(row.level) else Weight.WARNING, lang)
    for why, rules in whys(run, Verdict.INCONCLUSIVE, lang) if run.was_judged else ():  # else it is said above
        yield Annotation(Weight.WARNING, f"{name}: {word('could_not_judge', lang)}", f"{shown(why)}: {rules}")
    for row in of_verdict(run, Verdict.NOTED):
        yield _of_rule(report, run, row, Weight.NOTICE, lang)
    for row in waived(run):
        said = f"{report.says(row.rule, lang)}\n{in_language(row.why, lang)}".strip()
        yield Annotation(Weight.NOTICE, f"{row.rule} {word('waived', lang)} ({name})", said)


def _of_rule(report: CheckReport, run: Run, row: RuleVerdict, kind: Weight, lang: str) -> Annotation:
    lines = [
        shown(report.says(row.rule, lang)),
        *(_finding(finding, lang) for finding in row.findings[:MAX_FINDINGS]),
        *more(len(row.findings) - MAX_FINDINGS, lang),
        *([f"{word('note', lang)}: {shown(in_language(row.why, lang))}"] if row.why else []),
        *_notes(report, row, lang),
        f"{word('source', lang)}: {shown(report.source(row.rule))}",
    ]
    return Annotation(kind, f"{row.rule} {row.level.value} ({_run_name(run)})", "\n".join(lines))


def _notes(report: CheckReport, row: RuleVerdict, lang: str) -> Iterator[str]:
    rule = report.rules.get(row.rule)
    if note := note_of(rule, row, lang):
        yield f"{word('note', lang)}: {shown(note, MAX_MESSAGE_CHARS)}"
    if ways := ways_out(rule, row, report.started_at_s, lang, binds=report.binds(row.level)):
        yield f"{word('ways_out', lang)}: {as_alternatives(ways, lang)}"


def _finding(finding: Finding, lang: str) -> str:
    view = view_of(finding, lang)
    wanted = f"{word('expected', lang)}: {shown(view.expected)}"
    got = f"{word('actual', lang)}: {shown(view.actual, MAX_ACTUAL_CHARS)}"
    return f"{' '.join(map(shown, view.where))}: {shown(view.message)}; {wanted}; {got}".removeprefix(": ")


def _run_name(run: Run) -> str:
    return shown(f"{run.target}/{run.model} {run.title}")


def _at_most_ten(kind: Weight, annotations: Sequence[Annotation], lang: str) -> list[Annotation]:
    """Return the annotations of a kind, those beyond the tenth named in the tenth."""
    of_kind = [annotation for annotation in annotations if annotation.kind is kind]
    if len(of_kind) <= MAX_OF_A_KIND:
        return of_kind
    rest = of_kind[MAX_OF_A_KIND - 1 :]
    titles = "\n".join(annotation.title for annotation in rest)
    return [*of_kind[: MAX_OF_A_KIND - 1], Annotation(kind, word("more", lang, n=len(rest)), titles)]


def _listing(report: CheckReport, lang: str) -> Iterator[str]:
    """Yield the verdict of every rule, folded away in the log."""
    for run in report.runs:
        yield f"::group::{_data(_run_name(run))}"
        for row in run.result.verdicts:
            excused = f" ({word('waived', lang)})" if row.waived else ""
            why = f": {_data(shown(in_language(row.why, lang)))}" if row.why else ""
            yield f"{_data(shown(row.rule))} {row.level.value} {word(row.verdict.value, lang)}{excused}{why}"
        yield "::endgroup::"
    counted = tally(report, lang)
    yield f"wnmon check: {meaning(report, lang)}{f' ({counted})' if counted else ''}"


def _command(annotation: Annotation) -> str:
    """Return the command of an annotation, in which our own line ends act and nothing else does."""
    title = _data(shown(annotation.title)).replace(":", "%3A").replace(",", "%2C")
    message = "\n".join(shown(line, 2000) for line in annotation.message.split("\n"))
    return f"::{annotation.kind.value} title={title}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
