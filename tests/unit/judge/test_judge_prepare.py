"""What each kind of assertion refuses at load: where, and in which words."""

from __future__ import annotations

import pytest
from judge_samples import unfit

from wnmon.judge.kinds.stream import FACTS
from wnmon.judge.registry import prepare
from wnmon.judge.subject import Unfit
from wnmon.model.json import Json
from wnmon.model.said import Said

REFUSED: list[tuple[str, Json, str, str]] = [
    ("status", [], "", "at least one status, not an empty list"),
    ("status", True, "", 'a status such as 200 or "4xx", not True'),
    ("status", "6xx", "", "a status such as 200 or \"4xx\", not '6xx'"),
    ("status", "4x", "", "a status such as 200 or \"4xx\", not '4x'"),
    ("status", [200, "2x0"], "", "a status such as 200 or \"4xx\", not '2x0'"),
    ("header", "x", "", "a mapping with name and one of media_type, equals, matches, if_sent, present, not string"),
    (
        "header",
        {"equals": "x"},
        "",
        "a mapping with name and one of media_type, equals, matches, if_sent, present, not object",
    ),
    ("header", {"name": "x"}, "", "exactly one of media_type, equals, matches, if_sent, present, not 0"),
    (
        "header",
        {"name": "x", "equals": "a", "present": True},
        "",
        "exactly one of media_type, equals, matches, if_sent, present, not 2",
    ),
    ("header", [{"name": "x", "present": "yes"}], "/0/present", "a boolean, not string"),
    (
        "header",
        {"name": "Set-Cookie", "matches": "Secure"},
        "/name",
        "a header that holds no credential, or present: of one that does no value is kept",
    ),
    ("header", {"name": "x", "equals": 3}, "/equals", "a string, not integer"),
    ("header", {"name": "x", "matches": "("}, "/matches", "a pattern RE2 accepts, not '(' (missing ): ()"),
    ("header", {"name": "x", "if_sent": "("}, "/if_sent", "a pattern RE2 accepts, not '(' (missing ): ()"),
    ("json", "x", "", "a mapping with at and schema, not string"),
    ("json", [{}, {"at": "usage"}], "/1/at", "a JSON Pointer such as /usage or \"\", not 'usage'"),
    ("json", {"at": 3}, "/at", 'a JSON Pointer such as /usage or "", not 3'),
    ("json", {"schema": 3}, "/schema", "a JSON Schema, not integer"),
    ("chunk", {}, "", "a mapping with the one key schema"),
    ("chunk", {"schema": "x"}, "/schema", "a JSON Schema, not string"),
    ("stream", "whole", "", f"one of {', '.join(FACTS)}, not 'whole'"),
    ("stream", ["done", 3], "", f"one of {', '.join(FACTS)}, not integer"),
    (
        "content",
        3,
        "",
        "a text or a mapping with contains, equals, not_contains, matches, not_matches, not_empty, max_chars, json, "
        "not integer",
    ),
    (
        "content",
        {},
        "",
        "a text or a mapping with contains, equals, not_contains, matches, not_matches, not_empty, max_chars, json, "
        "not object",
    ),
    (
        "content",
        {"has": "x"},
        "/has",
        "one of contains, equals, not_contains, matches, not_matches, not_empty, max_chars, json, not 'has'",
    ),
    ("content", {"contains": 3}, "/contains", "a value of type string, not integer"),
    ("content", {"not_empty": "yes"}, "/not_empty", "a value of type boolean, not string"),
    ("content", {"max_chars": True}, "/max_chars", "a value of type integer, not boolean"),
    (
        "content",
        {"matches": "a{1001}"},
        "/matches",
        "a pattern RE2 accepts, not 'a{1001}' (invalid repetition size: {1001})",
    ),
    ("finish_reason", [], "", "a finish reason such as stop, or a list of them, not array"),
    ("finish_reason", ["stop", 3], "", "a finish reason such as stop, or a list of them, not array"),
    (
        "usage",
        "absent",
        "",
        "present, possible, or a mapping with total and prompt_tokens, completion_tokens, total_tokens, not string",
    ),
    ("usage", {"tokens": 1}, "/tokens", "total or one of prompt_tokens, completion_tokens, total_tokens, not 'tokens'"),
    ("usage", {"total": 3}, "/total", "sum, not 3"),
    ("usage", {"prompt_tokens": {}}, "/prompt_tokens", "a mapping with min, max, or both, not object"),
    ("usage", {"prompt_tokens": {"least": 1}}, "/prompt_tokens", "a mapping with min, max, or both, not object"),
    ("usage", {"total_tokens": {"max": -1}}, "/total_tokens/max", "a number of tokens, not -1"),
    ("usage", {"total_tokens": {"min": True}}, "/total_tokens/min", "a number of tokens, not boolean"),
    ("model", [], "", "same, or a list of model names and globs, not array"),
    ("model", {"same": True}, "", "same, or a list of model names and globs, not object"),
    ("model", "sam", "", "same, or a list of model names and globs, not 'sam'"),
    ("model", "Same", "", "same, or a list of model names and globs, not 'Same'"),
    ("model", "smae", "", "same, or a list of model names and globs, not 'smae'"),
    ("ttft", 3, "", "a duration, or a mapping with degraded, failed, or both, not integer"),
    ("ttft", {}, "", "a duration, or a mapping with degraded, failed, or both, not object"),
    ("ttft", {"slow": "1s"}, "", "a duration, or a mapping with degraded, failed, or both, not object"),
    ("total", "fast", "", 'a duration such as "2s" or "1h30m", not "fast"'),
    ("first_visible", {"failed": 3}, "/failed", 'a duration such as "2s", not integer'),
    ("ttft", {"degraded": "3s", "failed": "2s"}, "/degraded", "less than failed"),
    ("same", "a/id", "", "a list of at least two places such as completion/id, not string"),
    ("differs", ["a/id"], "", "a list of at least two places such as completion/id, not array"),
    ("grows", ["a/id", "/id"], "/1", "a place such as completion/usage/prompt_tokens, not '/id'"),
    ("same", ["a/id", 3], "/1", "a place such as completion/usage/prompt_tokens, not 3"),
    ("within", ["a/x", "b/x"], "", "a mapping with of and tolerance"),
    ("within", {"of": ["a/x", "b/x"], "tolerance": 2}, "/tolerance", "a ratio from 0 to 1, not 2"),
    ("within", {"of": ["a/x", "b/x"], "tolerance": True}, "/tolerance", "a ratio from 0 to 1, not True"),
    ("within", {"of": ["a/x", 3], "tolerance": 0.1}, "/of/1", "a place such as completion/usage/prompt_tokens, not 3"),
]


