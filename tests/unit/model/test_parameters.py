"""How a model wants to be asked: renaming, leaving out, adding, raising; one set of wishes over another."""

from __future__ import annotations

from typing import Any

import pytest

from wnmon.model.json import Json
from wnmon.model.parameters import AS_WRITTEN, LIMITS, Parameters

BODY: dict[str, Json] = {"model": "m", "max_tokens": 16, "temperature": 0}
RENAME = {"max_tokens": "max_completion_tokens"}


def named(**members: Any) -> Parameters:
    drop = frozenset(members.pop("drop", ()))
    return Parameters(drop=drop, **members)


@pytest.mark.parametrize(
    ("parameters", "body"),
    [
        (AS_WRITTEN, BODY),
        (named(rename=RENAME), {"model": "m", "max_completion_tokens": 16, "temperature": 0}),
        (named(drop=["temperature", "seed"]), {"model": "m", "max_tokens": 16}),
        (named(rename=RENAME, drop=["max_completion_tokens"]), {"model": "m", "temperature": 0}),
        (named(rename=RENAME, drop=["max_tokens"]), {"model": "m", "temperature": 0}),
        (named(add={"seed": 7, "temperature": 1}), {"model": "m", "max_tokens": 16, "temperature": 1, "seed": 7}),
        (named(output_tokens=99), {"model": "m", "max_tokens": 99, "temperature": 0}),
        (named(output_tokens=16), BODY),
        (named(output_tokens=9), BODY),
        (named(rename={"max_tokens": "limit"}, output_tokens=99), {"model": "m", "limit": 99, "temperature": 0}),
        (named(stream_only=True), BODY),
    ],
)
def test_a_body_is_written_as_the_model_wants_it(parameters: Parameters, body: dict[str, Json]) -> None:
    assert parameters.written(BODY) == body


@pytest.mark.parametrize("limit", ["x", True, None, [1]])
def test_what_is_no_limit_is_not_raised(limit: Json) -> None:
    assert named(output_tokens=99).written({"max_tokens": limit}) == {"max_tokens": limit}


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_is_raised_by_whatever_name(name: str) -> None:
    assert named(output_tokens=99).written({name: 1}) == {name: 99}


def test_members_keep_their_order() -> None:
    assert list(named(rename=RENAME).written(BODY)) == ["model", "max_completion_tokens", "temperature"]


@pytest.mark.parametrize(
    ("one", "more", "both"),
    [
        (AS_WRITTEN, named(drop=["a"], output_tokens=5), named(drop=["a"], output_tokens=5)),
        (named(drop=["a"], output_tokens=5), AS_WRITTEN, named(drop=["a"], output_tokens=5)),
        (named(drop=["a"]), named(drop=["b"]), named(drop=["a", "b"])),
        (named(drop=["a"]), named(rename={"a": "b"}), named(rename={"a": "b"})),
        (named(drop=["a"]), named(add={"a": 1}), named(add={"a": 1})),
        (named(add={"a": 1, "b": 2}), named(drop=["a"]), named(add={"b": 2}, drop=["a"])),
        (named(add={"a": 1}), named(add={"a": 2}), named(add={"a": 2})),
        (named(rename={"a": "b"}), named(rename={"b": "a"}), named(rename={"b": "a"})),
        (named(rename={"a": "b"}), named(rename={"a": "c", "x": "y"}), named(rename={"a": "c", "x": "y"})),
        (named(output_tokens=5), named(output_tokens=3), named(output_tokens=3)),
        (named(stream_only=True), AS_WRITTEN, named(stream_only=True)),
        (AS_WRITTEN, named(stream_only=True), named(stream_only=True)),
    ],
)
def test_what_is_said_later_decides(one: Parameters, more: Parameters, both: Parameters) -> None:
    assert one.with_more(more) == both


ALL = named(rename=RENAME, drop=["temperature", "seed"], add={"n": 1, "stop": "x"}, stream_only=True, output_tokens=9)


def test_a_spared_member_is_neither_dropped_nor_replaced() -> None:
    spared = ALL.sparing({"seed", "n"})

    assert (spared.drop, spared.add) == (frozenset({"temperature"}), {"stop": "x"})


@pytest.mark.parametrize(("renamed", "rename"), [(True, RENAME), (False, {})])
def test_a_spared_member_may_keep_its_name(renamed: bool, rename: dict[str, str]) -> None:
    assert ALL.sparing({"max_tokens"}, renamed=renamed).rename == rename


@pytest.mark.parametrize(("name", "tokens"), [("max_tokens", None), ("max_new_tokens", None), ("seed", 9)])
def test_a_spared_limit_is_not_raised(name: str, tokens: int | None) -> None:
    assert ALL.sparing({name}).output_tokens == tokens


def test_a_limit_under_a_name_of_its_own_is_spared_too() -> None:
    assert named(rename={"max_tokens": "limit"}, output_tokens=9).sparing({"limit"}).output_tokens is None
