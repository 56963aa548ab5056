"""Writes docs/cli.md from the commands themselves: `python scripts/cli_reference.py [--print]`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from wnmon.cli import COMMANDS, root

PAGE = Path(__file__).parent.parent / "docs" / "cli.md"
WIDTH = 100

HEAD = """\
# Command line

Generated from the commands by `make generate`. Durations are written `250ms`, `2s`, `1h30m`.

Tab completion: put one of these lines into the start-up file of your shell.

| shell | line |
|---|---|
| bash | `eval "$(_WNMON_COMPLETE=bash_source wnmon)"` |
| zsh | `eval "$(_WNMON_COMPLETE=zsh_source wnmon)"` |
| fish | `_WNMON_COMPLETE=fish_source wnmon \\| source` |
"""


def render() -> str:
    """Return the page."""
    context = click.Context(root, info_name="wnmon", terminal_width=WIDTH, help_option_names=["-h", "--help"])
    parts = [HEAD, _section("wnmon", root.get_help(context))]
    for name in COMMANDS:
        command = root.get_command(context, name)
        assert command is not None
        parts.extend(_sections(command, click.Context(command, parent=context, info_name=name)))
    return "\n".join(parts)


def _sections(command: click.Command, context: click.Context) -> list[str]:
    sections = [_section(context.command_path, command.get_help(context))]
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            sections.extend(_sections(child, click.Context(child, parent=context, info_name=name)))
    return sections


def _section(title: str, text: str) -> str:
    return f"## {title}\n\n```text\n{text.strip()}\n```\n"


if __name__ == "__main__":
    if "--print" in sys.argv[1:]:
        sys.stdout.write(render())
    else:
        PAGE.write_text(render(), encoding="utf-8")
