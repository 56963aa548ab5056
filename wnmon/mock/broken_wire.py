"""Faults of a stream, each breaking one sentence of the protocol: framing, sentinel, chunks, usage, refusals. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain

from wnmon.mock import broken_streams as streams
from wnmon.mock.chat import Refusal
from wnmon.mock.fault import Answer, ApiCall, MockFault
from wnmon.mock.http import ResponseHead
from wnmon.mock.keepalive import silent
from wnmon.mock.relay import refuse
from wnmon.mock.stream import DONE, SentEvent, encode_event, encode_json, is_finish, is_token, with_content
from wnmon.mock.tokens import count_prompt
from wnmon.model.json import Json, JsonObject

_BOM = b"\xef\xbb\xbf"
_SLOW_GAP_S = 0.02
_SLOW_EVENTS = 25

Events = Iterator[SentEvent]


# --- framing


def unseparated(_: ApiCall, frame: bytes) -> bytes:
    """Write one line end after an event instead of two."""
    return frame.replace(b"\n\n", b"\n")


def with_open_end(_: ApiCall, events: Events) -> Events:
    """End the body right after the last line, without its blank line."""
    for event in events:
        yield SentEvent(raw=encode_event(event)[:-1]) if event.data == DONE else event


def with_two_on_a_line(_: ApiCall, events: Events) -> Events:
    """Write the first two events on one line."""
    first, second = next(events), next(events)
    data = b"data: ".join(encode_json(event.chunk) for event in (first, second) if event.chunk is not None)
    return chain([SentEvent(data=data.decode("utf-8"), at_s=second.at_s)], events)


def with_bom(_: ApiCall, events: Events) -> Events:
    """Begin with a byte order mark."""
    return chain([SentEvent(raw=_BOM + encode_event(next(events)))], events)


def with_latin1(_: ApiCall, events: Events) -> Events:
    """Write a comment in Latin-1."""
    return chain([SentEvent(raw=b": caf\xe9\n\n")], events)


def with_comment_as_data(_: ApiCall, events: Events) -> Events:
    """Pass an upstream's comment on as if it were data."""
    return chain([SentEvent(data=": keep-alive")], events)


def broken_by_field(call: ApiCall, events: Events) -> Events:
    """Report an error in a field of its own, as llama.cpp's server did, and fall silent."""
    error: JsonObject = {"code": 500, "message": "context shift is disabled", "type": "server_error"}
    return chain(streams.truncated(call, events), [SentEvent(raw=b"error: " + encode_json(error) + b"\n\n")])


# --- the sentinel


def with_glued_done(_: ApiCall, events: Events) -> Events:
    """Write [DONE] right behind the last chunk, in the same payload."""
    held = next(events)
    for event in events:
        if event.data == DONE and held.chunk is not None:
            held = SentEvent(data=encode_json(held.chunk).decode("utf-8") + DONE)
            break
        yield held
        held = event
    yield held


def with_two_dones(_: ApiCall, events: Events) -> Events:
    """Send the sentinel of the upstream, and then an own one."""
    return chain(events, [SentEvent(data=DONE)])


def with_padded_done(_: ApiCall, events: Events) -> Events:
    """Write blanks around the sentinel."""
    for event in events:
        yield replace(event, data=f" {DONE} ") if event.data == DONE else event


# --- how a choice ends


def laundered(call: ApiCall, events: Events) -> Events:
    """End an upstream that timed out as if it were done: made-up usage, [DONE], no finish_reason."""
    last: JsonObject = {}
    for event in streams.truncated(call, events):
        last = event.chunk or last
        yield event
    if call.chat is not None and call.chat.include_usage:
        yield SentEvent(chunk={**last, "choices": [], "usage": _usage(call, 1)})
    yield SentEvent(data=DONE)


def finished_twice(_: ApiCall, events: Events) -> Events:
    """Give a second, other reason after the first."""
    for event in events:
        yield event
        if is_finish(event):
            yield replace(event, chunk=_each_choice(event, finish_reason="length"))


