"""What the terminal says of excuses: waivers in force or proposed, known breaks, and waivers that excuse nothing."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from wnmon.engine.run import Run
from wnmon.model.result import Verdict
from wnmon.model.said import in_language
from wnmon.report.baseline.known import known
from wnmon.report.notes import last_day
from wnmon.report.summary import CheckReport, expired, waived
from wnmon.report.terminal.sheet import Sheet
from wnmon.report.text import shown


def show_waived(sheet: Sheet, run: Run) -> None:
    """Name the broken rules of a run that are waived, each with until when and why."""
    by_baseline = known(run)
    rows = [row for row in waived(run) if row not in by_baseline]
    if not rows:
        return
    sheet.title("waivers")
    for row in rows:
        reason = shown(in_language(row.why or run.evidence.waivers.get(row.rule, ""), sheet.lang))
        verdict = sheet.say(row.verdict.value)
        sheet.put(Text.assemble((row.rule, "bold"), f" {verdict}  {reason}".rstrip()), Text("  ~ "))


def show_known(sheet: Sheet, report: CheckReport) -> None:
    """Say what a baseline hid: how many, which, and where it is out of date."""
    ignored = report.ignored
    if ignored is None:
        return
    sheet.title("known", n=ignored.breaks, name=shown(ignored.name))
    rows = [row for run in report.runs for row in known(run)]
    rules = dict.fromkeys(row.rule for row in rows if row.verdict is Verdict.FAILED)
    still_open = dict.fromkeys(f"{row.rule} ({sheet.say('inconclusive')})" for row in rows if row.rule not in rules)
    lines = [
        ", ".join([*rules, *still_open]),
        sheet.say("known_gone", rules=", ".join(ignored.gone)) if ignored.gone else "",
        sheet.say("known_not", runs=shown(", ".join(ignored.unknown))) if ignored.unknown else "",
    ]
    for line in lines:
        if line:
            sheet.put(Text(line), Text("  ~ "))


def show_expired(sheet: Sheet, report: CheckReport) -> None:
    """Name the waivers that are over."""
    rows = [row for run in report.runs for row in expired(run)]
    if rows:
        sheet.gap()
        rules = ", ".join(dict.fromkeys(row.rule for row in rows))
        sheet.put(Text(sheet.say("expired", rules=rules), "bold red"), Text("! ", "bold red"))


def waiver_lines(rules: Sequence[str], started_at_s: float) -> str:
    """Return YAML for the `waive` key of a target, each entry ending `DAYS` days after the run (UTC)."""
    until = last_day(started_at_s)
    entries = [f'{{rule: {rule}, reason: "...", until: {until}}}' for rule in rules]
    if len(entries) == 1:
        return f"waive: [{entries[0]}]"
    return "\n".join(["waive:", *(f"  - {entry}" for entry in entries)])
