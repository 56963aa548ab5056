"""`differs: [a/id, b/id]`: no two values are equal."""

from __future__ import annotations

from collections.abc import Mapping

from wnmon.judge.kind import AcrossKind
from wnmon.judge.places import Places, differing, prepare, values_at
from wnmon.judge.subject import Subject, Unjudged
from wnmon.model.result import Finding
from wnmon.model.said import Said


def assess(expected: Places, subjects: Mapping[str, Subject]) -> list[Finding] | Unjudged:
    """Complain when two values are equal."""
    values = values_at(expected.places, subjects)
    if isinstance(values, Unjudged):
        return values
    repeats = any(value in values[:i] for i, value in enumerate(values))
    return [differing(expected, Said("values_repeat"), Said("different_values"), values)] if repeats else []


KIND = AcrossKind(prepare, assess)
