"""A YAML value that remembers where it stood, and a cursor that walks such values and reports problems about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from wnmon.config.problems import Problem
from wnmon.model.json import Json, keys_of, kind_of
from wnmon.model.said import Said, Text

Scalar = None | bool | int | float | str
Value: TypeAlias = "Scalar | list[Node] | dict[str, Node]"
Mark = tuple[int, int]
Trail: TypeAlias = "tuple[Trail, str | int] | tuple[()]"

_SHOWN_CHARS = 60


class Node:
    """One value with its line and column (both from 1). `key` is where its mapping key stood, None in a list.

    Not a dataclass: a file of 1,000 checks makes some 30,000 of these, and a frozen one takes three times as long.
    An aliased value shares `value` with its anchor, so nobody may change a node once it is built.
    """

    __slots__ = ("column", "key", "line", "value")

    def __init__(self, value: Value, line: int, column: int, key: Mark | None = None) -> None:
        self.value = value
        self.line = line
        self.column = column
        self.key = key

    def plain(self) -> Json:
        """Return the value without its places."""
        value = self.value
        if isinstance(value, dict):
            return {key: node.plain() for key, node in value.items()}
        if isinstance(value, list):
            return [node.plain() for node in value]
        return value

    def show(self) -> Text:
        """Return the value as a message quotes it: short scalars themselves, anything larger by its type."""
        value = self.value
        if isinstance(value, str):
            return quote(value)
        if isinstance(value, (bool, int, float)):
            return str(value).lower()
        return _EMPTY[type(value)] if value in ([], {}) else self.kind()

    def kind(self) -> Said:
        """Name the value's type in the words of this language: text, a number, a list, a mapping ..."""
        return KIND_WORDS[kind_of(self.value)]


KIND_WORDS = {
    "null": Said("nothing"),
    "boolean": Said("true_or_false"),
    "integer": Said("a_whole_number"),
    "number": Said("a_number"),
    "string": Said("text"),
    "array": Said("a_list"),
    "object": Said("a_mapping"),
}
_EMPTY: Mapping[type, Said] = {list: Said("an_empty_list"), dict: Said("an_empty_mapping")}


def quote(text: str) -> str:
    """Return text in double quotes on one line, cut at 60 characters."""
    line = "".join(char if char.isprintable() else " " for char in text[: _SHOWN_CHARS + 1])
    return f'"{line}"' if len(text) <= _SHOWN_CHARS else f'"{line[:_SHOWN_CHARS]}…"'


def show_trail(trail: Trail) -> str:
    """Return a path such as `checks.alive.steps[0].request`, "" for the whole file."""
    parts: list[str] = []
    while trail:
        trail, part = trail
        parts.append(f"[{part}]" if isinstance(part, int) else f".{_part(part)}")
    return "".join(reversed(parts)).removeprefix(".")


def _part(name: str) -> str:
    return name if name and not set(name) & set(' .[]:"') and len(name) <= _SHOWN_CHARS else quote(name)


class Cursor(NamedTuple):
    """A node, the file it is in, the path to it, and where its problems are gathered."""

    node: Node
    file: str
    trail: Trail
    problems: list[Problem]

    def report(self, message: Text, hint: Text | None = None, *, key: bool = False) -> None:
        """Note a problem at this value, or at its key."""
        node = self.node
        line, column = node.key if key and node.key else (node.line, node.column)
        self.problems.append(
            Problem(file=self.file, line=line, column=column, path=show_trail(self.trail), message=message, hint=hint)
        )

    def expected(self, wanted: Text, got: Text | None = None, hint: Text | None = None, *, key: bool = False) -> None:
        """Note that something else is wanted here than what stands here."""
        what = wanted if got is None else Said("wanted_not", wanted=wanted, got=got)
        self.report(Said("expected", wanted=what), hint, key=key)

    def get(self, key: str) -> Cursor | None:
        """Return the cursor of a mapping's member, None when this is no mapping or has no such member."""
        value = self.node.value
        if not isinstance(value, dict) or key not in value:
            return None
        return Cursor(value[key], self.file, (self.trail, key), self.problems)

    def members(self) -> Iterator[tuple[str, Cursor]]:
        """Yield every member of a mapping; nothing for anything else."""
        value = self.node.value
        if isinstance(value, dict):
            for key, node in value.items():
                yield key, Cursor(node, self.file, (self.trail, key), self.problems)

    def elements(self) -> Iterator[Cursor]:
        """Yield every element of a list; nothing for anything else."""
        value = self.node.value
        if isinstance(value, list):
            for index, node in enumerate(value):
                yield Cursor(node, self.file, (self.trail, index), self.problems)

    def at(self, pointer: str) -> Cursor:
        """Return the cursor at a JSON Pointer (RFC 6901), or the deepest one there is on the way to it."""
        here = self
        for key in keys_of(pointer):
            below = here._below(key)
            if below is None:
                return here
            here = below
        return here

    def _below(self, name: str) -> Cursor | None:
        if isinstance(self.node.value, list):
            return next((one for index, one in enumerate(self.elements()) if str(index) == name), None)
        return self.get(name)

    @property
    def text(self) -> str:
        """Return the value of a node that validation has shown to be text."""
        assert isinstance(self.node.value, str)
        return self.node.value

    @property
    def whole(self) -> int:
        """Return the value of a node that validation has shown to be a whole number, which 1.0 is too."""
        assert isinstance(self.node.value, (int, float))
        return int(self.node.value)

    @property
    def decimal(self) -> Decimal:
        """Return the value of a node that validation has shown to be a number, as it was written: 0.1 is one tenth."""
        assert isinstance(self.node.value, (int, float))
        return Decimal(repr(self.node.value))

    def texts(self) -> tuple[str, ...]:
        """Return the elements of a list of texts."""
        return tuple(one.text for one in self.elements())

    def has(self, key: str) -> bool:
        """Tell whether a mapping has the member."""
        return isinstance(self.node.value, dict) and key in self.node.value
