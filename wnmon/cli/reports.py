"""Reports, each rendered and brought where it goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from wnmon.cli.destinations import Destination
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