def talking_after_finish(_: ApiCall, events: Events) -> Events:
    """Say one word more after the finish_reason."""
    for event in events:
        yield event
        if event.chunk is not None and is_finish(event):
            yield SentEvent(chunk=with_content(event.chunk, " more"))


def _each_choice(event: SentEvent, **members: Json) -> JsonObject:
    chunk = event.chunk or {}
    choices = chunk.get("choices")
    found = choices if isinstance(choices, list) else []
    return {**chunk, "choices": [{**choice, **members} for choice in found if isinstance(choice, dict)]}


# --- the members of chunks


def drawn_anew(member: str, draw: Callable[[Json, int], Json]) -> Callable[[ApiCall, Events], Events]:
    """Give a member another value on every chunk: `draw` makes it of the right one and the place."""

    def bend(_: ApiCall, events: Events) -> Events:
        for place, event in enumerate(events):
            chunk = event.chunk
            yield event if chunk is None else replace(event, chunk={**chunk, member: draw(chunk.get(member), place)})

    return bend


def with_message(_: ApiCall, chunk: JsonObject) -> JsonObject:
    """Repeat each delta as a message beside it."""
    choices = chunk.get("choices")
    found = choices if isinstance(choices, list) else []
    return {**chunk, "choices": [{**c, "message": c.get("delta")} for c in found if isinstance(c, dict)]}


def called_done(_: ApiCall, events: Events) -> Events:
    """Call the last chunk of a choice a completion that is done."""
    for event in events:
        is_last = event.chunk is not None and is_finish(event)
        yield replace(event, chunk={**(event.chunk or {}), "object": "chat.completion.done"}) if is_last else event


def without_role(_: ApiCall, chunk: JsonObject) -> JsonObject:
    """Never say who speaks."""
    choices = chunk.get("choices")
    found = choices if isinstance(choices, list) else []
    return {**chunk, "choices": [_without_role(choice) for choice in found if isinstance(choice, dict)]}


def _without_role(choice: JsonObject) -> JsonObject:
    delta = choice.get("delta")
    kept = {name: value for name, value in delta.items() if name != "role"} if isinstance(delta, dict) else {}
    return {**choice, "delta": kept}


# --- usage


def _usage(call: ApiCall, tokens: int) -> JsonObject:
    prompt_tokens = count_prompt(call.chat.messages) if call.chat is not None else 0
    return {"prompt_tokens": prompt_tokens, "completion_tokens": tokens, "total_tokens": prompt_tokens + tokens}


def with_usage_so_far(call: ApiCall, events: Events) -> Events:
    """Send the usage so far on every chunk, whether it was asked for or not."""
    tokens = 0
    for event in events:
        tokens += is_token(event)
        counted = event.chunk is not None and event.chunk.get("choices") != []
        yield replace(event, chunk={**(event.chunk or {}), "usage": _usage(call, tokens)}) if counted else event


def with_usage_unasked(call: ApiCall, events: Events) -> Events:
    """Send the chunk with the usage also where include_usage was not set."""
    tokens, last = 0, JsonObject()
    for event in events:
        tokens, last = tokens + is_token(event), event.chunk or last
        if event.data == DONE and call.chat is not None and not call.chat.include_usage:
            yield SentEvent(chunk={**last, "choices": [], "usage": _usage(call, tokens)})
        yield event


def with_usage_beside_a_choice(_: ApiCall, chunk: JsonObject) -> JsonObject:
    """Put an empty choice onto the usage chunk."""
    empty: Json = [{"index": 0, "delta": {"content": ""}, "finish_reason": None}]
    return {**chunk, "choices": empty} if chunk.get("choices") == [] else chunk


def with_usage_without_choices(_: ApiCall, chunk: JsonObject) -> JsonObject:
    """Leave the member choices out of the usage chunk."""
    return {name: value for name, value in chunk.items() if value != [] or name != "choices"}


