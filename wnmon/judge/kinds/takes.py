"""`takes: [temperature, top_p]`: parameters the model refused in none of its requests.

What it refuses is asked once more, otherwise (`engine/learning.py`), so that all other rules are judged; the refusal
itself is this kind's matter. Nothing is known of what the request was not sent with, as a configuration may want.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from wnmon.judge.kind import Kind
from wnmon.judge.subject import Subject, Unfit, complaint
from wnmon.model.json import Json, kind_of
from wnmon.model.lesson import Lesson, Taught
from wnmon.model.result import Finding
from wnmon.model.said import Said, Why

_REFUSED = frozenset({Taught.RENAMED, Taught.DROPPED, Taught.ONLY_STREAMS})


def prepare(value: Json) -> tuple[str, ...]:
    """Return the names of the parameters."""
    names = tuple(item for item in value if isinstance(item, str) and item) if isinstance(value, list) else ()
    if not names or not isinstance(value, list) or len(names) != len(value):
        raise Unfit("", Said("a_list_of_members"), kind_of(value))
    return names


def doubt(expected: tuple[str, ...], subject: Subject) -> Said | None:
    """Return which parameter nothing is known of, where none was refused."""
    if any(_refusals(expected, subject)):
        return None
    unsent = next((name for name in expected if name not in (subject.asked or {})), None)
    return None if unsent is None else Said(Why.NOT_TAKEN, code=unsent)


def assess(expected: tuple[str, ...], subject: Subject) -> Iterator[Finding]:
    """Complain about each parameter that was refused, at the request it was refused in."""
    for lesson in _refusals(expected, subject):
        is_stream = lesson.taught is Taught.ONLY_STREAMS
        message = Said("only_streams_taken") if is_stream else Said("parameter_untaken", name=lesson.parameter)
        refused = complaint(subject, message, Said("an_answer"), lesson.words, lesson.parameter)
        yield replace(refused, exchange=lesson.exchange, step=lesson.step or subject.step)


def _refusals(expected: tuple[str, ...], subject: Subject) -> Iterator[Lesson]:
    return (one for one in subject.lessons if one.taught in _REFUSED and one.parameter in expected)


KIND = Kind(prepare, assess, doubt)
