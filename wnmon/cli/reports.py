"""Where reports go: `--report json`, `--report junit=report.xml`, several at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from wnmon.cli.files import is_stdout
from wnmon.cli.options import new_file
from wnmon.cli.terminal import say, wants_color, width, words
from wnmon.errors import UsageError
from wnmon.report.github import render_github
from wnmon.report.json import render_json
from wnmon.report.junit import render_junit
from wnmon.report.markdown import render_markdown
from wnmon.report.summary import CheckReport
from wnmon.report.tap import render_tap
from wnmon.report.terminal import render_check
from wnmon.report.transcript import render_transcript

FILE_WIDTH = 100


def _html(report: CheckReport, lang: str) -> str:
    # jinja2 is loaded only where a page is wanted: it costs more than the rest of a report.
    from wnmon.report.html import render_html

    return render_html(report, lang)


_FORMATS: Mapping[str, Callable[[CheckReport, str], str]] = {
    "terminal": lambda report, lang: render_check(report, width=FILE_WIDTH, color=False, lang=lang),
    "json": lambda report, _: render_json(report),
    "junit": lambda report, _: render_junit(report),
    "tap": lambda report, _: render_tap(report),
    "markdown": render_markdown,
    "github": render_github,
    "html": _html,
    "transcript": lambda report, _: render_transcript(report),
}

FORMATS = tuple(_FORMATS)
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


def write(report: CheckReport, wanted: Sequence[Destination], *, lang: str, quiet: bool, every: bool = False) -> None:
    """Write every report; the terminal one goes to stdout unless another report does, or quiet was asked.

    Files first: a reader of stdout that has gone (`| head`) must not cost them, nor a refused file what is printed.
    `every` rule is named by the terminal one.
    """
    refused = []
    for name, file in ((one.format, one.file) for one in wanted if one.file is not None):
        text = _FORMATS[name](report, lang)
        try:
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            refused.append(words("cli_unwritable", path=str(file), why=str(error.strerror)))
    printed = [one.format for one in wanted if one.file is None]
    for name in printed:
        say(_FORMATS[name](report, lang), as_utf8=name != "terminal")
    if not quiet and not printed:
        say(render_check(report, width=width(), color=wants_color(), lang=lang, every=every))
    if refused:
        raise UsageError("; ".join(refused))
