"""`stream: complete`, or a list of single facts about a stream.

complete: it is a stream, every choice ended with a finish_reason, [DONE] came once and last, no error came.
The other facts are one sentence each, for rules. Sources: WHATWG HTML §9.2 (server-sent events); OpenAI description,
CreateChatCompletionStreamResponse. A payload that carries no choice (usage alone, a ping, Azure's preamble) speaks for
no answer, and is looked at as data and for usage only.

A stream that was cut is told once, by the first of these facts that is broken: `no_error`, `finish`, `done`. What else
its end would have held is left open, and what it left of an event is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice

from wnmon.judge.kind import Kind, On
from wnmon.judge.subject import Subject, Unfit, form_seen
from wnmon.judge.subject import complaint as subject_complaint
from wnmon.model.json import Json, JsonObject, kind_of
from wnmon.model.result import Finding, Mark, Reason
from wnmon.model.said import Said, Text, Why, fitted
from wnmon.wire.message import choices_of, object_at, string_at, usage_of
from wnmon.wire.reply import Form, Frame
from wnmon.wire.request import choices_asked
from wnmon.wire.stream import DONE
from wnmon.wire.timing import instants

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

Fact = Callable[[Subject], Iterator[Finding]]
"""Yields one complaint for each place where the fact does not hold. Judges a stream only, and never raises."""


def prepare(value: Json) -> tuple[str, ...]:
    """Return the facts to hold."""
    wanted = value if isinstance(value, list) else [value]
    for item in wanted:
        if not isinstance(item, str) or item not in FACTS:
            facts = Said("one_of_these", names=", ".join(FACTS))
            raise Unfit("", facts, repr(item) if isinstance(item, str) else kind_of(item))
    return tuple(str(item) for item in wanted)


def doubt(expected: tuple[str, ...], subject: Subject) -> Said | None:
    """Return why a fact cannot be told: the stream was cut, too little was said, it was late, or not compressed."""
    if _is_told_elsewhere(expected, subject):
        return Said("stream_was_cut")
    if "spread_when_coded" in expected and subject.reply.form is Form.STREAM and not subject.exchange.is_coded:
        return Said(Why.NOT_CODED)
    if not SPREADS.intersection(expected) or not any(_spread(subject)):
        return None
    said = sum(len(choice.content or "") + len(choice.reasoning) for choice in subject.reply.choices)
    if said < FEWEST_CHARS:
        return Said("too_short_to_spread", n=FEWEST_CHARS)
    # The tokens came apart from each other, however long the first was waited for.
    instants = {token.at_ns for token in subject.reply.tokens}
    queued = len(instants) >= FEWEST_READS and max(instants) - min(instants) >= QUEUED_NS
    return Said("late_but_in_pieces") if queued else None


def assess(expected: tuple[str, ...], subject: Subject) -> Iterator[Finding]:
    """Complain about each fact that does not hold, or once when the answer is no stream."""
    if subject.reply.form is Form.STREAM:
        told, rest = _told_by(subject), _rest(subject)
        for fact in expected:
            if fact in _OF_THE_END and told != fact and told in expected:
                continue
            findings = (one for one in FACTS[fact](subject) if fact not in _OF_WHOLE_EVENTS or one.place != rest)
            yield from islice(findings, MAX_FINDINGS)
    elif expected == ("no_error",) and subject.reply.error is not None:
        yield from _no_error(subject)
    else:
        yield complaint(subject, Said("no_event_stream"), Said("an_event_stream"), form_seen(subject))


def complaint(
    subject: Subject, message: Said, expected: Text, actual: Text, place: str = "", reason: Reason = Reason.STREAM
) -> Finding:
    """Return one complaint about a stream, what was seen cut to a line."""
    return subject_complaint(subject, message, expected, fitted(actual), place, reason)


_OF_THE_END = frozenset({"done", "usage_chunk"})
"""The facts that a stream without an end breaks whatever else is right."""


_OF_WHOLE_EVENTS = frozenset({"utf8", "framed", "fields", "data"})
"""The facts that half an event breaks."""


def _told_by(subject: Subject) -> str | None:
    """Return the fact that tells of a missing end, None where [DONE] came: what is wrong then is no cut."""
    if subject.reply.done_ns is not None:
        return None
    if subject.reply.error is not None:
        return "no_error"
    return "finish" if any(_finish(subject)) else "done"


def _is_told_elsewhere(expected: tuple[str, ...], subject: Subject) -> bool:
    """Tell whether a stream was cut, which other facts than these tell of."""
    told = _told_by(subject) if subject.reply.form is Form.STREAM else None
    return told is not None and not _OF_THE_END.isdisjoint(expected) and told not in expected and told != "done"


def _rest(subject: Subject) -> str | None:
    """Return the place of what a cut left of an event, which a client drops (§9.2.6); None where nothing was cut.

    Several payloads in one event were not separated, so it was no cut that took the blank line.
    """
    events = subject.reply.stream.events if subject.reply.stream else ()
    last = events[-1] if events and not events[-1].terminated else None
    if subject.reply.done_ns is not None or (last is not None and "\n" in last.data):
        return None
    if last is None and subject.exchange.body.endswith((b"\n", b"\r")):
        return None
    return last.place if last is not None else f"event {len(events)}"


def _complete(subject: Subject) -> Iterator[Finding]:
    yield from _no_error(subject)
    told = _told_by(subject)
    if told != "no_error":
        yield from _finish(subject)
    if told in {None, "done"}:
        yield from _done(subject)


def _framed(subject: Subject) -> Iterator[Finding]:
    """Every event, also the last, ends with a blank line; a client must drop one that does not (§9.2.6)."""
    for event in subject.reply.stream.events if subject.reply.stream else ():
        if not event.terminated:
            wanted, actual = Said("a_blank_line"), Said("end_of_stream")
            yield complaint(subject, Said("event_not_ended"), wanted, actual, event.place)


def _without(kinds: frozenset[str], message: Said, wanted: Text, subject: Subject) -> Iterator[Finding]:
    """No line is odd in one of these ways."""
    for oddity in subject.reply.stream.oddities if subject.reply.stream else ():
        if oddity.kind in kinds:
            yield complaint(subject, message, wanted, oddity.seen, oddity.place)


def _data(subject: Subject) -> Iterator[Finding]:
    """Every payload is one JSON object or [DONE]."""
    for frame in subject.reply.frames:
        problem = frame.document.problem if frame.document else None
        value = frame.document.value if frame.document else None
        if not frame.done and (problem or not isinstance(value, dict)):
            actual = Said("reason", kind=problem.kind, said=problem.message) if problem else kind_of(value)
            yield complaint(subject, Said("payload_unreadable"), Said("a_json_object"), actual, frame.event.place)


def _done(subject: Subject) -> Iterator[Finding]:
    """[DONE] comes exactly once, and nothing after it."""
    frames = subject.reply.frames
    count = sum(frame.done for frame in frames)
    if count != 1:
        yield complaint(subject, Said("done_not_once"), Said("one_done"), Said("n_done", n=count))
    elif not frames[-1].done:
        wanted, actual = Said("nothing_after_done"), Said("another_payload")
        yield complaint(subject, Said("done_not_last"), wanted, actual, frames[-1].event.place)


def _exactly_done(subject: Subject) -> Iterator[Finding]:
    """The sentinel is these six characters: openai-node takes anything else for JSON, and raises."""
    yield from _done(subject)
    for frame in subject.reply.frames:
        if frame.done and frame.event.data != DONE:
            yield complaint(subject, Said("done_not_exact"), DONE, repr(frame.event.data), frame.event.place)


def _finish(subject: Subject) -> Iterator[Finding]:
    """Each choice that was asked for has exactly one finish_reason, and no text after it."""
    choices, asked = subject.reply.choices, choices_asked(subject.asked)
    if not choices:
        message, wanted = Said("choice_never_sent"), Said("a_finish_reason")
        yield complaint(subject, message, wanted, Said("no_choice"), reason=Reason.TRUNCATED)
    for choice in choices:
        place, wanted = f"choice {choice.index}", Said("one_finish_reason")
        if not choice.finish_reasons:
            yield complaint(subject, Said("finish_reason_missing"), wanted, Said("none"), place, Reason.TRUNCATED)
        elif len(set(choice.finish_reasons)) > 1:  # some relays repeat it, unchanged, beside the usage
            actual = ", ".join(choice.finish_reasons[:5])
            yield complaint(subject, Said("finish_reasons_differ"), wanted, actual, place)
        if choice.text_after_finish:
            yield complaint(subject, Said("text_after_finish"), Said("no_text"), Said("some_words"), place)
    if 0 < len(choices) < asked:
        message, wanted = Said("choice_never_began"), Said("n_choices", n=asked)
        yield complaint(subject, message, wanted, str(len(choices)), "choices", Reason.TRUNCATED)


def _no_error(subject: Subject) -> Iterator[Finding]:
    """No error travels in a stream that began with 200."""
    error = subject.reply.error
    if error is not None:
        reason = subject.fault.reason if subject.fault else Reason.STREAM
        yield complaint(subject, Said("error_in_stream"), Said("no_error"), error.message, error.place, reason)


def _payloads(subject: Subject) -> Iterator[tuple[Frame, JsonObject]]:
    """Yield each payload that is a JSON object."""
    for frame in subject.reply.frames:
        value = frame.document.value if frame.document else None
        if isinstance(value, dict):
            yield frame, value


def _chunks(subject: Subject) -> Iterator[tuple[Frame, JsonObject, list[JsonObject]]]:
    """Yield each payload that carries a choice, and its choices."""
    for frame, value in _payloads(subject):
        choices = [choice for _, choice in choices_of(value.get("choices"))]
        if choices:
            yield frame, value, choices


def _same(member: str, plural: str, subject: Subject) -> Iterator[Finding]:
    """A member has one value on every chunk. Absent, null and other types are the schema's."""
    seen: dict[str, Frame] = {}
    for frame, value, _ in _chunks(subject):
        said = value.get(member)
        if isinstance(said, str | int | float):
            seen.setdefault(str(said), frame)
    if len(seen) > 1:
        message, wanted = Said("changes_within_stream", code=member), Said("one_value", code=member)
        actual, second = Said("n_values", n=len(seen), code=plural), list(seen.values())[1]
        yield complaint(subject, message, wanted, actual, second.event.place)


