"""Writes docs/cli.md from the commands themselves, and click's own words in Chinese as gettext wants them.

`python scripts/cli_reference.py [--print]`: with --print the page alone, to stdout.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import click

from wnmon.cli import COMMANDS, root
from wnmon.cli.localized import worded
from wnmon.cli.terminal import speak
from wnmon.model.catalogue import CATALOGUE

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "cli.md"
CHINESE = ROOT / "wnmon" / "cli" / "locale" / "zh" / "LC_MESSAGES" / "click.mo"
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
    speak("en")
    worded(root, "wnmon")
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


def chinese() -> bytes:
    """Return what click says in Chinese, in the binary form of GNU gettext. Chinese has one form for any number."""
    texts = {"": "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=1; plural=0;\n"}
    for english, translated in (pair for name, pair in CATALOGUE.items() if name.startswith("click_")):
        texts |= {english: translated, f"{english}\0": translated}
    columns = [[text.encode() for text in column] for column in zip(*sorted(texts.items()), strict=True)]
    start, table, content = 28 + 16 * len(texts), b"", b""
    for text in (*columns[0], *columns[1]):
        table += struct.pack("<II", len(text), start + len(content))
        content += text + b"\0"
    return struct.pack("<7I", 0x950412DE, 0, len(texts), 28, 28 + 8 * len(texts), 0, 0) + table + content


if __name__ == "__main__":
    if "--print" in sys.argv[1:]:
        sys.stdout.write(render())
    else:
        PAGE.write_text(render(), encoding="utf-8")
        CHINESE.parent.mkdir(parents=True, exist_ok=True)
        CHINESE.write_bytes(chinese())
