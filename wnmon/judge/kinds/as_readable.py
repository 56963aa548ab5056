"""`as_readable: {of: [plain, odd], holding: "x"}`: where the first stream can be read, so can the others, to their end.

A difference between two streams of one relay is due to what was said in them; what breaks both is for other rules. An
answer without the text in question shows nothing; `as_readable: [plain, odd]` asks for no text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from wnmon.judge.kind import AcrossKind
from wnmon.judge.places import Places, places
from wnmon.judge.subject import Subject, Unfit, Unjudged, complaint
from wnmon.model.json import Json
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said
from wnmon.wire.reply import Form


@dataclass(frozen=True, slots=True, kw_only=True)
class Readable(Places):
    """The streams to compare, and what the others must hold to show anything. None is not asked."""

    holding: str | None = None


def prepare(value: Json) -> Readable:
    """Return the streams, from a list of them or from a mapping with of and holding."""
    if not isinstance(value, dict):
        return Readable(places=places(value, ""))
    holding = value.get("holding")
    if set(value) != {"of", "holding"} or not isinstance(holding, str) or not holding:
        raise Unfit("", Said("streams_or_mapping"))
    return Readable(places=places(value["of"], "/of"), holding=holding)


def assess(expected: Readable, subjects: Mapping[str, Subject]) -> list[Finding] | Unjudged:
    """Complain about each further stream with a payload that is no JSON object, or without its end."""
    first, *others = (subjects[name] for name in expected.requests)
    if any(subject.reply.form is not Form.STREAM for subject in (first, *others)):
        return Unjudged(Said("not_all_streams"))
    if any(_complaints(first)):
        return Unjudged(Said("first_stream_broken_too", code=first.step))
    findings = [finding for subject in others for finding in _complaints(subject)]
    if findings or expected.holding is None or all(expected.holding in subject.reply.text for subject in others):
        return findings
    return Unjudged(Said("premise_text_lacking", text=ascii(expected.holding)))


def _complaints(subject: Subject) -> Iterator[Finding]:
    payloads = ((frame.event.place, frame.document) for frame in subject.reply.frames if frame.document)
    for place, document in payloads:
        if not isinstance(document.value, dict):
            problem, wanted = document.problem, Said("json_object_or_done")
            actual = Said("reason", kind=problem.kind, said=problem.message) if problem else Said("another_json_value")
            yield complaint(subject, Said("payload_no_object"), wanted, actual, place, Reason.STREAM)
            return
    if subject.reply.finish_ns is None:
        yield complaint(subject, Said("stream_ends_early"), Said("a_finish_reason"), Said("absent"), "", Reason.STREAM)


KIND = AcrossKind(prepare, assess)
