"""Facts about the members of a stream's chunks. Sources: OpenAI description, CreateChatCompletionStreamResponse.

What carries no choice (usage alone, a ping, Azure's preamble) speaks for no answer and is looked at for usage only.
"""

from __future__ import annotations

from collections.abc import Iterator

from wnmon.judge.fact import complaint, place_of
from wnmon.judge.subject import Subject
from wnmon.model.json import JsonObject, kind_of
from wnmon.model.result import Finding
from wnmon.model.said import Said
from wnmon.wire.message import choices_of, object_at, string_at, usage_of
from wnmon.wire.reply import Frame


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


def same(member: str, plural: str, subject: Subject) -> Iterator[Finding]:
    """A member has one value on every chunk. Absent, null and other types are the schema's."""
    seen: dict[str, Frame] = {}
    for frame, value, _ in _chunks(subject):
        said = value.get(member)
        if isinstance(said, str | int | float):
            seen.setdefault(str(said), frame)
    if len(seen) > 1:
        message = Said("changes_within_stream", code=member)
        second = list(seen.values())[1]
        yield complaint(
            subject,
            message,
            Said("one_value", code=member),
            Said("n_values", n=len(seen), code=plural),
            place_of(second),
        )


def role(subject: Subject) -> Iterator[Finding]:
    """The first delta says who speaks."""
    for frame, _, choices in _chunks(subject):
        said = string_at(object_at(choices[0], "delta"), "role")
        if said != "assistant":
            message = Said("role_missing")
            yield complaint(subject, message, Said("role_assistant"), said or Said("no_role"), place_of(frame))
        return


def deltas(subject: Subject) -> Iterator[Finding]:
    """Chunks hold deltas: neither a whole message beside them nor a completion of another type at the end."""
    for frame, value, choices in _chunks(subject):
        if any("message" in choice for choice in choices):
            message = Said("message_in_chunk")
            yield complaint(subject, message, Said("a_delta_alone"), "message", place_of(frame))
        kind = string_at(value, "object")
        if kind.endswith(".done"):
            message = Said("chunk_calls_itself_done")
            yield complaint(subject, message, Said("object_chunk"), kind, place_of(frame))


def usage_chunk(subject: Subject) -> Iterator[Finding]:
    """With include_usage: the last chunk has no choices and the usage, every other one has usage null or none."""
    payloads = list(_payloads(subject))
    for frame, value in payloads[:-1]:
        if value.get("usage") is not None:
            message = Said("usage_too_early")
            yield complaint(subject, message, "null", kind_of(value["usage"]), place_of(frame))
    for frame, value in payloads[-1:]:
        if usage_of(value.get("usage")) is None:
            message = Said("usage_chunk_missing")
            yield complaint(subject, message, "usage", kind_of(value.get("usage")), place_of(frame))
        elif value.get("choices") != []:
            message = Said("usage_not_alone")
            yield complaint(subject, message, Said("choices_empty"), _choices_seen(value), place_of(frame))


def _choices_seen(value: JsonObject) -> Said:
    choices = value.get("choices")
    return Said("n_choices", n=len(choices)) if isinstance(choices, list) else Said("no_choices_member")


def no_usage(subject: Subject) -> Iterator[Finding]:
    """Usage comes only where it was asked for."""
    carriers = [frame for frame, value in _payloads(subject) if value.get("usage") is not None]
    if carriers:
        message = Said("usage_unasked")
        yield complaint(subject, message, Said("no_usage"), Said("on_chunks", n=len(carriers)), place_of(carriers[0]))
