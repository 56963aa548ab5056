"""Faults of a stream, each breaking one sentence of the protocol: framing, sentinel, chunks, usage, refusals. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain, count, islice

from wnmon.mock.changes import (
    changing,
    each_choice,
    each_event,
    refusing,
    relabelled,
    setting,
    within,
    without,
    without_header,
)
from wnmon.mock.chat import Refusal
from wnmon.mock.fault import ApiCall, Hook, MockFault
from wnmon.mock.mistral import text_parts
from wnmon.mock.stream import DONE, KEEP_ALIVE, SentEvent, encode_event, encode_json, is_finish, is_token, with_delta
from wnmon.mock.tokens import count_prompt
from wnmon.model.json import Json, JsonObject

_BOM = b"\xef\xbb\xbf"
_TOKENS_BEFORE_THE_BREAK = 3
# Buffering needs the whole stream in memory; an endless one is cut here instead of hanging.
_MOST_BUFFERED = 100_000
_SLOW_GAP_S = 0.02
_SLOW_EVENTS = 25
_SILENT_SPANS = 4.2

Events = Iterator[SentEvent]


# --- framing


def _with_two_on_a_line(_: ApiCall, events: Events) -> Events:
    first, second = next(events), next(events)
    data = b"data: ".join(encode_json(event.chunk) for event in (first, second) if event.chunk is not None)
    return chain([SentEvent(data=data.decode("utf-8"), at_s=second.at_s)], events)


def with_cut_chunk(_: ApiCall, events: Events) -> Events:
    """Send the first token as a chunk whose JSON ends too early."""
    for event in events:
        if event.chunk is not None and is_token(event):
            yield SentEvent(data=encode_json(event.chunk)[:-3].decode("utf-8"), at_s=event.at_s)
            break
        yield event
    yield from events


# --- how a stream ends


def _truncated(_: ApiCall, events: Events) -> Events:
    """Yield up to three tokens and what stands before them: no finish_reason, no usage, no sentinel."""
    tokens = 0
    for event in events:
        if is_finish(event) or event.data == DONE or tokens == _TOKENS_BEFORE_THE_BREAK:
            return
        tokens += is_token(event)
        yield event


def _broken_by_error(call: ApiCall, events: Events) -> Events:
    """Report an error in the middle, then end as if all were well."""
    error = JsonObject(
        message="upstream error: connection lost", type="upstream_error", param=None, code="bad_response"
    )
    return chain(_truncated(call, events), [SentEvent(chunk={"error": error}), SentEvent(data=DONE)])


def _broken_by_field(call: ApiCall, events: Events) -> Events:
    """Report an error in a field of its own, as llama.cpp's server did, and fall silent."""
    error: JsonObject = {"code": 500, "message": "context shift is disabled", "type": "server_error"}
    return chain(_truncated(call, events), [SentEvent(raw=b"error: " + encode_json(error) + b"\n\n")])


def _with_glued_done(_: ApiCall, events: Events) -> Events:
    """Write [DONE] right behind the last chunk, in the same payload."""
    held = next(events)
    for event in events:
        if event.data == DONE and held.chunk is not None:
            held = SentEvent(data=encode_json(held.chunk).decode("utf-8") + DONE)
            break
        yield held
        held = event
    yield held


def _laundered(call: ApiCall, events: Events) -> Events:
    """End an upstream that timed out as if it were done: made-up usage, [DONE], no finish_reason."""
    last: JsonObject = {}
    for event in _truncated(call, events):
        last = event.chunk or last
        yield event
    if call.chat is not None and call.chat.include_usage:
        yield SentEvent(chunk={**last, "choices": [], "usage": _usage(call, 1)})
    yield SentEvent(data=DONE)


def _finished_twice(call: ApiCall, events: Events) -> Events:
    """Give a second, other reason after the first."""
    for event in events:
        yield event
        if event.chunk is not None and is_finish(event):
            yield replace(event, chunk=each_choice(setting("finish_reason", "length"))(call, event.chunk))


