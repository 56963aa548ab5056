"""`created: {within: 5m}`: the second an answer says it was made, against the relay's own clock.

That clock is the Date header; where it is missing, the instant the request was begun stands in for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from wnmon.judge.kind import Kind, On
from wnmon.judge.schema import seen
from wnmon.judge.subject import Subject, Unfit, complaint
from wnmon.judge.values import seconds
from wnmon.model.json import ABSENT, Json, at, kind_of
from wnmon.model.result import Finding
from wnmon.model.said import Said
from wnmon.wire.httpdate import epoch_s


def prepare(value: Json) -> float:
    """Return how far apart the two may be, in seconds."""
    within = value.get("within") if isinstance(value, dict) and set(value) == {"within"} else None
    if not isinstance(within, str):
        raise Unfit("", Said("mapping_with_one_duration", name="within"), kind_of(value))
    return seconds(within, "/within")


def assess(expected: float, subject: Subject) -> Iterator[Finding]:
    """Complain when `created` is no number of seconds, or lies too far from the answer's date."""
    document, begun_s = subject.reply.document, subject.exchange.started_at_s
    created = at(document.value, "/created") if document is not None else ABSENT
    date_s = epoch_s(subject.exchange.header("date") or "", seen_s=begun_s)
    now_s = begun_s if date_s is None else date_s
    if not isinstance(created, int) or isinstance(created, bool) or abs(created - now_s) > expected:
        wanted = Said("give_or_take", n=f"{now_s:.0f}", n2=f"{expected:g}")
        yield complaint(subject, Said("created_off"), wanted, seen(created), "/created")


KIND = Kind(prepare, assess, on=On.BODY)
