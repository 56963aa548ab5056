"""Which values have one form under a schema, asked of `Likeness` itself."""

from __future__ import annotations

from wnmon.judge.likeness import Likeness
from wnmon.model.json import Json


def are_alike(schema: Json, one: Json, other: Json) -> bool:
    """Tell whether both values have a form, and the same one."""
    likeness = Likeness(schema, {})
    form = likeness.form_of(one)
    return form is not None and form == likeness.form_of(other)


def test_numbers_that_a_const_does_not_name_are_alike() -> None:
    assert are_alike({"const": 1}, 2, 3)


def test_a_number_that_a_const_names_is_like_no_other() -> None:
    assert not are_alike({"const": 1}, 1, 2)


def test_a_text_that_an_enum_names_is_like_no_other() -> None:
    assert not are_alike({"enum": ["stop"]}, "stop", "other")


def test_texts_that_an_enum_does_not_name_are_alike() -> None:
    assert are_alike({"enum": ["stop"]}, "one", "other")


def test_letters_of_a_const_are_no_constants() -> None:
    assert are_alike({"const": "ab"}, "a", "b")


def test_a_const_that_is_an_array_tells_all_values_apart() -> None:
    assert not are_alike({"const": [1]}, 2, 2)


def test_an_integer_and_a_fraction_are_not_alike() -> None:
    assert not are_alike({}, 1, 1.5)


def test_an_integer_is_like_a_float_without_a_fraction() -> None:
    assert are_alike({}, 1, 2.0)


def test_a_length_is_looked_at_in_the_schema_of_all_items() -> None:
    assert not are_alike({"items": {"minLength": 1}}, [""], ["a"])


def test_a_length_is_looked_at_in_each_schema_of_a_list() -> None:
    assert not are_alike({"allOf": [{}, {"minLength": 1}]}, "", "a")


def test_a_length_is_looked_at_in_the_schema_of_a_member() -> None:
    assert not are_alike({"properties": {"a": {"minLength": 1}}}, {"a": ""}, {"a": "a"})


def test_a_size_that_no_keyword_of_texts_names_tells_no_texts_apart() -> None:
    assert are_alike({"maxItems": 1}, "", "ab")


def test_a_size_that_no_keyword_of_numbers_names_tells_no_numbers_apart() -> None:
    assert are_alike({"maxItems": 1}, 0, 2)


def test_null_is_not_like_false() -> None:
    assert not are_alike({}, None, False)


def test_true_is_not_like_false() -> None:
    assert not are_alike({}, True, False)


def test_true_is_not_like_one() -> None:
    assert not are_alike({"const": 1}, True, 1)
