"""How the terminal's report begins: three lines on one model, or a table where several were checked."""

from __future__ import annotations

from rich import box
from rich.table import Table
from rich.text import Text

from wnmon.report.gist import COLUMNS, Gist, Standing, cells, gists, lines
from wnmon.report.summary import CheckReport
from wnmon.report.terminal.sheet import Sheet
from wnmon.report.text import shown

_MARKS = {
    Standing.USABLE: ("✓", "green"),
    Standing.BROKEN: ("✗", "red"),
    Standing.IN_PART: ("?", "yellow"),
    Standing.UNUSABLE: ("?", "yellow"),
    Standing.UNREACHED: ("?", "yellow"),
    Standing.UNASKED: ("-", "dim"),
}
TABLE_MIN_WIDTH = 72
"""Below this a column has no room for a name, and each model stands in lines of its own."""


def show_gists(sheet: Sheet, report: CheckReport) -> None:
    """Write what each model came to in short, and an empty line."""
    found = gists(report)
    if len(found) == 1:
        _lines(sheet, found[0])
    elif sheet.width >= TABLE_MIN_WIDTH:
        sheet.table(_table(sheet, found))
    else:
        for gist in found:
            sheet.put(Text(shown(gist.target.model), "bold"))
            _lines(sheet, gist)
    sheet.gap()


def _lines(sheet: Sheet, gist: Gist) -> None:
    mark, style = _MARKS[gist.standing]
    verdict, *rest = lines(gist, sheet.lang)
    sheet.put(Text(verdict, f"bold {style}"), Text(f"{mark} ", style))
    for line in rest:
        sheet.put(Text(line), Text("  "))


def _table(sheet: Sheet, found: list[Gist]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, border_style="dim")
    for name in COLUMNS:
        table.add_column(Text(sheet.say(name)), overflow="fold", no_wrap=name == "ttft")
    for gist in found:
        mark, style = _MARKS[gist.standing]
        model, verdict, *rest = cells(gist, sheet.lang)
        table.add_row(Text(model, "bold"), Text(f"{mark} {verdict}", style), *map(Text, rest))
    return table
