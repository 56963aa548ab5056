"""Faults that put another document, member, status or header where the right one belongs. Pure."""

from __future__ import annotations

from wnmon.mock.broken_streams import with_cut_chunk, without_usage_chunk
from wnmon.mock.changes import (
    DASHBOARD_PAGE,
    HTML,
    changing,
    each_choice,
    has_message,
    raw,
    refusing,
    relabelled,
    setting,
    within,
    without,
)
from wnmon.mock.chat import Refusal
from wnmon.mock.fault import ApiCall, MockFault, whole
from wnmon.model.json import Json, JsonObject

_OTHER_MODEL = "gpt-3.5-turbo-0125"
_TOTAL_OFF_BY = 7
_NO_CHANNEL = "当前分组 default 下对于模型无可用渠道 (request id: 20250212211029)"
_NO_BALANCE = "user quota is not enough (request id: 20250212211029)"
# The page shows the visitor's address, as the real ones do; 203.0.113.0/24 is reserved for documentation (RFC 5737).
_TIMEOUT_PAGE = (
    "<!DOCTYPE html><html><head><title>relay.example | 524: A timeout occurred</title></head>"
    "<body><h1>A timeout occurred <span>Error code 524</span></h1>"
    "<p>Cloudflare Ray ID: 0000000000000000</p><p>Your IP: 203.0.113.7</p></body></html>"
)

_OTHER_WORDS = {"REL-005", "SEM-009", "SEM-010"}

_NO_FINGERPRINT = without("system_fingerprint")
_NULL_FINGERPRINT = setting("system_fingerprint", None)
_SAME_ID = setting("id", "chatcmpl-0000000000000000")
_WRONG_TOTAL = within(
    "usage", changing("total_tokens", lambda _, total: total + _TOTAL_OFF_BY if isinstance(total, int) else total)
)
_NO_COMPLETION = within(
    "usage", lambda _, usage: usage | {"completion_tokens": 0, "total_tokens": usage["prompt_tokens"]}
)


def _other_model(_: ApiCall, value: JsonObject) -> JsonObject:
    asked = value.get("model")
    return {**value, "model": _OTHER_MODEL if asked != _OTHER_MODEL else "gpt-4o-mini-2024-07-18"}


def _choices_by_index(_: ApiCall, choices: Json) -> Json:
    return {str(place): one for place, one in enumerate(choices if isinstance(choices, list) else [])}


