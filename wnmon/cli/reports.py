"""Where reports go: `--report json`, `--report junit=report.xml`, several at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from wnmon.errors import UsageError
from wnmon.report.json import render_json
from wnmon.report.junit import render_junit
from wnmon.report.summary import CheckReport
from wnmon.report.terminal import render_check

FILE_WIDTH = 100

_FORMATS: Mapping[str, Callable[[CheckReport], str]] = {"json": render_json, "junit": render_junit}


@dataclass(frozen=True, slots=True)
class Destination:
    """A format and the file it goes to; None is stdout."""

    format: str
    file: Path | None


class _Report(click.ParamType[Destination]):
    name = "report"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Destination:
        """Return the destination `FORMAT[=FILE]` stands for."""
        if isinstance(value, Destination):
            return value
        name, _, file = str(value).partition("=")
        if name not in (known := ("terminal", *_FORMATS)):
            self.fail(f"expected one of {', '.join(known)}, not {name!r}", param, ctx)
        return Destination(name, Path(file) if file else None)


REPORT = _Report()


def write(
    report: CheckReport, wanted: Sequence[Destination], *, width: int, color: bool, lang: str, quiet: bool
) -> None:
    """Write every report; the terminal one goes to stdout unless another report does, or quiet was asked."""
    if not quiet and all(destination.file is not None for destination in wanted):
        click.echo(render_check(report, width=width, color=color, lang=lang), nl=False)
    for destination in wanted:
        _deliver(destination, _render(report, destination, lang))


def _render(report: CheckReport, destination: Destination, lang: str) -> str:
    if destination.format == "terminal":
        return render_check(report, width=FILE_WIDTH, color=False, lang=lang)
    return _FORMATS[destination.format](report)


def _deliver(destination: Destination, text: str) -> None:
    if destination.file is None:
        click.echo(text, nl=not text.endswith("\n"))
        return
    try:
        destination.file.parent.mkdir(parents=True, exist_ok=True)
        destination.file.write_text(text, encoding="utf-8")
    except OSError as refused:
        raise UsageError(f"cannot write {destination.file}: {refused.strerror}") from refused
