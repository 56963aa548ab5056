"""The kinds about the HTTP around an answer: tls, plain_http, framing, and comparisons of how requests were served."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from judge_samples import (
    COMPLETION,
    answer,
    compared,
    complaints,
    completion,
    dead,
    later_verdict,
    places,
    refusal,
    rule,
    suite,
    unfit,
    verdict_of,
    verdicts,
)

from wnmon.judge.subject import Unjudged
from wnmon.model.exchange import Certificate, Exchange, FailureKind, Tls, TransportFailure
from wnmon.model.result import Finding, RuleVerdict, Verdict
from wnmon.model.said import Said, Why

DAY_S = 86_400
NOW_S = 1_700_000_000.0


def steps_of(findings: list[Finding] | Unjudged) -> list[str]:
    assert not isinstance(findings, Unjudged)
    return [finding.step for finding in findings]


def secured(version: str = "TLSv1.3", days: float | None = 90, exchange: Exchange | None = None) -> Exchange:
    asked = exchange or completion()
    leaf = Certificate(subject="CN=r", issuer="CN=i", not_after_s=NOW_S + days * DAY_S) if days is not None else None
    request = replace(asked.request, url="https://r/v1/chat/completions")
    return replace(asked, request=request, tls=Tls(version=version, cipher="c", certificate=leaf))


def over_https(exchange: Exchange) -> Exchange:
    return replace(exchange, request=replace(exchange.request, url="https://r/v1/chat/completions"))


# --- tls

TLS: Any = {"min": "1.2", "days": 14}


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_a_recent_tls_version_is_accepted(version: str) -> None:
    assert complaints("tls", TLS, secured(version)) == []


@pytest.mark.parametrize("version", ["TLSv1.1", "TLSv1", "SSLv3", "unknown"])
def test_an_old_tls_version_is_a_complaint(version: str) -> None:
    assert [finding.actual for finding in complaints("tls", TLS, secured(version))] == [version]


def test_1_2_is_too_old_where_1_3_is_asked_for() -> None:
    assert [finding.expected for finding in complaints("tls", {"min": "1.3"}, secured("TLSv1.2"))] == ["TLSv1.3"]


def test_a_certificate_that_ends_too_soon_is_a_complaint() -> None:
    assert [finding.actual for finding in complaints("tls", TLS, secured(days=13.5))] == [Said("n_days", n="13.5")]


@pytest.mark.parametrize("days", [14, 400, None])
def test_a_certificate_that_holds_or_is_not_shown_is_none(days: float | None) -> None:
    assert complaints("tls", TLS, secured(days=days)) == []


def test_a_failed_handshake_is_a_complaint_with_its_cause() -> None:
    (finding,) = complaints("tls", TLS, over_https(dead(FailureKind.TLS)))
    assert finding.actual == "tls happened"


def test_an_unsecured_connection_is_a_complaint_of_a_check() -> None:
    assert places(complaints("tls", TLS, completion())) == ["tls"]


def test_a_rule_on_tls_is_skipped_on_plain_http() -> None:
    verdict = verdict_of(rule("R", "ask", tls=TLS), completion())
    assert (verdict.verdict, verdict.why) == (Verdict.SKIPPED, Said(Why.NOT_HTTPS))


def test_a_rule_on_tls_is_failed_by_a_failed_handshake() -> None:
    assert verdict_of(rule("R", "ask", tls=TLS), over_https(dead(FailureKind.TLS))).verdict is Verdict.FAILED


def test_a_rule_on_tls_is_inconclusive_without_a_connection() -> None:
    assert verdict_of(rule("R", "ask", tls=TLS), over_https(dead(FailureKind.CONNECT))).verdict is Verdict.INCONCLUSIVE


def test_a_rule_on_tls_and_status_says_nothing_of_a_failed_handshake() -> None:
    both = rule("R", "ask", tls=TLS, status=200)
    assert verdict_of(both, over_https(dead(FailureKind.TLS))).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("value", "pointer"),
    [("yes", ""), ({"max": 1}, ""), ({"min": "1.1"}, "/min"), ({"days": -1}, "/days"), ({"days": True}, "/days")],
)
def test_tls_of_another_form_is_unfit(value: Any, pointer: str) -> None:
    where, message = unfit("tls", value)
    assert (where, bool(message)) == (pointer, True)


# --- plain_http


@pytest.mark.parametrize("status", [200, 204, 401])
def test_an_api_that_answers_on_plain_http_is_a_complaint(status: int) -> None:
    assert [finding.actual for finding in complaints("plain_http", "refused", answer(status=status))] == [str(status)]


@pytest.mark.parametrize("status", [400, 403, 404, 426, 502])
def test_an_error_about_plain_http_is_a_refusal(status: int) -> None:
    assert complaints("plain_http", "refused", answer(status=status)) == []


@pytest.mark.parametrize("status", [301, 308])
def test_a_lasting_redirect_to_https_is_a_refusal(status: int) -> None:
    there = answer(b"", status, None, headers=(("Location", "HTTPS://r/"),))
    assert complaints("plain_http", "refused", there) == []


@pytest.mark.parametrize(
    ("status", "headers", "seen"),
    [
        (302, (("Location", "https://r/"),), "302 to https://r/"),
        (301, (("Location", "http://r/"),), "301 to http://r/"),
        (301, (), "301 to nowhere"),
    ],
)
def test_any_other_redirect_is_a_complaint(status: int, headers: Any, seen: str) -> None:
    there = answer(b"", status, None, headers=headers)
    assert [str(finding.actual) for finding in complaints("plain_http", "refused", there)] == [seen]


@pytest.mark.parametrize(
    "kind", [FailureKind.CONNECT, FailureKind.TIMEOUT_CONNECT, FailureKind.PROTOCOL, FailureKind.TIMEOUT_HEADERS]
)
def test_no_answer_on_plain_http_keeps_the_rule(kind: FailureKind) -> None:
    assert later_verdict(rule("R", "ask", plain_http="refused"), dead(kind)).verdict is Verdict.PASSED


def test_our_own_failure_says_nothing_about_plain_http() -> None:
    verdict = verdict_of(rule("R", "ask", plain_http="refused"), dead(FailureKind.CLIENT))
    assert verdict.verdict is Verdict.INCONCLUSIVE


def test_plain_http_has_one_word() -> None:
    assert unfit("plain_http", True)[1]


# --- framing


def framed(**headers: str) -> Exchange:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return replace(answer(b"12345", headers=named), wire_bytes=5)


def broken(kind: FailureKind, exchange: Exchange) -> Exchange:
    return replace(exchange, failure=TransportFailure(kind=kind, detail="cut"))


@pytest.mark.parametrize(
    "exchange",
    [framed(), framed(content_length="5"), framed(transfer_encoding="chunked"), dead(FailureKind.PROTOCOL)],
    ids=["to the end", "length", "chunks", "no answer"],
)
def test_a_framing_that_holds_is_no_complaint(exchange: Exchange) -> None:
    assert complaints("framing", "complete", exchange) == []


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ({"content_length": "9"}, Said("n_bytes", n="9")),
        ({"transfer_encoding": "chunked"}, Said("last_chunk")),
        ({}, Said("end_in_good_order")),
    ],
)
def test_a_body_that_is_cut_off_is_a_complaint(headers: dict[str, str], wanted: Said) -> None:
    (finding,) = complaints("framing", "complete", broken(FailureKind.TRUNCATED, framed(**headers)))
    assert (finding.expected, finding.actual) == (wanted, "cut")


def test_a_length_that_is_not_true_is_a_complaint() -> None:
    assert places(complaints("framing", "complete", framed(content_length="7"))) == ["header:content-length"]


def test_a_coding_that_does_not_decode_is_no_matter_of_framing() -> None:
    coded = framed(content_length="5", content_encoding="gzip")
    assert complaints("framing", "complete", broken(FailureKind.PROTOCOL, coded)) == []


def test_two_framings_of_one_body_are_a_complaint() -> None:
    both = framed(content_length="5", transfer_encoding="chunked")
    assert [finding.actual for finding in complaints("framing", "complete", both)] == [Said("both")]


def test_an_answer_we_hung_up_on_has_no_framing_to_judge() -> None:
    left = framed(content_length="9")
    left = replace(left, request=replace(left.request, close_after=1))
    assert complaints("framing", "complete", left) == []


def test_framing_has_one_word() -> None:
    assert unfit("framing", "whole")[1]


# --- several copies of one request


def test_a_rule_is_judged_on_every_copy_of_a_burst() -> None:
    copies = [answer(COMPLETION), answer({"error": {"message": "busy"}}, 503), answer(COMPLETION)]
    verdict = verdict_of(rule("R", "ask", status=[200, 429]), *copies)
    assert [str(finding.actual).split()[0] for finding in verdict.findings] == ["503"]


# --- request_id


UNDECODED = TransportFailure(kind=FailureKind.PROTOCOL, detail="bad gzip")


def named(step: str, **headers: str) -> Exchange:
    return answer(step=step, headers=tuple((name.replace("_", "-"), value) for name, value in headers.items()))


@pytest.mark.parametrize(
    "header",
    [
        *("x_request_id", "X_Oneapi_Request_Id", "request_id", "x_litellm_call_id", "CF_RAY", "x_amzn_RequestId"),
        *("apim_request_id", "x_ms_request_id", "x_trace_id", "x_goog_request_id", "x_cloud_trace_context", "x_req_id"),
        *("x_tt_logid", "x_correlation_id", "traceparent", "x_amz_cf_id", "X_B3_TraceId", "x_bce_log_id"),
    ],
)
def test_ids_that_differ_are_no_complaint(header: str) -> None:
    assert compared("request_id", ["a", "b"], named("a", **{header: "1"}), named("b", **{header: "2"})) == []


def test_ids_that_repeat_are_a_complaint() -> None:
    answers = named("a", x_request_id="1"), named("b", x_request_id="1")
    assert places(compared("request_id", ["a", "b"], *answers)) == ["header:x-request-id"]


def test_ids_that_repeat_are_told_by_the_first_header_of_the_first_answer() -> None:
    answers = named("a", x_trace_id="1", request_id="2"), named("b", request_id="2", x_trace_id="1")
    assert places(compared("request_id", ["a", "b"], *answers)) == ["header:x-trace-id"]


def test_one_header_that_differs_is_enough_beside_one_that_repeats() -> None:
    answers = named("a", x_request_id="1", cf_ray="8-FRA"), named("b", x_request_id="1", cf_ray="9-FRA")
    assert compared("request_id", ["a", "b"], *answers) == []


@pytest.mark.parametrize("header", ["x_session_id", "openai_organization", "etag", "request_id_policy"])
def test_a_header_of_another_kind_names_no_request(header: str) -> None:
    assert places(compared("request_id", ["a", "b"], named("a", **{header: "1"}), named("b", **{header: "2"}))) == [
        "headers"
    ]


@pytest.mark.parametrize("second", [{}, {"x_request_id": " "}, {"request_id": "2"}], ids=str)
def test_an_id_on_some_answers_only_is_a_complaint(second: dict[str, str]) -> None:
    answers = named("a", x_request_id="1"), named("b", **second)
    assert places(compared("request_id", ["a", "b"], *answers)) == ["headers"]


@pytest.mark.parametrize("value", ["a", ["a"], ["a", 1], ["a", ""], []], ids=repr)
def test_fewer_than_two_requests_are_unfit(value: Any) -> None:
    assert unfit("request_id", value)[1]


# --- backend


def test_answers_alike_come_from_one_backend() -> None:
    assert compared("backend", ["a", "b"], completion("a"), completion("b")) == []


@pytest.mark.parametrize("member", ["model", "system_fingerprint"])
@pytest.mark.parametrize("value", ["other", None, ...], ids=repr)
def test_another_member_is_another_backend(member: str, value: Any) -> None:
    answers = completion("a"), completion("b", **{member: value})
    assert places(compared("backend", ["a", "b"], *answers)) == [f"/{member}"]


def test_other_headers_are_another_backend() -> None:
    answers = answer(step="a"), answer(step="b", headers=(("X-Cache", "hit"),))
    assert places(compared("backend", ["a", "b"], *answers)) == ["headers"]


def test_an_answer_that_cannot_be_read_leaves_the_backend_open() -> None:
    assert isinstance(compared("backend", ["a", "b"], completion("a"), answer("{", step="b")), Unjudged)


# --- same_form


def test_a_compressed_body_with_the_same_members_has_the_same_form() -> None:
    coded = answer(step="b", headers=(("Content-Encoding", "gzip"),))

    assert compared("same_form", ["a", "b"], completion("a"), coded) == []


def test_a_rule_on_compression_is_skipped_where_nothing_was_compressed() -> None:
    one = rule("R-1", same_form=["a", "b"])

    verdict = verdicts(suite(one, requests=["a", "b"]), completion("a"), completion("b"))["R-1"]

    assert (verdict.verdict, verdict.why) == (Verdict.SKIPPED, Said(Why.NOT_CODED))


@pytest.mark.parametrize(
    ("second", "seen"),
    [
        (answer({"id": "1"}, step="b"), "id"),
        (answer("no json", step="b"), "json"),
        (replace(answer(b"", step="b"), failure=UNDECODED), "bad gzip"),
    ],
    ids=["members", "no json", "not decoded"],
)
def test_a_body_of_another_form_is_a_complaint(second: Exchange, seen: str) -> None:
    (finding,) = compared("same_form", ["a", "b"], completion("a"), second)
    assert finding.actual == seen


def test_a_first_answer_that_cannot_be_read_leaves_the_form_open() -> None:
    assert isinstance(compared("same_form", ["a", "b"], answer("x", step="a"), completion("b")), Unjudged)


# --- same_over_http2


def over_http2(exchange: Exchange | None = None, version: str = "HTTP/2") -> Exchange:
    return replace(exchange or completion("b"), http_version=version)


LIKE_PLAIN = rule("R-1", same_over_http2=["a", "b"])


def like_plain(first: Exchange, second: Exchange) -> RuleVerdict:
    return verdicts(suite(LIKE_PLAIN, requests=["a", "b"]), first, second)["R-1"]


def test_what_is_answered_over_http2_as_in_http_1_1_passes() -> None:
    assert like_plain(completion("a"), over_http2()).verdict is Verdict.PASSED


def test_values_may_differ_over_http2() -> None:
    assert like_plain(completion("a"), over_http2(completion("b", id="other"))).verdict is Verdict.PASSED


def test_a_rule_on_http2_is_skipped_where_it_is_not_offered() -> None:
    verdict = like_plain(completion("a"), over_http2(version="HTTP/1.1"))

    assert (verdict.verdict, verdict.why) == (Verdict.SKIPPED, Said(Why.NOT_OFFERED))


def test_what_is_not_offered_is_said_first() -> None:
    answers = answer("x", step="a"), over_http2(version="HTTP/1.1")

    assert compared("same_over_http2", ["a", "b"], *answers) == Unjudged(Said(Why.NOT_OFFERED))


@pytest.mark.parametrize(
    ("second", "place", "expected", "seen"),
    [
        (refusal(502, "no upstream", step="b"), "status", "200", "502 (status 502: no upstream)"),
        (answer(step="b", status=201), "status", "200", "201"),
        (dead(FailureKind.PROTOCOL, "b"), "status", "200", "protocol happened"),
        (answer({"id": "1"}, step="b"), "body", " ".join(sorted(COMPLETION)), "id"),
        (answer("{", step="b"), "body", " ".join(sorted(COMPLETION)), "json"),
        (answer(step="b", failure=FailureKind.TRUNCATED), "body", " ".join(sorted(COMPLETION)), "truncated happened"),
    ],
    ids=["status", "another success", "reset", "members", "no json", "cut after its body"],
)
def test_another_answer_over_http2_is_a_complaint(second: Exchange, place: str, expected: str, seen: str) -> None:
    verdict = like_plain(completion("a"), over_http2(second))

    assert [(one.exchange, one.place, str(one.expected), str(one.actual)) for one in verdict.findings] == [
        (1, place, expected, seen)
    ]


@pytest.mark.parametrize(
    "first",
    [refusal(404, step="a"), answer("x", step="a"), answer({"error": {"message": "no"}}, step="a")],
    ids=["refused", "no json", "an error in a success"],
)
def test_without_an_answer_in_http_1_1_there_is_nothing_to_be_like(first: Exchange) -> None:
    said = compared("same_over_http2", ["a", "b"], first, over_http2())

    assert said == Unjudged(Said("answer_to_unreadable", code="a"))


@pytest.mark.parametrize("kind", [FailureKind.TIMEOUT_HEADERS, FailureKind.CONNECT])
def test_what_never_came_over_http2_leaves_it_open(kind: FailureKind) -> None:
    assert like_plain(completion("a"), over_http2(dead(kind, "b"))).verdict is Verdict.INCONCLUSIVE


def test_a_limit_of_rate_says_nothing_about_http2() -> None:
    assert like_plain(completion("a"), over_http2(refusal(429, "slow down", step="b"))).verdict is Verdict.INCONCLUSIVE


def test_of_several_those_over_http2_are_judged() -> None:
    answers = completion("a"), over_http2(completion("b"), "HTTP/1.1"), over_http2(refusal(502, step="c"))

    assert steps_of(compared("same_over_http2", ["a", "b", "c"], *answers)) == ["c"]


def test_an_answer_in_http_1_1_does_not_hide_one_over_http2() -> None:
    answers = completion("a"), over_http2(completion("b"), "HTTP/1.1"), over_http2(completion("c"))

    assert compared("same_over_http2", ["a", "b", "c"], *answers) == []
