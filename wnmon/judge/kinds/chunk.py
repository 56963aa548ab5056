"""`chunk: {schema: {...}}`: every payload of a stream that carries a choice, against JSON Schema 2020-12."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from wnmon.judge.kind import Kind, On
from wnmon.judge.schema import MAX_FINDINGS, Compiled, compile_schema, schema_findings
from wnmon.judge.subject import Subject, Unfit
from wnmon.model.json import Json, JsonObject
from wnmon.model.result import Finding
from wnmon.model.said import Said
from wnmon.wire.reply import Frame


def prepare(value: Json) -> Compiled:
    """Return the schema every chunk of a stream must satisfy."""
    if not isinstance(value, dict) or set(value) != {"schema"}:
        raise Unfit("", Said("mapping_with_one", name="schema"))
    return compile_schema(value["schema"], "/schema")


def assess(expected: Compiled, subject: Subject) -> Iterator[Finding]:
    """Complain about chunks that break the schema: the first few, each with its event."""
    findings = (
        finding
        for frame in subject.reply.frames
        if (value := _chunk(frame)) is not None
        for finding in schema_findings(expected, value, f"{frame.event.place} ", subject.step, len(frame.event.data))
    )
    return islice(findings, MAX_FINDINGS)


def _chunk(frame: Frame) -> JsonObject | None:
    """Return a payload that speaks for a choice, None for all others.

    Usage alone, a ping, Azure's preamble and an error carry no choice: clients skip them, and other rules judge them.
    """
    value = frame.document.value if frame.document and not frame.document.problem else None
    if not isinstance(value, dict) or value.get("error") or frame.event.name == "error":
        return None
    return value if value.get("choices") else None


KIND = Kind(prepare, assess, on=On.EVENTS)
