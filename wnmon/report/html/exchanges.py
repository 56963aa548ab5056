"""The exchanges a report shows: those its complaints are about, and where in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wnmon.engine.run import Run
from wnmon.model.check import Auth
from wnmon.model.exchange import Request
from wnmon.model.result import Finding, because
from wnmon.model.said import in_language
from wnmon.report.curl import curl_command, key_header
from wnmon.report.html.body import Body, shown_body
from wnmon.report.html.place import Excerpt, excerpt
from wnmon.report.html.timeline import Timeline, timeline
from wnmon.report.summary import index_of, standing
from wnmon.report.text import shown

MAX_EXCHANGES = 24
"""Shown exchanges of one run."""
MAX_HEADERS = 100
MAX_HEADER_CHARS = 1000

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a finding points within one exchange. `anchor` is None where that exchange is not shown."""

    step: str
    anchor: str | None
    excerpt: Excerpt | None
    headers: Headers = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeView:
    """One exchange, every member ready to be shown. `status` is None where no answer came.

    `copy` counts from 1: a burst sends `copies` of one request at once.
    """

    anchor: str
    copy: int
    copies: int
    step: str
    rules: tuple[str, ...]
    request_line: str
    request_headers: Headers
    request_body: Body
    status: int | None
    status_line: str
    headers: Headers
    body: Body
    failure: str
    timeline: Timeline
    curl: str | None


class Exchanges:
    """The exchanges of one run, an anchor given to each that is asked for."""

    def __init__(self, run: Run, number: int) -> None:
        self._run = run
        self._number = number
        self._rules: dict[int, list[str]] = {}
        self._left: set[int] = set()

    def ask_for(self, findings: Iterable[Finding], rule: str) -> None:
        """Have the exchanges of these findings shown, in name of `rule`."""
        asked = (index for finding in findings for index, _ in self._targets(finding))
        for index in dict.fromkeys(asked):
            if index in self._rules or len(self._rules) < MAX_EXCHANGES:
                self._rules.setdefault(index, []).append(rule)
            else:
                self._left.add(index)

    def spots(self, finding: Finding) -> tuple[Spot, ...]:
        """Return where a finding points; where answers were compared, one spot each."""
        return tuple(self._spot(index, place) for index, place in self._targets(finding))

    def views(self, lang: str) -> tuple[ExchangeView, ...]:
        """Return the exchanges that were asked for, in the order sent."""
        return tuple(self._view(index, lang) for index in sorted(self._rules))

    @property
    def left(self) -> int:
        """Return how many were asked for beyond what is shown."""
        return len(self._left)

    def _targets(self, finding: Finding) -> list[tuple[int, str]]:
        """Return (index, place) of each exchange a finding is about.

        Compared answers are named `request/pointer, request/pointer`.
        """
        if finding.step and finding.exchange is not None:
            return [(finding.exchange, finding.place)]
        known = {exchange.request.step for exchange in self._run.evidence.exchanges}
        parts = (part.partition("/") for part in finding.place.split(", "))
        compared = [(step, slash + rest) for step, slash, rest in parts if step in known and not finding.step]
        targets = compared or [(finding.step, finding.place)]
        return [(index, place) for step, place in targets if (index := index_of(self._run, step)) is not None]

    def _anchor(self, index: int) -> str:
        return f"run-{self._number}-exchange-{index + 1}"

    def _spot(self, index: int, place: str) -> Spot:
        exchange = self._run.evidence.exchanges[index]
        name = place.removeprefix("header:").lower() if place.startswith("header:") else None
        return Spot(
            step=shown(exchange.request.step),
            anchor=self._anchor(index) if index in self._rules else None,
            excerpt=excerpt(exchange.body, place),
            headers=_shown_headers([header for header in exchange.headers if header[0].lower() == name]),
        )

    def _view(self, index: int, lang: str) -> ExchangeView:
        answer = self._run.answers[index]
        exchange = answer.exchange
        request, failure = exchange.request, exchange.failure
        alike = [place for place, other in standing(self._run).items() if other.request.step == request.step]
        alike = alike if index in alike else [index]
        ended = because(failure.kind, failure.detail) if failure else ""
        return ExchangeView(
            anchor=self._anchor(index),
            copy=alike.index(index) + 1,
            copies=len(alike),
            step=shown(request.step),
            rules=tuple(dict.fromkeys(self._rules[index])),
            request_line=shown(f"{request.method} {request.url}", MAX_HEADER_CHARS),
            request_headers=(*_shown_headers(request.headers), *_written_key(request)),
            request_body=shown_body(request.body),
            status=exchange.status,
            status_line=shown(f"{exchange.http_version or 'HTTP'} {exchange.status}"),
            headers=_shown_headers(exchange.headers),
            body=shown_body(exchange.body),
            failure=shown(in_language(ended, lang), MAX_HEADER_CHARS),
            timeline=timeline(answer),
            curl=curl_command(request),
        )


def _written_key(request: Request) -> Headers:
    """Return the header the transport wrote, the variable in place of the key. A wrong key is in no report's way."""
    key = key_header(request) if request.auth in {Auth.NORMAL, Auth.LOWERCASE} else None
    return (key,) if key is not None else ()


def _shown_headers(headers: Sequence[tuple[str, str]]) -> Headers:
    return tuple((shown(name), shown(value, MAX_HEADER_CHARS)) for name, value in headers[:MAX_HEADERS])
