"""The report as JUnit XML: a test suite per target and model, a test case per rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from xml.etree import ElementTree as ET

from wnmon.engine.run import Run
from wnmon.model.result import Finding, Outcome, RuleVerdict, Verdict
from wnmon.model.said import Text, id_of
from wnmon.report.finding import messages_of, view_of
from wnmon.report.notes import note_of
from wnmon.report.summary import CheckedTarget, CheckReport, failing_open, is_left_out, of_verdict, why_unjudged
from wnmon.report.text import MAX_MESSAGE_CHARS, iso, shown, without_commands, word


def render_junit(report: CheckReport) -> str:
    """Return JUnit XML. Every text is made visible first, so no control character can break the document.

    failure: a binding rule failed. skipped: the rule was skipped, inconclusive, waived, noted, or failed without
    being binding. error: a case of its own for a run that could not be judged, and for a check that was interrupted,
    so that a CI that reads nothing but this file cannot overlook what makes the check exit 3 or 130.
    Properties of a case name by id what it says in words: `wnmon.findings` the complaints, `wnmon.why` why it is open.
    """
    suites = [_suite(report, target) for target in report.targets]
    if not report.complete:
        suites.append(_interrupted(report))
    cases = [case for suite in suites for case in suite.iter("testcase")]
    root = ET.Element("testsuites", {"name": "wnmon check", **_counts(cases)})
    root.extend(suites)
    ET.indent(root)
    return without_commands(f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n')


def _interrupted(report: CheckReport) -> ET.Element:
    case = ET.Element("testcase", {"classname": "wnmon", "name": "the check is complete"})
    _say(case, "error", word("interrupted", "en"), "interrupted")
    suite = ET.Element("testsuite", {"name": "wnmon check", "timestamp": iso(report.started_at_s), **_counts([case])})
    suite.append(case)
    return suite


def _suite(report: CheckReport, target: CheckedTarget) -> ET.Element:
    runs = report.runs_of(target)
    cases = [case for run in runs for case in _cases(report, run)]
    took_s = sum(run.ended_at_s - run.started_at_s for run in runs)
    suite = ET.Element(
        "testsuite",
        {
            "name": shown(f"{target.name}/{target.model}"),
            "timestamp": iso(report.started_at_s),
            "time": f"{took_s:.3f}",
            **_counts(cases),
        },
    )
    facts = {
        "url": shown(target.url),
        "wnmon": shown(report.version),
        "complete": str(report.complete).lower(),
        "inconclusive": str(sum(len(of_verdict(run, Verdict.INCONCLUSIVE)) for run in runs)),
    }
    _add_properties(suite, facts)
    suite.extend(cases)
    return suite


def _counts(cases: list[ET.Element]) -> dict[str, str]:
    tags = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    having = {name: str(sum(case.find(tag) is not None for case in cases)) for name, tag in tags.items()}
    return {"tests": str(len(cases)), **having}


def _cases(report: CheckReport, run: Run) -> list[ET.Element]:
    rules = [_rule_case(report, run, row) for row in run.result.verdicts]
    if run in failing_open(report):
        return [_open_case(run), *rules]
    is_plain = run.suite is None or run.result.outcome is Outcome.SKIPPED
    return [_run_case(run), *rules] if is_plain else rules


def _open_case(run: Run) -> ET.Element:
    """Return the case of a run nobody can say of whether its rules hold."""
    whys = [row.why for row in of_verdict(run, Verdict.INCONCLUSIVE)] if run.was_judged else [run.result.message]
    case = _case(run, f"{run.check} {'could be judged' if run.suite else 'answers'}", (), whys)
    kind = run.result.reason.value if run.result.outcome is Outcome.ERRORED else "inconclusive"
    _say(case, "error", why_unjudged(run), kind)
    return case


def _run_case(run: Run) -> ET.Element:
    """Return the case that stands for the expectations of a plain check, or a run that was left out."""
    result, is_skipped = run.result, run.result.outcome is Outcome.SKIPPED
    case = _case(run, f"{run.check} answers", result.findings, [result.message] if is_skipped else ())
    if is_skipped:
        kind = "skipped" if is_left_out(run) else "inconclusive"
        _say(case, "skipped", f"{kind}: {why_unjudged(run)}", kind)
    elif result.outcome is Outcome.FAILED:
        message = f"{result.reason.value}: {result.message}"
        _say(case, "failure", message, result.reason.value, _details(result.findings))
    return case


def _rule_case(report: CheckReport, run: Run, row: RuleVerdict) -> ET.Element:
    case = _case(run, f"{row.rule} {row.level.value} {report.says(row.rule, 'en')}", row.findings, [row.why])
    if row.verdict is Verdict.FAILED and report.binds(row.level) and not row.waived:
        notes = [note_of(report.rules.get(row.rule), row, "en")]
        details = "\n".join([_details(row.findings), f"source: {shown(report.source(row.rule))}", *filter(None, notes)])
        _say(case, "failure", messages_of(row, "en"), row.level.value, details)
    elif row.verdict is not Verdict.PASSED:
        waived = "waived, " if row.waived else ""
        _say(case, "skipped", f"{waived}{row.verdict.value}: {row.why or messages_of(row, 'en')}", row.verdict.value)
    return case


def _details(findings: tuple[Finding, ...]) -> str:
    views = (view_of(finding, "en") for finding in findings)
    return "\n".join(
        shown(f"{one.step} {one.place}: {one.message}: expected {one.expected}, got {one.actual}", 600) for one in views
    )


def _case(run: Run, name: str, findings: Iterable[Finding], whys: Iterable[Text]) -> ET.Element:
    """Return a case with the ids of what it says, each once; no id holds a blank. Readers that know none skip them."""
    case = ET.Element("testcase", {"classname": shown(run.title), "name": shown(name)})
    said = {"wnmon.findings": (finding.message for finding in findings), "wnmon.why": whys}
    ids = {name: " ".join(dict.fromkeys(filter(None, map(id_of, texts)))) for name, texts in said.items()}
    _add_properties(case, {name: value for name, value in ids.items() if value})
    return case


def _add_properties(element: ET.Element, facts: Mapping[str, str]) -> None:
    properties = ET.SubElement(element, "properties") if facts else element
    for name, value in facts.items():
        ET.SubElement(properties, "property", {"name": name, "value": value})


def _say(case: ET.Element, tag: str, message: str, kind: str, details: str = "") -> None:
    element = ET.SubElement(case, tag, {"message": shown(message, MAX_MESSAGE_CHARS), "type": kind})
    element.text = details or None