def _talking_after_finish(_: ApiCall, events: Events) -> Events:
    """Say one word more after the finish_reason."""
    for event in events:
        yield event
        if event.chunk is not None and is_finish(event):
            yield SentEvent(chunk=with_delta(event.chunk, content=" more"))


def _endless(_: ApiCall, events: Events) -> Events:
    """Never stop talking, as fast as the client reads."""
    for event in events:
        yield event
        if event.chunk is not None and is_token(event):
            yield from (SentEvent(chunk=with_delta(event.chunk, content=f" {number}")) for number in count())


# --- the members of chunks


def _drawn_anew(member: str, draw: Callable[[Json, int], Json]) -> Hook[Events]:
    """Give a member another value on every chunk: `draw` makes it of the right one and the place."""

    def bend(_: ApiCall, events: Events) -> Events:
        for place, event in enumerate(events):
            chunk = event.chunk
            yield event if chunk is None else replace(event, chunk={**chunk, member: draw(chunk.get(member), place)})

    return bend


def _called_done(event: SentEvent) -> SentEvent:
    is_last = event.chunk is not None and is_finish(event)
    return replace(event, chunk={**(event.chunk or {}), "object": "chat.completion.done"}) if is_last else event


# --- usage


def _usage(call: ApiCall, tokens: int) -> JsonObject:
    prompt_tokens = count_prompt(call.chat.messages) if call.chat is not None else 0
    return {"prompt_tokens": prompt_tokens, "completion_tokens": tokens, "total_tokens": prompt_tokens + tokens}


def _with_usage_so_far(call: ApiCall, events: Events) -> Events:
    """Send the usage so far on every chunk, whether it was asked for or not."""
    tokens = 0
    for event in events:
        tokens += is_token(event)
        counted = event.chunk is not None and event.chunk.get("choices") != []
        yield replace(event, chunk={**(event.chunk or {}), "usage": _usage(call, tokens)}) if counted else event


def _with_usage_unasked(call: ApiCall, events: Events) -> Events:
    """Send the chunk with the usage also where include_usage was not set."""
    tokens, last = 0, JsonObject()
    for event in events:
        tokens, last = tokens + is_token(event), event.chunk or last
        if event.data == DONE and call.chat is not None and not call.chat.include_usage:
            yield SentEvent(chunk={**last, "choices": [], "usage": _usage(call, tokens)})
        yield event


def without_usage_chunk(_: ApiCall, events: Events) -> Events:
    """Drop the chunk that has no choices and exists for its usage only."""
    return (event for event in events if event.chunk is None or event.chunk.get("choices") != [])


def _with_usage_beside_a_choice(_: ApiCall, chunk: JsonObject) -> JsonObject:
    empty: Json = [{"index": 0, "delta": {"content": ""}, "finish_reason": None}]
    return {**chunk, "choices": empty} if chunk.get("choices") == [] else chunk


# --- time


def _buffered(_: ApiCall, events: Events) -> Events:
    """Hold everything back until the last event is due, then send it in one burst."""
    held = list(islice(events, _MOST_BUFFERED))
    due_s = max((event.at_s for event in held if event.at_s is not None), default=None)
    return (replace(event, at_s=due_s) for event in held)


def _held_back(_: ApiCall, events: Events) -> Events:
    """Send each event only when the next one is there, as relays of the new-api family do."""
    held = next(events)
    for event in events:
        yield held if event.at_s is None else replace(held, at_s=event.at_s)
        held = event
    yield held


def _silent(call: ApiCall, events: Events) -> Events:
    """Think for more than four spans, 63 s by default, without a sign of life."""
    thinking_s = _SILENT_SPANS * call.settings.keep_alive_s
    for event in events:
        if event.raw != KEEP_ALIVE:
            yield event if event.at_s is None else replace(event, at_s=event.at_s + thinking_s)


def _slow(_: ApiCall, events: Events) -> Events:
    """Take so long between the first events that whoever hangs up does so in the middle."""
    for place, event in enumerate(events):
        yield replace(event, at_s=(event.at_s or 0.0) + min(place, _SLOW_EVENTS) * _SLOW_GAP_S)


