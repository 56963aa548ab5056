"""Strict JSON: what RFC 8259 forbids is a problem, what it allows but clients trip over is an oddity."""

from __future__ import annotations

import json
import sys

import pytest

from wnmon.model.said import Said, Text
from wnmon.wire import document as document_module
from wnmon.wire.document import MAX_DEPTH, read_document, read_text
from wnmon.wire.grammar import MAX_DIGITS, explain
from wnmon.wire.reply import JsonProblem, Oddity


def problem(data: bytes) -> tuple[str, int]:
    found = read_document(data).problem
    assert found is not None
    return found.kind, found.offset


def oddities(data: bytes) -> list[tuple[str, str, Text]]:
    return [(odd.kind, odd.place, odd.seen) for odd in read_document(data).oddities]


@pytest.mark.parametrize(
    ("data", "kind", "offset"),
    [
        (b"", "empty", 0),
        (b" \r\n\t", "empty", 0),
        (b"\xef\xbb\xbf{}", "bom", 0),
        (b'{"a":"\xff"}', "invalid_utf8", 6),
        ('{"世":'.encode() + b"\xe4", "invalid_utf8", 7),
        (b"[1,NaN]", "nan", 3),
        (b'{"a":-Infinity}', "nan", 5),
        (b"Infinity", "nan", 0),
        (b'{"a":1,"b":2,"a":3}', "duplicate_name", 13),
        (b'{"a":1,"\\u0061":2}', "duplicate_name", 7),
        (b'[{"x":{"a":1,"a":2}}]', "duplicate_name", 13),
        (b"{} x", "trailing", 3),
        (b"{}{}", "trailing", 2),
        (b"01", "trailing", 1),
        ('{"世":1}]'.encode(), "trailing", 9),
        (b"{", "syntax", 1),
        (b'{"a"', "syntax", 4),
        (b'{"a":', "syntax", 5),
        (b'{"a":1', "syntax", 6),
        (b'{"a":1,}', "syntax", 7),
        (b"[1,]", "syntax", 3),
        (b"[1", "syntax", 2),
        (b"[1}", "syntax", 2),
        (b"[1 2]", "syntax", 3),
        (b"{1:2}", "syntax", 1),
        (b"{NaN:2}", "syntax", 1),
        (b'{"a":01}', "syntax", 6),
        (b'{"a":.5}', "syntax", 5),
        (b"'a'", "syntax", 0),
        (b"tru", "syntax", 0),
        (b'"a\nb"', "syntax", 0),
        (b'"\\x"', "syntax", 0),
        (b"\x0c{}", "syntax", 0),
        (b"\x0c", "syntax", 0),
        (b"{}\x0c", "trailing", 2),
        ("[\u00a01]".encode(), "syntax", 1),
    ],
)
def test_broken_json_has_a_problem_at_a_byte(data: bytes, kind: str, offset: int) -> None:
    assert problem(data) == (kind, offset)


@pytest.mark.parametrize("data", [b"[" * 100_000, b'{"a":' * 100_000, b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1)])
def test_deep_nesting_is_a_problem_where_it_exceeds_the_limit(data: bytes) -> None:
    assert problem(data) == ("too_deep", data[:5].find(b"[") + MAX_DEPTH if data[0] == 91 else 5 * MAX_DEPTH)


def test_nesting_up_to_the_limit_is_read() -> None:
    assert read_document(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH).problem is None


def test_brackets_inside_strings_do_not_nest() -> None:
    assert read_document(b'["' + b"[" * 1000 + b'\\"{", 1]').problem is None


def test_many_siblings_are_not_deep() -> None:
    assert read_document(b"[" + b"[]," * 1000 + b"[]]").problem is None


def test_more_tokens_than_the_limit_are_a_problem() -> None:
    assert problem(b"[" + b"0," * document_module.MAX_TOKENS)[0] == "too_many_values"


def test_too_many_tokens_at_the_greatest_depth_are_told_as_such() -> None:
    assert problem(b"[" * MAX_DEPTH + b"0," * document_module.MAX_TOKENS)[0] == "too_many_values"


def test_a_long_string_is_one_token() -> None:
    assert read_document(b'"' + b"," * (document_module.MAX_TOKENS + 1) + b'"').problem is None


@pytest.mark.parametrize("number", [b"1" * 5_000, b"-1." + b"0" * 5_000, b"1e" + b"0" * 5_000])
def test_numbers_with_too_many_digits_are_a_problem(number: bytes) -> None:
    assert problem(b"[0," + number + b"]") == ("too_many_digits", 3)


def test_a_number_of_as_many_characters_as_the_limit_is_read() -> None:
    assert read_document(b"[1." + b"5" * (MAX_DIGITS - 2) + b"]").problem is None


def test_an_integer_of_as_many_characters_as_the_limit_is_explained_as_good() -> None:
    assert explain("1" * MAX_DIGITS) is None


