"""Values that a JSON Schema cannot tell apart: of many alike, such as the chunks of a stream, one is held against it.

Whether a value satisfies a schema follows from what its keywords look at, and of a value without what they do not look
at its form is left:

    a value          its form
    ---------------  -------------------------------------------------------------------------------------------------
    object, array    the names, in their order, and the forms of all members; the forms of all items
    string           itself where a `const` or an `enum` names it; else on which side of each length that a keyword
                     names its own is, and which patterns it matches
    number           itself likewise, and where there is a `multipleOf`; else whether it is an integer, and on which
                     side of each number that a keyword names it is
    boolean, null    itself

What compares items with each other, or with an object or array of the schema, tells all values apart: then there are no
forms. So does what is not known here: a schema that has it is held against every value.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Mapping, Sequence
from typing import Protocol

from wnmon.model.json import Json, JsonObject


class Searched(Protocol):
    """A compiled pattern."""

    def search(self, text: str) -> object:
        """Return what is found, None or nothing true where the pattern matches nowhere."""
        ...


_OF_LENGTH = frozenset({"minLength", "maxLength"})
_OF_NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
_BY_FORM = frozenset(
    {
        *("type", "properties", "patternProperties", "additionalProperties", "propertyNames", "required"),
        *("minProperties", "maxProperties", "dependentRequired", "dependentSchemas"),
        *("items", "prefixItems", "contains", "minContains", "maxContains", "minItems", "maxItems"),
        *("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "$ref", "$defs", "definitions"),
        *("title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "format"),
        *("contentEncoding", "contentMediaType", "contentSchema"),
    }
)
"""Keywords that look at forms, at names or at nothing. `format` is not asserted here."""
_SCHEMAS_BY_NAME = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"})
_DATA = frozenset({"default", "examples", "required", "dependentRequired", "type"})


class Likeness:
    """Gives the form of a value, by what a schema in plain form looks at. `patterns` are those of the schema."""

    __slots__ = ("_constants", "_exact_numbers", "_has_forms", "_lengths", "_numbers", "_patterns")

    def __init__(self, schema: Json, patterns: Mapping[str, Searched]) -> None:
        self._has_forms = True
        self._exact_numbers = False
        self._constants: set[Hashable] = set()
        self._lengths: list[float] = []
        self._numbers: list[float] = []
        self._patterns = tuple(patterns.values())
        self._look_at(schema)
        self._lengths.sort()
        self._numbers.sort()

    def form_of(self, value: Json) -> Hashable | None:
        """Return the form of a value; None where the schema may tell it from every other."""
        return self._form(value) if self._has_forms else None

    def _look_at(self, schema: Json) -> None:
        for keyword, value in schema.items() if isinstance(schema, dict) else ():
            if keyword in ("const", "enum"):
                self._know(value if keyword == "enum" and isinstance(value, list) else [value])
            elif keyword in _OF_LENGTH and isinstance(value, int | float):
                self._lengths.append(value)
            elif keyword in _OF_NUMBERS and isinstance(value, int | float):
                self._numbers.append(value)
            elif keyword == "multipleOf":
                self._exact_numbers = True
            elif keyword in _BY_FORM:
                self._look_below(keyword, value)
            elif keyword != "pattern":
                self._has_forms = False

    def _look_below(self, keyword: str, value: Json) -> None:
        if keyword in _DATA:
            return
        below = value if isinstance(value, list) else [value]
        if keyword in _SCHEMAS_BY_NAME and isinstance(value, dict):
            below = list(value.values())
        for schema in below:
            self._look_at(schema)

    def _know(self, values: Sequence[Json]) -> None:
        for value in values:
            if isinstance(value, dict | list):
                self._has_forms = False
            else:
                self._constants.add(value)

    def _form(self, value: Json) -> Hashable:
        if isinstance(value, str):
            return self._form_of_string(value)
        if isinstance(value, dict):
            return self._form_of_object(value)
        if isinstance(value, list):
            return ("[", *map(self._form, value))
        if value is None or isinstance(value, bool):
            return ("=", value)
        return self._form_of_number(value)

    def _form_of_object(self, value: JsonObject) -> Hashable:
        form = self._form
        return ("{", *value, *[form(member) for member in value.values()])

    def _form_of_string(self, value: str) -> Hashable:
        if value in self._constants:
            return ("'", value)
        if not self._patterns and not self._lengths:
            return "'"
        size, lengths = len(value), self._lengths
        matched = tuple(bool(pattern.search(value)) for pattern in self._patterns)
        return ("'", bisect_left(lengths, size), bisect_right(lengths, size), matched)

    def _form_of_number(self, value: float) -> Hashable:
        is_integer = isinstance(value, int) or value.is_integer()
        if self._exact_numbers or value in self._constants:
            return ("#", is_integer, value)
        numbers = self._numbers
        return ("#", is_integer, bisect_left(numbers, value), bisect_right(numbers, value))
