"""A completion as the events of a stream, and their bytes. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from wnmon.mock.completion import Completion, Spoken
from wnmon.mock.settings import MockSettings
from wnmon.model.json import Json, JsonObject

DONE = "[DONE]"
KEEP_ALIVE = b": keep-alive\n\n"

# A stamped chunk leaves the encoder with a slot of fixed width; the true instant is written into it right before the
# bytes go to the socket. Spaces before a number are legal JSON, so the length, and with it the framing, never changes.
STAMP_MEMBER = "x_wnmon_sent_ns"
STAMP_SLOT = f'"{STAMP_MEMBER}":{0:20d}'.encode()
_STAMP_ENCODED = f'"{STAMP_MEMBER}":0'.encode()
READ_MEMBER = "x_wnmon_read_ns"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentEvent:
    """One server-sent event: a chunk, or literal `data` text, or `raw` bytes written as they are.

    `at_s` is the earliest instant in seconds after the request was read; None is at once after the one before.
    """

    chunk: JsonObject | None = None
    data: str = ""
    raw: bytes | None = None
    name: str = ""
    at_s: float | None = None


def events(
    base: JsonObject, completion: Completion, settings: MockSettings, *, include_usage: bool
) -> Iterator[SentEvent]:
    """Yield role chunks, tokens in time, one finish per choice, the usage chunk if asked for, and [DONE].

    `base` holds the members every chunk shares. With `include_usage` every other chunk carries `usage: null`
    (OpenAI description of stream_options.include_usage).
    """
    common: JsonObject = {**base, "usage": None} if include_usage else base
    for index, choice in enumerate(completion.choices):
        content = "" if choice.tool is None else None
        yield SentEvent(chunk=_chunk(common, index, {"role": "assistant", "content": content}))
    yield from _tokens(common, completion, settings)
    if include_usage:
        yield SentEvent(chunk={**base, "choices": [], "usage": completion.usage})
    yield SentEvent(data=DONE)


def _tokens(common: JsonObject, completion: Completion, settings: MockSettings) -> Iterator[SentEvent]:
    """Yield the choices side by side, token by token; a choice finishes right after its own last token."""
    longest = max(len(choice.tokens) for choice in completion.choices)
    for place in range(max(longest, 1)):
        at_s = settings.token_s(place)
        for index, choice in enumerate(completion.choices):
            if place < len(choice.tokens):
                yield SentEvent(chunk=_chunk(common, index, _delta(common, choice, place)), at_s=at_s)
            if place == max(len(choice.tokens) - 1, 0):
                yield SentEvent(chunk=_chunk(common, index, {}, choice.finish), at_s=at_s)


def _delta(common: JsonObject, choice: Spoken, place: int) -> JsonObject:
    """Return one token: text, or a piece of a call's arguments, whose first delta names the function."""
    token = choice.tokens[place]
    if choice.tool is None:
        return {"content": token}
    if place > 0:
        return {"tool_calls": [{"index": 0, "function": {"arguments": token}}]}
    return {"tool_calls": [{"index": 0, **tool_call(common, choice.tool, token)}]}


def tool_call(base: JsonObject, name: str, arguments: str) -> JsonObject:
    """Return a call of a function; its id is made of the answer's own."""
    call_id = f"call_{str(base.get('id')).rpartition('-')[2]}"
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def _chunk(common: JsonObject, index: int, delta: JsonObject, finish: str | None = None) -> JsonObject:
    choice: JsonObject = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
    return {**common, "choices": [choice]}


def with_delta(chunk: JsonObject, **delta: Json) -> JsonObject:
    """Return the chunk with another delta of its first choice, unfinished."""
    return _chunk(chunk, 0, delta)


def keep_alive(events: Iterator[SentEvent], every_s: float) -> Iterator[SentEvent]:
    """Let no more than `every_s` seconds (above 0) pass without a byte: clients skip comments (WHATWG HTML §9.2.7)."""
    last_s = 0.0
    for event in events:
        due_s = last_s if event.at_s is None else event.at_s
        while due_s - last_s > every_s:
            last_s += every_s
            yield SentEvent(raw=KEEP_ALIVE, at_s=last_s)
        last_s = max(last_s, due_s)
        yield event


def delta_of(event: SentEvent) -> JsonObject:
    """Return the delta of the event's first choice, {} when it has none."""
    delta = _first_choice(event).get("delta")
    return delta if isinstance(delta, dict) else {}


def index_of(event: SentEvent) -> int:
    """Return the index of the event's first choice, -1 when it has none."""
    index = _first_choice(event).get("index")
    return index if isinstance(index, int) else -1


def is_token(event: SentEvent) -> bool:
    """Tell whether the event carries non-empty content."""
    return bool(delta_of(event).get("content"))


def is_finish(event: SentEvent) -> bool:
    """Tell whether the event ends a choice."""
    return _first_choice(event).get("finish_reason") is not None


def _first_choice(event: SentEvent) -> JsonObject:
    choices: Json = (event.chunk or {}).get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}


def encode_json(value: Json) -> bytes:
    """Return compact JSON in UTF-8, nothing escaped that need not be (RFC 8259 §7); a stamp gets its slot."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    return text.replace(_STAMP_ENCODED, STAMP_SLOT)


def stamp(data: bytes, now_ns: int) -> bytes:
    """Fill the slot, if there is one, with the instant."""
    return data.replace(STAMP_SLOT, f'"{STAMP_MEMBER}":{now_ns:20d}'.encode())


def encode_event(event: SentEvent) -> bytes:
    """Return the bytes of one event after the WHATWG rules: fields, then a blank line."""
    if event.raw is not None:
        return event.raw
    data = encode_json(event.chunk) if event.chunk is not None else event.data.encode("utf-8")
    name = f"event: {event.name}\n".encode() if event.name else b""
    return name + b"data: " + data + b"\n\n"
