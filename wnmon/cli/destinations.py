"""Where reports go: `--report json`, `--report junit=report.xml`, several at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from wnmon.cli.files import is_stdout
from wnmon.cli.options import new_file
from wnmon.cli.terminal import words

FORMATS = ("terminal", "json", "junit", "tap", "markdown", "github", "html", "transcript")
"""Every format `--report` knows."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A format and the file it goes to; None is stdout, also where it was named (`-`, `/dev/stdout`)."""

    format: str
    file: Path | None


def _destination(text: str) -> Destination:
    """Return the destination `FORMAT[=FILE]` stands for."""
    name, named, file = text.partition("=")
    if name not in FORMATS:
        raise click.BadParameter(words("cli_no_format", formats=", ".join(FORMATS), text=name))
    if named and not file:
        raise click.BadParameter(words("cli_no_report", text=name))
    return Destination(name, new_file(file) if file and not is_stdout(file) else None)


def _distinct(_: click.Context, __: click.Parameter, wanted: tuple[Destination, ...]) -> tuple[Destination, ...]:
    """Refuse two reports for one place: one would write over the other, or make a document no reader takes."""
    places = [destination.file and destination.file.resolve() for destination in wanted]
    twice = next((wanted[i] for i, place in enumerate(places) if place in places[:i]), None)
    if twice is not None:
        raise click.BadParameter(words("cli_same_place", place=str(twice.file or "stdout")))
    return wanted


report_option = click.option(
    "--report",
    "reports",
    type=_destination,
    multiple=True,
    callback=_distinct,
    metavar="FORMAT[=FILE]",
    help=f"{', '.join(FORMATS)}.",
)
