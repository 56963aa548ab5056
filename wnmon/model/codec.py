"""Records to versioned JSON values and back: `{"wnmon": 1, "run": {...}}`, `{"wnmon": 1, "exchange": {...}}`.

Members are the fields of the dataclasses; enums stand by value, bytes as base64, sentences in English. A member `said`
beside those tells their ids and holes, and of words that read like a sentence, that they are words. Where it is
missing, as in records of before there were ids, a sentence without holes is told by its words, and any other stays
text. Instants are nanoseconds since
`marks.started_ns`, so a decoded exchange starts at 0 and `started_at_s` alone ties it to a calendar: the clock of the
host that recorded it leaves no trace, and encoding a decoded record gives the same bytes again.
"""

from __future__ import annotations

import base64
import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from math import isfinite
from string import Formatter
from types import NoneType
from typing import Any, Union, get_args, get_origin, get_type_hints

from wnmon.model.catalogue import CATALOGUE
from wnmon.model.credentials import masked
from wnmon.model.exchange import Chunk, Exchange, Lag, Marks
from wnmon.model.json import Json, JsonObject, kind_of
from wnmon.model.said import Hole, Said, Text

VERSION = 1

MAX_NS = 2**63 - 1
"""What CLOCK_MONOTONIC can say: a signed 64-bit number."""

FIRST_S, LAST_S = -62_135_596_800.0, 253_402_300_799.0
"""Epoch seconds of the first and the last second that a date with a year of four digits can show."""

_CALENDAR = frozenset({"started_at_s", "ended_at_s", "not_after_s"})


def encode_exchange(exchange: Exchange) -> JsonObject:
    """Return the exchange as JSON values."""
    return encode_as("exchange", exchange)


def decode_exchange(document: Json) -> Exchange:
    """Return the exchange of a document. ValueError says where it is malformed."""
    exchange: Exchange = decode_from(Exchange, document, "exchange")
    return exchange


def encode_as(name: str, value: Any, *, words_only: bool = False) -> JsonObject:
    """Return a dataclass as JSON values, under its name. `words_only`: without ids, and without what never compares."""
    document: JsonObject = {"wnmon": VERSION}
    return document | {name: _encode(value, words_only)}


def decode_from(kind: Any, document: Json, name: str) -> Any:
    """Return the dataclass `kind` that `encode_as` put under this name. ValueError says where it is malformed."""
    if not isinstance(document, dict) or "wnmon" not in document:
        raise ValueError(Said("record_none"))
    if document["wnmon"] != VERSION:
        raise ValueError(Said("record_version", version=repr(document["wnmon"]), ours=VERSION))
    if name not in document:
        raise _wrong(name, Said("record_missing"))
    return _decode(kind, document[name], name)


def decode_as(kind: Any, document: JsonObject, place: str) -> Any:
    """Return members of an object as the dataclass `kind`; others are left. ValueError says which is malformed."""
    known = {field.name for field in fields(kind)}
    return _dataclass(kind, {name: value for name, value in document.items() if name in known}, place)


def _encode(value: Any, words_only: bool = False) -> Json:
    if isinstance(value, Exchange):
        value = _from_start(value)
    if isinstance(value, Said):
        return str(value)
    if is_dataclass(value):
        kept = [field for field in fields(value) if field.compare or not words_only]
        members: JsonObject = {field.name: _encode(getattr(value, field.name), words_only) for field in kept}
        said: JsonObject = {name: ids for name in _texts_of(value.__class__) if (ids := _ids(getattr(value, name)))}
        return members | {"said": said} if said and not words_only else members
    if isinstance(value, tuple):
        return [_encode(item, words_only) for item in value]
    if isinstance(value, Mapping):
        return {key: _encode(item, words_only) for key, item in value.items()}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Decimal):
        return str(value)
    plain: Json = value.value if isinstance(value, StrEnum) else value
    return plain


@cache
def _texts_of(kind: Any) -> tuple[str, ...]:
    """Return the fields that hold a text, or a mapping of texts."""
    return tuple(name for name, hint in get_type_hints(kind).items() if hint is Text or hint == Mapping[str, Text])


