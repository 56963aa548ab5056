"""`same: [a/id, b/id]`, or `same: {of: [...], where: [...]}`: equal values, only where those of `where` are equal."""

from __future__ import annotations

from collections.abc import Mapping

from wnmon.judge.kind import AcrossKind
from wnmon.judge.places import Places, differing, places, values_at
from wnmon.judge.subject import Subject, Unfit, Unjudged
from wnmon.model.json import Json
from wnmon.model.result import Finding
from wnmon.model.said import Said


def prepare(value: Json) -> Places:
    """Return the places of `same: [...]`, or of `same: {of: [...], where: [...]}`: only where those are equal."""
    if not isinstance(value, dict):
        return Places(places=places(value, ""))
    if set(value) != {"of", "where"}:
        raise Unfit("", Said("places_or_mapping"))
    return Places(places=places(value["of"], "/of"), where=places(value["where"], "/where"))


def assess(expected: Places, subjects: Mapping[str, Subject]) -> list[Finding] | Unjudged:
    """Complain when the values are not all equal, unless those of `where` tell that they need not be."""
    conditions = values_at(expected.where, subjects)
    if isinstance(conditions, Unjudged):
        return conditions
    if any(condition != conditions[0] for condition in conditions):
        return Unjudged(Said("place_differs", text=expected.where[0][1]))
    values = values_at(expected.places, subjects)
    if isinstance(values, Unjudged):
        return values
    equal = all(value == values[0] for value in values)
    return [] if equal else [differing(expected, Said("values_differ"), Said("equal_values"), values)]


KIND = AcrossKind(prepare, assess)
