"""A check reads each exchange once, whatever is asked of it: the rules, the budget, an early end, every report."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from call_counts import calls_of

from wnmon.app.check import Selection, Terms, check
from wnmon.config import adhoc_target, load_suites
from wnmon.config.named_target import NamedTarget
from wnmon.mock.server import serve
from wnmon.mock.settings import MockSettings
from wnmon.model.exchange import Exchange
from wnmon.report.html import render_html
from wnmon.report.json import render_json
from wnmon.report.junit import render_junit
from wnmon.report.summary import CheckReport
from wnmon.report.terminal import render_check
from wnmon.wire.document import read_document, read_text
from wnmon.wire.read import read
from wnmon.wire.sse import parse
from wnmon.wire.stream import DONE

SUITES = ["builtin:documented", "builtin:stream", "builtin:http"]
KEY, MODEL = "sk-mock-reads-once-0123456789", "gpt-4o-mini"
REPORTS: tuple[Callable[[CheckReport], str], ...] = (
    render_json,
    render_junit,
    lambda report: render_html(report, "en"),
    lambda report: render_check(report, width=100, color=False, lang="en"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The exchanges of a check, how many of them were read, and how often each text was parsed."""

    exchanges: list[Exchange]
    read: int
    parsed: Counter[str]


async def checked(*, fail_fast: bool) -> CheckReport:
    settings = MockSettings(strict=True, key=KEY, models=(MODEL,), ttft_s=0, gap_s=0)
    async with serve(settings) as relay:
        asked = NamedTarget(target=adhoc_target(relay.url, (MODEL,), KEY), models=(MODEL,))
        return await check(asked, Selection(plans=load_suites(SUITES, Path())), Terms(fail_fast=fail_fast))


@cache
def seen(*, fail_fast: bool, reports: int) -> Seen:
    """Check the reference relay, write so many reports, and tell what was read."""
    with calls_of(read, read_document, read_text) as calls:
        report = asyncio.run(checked(fail_fast=fail_fast))
        for render in REPORTS[:reports]:
            render(report)
    texts = (text for name, text in calls if name == "read_text")
    exchanges = [exchange for run in report.runs for exchange in run.evidence.exchanges]
    return Seen(exchanges=exchanges, read=sum(name == "read" for name, _ in calls), parsed=Counter(texts))


def bodies(exchanges: Iterable[Exchange]) -> Iterator[str]:
    """Yield every JSON text there is to parse: of each request, of each answer that is one, of each payload."""
    for exchange in exchanges:
        yield exchange.request.body.decode()
        if exchange.header("content-type") == "text/event-stream":
            yield from (event.data for event in parse(exchange.chunks).events if event.data != DONE)
        else:
            yield exchange.body.decode()


MANNERS = pytest.mark.parametrize(("fail_fast", "reports"), [(False, 0), (True, 4)], ids=["default", "all at once"])


@MANNERS
def test_a_check_of_eight_requests_reads_eight_exchanges(fail_fast: bool, reports: int) -> None:
    told = seen(fail_fast=fail_fast, reports=reports)

    assert (len(told.exchanges), told.read) == (8, 8)


@MANNERS
def test_every_body_and_every_payload_is_parsed_once(fail_fast: bool, reports: int) -> None:
    told = seen(fail_fast=fail_fast, reports=reports)

    assert told.parsed == Counter(filter(str.strip, bodies(told.exchanges)))
