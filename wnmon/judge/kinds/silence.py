"""`silence: 60s`: the longest time without a byte."""

from __future__ import annotations

from itertools import pairwise

from wnmon.judge.latency import timed
from wnmon.judge.subject import Subject


def _longest_silence_s(subject: Subject) -> float | None:
    """Return the longest time without a byte of the answer: head, body and end are what breaks it."""
    marks = subject.exchange.marks
    if marks.sent_ns is None:
        return None
    heard = (marks.headers_ns, *(chunk.at_ns for chunk in subject.exchange.chunks), marks.end_ns)
    instants = (marks.sent_ns, *(at_ns for at_ns in heard if at_ns is not None))
    return max(max(later - earlier, 0) for earlier, later in pairwise(instants)) / 1e9


KIND = timed("silence", _longest_silence_s)
