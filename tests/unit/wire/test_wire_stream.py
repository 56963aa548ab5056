"""A stream as a reply: what counts as a token, what the frames fold to, what errors hide in it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from wire_samples import DONE, MS, ROLE, STOP, USAGE, data, exchange, frame, stream, text

from wnmon.model.json import JsonObject
from wnmon.model.result import Usage
from wnmon.model.said import Said, Text
from wnmon.wire.message import MAX_CHOICES, MAX_TOOL_CALLS
from wnmon.wire.read import read
from wnmon.wire.reply import Channel, Choice, ErrorEnvelope, JsonProblem, Reply, ToolCall
from wnmon.wire.stream import MAX_CONTAINERS


def reply(*parts: str | bytes) -> Reply:
    return read(stream(*parts))


def folded(*parts: str | bytes) -> JsonObject:
    document = reply(*parts).document
    assert document is not None
    assert isinstance(document.value, dict)
    return document.value


def only_choice(*parts: str | bytes) -> Choice:
    (choice,) = reply(*parts).choices
    return choice


def error(*parts: str | bytes) -> ErrorEnvelope:
    found = reply(*parts).error
    assert found is not None
    return found


# -- what counts as a token


@pytest.mark.parametrize(
    "silent",
    [
        ROLE,
        frame({"content": None}),
        frame({}),
        ": ping\n\n",
        USAGE,
        data({"id": "", "model": "", "object": "", "created": 0, "choices": [], "prompt_filter_results": []}),
        "data: : keepalive\n\n",
        'data: ""\n\n',
        data({"type": "ping"}),
        data([1]),
        frame({"tool_calls": [{"index": 0, "type": "function"}]}),
        frame({"content": 7, "reasoning": [], "refusal": {}, "tool_calls": "x"}),
        frame("x"),
        data({"choices": "x"}),
        "id: 4\n\n",
    ],
)
def test_frame_without_text_is_no_token(silent: str) -> None:
    assert [token.at_ns for token in reply(silent, text("a"), STOP, DONE).tokens] == [300 * MS]


@pytest.mark.parametrize(
    ("delta", "channel"),
    [
        ({"content": "a"}, Channel.CONTENT),
        ({"content": [{"type": "text", "text": "a"}]}, Channel.CONTENT),
        ({"reasoning_content": "a", "content": None}, Channel.REASONING),
        ({"reasoning": "a", "content": ""}, Channel.REASONING),
        ({"refusal": "a"}, Channel.REFUSAL),
        ({"tool_calls": [{"index": 0, "function": {"arguments": "{"}}]}, Channel.TOOL),
        ({"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f"}}]}, Channel.TOOL),
        ({"function_call": {"name": "f"}}, Channel.TOOL),
    ],
)
def test_non_empty_delta_is_a_token_of_its_channel(delta: object, channel: Channel) -> None:
    assert [token.channel for token in reply(frame(delta)).tokens] == [channel]


def test_token_knows_its_event_and_choice() -> None:
    (token,) = reply(ROLE, text("a", index=2)).tokens

    assert (token.event, token.choice) == (1, 2)


def test_delta_on_two_channels_is_two_tokens_of_one_event() -> None:
    assert [token.event for token in reply(frame({"content": "a", "reasoning": "b"})).tokens] == [0, 0]


def test_white_space_is_a_token() -> None:
    assert len(reply(text(" ")).tokens) == 1


# -- what the frames fold to


def test_content_is_joined() -> None:
    assert reply(ROLE, text("po"), text("ng"), STOP, DONE).text == "pong"


def test_content_of_role_chunk_alone_is_empty() -> None:
    assert only_choice(ROLE, STOP).content == ""


def test_content_is_none_when_none_was_sent() -> None:
    assert only_choice(frame({"role": "assistant", "content": None}), STOP).content is None


def test_text_cut_by_unicode_line_separators_stays_whole() -> None:
    assert reply(text("a\u2028b\u0085c")).text == "a\u2028b\u0085c"


def test_a_channel_that_a_stream_never_wrote_to_is_empty() -> None:
    choice = only_choice(STOP)

    assert (choice.reasoning, choice.refusal, choice.transcript) == ("", "", "")


def test_reasoning_and_refusal_are_joined() -> None:
    choice = only_choice(
        frame({"reasoning": "h"}), frame({"reasoning": "m"}), frame({"refusal": "n"}), frame({"refusal": "o"})
    )

    assert (choice.reasoning, choice.refusal) == ("hm", "no")


def test_several_tool_calls_are_joined_by_index() -> None:
    choice = only_choice(
        frame({"tool_calls": [{"index": 1, "id": "b", "function": {"name": "g", "arguments": ""}}]}),
        frame({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{"}}]}),
        frame({"tool_calls": [{"index": n, "function": {"arguments": end}} for n, end in enumerate("}1")]}),
    )

    assert choice.tool_calls == (
        ToolCall(index=0, id="a", name="f", arguments="{}"),
        ToolCall(index=1, id="b", name="g", arguments="1"),
    )


def test_choices_are_kept_apart_and_in_order() -> None:
    choices = reply(text("b", index=1), text("a"), frame(finish="stop", index=1), STOP).choices

    assert [(choice.index, choice.content, choice.finish_reason) for choice in choices] == [
        (0, "a", "stop"),
        (1, "b", "stop"),
    ]


def test_whole_message_in_one_event_is_read() -> None:
    body = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "pong"}, "finish_reason": "stop"}]}

    assert reply(data(body), DONE).text == "pong"


def test_message_beside_a_delta_is_not_read_twice() -> None:
    body = {"choices": [{"index": 0, "delta": {"content": "po"}, "message": {"content": "po"}}]}

    assert reply(data(body)).text == "po"


@pytest.mark.parametrize("reason", ["", None, 0])
def test_finish_reason_that_says_nothing_is_none(reason: object) -> None:
    assert only_choice(frame({"content": "a"}, reason)).finish_reasons == ()


def test_repeated_finish_reasons_are_all_kept() -> None:
    assert only_choice(STOP, frame(finish="length")).finish_reasons == ("stop", "length")


def test_text_after_finish_is_noted() -> None:
    assert only_choice(STOP, text("late")).text_after_finish


def test_text_with_the_finish_is_not_after_it() -> None:
    assert not only_choice(text("a", finish="stop")).text_after_finish


def test_text_in_another_choice_is_not_after_finish() -> None:
    assert not any(choice.text_after_finish for choice in reply(STOP, text("a", index=1)).choices)


def test_finish_is_stamped_when_the_last_choice_first_finished() -> None:
    assert reply(STOP, frame(finish="stop", index=1), STOP).finish_ns == 300 * MS


def test_usage_of_the_last_frame_that_counts_is_taken() -> None:
    later = data({"choices": [], "usage": {"prompt_tokens": 9}})

    assert reply(USAGE, later, data({"usage": None}), data({"usage": {}})).usage == Usage(prompt_tokens=9)


def test_usage_on_a_frame_with_choices_is_taken() -> None:
    assert reply(text("a", usage={"completion_tokens": 1})).usage == Usage(completion_tokens=1)


def test_usage_is_stamped() -> None:
    assert reply(STOP, USAGE, data({"usage": None}), DONE).usage_ns == 300 * MS


@pytest.mark.parametrize("done", ["data: [DONE]\n\n", "data:[DONE]\n\n", "data: [DONE] \n\n", "data: [DONE]"])
def test_done_is_stamped(done: str) -> None:
    assert reply(STOP, done).done_ns == 300 * MS


def test_done_glued_to_json_is_no_done() -> None:
    assert reply(STOP, 'data: {"a":1}[DONE]\n\n').done_ns is None


def test_text_after_done_is_not_read() -> None:
    assert reply(text("a"), DONE, text("b")).text == "a"


def test_frames_after_done_are_kept_for_rules() -> None:
    assert [frame.done for frame in reply(STOP, DONE, DONE, STOP).frames] == [False, True, True, False]


def test_broken_frame_keeps_its_problem() -> None:
    (broken,) = reply("data: {oops\n\n").frames

    assert broken.document is not None
    assert broken.document.problem is not None


def test_multi_line_data_is_one_frame() -> None:
    assert reply('data: {"choices":\ndata: [{"delta":{"content":"a"}}]}\n\n').text == "a"


# -- the completion shape


def test_stream_folds_to_a_completion() -> None:
    assert folded(ROLE, text("po"), text("ng"), STOP, USAGE, DONE) == {
        "object": "chat.completion",
        "id": "c-1",
        "model": "m-1",
        "created": 7,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "pong"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
    }


def test_head_members_come_from_the_first_chunk_that_says_something() -> None:
    azure = data({"id": "", "created": 0, "model": "", "system_fingerprint": None, "choices": []})
    value = folded(azure, text("a", system_fingerprint="fp"), text("b", id="other"))

    assert [value[name] for name in ("id", "created", "model", "system_fingerprint")] == ["c-1", 7, "m-1", "fp"]


def test_null_fingerprint_in_all_chunks_folds_to_null() -> None:
    assert folded(text("a", system_fingerprint=None), text("b", system_fingerprint=""))["system_fingerprint"] is None


def test_absent_fingerprint_folds_to_absent() -> None:
    assert "system_fingerprint" not in folded(text("a"))


def test_other_channels_are_members_of_the_message() -> None:
    delta = {
        "reasoning": "r",
        "refusal": "n",
        "tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}],
    }
    (choice,) = json.loads(json.dumps(folded(frame(delta))["choices"]))

    assert choice["message"] == {
        "content": None,
        "reasoning_content": "r",
        "refusal": "n",
        "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
    }


def test_error_is_a_member_of_the_folded_document() -> None:
    assert folded(data({"error": {"message": "no", "code": 500}}))["error"] == {
        "message": "no", "type": None, "param": None, "code": "500",
    }  # fmt: skip


@pytest.mark.parametrize("body", [": ping\n\n", DONE, "data: oops\n\n", "data: [1]\n\n"])
def test_stream_without_a_json_object_has_no_document(body: str) -> None:
    assert reply(body).document is None


# -- errors inside a stream


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (data({"error": {"message": "no"}}), "no"),
        (text("a", error={"message": "no"}), "no"),
        ("event: error\n" + data({"error": {"message": "no"}}), "no"),
        ("event: error\n" + data({"message": "no"}), "no"),
        ("event: error\ndata: no\n\n", "no"),
        ("event: error\ndata: [DONE]\n\n", "[DONE]"),
        ("event: error\n\n", Said("error_event_without_data")),
        ('error: {"code":500,"message":"no"}\n\n', "no"),
        ('error: {"error":{"message":"no"}}\n\n', "no"),
        ('error: {"code":500}\n\n', '{"code": 500}'),
        (data({"object": "error", "message": "no"}), "no"),
        (data({"type": "error", "message": "no"}), "no"),
    ],
)
def test_error_in_a_stream_is_found(part: str, message: Text) -> None:
    assert error(text("a"), part).message == message


def test_error_after_done_is_found() -> None:
    assert error(STOP, DONE, data({"error": {"message": "no"}})).message == "no"


def test_first_of_several_errors_is_told() -> None:
    assert error(data({"error": "one"}), data({"error": "two"})).message == "one"


@pytest.mark.parametrize(
    ("part", "place"),
    [(data({"error": "no"}), "event 1"), ('error: {"message":"no"}\n\n', "field error")],
)
def test_error_knows_its_place(part: str, place: str) -> None:
    assert error(ROLE, part).place == place


@pytest.mark.parametrize(
    "part",
    [
        data({"type": "ping"}),
        text("a", error=None),
        "error: {}\n\n",
        "error: oops\n\n",
        'note: {"error":"x"}\n\n',
        data({"message": "x"}),
        "event: ping\ndata: x\n\n",
    ],
)
def test_frame_without_an_error_is_none(part: str) -> None:
    assert reply(part).error is None


# -- limits


def test_choices_beyond_the_limit_are_left_out() -> None:
    parts = [text("a", index=index) for index in range(MAX_CHOICES + 5)]

    assert len(reply("".join(parts)).choices) == MAX_CHOICES


def test_choices_beyond_the_limit_are_left_out_of_one_frame() -> None:
    many: list[Any] = [{"index": index, "delta": {"content": "a"}} for index in range(MAX_CHOICES + 5)]

    assert len(reply(data({"choices": many})).choices) == MAX_CHOICES


def test_tool_calls_beyond_the_limit_are_left_out() -> None:
    parts = [frame({"tool_calls": [{"index": index, "id": "x"}]}) for index in range(MAX_TOOL_CALLS + 5)]

    assert len(only_choice("".join(parts)).tool_calls) == MAX_TOOL_CALLS


def test_frames_beyond_the_container_limit_are_not_read() -> None:
    heavy = b"data: [" + b"[]," * 150_000 + b"0]\n\n"
    frames = read(exchange(heavy * 4 + text("a").encode())).frames

    assert [frame.document.problem.kind for frame in frames if frame.document and frame.document.problem] == [
        "too_many_values"
    ] * 2


def test_brackets_of_all_frames_count_towards_the_container_limit() -> None:
    fifth = MAX_CONTAINERS // 5 - 1
    parts = [b"data: [" + kind * fifth + b"0]\n\n" for kind in (b"[],", b"{},", b"[],", b"{},", b"{},")]
    frames = read(exchange(b"".join(parts) + b"data: {}\n\n")).frames

    assert [frame.document.problem for frame in frames if frame.document] == [
        *[None] * 5,
        JsonProblem(kind="too_many_values", offset=0, message=Said("json_over_limit", n="500,000")),
    ]


def test_done_may_have_white_space_of_json_around_it() -> None:
    assert reply(STOP, "data: \t[DONE]\t\n\n").done_ns == 300 * MS


@pytest.mark.parametrize("text", ["\u2028[DONE]", "[DONE]\u00a0", "X[DONE]"])
def test_done_with_anything_else_around_it_is_no_done(text: str) -> None:
    assert reply(STOP, f"data: {text}\n\n").done_ns is None


def test_model_of_a_stream_is_read() -> None:
    assert reply(text("a")).model == "m-1"


def test_model_of_a_stream_that_says_none_is_none() -> None:
    assert reply(text("a", model="")).model is None


@pytest.mark.parametrize(
    ("part", "place"),
    [
        ("event: error\n" + data({"message": "no"}), "event 1"),
        ("event: error\n" + data({"error": {"message": "no"}}), "event 1"),
        ("event: error\ndata: no\n\n", "event 1"),
        ("event: error\n" + data([{"error": {"message": "no"}}]), "event 1"),
        ('error: {"error":{"message":"no"}}\n\n', "field error"),
    ],
)
def test_error_of_an_event_named_so_knows_its_place(part: str, place: str) -> None:
    assert error(ROLE, part).place == place


def test_text_after_finish_stays_noted_when_silence_follows() -> None:
    assert only_choice(STOP, text("late"), STOP).text_after_finish


@pytest.mark.parametrize("value", [0, False, ""])
def test_head_member_that_never_says_anything_stays_as_it_came(value: object) -> None:
    assert folded(text("a", service_tier=value))["service_tier"] == value


def test_role_that_never_came_is_none() -> None:
    assert only_choice(text("a")).role is None


def test_usage_that_never_came_has_no_stamp() -> None:
    assert reply(text("a"), STOP).usage_ns is None
