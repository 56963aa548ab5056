"""The report as TAP 14: a test point for each rule of each target, model and suite.

`not ok` is a broken binding rule, or a run that could not be judged: such a run has a point of its own, so that what
makes the check exit 3 makes a harness fail, though no rule is said to be broken. What does not fail a check does not
fail a harness: a broken rule that does not bind, is waived or only noted is `# TODO`; `# SKIP inconclusive: why` is one
nobody could judge, `# SKIP why` one that was left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from wnmon.engine.run import Run
from wnmon.model.result import Finding, Outcome, RuleVerdict, Verdict
from wnmon.model.said import Text
from wnmon.report.finding import view_of
from wnmon.report.notes import note_of
from wnmon.report.summary import CheckReport, failing_open, is_left_out, meaning, tally, why_unjudged
from wnmon.report.text import MAX_MESSAGE_CHARS, clear, shown

MAX_FINDINGS = 10


def render_tap(report: CheckReport) -> str:
    """Return a TAP 14 stream in English, ending in a newline. Every text is made visible and stands on one line."""
    points = [point for run in report.runs for point in _points(report, run)]
    numbered = [point.replace("ok", f"ok {number}", 1) for number, point in enumerate(points, 1)]
    plan = f"1..{len(points)}" if points else "1..0 # SKIP no finished run"
    counted = tally(report, "en")
    summary = [*([f"# {counted}"] if counted else []), f"# {meaning(report, 'en')} (exit {int(report.exit_code)})"]
    bail = [] if report.complete else ["Bail out! interrupted: some runs are missing"]
    return "\n".join(["TAP version 14", plan, *numbered, *summary, *bail]) + "\n"


def _points(report: CheckReport, run: Run) -> Iterator[str]:
    """Yield the test points of a run, without their numbers."""
    if run in failing_open(report):
        # Nobody can say whether the rules of the run hold.
        claim = "could be judged" if run.suite else "answers"
        yield "\n".join([f"not ok - {_run_name(run)} {claim}", *_diagnostic({"message": why_unjudged(run)}, ())])
    elif run.suite is None or run.result.outcome is Outcome.SKIPPED:
        yield _run_point(run)
    for row in run.result.verdicts:
        yield _rule_point(report, run, row)


def _run_point(run: Run) -> str:
    """Return the point that stands for the expectations of a plain check, or a run that was left out."""
    result = run.result
    said = f"{result.reason.value}: {result.message}"
    name = f"- {_run_name(run)} answers"
    match result.outcome:
        case Outcome.PASSED | Outcome.DEGRADED:
            return f"ok {name}"
        case Outcome.SKIPPED:
            kind = "" if is_left_out(run) else "inconclusive: "
            return f"ok {name} # SKIP {kind}{_text(why_unjudged(run))}"
        case _:
            return "\n".join([f"not ok {name}", *_diagnostic({"message": said}, result.findings)])


def _rule_point(report: CheckReport, run: Run, row: RuleVerdict) -> str:
    sentence = report.says(row.rule, "en")
    name = f"- {_run_name(run)} {_text(f'{row.rule} {row.level.value} {sentence}')}"
    note = note_of(report.rules.get(row.rule), row, "en")
    facts = {"source": report.source(row.rule), "note": note, "waiver": str(row.why)}
    details = _diagnostic(facts, row.findings)
    match row.verdict:
        case Verdict.PASSED:
            return f"ok {name}"
        case Verdict.SKIPPED | Verdict.INCONCLUSIVE:
            kind = "inconclusive: " if row.verdict is Verdict.INCONCLUSIVE else ""
            return f"ok {name} # SKIP {kind}{_text(row.why)}"
        case Verdict.FAILED | Verdict.NOTED:
            return "\n".join([f"not ok {name}{_excuse(report, row)}", *details])


def _excuse(report: CheckReport, row: RuleVerdict) -> str:
    """Return the directive of a broken rule that fails no check, "" for one that does."""
    if row.waived:
        return f" # TODO waived: {_text(row.why)}" if row.why else " # TODO waived"
    if row.verdict is Verdict.NOTED:
        return " # TODO noted"
    return "" if report.binds(row.level) else f" # TODO {row.level.value} does not bind"


def _run_name(run: Run) -> str:
    return _text(f"{run.target}/{run.model} {run.title}")


def _text(text: Text) -> str:
    """Return text fit for a description: a `#` would begin a directive, and a backslash escapes."""
    return shown(str(text)).replace("\\", "\\\\").replace("#", "\\#")


def _diagnostic(facts: dict[str, str], findings: tuple[Finding, ...]) -> list[str]:
    """Return the YAML block below a point, each scalar a JSON string, which is YAML (YAML 1.2 §1.3)."""
    lines = [f"  {key}: {_scalar(value)}" for key, value in facts.items() if value]
    if findings:
        lines.append("  findings:")
    for finding in findings[:MAX_FINDINGS]:
        lines += _finding(finding)
    left = len(findings) - MAX_FINDINGS
    return ["  ---", *lines, *([f"  more: {left}"] if left > 0 else []), "  ..."]


def _finding(finding: Finding) -> list[str]:
    view = view_of(finding, "en")
    members = {
        "message": view.message,
        "expected": view.expected,
        "actual": view.actual,
        "place": view.place,
        "request": view.step,
    }
    lines = [f"{key}: {_scalar(value)}" for key, value in members.items() if value]
    return [f"    {'  ' if number else '- '}{line}" for number, line in enumerate(lines)]


def _scalar(text: str) -> str:
    # A CI log reads `##[` anywhere on a line as a command, so it never stands there as such.
    return json.dumps(clear(text, MAX_MESSAGE_CHARS), ensure_ascii=False).replace("##", "#\\u0023")
