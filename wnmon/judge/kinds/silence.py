"""`silence: 60s`: the longest time without a byte."""

from __future__ import annotations

from itertools import pairwise

from wnmon.judge.latency import timed
from wnmon.judge.subject import Subject
from wnmon.wire.timing import Span, span


def _longest_silence_s(subject: Subject) -> Span | None:
    """Return the longest time without a byte of the answer: head, body and end are what breaks it."""
    exchange, marks = subject.exchange, subject.exchange.marks
    if marks.sent_ns is None:
        return None
    heard = (marks.headers_ns, *(chunk.at_ns for chunk in exchange.chunks), marks.end_ns)
    instants = (marks.sent_ns, *(at_ns for at_ns in heard if at_ns is not None))
    gaps = list(pairwise(instants))
    longest_ns = max(later - earlier for earlier, later in gaps)
    # No stamp is later than `late_ns`, so none of the other gaps can have been the longest.
    near = [(earlier, later) for earlier, later in gaps if later - earlier >= longest_ns - exchange.late_ns]
    spans = [one for gap in near if (one := span(exchange, *gap)) is not None]
    return Span(
        took_s=max(one.took_s for one in spans),
        least_s=max(one.least_s for one in spans),
        most_s=max(one.most_s for one in spans),
    )


KIND = timed("silence", _longest_silence_s)