def test_longest_integer_read_converts_to_a_float() -> None:
    value = read_document(b"9" * MAX_DIGITS).value

    assert isinstance(value, int)
    assert float(value) > 1e299


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'{"created":1.0}', ("fraction_integer", "/created", "1.0")),
        (b'{"a":[0,{"b/c~d":1e9}]}', ("exponent", "/a/1/b~1c~0d", "1e9")),
        (b'{"a":1.0E2}', ("exponent", "/a", "1.0E2")),
        (b"1.0", ("fraction_integer", "", "1.0")),
        (b"[12345678901234567890]", ("huge_number", "/0", "12345678901234567890")),
        (b"[-12345678901234567890]", ("huge_number", "/0", "-12345678901234567890")),
        (b"[1e999]", ("huge_number", "/0", "1e999")),
        (b'{"a":"x\\ud800y"}', ("lone_surrogate", "/a", "x\\ud800y")),
        (b'"\\uDC00"', ("lone_surrogate", "", "\\udc00")),
        (b'{"b":{"\\ud800":1}}', ("lone_surrogate", "/b", Said("json_in_name"))),
    ],
)
def test_odd_spelling_is_noted_at_its_pointer(data: bytes, expected: tuple[str, str, Text]) -> None:
    assert oddities(data) == [expected]


@pytest.mark.parametrize(
    "data",
    [b"1.5", b"-3.25e-7", b"0", b"-0", b"9007199254740991", b"-9007199254740991", b'"\\ud83d\\ude00"', b'"1.0"'],
)
def test_ordinary_spelling_is_no_oddity(data: bytes) -> None:
    assert oddities(data) == []


def test_oddities_near_the_root_come_first() -> None:
    body = b'{"deep":{"x":1.0},"created":2.0,"far":{"y":{"z":3.0}},"near":{"w":4.0}}'

    assert [place for _, place, _ in oddities(body)] == ["/created", "/deep/x", "/near/w", "/far/y/z"]


def test_oddities_are_capped() -> None:
    assert len(oddities(b"[" + b"1.0," * 5_000 + b"0]")) == document_module.MAX_ODDITIES


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'{"a":1.0}', {"a": 1.0}),
        (b"[1e999,-1e999]", [sys.float_info.max, -sys.float_info.max]),
        (b'["x\\ud800y"]', ["x\ufffdy"]),
        (b'{"\\ud800":{"b":2.0}}', {"\ufffd": {"b": 2.0}}),
        (b' {"a":[true,null,"\\u4f60",12]} ', {"a": [True, None, "你", 12]}),
    ],
)
def test_value_is_plain_whatever_its_spelling(data: bytes, value: object) -> None:
    assert read_document(data).value == value


def test_value_of_a_document_with_lone_surrogates_encodes() -> None:
    value = read_document(b'{"\\udc80":["\\ud800"]}').value

    assert json.dumps(value, ensure_ascii=False).encode()


def test_text_is_read_like_bytes() -> None:
    assert read_text('{"a":1.0}') == read_document(b'{"a":1.0}')


def test_problem_names_what_was_due() -> None:
    due = Said("json_due", due=Said("due_colon"))

    assert read_document(b'{"a" 1}').problem == JsonProblem(kind="syntax", offset=5, message=due)


def test_explain_finds_nothing_in_good_json() -> None:
    assert explain(' {"a":[1,{}],"b":[]} \n') is None


def test_a_number_beside_an_odd_one_is_what_it_was() -> None:
    assert read_document(b"[1.0,1.5,-2,12345678901234567890]").value == [1.0, 1.5, -2, 12345678901234567890]


@pytest.mark.parametrize("text", ['{"a":1.5,"b":-2e-3,"c":123456789012345}', "[]", '"a"', '{"a":"\\u4f60"}', "-0"])
def test_what_is_plain_is_read_as_the_standard_library_does(text: str) -> None:
    assert (read_text(text).value, read_text(text).oddities) == (json.loads(text), ())


def test_oddities_are_values() -> None:
    (odd,) = read_document(b"[1.0]").oddities

    assert odd == Oddity(kind="fraction_integer", place="/0", seen="1.0")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "there is nothing to read"),
        (b"\xef\xbb\xbf{}", "a byte order mark before the JSON text (RFC 8259 §8.1)"),
        (b"\xff", "byte 0xff is not UTF-8"),
        (b"{} x", "something follows the JSON text"),
        (b"[NaN]", "NaN is no JSON number (RFC 8259 §6)"),
        (b"[" * 101, "over the limit of 100"),
        (b"[" + b"0," * document_module.MAX_TOKENS, "over the limit of 500,000"),
        (b"[" + b"1" * 1_234 + b"]", "a number of 1,234 characters"),
        (b'{"' + b"a" * 90 + b'":1,"' + b"a" * 90 + b'":2}', f'member "{"a" * 79} appears twice in one object'),
    ],
)
def test_problem_is_told_in_words(data: bytes, message: str) -> None:
    found = read_document(data).problem

    assert found is not None
    assert str(found.message) == message
