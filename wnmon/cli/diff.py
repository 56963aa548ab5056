"""`wnmon diff`: what changed between two JSON reports."""

from __future__ import annotations

from pathlib import Path

import click

from wnmon.cli.files import read_text
from wnmon.cli.options import language_option
from wnmon.cli.terminal import say
from wnmon.cli.types import FILE
from wnmon.errors import UsageError
from wnmon.report.diff import Change, Key, Standing, compare, read_report, render_diff

_EPILOG = """\b
Exit codes: 0 nothing got worse, 1 something got worse, 2 usage.
Worse is a rule that is broken now and was not, one that passed and can no longer be judged,
or a run that has nothing to judge any more. New rules, also broken ones, are not worse.
"""


@click.command("diff", epilog=_EPILOG)
@click.argument("before", type=FILE)
@click.argument("after", type=FILE)
@language_option
def command(before: Path, after: Path, lang: str) -> int:
    """Show what got worse, better, new or gone from report BEFORE to report AFTER (wnmon check --report json)."""
    differences = compare(_read(before), _read(after))
    say(render_diff(differences, lang))
    return int(any(one.change is Change.WORSE for one in differences))


def _read(path: Path) -> dict[Key, Standing]:
    try:
        return read_report(read_text(path))
    except ValueError as wrong:
        raise UsageError(f"{path}: {wrong}") from None
