"""The kinds rules on refusals need: created, mode, leaks, problem; and who is asked at all."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from judge_samples import (
    COMPLETION,
    GOOD_STREAM,
    answer,
    complaints,
    completion,
    later_verdict,
    refusal,
    rule,
    streamed,
    unfit,
    verdict_of,
)

from wnmon.model.check import WRONG_KEY, Auth, Level, Selector
from wnmon.model.exchange import Exchange
from wnmon.model.json import Json
from wnmon.model.result import Reason, Verdict
from wnmon.model.said import Said, Text

DATE = ("Date", "Tue, 14 Nov 2023 22:13:20 GMT")  # 1,700,000,000
PROBLEM = "application/problem+json"


def created(value: Any, *headers: tuple[str, str], within: str = "300s") -> list[Text]:
    body = {**COMPLETION, "created": value}
    return [finding.actual for finding in complaints("created", {"within": within}, answer(body, headers=headers))]


@pytest.mark.parametrize("second", [1_700_000_000, 1_700_000_300, 1_699_999_700])
def test_created_may_lie_within_the_tolerance_of_the_date(second: int) -> None:
    assert created(second, DATE) == []


@pytest.mark.parametrize("second", [1_700_000_301, 1_699_999_699, 1_700_000_000_000, 0, -1])
def test_created_beyond_the_tolerance_is_a_finding(second: int) -> None:
    assert created(second, DATE) == [f"integer {second}"]


@pytest.mark.parametrize("value", [True, None, "1700000000", 1_700_000_000.0])
def test_created_that_is_no_integer_is_a_finding(value: Any) -> None:
    assert len(created(value, DATE)) == 1


@pytest.mark.parametrize("headers", [(), (("Date", "yesterday"),), (("Date", "Tue, 31 Feb 2023 22:13:20 GMT"),)])
def test_without_a_date_the_start_of_the_request_stands_in(headers: tuple[tuple[str, str], ...]) -> None:
    assert created(1_700_000_300, *headers) == []


def test_the_date_counts_and_not_the_monitor_s_clock() -> None:
    assert created(1_700_000_000, ("Date", "Tue, 14 Nov 2023 23:13:20 GMT")) == ["integer 1700000000"]


def test_an_answer_without_a_body_has_no_created() -> None:
    assert [one.actual for one in complaints("created", {"within": "5m"}, answer(b""))] == [Said("absent")]


def test_the_place_and_what_was_expected_are_told() -> None:
    [finding] = complaints("created", {"within": "5m"}, completion(created=7))

    assert (finding.place, str(finding.expected)) == ("/created", "1700000000, give or take 300 s")


@pytest.mark.parametrize(
    ("kind", "value", "pointer", "message"),
    [
        ("created", 3, "", "a mapping with the one key within, a duration, not integer"),
        ("created", {}, "", "a mapping with the one key within, a duration, not object"),
        ("created", {"within": 300}, "", "a mapping with the one key within, a duration, not object"),
        ("created", {"within": "soon"}, "/within", 'a duration such as "2s" or "1h30m", not "soon"'),
        ("mode", "clear", "", "consistent, not 'clear'"),
        ("mode", 3, "", "consistent, not integer"),
        ("leaks", "some", "", "none, not 'some'"),
        ("leaks", [], "", "none, not array"),
        ("problem", "rfc9457", "", "valid, not 'rfc9457'"),
        ("problem", {}, "", "valid, not object"),
    ],
)
def test_a_value_that_does_not_fit_is_told_at_load(kind: str, value: Json, pointer: str, message: str) -> None:
    assert unfit(kind, value) == (pointer, message)


@pytest.mark.parametrize(
    "exchange",
    [
        answer(COMPLETION),
        answer(COMPLETION, media="application/vnd.relay+json; charset=utf-8"),
        streamed(*GOOD_STREAM),
        answer("<html>", 404, "application/json"),
        answer("", None, None),
    ],
)
def test_an_answer_of_one_mode_and_any_refusal_are_consistent(exchange: Exchange) -> None:
    assert complaints("mode", "consistent", exchange) == []


@pytest.mark.parametrize(
    ("exchange", "actual"),
    [
        (answer(COMPLETION, media="text/event-stream"), "json as text/event-stream"),
        (streamed(*GOOD_STREAM, media="application/json"), "stream as application/json"),
        (answer("<html>", media="text/html"), "html as text/html"),
        (answer(COMPLETION, media=None), "json as no media type"),
    ],
)
def test_a_body_unlike_its_media_type_is_a_finding(exchange: Exchange, actual: str) -> None:
    [finding] = complaints("mode", "consistent", exchange)

    assert (str(finding.actual), finding.reason) == (actual, Reason.CONTENT_TYPE)


def leaks(message: str) -> list[tuple[Text, Text]]:
    return [(finding.message, finding.actual) for finding in complaints("leaks", "none", refusal(400, message))]


KEY, TRACE, UPSTREAM, ADDRESS = (
    Said("body_shows", said=Said(what)) for what in ("a_key", "a_stack_trace", "an_upstream_address", "an_ip_address")
)


@pytest.mark.parametrize(
    ("message", "what", "shown"),
    [
        ("bad key [redacted:api_key] sent", KEY, "[redacted:api_key]"),
        (f"bad key {WRONG_KEY}", KEY, WRONG_KEY),
        ("Traceback (most recent call last):\n  x", TRACE, "Traceback (most recent call last)"),
        ('File "/app/a.py", line 3, in x', TRACE, 'File "/app/a.py", line 3'),
        ("goroutine 17 [running]", TRACE, "goroutine 17 ["),
        ("thread 'main' panicked at src", TRACE, "panicked at"),
        ("runtime error: index out of range", TRACE, "runtime error:"),
        ("relay/adaptor.go:112 +0x1d", TRACE, "r.go:1"),
        ("at Object.handle (/srv/index.js:1:22)", TRACE, "x.js:1"),
        ("at com.relay.Main.run(Native:12)", TRACE, "at com.relay.Main.run(Native:12)"),
        (
            "Post https://api.openai.com/v1/chat/completions failed",
            UPSTREAM,
            "https://api.openai.com/v1/chat/completions",
        ),
        ("see https://x.example/openai/deployments/a", UPSTREAM, "https://x.example/openai/deployments/a"),
        (
            "https://g.example/v1beta/models/m:streamGenerateContent",
            UPSTREAM,
            "https://g.example/v1beta/models/m:streamGenerateContent",
        ),
        ("Get http://one-api:3000/status", UPSTREAM, "http://one-api:3000/status"),
        ("Get http://gateway/status", UPSTREAM, "http://gateway/status"),
        ("I asked http://gateway.", UPSTREAM, "http://gateway."),
        ("Get http://[::ffff:a.b]:8080/status", UPSTREAM, "http://[::ffff:a.b]:8080/status"),
        ("Get http://u:p@inner.example:8080/", UPSTREAM, "http://u:p@inner.example:8080/"),
        ("dial tcp 10.0.0.7:443: i/o timeout", ADDRESS, "10.0.0.7:443"),
        ("Your IP: 203.0.113.7.", ADDRESS, "203.0.113.7"),
        ("from 2001:db8::17", ADDRESS, "2001:db8::17"),
        ("from [fe80::1]:80", ADDRESS, "fe80::1"),
    ],
)
def test_a_leak_is_found_and_shown(message: str, what: Said, shown: str) -> None:
    assert leaks(message) == [(what, shown)]


@pytest.mark.parametrize(
    "message",
    [
        "Incorrect API key provided: sk-a***xyz. You can find it at https://platform.openai.com/account/api-keys.",
        "see https://platform.openai.com/docs/api-reference/chat",
        "see https://docs.anthropic.com/en/api/messages",
        "see https://relay.example:443/help",
        "see http://relay.example:80/help",
        "see (https://relay.example:443)",
        "http://r.",
        "http://u@r/help",
        "unknown path: POST /v1/chat/completions",
        "http://r/v1/chat/completions takes POST",
        "Mozilla/5.0 Chrome/120.0.0.0",
        "listening on 0.0.0.0, 999.1.1.1 or 1.2.3.4.5",
        "at 12:34:56 on 2026-01-02",
        "std::vector::at, a::b",
        "the model is not at its place (see below)",
        "expected one of system, developer, user",
    ],
)
def test_a_message_that_tells_nothing_of_the_inside_is_no_leak(message: str) -> None:
    assert leaks(message) == []


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("127.0.0.1:8080 knows no such path", []),
        ("127.0.0.1 knows no such path", []),
        ("http://127.0.0.1:8080/v1/chat/completions takes POST", []),
        ("dial tcp 127.0.0.1:9", ["127.0.0.1:9"]),
    ],
)
def test_a_relay_may_name_the_address_it_was_called_by(message: str, found: list[str]) -> None:
    asked = refusal(404, message)
    asked = replace(asked, request=replace(asked.request, url="http://127.0.0.1:8080/v1/chat/completions"))

    assert [finding.actual for finding in complaints("leaks", "none", asked)] == found


def test_a_leak_is_found_behind_json_escapes_in_names_and_in_lists() -> None:
    body = '{"error": [{"https:\\/\\/a.example\\/v1\\/messages": ["\\u0031\\u0030.1.1.1", 3, null]}]}'
    found = [finding.actual for finding in complaints("leaks", "none", answer(body, 400))]

    assert found == ["https://a.example/v1/messages", "10.1.1.1"]


def test_a_leak_is_found_in_a_page_too() -> None:
    page = "<html><pre>goroutine 1 [running]</pre></html>"

    assert len(complaints("leaks", "none", answer(page, 502, "text/html"))) == 1


def test_a_leak_is_found_beside_bytes_that_are_no_text() -> None:
    assert len(complaints("leaks", "none", answer(b"\xff http://gateway/", 502, "text/html"))) == 1


def test_each_kind_of_leak_is_told_once() -> None:
    assert [what for what, _ in leaks(f"10.0.0.1 10.0.0.2 {WRONG_KEY} {WRONG_KEY}")] == [KEY, ADDRESS]


def problem(body: Any, status: int = 400) -> list[tuple[str, Text]]:
    text = body if isinstance(body, str) else json.dumps(body)
    findings = complaints("problem", "valid", answer(text, status, PROBLEM))
    return [(finding.place, finding.actual) for finding in findings]


@pytest.mark.parametrize(
    "body",
    [{}, {"status": 400}, {"type": "about:blank", "title": "a", "detail": "b", "instance": "/c", "more": 1}],
)
def test_problem_details_may_hold_any_of_their_members_and_more(body: dict[str, Json]) -> None:
    assert problem(body) == []


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"status": 500}, [("/status", "integer 500")]),
        ({"status": "400"}, [("/status", 'string "400"')]),
        ({"status": None}, [("/status", "null")]),
        ({"title": 3, "type": None}, [("/type", "null"), ("/title", "integer 3")]),
        ([], [("", "json")]),
        ("{", [("", "json")]),
        ("<html>", [("", "html")]),
    ],
)
def test_problem_details_that_break_the_rfc_are_findings(body: Any, found: list[tuple[str, str]]) -> None:
    assert problem(body) == found


def test_a_selector_of_a_media_type_takes_no_other() -> None:
    one = rule("R-1", Selector(status="4xx", media=PROBLEM), problem="valid")

    assert later_verdict(one, answer({"status": 500}, 400)).verdict is Verdict.SKIPPED
    assert later_verdict(one, answer({"status": 500}, 400, f"{PROBLEM}; charset=utf-8")).verdict is Verdict.FAILED


def refused(status: int, message: str, auth: Auth = Auth.NORMAL, wanted: Json = "4xx") -> Verdict:
    return verdict_of(rule("R-1", "ask", status=wanted), refusal(status, message, auth=auth)).verdict


@pytest.mark.parametrize(
    ("status", "message"),
    [(401, "invalid token"), (403, "user is banned"), (402, ""), (403, "insufficient_user_quota")],
)
def test_a_key_that_is_refused_on_the_way_says_nothing_about_the_request(status: int, message: str) -> None:
    assert refused(status, message) is Verdict.INCONCLUSIVE


def test_a_class_is_a_refusal_wanted_where_the_key_was_the_question() -> None:
    assert refused(403, "forbidden", Auth.WRONG) is Verdict.PASSED


def test_a_rule_that_takes_every_status_is_judged_on_a_refused_key() -> None:
    assert refused(401, "invalid token", wanted=["2xx", "3xx", "4xx", "5xx"]) is Verdict.PASSED


def test_a_refusal_that_is_only_noted_is_told_by_its_status() -> None:
    one = rule("R-1", "ask", level=Level.INFO, status=200)

    (finding,) = later_verdict(one, refusal(400, "unknown member")).findings

    assert finding.message == Said("refused_with", n=400)


def test_any_other_note_keeps_its_words() -> None:
    one = rule("R-1", "ask", level=Level.INFO, header={"name": "x-id", "present": True})

    assert [finding.message for finding in verdict_of(one, answer()).findings] == [Said("header_off", code="x-id")]


@pytest.mark.parametrize(("status", "message"), [(403, "forbidden"), (401, "invalid token")])
def test_a_status_named_as_such_is_wanted_whatever_its_words(status: int, message: str) -> None:
    assert refused(status, message, wanted=[400, status]) is Verdict.PASSED


@pytest.mark.parametrize(("status", "message"), [(400, "invalid_api_key"), (403, "no available channel")])
def test_a_key_is_refused_by_the_status_and_the_words_together(status: int, message: str) -> None:
    assert refused(status, message) is Verdict.PASSED


def test_a_refusal_of_the_request_may_use_words_of_the_key() -> None:
    assert refused(400, "additional properties are not allowed") is Verdict.PASSED


def test_a_403_that_speaks_of_the_request_is_a_refusal_of_it() -> None:
    assert refused(403, "this parameter is out of range") is Verdict.PASSED


def test_a_rule_on_refusals_is_judged_on_a_banned_key_too() -> None:
    one = rule("R-1", Selector(status="4xx"), level=Level.MUST, leaks="none")

    assert later_verdict(one, refusal(403, "invalid_api_key, ask 10.0.0.1")).verdict is Verdict.FAILED
