"""What is told of one run: its page, and what of it can be sent to somebody.

    the run                        page     report, transcript
    -----------------------------  -------  ------------------
    failed, and its transcript is  it all   200
        kept
    is kept, without a transcript  little   404
    is not known, or never was     404      404

It tells more than all other pages: what was asked and answered. So it is for the scope `admin`, and for nobody where
anybody on a network would be let in as that.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from wnmon.engine.ports import Clock, Courses, Evidence
from wnmon.model.said import Said
from wnmon.web.answers import RefusedError, is_still, page_answer
from wnmon.web.run_page import RunPage

_ID = re.compile(r"[0-9a-f]{16}")
"""As the runner draws them."""


class NoEvidence:
    """The evidence of a service that keeps none."""

    def page(self, run: str, lang: str, *, still: bool = False) -> str | None:  # noqa: ARG002 - the port's signature
        """Return none."""
        return None

    def report(self, run: str, lang: str) -> str | None:  # noqa: ARG002 - the port's signature
        """Return none."""
        return None

    def transcript(self, run: str) -> str | None:  # noqa: ARG002 - the port's signature
        """Return none."""
        return None


class Runs:
    """Answers for runs. `lang_of` says in which language a request wants to be answered."""

    def __init__(
        self,
        evidence: Evidence,
        past: Courses,
        page: RunPage,
        clock: Clock,
        version: str,
        lang_of: Callable[[Request], str],
    ) -> None:
        self._evidence = evidence
        self._past = past
        self._page = page
        self._clock = clock
        self._version = version
        self._lang_of = lang_of

    async def page(self, request: Request) -> Response:
        """Return the page of a run."""
        run, lang = _id_of(request), self._lang_of(request)
        html = None if run is None else await run_in_threadpool(self._drawn, run, lang, is_still(request))
        if html is None:
            raise _missing()
        return page_answer(request, html, lang, None)

    async def report(self, request: Request) -> Response:
        """Return the page of a run as a file."""
        run, lang = _id_of(request), self._lang_of(request)
        html = None if run is None else await run_in_threadpool(self._evidence.report, run, lang)
        if html is None:
            raise _missing()
        answer = page_answer(request, html, lang, None)
        answer.headers["Content-Disposition"] = f'attachment; filename="wnmon-run-{run}.html"'
        return answer

    async def transcript(self, request: Request) -> Response:
        """Return the transcript of a run as a file."""
        run = _id_of(request)
        text = None if run is None else await run_in_threadpool(self._evidence.transcript, run)
        if text is None:
            raise _missing()
        headers = {"Content-Disposition": f'attachment; filename="wnmon-run-{run}.json"'}
        return Response(text, media_type="application/json", headers=headers)

    def _drawn(self, run: str, lang: str, still: bool) -> str | None:
        html = self._evidence.page(run, lang, still=still)
        if html is not None:
            return html
        known = self._past.of_run(run)
        now_s = self._clock.wall_s()
        if known is None:
            return None
        return self._page.render(known, now_s=now_s, lang=lang, version=self._version, still=still)


def _missing() -> RefusedError:
    return RefusedError(HTTPStatus.NOT_FOUND, Said("page_no_run"))


def _id_of(request: Request) -> str | None:
    """Return the id that is asked for, None where no run can have it."""
    run = request.path_params["run"]
    return run if _ID.fullmatch(run) else None
