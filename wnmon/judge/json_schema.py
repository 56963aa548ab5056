"""A JSON Schema, compiled so that it fetches nothing and ends in bounded time. The one owner of jsonschema.

Loading that library takes longer than reading a configuration of some hundred checks, so `wnmon.judge.schema` imports
this module only once there is a schema.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any

import referencing
from jsonschema import Draft202012Validator, FormatChecker, SchemaError, ValidationError, validators
from jsonschema.protocols import Validator

from wnmon.judge.likeness import Likeness
from wnmon.judge.patterns import Pattern, compile_pattern
from wnmon.judge.subject import Unfit
from wnmon.model.json import ABSENT, Json, kind_of, pointer_to
from wnmon.model.said import Said
from wnmon.model.text import cut


class Schema:
    """A validator, and the forms of values that satisfied it: what is like one of those satisfies it too."""

    __slots__ = ("_likeness", "_validator", "known")

    def __init__(self, validator: Validator, likeness: Likeness) -> None:
        self._validator = validator
        self._likeness = likeness
        self.known: set[Hashable] = set()

    def form_of(self, value: Json) -> Hashable | None:
        """Return the form of a value; None where it may be told from every other."""
        return self._likeness.form_of(value)

    def iter_errors(self, instance: Any) -> Iterable[ValidationError]:
        """Yield what is wrong with a value."""
        return self._validator.iter_errors(instance)


def compile_schema(schema: Json, where: str) -> Schema:
    """Return a validator that fetches nothing and ends in bounded time. Raises Unfit for a bad schema.

    Read as JSON Schema 2020-12, whatever `$schema` says; patterns run under RE2.
    """
    if not isinstance(schema, (dict, bool)):
        raise Unfit(where, Said("a_json_schema"), kind_of(schema))
    try:
        # Without formats: the one for patterns would ask Python's own dialect of them.
        Draft202012Validator.check_schema(schema, format_checker=FormatChecker(formats=()))
    except SchemaError as wrong:
        said = Said("json_schema_wrong", text=cut(wrong.message, 120))
        raise Unfit(where + pointer_to(wrong.absolute_path), said) from None
    reading = _Reading(where)
    clean = reading.schema(schema, "")
    reading.check_references()
    validator: Validator = _validator_class(reading.patterns)(clean, registry=referencing.Registry())
    return Schema(validator, Likeness(clean, reading.patterns))


# What `$id` and `$schema` name would change the base of references and, in a subschema, the validator itself.
_DROPPED = frozenset({"$schema", "$id", "$anchor", "$dynamicAnchor", "$comment"})
# The first could lead out of the schema; the others take time that grows with the square of the answer.
_REFUSED = frozenset({"$dynamicRef", "unevaluatedItems", "unevaluatedProperties"})
_MAPS = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
_BOOLEANS = frozenset({"items", "additionalProperties", "contains", "propertyNames", "not", "if", "then", "else"})
_LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_DATA = frozenset({"const", "enum", "default", "examples"})


class _Reading:
    """One pass over a schema: a copy in plain form, its patterns compiled, its references known."""

    def __init__(self, where: str) -> None:
        self.patterns: dict[str, Pattern] = {}
        self._where = where
        self._nodes: set[str] = set()
        self._references: list[tuple[str, str]] = []

    def schema(self, schema: Json, here: str) -> Json:
        """Return a schema in plain form: `false` becomes `{"not": {}}`, so that a complaint knows its place."""
        self._nodes.add(here)
        if isinstance(schema, bool):
            return {} if schema else {"not": {}}
        if not isinstance(schema, dict):
            return schema
        return {
            key: self._keyword(key, value, here + pointer_to([key]))
            for key, value in schema.items()
            if key not in _DROPPED
        }

    def check_references(self) -> None:
        """Refuse a reference that leaves the schema (it would be fetched) or leads nowhere (it would fail later)."""
        for here, reference in self._references:
            if not reference.startswith("#") or reference[1:] not in self._nodes:
                raise Unfit(self._where + here, Said("schema_reference"), repr(reference))

    def _keyword(self, key: str, value: Json, here: str) -> Json:
        if key in _REFUSED:
            raise Unfit(self._where + here, Said("schema_without", name=key), hint=Said("known_instead"))
        if key in _DATA:
            return value
        if key == "$ref":
            self._references.append((here, str(value)))
        if key == "pattern":
            self._compile(str(value), here)
        if key in _MAPS and isinstance(value, dict):
            return {name: self._member(key, name, value[name], here + pointer_to([name])) for name in value}
        if key in _BOOLEANS or isinstance(value, dict):
            return self.schema(value, here)
        if isinstance(value, list):
            return [self._item(key, child, f"{here}/{i}") for i, child in enumerate(value)]
        return value

    def _member(self, key: str, name: str, value: Json, here: str) -> Json:
        if key == "patternProperties":
            self._compile(name, here)
        return self.schema(value, here)

    def _item(self, key: str, value: Json, here: str) -> Json:
        return self.schema(value, here) if key in _LISTS or isinstance(value, dict) else value

    def _compile(self, pattern: str, here: str) -> None:
        self.patterns[pattern] = compile_pattern(pattern, self._where + here)


def _validator_class(patterns: Mapping[str, Pattern]) -> Any:
    """Return 2020-12 with the keywords replaced that run Python's own patterns or take quadratic time."""

    def pattern(_: Any, wanted: str, instance: Any, __: Any) -> Iterator[ValidationError]:
        if isinstance(instance, str) and not patterns[wanted].search(instance):
            yield ValidationError("pattern")

    def pattern_properties(validator: Any, wanted: Any, instance: Any, _: Any) -> Iterator[ValidationError]:
        for name, value in instance.items() if isinstance(instance, dict) else ():
            for each, subschema in wanted.items():
                if patterns[each].search(name):
                    yield from validator.descend(value, subschema, path=name, schema_path=each)

    def additional_properties(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        known, matching = schema.get("properties", {}), schema.get("patternProperties", {})
        for name, value in instance.items() if isinstance(instance, dict) else ():
            if name not in known and not any(patterns[each].search(name) for each in matching):
                yield from validator.descend(value, wanted, path=name)

    keywords = {
        "pattern": pattern,
        "patternProperties": pattern_properties,
        "additionalProperties": additional_properties,
        "required": _required,
        "uniqueItems": _unique_items,
    }
    return validators.extend(Draft202012Validator, keywords)  # type: ignore[no-untyped-call]


def _required(_: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    for name in wanted if isinstance(instance, dict) else ():
        if name not in instance:
            yield ValidationError("required", path=(name,), instance=ABSENT, schema=schema)


def _unique_items(_: Any, wanted: Any, instance: Any, __: Any) -> Iterator[ValidationError]:
    seen: set[str] = set()
    for i, item in enumerate(instance if wanted and isinstance(instance, list) else ()):
        text = json.dumps(_with_plain_numbers(item), sort_keys=True)
        if text in seen:
            yield ValidationError("uniqueItems", path=(i,), instance=item)
            return
        seen.add(text)


def _with_plain_numbers(value: Json) -> Json:
    """Return the value with 1.0 as 1: equal numbers are equal items (JSON Schema core §4.2.2)."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, list):
        return [_with_plain_numbers(item) for item in value]
    return {name: _with_plain_numbers(item) for name, item in value.items()} if isinstance(value, dict) else value
