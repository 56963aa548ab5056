"""Taking JSON texts apart: a shape that is known changes nothing, and no reader's skipping hides what it joins."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_redact_exchange import HALF, KEY, MARK, contents, exchange, leaks, redact

from wnmon.model.exchange import Exchange
from wnmon.redact import channels, jsontext
from wnmon.redact.jsontext import Doubt, JsonReader, String, Text
from wnmon.wire import document, grammar, sse
from wnmon.wire.document import read_text
from wnmon.wire.read import read

FIRST, REST = KEY[:HALF], KEY[HALF:]

NAMES = st.sampled_from(["choices", "index", "delta", "text", "a", "a:", "b,", "é", "\n", 'q"', "message"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
)


@st.composite
def written(draw: st.DrawFn, values: st.SearchStrategy[Any] = VALUES) -> bytes:
    """Draw a value and a way to write it."""
    separators = draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", " :\n")]))
    value = [draw(values)] if draw(st.booleans()) else {"v": draw(values)}
    return json.dumps(value, separators=separators, ensure_ascii=draw(st.booleans())).encode(errors="replace")


def strings(text: Text) -> list[String]:
    """Return the strings that are not empty."""
    return [string for string in text.strings if string.raw]


def twins(value: Any) -> Any:
    """Change every string and number of a value, and keep its shape."""
    match value:
        case dict():
            return {name: value[name] if name == "index" else twins(value[name]) for name in value}
        case list():
            return [twins(item) for item in value]
        case str():
            return value + 'x"'
        case bool() | None:
            return value
        case _:
            return 7


@settings(max_examples=600, deadline=None)
@given(st.lists(written(), min_size=1, max_size=3))
def test_a_known_shape_is_read_as_an_unknown_one(texts: list[bytes]) -> None:
    knowing, forgetting = JsonReader(b""), JsonReader(b"")
    for text in [*texts, *(json.dumps(twins(json.loads(text))).encode() for text in texts), *texts]:
        forgetting._shapes.clear()

        assert strings(knowing.read(3, text)) == strings(forgetting.read(3, text))


@settings(max_examples=300, deadline=None)
@given(written())
def test_every_string_of_a_value_is_found(text: bytes) -> None:
    def said(value: Any) -> list[str]:
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
        return [value] if isinstance(value, str) else [text for item in inner for text in said(item)]

    found = [json.loads(b'"' + string.raw + b'"') for string in strings(JsonReader(b"").read(0, text))]

    assert found == [string for string in said(json.loads(text)) if string]


def test_a_stream_of_one_shape_is_understood_once() -> None:
    reader = JsonReader(b"")
    for event in contents(["a", 'b"', "", "é"]):
        reader.read(0, event[6:-2])

    assert len(reader._shapes) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('["a"]', "[1]"),
        ('[{"index": 0, "a": "x"}]', '[{"index": 1, "a": "x"}]'),
        ('[{"a": "x", "index": 0}]', '[{"a": "x", "index": 1}]'),
        ('{"a": "x"}', '{"b": "x"}'),
        ('{"\\u0061": "x"}', '{"\\u0062": "x"}'),
        ('[{"\\u0069ndex": 0, "a": "x"}]', '[{"\\u0069ndex": 1, "a": "x"}]'),
        ('{"a": "x"}', '{"a": ["x"]}'),
    ],
)
def test_what_tells_places_apart_is_part_of_the_shape(one: str, other: str) -> None:
    reader = JsonReader(b"")
    first, second = (strings(reader.read(0, text.encode())) for text in (one, other))

    assert [string.place for string in first] != [string.place for string in second]


# Who may skip a text.

ODD = {
    "a name twice": '{"a": 1, "a": 2}',
    "a name twice, once escaped": '{"a": 1, "\\u0061": 2}',
    "NaN": '["x", NaN]',
    "infinity": '["x", -Infinity]',
    "a control character": '["\t"]',
    "301 digits": '["x", ' + "1" * 301 + "]",
    "101 arrays": "[" * 101 + '"x"' + "]" * 101,
    "more than can be read": '["' + '","' * 250_000 + '"]',
}
BROKEN = {
    "cut": '{"a": "x"',
    "more after it": '{"a": "x"} 1',
    "no name": '{: "x"}',
    "a number before a string": '[1"x"]',
    "a number before a quote": '[1"]',
    "a number with a nought before": '["x", 01]',
    "a lone minus": '["x", -]',
    "no such escape": '["\\q"]',
    "a string for a name": '{"a" "x"}',
    "a comma at the end": '["x",]',
}
FINE = {
    "100 arrays": "[" * 100 + '"x"' + "]" * 100,
    "300 digits": '["x", ' + "1" * 300 + "]",
    "half a character": '["\\ud800"]',
    "a string alone": '"x"',
    "blanks around": ' {"a" :\t"x" , "b":[ ] }\r\n',
}


@pytest.mark.parametrize(
    ("text", "doubts"),
    [
        *((text, {Doubt.ODD}) for text in ODD.values()),
        *((text, {Doubt.BROKEN}) for text in BROKEN.values()),
        *((text, set()) for text in FINE.values()),
    ],
    ids=[*ODD, *BROKEN, *FINE],
)
def test_a_text_raises_doubts_where_our_own_reader_refuses_it(text: str, doubts: set[Doubt]) -> None:
    reader = JsonReader(b"")
    for known in ('["x"]', '["x", 1]', '{"a": "x"}', '"x"'):
        reader.read(0, known.encode())

    assert reader.read(0, text.encode()).doubts == doubts
    assert (read_text(text).problem is None) == (not doubts)


@settings(max_examples=600, deadline=None)
@given(st.text('{}[]":,\\ au0019.-eEtrufalsn\t', max_size=30) | written().map(bytes.decode))
def test_no_doubt_is_raised_just_where_our_own_reader_refuses_nothing(text: str) -> None:
    reader = JsonReader(b"")

    for _ in range(2):
        assert (not reader.read(0, b'["a",' + text.encode() + b"]").doubts) is (
            read_text('["a",' + text + "]").problem is None
        )


def test_bytes_that_are_no_characters_raise_a_doubt() -> None:
    body = b'{"a": "\xff"}'

    assert JsonReader(body).read(0, body).doubts == {Doubt.BYTES}


def test_the_limits_are_those_of_our_own_reader() -> None:
    ours = (jsontext.MAX_DEPTH, jsontext.MAX_TOKENS, jsontext.MAX_NUMBER_CHARS, channels.MAX_LINES)

    assert ours == (document.MAX_DEPTH, document.MAX_TOKENS, grammar.MAX_DIGITS, sse.MAX_LINES)


def said(result: Exchange) -> str:
    """Return what our own reader makes of a stream."""
    return read(result).choices[0].content or ""


BETWEEN = [text.encode() for text in (*ODD.values(), *BROKEN.values())]


@pytest.mark.parametrize("odd", BETWEEN, ids=[*ODD, *BROKEN])
def test_what_a_reader_skips_hides_nothing_of_what_it_joins(odd: bytes) -> None:
    skipped = b'data: {"choices": [{"index": 0, "delta": {"content": "XXX"}}], "odd": ' + odd + b"}\n\n"
    first, rest = contents([FIRST, REST])
    result = redact(first, skipped, rest)

    assert MARK * 2 in said(result)
    assert not leaks(said(result))


@pytest.mark.parametrize("half", [FIRST, REST])
def test_an_event_only_some_read_is_joined_beside_one_that_nobody_does(half: str) -> None:
    nobody = b'data: {"choices": [{"index": 0, "delta": {"content": "XXX"}}\n\n'
    some = [event[:-3] + b', "a": NaN}\n\n' if half.encode() in event else event for event in contents([FIRST, REST])]
    result = redact(some[0], nobody, some[1])

    assert result.body.count(MARK.encode()) == 2


def test_bytes_that_are_no_characters_hide_nothing_beside_what_nobody_reads() -> None:
    nobody = b'data: {"choices": [{"index": 0, "delta": {"content": "XXX"}}\n\n'
    first, rest = contents([FIRST, REST])
    result = redact(first, nobody, rest.replace(b'"c1"', b'"\xff"'))

    assert not leaks(said(result))


def test_a_first_data_line_that_is_empty_hides_no_document() -> None:
    first, rest = contents([FIRST, REST])

    assert said(redact(first, b"data:\n" + rest)) == MARK * 2


def test_a_text_of_many_strings_is_read_wholly() -> None:
    many = ["a"] * 2_000
    halves = [json.dumps({"many": many, "last": half}).encode() for half in (FIRST, REST)]
    result = redact(*(b"data: " + half + b"\n\n" for half in halves))

    assert result.body.count(MARK.encode()) == 2


def test_a_list_in_a_list_named_text_is_no_error() -> None:
    whole = exchange(b'data: [{"text": {"text": ["x", "y"]}}]\n\n', *contents(["a"]))

    assert redact(*(chunk.data for chunk in whole.chunks)).body == whole.body
