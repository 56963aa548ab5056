"""Kinds that compare answers: `same`, `differs`, `grows`, `grows_evenly`, `within`.

Each is about places written `request/pointer`:
`completion/usage/prompt_tokens` is the value at `/usage/prompt_tokens` of the answer to the request `completion`.
A place that does not exist leaves the rule unjudged: its absence is another rule's matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from wnmon.judge.schema import show
from wnmon.judge.subject import Subject, Unfit, Unjudged
from wnmon.model.json import ABSENT, Json, Missing, at, kind_of
from wnmon.model.result import Finding, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The places to compare, as (request, pointer), the tolerance as a ratio, and what must be equal beforehand."""

    places: tuple[tuple[str, str], ...]
    tolerance: float = 0.0
    where: tuple[tuple[str, str], ...] = ()

    @property
    def requests(self) -> tuple[str, ...]:
        """Return the requests whose answers are compared, each once."""
        return tuple(dict.fromkeys(request for request, _ in (*self.places, *self.where)))


def prepare(value: Json) -> Places:
    """Return the places of `differs` and `grows`: a list of at least two."""
    return Places(places=places(value, ""))


def prepare_same(value: Json) -> Places:
    """Return the places of `same: [...]`, or of `same: {of: [...], where: [...]}`: only where those are equal."""
    if not isinstance(value, dict):
        return prepare(value)
    if set(value) != {"of", "where"}:
        raise Unfit("", "a list of places, or a mapping with of and where")
    return Places(places=places(value["of"], "/of"), where=places(value["where"], "/where"))


def prepare_within(value: Json) -> Places:
    """Return places and tolerance of `within` and `grows_evenly`: `{of: [...], tolerance: 0.1}`, a ratio."""
    if not isinstance(value, dict) or set(value) != {"of", "tolerance"}:
        raise Unfit("", "a mapping with of and tolerance")
    tolerance = value["tolerance"]
    if isinstance(tolerance, bool) or not isinstance(tolerance, (int, float)) or not 0 <= tolerance <= 1:
        raise Unfit("/tolerance", f"a ratio from 0 to 1, not {tolerance!r}")
    return Places(places=places(value["of"], "/of"), tolerance=float(tolerance))


def places(value: Json, where: str) -> tuple[tuple[str, str], ...]:
    """Return the places of a list of at least two; `where` is the pointer to that list."""
    if not isinstance(value, list) or len(value) < 2:
        raise Unfit(where, f"a list of at least two places such as completion/id, not {kind_of(value)}")
    return tuple(_place(item, f"{where}/{i}") for i, item in enumerate(value))


def _place(item: Json, where: str) -> tuple[str, str]:
    if not isinstance(item, str) or not item.split("/", 1)[0]:
        raise Unfit(where, f"a place such as completion/usage/prompt_tokens, not {item!r}")
    request, slash, pointer = item.partition("/")
    return request, slash + pointer


def _values(places: Sequence[tuple[str, str]], subjects: Mapping[str, Subject]) -> list[Json] | Unjudged:
    values: list[Json] = []
    for request, pointer in places:
        document = subjects[request].reply.document
        value = at(document.value, pointer) if document and not document.problem else ABSENT
        if isinstance(value, Missing):
            return Unjudged(f"{request}{pointer} is absent")
        values.append(value)
    return values


def assess_same(expected: Places, subjects: Mapping[str, Subject]) -> list[Finding] | Unjudged:
    """Complain when the values are not all equal, unless those of `where` tell that they need not be."""
    conditions = _values(expected.where, subjects)
    if isinstance(conditions, Unjudged):
        return conditions
    if any(condition != conditions[0] for condition in conditions):
        return Unjudged(f"{expected.where[0][1]} differs, so the answers may differ too")
    values = _values(expected.places, subjects)
    if isinstance(values, Unjudged) or all(value == values[0] for value in values):
        return values if isinstance(values, Unjudged) else []
    return [_finding(expected, "the values differ", "equal values", values)]


def assess_differs(expected: Places, subjects: Mapping[str, Subject]) -> list[Finding] | Unjudged:
    """Complain when two values are equal."""
    values = _values(expected.places, subjects)
    if isinstance(values, Unjudged) or not any(value in values[:i] for i, value in enumerate(values)):
        return values if isinstance(values, Unjudged) else []
    return [_finding(expected, "values repeat", "different values", values)]


def assess_grows(expected: Places, subjects: Mapping[str, Subject]) -> list[Finding] | Unjudged:
    """Complain when a number is not greater than the one before."""
    numbers = _numbers(expected, subjects)
    if isinstance(numbers, Unjudged) or all(a < b for a, b in pairwise(numbers)):
        return numbers if isinstance(numbers, Unjudged) else []
    return [_finding(expected, "the numbers do not grow", "each greater than the one before", numbers)]


def assess_grows_evenly(expected: Places, subjects: Mapping[str, Subject]) -> list[Finding] | Unjudged:
    """Complain when the steps from number to number are not all positive and alike, as a ratio of the greatest."""
    numbers = _numbers(expected, subjects)
    if isinstance(numbers, Unjudged):
        return numbers
    steps = [after - before for before, after in pairwise(numbers)]
    if min(steps) > 0 and max(steps) - min(steps) <= expected.tolerance * max(steps):
        return []
    wanted = f"growth in steps alike within {expected.tolerance:.0%}"
    return [_finding(expected, "the numbers do not grow evenly", wanted, numbers)]


def assess_within(expected: Places, subjects: Mapping[str, Subject]) -> list[Finding] | Unjudged:
    """Complain when the numbers lie further apart than the tolerance, as a ratio of the greatest."""
    numbers = _numbers(expected, subjects)
    if isinstance(numbers, Unjudged):
        return numbers
    spread, greatest = max(numbers) - min(numbers), max(abs(number) for number in numbers)
    if spread <= expected.tolerance * greatest:
        return []
    return [_finding(expected, "the numbers lie too far apart", f"within {expected.tolerance:.0%}", numbers)]


def _numbers(expected: Places, subjects: Mapping[str, Subject]) -> list[int | float] | Unjudged:
    values = _values(expected.places, subjects)
    if isinstance(values, Unjudged):
        return values
    numbers = [value for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]
    return numbers if len(numbers) == len(values) else Unjudged("a compared value is no number")


def _finding(expected: Places, message: str, wanted: str, values: Sequence[Json]) -> Finding:
    places = ", ".join(request + pointer for request, pointer in expected.places)
    actual = ", ".join(show(value) for value in values)
    return Finding(message=message, expected=wanted, actual=actual, place=places, reason=Reason.RULE)
