"""A page of text for a terminal, written line by line: the only place that knows rich's console."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from wnmon.model.language import language_of
from wnmon.model.result import Outcome
from wnmon.model.said import Hole
from wnmon.report.terminal.wrapping import breaks
from wnmon.report.text import commands, more, word

MIN_WIDTH = 40
_COLONS = re.compile(r":(?=:)")

MARKS = {
    Outcome.PASSED: ("✓", "green"),
    Outcome.DEGRADED: ("!", "yellow"),
    Outcome.FAILED: ("✗", "red"),
    Outcome.ERRORED: ("✗", "magenta"),
    Outcome.SKIPPED: ("-", "dim"),
}


class Sheet:
    """A page being written: one primitive puts text behind a hanging prefix, one puts lines to be pasted."""

    def __init__(self, *, width: int, color: bool, lang: str) -> None:
        self.width = max(width, MIN_WIDTH)
        self.lang = language_of(lang)
        self._out = io.StringIO()
        self._console = Console(
            file=self._out,
            width=self.width,
            force_terminal=color,
            color_system="standard" if color else None,
            no_color=not color,
            markup=False,
            emoji=False,
            highlight=False,
            legacy_windows=False,
        )

    def say(self, key: str, **holes: Hole) -> str:
        """Return a word of the reports in the language of the page."""
        return word(key, self.lang, **holes)

    def text(self) -> str:
        """Return all that was written so far."""
        return self._out.getvalue()

    def gap(self) -> None:
        """Write an empty line."""
        self._console.print()

    def put(self, text: Text, prefix: Text | None = None) -> None:
        """Write `text` wrapped to the width, its further lines indented as far as `prefix` reaches."""
        lead = prefix or Text()
        for line in self._wrapped(text, max(self.width - lead.cell_len, 10)) or [Text()]:
            line.rstrip()
            self._console.print(Text.assemble(lead, line), soft_wrap=True)  # `+` would spread the style of lead
            lead = Text(" " * lead.cell_len)

    def _wrapped(self, text: Text, room: int) -> list[Text]:
        """Return the lines of a text; where one would be a command to a CI, colons that follow each other are escaped.

        That takes the style of parts of the text away, which no text but a hostile one is likely to miss.
        """
        lines = _divided(text, room)
        if not any(commands(line.plain) for line in lines):
            return lines
        return _divided(Text(_harmless(text.plain), text.style), room)

    def title(self, key: str, **values: Hole) -> None:
        """Write an empty line and a heading; `values` fill the places in its word."""
        self.gap()
        self.put(Text(self.say(key, **values), "bold"), Text("  "))

    def more(self, left: int) -> None:
        """Say how many are not shown, if any."""
        for line in more(left, self.lang):
            self.put(Text(line, "dim"), Text("    "))

    def facts(self, rows: Sequence[tuple[str, str]]) -> None:
        """Write label and value per line, the values aligned; a row without a value is left out."""
        labels = [Text(self.say(key), "dim") for key, value in rows if value]
        widest = max((label.cell_len for label in labels), default=0)
        for label, value in zip(labels, (value for _, value in rows if value), strict=True):
            label.pad_right(widest - label.cell_len + 2)
            self.put(Text(value), Text.assemble("      ", label))

    def paste(self, text: str) -> None:
        """Write lines that must stay whole and start at the margin so that they can be pasted."""
        self._console.print(Text(text), soft_wrap=True)

    def table(self, table: Table) -> None:
        """Write a table two cells in from the margin, without trailing spaces. No line of it is a command to a CI."""
        with self._console.capture() as captured:
            self._console.print(table, width=self.width - 2)
        for line in captured.get().splitlines():
            acts = commands(Text.from_ansi(line).plain)
            self._out.write(f"  {(_harmless(line) if acts else line).rstrip()}\n")


def _harmless(line: str) -> str:
    return _COLONS.sub(r"\\x3a", line)


def _divided(text: Text, room: int) -> list[Text]:
    return [part for line in text.split(allow_blank=True) for part in line.divide(breaks(line.plain, room))]
