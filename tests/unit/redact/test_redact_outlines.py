"""What is joined by outlines is what `channels` joins; what they do not know they leave to it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wnmon.redact.channels import channels
from wnmon.redact.escapes import JSON_ESCAPE, unescape
from wnmon.redact.jsontext import JsonReader, Text
from wnmon.redact.outlines import MOST_BYTES, MOST_KNOWN, Outlines, outlines

FAR = 10**9
NAMES = st.sampled_from(["content", "reasoning", "thinking", "reasoning_content", "text", "index", "delta", "message"])
TEXTS = st.text(alphabet='ab:{}[],\\\n\t"0é', max_size=4)
SCALARS = TEXTS | st.integers(-2, 30) | st.none() | st.booleans() | st.floats(0, 9)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | TEXTS, inner, max_size=3), max_leaves=8
)
EVENTS = st.lists(
    st.dictionaries(NAMES, VALUES, max_size=3).map(lambda value: b"data: " + json.dumps(value).encode())
    | st.just(b"data: [DONE]"),
    max_size=6,
)


def by_channels(body: bytes) -> list[bytes]:
    """Return what is joined by who knows all there is."""
    return sorted(b"".join(unescape(string.raw, JSON_ESCAPE) for string in strings) for strings in channels(body))


def streamed(*values: Any) -> bytes:
    """Return a body of such events."""
    return b"".join(b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n" for value in values)


def said(text: str, **more: Any) -> dict[str, Any]:
    """Return a chunk that says this."""
    return {"id": "c", "choices": [{"index": 0, "delta": {"content": text, **more}}]}


@given(st.lists(EVENTS, min_size=1, max_size=3), st.booleans())
def test_what_is_joined_is_what_channels_join(bodies: list[list[bytes]], doubled: bool) -> None:
    known = Outlines()
    for events in bodies:
        body = b"".join(event + b"\n\n" for event in events) * (1 + doubled)
        joined = known.joined(body, FAR)
        assert joined is None or sorted(joined) == by_channels(body)


@given(st.dictionaries(NAMES, VALUES, max_size=4) | st.lists(VALUES, max_size=4), st.sampled_from([None, 1]))
def test_what_is_joined_of_a_document_is_what_channels_join(document: Any, indent: int | None) -> None:
    body = json.dumps(document, indent=indent).encode()
    known = Outlines()
    for _ in range(2):
        joined = known.joined(body, FAR)
        assert joined is None or sorted(joined) == by_channels(body)


def test_the_pieces_of_a_channel_are_joined_in_their_order() -> None:
    body = streamed(said("ab"), said("c", reasoning="x"), said("d", reasoning="y"))
    assert sorted(Outlines().joined(body, FAR) or []) == [b"abcd", b"ccc", b"xy"]


def test_an_outline_is_known_from_one_body_to_the_next() -> None:
    known = Outlines()
    known.joined(streamed(said("ab"), said("cd")), FAR)
    assert sorted(known.joined(streamed(said("e"), said("f")), FAR) or []) == [b"cc", b"ef"]


class CountingReader(JsonReader):
    """Counts what it reads."""

    reads = 0

    def read(self, offset: int, data: bytes) -> Text:
        self.reads += 1
        return super().read(offset, data)


def test_what_is_known_is_not_read() -> None:
    reader = CountingReader(b"")
    known = Outlines(reader)
    for _ in range(2):
        known.joined(streamed(said("ab"), said("cd"), said("e", reasoning="f"), {"id": "1"}, {"no": "1"}), FAR)
    assert reader.reads == 4


def test_the_pieces_of_each_name_of_a_channel_are_joined_by_themselves_too() -> None:
    body = streamed(said("", reasoning="a"), said("", thinking="b"), said("", reasoning="c"))
    assert {b"abc", b"ac"} <= {*(Outlines().joined(body, FAR) or [])}


def test_the_same_outline_with_other_names_is_another_text() -> None:
    body = streamed({"a": "1", "b": "2"}, {"b": "3", "a": "4"})
    assert sorted(Outlines().joined(body, FAR) or []) == [b"14", b"23"]


def test_an_escape_is_joined_as_it_is_read() -> None:
    body = streamed(said("x")) + b'data: {"choices":[{"index":0,"delta":{"content":"\\u0041\\n"}}]}\n\n'
    assert b"xA\n" in (Outlines().joined(body, FAR) or [])


def test_an_escaped_quote_is_joined_as_it_is_read() -> None:
    assert Outlines().joined(streamed({"a": 'b"'}, {"a": "c"}, {"a": "\\"}), FAR) == [b'b"c\\']


def test_of_one_text_over_and_over_as_much_is_joined_as_shows_a_run() -> None:
    body = streamed(*[{"id": "abc"}] * 50)
    assert Outlines().joined(body, 7) == [b"abc" * 4]


@pytest.mark.parametrize("text", ["%41", "a&"])
def test_what_an_escape_may_be_made_of_is_joined_whole(text: str) -> None:
    assert Outlines().joined(streamed(*[{"id": text}] * 50), 7) == [text.encode() * 50]


def test_empty_texts_are_joined_to_nothing() -> None:
    assert Outlines().joined(streamed({"id": ""}, {"id": ""}), 7) == [b""]


@pytest.mark.parametrize(
    "body",
    [
        b'data: {"a":"b"}\n',
        b'data: {"a":"b"}',
        b'data:{"a":"b"}\n\n',
        b'data: {"a":"b"}\r\n\r\n',
        b': ping\n\ndata: {"a":"b"}\n\n',
        b'id: 1\ndata: {"a":"b"}\n\n',
        b'data: {"a":\ndata: "b"}\n\n',
        b'data: {"a":\n"b"}\n\n',
        b"data: [DONE]\n\ndata: [DONE]\n\n",
        b"data: [1]\n\n",
        b'data: {"a":"\xff"}\n\n',
        b'data: {"a":"\x01"}\n\n',
        b'data: {"a":"\\"" "b"}\n\n',
        b'data: {"a":"\\x41"}\n\n',
        b'data: {"a":"b","a":"c"}\n\n',
        b'data: {"a":NaN}\n\n',
        b'data: {"a":"b"\n\n',
        b'data: {"a":01}\n\n',
        b'{"a":"data:"}',
        b'{"a":"b"} x',
        b"plain",
    ],
)
def test_what_may_be_read_otherwise_is_left_to_channels(body: bytes) -> None:
    assert Outlines().joined(body, FAR) is None


@pytest.mark.parametrize("body", [b"", b"data: [DONE]\n\n", b'{"a":"b"}', b'[\n "a"\n]'])
def test_what_joins_nothing_joins_nothing(body: bytes) -> None:
    assert not Outlines().joined(body, FAR)


def test_a_long_text_is_read_and_not_remembered() -> None:
    known, body = Outlines(), streamed(*[{"a": "b" * MOST_BYTES}] * 2)
    assert [known.joined(body, FAR), known.joined(body, FAR)] == [[b"b" * 2 * MOST_BYTES]] * 2
    assert not known._rows


def test_what_is_known_has_an_end() -> None:
    known = Outlines()
    known.joined(streamed(*({str(k): "a"} for k in range(2 * MOST_KNOWN))), FAR)
    assert known.is_full


def test_who_knows_enough_is_let_go() -> None:
    with outlines() as known:
        known.joined(streamed(*({str(k): "a"} for k in range(2 * MOST_KNOWN))), FAR)
    with outlines() as next_one:
        assert next_one is not known


def test_what_is_known_is_kept_for_the_next() -> None:
    with outlines() as known:
        pass
    with outlines() as next_one:
        assert next_one is known


def test_two_at_once_know_apart() -> None:
    with outlines() as one, outlines() as other:
        assert one is not other
