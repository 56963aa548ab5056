"""The pages in a real browser: quiet, no wider than a phone, readable by key and by ear, and never green when old."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from chromium_samples import Scheme, browser, visit
from web_samples import NOW_S, RUN, FixedClock, FixedPast, public_site, site

from wnmon.engine.ports import KeptRun
from wnmon.web import PublicServer, WebServer
from wnmon.web.run_page import RunPage

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["browser"]

PAGES = {
    "status": "{own}",
    "target": "{own}targets/backup",
    "run": "{own}runs/" + RUN,
    "nothing": "{own}targets/nobody",
    "public": "{public}",
}


@pytest.fixture(scope="module")
def addresses() -> Iterator[dict[str, str]]:
    past = FixedPast()
    own, public = (
        WebServer("127.0.0.1", 0, site(past=past)),
        PublicServer("127.0.0.1", 0, public_site(past), FixedClock()),
    )
    with ExitStack() as running:
        running.callback(own.stop)
        running.callback(public.stop)
        yield {"own": own.start().url, "public": public.start().url}


@contextmanager
def opened(browser: Browser, address: str, width: int = 1280) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(address)
    yield page
    page.close()


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (390, "dark"), (1280, "light"), (1920, "dark")])
@pytest.mark.parametrize("name", ["status", "target", "run", "public"])
def test_a_page_fits_and_is_quiet(
    browser: Browser, addresses: dict[str, str], name: str, width: int, scheme: Scheme, lang: str
) -> None:
    seen = visit(browser, f"{PAGES[name].format(**addresses)}?lang={lang}", width, scheme)
    assert (seen.complaints, seen.asked, seen.width <= width) == ([], [], True)


@pytest.mark.parametrize("width", [320, 1100])
@pytest.mark.parametrize("name", ["status", "target", "run", "public"])
def test_no_words_run_into_others(browser: Browser, addresses: dict[str, str], name: str, width: int) -> None:
    cells = "[...document.querySelectorAll('td, th, li, p')]"
    with opened(browser, PAGES[name].format(**addresses), width) as page:
        wider = page.evaluate(f"{cells}.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.innerText)")
    assert wider == []


def test_a_phone_shows_cards_with_labels(browser: Browser, addresses: dict[str, str]) -> None:
    with opened(browser, f"{addresses['own']}?lang=en", 390) as page:
        label = page.evaluate("getComputedStyle(document.querySelector('td.number'), '::before').content")
        head_shown = page.locator("thead").is_visible()
    assert (label, head_shown) == ('"First token"', False)


def test_a_failing_probe_is_seen_without_scrolling_on_a_phone(browser: Browser, addresses: dict[str, str]) -> None:
    with opened(browser, f"{addresses['own']}?lang=en", 390) as page:
        box = page.locator("tbody tr").first.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 800


STEP = """() => {
  const one = document.activeElement, style = getComputedStyle(one);
  return [one.tagName, one.innerText, style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth)];
}"""


@pytest.mark.parametrize("name", PAGES)
def test_tab_reaches_all_that_can_be_used_and_nothing_else(
    browser: Browser, addresses: dict[str, str], name: str
) -> None:
    with opened(browser, PAGES[name].format(**addresses)) as page:
        wanted = [one.inner_text() for one in page.locator("a:visible, summary:visible").all()]
        reached = []
        for _ in wanted:
            page.keyboard.press("Tab")
            reached.append(page.evaluate(STEP)[1])
        page.keyboard.press("Tab")
        beyond = page.evaluate(STEP)[0]
    assert (reached, beyond) == (wanted, "BODY")


@pytest.mark.parametrize("name", PAGES)
def test_what_has_the_focus_is_outlined(browser: Browser, addresses: dict[str, str], name: str) -> None:
    with opened(browser, PAGES[name].format(**addresses)) as page:
        page.keyboard.press("Tab")
        outline = page.evaluate(STEP)[2]
    assert outline >= 2


def test_the_days_in_figures_open_by_a_key(browser: Browser, addresses: dict[str, str]) -> None:
    with opened(browser, PAGES["target"].format(**addresses)) as page:
        page.locator("summary").focus()
        page.keyboard.press("Enter")
        shown = page.locator(".figures li").first.is_visible()
    assert shown


def test_bars_are_one_picture_with_a_name_that_counts_them(browser: Browser, addresses: dict[str, str]) -> None:
    with opened(browser, f"{PAGES['target'].format(**addresses)}?lang=en") as page:
        heard = page.locator("main").aria_snapshot()
    said = "the last 90 days of UTC, a bar each: 54 up, 9 partly down, 9 mostly down, 9 in maintenance, 9 unknown"
    assert f'img "{said}"' in heard


GREENEST = """() => [...document.querySelectorAll('main, .summary')].map(one => getComputedStyle(one).filter)"""


@pytest.mark.parametrize("name", ["status", "target", "public"])
def test_a_page_that_was_not_renewed_has_no_colours(browser: Browser, addresses: dict[str, str], name: str) -> None:
    with opened(browser, PAGES[name].format(**addresses)) as page:
        before = set(page.evaluate(GREENEST))
        page.evaluate("document.getAnimations().forEach(one => one.finish())")  # two minutes on
        after = set(page.evaluate(GREENEST))
    assert (before, after) == ({"none"}, {"grayscale(1)"})


@pytest.mark.parametrize("name", ["status", "target", "public"])
def test_a_page_that_was_not_renewed_says_so(browser: Browser, addresses: dict[str, str], name: str) -> None:
    with opened(browser, PAGES[name].format(**addresses)) as page:
        before = page.locator(".old").is_visible()
        page.evaluate("document.getAnimations().forEach(one => one.finish())")
        after = page.locator(".old").is_visible()
    assert (before, after) == (False, True)


def test_who_stops_a_page_from_renewing_itself_stays_so_on_the_next(
    browser: Browser, addresses: dict[str, str]
) -> None:
    with opened(browser, f"{addresses['own']}?lang=zh") as page:
        page.locator(".choices a").first.click()
        page.locator("tbody a").first.click()
        with page.expect_response("**/targets/**") as answered:
            page.reload()
        renewed = answered.value.headers.get("refresh")
        lang = page.locator("html").get_attribute("lang")
    assert (renewed, lang) == (None, "zh")


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
