"""`as_readable: [plain, odd]`: where the first stream can be read, so can the others, to their end.

A difference between two streams of one relay is due to what was said in them; what breaks both is for other rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wnmon.judge.across import Places
from wnmon.judge.subject import Subject, Unjudged
from wnmon.model.result import Finding, Reason
from wnmon.wire.events import Form, Frame


def assess(expected: Places, subjects: Mapping[str, Subject]) -> list[Finding] | Unjudged:
    """Complain about each further stream with a payload that is no JSON object, or without its end."""
    first, *others = (subjects[name] for name in expected.requests)
    if any(subject.reply.form is not Form.STREAM for subject in (first, *others)):
        return Unjudged("not every answer is an event stream")
    if any(_complaints(first)):
        return Unjudged(f"the stream of {first.step} is broken too")
    return [finding for subject in others for finding in _complaints(subject)]


def _complaints(subject: Subject) -> Iterator[Finding]:
    broken = next((frame for frame in subject.reply.frames if _is_broken(frame)), None)
    if broken is not None:
        problem = broken.document.problem if broken.document else None
        actual = f"{problem.kind}: {problem.message}" if problem else "another JSON value"
        place = f"event {broken.event.index}"
        yield _finding("a payload is not one JSON object", "one JSON object or [DONE]", actual, place, subject)
    elif subject.reply.finish_ns is None:
        yield _finding("the stream ends before its answer does", "a finish_reason", "absent", "", subject)


def _is_broken(frame: Frame) -> bool:
    return frame.document is not None and not isinstance(frame.document.value, dict)


def _finding(message: str, expected: str, actual: str, place: str, subject: Subject) -> Finding:
    return Finding(
        message=message, expected=expected, actual=actual, place=place, step=subject.step, reason=Reason.STREAM
    )
