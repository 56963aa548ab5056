"""A wrong address is told first and once, whatever number of rules it breaks."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from report_samples import STARTED_AT_S, on, report, request, run, verdict

from wnmon.engine.run import Run
from wnmon.model.check import Auth
from wnmon.model.exchange import Chunk, Exchange, FailureKind, Marks, Request, TransportFailure
from wnmon.model.result import Verdict
from wnmon.report.github import render_github
from wnmon.report.hints import likely_path, setup_hint
from wnmon.report.html import render_html
from wnmon.report.markdown import render_markdown
from wnmon.report.summary import CheckReport
from wnmon.report.terminal import render_check

PAGE = b"<!doctype html><title>hello</title>"
JSON, HTML = "application/json", "text/html; charset=utf-8"


def answered(
    status: int | None,
    body: bytes = b"",
    media: str = JSON,
    *,
    location: str | None = None,
    sent: Request | None = None,
) -> Exchange:
    """Return an exchange that was answered so."""
    headers = [("Content-Type", media), *([("Location", location)] if location is not None else [])]
    return Exchange(
        request=sent or request(),
        started_at_s=STARTED_AT_S,
        marks=Marks(started_ns=0, sent_ns=1, headers_ns=2, end_ns=4),
        status=status,
        headers=tuple(headers),
        chunks=(Chunk(3, body),) if body else (),
    )


def judged(*exchanges: Exchange) -> CheckReport:
    """Return a report on one run of these exchanges, in which DOC-001 is broken."""
    one: Run = run(verdict("DOC-001", Verdict.FAILED))
    return report(on(one, replace(one.evidence, exchanges=exchanges)))


REDIRECT = answered(302, location="https://elsewhere.example/v1")


@pytest.mark.parametrize(
    ("first", "said"),
    [
        (answered(301, location="https://b.example/"), "the relay redirects to https://b.example/ (status 301)"),
        (answered(308), "a redirect that leads nowhere (status 308)"),
        (answered(404, PAGE, HTML), "404 for the first request: is the path right?"),
        (answered(404, b'{"error": {"message": "no route"}}'), "base_url is joined to /v1/chat/completions"),
        (answered(405), "405 for the first request"),
        (answered(403, PAGE, HTML), "a CDN or a firewall answered"),
        (answered(524, PAGE, HTML), "is the relay behind it up?"),
        (answered(200, PAGE, HTML), "a web site answered, not the API"),
    ],
)
def test_a_first_answer_that_is_not_of_the_api_is_told(first: Exchange, said: str) -> None:
    assert said in setup_hint(judged(first), "en")


@pytest.mark.parametrize(
    ("asked", "likely"),
    [
        ("/chat/completions", "/v1/chat/completions"),
        ("/api/chat/completions", "/api/v1/chat/completions"),
        ("/v1/v1/chat/completions", "/v1/chat/completions"),
        ("/v1/models/chat/completions", "/v1/chat/completions"),
        ("/v1/chat/chat/completions", "/v1/chat/completions"),
        ("/v1/messages/chat/completions", "/v1/chat/completions"),
        ("/v1/chat/completions", ""),
        ("/api/paas/v4/chat/completions", ""),
        ("/v1beta/openai/chat/completions", ""),
    ],
)
def test_a_path_that_leads_nowhere_is_told_with_the_one_likely_meant(asked: str, likely: str) -> None:
    assert likely_path(asked) == likely


@pytest.mark.parametrize("first", [(404, b"{}", JSON), (200, PAGE, HTML)], ids=["404", "page"])
def test_the_hint_names_the_likely_path(first: tuple[int, bytes, str]) -> None:
    sent = request(url="https://relay.example/api/chat/completions")
    made = judged(answered(*first, sent=sent))
    target = replace(made.targets[0], url=sent.url)

    assert "likely meant: /api/v1/chat/completions" in setup_hint(replace(made, targets=(target,)), "en")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_what_is_no_http_asks_for_tls_where_none_was_spoken(scheme: str) -> None:
    sent = request(url=f"{scheme}://relay.example/v1/chat/completions")
    closed = TransportFailure(kind=FailureKind.PROTOCOL, detail="reset")
    made = judged(replace(answered(None, sent=sent), failure=closed))
    target = replace(made.targets[0], url=sent.url)

    assert ("https?" in setup_hint(replace(made, targets=(target,)), "en")) is (scheme == "http")


@pytest.mark.parametrize(
    "exchanges",
    [
        (answered(200, b"{}"),),
        (answered(500, b"{}"),),
        (answered(None),),
        (answered(404, json.dumps({"error": {"message": "no such model", "code": "model_not_found"}}).encode()),),
        (REDIRECT, answered(200, b"{}")),
        (answered(302, sent=request(auth=Auth.WRONG)),),
        (answered(302, sent=request(url="http://relay.example/v1/chat/completions")),),
        (),
    ],
    ids=["answer", "error", "none", "model", "later", "wrong key", "other address", "nothing sent"],
)
def test_an_address_that_may_be_right_draws_no_hint(exchanges: tuple[Exchange, ...]) -> None:
    assert setup_hint(judged(*exchanges), "en") == ""


def test_a_location_is_shown_without_user_query_and_fragment() -> None:
    first = answered(302, location="https://user:secret@b.example/x?token=secret#secret")

    assert "redirects to https://b.example/x (" in setup_hint(judged(first), "en")


def test_a_long_location_is_cut() -> None:
    assert len(setup_hint(judged(answered(302, location="https://" + "b" * 9_000)), "en")) < 200


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_human_report_shows_the_hint_before_what_broke(lang: str) -> None:
    made = judged(REDIRECT)
    texts = (
        render_check(made, width=400, color=False, lang=lang),
        *(render(made, lang) for render in (render_markdown, render_github, render_html)),
    )

    assert all(0 < text.index("https://elsewhere.example/v1") < text.index("DOC-001") for text in texts)


def test_a_wrong_address_is_told_in_chinese() -> None:
    assert setup_hint(judged(REDIRECT), "zh").startswith("中转站重定向到 https://elsewhere.example/v1")


def test_a_location_in_markdown_is_no_link() -> None:
    assert "`the relay redirects to https://elsewhere.example/v1 " in render_markdown(judged(REDIRECT), "en")


@pytest.mark.parametrize(("exchange", "offered"), [(REDIRECT, False), (answered(200, b"{}"), True)])
def test_a_wrong_address_is_not_to_be_accepted(exchange: Exchange, offered: bool) -> None:
    assert ("--waive" in render_check(judged(exchange), width=80, color=False, lang="en")) is offered
