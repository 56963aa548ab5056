"""The table of causes: each row decides what it says, refusals get their reason, and a lone word decides nothing."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cause_bodies import a_status, bodies, spelt
from hypothesis import given, settings
from hypothesis import strategies as st
from wire_samples import exchange

from wnmon.model.json import Json, JsonObject
from wnmon.model.result import Fault, Layer, Reason, Scope
from wnmon.wire.answer import read_answer
from wnmon.wire.cause_row import Row, Where, means, reads
from wnmon.wire.cause_table import ROWS
from wnmon.wire.causes import blames_upstream, row_of, status_in
from wnmon.wire.envelope import envelope, refusal_in

REFUSED = [
    json.loads(line) for line in Path(__file__).with_name("refused_bodies.jsonl").read_text("utf-8").splitlines()
]
LONE = (
    *("forbidden", "not allowed", "permission", "permission denied", "banned", "quota", "access denied", "denied"),
    *(
        "balance",
        "billing",
        "limit",
        "model",
        "token",
        "invalid",
        "blocked",
        "禁用",
        "令牌",
        "余额",
        "额度",
        "模型",
        "限制",
    ),
)


def fault(body: Json, status: int) -> Fault:
    media = "text/plain" if isinstance(body, str) else "application/json"
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    found = read_answer(exchange(text.encode(), status, media)).fault
    assert found is not None
    return found


def reason_of(body: Json, status: int) -> Reason:
    return fault(body, status).reason


@pytest.mark.parametrize(
    "refused", REFUSED, ids=[f"{n} {one['status']} {one['reason']}" for n, one in enumerate(REFUSED, 1)]
)
def test_a_refusal_that_relays_write_has_its_reason(refused: dict[str, Json]) -> None:
    status = refused["status"]
    assert isinstance(status, int)

    assert reason_of(refused["body"], status) == refused["reason"]


@pytest.mark.parametrize("row", ROWS, ids=[f"{n} {row.vendor} {row.where}" for n, row in enumerate(ROWS, 1)])
def test_what_a_row_says_is_decided_by_that_row(row: Row) -> None:
    deciding = [row_of(a_status(row), refusal_in(body)) for body in bodies(row)]

    assert [one for one in deciding if one is not row] == []


def test_no_code_stands_in_two_rows_for_the_same_thing() -> None:
    said = Counter((row.where, row.also, row.status, word) for row in ROWS for word in row.says)

    assert [word for word, times in said.items() if times > 1] == []


@pytest.mark.parametrize("word", LONE)
@pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
@pytest.mark.parametrize("body", ["{}", "Error: {}.", "the request has {} in it", "{}: please see the documentation"])
def test_a_lone_word_decides_nothing(word: str, status: int, body: str) -> None:
    assert reason_of({"error": {"message": body.format(word)}}, status) is Reason.HTTP_4XX


# -- wrappers: the same words, however they come

WRAPPERS: dict[str, Callable[[Any], Json]] = {
    "error": lambda inner: {"error": inner},
    "array": lambda inner: [{"error": inner}],
    "error array": lambda inner: {"success": False, "errors": [inner]},
    "top": lambda inner: inner,
    "anthropic": lambda inner: {"type": "error", "error": inner},
    "vllm": lambda inner: {"object": "error", **inner},
    "text in error": lambda inner: {"error": f"upstream said: {json.dumps(inner)}"},
    "text in message": lambda inner: {"error": {"message": json.dumps({"error": inner}), "type": "x"}},
    "openrouter": lambda inner: {"error": {"message": "Provider error", "metadata": {"raw": json.dumps(inner)}}},
    "azure": lambda inner: {"error": {"message": "no", "innererror": inner}},
    "details": lambda inner: {"error": {"message": "no", "details": [inner]}},
    "plain text": lambda inner: json.dumps(inner),
}
KNOWN: dict[str, tuple[Json, Reason]] = {
    "code": ({"message": "x", "code": "insufficient_user_quota"}, Reason.BALANCE),
    "type": ({"message": "x", "type": "exceeded_current_quota_error"}, Reason.BALANCE),
    "english": ({"message": "The model `m-1` has been deprecated."}, Reason.MODEL_UNAVAILABLE),
    "chinese": ({"message": "用户额度不足，请充值"}, Reason.BALANCE),
    "a code in words": ({"message": "failed: model_not_found (m-1)"}, Reason.MODEL_UNAVAILABLE),
}


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("known", KNOWN)
def test_a_wrapper_is_opened(wrapper: str, known: str) -> None:
    inner, reason = KNOWN[known]

    assert reason_of(WRAPPERS[wrapper](inner), 400) is reason


_WORDINGS = [(row, text) for row in ROWS if row.where is Where.WORDING for said in row.says for text in spelt(said)]


@settings(max_examples=300, deadline=None)
@given(
    known=st.sampled_from([one for one in _WORDINGS if one[0].also is None]),
    wrapper=st.sampled_from(sorted(WRAPPERS)),
    before=st.sampled_from(["", "Sorry. ", "请求失败。", "[new-api] ", "upstream: "]),
    after=st.sampled_from(["", " (request id: 20260101)", "。请联系管理员", " See https://relay.example/docs."]),
    status=st.sampled_from([400, 401, 402, 403, 404, 409, 422, 429, 451]),
)
def test_a_wording_keeps_its_reason_whatever_stands_around_it(
    known: tuple[Row, str], wrapper: str, before: str, after: str, status: int
) -> None:
    row, text = known
    whole = any(said.startswith("=") for said in row.says)
    if row.status and status not in row.status:
        status = row.status[0]
    message = text if whole else f"{before}{text}{after}"

    assert reason_of(WRAPPERS[wrapper]({"message": message}), status) is row.reason


# Letters of which no word of the table can be made: what is drawn also tries the constants of our own code.
UNKNOWN = "bcdfghjkpqvwxz0123456789 .,:;!?{}[]()'\"`=<>-\n\téß漢あ。，：\U0001f600"


@settings(max_examples=200, deadline=None)
@given(message=st.text(UNKNOWN, max_size=300), status=st.sampled_from([400, 403, 404, 405, 409, 415, 422, 451]))
def test_a_body_nobody_has_seen_says_nothing_of_key_or_model(message: str, status: int) -> None:
    assert reason_of({"error": {"message": f"zq {message} zq"}}, status) is Reason.HTTP_4XX


# -- what else a row says


def test_a_key_that_a_failing_server_complains_of_is_its_own() -> None:
    assert reason_of({"error": {"message": "x", "code": "invalid_api_key"}}, 500) is Reason.HTTP_5XX


def test_a_failing_server_says_nothing_about_the_request() -> None:
    assert reason_of({"error": {"message": "x", "code": "content_filter"}}, 500) is Reason.HTTP_5XX


@pytest.mark.parametrize(
    ("body", "scope"),
    [
        ({"error": {"message": "x", "code": "insufficient_quota"}}, Scope.KEY),
        ({"error": {"message": "x", "code": "model_not_found"}}, Scope.MODEL),
        ({"error": {"message": "x", "code": "content_filter"}}, Scope.REQUEST),
        ({"error": {"message": "nobody has seen this"}}, Scope.MODEL),
    ],
)
def test_a_refusal_is_as_wide_as_its_cause(body: Json, scope: Scope) -> None:
    assert fault(body, 400).scope is scope


def test_a_row_may_blame_what_stands_behind_the_relay() -> None:
    assert fault({"type": "error", "error": {"type": "overloaded_error", "message": "x"}}, 529).layer is Layer.UPSTREAM


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ({"code": 400}, 400),
        ({"code": "599"}, 599),
        ({"code": "no_status", "error": {"code": 429}}, 429),
        ({"status": "RESOURCE_EXHAUSTED"}, 429),
        ({"type": "no_status", "status": "UNAUTHENTICATED"}, 401),
        ({"code": 399}, None),
        ({"code": 600}, None),
        ({"code": 4000}, None),
        ({"type": "no_status"}, None),
    ],
)
def test_an_error_in_a_success_may_claim_a_status(error: JsonObject, status: int | None) -> None:
    assert status_in(envelope(error, "body")) == status


@pytest.mark.parametrize(
    ("error", "blames"),
    [
        ({"code": "Upstream_error"}, True),
        ({"type": "bad_response_status_code"}, True),
        ({"message": "上游负载已饱和"}, True),
        ({"message": "no", "code": "no", "type": "no"}, False),
    ],
)
def test_a_code_a_type_or_a_message_blames_what_stands_behind_the_relay(error: JsonObject, blames: bool) -> None:
    assert blames_upstream(envelope(error, "body")) is blames


@pytest.mark.parametrize("word", ["InvalidApiKey", "invalid_api_key", "INVALID-API-KEY", "invalid.api.key"])
def test_a_code_is_the_same_however_it_is_spelt(word: str) -> None:
    assert means("invalid_api_key", [word])


def test_a_code_with_another_ending_is_another() -> None:
    assert not means("invalid_api_key", ["invalid_api_keys"])


def test_a_star_stands_for_any_ending() -> None:
    assert means("AuthFailure*", ["AuthFailure.SecretIdNotFound"])


@pytest.mark.parametrize(
    ("wording", "message", "holds"),
    [
        ("model <name>is not found", "model is not found", True),
        ("model <name>is not found", "the model `gpt-4.1`  is not found.", True),
        ("model <name>is not found", "model a b is not found", False),
        ("no credits", "no credits left", True),
        ("no credits", "no creditsx", False),
        ("no credits", "xno credits", False),
        ("余额不足", "gpt-4余额不足5", True),
        ("a…b", "a, said of gpt-4.1, b", True),
        ("a…b", "a. then b", False),
        ("wait #s", "wait 8.1s", True),
        ("wait #s", "wait a s", False),
        ("don't know", "don’t know", True),
        ("= overloaded", " overloaded!", True),
        ("= overloaded", "overloaded here", False),
        ("(a|the|) model", "no model", True),
    ],
)
def test_a_wording_is_found_as_the_table_says(wording: str, message: str, holds: bool) -> None:
    assert reads(wording, message) is holds


def test_a_wording_nobody_asked_for_before_is_found_by_its_longest_words() -> None:
    fresh = f"pear{os.getpid()}"  # what was asked for once is kept, also for the process that breaks this on purpose

    assert reads(f"a <name> {fresh}", f"there is a `b` {fresh}")