def _role(subject: Subject) -> Iterator[Finding]:
    """The first delta says who speaks."""
    for frame, _, choices in islice(_chunks(subject), 1):
        said = string_at(object_at(choices[0], "delta"), "role")
        if said != "assistant":
            actual = said or Said("no_role")
            yield complaint(subject, Said("role_missing"), Said("role_assistant"), actual, frame.event.place)


def _deltas(subject: Subject) -> Iterator[Finding]:
    """Chunks hold deltas: neither a whole message beside them nor a completion of another type at the end."""
    for frame, value, choices in _chunks(subject):
        if any("message" in choice for choice in choices):
            yield complaint(subject, Said("message_in_chunk"), Said("a_delta_alone"), "message", frame.event.place)
        kind = string_at(value, "object")
        if kind.endswith(".done"):
            yield complaint(subject, Said("chunk_calls_itself_done"), Said("object_chunk"), kind, frame.event.place)


def _usage_chunk(subject: Subject) -> Iterator[Finding]:
    """With include_usage: the last chunk has no choices and the usage, every other one has usage null or none."""
    payloads = list(_payloads(subject))
    for frame, value in payloads[:-1]:
        if value.get("usage") is not None:
            yield complaint(subject, Said("usage_too_early"), "null", kind_of(value["usage"]), frame.event.place)
    for frame, value in payloads[-1:]:
        usage, choices = value.get("usage"), value.get("choices")
        if usage_of(usage) is None:
            yield complaint(subject, Said("usage_chunk_missing"), "usage", kind_of(usage), frame.event.place)
        elif choices != []:
            seen = Said("n_choices", n=len(choices)) if isinstance(choices, list) else Said("no_choices_member")
            yield complaint(subject, Said("usage_not_alone"), Said("choices_empty"), seen, frame.event.place)


