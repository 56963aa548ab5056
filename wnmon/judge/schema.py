"""`json: {at: /usage, schema: {...}}`: the body, or a place in it, against JSON Schema 2020-12.

Works on a JSON answer and on the completion a stream folds to. `json: {}` asks only for one strict JSON text
(RFC 8259 §§2, 4, 8.1). `chunk: {schema: {...}}` judges every JSON payload of a stream but error payloads.
absent, null and wrong type are told apart: a relay's operator fixes each of them elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

import referencing
from jsonschema import Draft202012Validator, SchemaError, ValidationError, validators
from jsonschema.protocols import Validator

from wnmon.judge.subject import Subject, Unfit, cut
from wnmon.judge.text import Pattern, compile_pattern
from wnmon.model.json import ABSENT, Json, JsonObject, Missing, at, kind_of
from wnmon.model.result import Finding, Reason
from wnmon.wire.events import Form

MAX_FINDINGS = 20


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
    """Return a validator that fetches nothing and matches patterns in linear time. Raises Unfit for a bad schema."""
    if not isinstance(schema, (dict, bool)):
        raise Unfit(where, f"a JSON Schema, not {kind_of(schema)}")
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as wrong:
        raise Unfit(
            where + wrong.json_path[1:].replace(".", "/"), f"a JSON Schema: {cut(wrong.message, 120)}"
        ) from None
    patterns: dict[str, Pattern] = {}
    for pointer, node in _nodes(schema, where):
        _check_reference(node, schema, pointer)
        patterns.update(_patterns(node, pointer))
    validator: Validator = _validator_class(patterns)(schema, registry=referencing.Registry())
    return validator


def _nodes(schema: Json, pointer: str) -> Iterator[tuple[str, JsonObject]]:
    stack: list[tuple[str, Json]] = [(pointer, schema)]
    while stack:
        here, value = stack.pop()
        if isinstance(value, dict):
            yield here, value
            stack.extend((f"{here}/{key}", child) for key, child in value.items() if key not in {"const", "enum"})
        elif isinstance(value, list):
            stack.extend((f"{here}/{i}", child) for i, child in enumerate(value))


def _check_reference(node: JsonObject, schema: Json, pointer: str) -> None:
    """A reference that leaves the schema would be fetched, one that leads nowhere would fail at run time."""
    reference = node.get("$ref")
    if not isinstance(reference, str):
        return
    if reference != "#" and (not reference.startswith("#/") or isinstance(at(schema, reference[1:]), Missing)):
        raise Unfit(f"{pointer}/$ref", f"a reference into this schema such as #/$defs/name, not {reference!r}")


def _patterns(node: JsonObject, pointer: str) -> Iterator[tuple[str, Pattern]]:
    pattern = node.get("pattern")
    if isinstance(pattern, str):
        yield pattern, compile_pattern(pattern, f"{pointer}/pattern")
    properties = node.get("patternProperties")
    for name in properties if isinstance(properties, dict) else ():
        yield name, compile_pattern(name, f"{pointer}/patternProperties")


def _validator_class(patterns: Mapping[str, Pattern]) -> Any:
    def pattern(_: Any, wanted: str, instance: Any, __: Any) -> Iterator[ValidationError]:
        if isinstance(instance, str) and not patterns[wanted].search(instance):
            yield ValidationError(f"does not match {wanted!r}")

    def pattern_properties(validator: Any, wanted: Any, instance: Any, _: Any) -> Iterator[ValidationError]:
        for name, value in instance.items() if isinstance(instance, dict) else ():
            for each, subschema in wanted.items():
                if patterns[each].search(name):
                    yield from validator.descend(value, subschema, path=name, schema_path=each)

    def required(_: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        for name in wanted if isinstance(instance, dict) else ():
            if name not in instance:
                yield ValidationError("a required member is absent", path=(name,), instance=ABSENT, schema=schema)

    keywords = {"pattern": pattern, "patternProperties": pattern_properties, "required": required}
    return validators.extend(Draft202012Validator, keywords)  # type: ignore[no-untyped-call]


def assess(expected: tuple[Place, ...], subject: Subject) -> list[Finding]:
    """Complain about each place that does not satisfy its schema, or once when there is no JSON at all."""
    document = subject.reply.document
    if document is None or document.problem is not None:
        return [_no_json(subject)]
    return [finding for place in expected for finding in _assess_place(place, document.value, subject.step)]


def _no_json(subject: Subject) -> Finding:
    document, form = subject.reply.document, subject.reply.form
    problem = document.problem if document else None
    return Finding(
        message="the body is not one JSON text",
        expected="one JSON text (RFC 8259)",
        actual=f"{problem.kind}: {problem.message}" if problem else form.value,
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
        return [_finding("the schema refers to itself without end", "a schema that ends", value, pointer, step)]
    findings = [_from_error(error, pointer, step) for error in errors]
    return sorted(findings, key=lambda finding: finding.place)


def _from_error(error: ValidationError, pointer: str, step: str) -> Finding:
    tokens = (str(token).replace("~", "~0").replace("/", "~1") for token in error.absolute_path)
    place = pointer + "".join(f"/{token}" for token in tokens)
    message = error.message if error.validator in {"required", "pattern"} else f"breaks {error.validator}"
    return _finding(message, _expected(error), cast("Json | Missing", error.instance), place, step)


def _expected(error: ValidationError) -> str:
    """Say what the schema wanted at that place: for an absent member, the type its own subschema declares."""
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
    """Return the schema every JSON payload of a stream must satisfy."""
    if not isinstance(value, dict) or set(value) != {"schema"}:
        raise Unfit("", "a mapping with the one key schema")
    return compile_schema(value["schema"], "/schema")


def assess_chunk(expected: Validator, subject: Subject) -> list[Finding]:
    """Complain about payloads that break the schema: the first few, each with its event."""
    findings: list[Finding] = []
    for frame in subject.reply.frames:
        document = frame.document
        if document is None or document.problem or not isinstance(document.value, dict) or document.value.get("error"):
            continue
        where = f"event {frame.event.index} "
        findings.extend(schema_findings(expected, document.value, where, subject.step))
        if len(findings) >= MAX_FINDINGS:
            break
    return findings[:MAX_FINDINGS]
