"""`silence: 60s`: the longest time without a byte."""

from __future__ import annotations

from itertools import pairwise

from wnmon.judge.kind import Kind, On
from wnmon.judge.latency import Limits, assess_time, prepare
from wnmon.judge.subject import Subject
from wnmon.model.result import Finding


def assess(expected: Limits, subject: Subject) -> list[Finding]:
    """Complain when nothing came for too long, or nothing was ever sent."""
    return assess_time("silence", _longest_silence_s(subject), expected, subject)


def _longest_silence_s(subject: Subject) -> float | None:
    """Return the longest time without a byte of the answer: head, body and end are what breaks it."""
    marks = subject.exchange.marks
    if marks.sent_ns is None:
        return None
    heard = (marks.headers_ns, *(chunk.at_ns for chunk in subject.exchange.chunks), marks.end_ns)
    instants = (marks.sent_ns, *(at_ns for at_ns in heard if at_ns is not None))
    return max(max(later - earlier, 0) for earlier, later in pairwise(instants)) / 1e9


KIND = Kind(prepare, assess, on=On.TIME)