# --- time


def held_back(_: ApiCall, events: Events) -> Events:
    """Send each event only when the next one is there, as relays of the new-api family do."""
    held = next(events)
    for event in events:
        yield held if event.at_s is None else replace(held, at_s=event.at_s)
        held = event
    yield held


# --- refusals and clients that leave


def obeying_a_refusable_stream(_: ApiCall, body: bytes) -> bytes:
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


def refused_in_an_event(call: ApiCall, data: bytes) -> bytes:
    """Wrap the error into an event where a stream was asked for."""
    return b"data: " + data + b"\n\n" if _is_refused_stream(call) else data


def refused_as_events(call: ApiCall, head: ResponseHead) -> ResponseHead:
    """Call such an error an event stream."""
    if not _is_refused_stream(call):
        return head
    headers = tuple((name, "text/event-stream" if name == "Content-Type" else value) for name, value in head.headers)
    return replace(head, headers=headers)


def _is_refused_stream(call: ApiCall) -> bool:
    return call.chat is None and _asks_for_stream(call.body)


def as_text(_: ApiCall, head: ResponseHead) -> ResponseHead:
    """Call an event stream plain text, the default of many frameworks."""
    headers = tuple((name, value.replace("text/event-stream", "text/plain")) for name, value in head.headers)
    return replace(head, headers=headers)


def uncacheable_unsaid(_: ApiCall, head: ResponseHead) -> ResponseHead:
    """Say nothing about caches."""
    return replace(head, headers=tuple(header for header in head.headers if header[0] != "Cache-Control"))


def slow(_: ApiCall, events: Events) -> Events:
    """Take so long between the first events that whoever hangs up does so in the middle."""
    for place, event in enumerate(events):
        yield replace(event, at_s=(event.at_s or 0.0) + min(place, _SLOW_EVENTS) * _SLOW_GAP_S)


def busy_after_hang_up(call: ApiCall, answer: Answer) -> Answer:
    """Go on working for a client that has left, and refuse the next one for it."""
    if not call.after_hang_up:
        return answer
    return refuse(Refusal(status=500, message="the request before is still being answered", type="server_error"))