FAULTS: dict[str, MockFault] = {
    "no-fingerprint": MockFault(
        says="system_fingerprint is absent", kills={"DOC-009"}, completion=_NO_FINGERPRINT, chunk=_NO_FINGERPRINT
    ),
    "null-fingerprint": MockFault(
        says="system_fingerprint is null", kills={"DOC-009"}, completion=_NULL_FINGERPRINT, chunk=_NULL_FINGERPRINT
    ),
    "no-usage": MockFault(
        says="usage is absent, also where include_usage asks for it",
        kills={"DOC-010", "SEM-002", "STR-011"},
        completion=without("usage"),
        events=without_usage_chunk,
        chunk=without("usage"),
    ),
    "bad-json": MockFault(
        says="the JSON ends too early (in a stream: that of the first token)",
        kills={"REQ-000", "DOC-003", "DOC-012", "ERR-001", "ERR-002", "HTTP-008", "LIM-004", "STR-005", "STR-017"},
        document=lambda _, data: data[: len(data) * 2 // 3],
        events=with_cut_chunk,
    ),
    "html-200": MockFault(
        says="200 with the HTML of a dashboard",
        answer=raw(200, DASHBOARD_PAGE, HTML),
    ),
    "error-in-200": MockFault(
        says="200 with an error envelope",
        kills={"REQ-000", "DOC-013", "ERR-006", "STR-001"},
        answer=refusing(
            Refusal(status=200, message="upstream request failed", type="upstream_error", code="bad_response")
        ),
    ),
    "zero-completion": MockFault(
        says="usage counts no token of the answer",
        kills={"REL-002", "REL-007", "REL-010"},
        completion=_NO_COMPLETION,
        chunk=_NO_COMPLETION,
    ),
    "wrong-total": MockFault(
        says="total_tokens is 7 more than prompt + completion",
        kills={"SEM-002"},
        completion=_WRONG_TOTAL,
        chunk=_WRONG_TOTAL,
    ),
    "model-swap": MockFault(
        says="the answer names a model that was not asked for",
        kills={"REL-001"},
        completion=_other_model,
        chunk=_other_model,
    ),
    "stream-model-swap": MockFault(
        says="a stream names a model that was not asked for", kills={"REL-001"}, chunk=_other_model
    ),
    "same-id": MockFault(says="every answer has the same id", kills={"DOC-017"}, completion=_SAME_ID, chunk=_SAME_ID),
    "500": MockFault(
        says="500 with an error envelope",
        answer=refusing(Refusal(status=500, message="internal error", type="server_error", code="internal_error")),
    ),
    "401": MockFault(
        says="401 for a right key, without WWW-Authenticate as relays do",
        answer=refusing(Refusal(status=401, message="invalid token", type="new_api_error", code="invalid_token")),
    ),
    "balance": MockFault(
        says="403 insufficient_user_quota: the balance is empty",
        answer=refusing(Refusal(status=403, message=_NO_BALANCE, type="one_api_error", code="insufficient_user_quota")),
    ),
    "model-unavailable": MockFault(
        says="503: no channel for this model in the group",
        answer=refusing(Refusal(status=503, message=_NO_CHANNEL, type="new_api_error", code="model_not_found")),
    ),
    "429": MockFault(
        says="429 with an envelope and Retry-After: 2",
        answer=refusing(
            Refusal(
                status=429,
                message="rate limit reached for requests, try again in 2 seconds",
                type="rate_limit_error",
                code="rate_limit_exceeded",
                headers=(("Retry-After", "2"),),
            )
        ),
    ),
    "429-empty": MockFault(says="429, the status only: no body, no Retry-After", answer=raw(429)),
    "html-524": MockFault(
        says="524 with the HTML of a CDN that waited too long for the relay",
        answer=raw(524, _TIMEOUT_PAGE, ("Content-Type", "text/html; charset=UTF-8")),
    ),
    "empty-200": MockFault(
        says="200 with an empty body",
        kills={"REQ-000", "DOC-003", "DOC-012", "STR-005", "STR-018"},
        answer=lambda call, _: whole(200, (("Content-Type", call.media_type),), b""),
    ),
    "redirect": MockFault(
        says="302 to another port of this host",
        answer=raw(302, "", ("Location", "http://127.0.0.1:9/")),
    ),
    "cookie": MockFault(
        says="Set-Cookie on every answer",
        head=lambda _, head: head.adding("Set-Cookie", "session=7f3a; Path=/; HttpOnly"),
    ),
    "echo-key": MockFault(
        says="repeats the received key in content, headers and error texts",
        kills={*_OTHER_WORDS, "ERR-004"},
        tokens=lambda call, _: ("Your key is ", call.key, "."),
        error=within("error", changing("message", lambda call, message: f"{message} (key {call.key})")),
        head=lambda call, head: head.adding("X-Upstream-Authorization", f"Bearer {call.key}"),
    ),
    "echo-key-split": MockFault(
        says="repeats the received key in content, cut over two deltas",
        kills={*_OTHER_WORDS, "SEM-013"},
        tokens=lambda call, _: ("Your key is ", call.key[: len(call.key) // 2], call.key[len(call.key) // 2 :], "."),
    ),
    "no-id": MockFault(says="id is absent", kills={"DOC-004"}, completion=without("id")),
    "null-model": MockFault(says="model is null", kills={"DOC-005", "REL-001"}, completion=setting("model", None)),
    "json-as-text": MockFault(
        says="JSON is sent as text/plain",
        kills={"DOC-002", "DOC-012"},
        head=lambda _, head: (
            relabelled(head, "text/plain")
            if (head.status, head.get("content-type")) == (200, "application/json")
            else head
        ),
    ),
    "no-object": MockFault(says="object is absent", kills={"DOC-006"}, completion=without("object")),
    "text-created": MockFault(
        says="created is a text", kills={"DOC-007"}, completion=changing("created", lambda _, created: str(created))
    ),
    "named-choices": MockFault(
        says="choices is an object instead of an array",
        kills={"DOC-008", "REL-005", "SEM-005", "SEM-009", "SEM-010"},
        completion=changing("choices", _choices_by_index),
    ),
    "text-index": MockFault(
        says="index of a choice is a text",
        kills={"DOC-011"},
        completion=each_choice(changing("index", lambda _, index: str(index))),
    ),
    "parts-only": MockFault(
        says="content must be a list of parts: a text is refused",
        kills={"DOC-001", "DOC-014"},
        answer=refusing(
            Refusal(status=400, message="content must be an array of parts", param="messages"),
            when=has_message(lambda message: isinstance(message.get("content"), str)),
        ),
    ),
}
