"""Every fault by name. To add one, add a line here; its hooks live in the modules `broken_*`."""

from __future__ import annotations

from collections.abc import Iterable

from wnmon.errors import UsageError, did_you_mean
from wnmon.mock import broken_answers as answers
from wnmon.mock import broken_bytes as octets
from wnmon.mock import broken_honesty, broken_http, broken_meaning, broken_members, broken_refusals, broken_wire
from wnmon.mock import broken_streams as streams
from wnmon.mock.fault import MockFault
from wnmon.mock.personas import PERSONAS

_NO_FINGERPRINT = answers.without("system_fingerprint")
_NULL_FINGERPRINT = answers.setting("system_fingerprint", None)
_NO_USAGE = answers.without("usage")
_SAME_ID = answers.setting("id", answers.SAME_ID)
_NO_CHANNEL = "当前分组 default 下对于模型无可用渠道 (request id: 20250212211029)"
_NO_BALANCE = "user quota is not enough (request id: 20250212211029)"

_NO_COMPLETION = frozenset({"REQ-000"})
_NO_SUCCESS = _NO_COMPLETION | {"DOC-001", "LIM-006", "STR-001"}
_NO_ANSWER = _NO_SUCCESS | {
    *(
        "DOC-014",
        "HTTP-003",
        "HTTP-004",
        "HTTP-007",
        "HTTP-008",
        "HTTP-011",
        "LIM-002",
        "MSG-008",
        "STR-017",
    ),
}
_OTHER_WORDS = frozenset({"REL-005", "SEM-009", "SEM-010"})

