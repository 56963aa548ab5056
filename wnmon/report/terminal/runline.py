"""The one live line per finished run."""

from __future__ import annotations

from rich.text import Text

from wnmon.engine.run import Run
from wnmon.model.duration import show_duration
from wnmon.model.result import Outcome
from wnmon.report.summary import broken, undecided
from wnmon.report.terminal.sheet import MARKS, Sheet
from wnmon.report.text import shown, utc

MIN_NAME_CELLS = 16
NAME_CELLS = 48
OUTCOME_CELLS = 11


def render_run_line(run: Run, *, width: int, color: bool, lang: str) -> str:
    """Return one finished run on one line of at most `width` cells, without a newline.

    Time of its end (UTC), outcome, target/check/model, reason and layer unless all is well, broken rules, what was
    left undecided, timings.
    Where room is short the name gives way first, then the line loses its end.
    """
    sheet = Sheet(width=width, color=color, lang=lang)
    left, right = _run_head(sheet, run), _run_facts(sheet, run)
    name = Text(shown(run.probe))
    room = max(sheet.width - left.cell_len - right.cell_len, MIN_NAME_CELLS)
    name.truncate(room, overflow="ellipsis")
    name.pad_right(max(min(room, NAME_CELLS) - name.cell_len, 0))
    line = Text.assemble(left, name, right)
    line.truncate(sheet.width, overflow="ellipsis")
    sheet.put(line)
    return sheet.text().rstrip()


def _run_head(sheet: Sheet, run: Run) -> Text:
    mark, style = MARKS[run.result.outcome]
    outcome = Text(f"{mark} {sheet.say(run.result.outcome.value)}", style)
    outcome.pad_right(max(OUTCOME_CELLS - outcome.cell_len, 1))
    return Text.assemble((f"{utc(run.ended_at_s):%H:%M:%SZ} ", "dim"), outcome)


def _run_facts(sheet: Sheet, run: Run) -> Text:
    result, failed_rules = run.result, len(broken(run))
    facts = Text()
    if run.recheck:
        facts.append(f"  {sheet.say('recheck')}", "dim")
    if result.outcome is not Outcome.PASSED:
        layer = f" ({result.layer.value})" if result.layer else ""
        facts.append(f"  {result.reason.value}{layer}", MARKS[result.outcome][1])
    if failed_rules:
        facts.append(f"  {sheet.say('n_broken', n=failed_rules)}", "yellow")
    if result.undecided:
        facts.append(f"  {sheet.say('undecided', text=undecided(run))}", "yellow")
    if run.usage_doubts:
        facts.append(f"  {sheet.say('usage_doubted')}", "yellow")
    for name, value_s in (("ttft", result.timing.ttft_s), (sheet.say("total"), result.timing.total_s)):
        facts.append(f"  {name} {show_duration(value_s)}" if value_s is not None else "")
    return facts
