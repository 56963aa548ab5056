"""What axe-core finds wrong with the pages, in English and Chinese, light and dark, narrow and wide: nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_samples import inspect
from chromium_samples import browser
from web_samples import RUN, FixedClock, FixedPast, public_site, site

from wnmon.engine.web_config import WebConfig
from wnmon.model.web_access import Scope, WebAccess, WebToken
from wnmon.web import Entry, PublicServer, WebServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["browser"]

REPORTS = Path(__file__).parents[1] / "golden" / "report"
PAGES = {
    "status": "{open}/",
    "target": "{open}/targets/backup",
    "no such target": "{open}/targets/nobody",
    "no such page": "{open}/a/b",
    "run": REPORTS.as_uri() + "/run-page.{lang}.html",
    "run without a transcript": "{open}/runs/" + RUN,
    "run that is shown to nobody": "{anybody}/runs/" + RUN,
    "log-in": "{closed}/",
    "public view": "{public}/",
    "no such public page": "{public}/a",
    "report": REPORTS.as_uri() + "/check-page.{lang}.html",
}
"""Where they are. A page is added by a line."""

TOKEN = WebToken(name="reader", sha256=hashlib.sha256(b"x" * 32).digest(), scope=Scope.READ)
CLOSED = Entry(config=lambda: WebConfig(access=WebAccess(tokens=(TOKEN,))))


@pytest.fixture(scope="module")
def addresses() -> Iterator[dict[str, str]]:
    past = FixedPast()
    with ExitStack() as running:
        found = {}
        for name, server in (
            ("open", WebServer("127.0.0.1", 0, site(past=past))),
            ("closed", WebServer("127.0.0.1", 0, site(past=past), entry=CLOSED)),
            ("anybody", WebServer("0.0.0.0", 0, site(past=past))),
            ("public", PublicServer("127.0.0.1", 0, public_site(past), FixedClock())),
        ):
            found[name] = server.start().url.rstrip("/")
            running.callback(server.stop)
        yield found


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_wrong(browser: Browser, addresses: dict[str, str], name: str, lang: str) -> None:
    page = browser.new_page(locale=lang)
    page.goto(PAGES[name].format(**addresses, lang=lang))
    found = inspect(page)
    page.close()
    assert found == []
