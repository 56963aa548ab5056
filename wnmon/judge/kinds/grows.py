"""`grows: [a/usage/x, b/usage/x]`: each number is greater than the one before."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from wnmon.judge.kind import AcrossKind
from wnmon.judge.places import Places, differing, numbers_at, prepare
from wnmon.judge.subject import Subject, Unjudged
from wnmon.model.result import Finding
from wnmon.model.said import Said


def assess(expected: Places, subjects: Mapping[str, Subject]) -> list[Finding] | Unjudged:
    """Complain when a number is not greater than the one before."""
    numbers = numbers_at(expected, subjects)
    if isinstance(numbers, Unjudged):
        return numbers
    grows = all(before < after for before, after in pairwise(numbers))
    return [] if grows else [differing(expected, Said("numbers_do_not_grow"), Said("each_greater"), numbers)]


KIND = AcrossKind(prepare, assess)
