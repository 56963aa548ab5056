"""`within: {of: [...], tolerance: 0.1}`: numbers that lie no further apart than that."""

from __future__ import annotations

from collections.abc import Mapping

from wnmon.judge.kind import AcrossKind
from wnmon.judge.places import Places, differing, numbers_at, prepare_within
from wnmon.judge.subject import Subject, Unjudged
from wnmon.model.result import Finding
from wnmon.model.said import Said


def assess(expected: Places, subjects: Mapping[str, Subject]) -> list[Finding] | Unjudged:
    """Complain when the numbers lie further apart than the tolerance, as a ratio of the greatest."""
    numbers = numbers_at(expected, subjects)
    if isinstance(numbers, Unjudged):
        return numbers
    spread, greatest = max(numbers) - min(numbers), max(abs(number) for number in numbers)
    if spread <= expected.tolerance * greatest:
        return []
    wanted = Said("within_ratio", n=f"{expected.tolerance:.0%}")
    return [differing(expected, Said("numbers_too_far_apart"), wanted, numbers)]


KIND = AcrossKind(prepare_within, assess)
