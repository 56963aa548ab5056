"""A value against JSON Schema 2020-12, in findings.

absent, null and wrong type are told apart: a relay's operator fixes each of them elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, cast

from wnmon.model.json import Json, Missing, kind_of, pointer_to
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said, Text, either
from wnmon.model.text import cut

if TYPE_CHECKING:
    from jsonschema import ValidationError

MAX_FINDINGS = 20
MOST_KNOWN = 100
"""Forms remembered of a schema. Relays send a handful; one that sends more is held against it again each time."""
MOST_ALIKE_CHARS = 4_096
"""A value of a longer text is not looked up: its form would be as long, and such values are few."""


class Compiled(Protocol):
    """A schema, ready to be held against a value."""

    known: set[Hashable]
    """Forms of values that satisfied it."""

    def form_of(self, value: Json) -> Hashable | None:
        """Return the form of a value; None where it may be told from every other."""
        ...

    def iter_errors(self, instance: Any) -> Iterable[ValidationError]:
        """Yield what is wrong with a value."""
        ...


def compile_schema(schema: Json, where: str = "") -> Compiled:
    """Return a validator of JSON Schema 2020-12 that fetches nothing. Raises Unfit for a bad schema."""
    from wnmon.judge import json_schema  # here, not above: see there why

    return json_schema.compile_schema(schema, where)


def schema_findings(
    validator: Compiled, value: Json, pointer: str, step: str, chars: int | None = None
) -> list[Finding]:
    """Return at most MAX_FINDINGS complaints, ordered by place.

    `chars` is how long the text is that the value was read from: values of short ones may be alike, see `likeness`.
    """
    form = validator.form_of(value) if chars is not None and chars <= MOST_ALIKE_CHARS else None
    if form is not None and form in validator.known:
        return []
    findings = _findings(validator, value, pointer, step)
    if form is not None and not findings and len(validator.known) < MOST_KNOWN:
        validator.known.add(form)
    return findings


def _findings(validator: Compiled, value: Json, pointer: str, step: str) -> list[Finding]:
    try:
        errors = list(islice(validator.iter_errors(value), MAX_FINDINGS))
    except RecursionError:
        return [mismatch(Said("schema_without_end"), Said("an_end"), value, pointer, step)]
    findings = []
    for error in errors:
        place, seen_there = cut(pointer + pointer_to(error.absolute_path)), cast("Json | Missing", error.instance)
        findings.append(mismatch(_message(error), _expected(error), seen_there, place, step))
    return sorted(findings, key=lambda finding: finding.place)


def _message(error: ValidationError) -> Said:
    if _forbids(error):
        return Said("member_forbidden")
    match error.validator:
        case "required":
            return Said("required_absent")
        case "uniqueItems":
            return Said("item_repeats")
        case "pattern":
            return Said("pattern_unmatched", text=repr(error.validator_value))
        case "type":
            return Said("another_type_than_declared")
        case keyword:
            return Said("keyword_broken", code=str(keyword))


def _forbids(error: ValidationError) -> bool:
    return error.validator == "not" and error.validator_value == {}


def _expected(error: ValidationError) -> Text:
    """Say what the schema wanted at that place: for an absent member, the type its own subschema declares."""
    if _forbids(error):
        return Said("absent")
    if error.validator == "required":
        schema = error.schema if isinstance(error.schema, dict) else {}
        declared = (schema.get("properties") or {}).get(error.absolute_path[-1])
        return _declared_type(declared) or Said("present")
    if error.validator == "type":
        return _declared_type({"type": error.validator_value}) or Said("another_type")
    return cut(f"{error.validator}: {json.dumps(error.validator_value, ensure_ascii=False, default=str)}", 120)


def _declared_type(schema: Any) -> Text | None:
    declared = schema.get("type") if isinstance(schema, dict) else None
    return either(declared) if isinstance(declared, list) else declared


def mismatch(message: Said, expected: Text, value: Json | Missing, place: str, step: str) -> Finding:
    """Return the complaint about a value."""
    return Finding(message=message, expected=expected, actual=seen(value), place=place, step=step, reason=Reason.SCHEMA)


def seen(value: Json | Missing) -> Text:
    """Return a value as a finding shows what came: one that is not there is absent."""
    return Said("absent") if isinstance(value, Missing) else show(value)


def show(value: Json | Missing) -> str:
    """Return a value as a finding shows it: its type, and a short form of a scalar."""
    kind = kind_of(value)
    if isinstance(value, (bool, int, float, str)):
        return f"{kind} {cut(json.dumps(value, ensure_ascii=False), 120)}"
    return kind
