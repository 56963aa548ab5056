"""Which strings of a body a reader may join, and so hold a secret together: by choice, list, place and framing."""

from __future__ import annotations

import json

import pytest
from test_redact_exchange import HALF, KEY, MARK, chunk_json, contents, event, exchange, leaks, redact

from wnmon.redact.jsontext import MAX_DEPTH

FIRST, REST = KEY[:HALF], KEY[HALF:]
PARTS = {"content": [{"text": FIRST}, {"text": REST}]}


def told(body: bytes) -> str:
    """What is left of a body of one chunk."""
    return redact(body).body.decode()


@pytest.mark.parametrize(
    "before", [b"", b" \n", b"\xef\xbb\xbf", b"\xef\xbb\xbf "], ids=["none", "blanks", "mark", "both"]
)
@pytest.mark.parametrize("body", [{"choices": [PARTS]}, [PARTS]], ids=["object", "array"])
def test_parts_of_one_document_are_joined(before: bytes, body: object) -> None:
    assert FIRST not in told(before + json.dumps(body).encode())


def test_parts_whose_text_has_members_are_joined_by_member() -> None:
    parts = [{"text": {"value": FIRST, "note": "z"}}, {"text": {"value": REST}}]

    assert FIRST not in told(json.dumps({"choices": [{"content": parts}]}).encode())


def test_halves_in_two_choices_are_never_joined_by_a_reader() -> None:
    pieces = event({"content": FIRST}, 0), event({"content": REST}, 1)

    assert redact(*pieces) == exchange(*pieces)


@pytest.mark.parametrize(
    "write",
    ["{}", "[{}]", " {}", '{{"a": {}}}', '{{"b": ["x"], "a": {}}}'],
    ids=["text", "list", "blank", "object", "after a list"],
)
def test_strings_at_one_place_of_several_events_are_joined(write: str) -> None:
    events = [f"data: {write.format(json.dumps(half))}\n\n".encode() for half in (FIRST, REST)]

    assert FIRST not in redact(*events).body.decode()


def test_choices_are_known_by_their_index_also_below_zero() -> None:
    one = {"choices": [{"index": -1, "delta": {"content": FIRST}}]}
    two = {"choices": [{"index": 7, "delta": {}}, {"index": -1, "delta": {"content": REST}}]}

    assert FIRST not in told("".join(f"data: {json.dumps(value)}\n\n" for value in (one, two)).encode())


def test_a_half_in_an_event_of_two_lines_is_replaced_at_its_place() -> None:
    cut = [chunk_json({"content": half}).replace(', "delta"', ',\ndata: "delta"') for half in (FIRST, REST)]
    body = "".join(f"data: {text}\n\n" for text in cut)

    assert told(body.encode()) == body.replace(FIRST, MARK).replace(REST, MARK)


def nested(text: str, depth: int) -> bytes:
    """One event whose text stands in so many objects."""
    return b"data: " + b'{"a":' * depth + json.dumps(text).encode() + b"}" * depth + b"\n\n"


def test_strings_as_deep_as_documents_may_be_are_joined() -> None:
    assert FIRST not in redact(nested(FIRST, MAX_DEPTH), nested(REST, MAX_DEPTH)).body.decode()


def test_nesting_without_end_is_no_error() -> None:
    body = b"data: " + b"[" * 5_000 + b'"x"\n\n'

    assert redact(body, *contents([FIRST])).body == body + event({"content": FIRST})


@pytest.mark.parametrize("name", ["x-a", "x-\ud800"], ids=["value", "name"])
def test_a_header_with_half_a_character_is_no_error(name: str) -> None:
    headers = ((name, "\udcff"), (name, "b"))

    assert redact(headers=headers).headers == headers


def test_a_secret_beside_half_a_character_is_redacted() -> None:
    assert not leaks(redact(headers=(("x-a", f"\ud800{KEY}"),)).headers[0][1])
