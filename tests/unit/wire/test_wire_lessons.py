"""What a refusal, or an answer that was cut while the model thought, teaches of how to ask."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire_samples import REQUEST, exchange

from wnmon.model.lesson import Taught
from wnmon.model.parameters import Parameters
from wnmon.wire.answer import Answer, read_answer
from wnmon.wire.lessons import ENOUGH_TOKENS, OPTIONAL, is_alike, lesson_of

ASKED: dict[str, Any] = {"model": "m", "messages": [], "max_tokens": 16, "temperature": 0}
WHOLE = ASKED | {"top_p": 1, "frequency_penalty": 0, "presence_penalty": 0, "stream": False, "n": 1, "stop": ["7"]}
STREAMED = ASKED | {"stream": True, "stream_options": {"include_usage": True}}
THOUGHT = {"role": "assistant", "content": "", "reasoning_content": "Let me think"}


def heard(body: Any, status: int = 400, asked: dict[str, Any] | None = None) -> Answer:
    """Return the answer to a request."""
    request = replace(REQUEST, body=json.dumps(ASKED if asked is None else asked).encode())
    return read_answer(replace(exchange(json.dumps(body).encode(), status), request=request))


def taught(body: Any, status: int = 400, asked: dict[str, Any] | None = None, **how: Any) -> tuple[str, str] | None:
    """Return what an answer teaches, by what is done and to which parameter."""
    learnt = lesson_of(heard(body, status, asked), how.get("tried", frozenset()), how.get("about", frozenset()))
    return (learnt.lesson.taught.value, learnt.lesson.parameter) if learnt else None


def error(message: str, param: str | None = None, code: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


@pytest.mark.parametrize(
    ("message", "asked", "lesson"),
    [
        # OpenAI and Azure, models that think
        (
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            ASKED,
            ("renamed", "max_tokens"),
        ),
        (
            "Unsupported value: 'temperature' does not support 0 with this model. "
            "Only the default (1) value is supported.",
            ASKED,
            ("dropped", "temperature"),
        ),
        ("Unsupported parameter: 'top_p' is not supported with this model.", WHOLE, ("dropped", "top_p")),
        ("this model has beta-limitations, temperature, top_p and n are fixed at 1", WHOLE, ("dropped", "temperature")),
        # Azure, of models of before
        (
            "Unrecognized request argument supplied: max_completion_tokens",
            {"max_completion_tokens": 5},
            ("renamed", "max_completion_tokens"),
        ),
        ("Unrecognized request argument supplied: stream_options", STREAMED, ("dropped", "stream_options")),
        # Anthropic
        ("`temperature` is deprecated for this model.", ASKED, ("dropped", "temperature")),
        ("`temperature` and `top_p` cannot both be specified for this model.", WHOLE, ("dropped", "temperature")),
        ("`temperature` may only be set to 1 when thinking is enabled.", ASKED, ("dropped", "temperature")),
        ("`max_tokens` must be greater than `thinking.budget_tokens`.", ASKED, ("more_tokens", "max_tokens")),
        # Moonshot
        ("invalid temperature: only 1 is allowed for this model", ASKED, ("dropped", "temperature")),
        ("invalid top_p: only 0.95 is allowed for this model", WHOLE, ("dropped", "top_p")),
        # xAI
        ("Model grok-4 does not support parameter presencePenalty.", WHOLE, ("dropped", "presence_penalty")),
        ("Argument not supported on this model: stop", WHOLE, ("dropped", "stop")),
        # Mistral, vLLM
        (
            '[{"type":"extra_forbidden","loc":["body","frequency_penalty"],"msg":"Extra inputs are not permitted"}]',
            WHOLE,
            ("dropped", "frequency_penalty"),
        ),
        (
            '[{"type":"extra_forbidden","loc":["body","n"],"msg":"Extra inputs are not permitted"}]',
            WHOLE,
            ("dropped", "n"),
        ),
        (
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 5.",
            {"max_output_tokens": 5},
            ("more_tokens", "max_tokens"),
        ),
        # DashScope
        (
            "This model only support stream mode, please enable the stream parameter to access the model.",
            ASKED,
            ("only_streams", "stream"),
        ),
        ("parameter.enable_thinking must be set to false for non-streaming calls", ASKED, ("added", "enable_thinking")),
        (
            "parameter.enable_thinking must be set to false for non-streaming calls",
            ASKED | {"enable_thinking": False},
            ("only_streams", "stream"),
        ),
        (
            "The value of the enable_thinking parameter is restricted to True.",
            ASKED | {"enable_thinking": False},
            ("dropped", "enable_thinking"),
        ),
        ("Range of max_tokens should be at least 32", ASKED, ("more_tokens", "max_tokens")),
        # relays
        ("Stream must be set to true", ASKED, ("only_streams", "stream")),
        ("stream=true is required", ASKED, ("only_streams", "stream")),
        ("Non-streaming requests are not supported", ASKED, ("only_streams", "stream")),
        ("This endpoint does not support non-streaming requests", ASKED, ("only_streams", "stream")),
        ("该模型仅支持流式调用", ASKED, ("only_streams", "stream")),
        ("仅支持 stream 模式", ASKED, ("only_streams", "stream")),
        ("请使用流式输出", ASKED, ("only_streams", "stream")),
        ("不支持非流式请求", ASKED, ("only_streams", "stream")),
        ("参数 temperature 无效", ASKED, ("dropped", "temperature")),
        ("不支持参数max_tokens，请使用max_completion_tokens", ASKED, ("renamed", "max_tokens")),
        ("max_tokens不能小于32", ASKED, ("more_tokens", "max_tokens")),
    ],
)
def test_a_wording_teaches_what_it_asks_for(message: str, asked: dict[str, Any], lesson: tuple[str, str]) -> None:
    assert taught(error(message), asked=asked) == lesson


@pytest.mark.parametrize(
    "body",
    [
        error("bad request"),
        error("the temperature of the room is 20 degrees"),
        error("messages must not be empty", "messages"),
        error("Invalid type for 'messages[0].content'", "messages[0].content", "invalid_type"),
        error("unsupported parameter", "tools", "unsupported_parameter"),
        error("Unsupported value: 'stop' is not supported"),
        error("please stop: this is not allowed"),
        {"detail": "Not Found"},
        [1],
        {},
    ],
)
def test_a_refusal_that_names_nothing_optional_teaches_nothing(body: Any) -> None:
    assert taught(body) is None


@pytest.mark.parametrize(
    ("status", "code"), [(300, None), (401, None), (402, None), (429, None), (500, None), (400, "insufficient_quota")]
)
def test_a_refusal_of_another_cause_teaches_nothing(status: int, code: str | None) -> None:
    assert taught(error("'temperature' is not supported", "temperature", code), status) is None


def test_a_code_that_refuses_makes_a_refusal_of_plain_words() -> None:
    assert taught(error("temperature", None, "UNSUPPORTED_PARAMETER")) == ("dropped", "temperature")


def test_a_code_of_any_refusal_says_nothing_of_a_parameter() -> None:
    assert taught(error("the temperature of the room is 20 degrees", None, "invalid_request_error")) is None


def test_a_limit_that_is_no_number_is_not_made_larger() -> None:
    assert taught(error("max_tokens must be at least 32"), asked={"max_tokens": "16"}) is None


def test_a_named_param_tells_enough() -> None:
    assert taught(error("no", "temperature"), 422) == ("dropped", "temperature")


def test_a_param_within_an_option_is_the_option() -> None:
    assert taught(error("no", "stream_options.include_usage"), asked=STREAMED) == ("dropped", "stream_options")


def test_a_refused_stream_false_asks_for_streams() -> None:
    assert taught(error("no", "stream")) == ("only_streams", "stream")


def test_a_refused_stream_is_what_the_request_is() -> None:
    assert taught(error("Streaming is not supported, stream must be false", "stream"), asked=STREAMED) is None


def test_a_refusal_in_a_success_teaches_too() -> None:
    assert taught(error("'temperature' is not supported", "temperature"), 200) == ("dropped", "temperature")


def test_a_refusal_told_as_a_list_is_read() -> None:
    detail = {"type": "extra_forbidden", "loc": ["body", "temperature"], "msg": "Extra inputs are not permitted"}

    assert taught({"detail": [detail]}, 422) == ("dropped", "temperature")


def test_a_wrapped_refusal_is_opened() -> None:
    inner = json.dumps(error("Unsupported parameter: 'max_tokens' is not supported with this model."))

    assert taught(error(f"upstream error: {inner}")) == ("renamed", "max_tokens")


def test_a_limit_is_renamed_and_back_only_once() -> None:
    refused = error("no", "max_completion_tokens")
    asked = {"max_completion_tokens": 5}

    assert taught(refused, asked=asked, tried={(Taught.RENAMED, "max_tokens")}) == ("dropped", "max_completion_tokens")


def test_a_limit_is_not_renamed_to_one_that_is_sent() -> None:
    asked = {"max_tokens": 5, "max_completion_tokens": 5}

    assert taught(error("no", "max_tokens"), asked=asked) == ("dropped", "max_tokens")


def test_what_was_tried_is_not_tried_again() -> None:
    tried = {(Taught.RENAMED, "max_tokens"), (Taught.DROPPED, "max_tokens")}

    assert taught(error("no", "max_tokens"), tried=tried) is None


def test_what_a_request_is_about_is_not_touched() -> None:
    assert taught(error("no", "temperature"), about={"temperature"}) is None


def test_a_limit_that_is_large_enough_cannot_be_too_small() -> None:
    assert taught(error("max_tokens must be at least 4096"), asked={"max_tokens": ENOUGH_TOKENS}) is None


def test_a_request_that_is_no_object_teaches_nothing() -> None:
    answer = read_answer(replace(exchange(b"{}", 400), request=replace(REQUEST, body=b"[")))

    assert lesson_of(answer, frozenset(), frozenset()) is None


def test_a_lesson_says_how_one_asks_by_it_in_the_words_of_the_relay() -> None:
    learnt = lesson_of(heard(error("no such luck", "max_tokens")), frozenset(), frozenset())

    assert learnt is not None
    assert str(learnt.lesson.how) == ("asked with max_completion_tokens: this model refuses max_tokens (no such luck)")


@pytest.mark.parametrize(
    ("body", "asked", "how"),
    [
        (
            error("no such luck", "temperature"),
            ASKED,
            "asked without temperature: this model refuses it (no such luck)",
        ),
        (
            error("enable_thinking must be false"),
            ASKED,
            "asked with enable_thinking: false: this model wants it (enable_thinking must be false)",
        ),
        (
            error("only stream is supported"),
            ASKED,
            "asked for streams only: this model refuses all else (only stream is supported)",
        ),
        (
            error("max_tokens must be at least 32"),
            ASKED,
            "asked for up to 2048 tokens: this model refuses a smaller max_tokens (max_tokens must be at least 32)",
        ),
    ],
    ids=["dropped", "added", "streams", "more tokens"],
)
def test_each_lesson_says_how_one_asks_by_it(body: Any, asked: dict[str, Any], how: str) -> None:
    learnt = lesson_of(heard(body, asked=asked), frozenset(), frozenset())

    assert learnt is not None
    assert str(learnt.lesson.how) == how


@pytest.mark.parametrize(
    "message",
    [
        "'max_tokens' is not supported",
        "'temperature' is not supported",
        "enable_thinking must be false",
        "only stream is supported",
        "max_tokens must be at least 32",
    ],
)
def test_a_lesson_keeps_the_words_of_the_relay(message: str) -> None:
    learnt = lesson_of(heard(error(message)), frozenset(), frozenset())

    assert learnt is not None
    assert learnt.lesson.words == message


def test_a_lesson_keeps_two_hundred_characters_of_a_long_refusal() -> None:
    learnt = lesson_of(heard(error("no" * 200, "temperature")), frozenset(), frozenset())

    assert learnt is not None
    assert len(learnt.lesson.words) == 200


def test_a_request_about_its_stream_is_not_asked_for_streams() -> None:
    assert taught(error("only stream is supported", "stream"), about={"stream"}) is None


def test_the_least_limit_can_be_too_small() -> None:
    asked = ASKED | {"max_tokens": 1}

    assert taught(error("max_tokens must be at least 32"), asked=asked) == ("more_tokens", "max_tokens")


@pytest.mark.parametrize(
    ("message", "asked", "change"),
    [
        ("'max_tokens' is not supported", ASKED, Parameters(rename={"max_tokens": "max_completion_tokens"})),
        ("'temperature' is not supported", ASKED, Parameters(drop=frozenset({"temperature"}))),
        ("enable_thinking must be false", ASKED, Parameters(add={"enable_thinking": False})),
        ("only stream is supported", ASKED, Parameters(stream_only=True)),
        ("max_tokens must be at least 32", ASKED, Parameters(output_tokens=ENOUGH_TOKENS)),
    ],
)
def test_a_lesson_changes_what_it_speaks_of(message: str, asked: dict[str, Any], change: Parameters) -> None:
    learnt = lesson_of(heard(error(message), asked=asked), frozenset(), frozenset())

    assert learnt is not None
    assert learnt.change == change


# --- an answer that was cut while the model thought


def thinking(message: dict[str, Any], finish: str = "length", **usage: Any) -> dict[str, Any]:
    counts = {"prompt_tokens": 5, "completion_tokens": 16, "total_tokens": 21} | usage
    return {"id": "c", "choices": [{"index": 0, "message": message, "finish_reason": finish}], "usage": counts}


SILENT = {"role": "assistant", "content": None}


@pytest.mark.parametrize(
    "body",
    [
        thinking(THOUGHT),
        thinking(SILENT, completion_tokens_details={"reasoning_tokens": 16}),
        thinking(SILENT, reasoning_tokens=16),
        thinking(SILENT, reasoning_tokens=1),
        thinking(SILENT | {"content": "<think>\nLet me see"}),
        thinking(SILENT | {"content": " \n", "reasoning": "well"}),
    ],
)
def test_an_answer_cut_in_thought_teaches_a_larger_limit(body: Any) -> None:
    assert taught(body, 200) == ("more_tokens", "max_tokens")


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        (thinking(THOUGHT, "stop"), ASKED),
        (thinking(THOUGHT | {"content": "pong"}), ASKED),
        (thinking(THOUGHT | {"content": "<think>x</think> pong"}), ASKED),
        (thinking(THOUGHT | {"refusal": "no"}), ASKED),
        (thinking(THOUGHT | {"audio": {"id": "a", "transcript": "pong"}}), ASKED),
        (thinking(THOUGHT | {"tool_calls": [{"id": "t", "function": {"name": "f", "arguments": ""}}]}), ASKED),
        (thinking(SILENT), ASKED),
        (thinking(SILENT, reasoning_tokens=True), ASKED),
        (thinking(SILENT, reasoning_tokens=0), ASKED),
        (thinking(THOUGHT), ASKED | {"max_tokens": ENOUGH_TOKENS}),
        (thinking(THOUGHT), {"model": "m"}),
        (thinking(THOUGHT), {"max_tokens": True}),
        ({"choices": []}, ASKED),
    ],
)
def test_any_other_answer_teaches_no_limit(body: Any, asked: dict[str, Any]) -> None:
    assert taught(body, 200, asked) is None


def test_the_least_limit_can_cut_a_thought() -> None:
    assert taught(thinking(THOUGHT), 200, ASKED | {"max_tokens": 1}) == ("more_tokens", "max_tokens")


def test_a_lesson_of_a_cut_thought_says_how_one_asks_by_it() -> None:
    learnt = lesson_of(heard(thinking(THOUGHT), 200), frozenset(), frozenset())

    assert learnt is not None
    assert str(learnt.lesson.how) == "asked for up to 2048 tokens: with 16 this model thought, and said nothing"


def test_a_lesson_of_a_cut_thought_has_no_words_of_the_relay() -> None:
    learnt = lesson_of(heard(thinking(THOUGHT), 200), frozenset(), frozenset())

    assert learnt is not None
    assert learnt.lesson.words == ""


def test_a_request_about_its_limit_is_not_given_a_larger_one() -> None:
    assert taught(thinking(THOUGHT), 200, about={"max_tokens"}) is None


def test_a_larger_limit_is_tried_once() -> None:
    assert taught(thinking(THOUGHT), 200, tried={(Taught.MORE_TOKENS, "max_tokens")}) is None


def test_an_answer_without_a_document_has_no_counts() -> None:
    stream = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}\n\n'
    request = replace(REQUEST, body=json.dumps(STREAMED).encode())
    answer = read_answer(replace(exchange(stream.encode(), media="text/event-stream"), request=request))

    assert lesson_of(answer, frozenset(), frozenset()) is None


# --- refusals alike


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (error("no (request id: 20261128aabbccdd)"), error("no (request id: 20261129eeff0011)"), True),
        (error("no (request id: )"), error("no (request id: 20261129eeff0011)"), True),
        (error("no max_tokens"), error("no temperature"), False),
        ({"choices": []}, {"choices": []}, False),
    ],
)
def test_refusals_are_alike_but_for_their_numbers(one: Any, other: Any, alike: bool) -> None:
    assert is_alike(heard(one), heard(other)) is alike


@given(st.text(max_size=300), st.sampled_from([None, *OPTIONAL, "messages", "stream.x"]))
def test_no_wording_breaks_it_and_it_only_touches_what_was_sent(message: str, param: str | None) -> None:
    learnt = lesson_of(heard(error(message, param), asked=WHOLE), frozenset(), frozenset())

    assert learnt is None or learnt.lesson.parameter in {*WHOLE, "enable_thinking"}


@pytest.mark.parametrize(
    ("refused", "lesson"),
    [
        # DashScope
        (error("Range of temperature should be (0.0, 2.0)"), ("dropped", "temperature")),
        # Hugging Face
        (error("`temperature` (=0) has to be a positive float"), ("dropped", "temperature")),
        # OpenAI's Responses, behind relays of chat completions
        (
            error(
                "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 5 instead.",
                "max_output_tokens",
                "integer_below_min_value",
            ),
            ("more_tokens", "max_tokens"),
        ),
        (error("Unsupported parameter: max_output_tokens"), ("renamed", "max_tokens")),
        # OpenAI, models that think
        (
            error(
                "Could not finish the message because max_tokens or model output limit was reached. "
                "Please try again with higher max_tokens."
            ),
            ("more_tokens", "max_tokens"),
        ),
    ],
)
def test_what_a_server_behind_the_relay_calls_a_parameter_teaches_too(
    refused: dict[str, Any], lesson: tuple[str, str]
) -> None:
    assert taught(refused) == lesson


def test_a_refusal_of_a_request_without_a_limit_teaches_as_well() -> None:
    assert taught(error("temperature is not supported"), asked={"temperature": 0}) == ("dropped", "temperature")
