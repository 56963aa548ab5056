"""A value like one that satisfied a schema satisfies it too: held to jsonschema itself, value by value."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wnmon.judge.schema import MOST_ALIKE_CHARS, MOST_KNOWN, compile_schema, schema_findings
from wnmon.model.json import Json

NAMES = st.sampled_from(["a", "b", "id"])
NUMBERS = st.sampled_from([-1, 0, 1, 1.0, 1.5, 2, 3, 2.5, 10**20, -0.0])
TEXTS = st.sampled_from(["", "a", "ab", "abc", "stop", "x1", "é", "\U0001f600"])
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=6
)
TYPES = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])


def keywords(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw schemas of each keyword there is, and of some that say nothing."""
    few = st.integers(0, 3)
    return st.fixed_dictionaries(
        {},
        optional={
            "type": TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True),
            "const": VALUES,
            "enum": st.lists(SCALARS, min_size=1, max_size=3),
            "minLength": few,
            "maxLength": few,
            "pattern": st.sampled_from(["^a", "[0-9]", "."]),
            "minimum": NUMBERS,
            "exclusiveMinimum": NUMBERS,
            "maximum": NUMBERS,
            "exclusiveMaximum": NUMBERS,
            "multipleOf": st.sampled_from([1, 2, 0.5]),
            "required": st.lists(NAMES, max_size=2, unique=True),
            "properties": st.dictionaries(NAMES, inner, max_size=2),
            "patternProperties": st.dictionaries(st.sampled_from(["a", "^i"]), inner, max_size=1),
            "additionalProperties": inner | st.booleans(),
            "propertyNames": inner,
            "minProperties": few,
            "dependentRequired": st.dictionaries(NAMES, st.lists(NAMES, max_size=1), max_size=1),
            "dependentSchemas": st.dictionaries(NAMES, inner, max_size=1),
            "items": inner | st.booleans(),
            "prefixItems": st.lists(inner, min_size=1, max_size=2),
            "contains": inner,
            "maxContains": few,
            "minItems": few,
            "uniqueItems": st.booleans(),
            "allOf": st.lists(inner, min_size=1, max_size=2),
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "oneOf": st.lists(inner, min_size=1, max_size=2),
            "not": inner,
            "if": inner,
            "then": inner,
            "else": inner,
            "format": st.just("date"),
            "x-own": VALUES,
        },
    )


SCHEMAS = st.recursive(st.just({}) | st.fixed_dictionaries({"type": TYPES}), keywords, max_leaves=4)


@given(SCHEMAS, st.lists(VALUES, min_size=1, max_size=12))
def test_what_is_found_is_what_jsonschema_finds_whatever_came_before(schema: Json, values: list[Json]) -> None:
    compiled = compile_schema(schema)
    for value in [*values, *values]:
        assert schema_findings(compiled, value, "", "ask", 10) == schema_findings(compiled, value, "", "ask")


@given(st.dictionaries(NAMES, SCALARS, max_size=3), st.dictionaries(NAMES, SCALARS, max_size=3))
def test_members_in_another_order_or_of_other_names_are_no_matter_of_chance(one: Json, other: Json) -> None:
    compiled = compile_schema({"properties": {"a": {"const": 1}, "b": {"maxLength": 1}}, "required": ["id"]})
    for value in (one, other):
        assert schema_findings(compiled, value, "", "ask", 10) == schema_findings(compiled, value, "", "ask")


class Counting:
    """A schema that counts how often a value is held against it."""

    def __init__(self, schema: Json) -> None:
        self.asked = 0
        self._schema = compile_schema(schema)
        self.known = self._schema.known

    def form_of(self, value: Json) -> Any:
        return self._schema.form_of(value)

    def iter_errors(self, value: Any) -> Any:
        self.asked += 1
        return self._schema.iter_errors(value)


CHUNK: Json = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "string", "minLength": 1}, "n": {"type": "integer", "minimum": 0}},
}


def asked(schema: Json, *values: Json, chars: int = 10) -> int:
    """Return how many of the values were held against the schema."""
    counting = Counting(schema)
    for value in values:
        schema_findings(counting, value, "", "ask", chars)
    return counting.asked


def test_of_values_alike_one_is_held_against_the_schema() -> None:
    alike: list[Json] = [{"id": f"chunk {k}", "n": k} for k in range(1, 50)]
    assert asked(CHUNK, *alike) == 1


@pytest.mark.parametrize(
    "other",
    [{"id": ""}, {"n": 1}, {"id": "a", "n": -1}, {"id": "a", "n": 0.5}, {"id": None}, {"id": "a", "x": 1}, {"id": [1]}],
)
def test_a_value_of_another_form_is_held_against_it_too(other: Json) -> None:
    assert asked(CHUNK, {"id": "a"}, other) == 2


def test_a_value_that_breaks_the_schema_is_held_against_it_each_time() -> None:
    assert asked(CHUNK, {"n": 1}, {"n": 1}) == 2


@pytest.mark.parametrize(
    "keyword", [{"uniqueItems": True}, {"enum": [[1]]}, {"const": {}}, {"x-unknown": 1}, {"not": {"x-unknown": 1}}]
)
def test_a_schema_that_may_tell_all_values_apart_is_asked_of_each(keyword: dict[str, Any]) -> None:
    assert asked({"items": copy.deepcopy(keyword)}, [], []) == 2


def test_a_number_is_its_own_form_where_its_multiples_matter() -> None:
    assert asked({"multipleOf": 2}, 2, 2, 4) == 2


@pytest.mark.parametrize("keyword", ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"])
@pytest.mark.parametrize("first", [0, 1, 2])
def test_a_number_is_known_on_its_side_of_a_limit_alone(keyword: str, first: int) -> None:
    compiled = compile_schema({keyword: 1})
    for value in (first, 0, 1, 2, 0.5, 1.5):
        assert schema_findings(compiled, value, "", "ask", 10) == schema_findings(compiled, value, "", "ask")


@pytest.mark.parametrize("keyword", ["minLength", "maxLength"])
@pytest.mark.parametrize("first", ["", "a", "ab"])
def test_a_text_is_known_on_its_side_of_a_length_alone(keyword: str, first: str) -> None:
    compiled = compile_schema({keyword: 1})
    for value in (first, "", "b", "bc"):
        assert schema_findings(compiled, value, "", "ask", 10) == schema_findings(compiled, value, "", "ask")


def test_what_a_constant_names_is_its_own_form() -> None:
    assert asked({"enum": ["stop", 1, None]}, "stop", "stop", 1, 1.0, None) == 3


def test_a_pattern_tells_texts_apart() -> None:
    assert asked({"pattern": "a"}, "a", "ab", "b") == 2


def test_a_value_of_a_long_text_is_not_looked_up() -> None:
    assert asked(CHUNK, {"id": "a"}, {"id": "b"}, chars=MOST_ALIKE_CHARS + 1) == 2


def test_a_value_of_a_text_of_just_so_many_signs_is() -> None:
    assert asked(CHUNK, {"id": "a"}, {"id": "b"}, chars=MOST_ALIKE_CHARS) == 1


def test_only_so_many_forms_are_remembered() -> None:
    counting = Counting({})
    for k in range(2 * MOST_KNOWN):
        schema_findings(counting, {str(k): 1}, "", "ask", 10)
    assert len(counting.known) == MOST_KNOWN
