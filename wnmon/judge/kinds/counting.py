"""`counting: whole`: an answer that counts has no number missing and none twice.

A piece of a stream that was lost or sent again cannot be seen in any other text: nobody knows what the model said. Of
one that counted, everybody does. What stands before the first two numbers in a row and after the last is not looked
at, such as a sentence around them; a model that did not count shows nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from itertools import pairwise

from wnmon.judge.kind import Kind, On
from wnmon.judge.subject import Subject, complaint
from wnmon.judge.values import only
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said

FEWEST_STEPS = 10
"""A model counted where it made so many steps of one, and at least one of each three was such a step."""

_NUMBER = re.compile(r"[0-9]{1,9}")

Step = tuple[int, int]


prepare = partial(only, "whole")


def doubt(_: None, subject: Subject) -> Said | None:
    """Return why nothing can be said: a model that did not count."""
    steps = _steps(subject.reply.text)
    counted = sum(map(_is_one, steps))
    return None if counted >= FEWEST_STEPS and counted * 3 >= len(steps) else Said("model_did_not_count")


def assess(_: None, subject: Subject) -> Iterator[Finding]:
    """Complain about the first number that is not the one after the number before."""
    broken = [step for step in _steps(subject.reply.text) if not _is_one(step)]
    if broken and doubt(None, subject) is None:
        before, seen = broken[0]
        wanted = Said("number_after", n=before + 1, n2=before)
        yield complaint(subject, Said("piece_lost_or_twice"), wanted, str(seen), "content", Reason.CONTENT)


def _steps(text: str) -> list[Step]:
    """Return each number with the next one, from the first step of one to the last."""
    steps = list(pairwise(int(number) for number in _NUMBER.findall(text)))
    ones = [place for place, step in enumerate(steps) if _is_one(step)]
    return steps[ones[0] : ones[-1] + 1] if ones else []


def _is_one(step: Step) -> bool:
    before, after = step
    return after == before + 1


KIND = Kind(prepare, assess, doubt, on=On.MEANING)
