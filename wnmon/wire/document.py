"""Bytes to a JSON value, strictly after RFC 8259, in bounded time and memory.

The standard library's scanner says yes or no at full speed; only when it says no does `grammar` look for the reason,
so that a problem's kind, offset and wording do not depend on the Python that reads it.
"""

from __future__ import annotations

import json
import re
import sys
from collections import deque
from math import copysign, isinf
from typing import Any

from wnmon.model.json import MAX_SAFE_INTEGER, Json, JsonObject, pointer_to
from wnmon.model.possessive import possessive
from wnmon.model.said import Said, Text, fitted
from wnmon.wire.grammar import MAX_DIGITS, explain
from wnmon.wire.reply import Document, JsonProblem, Oddity

MAX_DEPTH = 100
"""Arrays and objects inside each other. Whoever walks the value later may do so by recursion."""
MAX_TOKENS = 500_000
"""Strings, brackets and commas of one document: bounds the memory the value takes."""
MAX_ODDITIES = 1_000
"""Oddities kept, those nearest to the root first."""
_MAX_SEEN_CHARS = 40

_BOM = b"\xef\xbb\xbf"
_WHITESPACE = " \t\n\r"
# A string without an end swallows the rest: looking for its end again from every quote inside would be quadratic.
_STRUCTURE = possessive(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{},]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
# Only behind these may a lone surrogate stand, and hardly any text has them.
_MAYBE_SURROGATE = ("\\ud", "\\uD")
_MAX_PLAIN_DIGITS = 15


class _Rejected(Exception):  # noqa: N818 - never leaves this file
    """The scanner accepts what RFC 8259 does not."""


class _Odd(Exception):  # noqa: N818 - never leaves this file
    """There is a number whose spelling is an oddity, so the text is read again by the decoder that marks them."""


class _OddNumber:
    """A number whose spelling is an oddity, in its place until the value is walked."""

    __slots__ = ("kind", "lexeme", "value")

    def __init__(self, kind: str, lexeme: str, value: int | float) -> None:
        self.kind = kind
        self.lexeme = lexeme
        self.value = value


def read_document(data: bytes) -> Document:
    """Read one JSON text. Never raises: what is wrong is the document's `problem`.

    A number too large for a float reads as the largest float, a lone surrogate as U+FFFD; both leave an oddity.
    """
    if data.startswith(_BOM):
        return _problem("bom", 0, Said("json_bom"))
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        return _problem("invalid_utf8", error.start, Said("json_no_utf8", code=f"{data[error.start]:02x}"))
    return read_text(text)


def read_text(text: str) -> Document:
    """Read one JSON text that is decoded already, such as the data of an event. Offsets count UTF-8 bytes."""
    plain = _read_plain(text)
    if plain is not None:
        return plain
    if not text.strip(_WHITESPACE):
        return _problem("empty", 0, Said("json_nothing"))
    oversize = _oversize(text)
    if oversize is not None:
        return Document(problem=oversize)
    try:
        return _decode(text)
    except (_Rejected, ValueError, RecursionError):
        return Document(
            problem=explain(text) or JsonProblem(kind="syntax", offset=0, message=Said("not_one_json_text"))
        )


def _read_plain(text: str) -> Document | None:
    """Return the document of nearly every text there is: in bounds, without blanks around it, nothing odd in it.

    None says nothing. All the events of a stream come by, so nothing is done here that one pass of the scanner can do.
    """
    if len(text) > MAX_TOKENS or text.count("[") + text.count("{") > MAX_DEPTH or _may_hold_surrogate(text):
        return None
    try:
        value, end = _PLAIN.raw_decode(text)
    except (_Odd, _Rejected, ValueError):
        return None
    return Document(value=value) if end == len(text) else None


def _may_hold_surrogate(text: str) -> bool:
    return "\\" in text and any(mark in text for mark in _MAYBE_SURROGATE)


def _problem(kind: str, offset: int, message: Said) -> Document:
    return Document(problem=JsonProblem(kind=kind, offset=offset, message=message))


def _oversize(text: str) -> JsonProblem | None:
    """Tell what is too deep or too much before anything is built."""
    if len(text) <= MAX_TOKENS and text.count("[") + text.count("{") <= MAX_DEPTH:
        return None
    depth = 0
    for count, match in enumerate(_STRUCTURE.finditer(text)):
        depth += _DEEPER.get(match.group(), 0)
        if depth > MAX_DEPTH or count >= MAX_TOKENS:
            kind, limit = ("too_deep", MAX_DEPTH) if depth > MAX_DEPTH else ("too_many_values", MAX_TOKENS)
            offset = len(text[: match.start()].encode())
            return JsonProblem(kind=kind, offset=offset, message=Said("json_over_limit", n=f"{limit:,}"))
    return None


