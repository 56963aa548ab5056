"""The exchanges a report shows: those its complaints are about, and where in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wnmon.model.check import Auth, Rule
from wnmon.model.result import Finding, Run
from wnmon.report.about import Sent, sent_for
from wnmon.report.curl import KEY_VARIABLE, curl_command
from wnmon.report.html.body import Body, shown_body
from wnmon.report.html.place import Excerpt, excerpt
from wnmon.report.html.timeline import Timeline, timeline
from wnmon.report.phrases import phrase
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

    def __init__(self, run: Run, number: int, known: Mapping[str, Rule]) -> None:
        self._run = run
        self._number = number
        self._known = known
        self._rules: dict[int, list[str]] = {}
        self._left: set[int] = set()

    def ask_for(self, findings: Iterable[Finding], rule: str) -> None:
        """Have the exchanges of these findings shown, in name of `rule`."""
        pairs = ((finding, step) for finding in findings for step, _ in self._targets(finding))
        asked = [sent for finding, step in pairs if (sent := self._sent(step, finding, rule)) is not None]
        for index in dict.fromkeys(sent.index for sent in asked):
            if index in self._rules or len(self._rules) < MAX_EXCHANGES:
                self._rules.setdefault(index, []).append(rule)
            else:
                self._left.add(index)

    def spots(self, finding: Finding, rule: str) -> tuple[Spot, ...]:
        """Return where a finding of a rule points; where answers were compared, one spot each."""
        return tuple(self._spot(step, place, self._sent(step, finding, rule)) for step, place in self._targets(finding))

    def views(self, lang: str) -> tuple[ExchangeView, ...]:
        """Return the exchanges that were asked for, in the order sent."""
        return tuple(
            _view(self._numbered(index), self._anchor(index), tuple(dict.fromkeys(self._rules[index])), lang)
            for index in sorted(self._rules)
        )

    def _numbered(self, index: int) -> Sent:
        """Return an exchange with which copy of its request it is."""
        exchanges = self._run.evidence.exchanges
        alike = [i for i, other in enumerate(exchanges) if other.request.step == exchanges[index].request.step]
        return Sent(exchange=exchanges[index], index=index, copy=alike.index(index) + 1, copies=len(alike))

    @property
    def left(self) -> int:
        """Return how many were asked for beyond what is shown."""
        return len(self._left)

    def _targets(self, finding: Finding) -> list[tuple[str, str]]:
        """Return (request, place) of a finding; compared answers are named `request/pointer, request/pointer`."""
        if finding.step:
            return [(finding.step, finding.place)]
        known = {exchange.request.step for exchange in self._run.evidence.exchanges}
        parts = [part.partition("/") for part in finding.place.split(", ")]
        return [(step, slash + rest) for step, slash, rest in parts if step in known] or [("", finding.place)]

    def _sent(self, step: str, finding: Finding | None = None, rule: str = "") -> Sent | None:
        return sent_for(self._run, step, finding, self._known.get(rule))

    def _anchor(self, index: int) -> str:
        return f"run-{self._number}-exchange-{index + 1}"

    def _spot(self, step: str, place: str, sent: Sent | None) -> Spot:
        if sent is None:
            return Spot(step=shown(step), anchor=None, excerpt=None)
        exchange = sent.exchange
        return Spot(
            step=shown(exchange.request.step),
            anchor=self._anchor(sent.index) if sent.index in self._rules else None,
            excerpt=excerpt(exchange.body, place),
            headers=_named(exchange.headers, place.removeprefix("header:")) if place.startswith("header:") else (),
        )


def _named(headers: Sequence[tuple[str, str]], name: str) -> Headers:
    return _shown_headers([(key, value) for key, value in headers if key.lower() == name.lower()])


def _view(sent: Sent, anchor: str, rules: tuple[str, ...], lang: str) -> ExchangeView:
    exchange = sent.exchange
    request, failure = exchange.request, exchange.failure
    return ExchangeView(
        anchor=anchor,
        copy=sent.copy,
        copies=sent.copies,
        step=shown(request.step),
        rules=rules,
        request_line=shown(f"{request.method} {request.url}", MAX_HEADER_CHARS),
        request_headers=(*_shown_headers(request.headers), *_authorization(request.auth)),
        request_body=shown_body(request.body),
        status=exchange.status,
        status_line=shown(f"{exchange.http_version or 'HTTP'} {exchange.status}"),
        headers=_shown_headers(exchange.headers),
        body=shown_body(exchange.body),
        failure=shown(phrase(f"{failure.kind.value}: {failure.detail}", lang), MAX_HEADER_CHARS) if failure else "",
        timeline=timeline(exchange),
        curl=curl_command(request),
    )


def _authorization(auth: Auth) -> Headers:
    """Return the header the transport wrote, the variable in place of the key."""
    scheme = {Auth.NORMAL: "Bearer", Auth.LOWERCASE: "bearer"}.get(auth)
    return (("Authorization", f"{scheme} ${KEY_VARIABLE}"),) if scheme else ()


def _shown_headers(headers: Sequence[tuple[str, str]]) -> Headers:
    return tuple((shown(name), shown(value, MAX_HEADER_CHARS)) for name, value in headers[:MAX_HEADERS])
