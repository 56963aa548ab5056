"""A YAML value that remembers where it stood, and a cursor that walks such values and reports problems about them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple, TypeAlias

from wnmon.config.problems import Problem
from wnmon.errors import did_you_mean
from wnmon.model.credentials import masked
from wnmon.model.json import Json, keys_of, kind_of
from wnmon.model.said import Said, Text

Scalar = None | bool | int | float | str
Value: TypeAlias = "Scalar | list[Node] | dict[str, Node]"
Mark = tuple[int, int]
Trail: TypeAlias = "tuple[Trail, str | int] | tuple[()]"

_SHOWN_CHARS = 60
_LOOK_CHARS = 1000


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

    @property
    def start(self) -> Mark:
        """Return where the value begins with its key, if it has one."""
        return self.key or (self.line, self.column)

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
    """Return text in double quotes on one line, cut at 60 characters; before, what looks like a key is masked."""
    text = masked(text[:_LOOK_CHARS])
    line = "".join(char if char.isprintable() else " " for char in text[: _SHOWN_CHARS + 1])
    return f'"{line}"' if len(text) <= _SHOWN_CHARS else f'"{line[:_SHOWN_CHARS]}…"'


def show_trail(trail: Trail) -> str:
    """Return a path such as `checks.alive.steps[0].request`, "" for the whole file."""
    parts: list[str] = []
    while trail:
        trail, part = trail
        if isinstance(part, int):
            parts.append(f"[{part}]")
        else:
            is_plain = part and not set(part) & set(' .[]:"') and len(part) <= _SHOWN_CHARS
            parts.append(f".{part if is_plain else quote(part)}")
    return "".join(reversed(parts)).removeprefix(".")


class Cursor(NamedTuple):
    """A node, the file it is in, the path to it, and where its problems are gathered."""

    node: Node
    file: str
    trail: Trail
    problems: list[Problem]

    def report(self, message: Text, hint: Text | None = None, *, key: bool = False) -> None:
        """Note a problem at this value, or at its key."""
        line, column = self.node.start if key else (self.node.line, self.node.column)
        self.problems.append(
            Problem(file=self.file, line=line, column=column, path=show_trail(self.trail), message=message, hint=hint)
        )

    def expected(self, wanted: Text, got: Text | None = None, hint: Text | None = None, *, key: bool = False) -> None:
        """Note that something else is wanted here than what stands here."""
        what = wanted if got is None else Said("wanted_not", wanted=wanted, got=got)
        self.report(Said("expected", wanted=what), hint, key=key)

    def is_one_of(self, names: Collection[str], unknown: Said) -> bool:
        """Tell whether the text here is one of these; where it is not, report it with the nearest of them."""
        if self.text in names:
            return True
        self.report(unknown, did_you_mean(self.text, names))
        return False

    @property
    def where(self) -> str:
        """Return `file:line`, the line of the key where there is one."""
        return f"{self.file}:{self.node.start[0]}"

    @property
    def folder(self) -> Path:
        """Return the folder of the file, to which the files it names are relative."""
        return Path(self.file).parent

    def get(self, key: str) -> Cursor | None:
        """Return the cursor of a mapping's member, None when this is no mapping or has no such member."""
        value = self.node.value
        if not isinstance(value, dict) or key not in value:
            return None
        return Cursor(value[key], self.file, (self.trail, key), self.problems)

    def has(self, key: str) -> bool:
        """Tell whether a mapping has the member."""
        return isinstance(self.node.value, dict) and key in self.node.value

    def members(self, key: str | None = None) -> Iterator[tuple[str, Cursor]]:
        """Yield every member of a mapping, or of the one that stands under `key`; nothing for anything else."""
        here = self if key is None else self.get(key)
        if here is not None and isinstance(here.node.value, dict):
            for name, node in here.node.value.items():
                yield name, Cursor(node, here.file, (here.trail, name), here.problems)

    def elements(self, key: str | None = None) -> Iterator[Cursor]:
        """Yield every element of a list, or of the one that stands under `key`; nothing for anything else."""
        here = self if key is None else self.get(key)
        if here is not None and isinstance(here.node.value, list):
            for index, node in enumerate(here.node.value):
                yield Cursor(node, here.file, (here.trail, index), here.problems)

    def at(self, pointer: str) -> Cursor:
        """Return the cursor at a JSON Pointer (RFC 6901), or the deepest one there is on the way to it."""
        here = self
        for key in keys_of(pointer):
            if isinstance(here.node.value, list):
                below = next((one for index, one in enumerate(here.elements()) if str(index) == key), None)
            else:
                below = here.get(key)
            if below is None:
                return here
            here = below
        return here

    # What follows is for nodes that validation has shown to hold the type asked for, or to be absent.

    @property
    def text(self) -> str:
        """Return the text that stands here."""
        assert isinstance(self.node.value, str)
        return self.node.value

    @property
    def decimal(self) -> Decimal:
        """Return the number that stands here, as it was written: 0.1 is one tenth."""
        assert isinstance(self.node.value, (int, float))
        return Decimal(repr(self.node.value))

    def text_of(self, key: str) -> str | None:
        """Return the text under a key."""
        member = self.get(key)
        return None if member is None else member.text

    def texts_of(self, key: str) -> tuple[str, ...]:
        """Return the texts of the list under a key."""
        return tuple(one.text for one in self.elements(key))

    def whole_of(self, key: str) -> int | None:
        """Return the whole number under a key, which 1.0 is too."""
        member = self.get(key)
        if member is None:
            return None
        assert isinstance(member.node.value, (int, float))
        return int(member.node.value)

    def is_true(self, key: str) -> bool:
        """Tell whether `true` stands under a key."""
        return self.is_given_as(key, value=True)

    def is_given_as(self, key: str, *, value: bool) -> bool:
        """Tell whether this, and nothing else, stands under a key."""
        member = self.get(key)
        return member is not None and member.node.value is value
