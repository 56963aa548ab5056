"""A time against a limit, such as `{degraded: 2s, failed: 10s}`.

A sample taken while the monitor itself was late is not held against the relay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from wnmon.judge.kind import Kind, On
from wnmon.judge.subject import Subject, Unfit, complaint
from wnmon.judge.values import seconds
from wnmon.model.duration import show_duration
from wnmon.model.json import Json, kind_of
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds above which the answer is slow, and too slow. None is no limit."""

    degraded_s: float | None = None
    failed_s: float | None = None


def timed(name: str, took_s: Callable[[Subject], float | None]) -> Kind:
    """Return the kind that limits a time of an answer; `took_s` is None for an instant that never came."""
    return Kind(prepare, partial(assess, name, took_s), on=On.TIME)


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


def assess(
    name: str, took_s: Callable[[Subject], float | None], expected: Limits, subject: Subject
) -> Iterator[Finding]:
    """Complain of a time over its limit, and of an instant that never came."""
    took = took_s(subject)
    if subject.timing.suspect:
        return
    if took is None:
        message = Said("instant_missing", code=name)
        yield complaint(subject, message, Said("an_instant"), Said("never_came"), name, Reason.EMPTY)
        return
    for limit, degraded in ((expected.failed_s, False), (expected.degraded_s, True)):
        if limit is not None and took > limit:
            message, wanted = Said("over_its_limit", code=name), Said("at_most_time", text=show_duration(limit))
            slow = complaint(subject, message, wanted, show_duration(took), name, Reason.SLOW)
            yield replace(slow, degraded=degraded)
            return
