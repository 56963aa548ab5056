"""The page in a real browser: nothing asked from elsewhere, nothing complained of, nothing wider than a phone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from chromium_samples import Scheme, browser, visit
from web_samples import NOW_S, FixedClock, FixedControl, FixedMetrics, FixedStates

from wnmon.engine.ports import Course, KeptRun, Span
from wnmon.engine.public_states import public_rows
from wnmon.web import PublicServer, PublicSite, Site, WebServer
from wnmon.web.run_page import RunPage

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["browser"]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    site = Site(
        metrics=FixedMetrics(),
        states=FixedStates(),
        control=FixedControl(),
        clock=FixedClock(),
        reload_allowed=False,
        version="0.1.0",
    )
    server = WebServer("127.0.0.1", 0, site)
    yield server.start().url
    server.stop()


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_page_fits_and_is_quiet(browser: Browser, url: str, width: int, scheme: Scheme, lang: str) -> None:
    seen = visit(browser, f"{url}?lang={lang}", width, scheme)
    assert (seen.complaints, seen.asked, seen.width <= width) == ([], [], True)


@pytest.fixture(scope="module")
def public_url() -> Iterator[str]:
    states = [replace(row, up=row.outcome not in {"failed", "errored"}) for row in FixedStates().states()]
    fared = Course(
        hours=(Span(up=3), Span(up=1, down=1), Span(down=2), Span()) * 6,
        days={count: Span(up=99, down=1) for count in (1, 7, 30, 90)},
        outages=((1_769_000_000.0, 1_769_003_600.0),),
    )
    rows = public_rows(states, {row.id: fared for row in states})
    clock = FixedClock()
    server = PublicServer("127.0.0.1", 0, PublicSite(rows=lambda: rows, wall_s=clock.wall_s), clock)
    yield server.start().url
    server.stop()


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_public_view_fits_and_is_quiet(
    browser: Browser, public_url: str, width: int, scheme: Scheme, lang: str
) -> None:
    seen = visit(browser, f"{public_url}?lang={lang}", width, scheme)
    assert (seen.complaints, seen.asked, seen.width <= width) == ([], [], True)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_run_without_a_transcript_fits_and_is_quiet(browser: Browser, scheme: Scheme, lang: str) -> None:
    run = KeptRun(
        run="00000000000000bb",
        target="third-party-relay-with-a-long-name",
        check="alive",
        model="gemini-2.0-flash-thinking-exp-01-21",
        outcome="errored",
        reason="timeout_first_token",
        began_s=NOW_S - 30,
        ended_s=NOW_S,
        answered_as="x" * 200,
    )
    page = RunPage().render(run, now_s=NOW_S, lang=lang, version="0")
    seen = visit(browser, f"data:text/html;charset=utf-8,{quote(page)}", 320, scheme)

    assert (seen.complaints, seen.width <= 320) == ([], True)


def test_a_phone_shows_cards_with_labels(browser: Browser, url: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(f"{url}?lang=en")
    label = page.evaluate("getComputedStyle(document.querySelector('td.number'), '::before').content")
    head_shown = page.locator("thead").is_visible()
    page.close()
    assert (label, head_shown) == ('"First token"', False)


def test_a_failing_probe_is_seen_without_scrolling_on_a_phone(browser: Browser, url: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(f"{url}?lang=en")
    box = page.locator("tbody tr").first.bounding_box()
    page.close()
    assert box is not None
    assert box["y"] + box["height"] < 800