FAULTS: dict[str, MockFault] = {
    "no-fingerprint": MockFault(
        says="system_fingerprint is absent",
        kills=frozenset({"DOC-009"}),
        completion=_NO_FINGERPRINT,
        chunk=_NO_FINGERPRINT,
    ),
    "null-fingerprint": MockFault(
        says="system_fingerprint is null",
        kills=frozenset({"DOC-009"}),
        completion=_NULL_FINGERPRINT,
        chunk=_NULL_FINGERPRINT,
    ),
    "no-usage": MockFault(
        says="usage is absent, also where include_usage asks for it",
        kills=frozenset({"DOC-010", "SEM-002", "STR-011"}),
        completion=_NO_USAGE,
        events=streams.without_usage_chunk,
        chunk=_NO_USAGE,
    ),
    "bad-json": MockFault(
        says="the JSON ends too early (in a stream: that of the first token)",
        kills=_NO_COMPLETION
        | {"DOC-003", "DOC-012", "ERR-001", "ERR-002", "HTTP-008", "LIM-004", "STR-005", "STR-017"},
        document=answers.cut_json,
        events=streams.with_cut_chunk,
    ),
    "html-200": MockFault(
        says="200 with the HTML of a dashboard",
        kills=_NO_COMPLETION | {"DOC-002", "DOC-003", "DOC-012", "DOC-013", "STR-001"},
        answer=answers.raw(200, answers.DASHBOARD_PAGE, media="text/html; charset=utf-8"),
    ),
    "error-in-200": MockFault(
        says="200 with an error envelope",
        kills=_NO_COMPLETION | {"DOC-013", "ERR-006", "STR-001"},
        answer=answers.error_in_200,
    ),
    "no-done": MockFault(
        says="the stream ends without data: [DONE]", kills=frozenset({"STR-006"}), events=streams.without_done
    ),
    "truncated-stream": MockFault(
        says="the stream ends in good order after 3 tokens: no finish_reason, no [DONE]",
        kills=frozenset({"STR-006", "STR-010", "SEM-012"}),
        events=streams.truncated,
    ),
    "stream-error": MockFault(
        says="an error event after 3 tokens, then [DONE]",
        kills=frozenset({"STR-014", "SEM-012"}),
        events=streams.broken_by_error,
    ),
    "wrong-total": MockFault(
        says="total_tokens is 7 more than prompt + completion",
        kills=frozenset({"SEM-002"}),
        completion=answers.wrong_total,
        chunk=answers.wrong_total,
    ),
    "model-swap": MockFault(
        says="the answer names a model that was not asked for",
        kills=frozenset({"REL-001"}),
        completion=answers.other_model,
        chunk=answers.other_model,
    ),
    "stream-model-swap": MockFault(
        says="a stream names a model that was not asked for", kills=frozenset({"REL-001"}), chunk=answers.other_model
    ),
    "buffered-stream": MockFault(
        says="the whole stream arrives at the end in one burst",
        kills=frozenset({"STR-013"}),
        events=streams.buffered,
    ),
    "same-id": MockFault(
        says="every answer has the same id", kills=frozenset({"DOC-017"}), completion=_SAME_ID, chunk=_SAME_ID
    ),
    "500": MockFault(
        says="500 with an error envelope",
        kills=_NO_SUCCESS,
        answer=answers.refusing(500, "internal error", type_="server_error", code="internal_error"),
    ),
    "401": MockFault(
        says="401 for a right key, without WWW-Authenticate as relays do",
        answer=answers.refusing(401, "invalid token", type_="new_api_error", code="invalid_token"),
    ),
    "balance": MockFault(
        says="403 insufficient_user_quota: the balance is empty",
        answer=answers.refusing(403, _NO_BALANCE, type_="one_api_error", code="insufficient_user_quota"),
    ),
    "model-unavailable": MockFault(
        says="503: no channel for this model in the group",
        answer=answers.refusing(503, _NO_CHANNEL, type_="new_api_error", code="model_not_found"),
    ),
    "429": MockFault(says="429 with an envelope and Retry-After: 2", answer=answers.rate_limited),
    "429-empty": MockFault(says="429, the status only: no body, no Retry-After", answer=answers.raw(429)),
    "html-524": MockFault(
        says="524 with the HTML of a CDN that waited too long for the relay",
        kills=_NO_SUCCESS,
        answer=answers.raw(524, answers.TIMEOUT_PAGE, media="text/html; charset=UTF-8"),
    ),
    "empty-200": MockFault(
        says="200 with an empty body",
        kills=_NO_COMPLETION | {"DOC-003", "DOC-012", "STR-005", "STR-006", "STR-018"},
        answer=answers.empty_200,
    ),
    "redirect": MockFault(
        says="302 to another port of this host",
        kills=_NO_SUCCESS,
        answer=answers.raw(302, headers=(("Location", "http://127.0.0.1:9/"),)),
    ),
    "cookie": MockFault(says="Set-Cookie on every answer", head=answers.with_cookie),
    "echo-key": MockFault(
        says="repeats the received key in content, headers and error texts",
        kills=_OTHER_WORDS | {"ERR-004"},
        tokens=answers.speak_key,
        error=answers.key_in_error,
        head=answers.key_in_headers,
    ),
    "echo-key-split": MockFault(
        says="repeats the received key in content, cut over two deltas",
        kills=_OTHER_WORDS | {"SEM-013"},
        tokens=answers.speak_key_in_pieces,
    ),
    "huge-body": MockFault(says="a body of 1 GiB", answer=octets.huge),
    "gzip-bomb": MockFault(says="2 MiB of gzip that decode to 2 GiB", answer=octets.gzip_bomb),
    "endless-stream": MockFault(says="the stream never stops, as fast as it is read", events=streams.endless),
    "endless-headers": MockFault(says="the response head never ends", wire=octets.endless_headers),
    "slow-headers": MockFault(says="not one byte of an answer, the connection stays open", wire=octets.silent),
    "stall": MockFault(says="head and half of the body, then silence", body=octets.stalled),
    "reset": MockFault(
        says="head and half of the body, then a TCP reset",
        kills=_NO_COMPLETION
        | {"DOC-003", "DOC-012", "ERR-001", "ERR-002", "HTTP-008", "HTTP-011", "LIM-004"}
        | {"STR-006", "STR-010", "STR-017"},
        body=octets.reset_midway,
    ),
    "not-http": MockFault(says="bytes that are not HTTP", kills=_NO_ANSWER, wire=octets.garbage),
    "close-at-once": MockFault(says="closes without a word", kills=_NO_ANSWER, wire=octets.closed_at_once),
    **broken_members.FAULTS,
    **broken_wire.FAULTS,
    **broken_refusals.FAULTS,
    **broken_meaning.FAULTS,
    **broken_http.FAULTS,
    **broken_honesty.FAULTS,
    **PERSONAS,
    **broken_http.PERSONAS,
    **broken_honesty.PERSONAS,
}


def find_faults(names: Iterable[str]) -> tuple[MockFault, ...]:
    """Return faults by name, in order. Raises UsageError with a suggestion for an unknown one."""
    wanted = tuple(names)
    for name in wanted:
        if name not in FAULTS:
            raise UsageError(f'unknown fault "{name}"', hint=did_you_mean(name, FAULTS) or "see wnmon mock --list")
    return tuple(FAULTS[name] for name in wanted)
