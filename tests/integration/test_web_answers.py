"""What people get of the pages: renewed or not, and a page with a way back where there is nothing."""

from __future__ import annotations

import re
from urllib.parse import urljoin

import pytest
from starlette.datastructures import Headers
from starlette.requests import Request

from wnmon.model.said import Said
from wnmon.web.answers import Refusals, page_answer

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
NOWHERE = Said("page_nowhere")


def asked(path: str = "/", query: str = "", **headers: str) -> Request:
    named = Headers({name.replace("_", "-"): value for name, value in headers.items()})
    scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": named.raw}
    return Request(scope)


@pytest.mark.parametrize(
    ("query", "after"), [("", "15"), ("lang=zh", "15"), ("refresh=off", None), ("refresh=no", "15")]
)
def test_a_page_renews_itself_until_told_not_to(query: str, after: str | None) -> None:
    assert page_answer(asked(query=query), "", "en", 15).headers.get("refresh") == after


def test_a_page_that_is_no_news_is_not_asked_for_again() -> None:
    assert page_answer(asked(), "", "en", None).headers.get("refresh") is None


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (BROWSER, "text/html"),
        ("*/*", "text/plain"),
        ("application/json", "text/plain"),
        ("", "text/plain"),
        ("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", "text/plain"),
    ],
)
def test_a_browser_is_refused_by_a_page_and_everybody_else_by_a_line(accept: str, kind: str) -> None:
    answer = Refusals("en").answer(asked(accept=accept), 404, NOWHERE)
    assert answer.headers["content-type"].partition(";")[0] == kind


@pytest.mark.parametrize(
    ("query", "accepted", "lang"), [("", "", "zh"), ("", "en", "en"), ("lang=zh", "en", "zh"), ("lang=xx", "en", "en")]
)
def test_a_refusal_speaks_as_it_is_asked_to(query: str, accepted: str, lang: str) -> None:
    request = asked(query=query, accept=BROWSER, accept_language=accepted)
    answer = Refusals("zh").answer(request, 404, NOWHERE)
    assert (answer.headers["content-language"], NOWHERE.text(lang) in bytes(answer.body).decode()) == (lang, True)


@pytest.mark.parametrize("path", ["/a", "/a/", "/targets/gone", "/a/b/c/d", "/" + "a/" * 12])
def test_a_refusal_leads_back_to_the_first_page_below_a_proxy_too(path: str) -> None:
    answer = Refusals("en").answer(asked(path, accept=BROWSER), 404, NOWHERE)
    (link,) = re.findall(r'<a href="([^"]*)"', bytes(answer.body).decode())
    assert urljoin(f"https://proxy.example/wnmon{path}", link) == "https://proxy.example/wnmon/"


def test_a_refusal_of_a_deep_path_is_no_long_answer() -> None:
    short, long = (Refusals("en").answer(asked(path, accept=BROWSER), 404, NOWHERE) for path in ("/a", "/" * 9000))
    assert len(long.body) < len(short.body) + 100
