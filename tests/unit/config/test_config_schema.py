"""The JSON Schema of the language: good in itself, in step with the judge, and read here as jsonschema reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from config_samples import GOLDEN
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from wnmon.config.load import load
from wnmon.config.node import Cursor, Node
from wnmon.config.schema import _FILE, _Compiler, _phrase, fits, fits_request, language
from wnmon.config.shipped import shipped_files, shipped_folder
from wnmon.config.starter import starter
from wnmon.judge.registry import ACROSS_KINDS, KINDS
from wnmon.model.catalogue import CATALOGUE
from wnmon.model.json import Json
from wnmon.model.language import LANGUAGES
from wnmon.model.said import in_language

REQUEST = json.loads((GOLDEN.parents[2] / "wnmon/wire/schemas/documented-request-example.json").read_text("utf-8"))
DEFINITIONS = json.loads(_FILE.read_text("utf-8"))["$defs"]


def nodes(value: Any) -> Node:
    if isinstance(value, dict):
        return Node({key: nodes(member) for key, member in value.items()}, 1, 1, (1, 1))
    return Node([nodes(one) for one in value], 1, 1) if isinstance(value, list) else Node(value, 1, 1)


def cursor(value: Any) -> Cursor:
    return Cursor(nodes(value), "f", (), [])


def parts(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every mapping within a JSON value, itself first."""
    if isinstance(value, dict):
        yield value
    for below in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts(below)


@pytest.mark.parametrize("suite", [False, True])
def test_the_schema_is_a_json_schema(suite: bool) -> None:
    Draft202012Validator.check_schema(language(suite=suite))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_title_of_the_language_says_what_is_wanted(lang: str) -> None:
    titled = [part for part in parts(DEFINITIONS) if isinstance(part.get("title"), str)]

    assert all(in_language(_phrase(part), lang) for part in titled)


def test_editors_see_titles_in_words() -> None:
    assert language()["$defs"]["duration"]["title"] == 'a duration such as "2s" or "1h30m"'


def test_what_is_said_about_a_key_is_said_of_a_key_that_may_be_missing() -> None:
    required = {name for part in parts(DEFINITIONS) for name in part.get("required", ()) if isinstance(name, str)}

    assert {name.removeprefix("about_") for name in CATALOGUE if name.startswith("about_")} <= required | {"on"}


def test_the_schema_knows_every_kind_of_assertion_the_judge_knows() -> None:
    assert set(DEFINITIONS["expect"]["properties"]) == {*KINDS, "conforms"}
    assert set(DEFINITIONS["rule_expect"]["properties"]) == {*KINDS, *ACROSS_KINDS}


def test_an_editor_accepts_the_starter_file() -> None:
    node = load(starter().encode(), "starter.yaml", [])

    assert node is not None
    assert Draft202012Validator(language()).is_valid(node.plain())


@pytest.mark.parametrize("path", shipped_files(shipped_folder()).values(), ids=lambda path: path.stem)
def test_an_editor_accepts_every_file_that_comes_with_wnmon(path: Any) -> None:
    node = load(path.read_bytes(), path.name, [])
    assert node is not None
    document = node.plain()
    assert isinstance(document, dict)

    errors = list(Draft202012Validator(language(suite="suite" in document)).iter_errors(document))

    assert [error.message for error in errors] == []


_SCALARS = st.sampled_from(
    [None, True, 0, 1, 1.0, 2.5, -1, "", "on", "off", "2s", "1h30m", "text", "user", "MUST", "DOC-009"]
)


def _documents(names: list[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        _SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(names), inner, max_size=4),
        max_leaves=12,
    )


@given(
    body=st.fixed_dictionaries(
        {},
        optional={
            "model": _SCALARS,
            "messages": _documents(["role", "content", "type", "text"]),
            "stream": _SCALARS,
            "max_tokens": _SCALARS,
        },
    )
)
def test_the_documented_request_is_read_as_jsonschema_reads_it(body: dict[str, Json]) -> None:
    assert fits_request(cursor(body)) == Draft202012Validator(REQUEST).is_valid(body)


_PARTS = [
    "defaults",
    "timeout",
    "target",
    "waiver",
    "rule",
    "suite_request",
    "selector",
    "labels",
    "check",
    "suite",
    "config",
]


@pytest.mark.parametrize("part", _PARTS)
def test_a_part_of_the_language_is_read_as_jsonschema_reads_it(part: str) -> None:
    schema = {"$ref": f"#/$defs/{part}", "$defs": DEFINITIONS}
    oracle = Draft202012Validator(schema)
    ours = _Compiler(DEFINITIONS, frozenset()).compile(DEFINITIONS[part])
    names = sorted({*DEFINITIONS[part].get("properties", {}), "connect", "total", "on", "en", "mine", "A-1"})

    @given(document=_documents(names))
    def agrees(document: Any) -> None:
        place = cursor(document)
        ours(place)
        assert (not place.problems) == oracle.is_valid(document)

    agrees()


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        (True, 1, []),
        (False, 1, ["nothing may stand here"]),
        ({"type": ["string", "null"]}, 1, ["expected text or nothing, not 1"]),
        ({"enum": ["stop", "length"]}, "stpo", ['expected stop or length, not "stpo"']),
        ({"const": 1}, True, ["expected 1, not true"]),
        ({"anyOf": [{"type": "string"}, {"const": 5}]}, 6, ["expected 5, not 6"]),
        ({"anyOf": [{"const": 5}, {"enum": ["a", "b"]}]}, 3, ["expected 5 or a or b, not 3"]),
        (
            {"title": "whole_from_to", "minimum": 5, "maximum": 1},
            3,
            ["expected a whole number from 5 to 1, not 3"] * 2,
        ),
        (
            {"properties": {"a": True}, "additionalProperties": {"type": "string"}},
            {"a": 1, "b": 1},
            ["expected text, not 1"],
        ),
        ({"if": {"const": 1}, "then": {"type": "string"}}, 2, []),
        ({"anyOf": [True, {"maximum": 1}]}, 3, []),
        ({"type": "object", "additionalProperties": False}, {"a": 1}, ["unknown key"]),
        ({"type": "object", "additionalProperties": True}, {"a": 1}, []),
        (
            {"type": "array", "maxItems": 1},
            [1, 2],
            ["expected a list with at most 1 of them, not a list"],
        ),
        (
            {"type": "object", "maxProperties": 1},
            {"a": 1, "b": 2},
            ["expected a mapping with at most 1 of them, not a mapping"],
        ),
        (
            {"type": "string", "maxLength": 2},
            "abc",
            ['expected text of at most 2 characters, not "abc"'],
        ),
        ({"type": "array", "uniqueItems": False}, [1, 1], []),
        ({"type": "string", "pattern": "^a$"}, "a\n", ['expected text, not "a "']),
        ({"type": "boolean"}, "off", ['expected true or false, not "off"']),
        ({"type": "string", "writeOnly": True}, 1234567890, ["expected text, not a whole number"]),
    ],
)
def test_a_keyword_says_what_it_wanted(schema: Any, value: Any, message: list[str]) -> None:
    place = cursor(value)

    _Compiler({}, frozenset()).compile(schema)(place)

    assert [str(problem.message) for problem in place.problems] == message


def test_a_keyword_that_is_not_understood_fails_at_once() -> None:
    with pytest.raises(KeyError, match="patternProperties"):
        _Compiler({}, frozenset()).compile({"patternProperties": {}})


def test_a_part_passes_over_what_is_validated_on_its_own() -> None:
    assert fits("config", cursor({"targets": {"wn": {"nonsense": 1}}}))
