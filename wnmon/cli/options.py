"""Options that several commands share."""

from __future__ import annotations

import os

import click

from wnmon.cli.reports import FORMATS, REPORT, distinct
from wnmon.cli.terminal import chosen_language
from wnmon.model.language import LANGUAGES


def language(_: click.Context, __: click.Parameter, option: str | None) -> str:
    """Return the language of an option, or of the environment where it was not given."""
    return chosen_language(option, os.environ)


report_option = click.option(
    "--report",
    "reports",
    type=REPORT,
    multiple=True,
    callback=distinct,
    metavar="FORMAT[=FILE]",
    help=f"{', '.join(FORMATS)}.",
)
verbose_option = click.option("-v", "--verbose", is_flag=True)
quiet_option = click.option("-q", "--quiet", is_flag=True)
language_option = click.option("--lang", type=click.Choice(LANGUAGES), callback=language)
