"""`as_valid: {of: [plain, odd], schema: {...}}`: wherever the first answer satisfies a schema, the others do too.

What is wrong in the first answer already is another rule's matter, so one cause is told once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wnmon.judge.kind import AcrossKind
from wnmon.judge.places import Places, places
from wnmon.judge.schema import Compiled, compile_schema, schema_findings
from wnmon.judge.subject import Subject, Unfit, Unjudged
from wnmon.model.json import Json
from wnmon.model.result import Finding
from wnmon.model.said import Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Valid(Places):
    """The answers to compare, and the compiled schema they are held against."""

    validator: Compiled


def prepare(value: Json) -> Valid:
    """Return what to compare. Raises Unfit for anything but a mapping with of and schema."""
    if not isinstance(value, dict) or set(value) != {"of", "schema"}:
        raise Unfit("", Said("mapping_with_both", one="of", other="schema"))
    return Valid(places=places(value["of"], "/of"), validator=compile_schema(value["schema"], "/schema"))


def assess(expected: Valid, subjects: Mapping[str, Subject]) -> list[Finding] | Unjudged:
    """Complain about each place of a further answer that breaks the schema, and does not in the first."""
    first, *others = (_complaints(expected.validator, subjects[name]) for name in expected.requests)
    if first is None or None in others:
        return Unjudged(Said("not_all_json"))
    known = {finding.place for finding in first}
    return [finding for found in others for finding in found or () if finding.place not in known]


def _complaints(validator: Compiled, subject: Subject) -> list[Finding] | None:
    document = subject.reply.document
    if document is None or document.problem is not None:
        return None
    return schema_findings(validator, document.value, "", subject.step)


KIND = AcrossKind(prepare, assess)
