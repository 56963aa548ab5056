"""Which path answers what, and what a visitor must be allowed to ask it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from wnmon.engine.deliveries import ChannelState
from wnmon.engine.ports import (
    Clock,
    Control,
    Course,
    Courses,
    Evidence,
    KeptRun,
    MetricsText,
    Paid,
    ProbeStates,
    StepState,
    TargetPast,
)
from wnmon.model.honesty import Honesty
from wnmon.model.said import Said, in_language
from wnmon.model.target import ProbeId
from wnmon.model.web_access import Scope
from wnmon.watch.honesty import document_of
from wnmon.web.answers import Refusals, RefusedError, is_still, page_answer
from wnmon.web.guard import is_known, may
from wnmon.web.language import choose_language
from wnmon.web.page import REFRESH_S, Page, presented
from wnmon.web.run_page import RunPage
from wnmon.web.runs import NoEvidence, Runs
from wnmon.web.scrape import scrape_answer
from wnmon.web.target_page import REFRESH_S as TARGET_REFRESH_S
from wnmon.web.target_page import TargetPage

API_VERSION = 1
OPEN_PATHS = frozenset({"/-/healthy", "/-/ready"})
"""Told to everybody: an orchestrator has no log-in, and there is nothing in it but that the service lives."""
MOST_OVERDUE_S = 60.0
"""A due run begins or is told as missed within 30 s and a second; twice that says that the scheduler stands still."""


Answer = Callable[[Request], Awaitable[Response]]


class NothingKept:
    """The past of a service that keeps nothing."""

    def courses(self) -> Mapping[ProbeId, Course]:
        """Return none."""
        return {}

    def paid(self) -> Mapping[str, Paid]:
        """Return nothing."""
        return {}

    def of_target(self, name: str) -> TargetPast:  # noqa: ARG002 - the port's signature
        """Return an empty one."""
        return TargetPast()

    def of_run(self, run: str) -> KeptRun | None:  # noqa: ARG002 - the port's signature
        """Return none."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the routes show of the running service, and what they may ask of it.

    `styles`: what allows the styles of the documents in `evidence`, as `style-src` has it.
    """

    metrics: MetricsText
    states: ProbeStates
    control: Control
    clock: Clock
    reload_allowed: bool
    version: str
    lang: str = "en"
    honesty: Callable[[], Honesty | None] = lambda: None
    past: Courses = field(default_factory=NothingKept)
    channels: Callable[[], Sequence[ChannelState]] = tuple
    evidence: Evidence = field(default_factory=NoEvidence)
    styles: tuple[str, ...] = ()
    steps: Callable[[], Sequence[StepState]] = tuple


def build_application(
    site: Site, page: Page, target_page: TargetPage, run_page: RunPage, refusals: Refusals
) -> Starlette:
    """Return the ASGI application. An unknown path is 404, a wrong method 405 with Allow."""

    async def metrics(request: Request) -> Response:
        content_type, pieces = site.metrics.render(request.headers.get("accept"))
        return await scrape_answer(content_type, pieces, request.headers.get("accept-encoding"))

    async def healthy(_: Request) -> Response:
        overdue_s = site.control.overdue_s()
        if overdue_s < MOST_OVERDUE_S:
            return PlainTextResponse("wnmon is alive\n")
        return PlainTextResponse(f"a run has been due for {overdue_s:.0f} s\n", status_code=503)

    async def ready(_: Request) -> Response:
        if site.control.ready():
            return PlainTextResponse("wnmon is ready\n")
        return PlainTextResponse("wnmon is starting or draining\n", status_code=503)

    async def reload(request: Request) -> Response:
        return await _reload(site, request)

    async def probes(_: Request) -> Response:
        return JSONResponse(await run_in_threadpool(probes_document, site))

    runs = Runs(site.evidence, site.past, run_page, site.clock, site.version, partial(_language, site))
    application = Starlette(
        routes=[
            Route("/-/healthy", healthy),
            Route("/-/ready", ready),
            _for(Scope.READ, "/", index_of(site, page)),
            _for(Scope.READ, "/targets/{name}", target_of(site, target_page)),
            _for(Scope.ADMIN, "/runs/{run}", _for_the_known(runs.page)),
            _for(Scope.ADMIN, "/runs/{run}/report.html", _for_the_known(runs.report)),
            _for(Scope.ADMIN, "/runs/{run}/transcript.json", _for_the_known(runs.transcript)),
            _for(Scope.READ, "/metrics", metrics),
            _for(Scope.READ, "/api/v1/probes", probes),
            _for(Scope.ADMIN, "/-/reload", reload, "POST"),
        ],
        exception_handlers=refusals.handlers(),
    )
    application.router.redirect_slashes = False
    return application


def index_of(site: Site, page: Page) -> Answer:
    """Return what answers with the page of all probes."""

    async def index(request: Request) -> Response:
        states, now_s, lang = site.states.states(), site.clock.wall_s(), _language(site, request)
        courses, paid = await run_in_threadpool(lambda: (site.past.courses(), site.past.paid()))
        html = page.render(
            states,
            courses,
            paid,
            now_s=now_s,
            lang=lang,
            version=site.version,
            still=is_still(request),
            honesty=site.honesty(),
            channels=site.channels(),
            steps=site.steps(),
        )
        return page_answer(request, html, lang, REFRESH_S)

    return index


def target_of(site: Site, page: TargetPage) -> Answer:
    """Return what answers with the page of one target; one that no probe asks is 404."""

    async def target(request: Request) -> Response:
        name, lang = request.path_params["name"], _language(site, request)
        states = [state for state in site.states.states() if state.target == name]
        if not states:
            raise RefusedError(HTTPStatus.NOT_FOUND, Said("page_no_target"))
        kept = site.past
        courses, past, paid = await run_in_threadpool(lambda: (kept.courses(), kept.of_target(name), kept.paid()))
        html = page.render(
            name,
            states,
            courses,
            past,
            paid.get(name),
            now_s=site.clock.wall_s(),
            lang=lang,
            version=site.version,
            still=is_still(request),
            shows_runs=may(request, Scope.ADMIN) and is_known(request),
        )
        return page_answer(request, html, lang, TARGET_REFRESH_S)

    return target


def _language(site: Site, request: Request) -> str:
    return choose_language(request.query_params.get("lang"), request.headers.get("accept-language"), site.lang)


def _for(scope: Scope, path: str, answer: Answer, method: str = "GET") -> Route:
    """Return the route of who may do what wants a scope; anybody else is told so."""

    async def guarded(request: Request) -> Response:
        if may(request, scope):
            return await answer(request)
        raise RefusedError(HTTPStatus.FORBIDDEN, Said("refused_scope", name=scope.value))

    return Route(path, guarded, methods=[method])


def _for_the_known(answer: Answer) -> Answer:
    """Return what answers nobody whom the listener would let in just because they reach it."""

    async def guarded(request: Request) -> Response:
        if is_known(request):
            return await answer(request)
        raise RefusedError(HTTPStatus.FORBIDDEN, Said("refused_unknown"))

    return guarded


async def _reload(site: Site, request: Request) -> Response:
    """Reload off the loop: reading many files must not hold up a scrape. A page of another site may not ask for it."""
    if not site.reload_allowed:
        hint = "start `wnmon serve` with --enable-reload, or send SIGHUP"
        return PlainTextResponse(f"reload over HTTP is not allowed: {hint}\n", status_code=403)
    if "origin" in request.headers:
        return PlainTextResponse("reload is not for browsers\n", status_code=403)
    report = await run_in_threadpool(site.control.reload)
    if report.ok:
        return PlainTextResponse("reloaded\n")
    lines = ["the last good configuration goes on:", *report.problems]
    return PlainTextResponse("".join(f"{line}\n" for line in lines), status_code=400)


def _paid(one: Paid) -> dict[str, dict[str, str]]:
    """Return amounts as decimals in text, which no reader rounds."""
    return {
        name: {currency: f"{amount:f}" for currency, amount in amounts.items()}
        for name, amounts in (("today", one.today), ("month", one.month))
    }


def probes_document(site: Site) -> dict[str, object]:
    """Return `/api/v1/probes`: every member of ProbeState by its own name, times in epoch seconds, null = not known."""
    honesty = site.honesty()
    return {
        "version": API_VERSION,
        "wnmon": site.version,
        "now_s": site.clock.wall_s(),
        "selftest": None if honesty is None else document_of(honesty),
        "steps": [asdict(replace(one, why=in_language(one.why, "en"))) for one in site.steps()],
        "paid": {target: _paid(one) for target, one in site.past.paid().items()},
        "probes": [asdict(state) for state in presented(site.states.states(), "en")],
    }