# --- refusals


def _obeying_a_refusable_stream(_: ApiCall, body: bytes) -> bytes:
    """Take a request for a stream that has no messages as if it had one."""
    if not _asks_for_stream(body):
        return body
    document = json.loads(body)
    hello: Json = [{"role": "user", "content": "hello"}]
    return encode_json({**document, "messages": document.get("messages") or hello})


def _asks_for_stream(body: bytes) -> bool:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and document.get("stream") is True


def _is_refused_stream(call: ApiCall) -> bool:
    return call.chat is None and _asks_for_stream(call.body)


FAULTS: dict[str, MockFault] = {
    "no-done": MockFault(
        says="the stream ends without data: [DONE]",
        kills={"STR-006"},
        events=lambda _, events: (event for event in events if event.data != DONE),
    ),
    "truncated-stream": MockFault(
        says="the stream ends in good order after 3 tokens: no finish_reason, no [DONE]",
        kills={"STR-010", "SEM-012"},
        events=_truncated,
    ),
    "stream-error": MockFault(
        says="an error event after 3 tokens, then [DONE]", kills={"STR-014", "SEM-012"}, events=_broken_by_error
    ),
    "buffered-stream": MockFault(
        says="the whole stream arrives at the end in one burst", kills={"STR-013", "REL-011"}, events=_buffered
    ),
    "endless-stream": MockFault(says="the stream never stops, as fast as it is read", events=_endless),
    "stream-as-text": MockFault(
        says="a stream is sent as text/plain",
        kills={"STR-001", "DOC-013"},
        head=lambda _, head: (
            relabelled(head, "text/plain") if head.get("content-type") == "text/event-stream" else head
        ),
    ),
    "unseparated-events": MockFault(
        says="one line end between events, where a blank line belongs",
        kills={"STR-003", "STR-005"},
        frame=lambda _, frame: frame.replace(b"\n\n", b"\n"),
    ),
    "open-end": MockFault(
        says="no blank line after data: [DONE]",
        kills={"STR-003"},
        events=each_event(lambda event: SentEvent(raw=encode_event(event)[:-1]) if event.data == DONE else event),
    ),
    "two-on-a-line": MockFault(
        says="the first two events stand on one line", kills={"STR-005", "SEM-013"}, events=_with_two_on_a_line
    ),
    "bom": MockFault(
        says="the stream begins with a byte order mark",
        kills={"STR-021"},
        events=lambda _, events: chain([SentEvent(raw=_BOM + encode_event(next(events)))], events),
    ),
    "latin1-comment": MockFault(
        says="a comment of the stream is written in Latin-1",
        kills={"STR-002"},
        events=lambda _, events: chain([SentEvent(raw=b": caf\xe9\n\n")], events),
    ),
    "comment-as-data": MockFault(
        says="the upstream's comment comes as data: `data: : keep-alive`",
        kills={"STR-005"},
        events=lambda _, events: chain([SentEvent(data=": keep-alive")], events),
    ),
    "error-field": MockFault(
        says="an error after 3 tokens in a field `error:` that clients skip, then the end",
        kills={"STR-004", "STR-014", "SEM-012"},
        events=_broken_by_field,
    ),
    "glued-done": MockFault(
        says="[DONE] stands behind the last chunk in one payload", kills={"STR-005"}, events=_with_glued_done
    ),
    "double-done": MockFault(
        says="data: [DONE] comes twice",
        kills={"STR-006"},
        events=lambda _, events: chain(events, [SentEvent(data=DONE)]),
    ),
    "done-padded": MockFault(
        says="blanks stand around [DONE]",
        kills={"STR-006"},
        events=each_event(lambda event: replace(event, data=f" {DONE} ") if event.data == DONE else event),
    ),
    "laundered-timeout": MockFault(
        says="a cut upstream is ended with made-up usage and [DONE], without finish_reason",
        kills={"STR-010", "SEM-012"},
        events=_laundered,
    ),
    "two-finishes": MockFault(
        says="a second finish_reason, another than the first", kills={"STR-010"}, events=_finished_twice
    ),
    "late-text": MockFault(
        says="a word after the finish_reason", kills={"STR-010", "SEM-013"}, events=_talking_after_finish
    ),
    "id-per-chunk": MockFault(
        says="every chunk of a stream has an id of its own",
        kills={"STR-008"},
        events=_drawn_anew("id", lambda value, place: f"{value}-{place}"),
    ),
    "created-per-chunk": MockFault(
        says="created is one second more on every chunk of a stream",
        kills={"STR-020"},
        events=_drawn_anew("created", lambda value, place: value + place if isinstance(value, int) else value),
    ),
    "model-per-chunk": MockFault(
        says="the model changes within the stream",
        kills={"STR-020"},
        events=_drawn_anew("model", lambda value, place: f"{value}-{place}" if place else value),
    ),
    "float-created": MockFault(
        says="created is a fraction on every chunk of a stream",
        kills={"STR-007"},
        events=_drawn_anew("created", lambda value, _: value + 0.5 if isinstance(value, int) else value),
    ),
    "parts-in-delta": MockFault(
        says="content of a delta is a list of parts",
        kills={"STR-023"},
        chunk=each_choice(within("delta", changing("content", lambda _, content: text_parts(content)))),
    ),
    "message-in-chunks": MockFault(
        says="choices of a stream carry a message beside the delta",
        kills={"STR-015"},
        chunk=each_choice(lambda _, choice: {**choice, "message": choice.get("delta")}),
    ),
    "object-done": MockFault(
        says="the last chunk of a choice is of type chat.completion.done",
        kills={"STR-015"},
        events=each_event(_called_done),
    ),
    "no-role": MockFault(
        says="no delta names the role", kills={"STR-009"}, chunk=each_choice(within("delta", without("role")))
    ),
    "usage-so-far": MockFault(
        says="every chunk carries the usage so far, asked for or not",
        kills={"STR-011", "STR-012"},
        events=_with_usage_so_far,
    ),
    "usage-unasked": MockFault(
        says="the usage chunk also without include_usage", kills={"STR-012"}, events=_with_usage_unasked
    ),
    "usage-chunk-missing": MockFault(
        says="no usage chunk in a stream, though include_usage asks for it",
        kills={"STR-011"},
        events=without_usage_chunk,
    ),
    "usage-with-choice": MockFault(
        says="the usage chunk carries an empty choice", kills={"STR-011"}, chunk=_with_usage_beside_a_choice
    ),
    "usage-no-choices": MockFault(
        says="the usage chunk has no member choices",
        kills={"STR-011"},
        chunk=lambda call, chunk: without("choices")(call, chunk) if chunk.get("choices") == [] else chunk,
    ),
    "held-back": MockFault(says="each event is held until the next one is there", kills={"REL-013"}, events=_held_back),
    "silent-thinking": MockFault(
        says="63 s of silence before the first token of a stream, without a comment", kills={"STR-019"}, events=_silent
    ),
    "refusable-stream": MockFault(
        says="a request for a stream without messages is answered with a stream",
        kills={"STR-017"},
        request=_obeying_a_refusable_stream,
    ),
    "refused-as-stream": MockFault(
        says="an invalid request for a stream is refused in an event instead of in JSON",
        kills={"STR-017"},
        document=lambda call, data: b"data: " + data + b"\n\n" if _is_refused_stream(call) else data,
        head=lambda call, head: relabelled(head, "text/event-stream") if _is_refused_stream(call) else head,
    ),
    "no-cache-control": MockFault(
        says="a stream without Cache-Control", kills={"STR-018"}, head=without_header("cache-control")
    ),
    "busy-after-hang-up": MockFault(
        says="after a client has left in mid-stream, the next request is refused",
        kills={"STR-016"},
        answer=refusing(
            Refusal(status=500, message="the request before is still being answered", type="server_error"),
            when=lambda call: call.after_hang_up,
        ),
        events=_slow,
    ),
}
