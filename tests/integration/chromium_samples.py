"""A real browser for the tests of pages, and what a page does in it. Import `browser` as a fixture."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Scheme = Literal["light", "dark"]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a page did: what its console said, what it asked others for, and how wide it is in pixels."""

    complaints: list[str]
    asked: list[str]
    width: int


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is required in CI")
        pytest.skip("chromium is not installed")
    with playwright.sync_playwright() as driver:
        # It writes below the home even of a profile of its own: settings, and what dconf remembers.
        env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path_factory.mktemp("home"))}
        running = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"], env=env)
        yield running
        running.close()


def visit(browser: Browser, address: str, width: int, scheme: Scheme) -> Visit:
    """Open a page, and all that can be unfolded on it."""
    complaints: list[str] = []
    asked: list[str] = []
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    widest = page.evaluate("document.documentElement.scrollWidth")
    page.close()
    beside = [one for one in asked if one != address and not one.startswith("data:")]
    return Visit(complaints=complaints, asked=beside, width=widest)
