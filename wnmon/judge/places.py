"""Places to compare, written `request/pointer`, and the values there.

`completion/usage/prompt_tokens` is the value at `/usage/prompt_tokens` of the answer to the request `completion`.
A place that does not exist leaves the rule unjudged: its absence is another rule's matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wnmon.judge.schema import show
from wnmon.judge.subject import Subject, Unfit, Unjudged
from wnmon.model.json import ABSENT, Json, Missing, at, kind_of
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said, Text


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


def prepare_within(value: Json) -> Places:
    """Return places and tolerance of `within` and `grows_evenly`: `{of: [...], tolerance: 0.1}`, a ratio."""
    if not isinstance(value, dict) or set(value) != {"of", "tolerance"}:
        raise Unfit("", Said("mapping_with_both", one="of", other="tolerance"))
    tolerance = value["tolerance"]
    if isinstance(tolerance, bool) or not isinstance(tolerance, (int, float)) or not 0 <= tolerance <= 1:
        raise Unfit("/tolerance", Said("a_ratio"), repr(tolerance))
    return Places(places=places(value["of"], "/of"), tolerance=float(tolerance))


def places(value: Json, where: str) -> tuple[tuple[str, str], ...]:
    """Return the places of a list of at least two; `where` is the pointer to that list."""
    if not isinstance(value, list) or len(value) < 2:
        raise Unfit(where, Said("two_places"), kind_of(value))
    return tuple(_place(item, f"{where}/{i}") for i, item in enumerate(value))


def _place(item: Json, where: str) -> tuple[str, str]:
    if not isinstance(item, str) or not item.split("/", 1)[0]:
        raise Unfit(where, Said("a_place"), repr(item))
    request, slash, pointer = item.partition("/")
    return request, slash + pointer


def values_at(places: Sequence[tuple[str, str]], subjects: Mapping[str, Subject]) -> list[Json] | Unjudged:
    """Return the value of each place, or which of them is absent."""
    values: list[Json] = []
    for request, pointer in places:
        document = subjects[request].reply.document
        value = at(document.value, pointer) if document and not document.problem else ABSENT
        if isinstance(value, Missing):
            return Unjudged(Said("place_absent", code=request, text=pointer))
        values.append(value)
    return values


def numbers_at(expected: Places, subjects: Mapping[str, Subject]) -> list[int | float] | Unjudged:
    """Return the number at each place, or why there is none to compare."""
    values = values_at(expected.places, subjects)
    if isinstance(values, Unjudged):
        return values
    numbers = [value for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]
    return numbers if len(numbers) == len(values) else Unjudged(Said("compared_no_number"))


def differing(expected: Places, message: Said, wanted: Text, values: Sequence[Json]) -> Finding:
    """Return the complaint about values that are not as they should be to each other."""
    places = ", ".join(request + pointer for request, pointer in expected.places)
    actual = ", ".join(show(value) for value in values)
    return Finding(message=message, expected=wanted, actual=actual, place=places, reason=Reason.RULE)


def prepare_requests(value: Json) -> Places:
    """Return the requests whose answers are compared: at least two names."""
    names = [item for item in value if isinstance(item, str) and item] if isinstance(value, list) else []
    if len(names) < 2 or len(names) != len(value if isinstance(value, list) else ()):
        raise Unfit("", Said("two_requests"), kind_of(value))
    return Places(places=tuple((name, "") for name in names))


def complaint_across(message: Said, expected: Text, actual: Text, place: str) -> Finding:
    """Return a complaint about how answers compare."""
    return Finding(message=message, expected=expected, actual=actual, place=place, reason=Reason.RULE)
