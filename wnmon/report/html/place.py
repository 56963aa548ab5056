"""Where in a body a finding points: its `place` turned into the bytes around it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from wnmon.model.exchange import Chunk
from wnmon.model.json import keys_of
from wnmon.report.html.body import printable
from wnmon.wire.sse import parse

MAX_SEARCHED_BYTES = 1024 * 1024
"""A place in a larger body is not looked for."""
CONTEXT_BYTES = 160
MAX_HIT_BYTES = 480

_BYTE = re.compile(r"byte (\d{1,9})")
_EVENT = re.compile(r"event (\d{1,9})\s*(/.*)?")
_DECODER = json.JSONDecoder(strict=False, parse_int=str, parse_float=str)
_SPACE = " \t\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """A piece of a body, ready to be shown. `exact` is False where the place itself is absent: `hit` holds it not."""

    before: str
    hit: str
    after: str
    exact: bool


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    exact: bool = True


def excerpt(body: bytes, place: str) -> Excerpt | None:
    """Return the part of `body` that `place` names, with what stands around it; None where it names no bytes.

    Known places: `byte N`, `event N` with an optional JSON Pointer into its data, and a JSON Pointer into the body.
    Never raises, whatever the bytes.
    """
    span = _locate(body, place) if len(body) <= MAX_SEARCHED_BYTES else None
    if span is None:
        return None
    low, high = max(0, span.start - CONTEXT_BYTES), min(len(body), span.end + CONTEXT_BYTES)
    hit = body[span.start : span.end]
    if not span.exact:
        return Excerpt(before=_shown(hit, low=span.start > 0, high=span.end < len(body)), hit="", after="", exact=False)
    return Excerpt(
        before=("…" if low else "") + printable(body[low : span.start]),
        hit=_shown(hit),
        after=printable(body[span.end : high]) + ("…" if high < len(body) else ""),
        exact=True,
    )


def _shown(data: bytes, *, low: bool = False, high: bool = False) -> str:
    """Return the bytes as text, a long middle left out."""
    if len(data) <= MAX_HIT_BYTES:
        text = printable(data)
    else:
        text = f"{printable(data[: MAX_HIT_BYTES // 2])} … {printable(data[-MAX_HIT_BYTES // 2 :])}"
    return f"{'…' if low else ''}{text}{'…' if high else ''}"


def _locate(body: bytes, place: str) -> _Span | None:
    if byte := _BYTE.fullmatch(place):
        start = min(int(byte[1]), max(len(body) - 1, 0))
        return _Span(start, min(start + 1, len(body))) if body else None
    if event := _EVENT.fullmatch(place):
        return _locate_event(body, int(event[1]), event[2])
    if place.startswith("/"):
        return _locate_pointer(body, 0, len(body), place)
    return None


def _locate_event(body: bytes, index: int, pointer: str | None) -> _Span | None:
    """Return where an event stands, or a place in its data. Lines stand in for chunks, their ends for the time."""
    ends, end = [], 0
    for line in body.splitlines(keepends=True):
        end += len(line)
        ends.append(Chunk(end, line))
    stops = [0, *(event.at_ns for event in parse(ends).events)]
    bounds = list(pairwise(stops))
    if index >= len(bounds):
        return None
    low, high = bounds[index]
    first = body.find(b"{", low, high)
    inside = _locate_pointer(body, first, high, pointer) if pointer and first >= 0 else None
    return inside or _Span(low, low + len(body[low:high].rstrip(b"\r\n")))


def _locate_pointer(body: bytes, low: int, high: int, pointer: str) -> _Span | None:
    """Return where a value stands; where it is absent, the value that lacks it."""
    text = body[low:high].decode("latin-1")  # a character for a byte, so that places are offsets
    try:
        return _walk(text, keys_of(pointer), low)
    except (ValueError, RecursionError):  # no JSON, or deeper than the reader goes: there is no such place
        return None


def _walk(text: str, keys: Sequence[str], offset: int) -> _Span:
    at, exact = _after_space(text, 0), True
    for key in keys:
        found = _member(text, at, key) if text[at : at + 1] == "{" else _item(text, at, key)
        if found is None:
            exact = False
            break
        at = found
    return _Span(offset + at, offset + _DECODER.raw_decode(text, at)[1], exact)


def _member(text: str, at: int, wanted: str) -> int | None:
    """Return where the value of a member of the object at `at` begins. A broken object raises ValueError."""
    at = _after_space(text, at + 1)
    while text[at : at + 1] != "}":
        name, end = _DECODER.raw_decode(text, at)
        at = _after_space(text, _after_space(text, end) + 1)
        if _unicode(name) == wanted:
            return at
        at = _next(text, at)
    return None


def _item(text: str, at: int, wanted: str) -> int | None:
    """Return where an item of the array at `at` begins, None where there is no such item or no array."""
    if text[at : at + 1] != "[" or not wanted.isdecimal():
        return None
    at = _after_space(text, at + 1)
    for _ in range(int(wanted)):
        if text[at : at + 1] == "]":
            return None
        at = _next(text, at)
    return None if text[at : at + 1] == "]" else at


def _next(text: str, at: int) -> int:
    """Return where what follows the value at `at` begins: past its comma, or at the closing bracket."""
    at = _after_space(text, _DECODER.raw_decode(text, at)[1])
    return _after_space(text, at + 1) if text[at : at + 1] == "," else at


def _after_space(text: str, at: int) -> int:
    while text[at : at + 1] in _SPACE and at < len(text):
        at += 1
    return at


def _unicode(name: object) -> str:
    """Return a member name whose bytes were read as Latin-1; one that holds an escape beyond that is right already."""
    try:
        return str(name).encode("latin-1").decode()
    except UnicodeError:
        return str(name)
