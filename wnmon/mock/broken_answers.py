"""Hooks of faults that put another document, status or header where the right one belongs. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from wnmon.mock.chat import Refusal
from wnmon.mock.fault import Answer, ApiCall, RawAnswer
from wnmon.mock.http import ResponseHead
from wnmon.mock.pieces import Piece, Send
from wnmon.mock.relay import refuse
from wnmon.model.json import Json, JsonObject

OTHER_MODEL = "gpt-3.5-turbo-0125"
SAME_ID = "chatcmpl-0000000000000000"
_TOTAL_OFF_BY = 7

Members = Callable[[ApiCall, JsonObject], JsonObject]


def without(name: str) -> Members:
    """Drop a member."""
    return lambda _, value: {key: member for key, member in value.items() if key != name}


def setting(name: str, member: Json) -> Members:
    """Put another value where the member is."""
    return lambda _, value: {**value, name: member} if name in value else value


def wrong_total(_: ApiCall, value: JsonObject) -> JsonObject:
    """Let total_tokens be more than the sum."""
    usage = value.get("usage")
    if not isinstance(usage, dict) or not isinstance(usage["total_tokens"], int):
        return value
    return {**value, "usage": {**usage, "total_tokens": usage["total_tokens"] + _TOTAL_OFF_BY}}


def other_model(_: ApiCall, value: JsonObject) -> JsonObject:
    """Name a model that was not asked for."""
    asked = value.get("model")
    return {**value, "model": OTHER_MODEL if asked != OTHER_MODEL else "gpt-4o-mini-2024-07-18"}


def cut_json(_: ApiCall, data: bytes) -> bytes:
    """Lose the end of a document, as a relay does that copies only part of its upstream's body."""
    return data[: len(data) * 2 // 3]


def refusing(status: int, message: str, *, type_: str, code: str) -> Callable[[ApiCall, Answer], Answer]:
    """Answer with an error envelope."""
    answer = refuse(Refusal(status=status, message=message, type=type_, code=code))
    return lambda _call, _answer: answer


def rate_limited(_call: ApiCall, _answer: Answer) -> Answer:
    """Refuse for the rate and say when to come back."""
    refusal = Refusal(
        status=429,
        message="rate limit reached for requests, try again in 2 seconds",
        type="rate_limit_error",
        code="rate_limit_exceeded",
        headers=(("Retry-After", "2"),),
    )
    return refuse(refusal)


def error_in_200(_call: ApiCall, _answer: Answer) -> Answer:
    """Report an upstream error with the status of success."""
    refusal = Refusal(status=200, message="upstream request failed", type="upstream_error", code="bad_response")
    return refuse(refusal)


def raw(
    status: int, text: str = "", *, media: str | None = None, headers: Iterable[tuple[str, str]] = ()
) -> Callable[[ApiCall, Answer], Answer]:
    """Answer with a body of any media type, or with none at all."""
    data = text.encode("utf-8")
    content_type = (("Content-Type", media),) if media else ()
    sends: tuple[Piece, ...] = (Send(data),) if data else ()
    return lambda _call, _answer: RawAnswer(
        status=status, headers=(*content_type, *headers), pieces=iter(sends), length=len(data)
    )


def empty_200(call: ApiCall, _: Answer) -> Answer:
    """Succeed with nothing, under the media type that was wanted."""
    media = "text/event-stream" if call.stream else "application/json"
    return RawAnswer(status=200, headers=(("Content-Type", media),), pieces=iter(()), length=0)


def speak_key(call: ApiCall, _: tuple[str, ...]) -> tuple[str, ...]:
    """Say the received key in one token."""
    return ("Your key is ", call.key, ".")


def speak_key_in_pieces(call: ApiCall, _: tuple[str, ...]) -> tuple[str, ...]:
    """Say the received key cut over two deltas."""
    half = len(call.key) // 2
    return ("Your key is ", call.key[:half], call.key[half:], ".")


def key_in_error(call: ApiCall, value: JsonObject) -> JsonObject:
    """Repeat the received key in the error message."""
    error = value.get("error")
    if not isinstance(error, dict):
        return value
    return {**value, "error": {**error, "message": f"{error.get('message')} (key {call.key})"}}


def key_in_headers(call: ApiCall, head: ResponseHead) -> ResponseHead:
    """Repeat the received Authorization header in the response."""
    return replace(head, headers=(*head.headers, ("X-Upstream-Authorization", f"Bearer {call.key}")))


def with_cookie(_: ApiCall, head: ResponseHead) -> ResponseHead:
    """Set a session cookie."""
    return replace(head, headers=(*head.headers, ("Set-Cookie", "session=7f3a; Path=/; HttpOnly")))


DASHBOARD_PAGE = (
    "<!doctype html><html lang=zh><head><meta charset=utf-8><title>API 管理后台</title></head>"
    '<body><div id="root">请启用 JavaScript</div></body></html>'
)
# The page shows the visitor's address, as the real ones do; 203.0.113.0/24 is reserved for documentation (RFC 5737).
TIMEOUT_PAGE = (
    "<!DOCTYPE html><html><head><title>relay.example | 524: A timeout occurred</title></head>"
    "<body><h1>A timeout occurred <span>Error code 524</span></h1>"
    "<p>Cloudflare Ray ID: 0000000000000000</p><p>Your IP: 203.0.113.7</p></body></html>"
)
