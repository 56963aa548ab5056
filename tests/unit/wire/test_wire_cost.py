"""What a request may cost at worst."""

from __future__ import annotations

import json

import pytest

from wnmon.model.json import MAX_SAFE_INTEGER
from wnmon.wire.cost import DEFAULT_OUTPUT_TOKENS, TOKENS_PER_MESSAGE, sets_a_limit, worst_case_tokens
from wnmon.wire.request import read_request


def worst(body: bytes) -> tuple[int, int]:
    return worst_case_tokens(body, read_request(body))


def cost(**members: object) -> tuple[int, int]:
    return worst(json.dumps(members, ensure_ascii=False).encode())


@pytest.mark.parametrize(
    ("message", "tokens"),
    [
        ({"role": "user", "content": "hello"}, 5),
        ({"role": "user", "content": "你好"}, 6),
        ({"role": "user", "content": [{"type": "text", "text": "ab"}, {"type": "text", "text": "c"}]}, 3),
        ({"role": "user", "content": [{"type": "text", "text": 7}, "xy"]}, 2),
        ({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:x"}}]}, 53),
        ({"role": "user", "content": 12}, 2),
        ({"role": "assistant", "content": None, "name": "bob"}, 15),
        ({"role": "user"}, 0),
        ("hello", 7),
    ],
)
def test_input_is_bounded_by_the_bytes_of_the_messages(message: object, tokens: int) -> None:
    assert cost(messages=[message])[0] == tokens + TOKENS_PER_MESSAGE


def test_each_message_counts() -> None:
    assert cost(messages=[{"content": "a"}, {"content": "b"}])[0] == 2 + 2 * TOKENS_PER_MESSAGE


@pytest.mark.parametrize("name", ["tools", "functions", "response_format"])
def test_descriptions_given_to_the_model_count(name: str) -> None:
    assert cost(messages=[], **{name: {"a": "b"}})[0] == len('{"a": "b"}')


@pytest.mark.parametrize(
    ("members", "tokens"),
    [
        ({}, DEFAULT_OUTPUT_TOKENS),
        ({"max_tokens": 16}, 16),
        ({"max_completion_tokens": 32}, 32),
        ({"max_tokens": 16, "max_completion_tokens": 32}, 32),
        ({"max_tokens": 16, "n": 3}, 48),
        ({"n": 2}, 2 * DEFAULT_OUTPUT_TOKENS),
        ({"max_tokens": 16.0}, 16),
        ({"max_tokens": 1}, 1),
        ({"max_tokens": 0}, DEFAULT_OUTPUT_TOKENS),
        ({"max_tokens": MAX_SAFE_INTEGER}, MAX_SAFE_INTEGER),
        ({"max_tokens": MAX_SAFE_INTEGER + 1}, DEFAULT_OUTPUT_TOKENS),
        ({"max_tokens": -1}, DEFAULT_OUTPUT_TOKENS),
        ({"max_tokens": "x"}, DEFAULT_OUTPUT_TOKENS),
        ({"max_tokens": True, "n": True}, DEFAULT_OUTPUT_TOKENS),
        ({"max_tokens": 16, "n": "x"}, 16),
    ],
)
def test_output_is_bounded_by_the_limit_asked_for(members: dict[str, object], tokens: int) -> None:
    assert cost(messages=[], **members)[1] == tokens


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"\xff"])
def test_body_that_is_no_json_object_counts_with_all_its_bytes(body: bytes) -> None:
    assert worst(body) == (len(body), DEFAULT_OUTPUT_TOKENS)


@pytest.mark.parametrize(("members", "limited"), [({"max_tokens": 1}, True), ({"max_tokens": 0}, False), ({}, False)])
def test_a_request_limits_its_answer_to_one_token_or_more(members: dict[str, object], limited: bool) -> None:
    assert sets_a_limit(read_request(json.dumps(members).encode())) is limited


def test_messages_that_are_no_array_cost_nothing() -> None:
    assert cost(messages={"a": 1})[0] == 0


@pytest.mark.parametrize(
    ("body", "limited"),
    [
        (b'{"max_tokens": 16}', True),
        (b'{"max_completion_tokens": 16}', True),
        (b'{"max_tokens": 0}', False),
        (b'{"max_tokens": -1}', False),
        (b'{"max_tokens": "x"}', False),
        (b"{}", False),
        (b"[16]", False),
        (b'{"max_tokens": 16', False),
        (b"", False),
    ],
)
def test_only_a_positive_number_limits_the_answer(body: bytes, limited: bool) -> None:
    assert sets_a_limit(read_request(body)) is limited
