"""Answers that people read: pages, and what says why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from wnmon.model.said import Said
from wnmon.web.frame import NO_COLOR, Frame
from wnmon.web.language import choose_language

_DEEPEST = 16
"""So many folders the link to the first page leads up. Above the topmost there is none, so it may be too many."""


def is_still(request: Request) -> bool:
    """Tell whether the page is wanted as it is now: one that renews itself loses the place where somebody reads."""
    return request.query_params.get("refresh") == "off"


def page_answer(request: Request, html: str, lang: str, refresh_s: int | None) -> Response:
    """Return a page, which the browser asks for again after so long unless `is_still`; None: it is no news.

    By a header: axe (meta-refresh) takes the element for a page that nobody can keep from it.
    """
    headers = {"Vary": "Accept-Language", "Content-Language": lang}
    if refresh_s is not None and not is_still(request):
        headers["Refresh"] = str(refresh_s)
    return HTMLResponse(html, headers=headers)


class RefusedError(Exception):
    """What a route raises where it has nothing to show, or not for this visitor."""

    def __init__(self, status: int, said: Said) -> None:
        """Answer with the status and the sentence."""
        super().__init__(str(said))
        self.status = status
        self.said = said


class Refusals:
    """Says why there is nothing: to a browser as a page with a way back, to everybody else as a line of text.

    `lang` is the language of who names none, `styles` what allows those of documents that are shown besides the pages.
    """

    def __init__(self, lang: str, styles: Sequence[str] = ()) -> None:
        self._lang = lang
        self._frame = Frame("refusal.html")
        self.content_security_policy = self._frame.content_security_policy(styles)

    def answer(self, request: Request, status: int, said: Said) -> Response:
        """Return what says so in the language of who asked."""
        asked = request.headers
        lang = choose_language(request.query_params.get("lang"), asked.get("accept-language"), self._lang)
        headers = {"Vary": "Accept, Accept-Language", "Content-Language": lang}
        if "text/html" not in asked.get("accept", ""):
            return PlainTextResponse(f"{said.text(lang)}\n", status, headers)
        up = "../" * min(request.scope["path"].count("/") - 1, _DEEPEST) or "./"
        html = self._frame.render(lang=lang, status=status, said=said.text(lang), up=up, color=NO_COLOR, refresh_s=None)
        return HTMLResponse(html, status, headers)

    def handlers(self) -> dict[Any, Any]:
        """Return what an application is to do where a route raises `RefusedError`, and where there is no route."""

        async def refused(request: Request, why: RefusedError) -> Response:
            return self.answer(request, why.status, why.said)

        async def nowhere(request: Request, _: Exception) -> Response:
            return self.answer(request, HTTPStatus.NOT_FOUND, Said("page_nowhere"))

        return {RefusedError: refused, HTTPStatus.NOT_FOUND: nowhere}
