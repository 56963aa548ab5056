"""`wnmon diff`: what changed between two JSON reports."""

from __future__ import annotations

from pathlib import Path

import click

from wnmon.cli.files import read_text, wrong_file
from wnmon.cli.options import FILE, language_option
from wnmon.cli.terminal import say
from wnmon.report.diff import Change, Key, Standing, compare, read_report, render_diff


@click.command("diff")
@click.argument("before", type=FILE)
@click.argument("after", type=FILE)
@language_option
def command(before: Path, after: Path, lang: str) -> int:
    """Compare two reports; exit 1 where something got worse."""
    differences = compare(_read(before), _read(after))
    say(render_diff(differences, lang))
    return int(any(one.change is Change.WORSE for one in differences))


def _read(path: Path) -> dict[Key, Standing]:
    try:
        return read_report(read_text(path))
    except ValueError as wrong:
        raise wrong_file(path, wrong) from None
