"""Legal habits of real relays, by name: a client must bear them and no rule may fail on them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from math import ceil

from wnmon.mock.changes import each_choice, within
from wnmon.mock.fault import Answer, ApiCall, FaultKind, JsonAnswer, MockFault
from wnmon.mock.http import ResponseHead
from wnmon.mock.pieces import Pieces, Send
from wnmon.mock.stream import SentEvent, delta_of, index_of, is_finish, is_token, with_delta
from wnmon.model.json import Json, JsonObject

_TORN_BYTES = 11

Events = Iterator[SentEvent]


def _with_azure_preamble(_: ApiCall, events: Events) -> Events:
    """Begin with a chunk without choices and without a name that carries the verdict on the prompt."""
    first = next(events)
    verdict: Json = [{"prompt_index": 0, "content_filter_results": {"hate": {"filtered": False, "severity": "safe"}}}]
    nameless: JsonObject = {"id": "", "object": "", "created": 0, "model": ""}
    preamble: JsonObject = {**(first.chunk or {}), **nameless, "choices": [], "prompt_filter_results": verdict}
    return chain([SentEvent(chunk=preamble), first], events)


def _with_comments(_: ApiCall, events: Events) -> Events:
    """Keep the connection alive by comments, before the first token and between tokens."""
    for place, event in enumerate(events):
        if place % 4 == 0:
            yield SentEvent(raw=b": OPENROUTER PROCESSING\n\n")
        yield event


def _with_reasoning(call: ApiCall, events: Events) -> Events:
    """Think aloud on a channel of its own before the first content; thinking takes the place of the scripted wait."""
    settings = call.settings
    thinking_s = 3 * settings.gap_s
    thought = False
    for event in events:
        if event.chunk is not None and is_token(event) and not thought:
            thought = True
            for place, word in enumerate(("Let me", " think", " briefly.")):
                chunk = with_delta(event.chunk, content=None, reasoning_content=word)
                yield SentEvent(chunk=chunk, at_s=settings.token_s(place))
        yield replace(event, at_s=event.at_s + thinking_s) if event.at_s is not None else event


def _with_usage_on_finish(_: ApiCall, events: Events) -> Events:
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


def _with_role_beside_text(_: ApiCall, events: Events) -> Events:
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


def _with_nulls(_: ApiCall, delta: JsonObject) -> JsonObject:
    unsaid: JsonObject = {"content": None, "refusal": None, "tool_calls": None, "function_call": None}
    return unsaid | delta | ({"content": None} if delta.get("role") else {})


def _torn(_: ApiCall, body: Pieces) -> Pieces:
    """Hand over a few bytes at a time, wherever that cuts: within a line end, a word, a character."""
    for piece in body:
        if isinstance(piece, Send):
            yield from (Send(piece.data[at : at + _TORN_BYTES]) for at in range(0, len(piece.data), _TORN_BYTES))
        else:
            yield piece


def _within_its_rate(call: ApiCall, answer: Answer) -> Answer:
    """Refuse what is over the limit, in OpenAI's words."""
    rate = call.rate
    if rate is None or not rate.is_over:
        return answer
    soon = f"Please try again in {rate.reset_s:.3f}s."
    limit = f"on requests per min (RPM): Limit {rate.limit}, Used {rate.limit}, Requested 1."
    message = f"Rate limit reached for your key {limit} {soon}"
    error = JsonObject(message=message, type="requests", param=None, code="rate_limit_exceeded")
    wait = (("Retry-After", str(ceil(rate.reset_s))),)
    return JsonAnswer(value={"error": error}, status=429, headers=wait)


def _with_its_rate(call: ApiCall, head: ResponseHead) -> ResponseHead:
    if call.rate is None:
        return head
    told = (("limit", call.rate.limit), ("remaining", call.rate.left), ("reset", f"{call.rate.reset_s:.3f}s"))
    return replace(head, headers=(*head.headers, *((f"x-ratelimit-{name}-requests", str(it)) for name, it in told)))


def _with_any_key(call: ApiCall) -> ApiCall:
    """Let in whoever brings no key."""
    return replace(call, head=replace(call.head, headers={"authorization": "Bearer EMPTY", **call.head.headers}))


PERSONAS: dict[str, MockFault] = {
    "20-a-minute": MockFault(
        says="20 requests a minute are let in; 429 with Retry-After for one more, x-ratelimit-* with every answer",
        kind=FaultKind.PERSONA,
        per_minute=20,
        answer=_within_its_rate,
        head=_with_its_rate,
    ),
    "azure": MockFault(
        says="the stream begins with a nameless chunk without choices (prompt_filter_results)",
        kind=FaultKind.PERSONA,
        events=_with_azure_preamble,
    ),
    "cr": MockFault(
        says="the lines of the stream end with CR alone",
        kind=FaultKind.PERSONA,
        frame=lambda _, frame: frame.replace(b"\n", b"\r"),
    ),
    "crlf": MockFault(
        says="the lines of the stream end with CRLF",
        kind=FaultKind.PERSONA,
        frame=lambda _, frame: frame.replace(b"\n", b"\r\n"),
    ),
    "finish-usage": MockFault(
        says="the usage stands on the chunk with finish_reason, if it was asked for",
        kind=FaultKind.PERSONA,
        kills={"STR-011"},
        events=_with_usage_on_finish,
    ),
    "null-content": MockFault(
        says="deltas write out as null what they do not say: content, tool_calls, refusal",
        kind=FaultKind.PERSONA,
        chunk=each_choice(within("delta", _with_nulls)),
    ),
    "no-space": MockFault(
        says="no space after `data:`",
        kind=FaultKind.PERSONA,
        frame=lambda _, frame: frame.replace(b"data: ", b"data:", 1),
    ),
    "openrouter-comments": MockFault(
        says="comments `: OPENROUTER PROCESSING` before and between tokens",
        kind=FaultKind.PERSONA,
        events=_with_comments,
    ),
    # So that its length does not betray the token (OpenAI description, include_obfuscation).
    "padded": MockFault(
        says="every chunk of a stream carries a member obfuscation",
        kind=FaultKind.PERSONA,
        chunk=lambda _, chunk: {**chunk, "obfuscation": "aB3xY9"},
    ),
    "retry": MockFault(
        says="the stream begins with `retry:`, and each event has an `id:`",
        kind=FaultKind.PERSONA,
        events=lambda _, events: chain([SentEvent(raw=b"retry: 3000\n\n")], events),
        frame=lambda _, frame: b"id: 1\n" + frame,
    ),
    "role-with-text": MockFault(
        says="the role stands in the delta of the first token", kind=FaultKind.PERSONA, events=_with_role_beside_text
    ),
    "self-hosted": MockFault(
        says="no key is asked for, as vLLM, Ollama and LM Studio do", kind=FaultKind.RELAY, arriving=_with_any_key
    ),
    "torn": MockFault(says="a body comes in pieces of 11 bytes, cut anywhere", kind=FaultKind.PERSONA, body=_torn),
    "reasoning": MockFault(
        says="reasoning_content deltas before the first content", kind=FaultKind.PERSONA, events=_with_reasoning
    ),
}
