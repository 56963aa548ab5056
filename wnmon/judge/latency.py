"""A time against a limit, such as `{degraded: 2s, failed: 10s}`.

A sample taken while the monitor itself was late is not held against the relay.
"""

from __future__ import annotations

from dataclasses import dataclass

from wnmon.judge.subject import Subject, Unfit
from wnmon.judge.values import seconds
from wnmon.model.duration import show_duration
from wnmon.model.json import Json, kind_of
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds above which the answer is slow, and too slow. None is no limit."""

    degraded_s: float | None = None
    failed_s: float | None = None


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


def assess_time(name: str, took_s: float | None, expected: Limits, subject: Subject) -> list[Finding]:
    """Complain of a time over its limit, and of an instant that never came."""
    if subject.timing.suspect:
        return []
    if took_s is None:
        return [_finding(name, Said("an_instant"), Said("never_came"), subject, Reason.EMPTY, degraded=False)]
    for limit_s, degraded in ((expected.failed_s, False), (expected.degraded_s, True)):
        if limit_s is not None and took_s > limit_s:
            wanted = Said("at_most_time", text=show_duration(limit_s))
            return [_finding(name, wanted, show_duration(took_s), subject, Reason.SLOW, degraded=degraded)]
    return []


def _finding(name: str, expected: Text, actual: Text, subject: Subject, reason: Reason, *, degraded: bool) -> Finding:
    return Finding(
        message=Said("over_its_limit", code=name) if reason is Reason.SLOW else Said("instant_missing", code=name),
        expected=expected,
        actual=actual,
        place=name,
        step=subject.step,
        reason=reason,
        degraded=degraded,
    )