def _no_usage(subject: Subject) -> Iterator[Finding]:
    """Usage comes only where it was asked for."""
    carriers = [frame for frame, value in _payloads(subject) if value.get("usage") is not None]
    if carriers:
        actual = Said("on_chunks", n=len(carriers))
        yield complaint(subject, Said("usage_unasked"), Said("no_usage"), actual, carriers[0].event.place)


def _spread(subject: Subject) -> Iterator[Finding]:
    """Tokens come over time, not in one burst at the end: a relay that buffers shows the whole answer at once."""
    share, pieces = _share(subject), subject.timing.token_events
    if pieces < 3:
        yield complaint(subject, Said("too_few_pieces"), Said("n_or_more", n=3), str(pieces), "tokens")
    elif share is not None and share.most < BURST_SHARE:
        wanted = Said("share_of_time", n=f"{BURST_SHARE:.0%}")
        yield complaint(subject, Said("one_burst"), wanted, f"{share.seen:.1%}", "tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Share:
    """The time from first to last token as a share of that from sent on: as stamped, and the least and most it was."""

    seen: float
    least: float
    most: float


def _share(subject: Subject) -> _Share | None:
    """Return how the tokens of a stream were spread, None where none came, or where nobody knows when it was asked."""
    exchange, at_ns = subject.exchange, instants(subject.exchange, subject.reply)
    sent_ns, first_ns, last_ns = at_ns[Mark.SENT], at_ns[Mark.FIRST_TOKEN], at_ns[Mark.LAST_TOKEN]
    if sent_ns is None or first_ns is None or last_ns is None:
        return None
    # The share is the least with the last token at its earliest and the request sent at its earliest, and the most with
    # the first token at its earliest: no stamp is early.
    return _Share(
        seen=_part(sent_ns, first_ns, last_ns),
        least=_part(sent_ns - exchange.lag_ns(sent_ns), first_ns, last_ns - exchange.lag_ns(last_ns)),
        most=_part(sent_ns, first_ns - exchange.lag_ns(first_ns), last_ns),
    )


def _part(sent_ns: int, first_ns: int, last_ns: int) -> float:
    """Return the share. A relay that answers before it was asked, all tokens before the last byte, shows no burst."""
    whole_ns = last_ns - sent_ns
    return max(0, last_ns - max(first_ns, sent_ns)) / whole_ns if whole_ns > 0 else 1.0


def undecided(expected: tuple[str, ...], subject: Subject) -> Said | None:
    """Return why it is open whether the tokens came in one burst: a late monitor makes one, or pulls one apart.

    Nor can it be told of what came before all of the request was sent.
    """
    if not SPREADS.intersection(expected) or subject.reply.form is not Form.STREAM or subject.timing.token_events < 3:
        return None
    share = _share(subject)
    if share is None:
        return Said("sent_unknown")
    return Said("monitor_late") if share.least < BURST_SHARE <= share.most else None


_UNKNOWN = frozenset({"unknown_field", "unknown_field_json"})

FACTS: Mapping[str, Fact] = {
    "complete": _complete,
    # UTF-8 is the only encoding of event streams (§9.2.5).
    "utf8": partial(_without, frozenset({"invalid_utf8"}), Said("line_not_utf8"), "UTF-8"),
    # One byte order mark is allowed (§9.2.5), but common clients trip on it.
    "no_bom": partial(_without, frozenset({"bom"}), Said("stream_begins_with_bom"), Said("a_line")),
    "framed": _framed,
    # What stands in another field than the four no client sees (§9.2.6).
    "fields": partial(_without, _UNKNOWN, Said("line_in_unread_field"), Said("known_fields")),
    "data": _data,
    "done": _exactly_done,
    "finish": _finish,
    "no_error": _no_error,
    "same_id": partial(_same, "id", "ids"),
    "same_model": partial(_same, "model", "models"),
    "same_created": partial(_same, "created", "instants"),
    "role": _role,
    "deltas": _deltas,
    "usage_chunk": _usage_chunk,
    "no_usage": _no_usage,
    "spread": _spread,
    "spread_when_coded": _spread,
}

KIND = Kind(prepare, assess, doubt, on=On.EVENTS, undecided=undecided)
