"""The strings of a JSON text, where each belongs, and who may not take the text for JSON.

Nearly all events of a stream are alike but for their strings and numbers. What is left, a text's shape, tells whether
it is JSON and where its strings belong, so a shape is understood once: 68 events cost 0.46 ms, not 2.3 (CPython 3.11).

    a text                                                                 is read by
    of a shape that is known                                               one regular expression, `_SHAPE`
    of a new shape                                                         its tokens; if all take it for JSON: known
    with an escape in a name, with what JSON does not allow, or endless    its tokens, as far as they go
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from enum import StrEnum
from itertools import accumulate, count
from json import JSONDecoder
from typing import Any, NamedTuple

from wnmon.model.possessive import possessive
from wnmon.redact.escapes import JSON_ESCAPE, unescape

# As `wire.document` has them: what it does not read is not joined.
MAX_DEPTH = 100
MAX_TOKENS = 500_000
MAX_NUMBER_CHARS = 300
# Looked for where it begins only: beginning anew at each digit of a number takes as long as the number is, again.
_LONG_NUMBER = re.compile(rb"(?<![0-9.eE+-])[0-9.eE+-]{%d}" % (MAX_NUMBER_CHARS + 1))
_MAX_INDEX_DIGITS = 19
_MAX_TURNS = 1_000

_TOKEN = possessive(rb'"((?:[^"\\]++|\\.)*+)"?|[\[\]{},]|-?[0-9][0-9.eE+-]*+', re.DOTALL)
_MARKS = frozenset({b'"', b"[", b"]", b"{", b"}", b","})

# Turns of what belongs to the shape and of the characters of a string or a number. Names belong to the shape, and so
# do numbers that tell an index, and quotes: they tell strings from numbers. What is unusual is taken by the last turn,
# with all that follows, so that no byte is looked at again.
_SHAPE = possessive(
    rb"""(?=.)
    ((?:(?!\A)")?+                                           # ends the string of the turn before
     (?:[^"0-9-]++ | "index"[ \t\n\r]*+:[ \t\n\r]*+-?[0-9]++(?![0-9.eE+-]) | "[^"\\\x00-\x1f]*+"[ \t\n\r]*+:)*+
     "?+)
    ((?<=")(?:[^"\\\x00-\x1f]++ | \\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+(?="(?![ \t\n\r]*+:))
     | -?(?:0|[1-9][0-9]{0,99}+)(?:\.[0-9]{1,99}+)?+(?:[eE][+-]?[0-9]{1,9}+)?+(?![0-9.eE+-])
     | .*+)""",
    re.DOTALL | re.VERBOSE,
)

Label = int | bytes | None
# Places are numbered from below the root, 0. This one is above those of fields, which are in no document.
_OF_FIELDS = -1

# Names under which the reader of replies takes one channel: see `MEMBERS` and `tool_calls_of` of `wire.message`.
_SAME_CHANNEL: dict[Label, tuple[Label, ...]] = {
    b"reasoning": (b"any reasoning",),
    b"reasoning_content": (b"any reasoning",),
    b"reasoning_details": (b"any reasoning",),
    b"thinking": (b"any reasoning",),
    b"thinking_blocks": (b"any reasoning",),
    b"message": (b"delta",),
    b"function_call": (b"tool_calls", b"function"),
}

# Members of a part (of the content, of other lists) that are of a channel of the message: see `PARTS` there.
_PARTS: dict[Label, bytes] = {b"thinking": b"reasoning", b"summary": b"reasoning", b"refusal": b"refusal"}


class Doubt(StrEnum):
    """Why a reader may skip a text."""

    BROKEN = "no JSON to anyone"
    ODD = "no JSON to some: a name twice, NaN, a control character, a number or nesting beyond measure"
    BYTES = "not UTF-8, for which others read U+FFFD"


_NONE: frozenset[Doubt] = frozenset()


class String(NamedTuple):
    """A string: the numbers of its place and of the channel a reader may take that for, and its bytes in the body."""

    place: int
    channel: int
    start: int
    raw: bytes


class Text(NamedTuple):
    """The strings of a JSON text, in order, and why a reader may skip it."""

    strings: Sequence[String]
    doubts: frozenset[Doubt]


class JsonReader:
    """Reads the JSON texts of one body; knows the shapes and the places of those before."""

    __slots__ = ("_numbers", "_shapes", "_utf8")

    def __init__(self, body: bytes) -> None:
        self._utf8 = _takes(bytes.decode, body)
        # Of each shape: which turns are strings, their places and channels.
        self._shapes: dict[tuple[bytes, ...], list[tuple[int, int, int]]] = {}
        self._numbers: dict[tuple[int, Label], int] = defaultdict(count(1).__next__)

    @property
    def knows(self) -> int:
        """Return how many shapes or places are known, whichever are more."""
        return max(len(self._shapes), len(self._numbers))

    def read(self, offset: int, data: bytes) -> Text:
        """Return the text at this offset of the body. Never raises."""
        doubts = _NONE if self._utf8 or _takes(bytes.decode, data) else frozenset({Doubt.BYTES})
        turns = _SHAPE.split(data, _MAX_TURNS)
        starts = list(accumulate(map(len, turns), initial=0))
        shape = () if turns[-2] or turns[-1] else tuple(turns[1::3])
        slots = self._shapes.get(shape)
        if slots is None:
            found, refused = _strings(data)
            placed = [(*self._below(node, label)[:2], start, end) for node, label, start, end in found]
            if refused or not shape:
                strings = [
                    String(place, channel, offset + start, data[start:end]) for place, channel, start, end in placed
                ]
                return Text([string for string in strings if string.raw], doubts | refused)
            turn_at = {starts[turn]: turn for turn in range(2, len(turns), 3)}
            slots = self._shapes[shape] = [(turn_at[start], place, channel) for place, channel, start, _ in placed]
        strings = [String(place, channel, offset + starts[turn], turns[turn]) for turn, place, channel in slots]
        return Text(strings, doubts)

    def values(self, field: bytes, values: Sequence[tuple[int, bytes]]) -> Text:
        """Return the values of a field that are no JSON, (offset, bytes) each, as strings all at one place."""
        place = self._numbers[_OF_FIELDS, field]
        return Text([String(place, place, offset, value) for offset, value in values], _NONE)

    def _below(self, node: _Node, label: Label) -> tuple[int, int, int]:
        """Return the place of a member or element, its channel, and how many lists it is in.

        The channel is the place with one name for each channel, and without inner lists (content parts, tool calls).
        The first list is that of the choices and stays.
        """
        if node.belongs is None:
            node.belongs = self._below(node.parent, node.label)
        place, channel, lists = node.belongs
        place = self._numbers[place, label]
        if isinstance(label, int):
            return place, channel if lists else self._numbers[channel, label], lists + 1
        if label in _PARTS and lists > 1 and isinstance(node.label, int):
            return place, self._below(node.parent.parent, _PARTS[label])[1], lists
        if not (label == b"text" and isinstance(node.label, int)):
            for name in _SAME_CHANNEL.get(label, (label,)):
                channel = self._numbers[channel, name]
        return place, channel, lists


class _Node:
    """An open object or array. `at`: the member or place being read, None where a member name is due."""

    __slots__ = ("at", "belongs", "depth", "index", "is_object", "key", "parent")

    def __init__(self, parent: _Node | None, *, is_object: bool) -> None:
        self.parent = parent or self
        self.key: Label = parent.at if parent else None
        self.depth: int = parent.depth + 1 if parent else 0
        self.is_object = is_object
        self.at: Label = 0 if parent and not is_object else None
        self.index: int | None = None
        self.belongs = None if parent else (0, 0, 0)

    @property
    def label(self) -> Label:
        """Return its key. An element, or a text, that says its `index` is labelled by that: chunks say so."""
        return self.key if self.index is None or self.parent.is_object else self.index


def _strings(data: bytes) -> tuple[list[tuple[_Node, Label, int, int]], set[Doubt]]:
    """Return every string value (node, label in it, start, end) in order, and the doubts but for the text's bytes.

    All are read before any is placed: an `index` may stand after the strings it labels.
    """
    found: list[tuple[_Node, Label, int, int]] = []
    node, tokens = _Node(None, is_object=False), 0
    for token in _TOKEN.finditer(data):
        mark = token[0][:1]
        tokens += mark in _MARKS
        if tokens > MAX_TOKENS or node.depth > MAX_DEPTH:
            return found, {Doubt.ODD}
        match mark:
            case b'"' if node.is_object and node.at is None:
                node.at = unescape(token[1], JSON_ESCAPE)
            case b'"':
                found.append((node, node.at, *token.span(1)))
            case b"{" | b"[":
                node = _Node(node, is_object=mark == b"{")
            case b"}" | b"]":
                node = node.parent
            case b",":
                node.at = node.at + 1 if isinstance(node.at, int) else None
            case _ if node.at == b"index" and token[0].lstrip(b"-").isdigit():
                node.index = int(token[0][:_MAX_INDEX_DIGITS])
    return found, _doubts(data)


def _doubts(data: bytes) -> set[Doubt]:
    text = data.decode(errors="replace")
    if not _takes(_LENIENT.decode, text):
        return {Doubt.BROKEN}
    return set() if _takes(_STRICT.decode, text) and not _LONG_NUMBER.search(data) else {Doubt.ODD}


def _takes(read: Callable[[Any], object], text: bytes | str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


def _once_each(members: list[tuple[str, object]]) -> None:
    if len(dict(members)) < len(members):
        raise ValueError


# The scanner of the standard library, made to keep no value. `int` knows no NaN and no Infinity.
_STRICT = JSONDecoder(object_pairs_hook=_once_each, parse_constant=int, parse_int=len, parse_float=len)
_LENIENT = JSONDecoder(object_pairs_hook=len, parse_int=len, parse_float=len, strict=False)
