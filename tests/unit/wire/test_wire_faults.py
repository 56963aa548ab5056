"""Each way to go wrong has one reason, one layer to blame, and one line to read."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from wire_samples import DONE, ROLE, STOP, USAGE, completion, data, exchange, stream, text

from wnmon.model.exchange import Exchange, FailureKind, TransportFailure
from wnmon.model.result import Fault, Layer, Reason, Scope
from wnmon.wire.answer import read_answer

CLOUDFLARE = b"<!DOCTYPE html><html><head><title>relay.example | 524: A timeout occurred</title></head>"
NGINX = b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><center>nginx</center></body></html>"


def fault(sent: Exchange) -> Fault:
    found = read_answer(sent).fault
    assert found is not None
    return found


def healthy(sent: Exchange) -> bool:
    return read_answer(sent).fault is None


def refused(status: int, body: object = None, **error: object) -> Fault:
    value = {"error": error} if error else body
    return fault(exchange(b"" if value is None else json.dumps(value).encode(), status=status))


# -- the network


@pytest.mark.parametrize("kind", list(FailureKind))
def test_transport_failure_keeps_its_name_as_reason(kind: FailureKind) -> None:
    assert fault(exchange(status=None, failure=TransportFailure(kind=kind, detail="x"))).reason == kind.value


@pytest.mark.parametrize(
    ("kind", "layer"),
    [
        (FailureKind.DNS, Layer.NETWORK),
        (FailureKind.CONNECT, Layer.NETWORK),
        (FailureKind.TIMEOUT_CONNECT, Layer.NETWORK),
        (FailureKind.TLS, Layer.TLS),
        (FailureKind.STALL, Layer.RELAY),
        (FailureKind.TIMEOUT_FIRST_TOKEN, Layer.RELAY),
        (FailureKind.TOO_LARGE, Layer.RELAY),
        (FailureKind.CLIENT, Layer.CLIENT),
        (FailureKind.SHUTDOWN, Layer.CLIENT),
    ],
)
def test_transport_failure_blames_a_layer(kind: FailureKind, layer: Layer) -> None:
    assert fault(exchange(status=None, failure=TransportFailure(kind=kind, detail="x"))).layer is layer


def test_transport_failure_without_detail_is_named() -> None:
    failure = TransportFailure(kind=FailureKind.TIMEOUT_TOTAL, detail="")

    assert fault(exchange(status=None, failure=failure)).message == "timeout total"


def test_status_of_a_refusal_says_more_than_how_it_broke_off() -> None:
    failure = TransportFailure(kind=FailureKind.TRUNCATED, detail="x")

    assert fault(exchange(b"{", status=401, failure=failure)).reason is Reason.AUTH


def test_our_own_shutdown_is_never_the_relays_fault() -> None:
    failure = TransportFailure(kind=FailureKind.SHUTDOWN, detail="x")

    assert fault(exchange(b"{", status=500, failure=failure)).reason is Reason.SHUTDOWN


def test_stalled_stream_is_a_stall() -> None:
    sent = exchange(text("a").encode(), failure=TransportFailure(kind=FailureKind.STALL, detail="15 s of silence"))

    assert fault(sent).reason is Reason.STALL


# -- statuses and envelopes


@pytest.mark.parametrize(
    ("status", "message", "reason"),
    [
        (401, "Incorrect API key provided", Reason.AUTH),
        (401, "无效的令牌", Reason.AUTH),
        (401, "该令牌额度已用尽 !token.UnlimitedQuota && token.RemainQuota = 0", Reason.BALANCE),
        (402, "Payment Required", Reason.BALANCE),
        (402, "Insufficient Balance", Reason.BALANCE),
        (403, "用户额度不足, 剩余额度: ＄0.01", Reason.BALANCE),
        (403, "余额不足", Reason.BALANCE),
        (403, "预扣费额度失败, 用户剩余额度: ＄0.00", Reason.BALANCE),
        (403, "Your access was terminated: permission denied", Reason.AUTH),
        (403, "令牌状态不可用", Reason.AUTH),
        (403, "该令牌无权访问模型 gpt-4o", Reason.MODEL_UNAVAILABLE),
        (403, "Country, region, or territory not supported", Reason.HTTP_4XX),
        (400, "API key not valid. Please pass a valid API key.", Reason.AUTH),
        (400, "Invalid model: nope", Reason.MODEL_UNAVAILABLE),
        (400, "you must provide a model parameter", Reason.HTTP_4XX),
        (400, "Your credit balance is too low to access the API", Reason.BALANCE),
        (404, "The model `nope` does not exist or you do not have access to it.", Reason.MODEL_UNAVAILABLE),
        (404, "Not Found", Reason.HTTP_4XX),
        (404, "No endpoints found for nope.", Reason.MODEL_UNAVAILABLE),
        (413, "too long", Reason.HTTP_4XX),
        (429, "Rate limit reached", Reason.RATE_LIMITED),
        (429, "当前分组上游负载已饱和，请稍后再试", Reason.RATE_LIMITED),
        (500, "当前分组上游负载已饱和，请稍后再试", Reason.RATE_LIMITED),
        (429, "You exceeded your current quota, please check your plan", Reason.BALANCE),
        (503, "当前分组 default 下对于模型 nope 无可用渠道", Reason.MODEL_UNAVAILABLE),
        (503, "No available channel for model nope under group default", Reason.MODEL_UNAVAILABLE),
        (503, "model unavailable", Reason.MODEL_UNAVAILABLE),
        (503, "Service temporarily unavailable", Reason.HTTP_5XX),
        (500, "invalid_api_key at the upstream", Reason.HTTP_5XX),
        (529, "Overloaded", Reason.RATE_LIMITED),
    ],
)
def test_refusal_is_read_by_its_status_and_words(status: int, message: str, reason: Reason) -> None:
    assert refused(status, message=message).reason is reason


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (403, "insufficient_user_quota", Reason.BALANCE),
        (403, "pre_consume_token_quota_failed", Reason.BALANCE),
        (429, "insufficient_quota", Reason.BALANCE),
        (429, "rate_limit_exceeded", Reason.RATE_LIMITED),
        (404, "model_not_found", Reason.MODEL_UNAVAILABLE),
        (404, "DeploymentNotFound", Reason.MODEL_UNAVAILABLE),
        (400, "invalid_api_key", Reason.AUTH),
        (403, 403, Reason.HTTP_4XX),
        (402, 402, Reason.BALANCE),
    ],
)
def test_refusal_is_read_by_its_code(status: int, code: str | int, reason: Reason) -> None:
    assert refused(status, message="x", code=code).reason is reason


def test_saturated_upstream_is_rate_limited_whatever_its_type() -> None:
    assert refused(429, message="当前分组上游负载已饱和", type="insufficient_quota").reason is Reason.RATE_LIMITED


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, Reason.HTTP_4XX),
        (401, Reason.AUTH),
        (402, Reason.BALANCE),
        (403, Reason.HTTP_4XX),
        (404, Reason.HTTP_4XX),
        (429, Reason.RATE_LIMITED),
        (500, Reason.HTTP_5XX),
        (502, Reason.HTTP_5XX),
        (999, Reason.HTTP_5XX),
        (302, Reason.PROTOCOL),
        (100, Reason.PROTOCOL),
    ],
)
def test_status_without_a_body_is_read_alone(status: int, reason: Reason) -> None:
    assert refused(status).reason is reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"detail": "Unauthorized"}, Reason.AUTH),
        ({"detail": [{"msg": "field required"}]}, Reason.HTTP_4XX),
        ({"object": "error", "message": "model x not found", "code": 404}, Reason.MODEL_UNAVAILABLE),
        ({"code": "Arrearage", "message": "Access denied, your account is not in good standing"}, Reason.BALANCE),
    ],
)
def test_refusal_in_other_dialects_is_read(body: object, reason: Reason) -> None:
    assert refused(400, body).reason is reason


def test_plain_text_refusal_is_read() -> None:
    assert fault(exchange("余额不足".encode(), 403, "text/plain")).reason is Reason.BALANCE


def test_refusal_sent_as_a_stream_is_read() -> None:
    sent = stream(data({"error": {"message": "x", "code": "model_not_found"}}), status=404)

    assert fault(sent).reason is Reason.MODEL_UNAVAILABLE


# -- whom to blame


@pytest.mark.parametrize(
    ("body", "layer"),
    [
        ({"error": {"message": "x", "type": "upstream_error"}}, Layer.UPSTREAM),
        ({"error": {"message": "x", "code": "bad_response_status_code"}}, Layer.UPSTREAM),
        ({"error": {"message": "当前分组上游负载已饱和"}}, Layer.UPSTREAM),
        ({"error": {"message": "x", "type": "one_api_error"}}, Layer.RELAY),
        (None, Layer.RELAY),
    ],
)
def test_refusal_blames_the_relay_or_what_stands_behind_it(body: object, layer: Layer) -> None:
    assert refused(500, body).layer is layer


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (524, CLOUDFLARE, Reason.HTTP_5XX),
        (502, NGINX, Reason.HTTP_5XX),
        (504, NGINX, Reason.HTTP_5XX),
        (403, CLOUDFLARE, Reason.HTTP_4XX),
        (404, NGINX, Reason.HTTP_4XX),
        (429, NGINX, Reason.RATE_LIMITED),
        (401, NGINX, Reason.AUTH),
        (522, b"", Reason.HTTP_5XX),
    ],
)
def test_page_of_a_proxy_has_the_reason_of_its_status(status: int, body: bytes, reason: Reason) -> None:
    found = fault(exchange(body, status, "text/html"))

    assert (found.reason, found.layer) == (reason, Layer.CDN)


def test_page_is_told_by_its_title() -> None:
    assert str(fault(exchange(CLOUDFLARE, 524, "text/html")).message) == (
        "status 524: an HTML page, relay.example | 524: A timeout occurred"
    )


def test_page_without_a_title_is_an_html_page() -> None:
    assert str(fault(exchange(b"<html></html>", 502, "text/html")).message) == "status 502: an HTML page"


# -- success that is none


def test_page_with_success_is_the_wrong_content_type() -> None:
    assert fault(exchange(NGINX, 200, "text/html")).reason is Reason.CONTENT_TYPE


@pytest.mark.parametrize(("headers", "layer"), [((), Layer.RELAY), ((("CF-Mitigated", "challenge"),), Layer.CDN)])
def test_challenge_page_blames_the_cdn(headers: tuple[tuple[str, str], ...], layer: Layer) -> None:
    assert fault(exchange(NGINX, 200, "text/html", headers)).layer is layer


@pytest.mark.parametrize("media", ["text/plain", None])
def test_text_with_success_is_the_wrong_content_type(media: str | None) -> None:
    assert fault(exchange(b"hello", 200, media)).reason is Reason.CONTENT_TYPE


def test_no_body_with_success_is_empty() -> None:
    assert fault(exchange()).reason is Reason.EMPTY


def test_broken_json_is_bad_json() -> None:
    assert fault(exchange(b'{"id":')).reason is Reason.BAD_JSON


def test_broken_json_is_told_by_where_it_breaks() -> None:
    assert str(fault(exchange(b'{"id":')).message) == "bad JSON at byte 6: ends where a value is due"


def test_completion_has_no_fault() -> None:
    assert healthy(completion())


def test_json_without_choices_is_left_to_the_rules() -> None:
    assert healthy(exchange(b'{"id":"x"}'))


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ({"message": "x", "code": "insufficient_user_quota"}, Reason.BALANCE),
        ({"message": "x", "code": "model_not_found"}, Reason.MODEL_UNAVAILABLE),
        ({"message": "Rate limit reached"}, Reason.RATE_LIMITED),
        ({"message": "invalid api key"}, Reason.AUTH),
        ({"message": "x", "code": 401}, Reason.AUTH),
        ({"message": "x", "code": 429}, Reason.RATE_LIMITED),
        ({"message": "x", "code": 502}, Reason.SCHEMA),
        ({"message": "x", "code": "1500"}, Reason.SCHEMA),
        ({"message": "something broke"}, Reason.SCHEMA),
    ],
)
def test_error_with_success_is_read_by_its_words(error: object, reason: Reason) -> None:
    assert fault(exchange(json.dumps({"error": error}).encode())).reason is reason


def test_error_in_a_running_stream_is_a_stream_fault() -> None:
    sent = stream(ROLE, text("a"), data({"error": {"message": "Rate limit reached"}}), DONE)

    assert fault(sent).reason is Reason.STREAM


def test_unrecognised_error_in_a_stream_is_a_stream_fault() -> None:
    assert fault(stream("event: error\ndata: oops\n\n")).reason is Reason.STREAM


def test_refusal_dressed_as_a_stream_is_read_by_its_words() -> None:
    assert fault(stream(data({"error": {"message": "余额不足"}}), DONE)).reason is Reason.BALANCE


def test_error_after_the_finish_is_never_success() -> None:
    assert not healthy(stream(ROLE, text("a"), STOP, data({"error": {"message": "x"}}), DONE))


def test_complete_stream_has_no_fault() -> None:
    assert healthy(stream(ROLE, text("a"), STOP, USAGE, DONE))


def test_missing_done_is_left_to_the_rules() -> None:
    assert healthy(stream(ROLE, text("a"), STOP))


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((ROLE, text("a"), text("b"), DONE), "no finish_reason after 2 events with text, with [DONE]"),
        ((ROLE, text("a")), "no finish_reason after 1 events with text, without [DONE]"),
        ((text("a"), text("b", index=1), STOP, DONE), "no finish_reason after 2 events with text, with [DONE]"),
    ],
)
def test_stream_without_finish_for_each_choice_is_truncated(parts: tuple[str, ...], message: str) -> None:
    found = fault(stream(*parts))

    assert (found.reason, str(found.message)) == (Reason.TRUNCATED, message)


def asking(body: bytes) -> Exchange:
    """Return a stream of one whole choice, asked for by this body."""
    sent = stream(text("a"), STOP, DONE)
    return replace(sent, request=replace(sent.request, body=body))


def test_stream_that_never_begins_a_choice_is_truncated() -> None:
    found = fault(asking(b'{"n": 2}'))

    assert (found.reason, str(found.message)) == (Reason.TRUNCATED, "1 of 2 choices ever began, with [DONE]")


def test_stream_of_as_many_choices_as_asked_for_is_healthy() -> None:
    assert healthy(asking(b'{"n": 1}'))


@pytest.mark.parametrize("parts", [(": ping\n\n",), (DONE,), (USAGE, DONE)])
def test_stream_without_a_choice_is_empty(parts: tuple[str, ...]) -> None:
    assert fault(stream(*parts)).reason is Reason.EMPTY


def test_stream_of_broken_frames_is_bad_json() -> None:
    assert fault(stream("data: {oops\n\n", DONE)).reason is Reason.BAD_JSON


def test_keep_alive_wrapped_in_data_is_left_to_the_rules() -> None:
    assert healthy(stream("data: : keepalive\n\n", text("a"), STOP, DONE))


# -- the line to read, and when to come back


def test_message_is_one_printable_line() -> None:
    assert str(refused(500, message="a\r\n\x1b[2Jb\u2028c\u202ed", code="x").message) == "status 500: x: a [2Jb c d"


def test_message_is_at_most_200_characters() -> None:
    assert len(str(refused(500, message="x" * 5_000).message)) == 200


@pytest.mark.parametrize("status", [200, 502])
def test_message_with_a_long_title_is_at_most_200_characters(status: int) -> None:
    page = b"<title>" + b"x" * 400 + b"</title>"

    assert len(str(fault(exchange(page, status, "text/html")).message)) == 200


def test_refusal_without_words_says_so() -> None:
    assert str(refused(500).message) == "status 500: without an error message"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ((("Retry-After", "7"),), 7.0),
        ((("retry-after", " 1.5 "),), 1.5),
        ((("retry-after-ms", "250"), ("retry-after", "9")), 0.25),
        ((("retry-after-ms", "soon"), ("retry-after", "9")), 9.0),
        ((("retry-after-ms", "0"), ("retry-after", "6")), 6.0),
        ((("retry-after-ms", "0.0"), ("retry-after", "Tue, 14 Nov 2023 22:13:50 GMT")), 30.0),
        ((("retry-after-ms", "0"), ("retry-after", "soon")), 0.0),
        ((("retry-after-ms", "0"),), 0.0),
        ((("retry-after-ms", "0.5"), ("retry-after", "6")), 0.0005),
        ((("retry-after", "0"),), 0.0),
        ((("retry-after", "999999999"),), 86_400.0),
        ((("retry-after", "9" * 5_000),), 86_400.0),
        ((("retry-after", "1" + "0" * 20),), 86_400.0),
        ((("retry-after", "-1"),), None),
        ((("retry-after", "Tue, 14 Nov 2023 22:13:50 GMT"),), 30.0),
        ((("retry-after", "Tue, 14 Nov 2023 22:13:10 GMT"),), 0.0),
        ((("retry-after", "Tue, 99 Nov 2023 22:13:10 GMT"),), None),
        ((("retry-after", "Tue, 14 Now 2023 22:13:10 GMT"),), None),
        ((("retry-after", "Tuesday, 14-Nov-23 22:13:50 GMT"),), 30.0),
        ((("retry-after", "Tue Nov 14 22:13:50 2023"),), 30.0),
        ((("retry-after", "Wed, 15 Nov 2023 01:00:06 GMT"), ("date", "Wed, 15 Nov 2023 01:00:00 GMT")), 6.0),
        ((("retry-after", "Mon, 13 Nov 2023 01:00:06 GMT"), ("date", " Mon Nov 13 01:00:00 2023 ")), 6.0),
        ((("retry-after", "Tue, 14 Nov 2023 22:13:50 GMT"), ("date", "now")), 30.0),
        ((("retry-after", "6"), ("date", "Wed, 15 Nov 2023 01:00:00 GMT")), 6.0),
        ((("retry-after", "tomorrow"),), None),
        ((), None),
    ],
)
def test_retry_after_is_read_in_each_form(headers: tuple[tuple[str, str], ...], expected: float | None) -> None:
    assert fault(exchange(b"", 429, headers=headers)).retry_after_s == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Rate limit reached. Please try again in 20s.", 20.0),
        ("Please try again in 6m0s.", 360.0),
        ("Please try again in 1h2m3.5s", 3723.5),
        ("Please try again in 120ms. Visit https://relay.example", 0.12),
        ("please retry in 20 s", 20.0),
        ("Please retry in 36.389s.", 36.389),
        ("please retry after 20 seconds", 20.0),
        ("Please wait for 1 minute and 20 seconds", 80.0),
        ("wait 2 minutes, 5 seconds before you ask again", 125.0),
        ("please wait 20", 20.0),
        ("limit resets in about 2 hours", 7200.0),
        ("Retry-After: 20", 20.0),
        ('upstream said {"retryDelay": "36s"}', 36.0),
        ("请在20秒后重试", 20.0),
        ("请 1 分钟后再试", 60.0),
        ("20秒后再试", 20.0),
        ("try again in 2s, or at best retry after 5s", 5.0),
        ("try again in 30 days", 86_400.0),
        ("try again later", None),
        ("after 3 attempts wait 3 turns", None),
        ("try again after 2026-01-01", None),
        ("used 20 s of 60 s", None),
    ],
)
def test_a_time_to_wait_is_read_in_words(message: str, expected: float | None) -> None:
    assert refused(429, message=message).retry_after_s == expected


def test_a_header_says_more_than_words() -> None:
    body = b'{"error": {"message": "try again in 20s"}}'

    assert fault(exchange(body, 429, headers=(("Retry-After", "7"),))).retry_after_s == 7.0


# Whether the key is limited, or the model.


@pytest.mark.parametrize(
    ("name", "value", "scope"),
    [
        ("X-RateLimit-Remaining", "0", Scope.KEY),
        ("x-ratelimit-remaining-requests", "0", Scope.KEY),
        ("X-Ratelimit-Remaining-Tokens", " 0 ", Scope.KEY),
        ("x-ratelimit-api_key-remaining-requests", "0", Scope.KEY),
        ("anthropic-ratelimit-requests-remaining", "0", Scope.KEY),
        ("RateLimit-Remaining", "0", Scope.KEY),
        ("x-litellm-key-remaining-requests", "0", Scope.KEY),
        ("RateLimit", '"default";r=0;t=30', Scope.KEY),
        ("RateLimit", '"default"; r=0', Scope.KEY),
        ("RateLimit", '"default";r=05;t=30', Scope.MODEL),
        ("RateLimit", '"default";r=0.5', Scope.MODEL),
        ("X-RateLimit-Remaining", "1", Scope.MODEL),
        ("X-RateLimit-Remaining", "none", Scope.MODEL),
        ("X-RateLimit-Limit", "0", Scope.MODEL),
        ("X-RateLimit-Reset", "0", Scope.MODEL),
        ("x-ratelimit-model_per_key-remaining-requests", "0", Scope.MODEL),
        ("x-litellm-key-remaining-requests-gpt-4o", "0", Scope.MODEL),
        ("x-ratelimit-remaining-tokens-gpt-4o", "0", Scope.MODEL),
        ("X-Tokens-Remaining", "0", Scope.MODEL),
    ],
)
def test_a_header_tells_whether_the_key_is_used_up(name: str, value: str, scope: Scope) -> None:
    assert fault(exchange(b"", 429, headers=((name, value),))).scope is scope


@pytest.mark.parametrize(
    ("words", "scope"),
    [
        ("您已达到请求数限制：1分钟内最多请求10次", Scope.KEY),
        ("您的账户已达到速率限制，请您控制请求频率", Scope.KEY),
        ("max organization concurrency: 3, please try again after 1 seconds", Scope.KEY),
        ("Rate limit exceeded for api_key: 88dc28", Scope.KEY),
        ("当前分组上游负载已饱和，请稍后再试", Scope.MODEL),
        ("Rate limit reached for gpt-4 in organization org-x on tokens per min", Scope.MODEL),
        ("Too many requests", Scope.MODEL),
    ],
)
def test_words_tell_whether_the_key_is_limited(words: str, scope: Scope) -> None:
    body = json.dumps({"error": {"message": words, "type": "t", "param": None, "code": None}}).encode()
    assert fault(exchange(body, 429)).scope is scope


def test_words_about_the_key_in_an_error_of_a_200_tell_it_too() -> None:
    body = json.dumps({"error": {"message": "rate limit exceeded for api_key", "type": "rate_limit", "code": "429"}})
    assert fault(exchange(body.encode())).scope is Scope.KEY