def _ids(value: Text | Mapping[str, Text]) -> Json:
    """Return the id and the holes of a sentence, or of each sentence of a mapping; of words, those FIXED mistakes."""
    if isinstance(value, Mapping):
        return {key: ids for key, item in value.items() if (ids := _ids(item))}
    if isinstance(value, str):
        return value if value in FIXED else None
    holes: JsonObject = {name: _encode_hole(hole) for name, hole in value.holes}
    name: JsonObject = {"id": value.id}
    return name | {"holes": holes} if holes else name


def _encode_hole(hole: Hole) -> Json:
    if isinstance(hole, tuple):
        return [*hole]
    return _ids(hole) if isinstance(hole, Said) else hole


def _from_start(exchange: Exchange) -> Exchange:
    """Return the exchange with its instants counted from its start."""
    start_ns = exchange.marks.started_ns
    instants = {field.name: getattr(exchange.marks, field.name) for field in fields(Marks)}
    counted: dict[str, Any] = {name: at_ns if at_ns is None else at_ns - start_ns for name, at_ns in instants.items()}
    return replace(
        exchange,
        marks=Marks(**counted),
        chunks=tuple(Chunk(chunk.at_ns - start_ns, chunk.data) for chunk in exchange.chunks),
        lags=tuple(Lag(lag.at_ns - start_ns, lag.late_ns) for lag in exchange.lags),
    )


def _decode(kind: Any, value: Json, place: str) -> Any:
    """Return the value as the type annotation `kind` wants it: the reverse of `_encode`, strict about types."""
    if kind is Text:
        return FIXED.get(_expect(str, value, Said("record_a_string"), place), value)
    origin = get_origin(kind)
    if origin in {types.UnionType, Union}:
        # The only unions of the model are `X | None`, and any JSON value.
        return value if value is None or get_args(kind)[0] is NoneType else _decode(get_args(kind)[0], value, place)
    if origin is tuple:
        return _tuple(get_args(kind), value, place)
    if origin is Mapping:
        members = _expect(dict, value, Said("record_an_object"), place)
        return {key: _decode(get_args(kind)[1], item, f"{place}.{key}") for key, item in members.items()}
    if is_dataclass(kind):
        return _dataclass(kind, _expect(dict, value, Said("record_an_object"), place), place)
    if issubclass(kind, StrEnum):
        return _enum(kind, value, place)
    return _SCALARS[kind](value, place)


def _expect(kind: Any, value: Json, what: Said, place: str) -> Any:
    # True is an int to Python, and no number to JSON.
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise _unexpected(value, what, place)
    return value


def _unexpected(value: Json, what: Said, place: str) -> ValueError:
    shown = f' "{masked(value[:200])[:40]}"' if isinstance(value, str) else ""
    return _wrong(place, Said("record_expected", wanted=what, got=kind_of(value) + shown))


def _wrong(place: str, said: Said) -> ValueError:
    return ValueError(Said("record_at", place=place, said=said))


@cache
def _members(kind: Any) -> tuple[dict[str, Any], tuple[Field[Any], ...]]:
    return get_type_hints(kind), fields(kind)


def _dataclass(kind: Any, members: JsonObject, place: str) -> Any:
    hints, known = _members(kind)
    said = _expect(dict, members.get("said", {}), Said("record_an_object"), f"{place}.said")
    _refuse_unknown(said.keys() - _texts_of(kind), f"{place}.said")
    _refuse_unknown(members.keys() - {field.name for field in known} - {"said"}, place)
    given = {}
    for field in known:
        if field.name in members:
            within = f"{place}.{field.name}"
            decoded = _in_time(field.name, _decode(hints[field.name], members[field.name], within), within)
            given[field.name] = _with_ids(decoded, said.get(field.name), f"{place}.said.{field.name}")
        elif field.default is MISSING and field.default_factory is MISSING:
            raise _wrong(f"{place}.{field.name}", Said("record_missing"))
    return kind(**given)


def _refuse_unknown(names: set[str], place: str) -> None:
    if names:
        raise _wrong(f"{place}.{min(names)}", Said("record_unknown"))


@cache
def _holes_of(name: str) -> list[str]:
    return sorted(hole for _, hole, _, _ in Formatter().parse(CATALOGUE[name][0]) if hole is not None)


# Of two ids with the same words, the first: the rooms of the catalogue begin with what records hold.
FIXED = {str(Said(name)): Said(name) for name in reversed(list(CATALOGUE)) if not _holes_of(name)}
"""What tells a sentence in a record that has no ids."""

