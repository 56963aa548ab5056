"""Run and Exchange to versioned JSON values and back: `{"wnmon": 1, "run": {...}}`, `{"wnmon": 1, "exchange": {...}}`.

Members are the fields of the dataclasses; enums stand by value, bytes as base64. Instants are nanoseconds since
`marks.started_ns`, so a decoded exchange starts at 0 and `started_at_s` alone ties it to a calendar: the clock of the
host that recorded it leaves no trace, and encoding a decoded record gives the same bytes again.
"""

from __future__ import annotations

import base64
import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from enum import StrEnum
from functools import cache
from math import isfinite
from typing import Any, get_args, get_origin, get_type_hints

from wnmon.model.exchange import Chunk, Exchange, Marks
from wnmon.model.json import Json, JsonObject, kind_of
from wnmon.model.result import Run

VERSION = 1

MAX_NS = 2**63 - 1
"""What CLOCK_MONOTONIC can say: a signed 64-bit number."""

FIRST_S, LAST_S = -62_135_596_800.0, 253_402_300_799.0
"""Epoch seconds of the first and the last second that a date with a year of four digits can show."""

_CALENDAR = frozenset({"started_at_s", "ended_at_s", "not_after_s"})


def encode_exchange(exchange: Exchange) -> JsonObject:
    """Return the exchange as JSON values."""
    return {"wnmon": VERSION, "exchange": _encode(exchange)}


def decode_exchange(document: Json) -> Exchange:
    """Return the exchange of a document. ValueError says where it is malformed."""
    exchange: Exchange = _decode(Exchange, _content(document, "exchange"), "exchange")
    return exchange


def encode_run(run: Run) -> JsonObject:
    """Return the run, its evidence included, as JSON values."""
    return {"wnmon": VERSION, "run": _encode(run)}


def decode_run(document: Json) -> Run:
    """Return the run of a document. ValueError says where it is malformed."""
    run: Run = _decode(Run, _content(document, "run"), "run")
    return run


def decode_as(kind: Any, document: JsonObject, place: str) -> Any:
    """Return members of an object as the dataclass `kind`; others are left. ValueError says which is malformed."""
    known = {field.name for field in fields(kind)}
    return _dataclass(kind, {name: value for name, value in document.items() if name in known}, place)


def _content(document: Json, name: str) -> Json:
    if not isinstance(document, dict) or "wnmon" not in document:
        raise ValueError('no wnmon record: expected an object with a member "wnmon"')
    if document["wnmon"] != VERSION:
        raise ValueError(f"version {document['wnmon']!r} of a wnmon record: this program reads version {VERSION}")
    if name not in document:
        raise ValueError(f"{name}: missing")
    return document[name]


def _encode(value: Any) -> Json:
    if isinstance(value, Exchange):
        value = _from_start(value)
    if is_dataclass(value):
        return {field.name: _encode(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _encode(item) for key, item in value.items()}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    plain: Json = value.value if isinstance(value, StrEnum) else value
    return plain


def _from_start(exchange: Exchange) -> Exchange:
    """Return the exchange with its instants counted from its start."""
    start_ns = exchange.marks.started_ns
    instants = {field.name: getattr(exchange.marks, field.name) for field in fields(Marks)}
    counted: dict[str, Any] = {name: at_ns if at_ns is None else at_ns - start_ns for name, at_ns in instants.items()}
    return replace(
        exchange,
        marks=Marks(**counted),
        chunks=tuple(Chunk(chunk.at_ns - start_ns, chunk.data) for chunk in exchange.chunks),
    )


def _decode(kind: Any, value: Json, place: str) -> Any:
    """Return the value as the type annotation `kind` wants it: the reverse of `_encode`, strict about types."""
    origin = get_origin(kind)
    if origin is types.UnionType:
        # The only unions of the model are `X | None`.
        return None if value is None else _decode(get_args(kind)[0], value, place)
    if origin is tuple:
        return _tuple(get_args(kind), value, place)
    if origin is Mapping:
        members = _expect(dict, value, "an object", place)
        return {key: _decode(get_args(kind)[1], item, f"{place}.{key}") for key, item in members.items()}
    if is_dataclass(kind):
        return _dataclass(kind, _expect(dict, value, "an object", place), place)
    if issubclass(kind, StrEnum):
        return _enum(kind, value, place)
    return _SCALARS[kind](value, place)


def _expect(kind: Any, value: Json, what: str, place: str) -> Any:
    # True is an int to Python, and no number to JSON.
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise _unexpected(value, what, place)
    return value


def _unexpected(value: Json, what: str, place: str) -> ValueError:
    shown = f' "{value[:40]}"' if isinstance(value, str) else ""
    return ValueError(f"{place}: expected {what}, got {kind_of(value)}{shown}")


@cache
def _members(kind: Any) -> tuple[dict[str, Any], tuple[Field[Any], ...]]:
    return get_type_hints(kind), fields(kind)


def _dataclass(kind: Any, members: JsonObject, place: str) -> Any:
    hints, known = _members(kind)
    unknown = members.keys() - {field.name for field in known}
    if unknown:
        raise ValueError(f"{place}.{min(unknown)}: unknown")
    given = {}
    for field in known:
        if field.name in members:
            within = f"{place}.{field.name}"
            given[field.name] = _in_time(field.name, _decode(hints[field.name], members[field.name], within), within)
        elif field.default is MISSING and field.default_factory is MISSING:
            raise ValueError(f"{place}.{field.name}: missing")
    return kind(**given)


def _in_time(name: str, value: Any, place: str) -> Any:
    """Return the value of a field, by whose name it is an instant or not, if a clock or a calendar can show it."""
    if value is not None and name.endswith("_ns") and abs(value) > MAX_NS:
        raise ValueError(f"{place}: expected an instant of a clock, in nanoseconds of at most 63 bits")
    if name in _CALENDAR and not FIRST_S <= value <= LAST_S:
        raise ValueError(f"{place}: expected an instant of a calendar, in seconds since 1970")
    return value


def _tuple(kinds: tuple[Any, ...], value: Json, place: str) -> Any:
    items = _expect(list, value, "an array", place)
    if kinds[1] is ...:
        kinds = kinds[:1] * len(items)
    if len(items) != len(kinds):
        raise ValueError(f"{place}: expected {len(kinds)} items, got {len(items)}")
    return tuple(_decode(kind, item, f"{place}[{k}]") for k, (kind, item) in enumerate(zip(kinds, items, strict=True)))


def _enum(kind: type[StrEnum], value: Json, place: str) -> StrEnum:
    choices = {member.value: member for member in kind}
    if not isinstance(value, str) or value not in choices:
        raise _unexpected(value, "one of " + " ".join(choices), place)
    return choices[value]


def _number(value: Json, place: str) -> float:
    try:
        number = float(_expect((int, float), value, "a number", place))
    except OverflowError:
        raise _unexpected(value, "a number a float can hold", place) from None
    if not isfinite(number):
        raise _unexpected(value, "a finite number", place)
    return number


def _bytes(value: Json, place: str) -> bytes:
    text = _expect(str, value, "base64", place)
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise _unexpected(value, "base64", place) from None


_SCALARS: dict[type, Any] = {
    str: lambda value, place: _expect(str, value, "a string", place),
    int: lambda value, place: _expect(int, value, "an integer", place),
    bool: lambda value, place: _expect(bool, value, "a boolean", place),
    float: _number,
    bytes: _bytes,
}
