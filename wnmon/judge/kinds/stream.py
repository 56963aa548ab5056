"""`stream: complete`, or a list of single facts about a stream.

complete: it is a stream, every choice ended with a finish_reason, [DONE] came once and last, no error came.
The other facts are one sentence each, for rules. Sources: WHATWG HTML §9.2 (server-sent events), OpenAI description.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import islice

from wnmon.judge import chunks
from wnmon.judge.fact import Fact, complaint, place_of
from wnmon.judge.kind import Kind, On
from wnmon.judge.subject import Subject, Unfit, form_seen
from wnmon.model.json import Json, kind_of
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said, Why
from wnmon.wire.reply import Event, Form, Oddity
from wnmon.wire.request import choices_asked
from wnmon.wire.stream import DONE

BURST_SHARE = 0.1
"""The share of the time from sent to the last token that must lie between first and last token.

Genuine streams show 0.29 to 0.84, a buffered burst less than 0.003; the threshold leaves room on both sides.
"""

QUEUED_NS = 50_000_000
FEWEST_READS = 10
"""A wait in a queue makes any share small. Text that came in so many pieces over so long was not kept back."""

FEWEST_CHARS = 60
"""A shorter answer may be one token or one burst of a fast model: nothing can be said about how it was spread."""

SPREADS = frozenset({"spread", "spread_when_coded"})
"""The facts about time."""

MAX_FINDINGS = 20
"""Complaints kept of each fact: a relay must not fill a report."""


def prepare(value: Json) -> tuple[str, ...]:
    """Return the facts to hold."""
    wanted = value if isinstance(value, list) else [value]
    for item in wanted:
        if not isinstance(item, str) or item not in FACTS:
            facts = Said("one_of_these", names=", ".join(FACTS))
            raise Unfit("", facts, repr(item) if isinstance(item, str) else kind_of(item))
    return tuple(str(item) for item in wanted)


def doubt(expected: tuple[str, ...], subject: Subject) -> Said | None:
    """Return why the spread of an answer shows nothing: too little was said, it was late, or nothing was compressed."""
    coded = subject.exchange.header("content-encoding") is not None
    if "spread_when_coded" in expected and subject.reply.form is Form.STREAM and not coded:
        return Said(Why.NOT_CODED)
    if not SPREADS.intersection(expected) or not any(_spread(subject)):
        return None
    said = sum(len(choice.content or "") + len(choice.reasoning) for choice in subject.reply.choices)
    if said < FEWEST_CHARS:
        return Said("too_short_to_spread", n=FEWEST_CHARS)
    return Said("late_but_in_pieces") if _queued(subject) else None


def _queued(subject: Subject) -> bool:
    """Tell whether the tokens came apart from each other, however long the first was waited for."""
    instants = {token.at_ns for token in subject.reply.tokens}
    return len(instants) >= FEWEST_READS and max(instants) - min(instants) >= QUEUED_NS


def assess(expected: tuple[str, ...], subject: Subject) -> list[Finding]:
    """Complain about each fact that does not hold, or once when the answer is no stream."""
    if subject.reply.form is not Form.STREAM:
        if expected == ("no_error",) and subject.reply.error is not None:
            return list(_no_error(subject))
        return [complaint(subject, Said("no_event_stream"), Said("an_event_stream"), form_seen(subject))]
    return [finding for fact in expected for finding in islice(FACTS[fact](subject), MAX_FINDINGS)]


def _complete(subject: Subject) -> Iterator[Finding]:
    yield from _no_error(subject)
    yield from _finish(subject)
    yield from _done(subject)


def _framed(subject: Subject) -> Iterator[Finding]:
    """Every event, also the last, ends with a blank line; a client must drop one that does not (§9.2.6)."""
    for event in _events(subject):
        if not event.terminated:
            place = f"event {event.index}"
            yield complaint(subject, Said("event_not_ended"), Said("a_blank_line"), Said("end_of_stream"), place)


def _utf8(subject: Subject) -> Iterator[Finding]:
    """Every line is UTF-8, the only encoding of event streams (§9.2.5)."""
    for oddity in _oddities(subject, "invalid_utf8"):
        yield complaint(subject, Said("line_not_utf8"), "UTF-8", oddity.seen, oddity.place)


def _no_bom(subject: Subject) -> Iterator[Finding]:
    """The stream begins with its first line. One byte order mark is allowed (§9.2.5), but common clients trip on it."""
    for oddity in _oddities(subject, "bom"):
        yield complaint(subject, Said("stream_begins_with_bom"), Said("a_line"), oddity.seen, oddity.place)


def _fields(subject: Subject) -> Iterator[Finding]:
    """Every line is a comment or one of the four fields; what stands in another one no client sees (§9.2.6)."""
    for oddity in _oddities(subject, "unknown_field", "unknown_field_json"):
        message = Said("line_in_unread_field")
        yield complaint(subject, message, Said("known_fields"), oddity.seen, oddity.place)


def _data(subject: Subject) -> Iterator[Finding]:
    """Every payload is one JSON object or [DONE]."""
    for frame in subject.reply.frames:
        problem = frame.document.problem if frame.document else None
        value = frame.document.value if frame.document else None
        if not frame.done and (problem or not isinstance(value, dict)):
            actual = Said("reason", kind=problem.kind, said=problem.message) if problem else kind_of(value)
            place = f"event {frame.event.index}"
            yield complaint(subject, Said("payload_unreadable"), Said("a_json_object"), actual, place)


def _done(subject: Subject) -> Iterator[Finding]:
    """[DONE] comes exactly once, and nothing after it."""
    frames = subject.reply.frames
    count = sum(frame.done for frame in frames)
    if count != 1:
        yield complaint(subject, Said("done_not_once"), Said("one_done"), Said("n_done", n=count))
    elif not frames[-1].done:
        message, place = Said("done_not_last"), place_of(frames[-1])
        yield complaint(subject, message, Said("nothing_after_done"), Said("another_payload"), place)


def _exactly_done(subject: Subject) -> Iterator[Finding]:
    """The sentinel is these six characters: openai-node takes anything else for JSON, and raises."""
    yield from _done(subject)
    for frame in subject.reply.frames:
        if frame.done and frame.event.data != DONE:
            message = Said("done_not_exact")
            yield complaint(subject, message, DONE, repr(frame.event.data), place_of(frame))


def _finish(subject: Subject) -> Iterator[Finding]:
    """Each choice that was asked for has exactly one finish_reason, and no text after it."""
    choices = subject.reply.choices
    if not choices:
        yield complaint(
            subject, Said("choice_never_sent"), Said("a_finish_reason"), Said("no_choice"), reason=Reason.TRUNCATED
        )
    for choice in choices:
        place = f"choice {choice.index}"
        if not choice.finish_reasons:
            message = Said("finish_reason_missing")
            yield complaint(subject, message, Said("one_finish_reason"), Said("none"), place, Reason.TRUNCATED)
        elif len(set(choice.finish_reasons)) > 1:  # some relays repeat it, unchanged, beside the usage
            actual = ", ".join(choice.finish_reasons[:5])
            yield complaint(subject, Said("finish_reasons_differ"), Said("one_finish_reason"), actual, place)
        if choice.text_after_finish:
            yield complaint(subject, Said("text_after_finish"), Said("no_text"), Said("some_words"), place)
    asked = choices_asked(subject.answer.asked)
    if 0 < len(choices) < asked:
        message, wanted = Said("choice_never_began"), Said("n_choices", n=asked)
        yield complaint(subject, message, wanted, str(len(choices)), "choices", Reason.TRUNCATED)


def _no_error(subject: Subject) -> Iterator[Finding]:
    """No error travels in a stream that began with 200."""
    error = subject.reply.error
    if error is not None:
        reason = subject.fault.reason if subject.fault else Reason.STREAM
        yield complaint(subject, Said("error_in_stream"), Said("no_error"), error.message, error.place, reason)


def _spread(subject: Subject) -> Iterator[Finding]:
    """Tokens come over time, not in one burst at the end: a relay that buffers shows the whole answer at once."""
    timing = subject.timing
    if timing.suspect:
        return
    if timing.ttft_s is None or timing.last_token_s is None or timing.token_events < 3:
        yield complaint(subject, Said("too_few_pieces"), Said("n_or_more", n=3), str(timing.token_events), "tokens")
        return
    # All tokens stamped before the last request byte: a relay that answers before it was asked shows no burst.
    share = (timing.last_token_s - timing.ttft_s) / timing.last_token_s if timing.last_token_s else 1.0
    if share < BURST_SHARE:
        wanted = Said("share_of_time", n=f"{BURST_SHARE:.0%}")
        yield complaint(subject, Said("one_burst"), wanted, f"{share:.1%}", "tokens")


FACTS: Mapping[str, Fact] = {
    "complete": _complete,
    "utf8": _utf8,
    "no_bom": _no_bom,
    "framed": _framed,
    "fields": _fields,
    "data": _data,
    "done": _exactly_done,
    "finish": _finish,
    "no_error": _no_error,
    "same_id": partial(chunks.same, "id", "ids"),
    "same_model": partial(chunks.same, "model", "models"),
    "same_created": partial(chunks.same, "created", "instants"),
    "role": chunks.role,
    "deltas": chunks.deltas,
    "usage_chunk": chunks.usage_chunk,
    "no_usage": chunks.no_usage,
    "spread": _spread,
    "spread_when_coded": _spread,
}


def _events(subject: Subject) -> tuple[Event, ...]:
    return subject.reply.stream.events if subject.reply.stream else ()


def _oddities(subject: Subject, *kinds: str) -> Iterator[Oddity]:
    oddities = subject.reply.stream.oddities if subject.reply.stream else ()
    return (oddity for oddity in oddities if oddity.kind in kinds)


KIND = Kind(prepare, assess, doubt, on=On.EVENTS)