_MAX_NESTING = 16
_MAX_DIGITS = 100


def _with_ids(decoded: Any, ids: Json, place: str) -> Any:
    """Return a text, or each text of a mapping, as the sentence or the words its record tells it to be."""
    if ids is None:
        return decoded
    if not isinstance(decoded, Mapping):
        return _text(ids, place, 0)
    said = _expect(dict, ids, Said("record_an_object"), place)
    _refuse_unknown(said.keys() - decoded.keys(), place)
    return {key: _with_ids(text, said.get(key), f"{place}.{key}") for key, text in decoded.items()}


def _text(ids: Json, place: str, depth: int) -> Text:
    if isinstance(ids, str):
        return ids
    members = _expect(dict, ids, Said("record_a_sentence"), place)
    name, holes = members.get("id"), _expect(dict, members.get("holes", {}), Said("record_an_object"), f"{place}.holes")
    if not isinstance(name, str) or name not in CATALOGUE or depth == _MAX_NESTING:
        raise _wrong(place, Said("record_strange_sentence"))
    # Never those of a sentence with one hole twice, which no record holds: nested, its length would double each time.
    if sorted(holes) != _holes_of(name):
        raise _wrong(place, Said("record_strange_holes", name=name))
    return Said(name, **{key: _hole(hole, f"{place}.{key}", depth + 1) for key, hole in holes.items()})


def _hole(value: Json, place: str, depth: int) -> Hole:
    if isinstance(value, float):
        return _number(value, place)
    if isinstance(value, list):
        return tuple(_expect(str, word, Said("record_a_string"), place) for word in value)
    return value if type(value) is int else _text(value, place, depth)


def _in_time(name: str, value: Any, place: str) -> Any:
    """Return the value of a field, by whose name it is an instant or not, if a clock or a calendar can show it."""
    if value is not None and name.endswith("_ns") and abs(value) > MAX_NS:
        raise _wrong(place, Said("record_strange_ns"))
    if name in _CALENDAR and not FIRST_S <= value <= LAST_S:
        raise _wrong(place, Said("record_strange_s"))
    return value


def _tuple(kinds: tuple[Any, ...], value: Json, place: str) -> Any:
    items = _expect(list, value, Said("record_an_array"), place)
    if kinds[1] is ...:
        kinds = kinds[:1] * len(items)
    if len(items) != len(kinds):
        wanted = Said("record_n_items", n=len(kinds))
        raise _wrong(place, Said("record_expected", wanted=wanted, got=len(items)))
    return tuple(_decode(kind, item, f"{place}[{k}]") for k, (kind, item) in enumerate(zip(kinds, items, strict=True)))


def _enum(kind: type[StrEnum], value: Json, place: str) -> StrEnum:
    choices = {member.value: member for member in kind}
    if not isinstance(value, str) or value not in choices:
        raise _unexpected(value, Said("record_one_of", names=" ".join(choices)), place)
    return choices[value]


def _number(value: Json, place: str) -> float:
    try:
        number = float(_expect((int, float), value, Said("record_a_number"), place))
    except OverflowError:
        raise _unexpected(value, Said("record_a_float"), place) from None
    if not isfinite(number):
        raise _unexpected(value, Said("record_a_finite"), place)
    return number


def _decimal(value: Json, place: str) -> Decimal:
    text = _expect(str, value, Said("record_a_number"), place)
    try:
        number = Decimal(text[:_MAX_DIGITS])
    except InvalidOperation:
        raise _unexpected(value, Said("record_a_number"), place) from None
    if not number.is_finite() or abs(number.adjusted()) > _MAX_DIGITS:  # to write out 1E999999999 takes a gigabyte
        raise _unexpected(value, Said("record_a_finite"), place)
    return number


def _bytes(value: Json, place: str) -> bytes:
    text = _expect(str, value, Said("record_base64"), place)
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise _unexpected(value, Said("record_base64"), place) from None


_SCALARS: dict[type, Any] = {
    str: lambda value, place: _expect(str, value, Said("record_a_string"), place),
    int: lambda value, place: _expect(int, value, Said("record_an_integer"), place),
    bool: lambda value, place: _expect(bool, value, Said("record_a_boolean"), place),
    float: _number,
    bytes: _bytes,
    Decimal: _decimal,
}
