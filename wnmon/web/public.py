"""The public view: a page and a document for everybody, made of public rows, which hold nothing else.

It has a listener of its own. Nothing here reaches the states of probes, the metrics or the service: import-linter holds
that (`public-view`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from wnmon.engine.public_states import PublicRow, PublicState
from wnmon.model.duration import show_duration
from wnmon.web.answers import Refusals, is_still, page_answer
from wnmon.web.bars import drawn_uptimes, shares
from wnmon.web.frame import NO_COLOR, Frame
from wnmon.web.language import choose_language
from wnmon.web.moments import exact, since, word

REFRESH_S = 60
OUTAGES_SHOWN = 3
API_VERSION = 1
_COLORS = {PublicState.DOWN: "c62828", PublicState.DEGRADED: "b26a00", PublicState.UP: "2e7d32"}
_LOOKS = {PublicState.DOWN: "failed", PublicState.DEGRADED: "degraded", PublicState.UP: "passed"}
"""As what the style of the pages knows a state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicSite:
    """What there is to show: rows as they are now, the time (epoch seconds), and the language of who names none.

    Rows are asked for in a thread: what is kept of the past is read from a file.
    """

    rows: Callable[[], Sequence[PublicRow]]
    wall_s: Callable[[], float]
    lang: str = "en"


def build_public(site: PublicSite, frame: Frame, refusals: Refusals) -> Starlette:
    """Return the ASGI application. What it does not have is 404, in particular /metrics and /-/reload."""

    async def index(request: Request) -> Response:
        lang = choose_language(request.query_params.get("lang"), request.headers.get("accept-language"), site.lang)
        rows = await run_in_threadpool(site.rows)
        html = render(frame, rows, now_s=site.wall_s(), lang=lang, still=is_still(request))
        return page_answer(request, html, lang, REFRESH_S)

    async def status(_: Request) -> Response:
        rows = [asdict(row) for row in await run_in_threadpool(site.rows)]
        return JSONResponse({"version": API_VERSION, "now_s": site.wall_s(), "probes": rows})

    routes = [Route("/", index), Route("/api/v1/status", status)]
    application = Starlette(routes=routes, exception_handlers=refusals.handlers())
    application.router.redirect_slashes = False
    return application


def render(frame: Frame, rows: Sequence[PublicRow], *, now_s: float, lang: str, still: bool = False) -> str:
    """Return the HTML of the public view in `lang`. `now_s` is epoch seconds."""
    counts = Counter(row.state for row in rows)
    return frame.render(
        lang=lang,
        still=still,
        rows=[_row(row, now_s, lang) for row in rows],
        summary=[(_LOOKS.get(state, ""), counts[state], word(state, lang)) for state in PublicState if counts[state]],
        down=counts[PublicState.DOWN],
        color=next((_COLORS[state] for state in PublicState if counts[state] and state in _COLORS), NO_COLOR),
        refresh_s=REFRESH_S,
        now=exact(now_s),
    )


def _row(row: PublicRow, now_s: float, lang: str) -> dict[str, object]:
    timings = (("ttft", row.ttft_s), ("total", row.total_s))
    return {
        "target": row.target,
        "check": row.check,
        "model": row.model,
        "look": _LOOKS.get(row.state, ""),
        "state": word(row.state, lang),
        "since": None if row.since_s is None else since(row.since_s, now_s, lang),
        "bars": drawn_uptimes(row.hours, word("course", lang), lang) if row.hours else None,
        "shares": shares(row.uptime, lang),
        "outages": [_outage(since_s, until_s, lang) for since_s, until_s in row.outages[:OUTAGES_SHOWN]],
        "timings": [(word(name, lang), at if at is None else show_duration(at)) for name, at in timings],
    }


def _outage(since_s: float, until_s: float | None, lang: str) -> str:
    if until_s is None:
        return word("down_since", lang, since=exact(since_s))
    return word("down_from_to", lang, since=exact(since_s), until=exact(until_s))
