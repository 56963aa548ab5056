"""`json: {at: /usage, schema: {...}}`: the body, or a place in it, against JSON Schema 2020-12.

Works on a JSON answer and on the completion a stream folds to. `json: {}` asks only for one strict JSON text
(RFC 8259 §§2, 4, 8.1). `chunk: {schema: {...}}` judges every payload of a stream that carries a choice.
absent, null and wrong type are told apart: a relay's operator fixes each of them elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

import referencing
from jsonschema import Draft202012Validator, FormatChecker, SchemaError, ValidationError, validators
from jsonschema.protocols import Validator

from wnmon.judge.patterns import Pattern, compile_pattern
from wnmon.judge.subject import Subject, Unfit
from wnmon.model.json import ABSENT, Json, JsonObject, Missing, at, kind_of, pointer_to
from wnmon.model.result import Finding, Reason
from wnmon.model.text import cut
from wnmon.wire.events import Form, Frame

MAX_FINDINGS = 20

Compiled = Validator
"""A schema, compiled. Other kinds that hold one need not know the library."""


@dataclass(frozen=True, slots=True)
class Place:
    """A pointer and the compiled schema its value must satisfy; None where being JSON is enough."""

    pointer: str
    validator: Validator | None


def prepare(value: Json) -> tuple[Place, ...]:
    """Return what to look at. Raises Unfit for a bad pointer or schema."""
    items = value if isinstance(value, list) else [value]
    return tuple(_place(item, f"/{i}" if isinstance(value, list) else "") for i, item in enumerate(items))


def _place(item: Json, where: str) -> Place:
    if not isinstance(item, dict):
        raise Unfit(where, f"a mapping with at and schema, not {kind_of(item)}")
    pointer = item.get("at", "")
    if not isinstance(pointer, str) or (pointer and not pointer.startswith("/")):
        raise Unfit(f"{where}/at", f'a JSON Pointer such as /usage or "", not {pointer!r}')
    return Place(pointer, compile_schema(item["schema"], f"{where}/schema") if "schema" in item else None)


def compile_schema(schema: Json, where: str = "") -> Validator:
    """Return a validator that fetches nothing and ends in bounded time. Raises Unfit for a bad schema.

    Read as JSON Schema 2020-12, whatever `$schema` says; patterns run under RE2.
    """
    if not isinstance(schema, (dict, bool)):
        raise Unfit(where, f"a JSON Schema, not {kind_of(schema)}")
    try:
        # Without formats: the one for patterns would ask Python's own dialect of them.
        Draft202012Validator.check_schema(schema, format_checker=FormatChecker(formats=()))
    except SchemaError as wrong:
        raise Unfit(where + pointer_to(wrong.absolute_path), f"a JSON Schema: {cut(wrong.message, 120)}") from None
    reading = _Reading(where)
    clean = reading.schema(schema, "")
    reading.check_references()
    validator: Validator = _validator_class(reading.patterns)(clean, registry=referencing.Registry())
    return validator


# What `$id` and `$schema` name would change the base of references and, in a subschema, the validator itself.
_DROPPED = frozenset({"$schema", "$id", "$anchor", "$dynamicAnchor", "$comment"})
# The first could lead out of the schema; the others take time that grows with the square of the answer.
_REFUSED = frozenset({"$dynamicRef", "unevaluatedItems", "unevaluatedProperties"})
_MAPS = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
_BOOLEANS = frozenset({"items", "additionalProperties", "contains", "propertyNames", "not", "if", "then", "else"})
_LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_DATA = frozenset({"const", "enum", "default", "examples"})


class _Reading:
    """One pass over a schema: a copy in plain form, its patterns compiled, its references known."""

    def __init__(self, where: str) -> None:
        self.patterns: dict[str, Pattern] = {}
        self._where = where
        self._nodes: set[str] = set()
        self._references: list[tuple[str, str]] = []

    def schema(self, schema: Json, here: str) -> Json:
        """Return a schema in plain form: `false` becomes `{"not": {}}`, so that a complaint knows its place."""
        self._nodes.add(here)
        if isinstance(schema, bool):
            return {} if schema else {"not": {}}
        if not isinstance(schema, dict):
            return schema
        return {
            key: self._keyword(key, value, here + pointer_to([key]))
            for key, value in schema.items()
            if key not in _DROPPED
        }

    def check_references(self) -> None:
        """Refuse a reference that leaves the schema (it would be fetched) or leads nowhere (it would fail later)."""
        for here, reference in self._references:
            if not reference.startswith("#") or reference[1:] not in self._nodes:
                message = f"a reference into this schema such as #/$defs/name, not {reference!r}"
                raise Unfit(self._where + here, message)

    def _keyword(self, key: str, value: Json, here: str) -> Json:
        if key in _REFUSED:
            raise Unfit(self._where + here, f"a schema without {key}", "additionalProperties and prefixItems are known")
        if key in _DATA:
            return value
        if key == "$ref":
            self._references.append((here, str(value)))
        if key == "pattern":
            self._compile(str(value), here)
        if key in _MAPS and isinstance(value, dict):
            return {name: self._member(key, name, value[name], here + pointer_to([name])) for name in value}
        if key in _BOOLEANS or isinstance(value, dict):
            return self.schema(value, here)
        if isinstance(value, list):
            return [self._item(key, child, f"{here}/{i}") for i, child in enumerate(value)]
        return value

    def _member(self, key: str, name: str, value: Json, here: str) -> Json:
        if key == "patternProperties":
            self._compile(name, here)
        return self.schema(value, here)

    def _item(self, key: str, value: Json, here: str) -> Json:
        return self.schema(value, here) if key in _LISTS or isinstance(value, dict) else value

    def _compile(self, pattern: str, here: str) -> None:
        self.patterns[pattern] = compile_pattern(pattern, self._where + here)


def _validator_class(patterns: Mapping[str, Pattern]) -> Any:
    """Return 2020-12 with the keywords replaced that run Python's own patterns or take quadratic time."""

    def pattern(_: Any, wanted: str, instance: Any, __: Any) -> Iterator[ValidationError]:
        if isinstance(instance, str) and not patterns[wanted].search(instance):
            yield ValidationError(f"does not match {wanted!r}")

    def pattern_properties(validator: Any, wanted: Any, instance: Any, _: Any) -> Iterator[ValidationError]:
        for name, value in instance.items() if isinstance(instance, dict) else ():
            for each, subschema in wanted.items():
                if patterns[each].search(name):
                    yield from validator.descend(value, subschema, path=name, schema_path=each)

    def additional_properties(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        known, matching = schema.get("properties", {}), schema.get("patternProperties", {})
        for name, value in instance.items() if isinstance(instance, dict) else ():
            if name not in known and not any(patterns[each].search(name) for each in matching):
                yield from validator.descend(value, wanted, path=name)

    keywords = {
        "pattern": pattern,
        "patternProperties": pattern_properties,
        "additionalProperties": additional_properties,
        "required": _required,
        "uniqueItems": _unique_items,
    }
    return validators.extend(Draft202012Validator, keywords)  # type: ignore[no-untyped-call]


def _required(_: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    for name in wanted if isinstance(instance, dict) else ():
        if name not in instance:
            yield ValidationError("a required member is absent", path=(name,), instance=ABSENT, schema=schema)


def _unique_items(_: Any, wanted: Any, instance: Any, __: Any) -> Iterator[ValidationError]:
    seen: set[str] = set()
    for i, item in enumerate(instance if wanted and isinstance(instance, list) else ()):
        text = json.dumps(_with_plain_numbers(item), sort_keys=True)
        if text in seen:
            yield ValidationError("an item repeats", path=(i,), instance=item)
            return
        seen.add(text)


def _with_plain_numbers(value: Json) -> Json:
    """Return the value with 1.0 as 1: equal numbers are equal items (JSON Schema core §4.2.2)."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, list):
        return [_with_plain_numbers(item) for item in value]
    return {name: _with_plain_numbers(item) for name, item in value.items()} if isinstance(value, dict) else value


def assess(expected: tuple[Place, ...], subject: Subject) -> list[Finding]:
    """Complain about each place that does not satisfy its schema, or once when there is no JSON at all."""
    document = subject.reply.document
    if document is None or document.problem is not None:
        return [_no_json(subject)]
    return [finding for place in expected for finding in _assess_place(place, document.value, subject.step)]


def _no_json(subject: Subject) -> Finding:
    document, form, failure = subject.reply.document, subject.reply.form, subject.exchange.failure
    problem = document.problem if document else None
    said = f"{problem.kind}: {problem.message}" if problem else form.value
    return Finding(
        message="the body is not one JSON text",
        expected="one JSON text (RFC 8259)",
        # Of a body that was cut off or would not unpack, the cause says more than where the JSON ends.
        actual=cut(failure.detail) if failure and failure.detail else said,
        place=f"byte {problem.offset}" if problem else "",
        step=subject.step,
        reason=Reason.EMPTY if form is Form.EMPTY else Reason.BAD_JSON,
    )


def _assess_place(place: Place, document: Json, step: str) -> list[Finding]:
    value = at(document, place.pointer)
    if isinstance(value, Missing):
        return [_finding("the place does not exist", "a value", ABSENT, place.pointer, step)]
    return schema_findings(place.validator, value, place.pointer, step) if place.validator else []


def schema_findings(validator: Validator, value: Json, pointer: str, step: str) -> list[Finding]:
    """Return at most MAX_FINDINGS complaints, ordered by place."""
    try:
        errors = list(islice(validator.iter_errors(value), MAX_FINDINGS))
    except RecursionError:
        return [_finding("too deep, or the schema refers to itself without end", "an end", value, pointer, step)]
    findings = [_from_error(error, pointer, step) for error in errors]
    return sorted(findings, key=lambda finding: finding.place)


def _from_error(error: ValidationError, pointer: str, step: str) -> Finding:
    place = cut(pointer + pointer_to(error.absolute_path))
    return _finding(_message(error), _expected(error), cast("Json | Missing", error.instance), place, step)


def _message(error: ValidationError) -> str:
    if _forbids(error):
        return "a member that must not be there"
    if error.validator == "type":
        return "another type than declared"
    return error.message if error.validator in {"required", "pattern", "uniqueItems"} else f"breaks {error.validator}"


def _forbids(error: ValidationError) -> bool:
    return error.validator == "not" and error.validator_value == {}


def _expected(error: ValidationError) -> str:
    """Say what the schema wanted at that place: for an absent member, the type its own subschema declares."""
    if _forbids(error):
        return "absent"
    if error.validator == "required":
        schema = error.schema if isinstance(error.schema, dict) else {}
        declared = (schema.get("properties") or {}).get(error.absolute_path[-1])
        return _declared_type(declared) or "present"
    if error.validator == "type":
        return _declared_type({"type": error.validator_value}) or "another type"
    return cut(f"{error.validator}: {json.dumps(error.validator_value, ensure_ascii=False, default=str)}", 120)


def _declared_type(schema: Any) -> str | None:
    declared = schema.get("type") if isinstance(schema, dict) else None
    return " or ".join(declared) if isinstance(declared, list) else declared


def _finding(message: str, expected: str, value: Json | Missing, place: str, step: str) -> Finding:
    return Finding(message=message, expected=expected, actual=show(value), place=place, step=step, reason=Reason.SCHEMA)


def show(value: Json | Missing) -> str:
    """Return a value as a finding shows it: its type, and a short form of a scalar."""
    kind = kind_of(value)
    if isinstance(value, (bool, int, float, str)):
        return f"{kind} {cut(json.dumps(value, ensure_ascii=False), 120)}"
    return kind


def prepare_chunk(value: Json) -> Validator:
    """Return the schema every chunk of a stream must satisfy."""
    if not isinstance(value, dict) or set(value) != {"schema"}:
        raise Unfit("", "a mapping with the one key schema")
    return compile_schema(value["schema"], "/schema")


def assess_chunk(expected: Validator, subject: Subject) -> list[Finding]:
    """Complain about chunks that break the schema: the first few, each with its event."""
    findings: list[Finding] = []
    for frame in subject.reply.frames:
        value = _chunk(frame)
        if value is None:
            continue
        where = f"event {frame.event.index} "
        findings.extend(schema_findings(expected, value, where, subject.step))
        if len(findings) >= MAX_FINDINGS:
            break
    return findings[:MAX_FINDINGS]


def _chunk(frame: Frame) -> JsonObject | None:
    """Return a payload that speaks for a choice, None for all others.

    Usage alone, a ping, Azure's preamble and an error carry no choice: clients skip them, and other rules judge them.
    """
    value = frame.document.value if frame.document and not frame.document.problem else None
    if not isinstance(value, dict) or value.get("error") or frame.event.name == "error":
        return None
    return value if value.get("choices") else None
