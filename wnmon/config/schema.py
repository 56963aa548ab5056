"""The JSON Schema of the config language, and nodes held against it with messages a person can act on.

`schema.json` is the one description of the language: editors complete from it, `wnmon schema` prints it, and this
module turns it into checks. A `title` in it is the id of a sentence, which says in problems what was wanted. It is read
here rather than by the jsonschema package because a message must name the place, quote what stood there and offer the
nearest name, and because 1,000 checks must validate in half a second. Only
the keywords below are understood; any other fails at once, and the tests hold both readers against each other.

Kinds of assertions are not looked into: `judge.registry` prepares those and says itself what does not fit.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from wnmon.config.node import KIND_WORDS, Cursor, Node, Value
from wnmon.config.problems import Problem
from wnmon.errors import did_you_mean
from wnmon.judge.values import listed
from wnmon.model.catalogue import CATALOGUE
from wnmon.model.json import kind_of
from wnmon.model.said import Said, Text

_Validator = Callable[[Cursor], None]
_Schema = Mapping[str, Any]

_FILE = Path(__file__).with_name("schema.json")
_REQUEST_FILE = Path(__file__).parent.parent / "wire" / "schemas" / "documented-request-example.json"
_FOR_READERS = frozenset({"$schema", "$id", "$defs", "title", "description", "default", "writeOnly", "type", "then"})
_ELSEWHERE = frozenset({"expect", "rule_expect", "target", "check", "channel", "suite_request", "rule"})
_SHALLOW = ("type", "title", "minProperties")


def language(*, suite: bool = False) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a config file, or of a suite file, its titles in English."""
    part = "suite" if suite else "config"
    schema: dict[str, Any] = json.loads(_FILE.read_text("utf-8"), object_hook=_in_words)
    return {"title": f"wnmon {part}", **schema, "$id": f"urn:wnmon:{part}:1", "$ref": f"#/$defs/{part}"}


def _in_words(schema: dict[str, Any]) -> dict[str, Any]:
    return schema | {"title": str(_phrase(schema))} if isinstance(schema.get("title"), str) else schema


def keys_of_part(part: str) -> tuple[str, ...]:
    """Return the keys that the named part may have."""
    return tuple(_definitions()[part]["properties"])


def fits(part: str, cursor: Cursor) -> bool:
    """Report what in `cursor` breaks the named part (`config`, `target`, `check` ...); tell whether nothing did.

    Parts that are validated on their own (targets, checks, requests, rules, assertions) are passed over within others.
    """
    before = len(cursor.problems)
    _part(part)(cursor)
    return len(cursor.problems) == before


def is_sound(part: str, cursor: Cursor) -> bool:
    """Tell whether nothing in `cursor` breaks the named part, and report nothing."""
    return _is_clean(_part(part), cursor)


def sound(part: str, cursor: Cursor) -> Cursor:
    """Return the mapping at `cursor` without the members that break the named part.

    One broken member is no reason to keep quiet about the others.
    """
    node = cursor.node
    members = {name: member.node for name, member in cursor.members() if _is_clean(_member(part, name), member)}
    return cursor._replace(node=Node(members, node.line, node.column, node.key))


def fits_request(cursor: Cursor) -> bool:
    """Report what in a request body breaks the schema the API page declares, as its own example widens it."""
    before = len(cursor.problems)
    _documented_request()(cursor)
    return len(cursor.problems) == before


@cache
def _part(name: str) -> _Validator:
    return _Compiler(_definitions(), _ELSEWHERE - {name}).compile(_definitions()[name])


@cache
def _member(part: str, name: str) -> _Validator:
    schema = _definitions()[part].get("properties", {}).get(name, False)
    return _Compiler(_definitions(), _ELSEWHERE).compile(schema)


@cache
def _definitions() -> Mapping[str, _Schema]:
    definitions: Mapping[str, _Schema] = json.loads(_FILE.read_text("utf-8"))["$defs"]
    return definitions


@cache
def _documented_request() -> _Validator:
    schema = json.loads(_REQUEST_FILE.read_text("utf-8"))
    return _Compiler(schema.get("$defs", {}), frozenset()).compile(schema)


