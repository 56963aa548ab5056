"""`usage: present`, `usage: {total: sum, prompt_tokens: {min: 1, max: 50}}`: what the relay says it counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from wnmon.judge.kind import Kind, On
from wnmon.judge.subject import Subject, Unfit
from wnmon.judge.values import number
from wnmon.model.json import Json, kind_of
from wnmon.model.result import Finding, Reason, Usage

_MEMBERS = ("prompt_tokens", "completion_tokens", "total_tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What is asked: that total is the sum, and limits per member (None is no limit)."""

    total_is_sum: bool = False
    limits: Mapping[str, tuple[int | None, int | None]]


def prepare(value: Json) -> Bounds:
    """Return what is asked. `present` asks for nothing but the three integers."""
    if value == "present":
        return Bounds(limits={})
    if not isinstance(value, dict):
        raise Unfit("", f"present, or a mapping with total and {', '.join(_MEMBERS)}, not {kind_of(value)}")
    for key in value:
        if key not in {"total", *_MEMBERS}:
            raise Unfit(f"/{key}", f"total or one of {', '.join(_MEMBERS)}, not {key!r}")
    if value.get("total", "sum") != "sum":
        raise Unfit("/total", f"sum, not {value['total']!r}")
    return Bounds(
        total_is_sum="total" in value, limits={key: _limit(key, value[key]) for key in _MEMBERS if key in value}
    )


def _limit(key: str, value: Json) -> tuple[int | None, int | None]:
    if not isinstance(value, dict) or not value or set(value) - {"min", "max"}:
        raise Unfit(f"/{key}", f"a mapping with min, max, or both, not {kind_of(value)}")
    limits = {
        bound: number(limit, "a number of tokens", least=0, where=f"/{key}/{bound}") for bound, limit in value.items()
    }
    return limits.get("min"), limits.get("max")


def assess(expected: Bounds, subject: Subject) -> list[Finding]:
    """Complain about missing counts, a wrong sum, and counts out of bounds."""
    usage = subject.reply.usage
    if usage is None:
        return [_finding("there is no usage", "three integers", "absent", "/usage", subject)]
    return [*_missing(usage, subject), *_sum(expected, usage, subject), *_out_of_bounds(expected, usage, subject)]


def _missing(usage: Usage, subject: Subject) -> Iterator[Finding]:
    for member in _MEMBERS:
        if getattr(usage, member) is None:
            yield _finding("a count is missing", "integer", "absent", f"/usage/{member}", subject)


def _sum(expected: Bounds, usage: Usage, subject: Subject) -> Iterator[Finding]:
    prompt, completion, total = usage.prompt_tokens, usage.completion_tokens, usage.total_tokens
    if not expected.total_is_sum or prompt is None or completion is None or total is None:
        return
    if total != prompt + completion:
        wanted = f"{prompt} + {completion} = {prompt + completion}"
        yield _finding("total_tokens is not the sum", wanted, str(total), "/usage/total_tokens", subject)


def _out_of_bounds(expected: Bounds, usage: Usage, subject: Subject) -> Iterator[Finding]:
    for member, (low, high) in expected.limits.items():
        count = getattr(usage, member)
        if count is not None and ((low is not None and count < low) or (high is not None and count > high)):
            wanted = " and ".join(
                [*([f"at least {low}"] if low is not None else []), *([f"at most {high}"] if high is not None else [])]
            )
            yield _finding("a count is out of bounds", wanted, str(count), f"/usage/{member}", subject)


def _finding(message: str, expected: str, actual: str, place: str, subject: Subject) -> Finding:
    return Finding(
        message=message, expected=expected, actual=actual, place=place, step=subject.step, reason=Reason.USAGE
    )


KIND = Kind(prepare, assess, on=On.MEANING)
