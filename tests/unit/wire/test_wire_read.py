"""A JSON answer as a reply."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from wire_samples import COMPLETION, completion, exchange

from wnmon.model.json import Json, JsonObject
from wnmon.model.result import Usage
from wnmon.wire.envelope import error_in, refusal_in
from wnmon.wire.read import read
from wnmon.wire.reply import Choice, ErrorEnvelope, Form, Reply, ToolCall


def choice(**members: Any) -> Choice:
    (found,) = read(completion(choices=[members])).choices
    return found


def message(**members: Any) -> Choice:
    return choice(message=members)


def test_document_is_the_body_as_sent() -> None:
    document = read(completion()).document

    assert document is not None
    assert document.value == COMPLETION


def test_choice_has_role_content_and_finish_reason() -> None:
    assert read(completion()).choices == (Choice(index=0, role="assistant", content="pong", finish_reasons=("stop",)),)


def test_text_is_the_content_of_the_first_choice() -> None:
    assert read(completion()).text == "pong"


def test_text_without_choices_is_empty() -> None:
    assert read(completion(choices=[])).text == ""


def test_usage_is_read() -> None:
    assert read(completion()).usage == Usage(prompt_tokens=5, completion_tokens=2, total_tokens=7)


def test_model_is_read() -> None:
    assert read(completion()).model == "m-1"


@pytest.mark.parametrize("model", ["", None, 3])
def test_model_that_says_nothing_is_none(model: object) -> None:
    assert read(completion(model=model)).model is None


def test_json_answer_keeps_its_form() -> None:
    assert read(completion()).form is Form.JSON


def test_json_answer_keeps_its_media_type() -> None:
    assert read(completion()).media_type == "application/json"


@pytest.mark.parametrize(
    ("body", "media"),
    [(b"data: [DONE]\n\n", "text/event-stream"), (b"<html></html>", "text/html"), (b"", "text/plain")],
)
def test_an_answer_of_another_form_keeps_its_media_type(body: bytes, media: str) -> None:
    assert read(exchange(body, media=media)).media_type == media


def test_json_answer_has_no_tokens() -> None:
    assert read(completion()).tokens == ()


def test_null_content_is_none() -> None:
    assert message(content=None).content is None


def test_empty_content_is_empty() -> None:
    assert message(content="").content == ""


def test_content_parts_are_joined() -> None:
    parts = [{"type": "text", "text": "po"}, "n", {"type": "text", "text": "g"}, {"type": "image"}, 7]

    assert message(content=parts).content == "pong"


@pytest.mark.parametrize("content", [7, True, {"text": "x"}])
def test_content_of_a_wrong_type_reads_as_absent(content: object) -> None:
    assert message(content=content).content is None


@pytest.mark.parametrize(
    "members",
    [
        {"reasoning_content": "hm"},
        {"reasoning": "hm"},
        {"reasoning": None, "reasoning_details": [{"text": "h"}, {"text": "m"}]},
    ],
)
def test_reasoning_is_found_under_each_of_its_names(members: dict[str, object]) -> None:
    assert message(**members).reasoning == "hm"


def test_refusal_is_read() -> None:
    assert message(refusal="no").refusal == "no"


@pytest.mark.parametrize(("audio", "transcript"), [({"transcript": "pong"}, "pong"), (None, "")])
def test_what_audio_says_is_read(audio: object, transcript: str) -> None:
    assert message(audio=audio).transcript == transcript


def test_tool_calls_are_read() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}

    assert message(tool_calls=[call, "odd"]).tool_calls == (ToolCall(index=0, id="c1", name="f", arguments="{}"),)


def test_function_call_of_the_older_form_is_a_tool_call() -> None:
    assert message(function_call={"name": "f", "arguments": "{}"}).tool_calls == (
        ToolCall(index=0, name="f", arguments="{}"),
    )


@pytest.mark.parametrize("reason", ["", None, 1])
def test_finish_reason_that_says_nothing_is_none(reason: object) -> None:
    assert choice(finish_reason=reason).finish_reason is None


def test_position_stands_in_for_a_missing_index() -> None:
    assert [found.index for found in read(completion(choices=[{}, {"index": True}, {"index": 9}])).choices] == [0, 1, 9]


def test_choice_that_is_no_object_is_left_out() -> None:
    assert read(completion(choices=["x", None])).choices == ()


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (None, None),
        ({}, None),
        ([1], None),
        ({"prompt_tokens": "5", "completion_tokens": True, "total_tokens": 1.5}, None),
        ({"total_tokens": 2**60}, None),
        ({"total_tokens": 2**53 - 1}, Usage(total_tokens=2**53 - 1)),
        ({"prompt_tokens": 5.0}, Usage(prompt_tokens=5)),
        ({"completion_tokens": 0}, Usage(completion_tokens=0)),
        ({"completion_tokens": -1}, Usage(completion_tokens=-1)),
    ],
)
def test_usage_is_what_can_be_counted(usage: object, expected: Usage | None) -> None:
    assert read(completion(usage=usage)).usage == expected


@pytest.mark.parametrize("body", [b"[1]", b'{"a"', b"[]"])
def test_json_that_is_no_object_has_no_choices(body: bytes) -> None:
    assert read(exchange(body)).choices == ()


def error(value: object, status: int = 400) -> tuple[str, str | None, str | None, str | None]:
    found = read(exchange(json.dumps(value).encode(), status=status)).error
    assert found is not None
    return str(found.message), found.type, found.code, found.param


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"error": {"message": "no", "type": "t", "param": "p", "code": "c"}}, ("no", "t", "c", "p")),
        ({"error": {"message": "no", "code": 402, "user_id": "u"}}, ("no", None, "402", None)),
        ({"error": {"message": "no", "code": True}}, ("no", None, None, None)),
        ({"error": {"code": 429, "message": "no", "status": "EXHAUSTED"}}, ("no", "EXHAUSTED", "429", None)),
        ([{"error": {"message": "no"}}], ("no", None, None, None)),
        ({"error": "no", "code": "c"}, ("no", None, "c", None)),
        ({"error": {"message": {"a": 1}}}, ('{"a": 1}', None, None, None)),
        ({"error": {"code": "c"}}, ('{"code": "c"}', None, "c", None)),
        ({"type": "error", "error": {"type": "overloaded", "message": "no"}}, ("no", "overloaded", None, None)),
        ({"object": "error", "message": "no", "type": "t", "code": "1500"}, ("no", "t", "1500", None)),
        ({"detail": "no"}, ("no", None, None, None)),
        ({"detail": [{"loc": ["body"], "msg": "no"}]}, ('[{"loc": ["body"], "msg": "no"}]', None, None, None)),
        ({"title": "no", "status": 400}, ("no", "400", None, None)),
        ({"msg": "no", "title": "other"}, ("no", None, None, None)),
        ({"error_msg": "no", "title": "other"}, ("no", None, None, None)),
        ({"error": {"error": "no", "title": "other"}}, ("no", None, None, None)),
        ({"error": ["no"]}, ('["no"]', None, None, None)),
        ({"error": {"message": ["余额"]}}, ('["余额"]', None, None, None)),
        ({"error": {"reason": "余额"}}, ('{"reason": "余额"}', None, None, None)),
        ({"type": "error", "message": "no"}, ("no", "error", None, None)),
        ({"code": "InvalidApiKey", "message": "no", "request_id": "r"}, ("no", None, "InvalidApiKey", None)),
        ({"success": False, "message": "no\n\x1b[31m!"}, ("no [31m!", None, None, None)),
    ],
)  # fmt: skip
def test_error_envelope_is_read_in_each_dialect(body: object, expected: tuple[str | None, ...]) -> None:
    assert error(body) == expected


def test_error_beside_choices_is_an_error() -> None:
    assert read(completion(error={"message": "late"})).error is not None


@pytest.mark.parametrize("member", [None, {}, "", False, []])
def test_error_member_that_says_nothing_is_none(member: object) -> None:
    assert read(completion(error=member)).error is None


def test_error_member_that_is_true_is_an_error() -> None:
    assert error({"error": True})[0].startswith("{")


@pytest.mark.parametrize("body", [[], {"id": "x"}, {"message": " "}, {"message": 7}])
def test_body_without_a_message_is_no_error(body: object) -> None:
    assert read(exchange(json.dumps(body).encode(), status=400)).error is None


def test_message_beside_choices_is_no_error() -> None:
    assert read(completion(message="fyi", detail="x")).error is None


@pytest.mark.parametrize(("status", "is_error"), [(200, False), (399, False), (400, True), (None, False)])
def test_a_message_beside_a_code_that_all_is_well_is_an_error_from_status_400_on(
    status: int | None, is_error: bool
) -> None:
    found = read(exchange(b'{"code": 0, "message": "fine"}', status=status)).error

    assert (found is not None) is is_error


def test_message_after_many_blanks_is_found() -> None:
    assert error({"error": {"message": "\n" * 3_000 + "no"}})[0] == "no"


def test_long_message_is_cut() -> None:
    assert len(error({"error": {"message": "x" * 100_000}})[0]) == 2_000


def plain(status: int) -> Reply:
    return read(exchange(b"upstream connect error\n", status=status, media="text/plain"))


def test_plain_text_with_an_error_status_is_the_message() -> None:
    found = plain(502).error

    assert found is not None
    assert found.message == "upstream connect error"


def test_plain_text_with_success_is_no_error() -> None:
    assert plain(200).error is None


def test_text_of_nothing_printable_is_no_error() -> None:
    assert read(exchange(b"\x00\x01", status=502, media="text/plain")).error is None


def test_the_error_member_is_the_message_whatever_else_stands_at_the_top() -> None:
    assert error({"error": "no", "msg": "other"})[0] == "no"


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "no"}},
        {"error": "no"},
        {"object": "error", "message": "no"},
        {"type": "error", "message": "no"},
        {"message": "no"},
        [{"error": {"message": "no"}}],
        [{"error": "no"}],
    ],
)
def test_an_error_of_a_body_knows_it_is_the_body(body: object) -> None:
    found = read(exchange(json.dumps(body).encode(), status=400)).error

    assert found is not None
    assert found.place == "body"


@pytest.mark.parametrize("find", [error_in, refusal_in])
def test_an_error_without_a_place_is_of_the_body(find: Callable[[Json], ErrorEnvelope | None]) -> None:
    found = find({"error": {"message": "no"}})

    assert found is not None
    assert found.place == "body"


def test_plain_text_error_is_of_the_body() -> None:
    found = plain(502).error

    assert found is not None
    assert found.place == "body"


def test_plain_text_error_keeps_the_form_of_its_answer() -> None:
    assert plain(502).form is Form.OTHER


def test_plain_text_error_keeps_its_media_type() -> None:
    assert plain(502).media_type == "text/plain"


def test_plain_text_is_an_error_from_status_400_on() -> None:
    assert plain(400).error is not None


def test_plain_text_error_that_is_not_utf8_is_read_with_replacements() -> None:
    found = read(exchange(b"caf\xe9", status=502, media="text/plain")).error

    assert found is not None
    assert found.message == "caf\ufffd"


def behind_a_mark(body: JsonObject, status: int) -> ErrorEnvelope | None:
    return read(exchange(b"\xef\xbb\xbf" + json.dumps(body).encode(), status)).error


def test_a_refusal_behind_a_byte_order_mark_is_read() -> None:
    found = behind_a_mark({"error": {"message": "no", "code": "invalid_api_key"}}, 401)

    assert found is not None
    assert (found.message, found.code) == ("no", "invalid_api_key")


def test_behind_a_byte_order_mark_a_fine_code_is_one_in_a_success_alone() -> None:
    refused = behind_a_mark({"code": 0, "message": "no"}, 400)

    assert refused is not None
    assert (behind_a_mark({"code": 0, "message": "ok"}, 200), refused.message) == (None, "no")
