"""What a fact about a stream is, and how it complains."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from wnmon.judge.subject import Subject
from wnmon.judge.subject import complaint as subject_complaint
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said, Text, fitted
from wnmon.wire.reply import Frame

Fact = Callable[[Subject], Iterator[Finding]]
"""Yields one complaint for each place where the fact does not hold. Judges a stream only, and never raises."""


def complaint(
    subject: Subject, message: Said, expected: Text, actual: Text, place: str = "", reason: Reason = Reason.STREAM
) -> Finding:
    """Return one complaint about a stream, what was seen cut to a line."""
    return subject_complaint(subject, message, expected, fitted(actual), place, reason)


def place_of(frame: Frame) -> str:
    """Return where a payload stands in its stream."""
    return f"event {frame.event.index}"
