"""`json: {at: /usage, schema: {...}}`: the body, or a place in it, against JSON Schema 2020-12.

Works on a JSON answer and on the completion a stream folds to. `json: {}` asks only for one strict JSON text
(RFC 8259 §§2, 4, 8.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wnmon.judge.kind import Kind, On
from wnmon.judge.schema import Compiled, compile_schema, mismatch, schema_findings
from wnmon.judge.subject import Subject, Unfit, complaint, form_seen
from wnmon.model.json import ABSENT, Json, Missing, at, kind_of
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said, fitted
from wnmon.wire.reply import Form


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
        raise Unfit(where, Said("mapping_with_both", one="at", other="schema"), kind_of(item))
    pointer = item.get("at", "")
    if not isinstance(pointer, str) or (pointer and not pointer.startswith("/")):
        raise Unfit(f"{where}/at", Said("a_json_pointer"), repr(pointer))
    return Place(pointer, compile_schema(item["schema"], f"{where}/schema") if "schema" in item else None)


def assess(expected: tuple[Place, ...], subject: Subject) -> Iterator[Finding]:
    """Complain about each place that does not satisfy its schema, or once when there is no JSON at all."""
    document = subject.reply.document
    if document is None or document.problem is not None:
        yield _no_json(subject)
        return
    chars = sum(len(chunk.data) for chunk in subject.exchange.chunks)
    for place in expected:
        value = at(document.value, place.pointer)
        if isinstance(value, Missing):
            yield mismatch(Said("place_missing"), Said("a_value"), ABSENT, place.pointer, subject.step)
        elif place.validator is not None:
            yield from schema_findings(place.validator, value, place.pointer, subject.step, chars)


def _no_json(subject: Subject) -> Finding:
    document, form, failure = subject.reply.document, subject.reply.form, subject.exchange.failure
    problem = document.problem if document else None
    said = Said("reason", kind=problem.kind, said=problem.message) if problem else form_seen(subject)
    actual = fitted(failure.detail) if failure and failure.detail else said
    place = f"byte {problem.offset}" if problem else ""
    reason = Reason.EMPTY if form is Form.EMPTY else Reason.BAD_JSON
    return complaint(subject, Said("body_no_json"), Said("one_json_text"), actual, place, reason)


KIND = Kind(prepare, assess, on=On.BODY)
