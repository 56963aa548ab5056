"""The report of `wnmon check`, from what it comes to in short to the verdict."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from wnmon.engine.run import Run
from wnmon.model.check import Level
from wnmon.model.duration import show_duration
from wnmon.model.exchange import Exchange
from wnmon.model.result import BOUNDS, Finding, Outcome, Reason, RuleVerdict, Verdict
from wnmon.model.said import in_language, say
from wnmon.report.advice import advice
from wnmon.report.curl import curl_command
from wnmon.report.finding import view_of
from wnmon.report.hints import setup_hint
from wnmon.report.notes import DAYS, note_of, waive_options, ways_out
from wnmon.report.pauses import pauses_of
from wnmon.report.spelling import OF_CHECK
from wnmon.report.summary import (
    CheckedTarget,
    CheckReport,
    Exit,
    alike,
    at_once,
    broken,
    came_to_nothing,
    counts,
    exchange_of,
    exchange_to_show,
    is_unjudged,
    learnt,
    meaning,
    of_verdict,
    tally,
    undecided,
    whys,
)
from wnmon.report.terminal.excuses import show_expired, show_known, show_waived, waiver_lines
from wnmon.report.terminal.opening import show_gists
from wnmon.report.terminal.sheet import MARKS, Sheet
from wnmon.report.text import MAX_MESSAGE_CHARS, more, named, shown, utc

UNJUDGED = ("?", "yellow")
"""How a run is marked that is neither a pass nor a fail."""

_VERDICT_MARKS = {
    Verdict.PASSED: ("✓", "green"),
    Verdict.FAILED: ("✗", "red"),
    Verdict.INCONCLUSIVE: UNJUDGED,
    Verdict.SKIPPED: ("-", "dim"),
    Verdict.NOTED: ("i", ""),
}

TABLE_MIN_WIDTH = 110
MAX_FINDINGS = 6
MAX_FINDINGS_PER_RULE = 3
MAX_WAIVED_RULES = 3
MAX_WHY_GROUPS = 4
MAX_LEARNT_CHARS = 400

_COUNT_STYLES = {"passed": "green", "inconclusive": "yellow", "skipped": "dim"}


def render_check(report: CheckReport, *, width: int, color: bool, lang: str, every: bool = False) -> str:
    """Return the whole report, ending in a newline. Only lines meant to be pasted may be wider than `width`.

    `every` names each rule of each run, also those that passed.
    """
    sheet = Sheet(width=width, color=color, lang=lang)
    show_gists(sheet, report)
    _head(sheet, report)
    for target in report.targets:
        _target(sheet, report, target, every=every)
    show_known(sheet, report)
    _next_steps(sheet, report)
    if counted := tally(report, lang):
        sheet.gap()
        sheet.put(Text(counted))
    show_expired(sheet, report)
    _verdict(sheet, report)
    return sheet.text()


def _head(sheet: Sheet, report: CheckReport) -> None:
    strict = f" · {sheet.say('strict')}" if report.strict else ""
    sheet.put(
        Text.assemble(
            ("wnmon check", "bold"),
            (f" {report.version} · {utc(report.started_at_s):%Y-%m-%d %H:%M:%S} UTC{strict}", "dim"),
        )
    )
    if not report.complete:
        sheet.put(Text(sheet.say("interrupted"), "yellow"))
    if hint := setup_hint(report, sheet.lang):
        sheet.gap()
        sheet.put(Text(hint, "bold yellow"), Text(f"{sheet.say('hint')}{sheet.say('colon')}", "bold yellow"))


def _target(sheet: Sheet, report: CheckReport, target: CheckedTarget, *, every: bool) -> None:
    sheet.gap()
    sheet.put(Text.assemble((shown(target.name), "bold"), " · ", (shown(target.model), "bold")))
    sheet.put(Text(shown(target.url), "dim"))
    for remark in target.remarks:
        sheet.put(Text(shown(in_language(remark, sheet.lang)), "dim"))
    for said in learnt(report, target):
        sheet.put(Text(shown(in_language(said, sheet.lang), MAX_LEARNT_CHARS), "yellow"), Text("  i ", "yellow"))
    runs = report.runs_of(target)
    if not runs:
        sheet.put(Text(sheet.say("no_run"), "yellow"), Text("  "))
    for group in alike(runs):
        sheet.gap()
        _run(sheet, report, group[0], ", ".join(shown(run.title) for run in group))
        for run in group if every else ():
            _every_rule(sheet, report, run)


def _run(sheet: Sheet, report: CheckReport, run: Run, title: str) -> None:
    if run.was_judged:
        _judged(sheet, report, run, title)
        _complaints(sheet, run)
    else:
        _errored(sheet, run, title)
        _counts(sheet, report, run)
    for said in pauses_of(run):
        sheet.put(Text(shown(said.text(sheet.lang)), "dim"), Text("    "))
    _broken(sheet, report, run)
    if run.was_judged:
        _grouped(sheet, "could_not_judge", whys(run, Verdict.INCONCLUSIVE, sheet.lang), Text("? ", "yellow"))
        _grouped(sheet, "not_judged", whys(run, Verdict.SKIPPED, sheet.lang), Text("- ", "dim"))
    _noted(sheet, report, run)
    show_waived(sheet, run)


def _errored(sheet: Sheet, run: Run, title: str) -> None:
    """One clear block in place of a wall of red: why, in which layer, what was said, what to do."""
    result = run.result
    came_to = sheet.say(came_to_nothing(run))
    mark, style = UNJUDGED if result.outcome is Outcome.ERRORED else MARKS[result.outcome]
    name = (named(result.reason, sheet.lang), f"bold {style}")
    reason = (sheet.say("colon"), name) if result.reason is not Reason.OK else ()
    sheet.put(Text.assemble((title, "bold"), f"  {came_to}", *reason), Text(f"{mark} ", style))
    if result.message:
        sheet.put(Text(shown(in_language(result.message, sheet.lang))), Text("    "))
    rows = [("layer", say(f"layer_{result.layer.value}", sheet.lang))] if result.layer else []
    sheet.facts([*rows, ("do", advice(result.reason, sheet.lang, OF_CHECK))])


def _judged(sheet: Sheet, report: CheckReport, run: Run, title: str) -> None:
    mark, style = _standing(report, run)
    requests = sheet.say("request" if run.requests == 1 else "requests")
    sheet.put(
        Text.assemble(
            (title, "bold"),
            (f"  {run.requests} {requests} · {show_duration(run.ended_at_s - run.started_at_s)}", "dim"),
        ),
        Text(f"{mark} ", style),
    )
    timing = run.result.timing
    pairs = (("ttft", timing.ttft_s), ("first_visible", timing.first_visible_s), ("total", timing.total_s))
    facts = [f"{sheet.say(name)} {show_duration(value_s)}" for name, value_s in pairs if value_s is not None]
    facts += [sheet.say("suspect")] * any(timing.is_suspect(*BOUNDS[f"{name}_s"]) for name, _ in pairs)
    facts += [sheet.say("undecided", text=undecided(run))] * bool(run.result.undecided)
    if facts:
        sheet.put(Text(" · ".join(facts)), Text("    "))
    _counts(sheet, report, run)


def _counts(sheet: Sheet, report: CheckReport, run: Run) -> None:
    """Show what the rules came to per level; where nothing at all was judged, counting it says nothing."""
    for level, words in counts(run) if run.has_decided_rule else ():
        styles = {**_COUNT_STYLES, "failed": f"bold {_level_style(report, level)}"}
        parts = [Text(f"{words[name]} {sheet.say(name)}", styles.get(name, "")) for name in words]
        sheet.put(Text("  ").join(parts), Text(f"    {level.value:<7} "))


def _standing(report: CheckReport, run: Run) -> tuple[str, str]:
    """Return how a judged run is marked: by its worst broken rule where rules decide, else by its own outcome."""
    rows = broken(run)
    if any(report.binds(row.level) for row in rows):
        return MARKS[Outcome.FAILED]
    if is_unjudged(run, report.strict):
        return UNJUDGED
    return MARKS[Outcome.DEGRADED if rows and run.result.outcome is Outcome.PASSED else run.result.outcome]


def _complaints(sheet: Sheet, run: Run) -> None:
    """Show what the outcome rests on, unless broken rules, shown next, say it already."""
    result = run.result
    if result.outcome in {Outcome.PASSED, Outcome.SKIPPED} or (run.suite is not None and broken(run)):
        return
    sheet.title("less" if result.outcome is Outcome.DEGRADED else "complaints")
    said = Finding(message=result.message, expected="", actual="", reason=result.reason)
    findings = result.findings or (said,)
    for finding in findings[:MAX_FINDINGS]:
        mark = Text("  ! " if finding.degraded else "  ✗ ", "yellow" if finding.degraded else "red")
        sheet.put(
            Text.assemble((finding.reason.value, "bold"), "  ", shown(view_of(finding, sheet.lang).message)), mark
        )
        _finding_facts(sheet, finding)
    sheet.more(len(findings) - MAX_FINDINGS)


def _broken(sheet: Sheet, report: CheckReport, run: Run) -> None:
    rows = broken(run)
    if not rows:
        return
    sheet.title("broken_rules")
    if sheet.width >= TABLE_MIN_WIDTH:
        sheet.table(_table(sheet, report, rows))
        return
    for row in rows:
        style = _level_style(report, row.level)
        sentence = shown(report.says(row.rule, sheet.lang))
        sheet.put(Text.assemble((row.rule, "bold"), " ", (row.level.value, style), "  ", sentence), Text("  ✗ ", style))
        sheet.facts([("note", shown(in_language(row.why, sheet.lang)))])
        shown_findings = row.findings[:MAX_FINDINGS_PER_RULE]
        for finding in shown_findings:
            is_last = finding is shown_findings[-1]
            _finding_facts(sheet, finding, _beside(report, row, sheet.lang) if is_last else ())
        sheet.more(len(row.findings) - MAX_FINDINGS_PER_RULE)


def _beside(report: CheckReport, row: RuleVerdict, lang: str) -> list[tuple[str, str]]:
    """Return what is said of a broken rule behind what was found: where it comes from, what to know, the ways out."""
    rule, binds = report.rules.get(row.rule), report.binds(row.level)
    ways = ways_out(rule, row, report.started_at_s, lang, binds=binds)
    note = shown(note_of(rule, row, lang), MAX_MESSAGE_CHARS)
    return [("source", shown(report.source(row.rule))), ("note", note), ("ways_out", "\n".join(ways))]


def _level_style(report: CheckReport, level: Level) -> str:
    return "red" if report.binds(level) else "yellow"


def _finding_facts(sheet: Sheet, finding: Finding, beside: Sequence[tuple[str, str]] = ()) -> None:
    view = view_of(finding, sheet.lang)
    sheet.facts(
        [
            ("expected", shown(view.expected)),
            ("actual", shown(view.actual)),
            ("place", _place(sheet, finding)),
            *beside,
        ]
    )


def _place(sheet: Sheet, finding: Finding) -> str:
    """Return the place and the request it is in; the whole answer needs no place."""
    if not finding.step:
        return shown(finding.place)
    return f"{shown(finding.place)} ({sheet.say('in')} {shown(finding.step)})".strip()


def _table(sheet: Sheet, report: CheckReport, rows: Sequence[RuleVerdict]) -> Table:
    table = Table(box=box.ROUNDED, show_lines=True, border_style="dim", width=sheet.width - 2)
    for name, ratio in (("rule", 0), ("level", 0), ("sentence", 4), ("expected", 3), ("actual", 3), ("place", 3)):
        table.add_column(Text(sheet.say(name)), ratio=ratio or None, overflow="fold", no_wrap=ratio == 0)
    for row in rows:
        findings = row.findings[:MAX_FINDINGS_PER_RULE]
        views = [view_of(finding, sheet.lang) for finding in findings]
        places = [_place(sheet, finding) for finding in findings]
        table.add_row(
            Text(row.rule, "bold"),
            Text(row.level.value, _level_style(report, row.level)),
            Text.assemble(
                shown(report.says(row.rule, sheet.lang)),
                *(_in_table(sheet, name, text) for name, text in _beside(report, row, sheet.lang) if text),
                (f"\n{shown(in_language(row.why, sheet.lang))}" if row.why else "", "bold red"),
            ),
            Text("\n".join(shown(view.expected) for view in views)),
            Text("\n".join(shown(view.actual) for view in views)),
            Text("\n".join([*places, *more(len(row.findings) - len(findings), sheet.lang)])),
        )
    return table


def _in_table(sheet: Sheet, name: str, text: str) -> tuple[str, str]:
    if name == "source":
        return f"\n{text}", "dim"
    return f"\n{sheet.say(name)}{sheet.say('colon')}{text}", ""


def _grouped(sheet: Sheet, title: str, groups: Sequence[tuple[str, str]], mark: Text) -> None:
    """Show rules that share a reason together: a reason and its ids, not a wall."""
    if groups:
        sheet.title(title)
    for why, rules in groups[:MAX_WHY_GROUPS]:
        sheet.put(Text.assemble(shown(why), ("  " if why else "") + rules), Text.assemble("  ", mark))
    sheet.more(len(groups) - MAX_WHY_GROUPS)


def _every_rule(sheet: Sheet, report: CheckReport, run: Run) -> None:
    """Name each rule with its verdict, and why it has none or else its sentence."""
    sheet.title("every_rule", suite=shown(run.title))
    for row in run.result.verdicts:
        mark, style = _VERDICT_MARKS[row.verdict]
        said = shown(in_language(row.why, sheet.lang)) or shown(report.says(row.rule, sheet.lang))
        verdict = sheet.say("waived" if row.waived else row.verdict.value)
        sheet.put(Text.assemble((row.rule, "bold"), f" {row.level.value} {verdict}  {said}"), Text(f"  {mark} ", style))


def _noted(sheet: Sheet, report: CheckReport, run: Run) -> None:
    rows = of_verdict(run, Verdict.NOTED)
    if not rows:
        return
    sheet.title("notes")
    for row in rows:
        messages = (view_of(finding, sheet.lang).message for finding in row.findings[:MAX_FINDINGS_PER_RULE])
        said = "; ".join(shown(message) for message in messages)
        sheet.put(
            Text.assemble((row.rule, "bold"), f" {said or shown(report.says(row.rule, sheet.lang))}"), Text("  i ")
        )


def _next_steps(sheet: Sheet, report: CheckReport) -> None:
    """Show how to see the first trouble again, and how to accept it for a while."""
    rules = sorted(((run, row) for run in report.runs for row in broken(run)), key=lambda pair: pair[1].level.rank)
    if rules:
        run, row = rules[0]
        _reproduce(sheet, run, exchange_to_show(run, row), row.rule)
        if setup_hint(report, sheet.lang):  # what is wrong with the setup is mended, not accepted
            return
        ids = list(dict.fromkeys(one.rule for _, one in rules if one.level is row.level or report.binds(one.level)))
        sheet.title("waive" if report.is_configured else "waive_option", days=DAYS)
        lines = waiver_lines if report.is_configured else waive_options
        sheet.paste(lines(ids[:MAX_WAIVED_RULES], run.started_at_s))
        sheet.more(len(ids) - MAX_WAIVED_RULES)
        return
    wrong = next((run for run in report.runs if not run.result.outcome.success), None)
    if wrong is not None:
        step = next((finding.step for finding in wrong.result.findings), "")
        _reproduce(sheet, wrong, exchange_of(wrong, step), wrong.result.reason.value)


def _reproduce(sheet: Sheet, run: Run, exchange: Exchange | None, what: str) -> None:
    if exchange is None:
        return
    sheet.title("reproduce", what=what + at_once(run, exchange, sheet.lang))
    command = curl_command(exchange.request)
    if command is None:
        sheet.put(Text(sheet.say("too_long", n=len(exchange.request.body))), Text("    "))
    else:
        sheet.paste(command)


def _verdict(sheet: Sheet, report: CheckReport) -> None:
    style = {Exit.OK: "bold green", Exit.UNJUDGED: "bold yellow"}.get(Exit(report.exit_code), "bold red")
    sheet.gap()
    sheet.put(
        Text.assemble((meaning(report, sheet.lang), style), (f" ({sheet.say('exit')} {int(report.exit_code)})", "dim"))
    )
