"""YAML text -> nodes: the YAML 1.2 core schema, places, and every cap."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from wnmon.config.load import MAX_BYTES, load
from wnmon.config.node import Node
from wnmon.config.problems import Problem
from wnmon.config.shipped import shipped_folder
from wnmon.model.json import Json

LOADERS = [pytest.param(yaml.SafeLoader, id="python"), pytest.param(yaml.CSafeLoader, id="libyaml")]


def read(text: str | bytes, loader: Any = yaml.CSafeLoader) -> tuple[Node | None, list[str]]:
    noted: list[Problem] = []
    node = load(text if isinstance(text, bytes) else text.encode(), "f", noted, loader)
    return node, [str(problem.said()) for problem in noted]


def plain(text: str) -> Json:
    node, noted = read(text)
    assert node is not None
    assert not noted
    return node.plain()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("lint: off", {"lint": "off"}),
        ("on: completion", {"on": "completion"}),
        ("a: 1:30", {"a": "1:30"}),
        ("until: 2027-01-31", {"until": "2027-01-31"}),
        ("404: yes", {"404": "yes"}),
        ("a: no", {"a": "no"}),
        ("a: true", {"a": True}),
        ("a: False", {"a": False}),
        ("a: ~", {"a": None}),
        ("a:", {"a": None}),
        ("a: 0x1F", {"a": 31}),
        ("a: 0o17", {"a": 15}),
        ("a: 017", {"a": 17}),
        ("a: -5", {"a": -5}),
        ("a: +1.5e3", {"a": 1500.0}),
        ("a: .5", {"a": 0.5}),
        ("a: 1_000", {"a": "1_000"}),
        ("a: '5'", {"a": "5"}),
        ("a: !!str 5", {"a": "5"}),
        ("a: ! 5", {"a": "5"}),
        ("a: |\n  x\n  y\n", {"a": "x\ny\n"}),
        ("a: $$e=mc^2$$", {"a": "$$e=mc^2$$"}),
        ("a: '-'", {"a": "-"}),
        ("a: .", {"a": "."}),
        ("[&x {k: 1}, *x]", [{"k": 1}, {"k": 1}]),
        ("a: !!map {}\nb: !!seq []", {"a": {}, "b": []}),
    ],
)
def test_scalars_follow_the_core_schema_of_yaml_1_2(text: str, value: Json) -> None:
    assert plain(text) == value


@pytest.mark.parametrize("loader", LOADERS)
def test_both_parsers_give_the_same_tree(loader: Any) -> None:
    node, noted = read("a: [1, {b: &x off}]\nc: *x\n", loader)

    assert node is not None
    assert (node.plain(), noted) == ({"a": [1, {"b": "off"}], "c": "off"}, [])


@pytest.mark.parametrize("loader", LOADERS)
def test_every_value_and_key_knows_its_place(loader: Any) -> None:
    node, _ = read("a:\n  你好: [x, y]\n", loader)

    assert node is not None
    assert isinstance(node.value, dict)
    inner = node.value["a"].value
    assert isinstance(inner, dict)
    child = inner["你好"]
    assert (child.key, (child.line, child.column)) == ((2, 3), (2, 7))


def test_a_byte_order_mark_is_read_over() -> None:
    assert plain("﻿a: 1") == {"a": 1}


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"a: 1\nb: \xff\n", "f:2:4: expected UTF-8, not other bytes, save the file as UTF-8"),
        (b"a: 1\nb: \x01\n", "f:2:4: expected printable text, not the character U+0001"),
        ("a".encode("utf-16"), "f:1:1: expected UTF-8, not other bytes, save the file as UTF-8"),
        (b"#" * (MAX_BYTES + 1), "f:1:1: expected a file of at most 10 MiB, not a larger one"),
        (b"a: " + b"9" * 65, "f:1:4: expected a number of a sensible size, quote it to mean text"),
        (b'a: &a b\nc: "\\q"', "f:2:5: not YAML: found unknown escape character"),
    ],
)
def test_bytes_that_cannot_be_read_have_a_place(data: bytes, line: str) -> None:
    assert read(data)[1] == [line]


def test_an_alias_bomb_is_refused_before_it_grows() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]

    assert read("\n".join(levels))[1] == ["f:6:45: expected at most 1,000,000 values, aliases written out, not more"]


def test_a_duplicate_key_leaves_a_tree_to_look_for_more() -> None:
    node, noted = read("a: 1\na: 2")

    assert node is not None
    assert (node.plain(), noted) == ({"a": 2}, ['f:2:1: duplicate key "a", first on line 1, keep one of them'])


@pytest.mark.parametrize("loader", LOADERS)
@given(data=st.binary(max_size=200))
def test_no_bytes_crash_the_loader(loader: Any, data: bytes) -> None:
    node, noted = read(data, loader)

    assert node is not None or noted


@given(text=st.text(alphabet="ab:-[]{},&*!|>'\"#%@`? \n\t0.~<", max_size=60))
def test_no_yaml_like_text_crashes_the_loader(text: str) -> None:
    node, noted = read(text)

    assert node is not None or noted


_TEXT = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=8)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _TEXT | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(_TEXT.filter(lambda key: key != "<<"), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(value=st.dictionaries(st.text("abc", min_size=1), _JSON, max_size=3))
def test_json_is_yaml(value: Json) -> None:
    assert plain(json.dumps(value, ensure_ascii=False)) == value


SHIPPED = sorted(shipped_folder("checks").rglob("*.yaml"))


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.name)
def test_a_shipped_file_is_the_same_without_libyaml(file: Path) -> None:
    trees = [read(file.read_bytes(), loader) for loader in (yaml.SafeLoader, yaml.CSafeLoader)]
    (plain, python_problems), (fast, c_problems) = ((tree and tree.plain(), problems) for tree, problems in trees)

    assert (python_problems, c_problems) == ([], [])
    assert plain == fast