_DEEPER = {"[": 1, "{": 1, "]": -1, "}": -1}


def _decode(text: str) -> Document:
    start = len(text) - len(text.lstrip(_WHITESPACE))
    value, end = _MARKING.raw_decode(text, start)
    if text[end:].strip(_WHITESPACE):
        raise _Rejected
    holder: list[Json] = [value]
    oddities = _settle(holder)
    return Document(value=holder[0], oddities=oddities)


def _members(pairs: list[tuple[str, Json]]) -> JsonObject:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Rejected
    return members


def _constant(_: str) -> Json:
    raise _Rejected


def _float(lexeme: str) -> float | _OddNumber:
    if len(lexeme) > MAX_DIGITS:
        raise _Rejected
    number = float(lexeme)
    if isinf(number):
        return _OddNumber("huge_number", lexeme, copysign(sys.float_info.max, number))
    if number.is_integer():
        return _OddNumber("exponent" if "e" in lexeme.lower() else "fraction_integer", lexeme, number)
    return number


def _int(lexeme: str) -> int | _OddNumber:
    if len(lexeme) > MAX_DIGITS:
        raise _Rejected
    number = int(lexeme)
    return number if -MAX_SAFE_INTEGER <= number <= MAX_SAFE_INTEGER else _OddNumber("huge_number", lexeme, number)


def _plain_float(lexeme: str) -> float:
    number = float(lexeme)
    if number.is_integer() or isinf(number) or len(lexeme) > MAX_DIGITS:
        raise _Odd
    return number


def _plain_int(lexeme: str) -> int:
    if len(lexeme) > _MAX_PLAIN_DIGITS:
        raise _Odd
    return int(lexeme)


_PLAIN = json.JSONDecoder(
    object_pairs_hook=_members, parse_constant=_constant, parse_float=_plain_float, parse_int=_plain_int
)
_MARKING = json.JSONDecoder(object_pairs_hook=_members, parse_constant=_constant, parse_float=_float, parse_int=_int)


def _settle(holder: list[Json]) -> tuple[Oddity, ...]:
    """Put plain values where oddities stand and return those, the ones nearest to the root first."""
    oddities: list[Oddity] = []
    queue: deque[tuple[str, Any]] = deque([("", holder)])
    while queue:
        pointer, container = queue.popleft()
        if isinstance(container, dict):
            _settle_names(pointer, container, oddities)
        for key, child in container.items() if isinstance(container, dict) else enumerate(container):
            if isinstance(child, dict | list):
                queue.append((_below(pointer, key, container is holder), child))
            elif isinstance(child, _OddNumber) or (isinstance(child, str) and _SURROGATE.search(child)):
                container[key], kind, seen = _plain(child)
                _note(oddities, kind, _below(pointer, key, container is holder), seen)
    return tuple(oddities)


def _note(oddities: list[Oddity], kind: str, place: str, seen: Text) -> None:
    if len(oddities) < MAX_ODDITIES:
        oddities.append(Oddity(kind=kind, place=place, seen=fitted(seen, _MAX_SEEN_CHARS)))


def _below(pointer: str, key: int | str, is_root: bool) -> str:
    """Return the RFC 6901 pointer of a member. The holder of the root adds nothing."""
    return "" if is_root else pointer + pointer_to([key])


def _plain(odd: str | _OddNumber) -> tuple[Json, str, str]:
    """Return (plain value, kind of oddity, what was seen)."""
    if isinstance(odd, _OddNumber):
        return odd.value, odd.kind, odd.lexeme
    seen = _SURROGATE.sub(lambda match: f"\\u{ord(match.group()):04x}", odd)
    return _SURROGATE.sub("\ufffd", odd), "lone_surrogate", seen


def _settle_names(pointer: str, members: JsonObject, oddities: list[Oddity]) -> None:
    if not any(_SURROGATE.search(name) for name in members):
        return
    pairs = list(members.items())
    members.clear()
    for name, value in pairs:
        members[_SURROGATE.sub("\ufffd", name)] = value
    _note(oddities, "lone_surrogate", pointer, Said("json_in_name"))
