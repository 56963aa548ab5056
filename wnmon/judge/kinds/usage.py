"""What the relay says it counted.

`usage: present`, `usage: {total: sum, prompt_tokens: {min: 1, max: 50}}`, and `usage: possible`: what request and text
can have cost, by `wire/spending.py`, which the budget books by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from wnmon.judge.kind import Kind, On
from wnmon.judge.subject import Subject, Unfit, complaint
from wnmon.judge.values import listed, number
from wnmon.model.json import Json, kind_of
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said
from wnmon.model.spent import Direction
from wnmon.wire.cost import worst_case_tokens
from wnmon.wire.spending import claimed, possible

_COUNTS = {Direction.INPUT: "prompt_tokens", Direction.OUTPUT: "completion_tokens"}
_MEMBERS = (*_COUNTS.values(), "total_tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What is asked: that total is the sum, and limits per member (None is no limit).

    `is_possible` asks nothing else.
    """

    is_possible: bool = False
    total_is_sum: bool = False
    limits: Mapping[str, tuple[int | None, int | None]]


def prepare(value: Json) -> Bounds:
    """Return what is asked. `present` asks for nothing but the three integers."""
    if value == "present" or value == "possible":
        return Bounds(limits={}, is_possible=value == "possible")
    if not isinstance(value, dict):
        raise Unfit("", Said("present_or_counts", names=", ".join(_MEMBERS)), kind_of(value))
    for key in value:
        if key not in {"total", *_MEMBERS}:
            counts = Said("one_of_these", names=", ".join(_MEMBERS))
            raise Unfit(f"/{key}", listed("either", ["total", counts]), repr(key))
    if value.get("total", "sum") != "sum":
        raise Unfit("/total", "sum", repr(value["total"]))
    return Bounds(
        total_is_sum="total" in value, limits={key: _limit(key, value[key]) for key in _MEMBERS if key in value}
    )


def _limit(key: str, value: Json) -> tuple[int | None, int | None]:
    if not isinstance(value, dict) or not value or set(value) - {"min", "max"}:
        raise Unfit(f"/{key}", Said("mapping_or_both", one="min", other="max"), kind_of(value))
    tokens = Said("tokens")
    limits = {bound: number(limit, tokens, least=0, where=f"/{key}/{bound}") for bound, limit in value.items()}
    return limits.get("min"), limits.get("max")


def assess(expected: Bounds, subject: Subject) -> Iterator[Finding]:
    """Complain about missing counts, a wrong sum, and counts out of bounds."""
    if expected.is_possible:
        yield from _impossible(subject)
        return
    usage = subject.reply.usage
    if usage is None:
        yield complaint(subject, Said("usage_missing"), Said("three_integers"), Said("absent"), "/usage", Reason.USAGE)
        return
    prompt, completion, total = usage.prompt_tokens, usage.completion_tokens, usage.total_tokens
    counts = dict(zip(_MEMBERS, (prompt, completion, total), strict=True))
    for member, count in counts.items():
        if count is None:
            yield complaint(subject, Said("count_missing"), "integer", Said("absent"), f"/usage/{member}", Reason.USAGE)
    summed = None if prompt is None or completion is None else prompt + completion
    if expected.total_is_sum and summed is not None and total not in {None, summed}:
        wanted = f"{prompt} + {completion} = {summed}"
        yield complaint(subject, Said("total_is_no_sum"), wanted, str(total), "/usage/total_tokens", Reason.USAGE)
    for member, (low, high) in expected.limits.items():
        count, place = counts[member], f"/usage/{member}"
        if count is not None and ((low is not None and count < low) or (high is not None and count > high)):
            yield complaint(subject, Said("count_out_of_bounds"), _bounds(low, high), str(count), place, Reason.USAGE)


def doubt(expected: Bounds, subject: Subject) -> Said | None:
    """Return why it cannot be told whether counts can be: there are none, which is for another rule to say."""
    return Said("no_usage_to_compare") if expected.is_possible and subject.reply.usage is None else None


def _impossible(subject: Subject) -> Iterator[Finding]:
    bounds = possible(subject, worst_case_tokens(subject.exchange.request.body, subject.asked))
    for direction, claim in claimed(subject).items():
        low, high = bounds[direction].least, bounds[direction].most
        if claim is not None and not low <= claim <= high:
            message, wanted = Said("count_impossible"), _bounds(low, high)
            yield complaint(subject, message, wanted, str(claim), f"/usage/{_COUNTS[direction]}", Reason.USAGE)


def _bounds(low: int | None, high: int | None) -> Said:
    if low is not None and high is not None:
        return Said("between", n=low, n2=high)
    return Said("at_most", n=str(high)) if low is None else Said("at_least", n=low)


KIND = Kind(prepare, assess, doubt, on=On.MEANING)
