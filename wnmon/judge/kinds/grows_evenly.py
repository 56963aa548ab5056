"""`grows_evenly: {of: [...], tolerance: 0.1}`: the numbers grow in steps that are alike."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from wnmon.judge.kind import AcrossKind
from wnmon.judge.places import Places, differing, numbers_at, prepare_within
from wnmon.judge.subject import Subject, Unjudged
from wnmon.model.result import Finding
from wnmon.model.said import Said


def assess(expected: Places, subjects: Mapping[str, Subject]) -> list[Finding] | Unjudged:
    """Complain when the steps from number to number are not all positive and alike, as a ratio of the greatest."""
    numbers = numbers_at(expected, subjects)
    if isinstance(numbers, Unjudged):
        return numbers
    steps = [after - before for before, after in pairwise(numbers)]
    if min(steps) > 0 and max(steps) - min(steps) <= expected.tolerance * max(steps):
        return []
    wanted = Said("steps_alike", n=f"{expected.tolerance:.0%}")
    return [differing(expected, Said("numbers_grow_unevenly"), wanted, numbers)]


KIND = AcrossKind(prepare_within, assess)
