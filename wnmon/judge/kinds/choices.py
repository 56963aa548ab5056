"""`choices: {count: 2}`, `choices: {indexes: [0, 1]}`: how many answers there are, and how they are numbered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wnmon.judge.kind import Kind, On
from wnmon.judge.subject import Subject, Unfit, complaint
from wnmon.judge.values import number
from wnmon.model.json import Json, kind_of
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said
from wnmon.model.text import cut

_WHOLE = Said("whole_from_0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbering:
    """What is asked: so many choices, and these indexes in any order. None is not asked."""

    count: int | None
    indexes: tuple[int, ...] | None


def prepare(value: Json) -> Numbering:
    """Return what is asked of the choices."""
    if not isinstance(value, dict) or not value or set(value) - {"count", "indexes"}:
        raise Unfit("", Said("mapping_or_both", one="count", other="indexes"), kind_of(value))
    indexes = value.get("indexes")
    return Numbering(
        count=number(value["count"], _WHOLE, least=0, where="/count") if "count" in value else None,
        indexes=_indexes(indexes) if "indexes" in value else None,
    )


def _indexes(value: Json) -> tuple[int, ...]:
    if not isinstance(value, list) or not value:
        raise Unfit("/indexes", Said("a_list_of_indexes"), kind_of(value))
    return tuple(sorted(number(item, _WHOLE, least=0, where=f"/indexes/{i}") for i, item in enumerate(value)))


def assess(expected: Numbering, subject: Subject) -> Iterator[Finding]:
    """Complain about another number of choices, and about other indexes."""
    indexes = sorted(choice.index for choice in subject.reply.choices)
    if expected.count not in {None, len(indexes)}:
        wanted, actual = str(expected.count), str(len(indexes))
        yield complaint(subject, Said("choice_count_differs"), wanted, actual, "/choices", Reason.CONTENT)
    if expected.indexes not in {None, tuple(indexes)}:
        wanted = ", ".join(map(str, expected.indexes or ()))
        seen = cut(", ".join(map(str, indexes)), 80) or Said("no_choice")
        yield complaint(subject, Said("choice_indexes_differ"), wanted, seen, "/choices", Reason.CONTENT)


KIND = Kind(prepare, assess, on=On.MEANING)
