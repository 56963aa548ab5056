"""The JSON value, as every layer sees it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

MAX_SAFE_INTEGER = 2**53 - 1
"""Largest integer that every JSON reader keeps exactly (RFC 8259 §6)."""

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
JsonObject = dict[str, Json]


class Missing:
    """The value of a place that does not exist: `absent` is told apart from `null`."""

    def __repr__(self) -> str:
        """Return the word reports use."""
        return "absent"


ABSENT = Missing()


def at(document: Json, pointer: str) -> Json | Missing:
    """Return the value at an RFC 6901 JSON Pointer, or ABSENT. `""` is the whole document."""
    value: Json = document
    for key in keys_of(pointer):
        if isinstance(value, Mapping) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isascii() and key.isdigit() and len(key) < 10 and int(key) < len(value):
            value = value[int(key)]
        else:
            return ABSENT
    return value


def keys_of(pointer: str) -> list[str]:
    """Return the member names and array places of an RFC 6901 JSON Pointer, unescaped."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def pointer_to(keys: Iterable[object]) -> str:
    """Return the RFC 6901 JSON Pointer of these member names and array places."""
    return "".join(f"/{str(key).replace('~', '~0').replace('/', '~1')}" for key in keys)


def kind_of(value: object) -> str:
    """Name a value's JSON type as a finding says it: absent, null, boolean, integer, number, string, array, object."""
    match value:
        case Missing():
            return "absent"
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"
