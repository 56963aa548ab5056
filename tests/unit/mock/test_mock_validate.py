"""What the relay accepts and how it refuses the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wnmon.mock.chat import Chat, Message, Refusal
from wnmon.mock.validate import read_chat

USER = {"role": "user", "content": "hi"}
DROP = object()


def read(**members: Any) -> Chat | Refusal:
    """Read a right body in which some members are replaced, or left out with DROP."""
    body = {"model": "m", "messages": [USER], **members}
    return read_chat(json.dumps({name: member for name, member in body.items() if member is not DROP}).encode())


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"model": DROP}, "model"),
        ({"model": 123}, "model"),
        ({"model": ""}, "model"),
        ({"messages": DROP}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": USER}, "messages"),
        ({"messages": ["hi"]}, "messages[0]"),
        ({"messages": [{"content": "hi"}]}, "messages[0].role"),
        ({"messages": [{"role": "wizard", "content": "hi"}]}, "messages[0].role"),
        ({"messages": [{"role": 1, "content": "hi"}]}, "messages[0].role"),
        ({"messages": [USER, {"role": "user"}]}, "messages[1].content"),
        ({"messages": [{"role": "user", "content": None}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": []}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": ["hi"]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "user", "content": [{"text": "hi"}]}]}, "messages[0].content[0].type"),
        ({"messages": [{"role": "user", "content": [{"type": "smell"}]}]}, "messages[0].content[0].type"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0].text"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": ""}]}]}, "messages[0].content[0].text"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": 1}]}]}, "messages[0].content[0].text"),
        ({"temperature": 3}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"top_p": 2}, "top_p"),
        ({"frequency_penalty": 3}, "frequency_penalty"),
        ({"presence_penalty": -3}, "presence_penalty"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": "x"}, "max_tokens"),
        ({"max_tokens": True}, "max_tokens"),
        ({"max_completion_tokens": 0}, "max_completion_tokens"),
        ({"n": 0}, "n"),
        ({"n": 129}, "n"),
        ({"stop": ["1", "2", "3", "4", "5"]}, "stop"),
        ({"stop": 7}, "stop"),
        ({"stream": "true"}, "stream"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"stream": True, "stream_options": 1}, "stream_options"),
        ({"stream": True, "stream_options": {"include_usage": 1}}, "stream_options.include_usage"),
    ],
)
def test_a_wrong_member_is_refused_by_name(members: dict[str, Any], param: str) -> None:
    refusal = read(**members)

    assert isinstance(refusal, Refusal)
    assert (refusal.status, refusal.param) == (400, param)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  ",
        b'{"model":',
        b"[]",
        b"NaN",
        b'{"model":"m","messages":[],"temperature":NaN}',
        b"\xff",
        b'\xef\xbb\xbf{"model":"m"}',
        b'{"model":"\\ud800"}',
        b"[" * 100_000,
        b"1" * 10_000,
    ],
)
def test_a_body_that_is_no_json_object_is_refused(body: bytes) -> None:
    refusal = read_chat(body)

    assert isinstance(refusal, Refusal)
    assert refusal.status == 400


@pytest.mark.parametrize(
    "members",
    [
        {"temperature": None, "stop": None, "stream": None, "max_tokens": None},
        {"temperature": 2, "top_p": 0.0, "n": 128, "stop": ["a", "b", "c", "d"]},
        {"messages": [{"role": "developer", "content": "x"}, {"role": "tool", "content": "y", "tool_call_id": "1"}]},
        {"messages": [{"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}, USER]},
        {"x_wnmon": {"unknown": "members are borne"}},
    ],
)
def test_a_legal_body_is_accepted(members: dict[str, Any]) -> None:
    assert isinstance(read(**members), Chat)


def test_text_parts_are_joined_by_line_feeds() -> None:
    chat = read(messages=[{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}])

    assert isinstance(chat, Chat)
    assert chat.messages == (Message(role="user", text="a\nb"),)


def test_the_smaller_of_two_limits_counts() -> None:
    chat = read(max_tokens=9, max_completion_tokens=5)

    assert isinstance(chat, Chat)
    assert chat.max_tokens == 5


def test_one_stop_string_is_a_list_of_one() -> None:
    chat = read(stop="7")

    assert isinstance(chat, Chat)
    assert chat.stop == ("7",)
