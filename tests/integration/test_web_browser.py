"""The page in a real browser: nothing asked from elsewhere, nothing complained of, nothing wider than a phone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import pytest
from web_samples import FixedClock, FixedControl, FixedMetrics, FixedStates

from wnmon.web import Site, WebServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

playwright = pytest.importorskip("playwright.sync_api")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


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


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_page_fits_and_is_quiet(
    browser: Browser, url: str, width: int, scheme: Literal["light", "dark"], lang: str
) -> None:
    complaints: list[str] = []
    asked: list[str] = []
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{url}?lang={lang}")
    widest = page.evaluate("document.documentElement.scrollWidth")
    page.close()
    assert complaints == []
    assert [address for address in asked if not address.startswith("data:")] == [f"{url}?lang={lang}"]
    assert widest <= width


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