class _Compiler:
    """Turns a schema into one function, each keyword into a part of it, every $ref once."""

    def __init__(self, definitions: Mapping[str, _Schema], elsewhere: frozenset[str]) -> None:
        self._definitions = definitions
        self._elsewhere = elsewhere
        self._compiled: dict[str, _Validator] = {}

    def compile(self, schema: _Schema | bool) -> _Validator:
        """Return the validator of a schema. Raises KeyError for a keyword it does not know."""
        if isinstance(schema, bool):
            return _anything if schema else _nothing
        parts = [_KEYWORDS[word](self, schema[word], schema) for word in schema if word not in _FOR_READERS]
        accepted = types_of(schema)

        def validate(cursor: Cursor) -> None:
            if accepted is not None and _type_of(cursor.node.value) not in accepted:
                _expected(cursor, schema, _phrase(schema))
                return
            for part in parts:
                part(cursor)

        return parts[0] if accepted is None and len(parts) == 1 else validate

    def refer(self, pointer: str) -> _Validator:
        """Return the validator of a `#/$defs/name`; of its outer shape alone when it is validated on its own."""
        name = pointer.rpartition("/")[2]
        if name not in self._compiled:
            schema = self._definitions[name]
            shape = {word: schema[word] for word in _SHALLOW if word in schema}
            self._compiled[name] = self.compile(shape if name in self._elsewhere else schema)
        return self._compiled[name]

    def resolve(self, schema: _Schema | bool) -> _Schema:
        """Return the schema itself, or what its $ref names."""
        if isinstance(schema, bool):
            return {}
        return self._definitions[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def types_of(schema: _Schema) -> frozenset[str] | None:
    """Return the JSON types a schema accepts, None when it does not say."""
    named = schema.get("type")
    if named is None:
        return None
    names = frozenset([named] if isinstance(named, str) else named)
    return names | {"integer"} if "number" in names else names


def _type_of(value: Value) -> str:
    if isinstance(value, float) and value.is_integer():
        return "integer"  # JSON Schema 2020-12, 6.1.1: 1.0 is an integer
    return "string" if isinstance(value, str) else kind_of(value)


def _phrase(schema: _Schema) -> Text:
    """Say what a schema wants: by its title, whose holes it fills itself, else by its values, else by its type."""
    if "title" in schema:
        bounds = {bound: schema[bound] for bound in ("minimum", "maximum") if bound in schema}
        return Said(schema["title"], **bounds, names=listed("and", schema.get("properties", ())))
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return listed("either", (value if isinstance(value, str) else json.dumps(value) for value in values))
    named = schema.get("type", ())
    return listed("either", (KIND_WORDS[name] for name in ([named] if isinstance(named, str) else named)))


def _expected(cursor: Cursor, schema: _Schema, wanted: Text) -> None:
    private = schema.get("writeOnly") is True and cursor.node.value != ""
    cursor.expected(wanted, cursor.node.kind() if private else cursor.node.show(), _hint(cursor.node, wanted))


def _hint(node: Node, wanted: Text) -> Said | None:
    if wanted == KIND_WORDS["boolean"] and node.value in ("yes", "no", "on", "off", "Yes", "No", "On", "Off"):
        return Said("write_value", value="true" if str(node.value).lower() in {"yes", "on"} else "false")
    alternatives = (wanted, *(hole for _, hole in wanted.holes)) if isinstance(wanted, Said) else ()
    is_bare = isinstance(node.value, (bool, int, float))
    return Said("put_in_quotes") if is_bare and KIND_WORDS["string"] in alternatives else None


def _anything(_cursor: Cursor) -> None:
    return


def _nothing(cursor: Cursor) -> None:
    cursor.report(Said("nothing_may_stand"))


def _is_clean(validate: _Validator, cursor: Cursor) -> bool:
    scratch: list[Problem] = []
    validate(cursor._replace(problems=scratch))
    return not scratch


def _ref(compiler: _Compiler, pointer: str, _schema: _Schema) -> _Validator:
    compiled: list[_Validator] = []

    def validate(cursor: Cursor) -> None:
        if not compiled:  # compiled when first needed: definitions may refer to each other
            compiled.append(compiler.refer(pointer))
        compiled[0](cursor)

    return validate


def _properties(compiler: _Compiler, properties: Mapping[str, _Schema], _schema: _Schema) -> _Validator:
    known = {name: compiler.compile(part) for name, part in properties.items()}

    def validate(cursor: Cursor) -> None:
        here, file, trail, problems = cursor
        for name, node in here.value.items() if isinstance(here.value, dict) else ():
            part = known.get(name)
            if part is not None:
                part(Cursor(node, file, (trail, name), problems))

    return validate


def _additional(compiler: _Compiler, rest: _Schema | bool, schema: _Schema) -> _Validator:
    known = schema.get("properties", {})
    part = compiler.compile(rest)

    def validate(cursor: Cursor) -> None:
        value = cursor.node.value
        if isinstance(value, dict) and value.keys() <= known.keys():
            return  # nearly every mapping: no cursor is made of its members
        for name, member in cursor.members():
            if name not in known and rest is False:
                member.report(Said("unknown_key"), did_you_mean(name, known), key=True)
            elif name not in known:
                part(member)

    return validate if rest is not True else _anything


def _names(compiler: _Compiler, part: _Schema, _schema: _Schema) -> _Validator:
    compiled = compiler.compile(part)

    def validate(cursor: Cursor) -> None:
        for name, member in cursor.members():
            compiled(member._replace(node=Node(name, *member.node.start)))

    return validate


def _required(_compiler: _Compiler, names: list[str], _schema: _Schema) -> _Validator:
    def validate(cursor: Cursor) -> None:
        for name in names:
            if isinstance(cursor.node.value, dict) and name not in cursor.node.value:
                about = Said(f"about_{name}") if f"about_{name}" in CATALOGUE else None
                cursor.report(Said("missing_key", name=f'"{name}"'), about, key=True)

    return validate


def _any_of(compiler: _Compiler, parts: list[_Schema | bool], schema: _Schema) -> _Validator:
    """Judge by the one alternative that takes the value's type: its message is more telling than "none of these"."""
    ways = [(types_of(compiler.resolve(part)), compiler.compile(part)) for part in parts]
    wanted = _phrase(schema) if "title" in schema else listed("either", (_phrase(compiler.resolve(p)) for p in parts))

    def validate(cursor: Cursor) -> None:
        kind = _type_of(cursor.node.value)
        fitting = [way for accepted, way in ways if accepted is None or kind in accepted]
        if len(fitting) == 1:
            fitting[0](cursor)
        elif not any(_is_clean(way, cursor) for way in fitting):
            _expected(cursor, schema, wanted)

    return validate


def _if(compiler: _Compiler, condition: _Schema, schema: _Schema) -> _Validator:
    when, then = compiler.compile(condition), compiler.compile(schema.get("then", True))

    def validate(cursor: Cursor) -> None:
        if _is_clean(when, cursor):
            then(cursor)

    return validate


def _items(compiler: _Compiler, part: _Schema, _schema: _Schema) -> _Validator:
    compiled = compiler.compile(part)

    def validate(cursor: Cursor) -> None:
        for element in cursor.elements():
            compiled(element)

    return validate


def _unique(_compiler: _Compiler, wanted: bool, _schema: _Schema) -> _Validator:
    def validate(cursor: Cursor) -> None:
        seen: set[str] = set()
        for element in cursor.elements():
            text = json.dumps(element.node.plain(), sort_keys=True)
            if text in seen:
                element.report(Said("stands_twice", said=element.node.show()), Said("keep_one"))
            seen.add(text)

    return validate if wanted else _anything


def _enum(_compiler: _Compiler, values: list[Any], schema: _Schema) -> _Validator:
    def validate(cursor: Cursor) -> None:
        value = cursor.node.value
        if any(value == known and type(value) is type(known) for known in values):
            return
        cursor.expected(_phrase(schema), cursor.node.show())

    return validate


def _holds(
    is_within: Callable[[Any, Any], bool], *kinds: type, said: str = ""
) -> Callable[[_Compiler, Any, _Schema], _Validator]:
    """Make a keyword of a comparison that concerns values of some kinds alone; `said` adds the bound in words."""

    def keyword(_compiler: _Compiler, bound: Any, schema: _Schema) -> _Validator:
        def validate(cursor: Cursor) -> None:
            value = cursor.node.value
            if isinstance(value, kinds) and not isinstance(value, bool) and not is_within(value, bound):
                wanted = _phrase(schema)
                _expected(cursor, schema, Said(said, wanted=wanted, n=bound) if said else wanted)

        return validate

    return keyword


def _matches(_compiler: _Compiler, pattern: str, schema: _Schema) -> _Validator:
    compiled = re.compile(pattern)  # our own patterns, never a user's

    def validate(cursor: Cursor) -> None:
        value = cursor.node.value
        # `$` of ECMA-262 is the very end, in Python it may stand before a last line break.
        if isinstance(value, str) and (not compiled.search(value) or value.endswith("\n")):
            _expected(cursor, schema, _phrase(schema))

    return validate


_KEYWORDS: Mapping[str, Callable[[_Compiler, Any, _Schema], _Validator]] = {
    "$ref": _ref,
    "properties": _properties,
    "additionalProperties": _additional,
    "propertyNames": _names,
    "required": _required,
    "minProperties": _holds(lambda value, bound: len(value) >= bound, dict, said="not_empty"),
    "maxProperties": _holds(lambda value, bound: len(value) <= bound, dict, said="with_at_most"),
    "items": _items,
    "minItems": _holds(lambda value, bound: len(value) >= bound, list, said="with_at_least"),
    "maxItems": _holds(lambda value, bound: len(value) <= bound, list, said="with_at_most"),
    "uniqueItems": _unique,
    "enum": _enum,
    "const": lambda compiler, value, schema: _enum(compiler, [value], schema),
    "anyOf": _any_of,
    "if": _if,
    "minLength": _holds(lambda value, bound: len(value) >= bound, str, said="some_text"),
    "maxLength": _holds(lambda value, bound: len(value) <= bound, str, said="text_at_most"),
    "pattern": _matches,
    "minimum": _holds(lambda value, bound: value >= bound, int, float),
    "maximum": _holds(lambda value, bound: value <= bound, int, float),
}
