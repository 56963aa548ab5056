"""The HTML report in a real browser, from its file: nothing asked for, nothing complained of, nothing too wide."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

playwright = pytest.importorskip("playwright.sync_api")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# The very files the unit tests hold the rendering to.
PAGES = Path(__file__).parents[1] / "golden" / "report"
NAMES = ("check-page.en.html", "check-page.zh.html", "check-hostile.html")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is required in CI")
        pytest.skip("chromium is not installed")
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


def opened(browser: Browser, name: str, width: int, scheme: Literal["light", "dark"] = "light") -> Page:
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.goto((PAGES / name).as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    return page


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_report_fits_and_is_quiet(
    browser: Browser, name: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    complaints: list[str] = []
    asked: list[str] = []
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto((PAGES / name).as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    widest = page.evaluate("document.documentElement.scrollWidth")
    page.close()
    assert complaints == []
    assert [address for address in asked if not address.startswith("data:")] == [(PAGES / name).as_uri()]
    assert widest <= width


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
def test_the_page_follows_the_reader_s_scheme(browser: Browser, scheme: Literal["light", "dark"], dark: bool) -> None:
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