@pytest.mark.parametrize(("kind", "value", "pointer", "message"), REFUSED)
def test_a_value_that_does_not_fit_is_refused_with_its_place(
    kind: str, value: Json, pointer: str, message: str
) -> None:
    assert unfit(kind, value) == (pointer, message)


FITTING: list[tuple[str, Json]] = [
    ("status", [200, "4xx", 429]),
    ("header", [{"name": "x", "present": False}, {"name": "y", "matches": "^a+$"}]),
    ("header", {"name": "Set-Cookie", "present": False}),
    ("json", {}),
    ("json", [{"at": "/a~1b"}, {"schema": True}]),
    ("stream", "complete"),
    ("content", "pong"),
    ("content", {"not_empty": False, "max_chars": 3}),
    ("usage", "present"),
    ("usage", {"total": "sum", "prompt_tokens": {"min": 1, "max": 3}}),
    ("model", "gpt-*"),
    ("model", "sam-2"),
    ("model", ["sam"]),
    ("total", "2s"),
    ("ttft", {"degraded": "2s"}),
    ("within", {"of": ["a/x", "b/x"], "tolerance": 0}),
]


@pytest.mark.parametrize(("kind", "value"), FITTING)
def test_a_fitting_value_is_prepared(kind: str, value: Json) -> None:
    assert prepare(kind, value).value == value


def test_an_unknown_kind_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        prepare("statuz", 200)


def test_a_pattern_with_look_around_is_refused_with_the_reason() -> None:
    with pytest.raises(Unfit) as refused:
        prepare("content", {"matches": "(?=a)b"})
    assert "look-around" in str(refused.value.hint)


def test_a_pattern_with_a_back_reference_is_refused_with_the_reason() -> None:
    with pytest.raises(Unfit) as refused:
        prepare("content", {"matches": r"(a)\1"})
    assert str(refused.value.hint) == (
        "look-around and back-references are left out on purpose: they can take unbounded time"
    )


def test_a_slip_of_same_is_told_what_was_meant() -> None:
    with pytest.raises(Unfit) as refused:
        prepare("model", "sam")
    assert refused.value.hint == Said("did_you_mean", text="same")


def test_a_pattern_that_is_only_misspelt_gets_no_hint_on_look_around() -> None:
    with pytest.raises(Unfit) as refused:
        prepare("content", {"matches": "["})
    assert refused.value.hint is None


BAD_SCHEMAS: list[tuple[Json, str]] = [
    ({"type": 12}, "/schema/type"),
    ({"properties": {"a/b": {"anyOf": [{"type": "text"}]}}}, "/schema/properties/a~1b/anyOf/0/type"),
    ({"$ref": "http://elsewhere/schema.json"}, "/schema/$ref"),
    ({"$ref": "#/$defs/none"}, "/schema/$ref"),
    ({"properties": {"x": {"$ref": "other.json#/a"}}}, "/schema/properties/x/$ref"),
    ({"$dynamicRef": "http://elsewhere"}, "/schema/$dynamicRef"),
    ({"unevaluatedProperties": False}, "/schema/unevaluatedProperties"),
    ({"items": {"unevaluatedItems": False}}, "/schema/items/unevaluatedItems"),
    ({"properties": {"x": {"pattern": "(?<=a)b"}}}, "/schema/properties/x/pattern"),
    ({"patternProperties": {"(?=x)": {}}}, "/schema/patternProperties/(?=x)"),
    ({"anyOf": [True, {"x-more": {"pattern": "("}}]}, "/schema/anyOf/1/x-more/pattern"),
]


@pytest.mark.parametrize(("schema", "pointer"), BAD_SCHEMAS)
def test_a_schema_that_cannot_be_used_is_refused_with_its_place(schema: Json, pointer: str) -> None:
    assert unfit("json", {"schema": schema})[0] == pointer


GOOD_SCHEMAS: list[Json] = [
    {"$ref": "#"},
    {"$defs": {"a/b": {"type": "string"}}, "properties": {"x": {"$ref": "#/$defs/a~1b"}}},
    {"properties": {"pattern": {"type": "string"}, "$ref": {"type": "string"}, "enum": {"pattern": "a"}}},
    {"const": {"pattern": "("}, "enum": [{"$ref": "http://x"}]},
    {"x-list": [{"pattern": "a"}, 3, True], "x-map": {"properties": {"a": 3}}, "title": "t"},
    {"properties": {"x": {"pattern": "\\p{Han}"}}},
]


@pytest.mark.parametrize("schema", GOOD_SCHEMAS)
def test_a_schema_with_names_that_look_like_keywords_is_accepted(schema: Json) -> None:
    assert unfit("json", {"schema": schema}) == ("", "")
