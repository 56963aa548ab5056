"""`json: {at: /usage, schema: {...}}`: the body, or a place in it, against JSON Schema 2020-12.

Works on a JSON answer and on the completion a stream folds to. `json: {}` asks only for one strict JSON text
(RFC 8259 §§2, 4, 8.1). `chunk: {schema: {...}}` judges every payload of a stream that carries a choice.
absent, null and wrong type are told apart: a relay's operator fixes each of them elsewhere.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from wnmon.judge.subject import Subject, Unfit
from wnmon.model.json import ABSENT, Json, JsonObject, Missing, at, kind_of, pointer_to
from wnmon.model.result import Finding, Reason
from wnmon.model.text import cut
from wnmon.wire.events import Form, Frame

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

    Compiled = Validator

MAX_FINDINGS = 20


@dataclass(frozen=True, slots=True)
class Place:
    """A pointer and the compiled schema its value must satisfy; None where being JSON is enough."""

    pointer: str
    validator: Compiled | None


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


def compile_schema(schema: Json, where: str = "") -> Compiled:
    """Return a validator of JSON Schema 2020-12 that fetches nothing. Raises Unfit for a bad schema."""
    from wnmon.judge import json_schema  # here, not above: see there why

    return json_schema.compile_schema(schema, where)


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


def schema_findings(validator: Compiled, value: Json, pointer: str, step: str) -> list[Finding]:
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


def prepare_chunk(value: Json) -> Compiled:
    """Return the schema every chunk of a stream must satisfy."""
    if not isinstance(value, dict) or set(value) != {"schema"}:
        raise Unfit("", "a mapping with the one key schema")
    return compile_schema(value["schema"], "/schema")


def assess_chunk(expected: Compiled, subject: Subject) -> list[Finding]:
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
