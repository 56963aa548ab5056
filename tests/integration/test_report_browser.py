"""The HTML report in a real browser, from its file: nothing asked for, nothing complained of, nothing too wide."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from chromium_samples import Scheme, browser, visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["browser"]

# The very files the unit tests hold the rendering to.
PAGES = Path(__file__).parents[1] / "golden" / "report"
NAMES = ("check-page.en.html", "check-page.zh.html", "check-hostile.html", "run-page.en.html", "run-page.zh.html")


def opened(browser: Browser, name: str, width: int, scheme: Scheme = "light") -> Page:
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.goto((PAGES / name).as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    return page


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_report_fits_and_is_quiet(browser: Browser, name: str, width: int, scheme: Scheme) -> None:
    seen = visit(browser, (PAGES / name).as_uri(), width, scheme)
    assert (seen.complaints, seen.asked, seen.width <= width) == ([], [], True)


def test_a_relay_s_markup_is_no_element(browser: Browser) -> None:
    page = opened(browser, "check-hostile.html", 1280)
    found = page.locator("script, img, iframe, [onerror]").count()
    page.close()
    assert found == 0


def test_all_is_there_without_javascript(browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto((PAGES / "check-page.en.html").as_uri())
    page.get_by_text("Send it again").first.click()
    visible = page.locator("pre.curl").first.is_visible()
    context.close()
    assert visible


def test_a_link_leads_to_its_exchange(browser: Browser) -> None:
    page = opened(browser, "check-page.en.html", 1280)
    page.locator("a[href='#run-2-exchange-2']").first.click()
    box = page.locator("#run-2-exchange-2").bounding_box()
    page.close()
    assert box is not None
    assert 0 <= box["y"] < 800


@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
def test_the_page_follows_the_reader_s_scheme(browser: Browser, scheme: Scheme, dark: bool) -> None:
    page = opened(browser, "check-page.en.html", 1280, scheme)
    red = page.evaluate("Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])")
    page.close()
    assert (red < 128) is dark


def test_the_timing_bar_spans_the_card(browser: Browser) -> None:
    page = opened(browser, "check-page.en.html", 390)
    box = page.locator(".timing svg").first.bounding_box()
    page.close()
    assert box is not None
    assert box["width"] > 280


def test_the_place_is_marked_in_the_body(browser: Browser) -> None:
    page = opened(browser, "check-page.en.html", 1280)
    marked = page.locator("mark", has_text="data: {oops").first.is_visible()
    page.close()
    assert marked
