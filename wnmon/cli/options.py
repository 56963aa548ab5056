"""Options that several commands share."""

from __future__ import annotations

import click

from wnmon.cli.reports import FORMATS, REPORT, distinct
from wnmon.model.language import LANGUAGES

report_option = click.option(
    "--report",
    "reports",
    type=REPORT,
    multiple=True,
    callback=distinct,
    metavar="FORMAT[=FILE]",
    help=f"{', '.join(FORMATS)}.",
)
verbose_option = click.option("-v", "--verbose", is_flag=True, help="At the terminal, name every rule.")
quiet_option = click.option("-q", "--quiet", is_flag=True, help="Print nothing but what --report sends to stdout.")
language_option = click.option(
    "--lang", type=click.Choice(LANGUAGES), help="Language of what is printed (default: from LANG)."
)
