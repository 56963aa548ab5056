"""A time against a limit, such as `{degraded: 2s, failed: 10s}`.

The stamps a time lies between may be late, so it is known from the least to the most it can have been:

    least > limit    the limit is broken: however late the monitor was, the relay was too slow
    most <= limit    it is kept
    else             undecided: neither held against the relay nor passed off as kept

An instant that never came is no matter of lag.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from wnmon.judge.kind import Kind
from wnmon.judge.subject import Subject, Unfit, complaint
from wnmon.judge.values import seconds
from wnmon.model.duration import show_duration
from wnmon.model.json import Json, kind_of
from wnmon.model.result import Finding, Mark, Reason
from wnmon.model.said import Said
from wnmon.wire.timing import Span, instants, span


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds above which the answer is slow, and too slow. None is no limit."""

    degraded_s: float | None = None
    failed_s: float | None = None


Measured = Callable[[Subject], Span | None]
"""Return a time of an answer, None for an instant that never came."""


def timed(name: str, measured: Measured) -> Kind:
    """Return the kind that limits a time of an answer."""
    return Kind(prepare, partial(assess, name, measured), undecided=partial(undecided, name, measured))


def between(start: Mark, end: Mark) -> Measured:
    """Return what measures the time between two marks."""

    def measured(subject: Subject) -> Span | None:
        at_ns = instants(subject.exchange, subject.reply)
        return span(subject.exchange, at_ns[start], at_ns[end])

    return measured


def prepare(value: Json) -> Limits:
    """Return the limits. A bare duration is short for `failed`."""
    if isinstance(value, str):
        return Limits(failed_s=seconds(value, ""))
    if not isinstance(value, dict) or not value or set(value) - {"degraded", "failed"}:
        raise Unfit("", Said("duration_or_limits"), kind_of(value))
    limits = {key: _seconds(text, f"/{key}") for key, text in value.items()}
    degraded_s, failed_s = limits.get("degraded"), limits.get("failed")
    if degraded_s is not None and failed_s is not None and degraded_s >= failed_s:
        raise Unfit("/degraded", Said("less_than_failed"))
    return Limits(degraded_s=degraded_s, failed_s=failed_s)


def _seconds(value: Json, where: str) -> float:
    if not isinstance(value, str):
        raise Unfit(where, Said("a_duration_text"), kind_of(value))
    return seconds(value, where)


def assess(name: str, measured: Measured, expected: Limits, subject: Subject) -> Iterator[Finding]:
    """Complain of a time over its limit, and of an instant that never came."""
    span = measured(subject)
    if span is None:
        message = Said("instant_missing", code=name)
        yield complaint(subject, message, Said("an_instant"), Said("never_came"), name, Reason.EMPTY)
        return
    for limit, degraded in ((expected.failed_s, False), (expected.degraded_s, True)):
        if limit is not None and span.least_s > limit:
            message, wanted = Said("over_its_limit", code=name), Said("at_most_time", text=show_duration(limit))
            slow = complaint(subject, message, wanted, show_duration(span.took_s), name, Reason.SLOW)
            yield replace(slow, degraded=degraded)
            return


def undecided(name: str, measured: Measured, expected: Limits, subject: Subject) -> Said | None:
    """Return why a limit is left open, None where each is either broken or kept."""
    span = measured(subject)
    for limit in (expected.degraded_s, expected.failed_s):
        if limit is not None and span is not None and span.least_s <= limit < span.most_s:
            least, most = show_duration(span.least_s), show_duration(span.most_s)
            return Said("latency_undecided", code=name, text=least, text2=most, limit=show_duration(limit))
    return None
