"""Hooks of faults and personas that change the sequence or the framing of a stream. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, count, islice

from wnmon.mock.fault import ApiCall
from wnmon.mock.stream import DONE, SentEvent, delta_of, encode_json, index_of, is_finish, is_token, with_content
from wnmon.model.json import Json, JsonObject

_TOKENS_BEFORE_THE_BREAK = 3
# Buffering needs the whole stream in memory; an endless one is cut here instead of hanging.
_MOST_BUFFERED = 100_000

Events = Iterator[SentEvent]


def without_done(_: ApiCall, events: Events) -> Events:
    """Never send the sentinel."""
    return (event for event in events if event.data != DONE)


def truncated(_: ApiCall, events: Events) -> Events:
    """Stop after a few tokens: no finish_reason, no usage, no sentinel, yet the body ends in good order."""
    return _before_the_break(events)


def broken_by_error(_: ApiCall, events: Events) -> Events:
    """Report an error in the middle, then end as if all were well."""
    yield from _before_the_break(events)
    error: JsonObject = {"message": "upstream error: connection lost", "type": "upstream_error", "param": None}
    yield SentEvent(chunk={"error": {**error, "code": "bad_response"}})
    yield SentEvent(data=DONE)


def _before_the_break(events: Events) -> Events:
    """Yield up to three tokens and what stands before them, never a finish."""
    tokens = 0
    for event in events:
        if is_finish(event) or event.data == DONE or tokens == _TOKENS_BEFORE_THE_BREAK:
            return
        tokens += is_token(event)
        yield event


def buffered(_: ApiCall, events: Events) -> Events:
    """Hold everything back until the last event is due, then send it in one burst."""
    held = list(islice(events, _MOST_BUFFERED))
    due_s = max((event.at_s for event in held if event.at_s is not None), default=None)
    return (replace(event, at_s=due_s) for event in held)


def without_usage_chunk(_: ApiCall, events: Events) -> Events:
    """Drop the chunk that has no choices and exists for its usage only."""
    return (event for event in events if event.chunk is None or event.chunk.get("choices") != [])


def with_cut_chunk(_: ApiCall, events: Events) -> Events:
    """Send the first token as a chunk whose JSON ends too early."""
    for event in events:
        if event.chunk is not None and is_token(event):
            yield SentEvent(data=encode_json(event.chunk)[:-3].decode("utf-8"), at_s=event.at_s)
            break
        yield event
    yield from events


def endless(_: ApiCall, events: Events) -> Events:
    """Never stop talking, as fast as the client reads."""
    for event in events:
        yield event
        if event.chunk is not None and is_token(event):
            yield from (SentEvent(chunk=with_content(event.chunk, f" {number}")) for number in count())


def with_azure_preamble(_: ApiCall, events: Events) -> Events:
    """Begin with a chunk without choices and without a name that carries the verdict on the prompt."""
    first = next(events)
    verdict: Json = [{"prompt_index": 0, "content_filter_results": {"hate": {"filtered": False, "severity": "safe"}}}]
    nameless: JsonObject = {"id": "", "object": "", "created": 0, "model": ""}
    preamble: JsonObject = {**(first.chunk or {}), **nameless, "choices": [], "prompt_filter_results": verdict}
    return chain([SentEvent(chunk=preamble), first], events)


def with_comments(_: ApiCall, events: Events) -> Events:
    """Keep the connection alive by comments, before the first token and between tokens."""
    for place, event in enumerate(events):
        if place % 4 == 0:
            yield SentEvent(raw=b": OPENROUTER PROCESSING\n\n")
        yield event


def with_reasoning(call: ApiCall, events: Events) -> Events:
    """Think aloud on a channel of its own before the first content; thinking takes the place of the scripted wait."""
    settings = call.settings
    thinking_s = 3 * settings.gap_s
    thought = False
    for event in events:
        if event.chunk is not None and is_token(event) and not thought:
            thought = True
            for place, word in enumerate(("Let me", " think", " briefly.")):
                at_s = settings.ttft_s + place * settings.gap_s
                yield SentEvent(chunk=_reasoning(event.chunk, word), at_s=at_s)
        yield replace(event, at_s=event.at_s + thinking_s) if event.at_s is not None else event


def _reasoning(chunk: JsonObject, word: str) -> JsonObject:
    thought = with_content(chunk, "")
    delta = delta_of(SentEvent(chunk=thought))
    delta.update({"content": None, "reasoning_content": word})
    return thought


def with_usage_on_finish(_: ApiCall, events: Events) -> Events:
    """Send the usage beside the last finish_reason instead of in a chunk of its own."""
    finish: SentEvent | None = None
    for event in events:
        if event.chunk is not None and event.chunk.get("choices") == [] and finish is not None:
            usage = event.chunk.get("usage")
            yield replace(finish, chunk={**(finish.chunk or {}), "usage": usage})
            finish = None
            continue
        if finish is not None:
            yield finish
        finish = event if is_finish(event) else None
        if finish is None:
            yield event


def with_role_beside_text(_: ApiCall, events: Events) -> Events:
    """Say who speaks in the delta of a choice's first token instead of in one of its own."""
    silent: set[int] = set()
    for event in events:
        delta, index = delta_of(event), index_of(event)
        if "role" in delta:
            silent.add(index)
            continue
        if delta and index in silent:
            silent.discard(index)
            delta["role"] = "assistant"
        yield event


def with_nulls(_: ApiCall, chunk: JsonObject) -> JsonObject:
    """Write out every member of a delta that says nothing as null."""
    unsaid: JsonObject = {"content": None, "refusal": None, "tool_calls": None, "function_call": None}
    choices = chunk.get("choices")
    for choice in choices if isinstance(choices, list) else []:
        if isinstance(choice, dict) and isinstance(delta := choice.get("delta"), dict):
            choice["delta"] = unsaid | delta | ({"content": None} if delta.get("role") else {})
    return chunk


def with_padding(_: ApiCall, chunk: JsonObject) -> JsonObject:
    """Pad every chunk so that its length does not betray the token (OpenAI description, include_obfuscation)."""
    return {**chunk, "obfuscation": "aB3xY9"}


def with_retry(_: ApiCall, events: Events) -> Events:
    """Begin with the time after which a client may come back: a block without data, which dispatches no event."""
    return chain([SentEvent(raw=b"retry: 3000\n\n")], events)


def with_ids(_: ApiCall, frame: bytes) -> bytes:
    """Name each event before its data, as libraries for server-sent events do."""
    return b"id: 1\n" + frame


def with_cr(_: ApiCall, frame: bytes) -> bytes:
    """End every line with CR, which the standard allows."""
    return frame.replace(b"\n", b"\r")


def without_space(_: ApiCall, frame: bytes) -> bytes:
    """Write `data:` with nothing after the colon, which the standard allows."""
    return frame.replace(b"data: ", b"data:", 1)


def with_crlf(_: ApiCall, frame: bytes) -> bytes:
    """End every line with CRLF; JSON itself holds no raw line ends."""
    return frame.replace(b"\n", b"\r\n")
