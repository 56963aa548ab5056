"""The page: a report in, one HTML document out. Pure but for reading its own template once."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache, partial
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from wnmon.model.catalogue import CATALOGUE
from wnmon.model.language import language_of
from wnmon.model.said import Hole, say
from wnmon.report.gist import COLUMNS, Gist, Standing, cells, gists, lines
from wnmon.report.hints import setup_hint
from wnmon.report.html.content import targets_of
from wnmon.report.html.timeline import HEIGHT, WIDTH
from wnmon.report.summary import COUNTED, CheckReport, Exit, meaning, tally
from wnmon.report.text import iso, utc, without_commands

_KINDS = {Exit.OK: "good", Exit.UNJUDGED: "slow"}
_STANDINGS = {
    Standing.USABLE: "good",
    Standing.BROKEN: "bad",
    Standing.IN_PART: "slow",
    Standing.UNUSABLE: "slow",
    Standing.UNREACHED: "slow",
    Standing.UNASKED: "idle",
}
_COLORS = {"good": "2e7d32", "slow": "b26a00", "bad": "c62828"}


def render_html(report: CheckReport, lang: str) -> str:
    """Return the report in `lang` as one HTML document that asks for nothing and runs nothing.

    Every text is escaped by the template; a Content-Security-Policy inside forbids all but its own style, should a
    relay's bytes ever pass as markup all the same.
    """
    template, style = template_of("report.html"), style_of()
    kind = _KINDS.get(Exit(report.exit_code), "bad")
    page: str = template.render(
        report=report,
        exit_code=int(report.exit_code),
        targets=targets_of(report, lang),
        meaning=meaning(report, lang),
        tally=tally(report, lang),
        gists=[opening_of(gist, lang) for gist in gists(report)],
        columns=COLUMNS,
        hint=setup_hint(report, lang),
        kind=kind,
        color=_COLORS[kind],
        lang=language_of(lang),
        word=partial(word_of, lang),
        started=f"{utc(report.started_at_s):%Y-%m-%d %H:%M:%S} UTC",
        started_iso=iso(report.started_at_s),
        counted=COUNTED,
        width=WIDTH,
        height=HEIGHT,
        style=style,
        policy=policy(),
    )
    return without_commands(page)


def policy() -> str:
    """Return the Content-Security-Policy that stands in a page: its own style, and no request to anywhere."""
    return f"default-src 'none'; style-src {style_source()}; img-src data:; base-uri 'none'; form-action 'none'"


@cache
def style_source() -> str:
    """Return what allows the style of these pages, and no other (CSP 3 §2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(style_of().encode()).digest()).decode()}'"


@cache
def template_of(name: str) -> Template:
    """Return a template of ours, which does not change while wnmon runs."""
    environment = Environment(
        loader=PackageLoader("wnmon.report.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name)


@cache
def style_of() -> Markup:
    """Return the style of these pages."""
    root = resources.files("wnmon")
    parts = (root / "palette.css", root / "report" / "html" / "templates" / "report.css")
    return Markup("".join(part.read_text(encoding="utf-8") for part in parts))  # noqa: S704 - our own files


@dataclass(frozen=True, slots=True)
class Opening:
    """One model in short: a line per fact, the same as cells, and how its standing looks."""

    kind: str
    lines: tuple[str, ...]
    cells: tuple[str, ...]


def opening_of(gist: Gist, lang: str) -> Opening:
    """Return what the page begins with of a model."""
    return Opening(kind=_STANDINGS[gist.standing], lines=lines(gist, lang), cells=cells(gist, lang))


def word_of(lang: str, key: str, **holes: Hole) -> str:
    """Return a word of this page, else the one all reports share."""
    own = f"html_{key}"
    return say(own if own in CATALOGUE else f"report_{key}", lang, **holes)
