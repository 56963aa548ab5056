"""Loops that give nothing back, on a Python that has them right and on one that has not."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wnmon.model.possessive import plain, possessive
from wnmon.redact import jsontext, outlines
from wnmon.wire import document, grammar

PACKAGE = Path(__file__).parents[3] / "wnmon"
OURS: dict[str, re.Pattern[Any]] = {
    "tokens of a body": jsontext._TOKEN,
    "shape of a body": jsontext._SHAPE,
    "plain escapes": outlines._PLAIN,
    "structure of a text": document._STRUCTURE,
    "grammar": grammar._TOKEN,
}
PIECES = st.sampled_from(
    (
        *('"', '\\"', "\\\\", "\\n", "\\u0041", "\\x", "\n", "a", "é", '"index": 5', '"index": 5.', ": "),
        *(",", "{", "}", "[", "]", "-1.5e3", "0", "01", "1.e", "1e", "true", "NaN", '"name": "value"'),
        *(' "a":"b\\tc" ', "\\"),
    )
)


@pytest.mark.parametrize("name", OURS)
@given(pieces=st.lists(PIECES, max_size=12))
def test_a_pattern_finds_the_same_without_possessive_groups(name: str, pieces: list[str]) -> None:
    ours = OURS[name]
    assert is_the_same(ours.pattern, ours.flags, "".join(pieces))


def is_the_same(pattern: str | bytes, flags: int, text: str) -> bool:
    if isinstance(pattern, str):
        given = re.compile(pattern, flags), possessive(pattern, flags, is_sound=False)
        return len({str(found(one, text)) for one in given}) == 1
    both = re.compile(pattern, flags & ~re.UNICODE), possessive(pattern, flags & ~re.UNICODE, is_sound=False)
    return len({str(found(one, text.encode())) for one in both}) == 1


def found(pattern: re.Pattern[str] | re.Pattern[bytes], text: str | bytes) -> list[object]:
    every = [(match.span(), match.groups()) for match in pattern.finditer(text)]  # type: ignore[arg-type]
    return [*every, pattern.fullmatch(text) is None]  # type: ignore[arg-type]


def test_a_loop_over_one_character_stays_possessive() -> None:
    assert plain(r'"(?:[^"\\]++|\\.)*+"?+') == r'"(?:[^"\\]++|\\.)*"?+'


def test_a_shape_is_read_by_this_python() -> None:
    text = b'{"choices": [{"index": 0, "delta": {"content": "a"}}]}'
    reader = jsontext.JsonReader(text)
    assert [one.raw for _ in range(2) for one in reader.read(0, text).strings] == [b"a", b"a"]


def compiled() -> Iterator[tuple[str, ast.Call]]:
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "re.compile":
                yield file.name, node


def test_no_possessive_group_is_compiled_otherwise() -> None:
    wrong = [name for name, call in compiled() if re.search(r"\)[*?+]\+", ast.unparse(call.args[0]))]
    assert wrong == []
