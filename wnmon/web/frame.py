"""What the pages have in common: a template, its style, and the policy that allows this style and nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from wnmon.model.language import LANGUAGES
from wnmon.web.moments import word

NO_COLOR = "757575"
"""Of the icon, where nothing says whether all is well."""


class Frame:
    """A template of this package by its name, and the style of all pages, both read once."""

    def __init__(self, template: str) -> None:
        environment = Environment(
            loader=PackageLoader("wnmon.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._template = environment.get_template(template)
        root = resources.files("wnmon")
        parts = (root / "palette.css", root / "web" / "templates" / "page.css")
        self._style = "".join(part.read_text(encoding="utf-8") for part in parts)

    def content_security_policy(self, styles: Sequence[str] = ()) -> str:
        """Return a policy that allows the pages' own style and nothing else: no script, no request to anywhere.

        `styles` are what allows those of documents that are shown besides, as `style-src` has it.
        """
        digest = base64.b64encode(hashlib.sha256(self._style.encode()).digest()).decode()
        allowed = " ".join((f"'sha256-{digest}'", *styles))
        return (
            f"default-src 'none'; style-src {allowed}; img-src data:; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )

    def render(self, *, lang: str, still: bool = False, **holes: object) -> str:
        """Return the HTML in `lang`, with what fills the template's own holes; `still`: it does not refresh itself."""
        other_lang = next(other for other in LANGUAGES if other != lang)
        return self._template.render(
            lang=lang,
            other_lang=other_lang,
            still=still,
            here=_query(lang, still),
            in_other_lang=_query(other_lang, still),
            otherwise_refreshed=_query(lang, not still),
            word=lambda key, **more: word(key, lang, **more),
            style=Markup(self._style),  # noqa: S704 - our own file
            **holes,
        )


def _query(lang: str, still: bool) -> str:
    """Return what a link to one of the pages ends in, so that it is shown in the same way: see `answers.is_still`."""
    return f"?lang={lang}&refresh=off" if still else f"?lang={lang}"
