"""`created: {within: 5m}`: the second an answer says it was made, against the relay's own clock.

That clock is the Date header; where it is missing, the instant the request was begun stands in for it.
"""

from __future__ import annotations

from wnmon.judge.kind import Kind, On
from wnmon.judge.schema import seen
from wnmon.judge.subject import Subject, Unfit
from wnmon.judge.values import seconds
from wnmon.model.json import ABSENT, Json, Missing, at, kind_of
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said
from wnmon.wire.httpdate import epoch_s


def prepare(value: Json) -> float:
    """Return how far apart the two may be, in seconds."""
    within = value.get("within") if isinstance(value, dict) and set(value) == {"within"} else None
    if not isinstance(within, str):
        raise Unfit("", Said("mapping_with_one_duration", name="within"), kind_of(value))
    return seconds(within, "/within")


def assess(expected: float, subject: Subject) -> list[Finding]:
    """Complain when `created` is no number of seconds, or lies too far from the answer's date."""
    document = subject.reply.document
    created = at(document.value, "/created") if document is not None else ABSENT
    date_s = _date_s(subject)
    if isinstance(created, int) and not isinstance(created, bool) and abs(created - date_s) <= expected:
        return []
    return [_finding(created, expected, date_s, subject.step)]


def _date_s(subject: Subject) -> float:
    date_s = epoch_s(subject.exchange.header("date") or "")
    return subject.exchange.started_at_s if date_s is None else date_s


def _finding(created: Json | Missing, tolerance_s: float, date_s: float, step: str) -> Finding:
    return Finding(
        message=Said("created_off"),
        expected=Said("give_or_take", n=f"{date_s:.0f}", n2=f"{tolerance_s:g}"),
        actual=seen(created),
        place="/created",
        step=step,
        reason=Reason.RULE,
    )


KIND = Kind(prepare, assess, on=On.BODY)
