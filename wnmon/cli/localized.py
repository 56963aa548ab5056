"""Help in the language of its reader: sentences of the catalogue, found by the names of command and option.

Also where a line of it ends: Chinese has no blanks to break a line at, and a character takes two columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from unicodedata import east_asian_width

import click

from wnmon.cli.terminal import width as columns
from wnmon.cli.terminal import words
from wnmon.model.catalogue import is_on_help_pages

_CLOSING = "，。；：、？！）”"
_UNIT = rf"[（“]*(?:\[[^\[\]]{{1,24}}\]|[\u4e00-\u9fff]|[^\s\u4e00-\u9fff（“{_CLOSING}]+)[{_CLOSING}]*\s*|\s+"


def worded(command: click.Command, name: str) -> click.Command:
    """Give a command and its options, and those below it, their sentences: `help_<name>` and `help_<name>_<option>`."""
    command.context_class = _Context
    command.options_metavar = words("help_options")
    command.help, command.epilog = _text(f"help_{name}"), _text(f"help_{name}_epilog")
    for option in command.params:
        if isinstance(option, click.Option):
            option.help = _text(f"help_{name}_{option.name}") or _text(f"help_any_{option.name}") or option.help
    if isinstance(command, click.Group):
        command.subcommand_metavar = words("help_subcommand")
        for child in command.commands.values():
            worded(child, f"{name}_{child.name}")
    return command


def _text(id: str) -> str | None:  # noqa: A002 - the catalogue's own term
    return words(id) if is_on_help_pages(id) else None


class _Formatter(click.HelpFormatter):
    def __init__(self, indent_increment: int = 2, width: int | None = None, max_width: int | None = None) -> None:
        width = width or click.formatting.FORCED_WIDTH or max(min(columns(80), max_width or 80) - 2, 50)
        super().__init__(indent_increment, width, max_width)

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the line on how to call a command."""
        super().write_usage(prog, args, prefix or words("help_usage"))

    def write_heading(self, heading: str) -> None:
        """Write the heading of a section."""
        self.write(" " * self.current_indent + words("help_heading", heading=heading) + "\n")

    def write_text(self, text: str) -> None:
        """Write paragraphs."""
        super().write_text(_divided(text, self.width - self.current_indent))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write options or commands, each with its help beside it."""
        rows = list(rows)
        room = self.width - min(max(len(first) for first, _ in rows), col_max) - col_spacing - 2
        super().write_dl([(first, _divided(second, max(room, 10))) for first, second in rows], col_max, col_spacing)


class _Context(click.Context):
    formatter_class = _Formatter


def _divided(text: str, width: int) -> str:
    """Return a text whose Chinese paragraphs are divided into lines, and marked as click marks what it shall leave."""
    parts = text.split("\n\n")
    return "\n\n".join(part if part.isascii() or part[0] == "\b" else f"\b\n{_lines(part, width)}" for part in parts)


def _lines(text: str, width: int) -> str:
    lines = [""]
    for unit in re.findall(_UNIT, text):
        if sum(2 if east_asian_width(char) in "FW" else 1 for char in lines[-1] + unit.rstrip()) > width:
            lines.append("")
        lines[-1] += unit
    return "\n".join(line.strip() for line in lines)
