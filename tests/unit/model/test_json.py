"""JSON values: pointers after RFC 6901, and the words findings use for types."""

from __future__ import annotations

import pytest

from wnmon.model.json import ABSENT, Json, Missing, at, keys_of, kind_of, pointer_to

DOCUMENT: Json = {"a/b": {"m~n": 1}, "list": [10, {"x": None}], "": 2, "0": "zero"}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", DOCUMENT),
        ("/", 2),
        ("/a~1b/m~0n", 1),
        ("/list/0", 10),
        ("/list/1/x", None),
        ("/0", "zero"),
    ],
)
def test_a_pointer_leads_to_its_value(pointer: str, value: Json) -> None:
    assert at(DOCUMENT, pointer) == value


@pytest.mark.parametrize(
    "pointer", ["/b", "/list/2", "/list/-1", "/list/x", "/list/²", "/list/0/x", "/list/9999999999"]
)
def test_a_pointer_to_nothing_is_absent(pointer: str) -> None:
    assert at(DOCUMENT, pointer) is ABSENT


@pytest.mark.parametrize("keys", [[], [""], ["a/b", "m~n"], ["~1", "0"]])
def test_a_pointer_to_keys_gives_the_keys_back(keys: list[str]) -> None:
    assert keys_of(pointer_to(keys)) == keys


def test_a_place_in_an_array_stands_in_a_pointer_as_its_number() -> None:
    assert pointer_to(["list", 1]) == "/list/1"


def test_absent_says_so() -> None:
    assert repr(ABSENT) == "absent"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (ABSENT, "absent"),
        (None, "null"),
        (False, "boolean"),
        (0, "integer"),
        (0.0, "number"),
        ("", "string"),
        ([], "array"),
        ({}, "object"),
    ],
)
def test_every_type_has_its_word(value: Json | Missing, kind: str) -> None:
    assert kind_of(value) == kind
