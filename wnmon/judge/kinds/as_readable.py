"""`as_readable: {of: [plain, odd], holding: "x"}`: where the first stream can be read, so can the others, to their end.

A difference between two streams of one relay is due to what was said in them; what breaks both is for other rules. An
answer without the text in question shows nothing; `as_readable: [plain, odd]` asks for no text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from wnmon.judge import places
from wnmon.judge.kind import AcrossKind
from wnmon.judge.places import Places
from wnmon.judge.subject import Subject, Unfit, Unjudged
from wnmon.model.json import Json
from wnmon.model.result import Finding, Reason
from wnmon.wire.reply import Form, Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Readable(Places):
    """The streams to compare, and what the others must hold to show anything. None is not asked."""

    holding: str | None = None


def prepare(value: Json) -> Readable:
    """Return the streams, from a list of them or from a mapping with of and holding."""
    if not isinstance(value, dict):
        return Readable(places=places.prepare(value).places)
    holding = value.get("holding")
    if set(value) != {"of", "holding"} or not isinstance(holding, str) or not holding:
        raise Unfit("", "a list of requests, or a mapping with of, such a list, and holding, a text")
    return Readable(places=places.places(value["of"], "/of"), holding=holding)


def assess(expected: Readable, subjects: Mapping[str, Subject]) -> list[Finding] | Unjudged:
    """Complain about each further stream with a payload that is no JSON object, or without its end."""
    first, *others = (subjects[name] for name in expected.requests)
    if any(subject.reply.form is not Form.STREAM for subject in (first, *others)):
        return Unjudged("not every answer is an event stream")
    if any(_complaints(first)):
        return Unjudged(f"the stream of {first.step} is broken too")
    findings = [finding for subject in others for finding in _complaints(subject)]
    if findings or expected.holding is None or all(expected.holding in subject.reply.text for subject in others):
        return findings
    return Unjudged(f"an answer does not hold {expected.holding!a}, so nothing could be broken by it")


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


KIND = AcrossKind(prepare, assess)