FAULTS: dict[str, MockFault] = {
    "stream-as-text": MockFault(
        says="a stream is sent as text/plain", kills=frozenset({"STR-001", "DOC-013"}), head=as_text
    ),
    "unseparated-events": MockFault(
        says="one line end between events, where a blank line belongs",
        kills=frozenset({"STR-003", "STR-005", "STR-006"}),
        frame=unseparated,
    ),
    "open-end": MockFault(says="no blank line after data: [DONE]", kills=frozenset({"STR-003"}), events=with_open_end),
    "two-on-a-line": MockFault(
        says="the first two events stand on one line",
        kills=frozenset({"STR-005", "SEM-013"}),
        events=with_two_on_a_line,
    ),
    "bom": MockFault(says="the stream begins with a byte order mark", kills=frozenset({"STR-021"}), events=with_bom),
    "latin1-comment": MockFault(
        says="a comment of the stream is written in Latin-1", kills=frozenset({"STR-002"}), events=with_latin1
    ),
    "comment-as-data": MockFault(
        says="the upstream's comment comes as data: `data: : keep-alive`",
        kills=frozenset({"STR-005"}),
        events=with_comment_as_data,
    ),
    "error-field": MockFault(
        says="an error after 3 tokens in a field `error:` that clients skip, then the end",
        kills=frozenset({"STR-004", "STR-006", "STR-014", "SEM-012"}),
        events=broken_by_field,
    ),
    "glued-done": MockFault(
        says="[DONE] stands behind the last chunk in one payload",
        kills=frozenset({"STR-005", "STR-006"}),
        events=with_glued_done,
    ),
    "double-done": MockFault(says="data: [DONE] comes twice", kills=frozenset({"STR-006"}), events=with_two_dones),
    "done-padded": MockFault(says="blanks stand around [DONE]", kills=frozenset({"STR-006"}), events=with_padded_done),
    "laundered-timeout": MockFault(
        says="a cut upstream is ended with made-up usage and [DONE], without finish_reason",
        kills=frozenset({"STR-010", "SEM-012"}),
        events=laundered,
    ),
    "two-finishes": MockFault(
        says="a second finish_reason, another than the first", kills=frozenset({"STR-010"}), events=finished_twice
    ),
    "late-text": MockFault(
        says="a word after the finish_reason", kills=frozenset({"STR-010", "SEM-013"}), events=talking_after_finish
    ),
    "id-per-chunk": MockFault(
        says="every chunk of a stream has an id of its own",
        kills=frozenset({"STR-008"}),
        events=drawn_anew("id", lambda value, place: f"{value}-{place}"),
    ),
    "created-per-chunk": MockFault(
        says="created is one second more on every chunk of a stream",
        kills=frozenset({"STR-020"}),
        events=drawn_anew("created", lambda value, place: value + place if isinstance(value, int) else value),
    ),
    "model-per-chunk": MockFault(
        says="the model changes within the stream",
        kills=frozenset({"STR-020"}),
        events=drawn_anew("model", lambda value, place: f"{value}-{place}" if place else value),
    ),
    "float-created": MockFault(
        says="created is a fraction on every chunk of a stream",
        kills=frozenset({"STR-007"}),
        events=drawn_anew("created", lambda value, _: value + 0.5 if isinstance(value, int) else value),
    ),
    "message-in-chunks": MockFault(
        says="choices of a stream carry a message beside the delta", kills=frozenset({"STR-015"}), chunk=with_message
    ),
    "object-done": MockFault(
        says="the last chunk of a choice is of type chat.completion.done",
        kills=frozenset({"STR-015"}),
        events=called_done,
    ),
    "no-role": MockFault(says="no delta names the role", kills=frozenset({"STR-009"}), chunk=without_role),
    "usage-so-far": MockFault(
        says="every chunk carries the usage so far, asked for or not",
        kills=frozenset({"STR-011", "STR-012"}),
        events=with_usage_so_far,
    ),
    "usage-unasked": MockFault(
        says="the usage chunk also without include_usage", kills=frozenset({"STR-012"}), events=with_usage_unasked
    ),
    "usage-chunk-missing": MockFault(
        says="no usage chunk in a stream, though include_usage asks for it",
        kills=frozenset({"STR-011"}),
        events=streams.without_usage_chunk,
    ),
    "usage-with-choice": MockFault(
        says="the usage chunk carries an empty choice", kills=frozenset({"STR-011"}), chunk=with_usage_beside_a_choice
    ),
    "usage-no-choices": MockFault(
        says="the usage chunk has no member choices", kills=frozenset({"STR-011"}), chunk=with_usage_without_choices
    ),
    "held-back": MockFault(
        says="each event is held until the next one is there; seen from outside, only slower",
        kills=frozenset(),
        events=held_back,
    ),
    "silent-thinking": MockFault(
        says="63 s of silence before the first token of a stream, without a comment",
        kills=frozenset({"STR-019"}),
        events=silent,
    ),
    "refusable-stream": MockFault(
        says="a request for a stream without messages is answered with a stream",
        kills=frozenset({"STR-017"}),
        request=obeying_a_refusable_stream,
    ),
    "refused-as-stream": MockFault(
        says="an invalid request for a stream is refused in an event instead of in JSON",
        kills=frozenset({"STR-017"}),
        document=refused_in_an_event,
        head=refused_as_events,
    ),
    "no-cache-control": MockFault(
        says="a stream without Cache-Control", kills=frozenset({"STR-018"}), head=uncacheable_unsaid
    ),
    "busy-after-hang-up": MockFault(
        says="after a client has left in mid-stream, the next request is refused",
        kills=frozenset({"STR-016"}),
        answer=busy_after_hang_up,
        events=slow,
    ),
}
