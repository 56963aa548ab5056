"""Nodes and cursors: how values are shown and found."""

from __future__ import annotations

import pytest
from config_samples import root


@pytest.mark.parametrize(
    ("pointer", "path"),
    [
        ("", ""),
        ("/a", "a"),
        ("/a/1/b~1c", "a[1].b/c"),
        ("/a/7", "a"),
        ("/a/x", "a"),
        ("/none/deeper", ""),
        ("/a/0/deeper", "a[0]"),
    ],
)
def test_a_pointer_leads_to_the_deepest_place_there_is(pointer: str, path: str) -> None:
    place = root("a: [1, {b/c: 2}]").at(pointer)

    place.report("here")

    assert place.problems[0].path == path


def test_a_scalar_has_no_elements_and_no_members() -> None:
    place = root("a: 1").at("/a")

    assert (list(place.elements()), list(place.members()), place.get("b"), place.has("b")) == ([], [], None, False)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a: null", "nothing"),
        ("a: true", "true"),
        ("a: 1.5", "1.5"),
        ("a: x", '"x"'),
        ("a: [x]", "a list"),
        ("a: []", "an empty list"),
        ("a: {}", "an empty mapping"),
        ('a: "two\\nlines"', '"two lines"'),
        (f"a: {'x ' * 30}y", f'"{"x " * 30}…"'),
    ],
)
def test_a_value_is_shown_on_one_short_line(text: str, shown: str) -> None:
    assert str(root(text).at("/a").node.show()) == shown


@pytest.mark.parametrize("key", ["", "a b", "a.b", "x" * 61])
def test_an_odd_key_is_quoted_in_a_path(key: str) -> None:
    place = next(member for _, member in root(f'"{key}": 1').members())

    place.report("here")

    assert place.problems[0].path.startswith('"')
