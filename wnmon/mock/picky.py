"""Models that want to be asked otherwise than most: what they refuse, and what they need to say anything. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

from wnmon.mock.changes import each_choice, refusing, within
from wnmon.mock.chat import Refusal
from wnmon.mock.fault import Answer, ApiCall, FaultKind, Hook, MockFault
from wnmon.mock.stream import SentEvent, delta_of, is_finish, is_token, with_delta
from wnmon.model.json import Json, JsonObject

_THOUGHT = "Let me think about what is asked here, word by word, before I say anything at all."
_THOUGHT_TOKENS = 180
"""What thinking takes: an answer with a smaller limit ends before its first word."""


def _asked(call: ApiCall) -> JsonObject:
    """Return the body of a chat that was admitted, {} for any other call."""
    document: Json = json.loads(call.body) if call.chat is not None else {}
    return document if isinstance(document, dict) else {}


def _where(holds: Callable[[JsonObject], bool]) -> Callable[[ApiCall], bool]:
    """Tell chats by their body."""
    return lambda call: call.chat is not None and holds(_asked(call))


def _untaken(param: str | None, message: str, code: str) -> Refusal:
    return Refusal(status=400, message=message, param=param, code=code)


_NO_MAX_TOKENS = refusing(
    _untaken(
        "max_tokens",
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        "unsupported_parameter",
    ),
    when=_where(lambda body: "max_tokens" in body),
)
_ONLY_DEFAULT_TEMPERATURE = refusing(
    _untaken(
        "temperature",
        "Unsupported value: 'temperature' does not support this value. Only the default (1) value is supported.",
        "unsupported_value",
    ),
    when=_where(lambda body: body.get("temperature", 1) != 1),
)


def _first_of(*hooks: Hook[Answer]) -> Hook[Answer]:
    """Refuse by the first hook that does."""

    def refused(call: ApiCall, answer: Answer) -> Answer:
        return next((other for hook in hooks if (other := hook(call, answer)) is not answer), answer)

    return refused


def _ran_out(call: ApiCall) -> bool:
    limit = call.chat.max_tokens if call.chat is not None else None
    return limit is not None and limit <= _THOUGHT_TOKENS


def _thinking_choice(call: ApiCall, choice: JsonObject) -> JsonObject:
    """Think before the text, or in place of it."""
    thought = within("message", lambda _, message: {**message, "reasoning_content": _THOUGHT})(call, choice)
    if not _ran_out(call):
        return thought
    silent = within("message", lambda _, message: {**message, "content": ""})(call, thought)
    return {**silent, "finish_reason": "length"}


def _with_thought_counted(call: ApiCall, usage: JsonObject) -> JsonObject:
    said, prompt = usage["completion_tokens"], usage["prompt_tokens"]
    limit = call.chat.max_tokens if call.chat is not None else None
    spoken = said if isinstance(said, int) else 0
    thought = limit if limit is not None and limit <= _THOUGHT_TOKENS else _THOUGHT_TOKENS
    completion = thought if _ran_out(call) else thought + spoken
    return {
        **usage,
        "completion_tokens": completion,
        "total_tokens": (prompt if isinstance(prompt, int) else 0) + completion,
        "completion_tokens_details": {"reasoning_tokens": thought},
    }


def _thinking_document(call: ApiCall, value: JsonObject) -> JsonObject:
    return within("usage", _with_thought_counted)(call, each_choice(_thinking_choice)(call, value))


def _thinking_stream(call: ApiCall, events: Iterator[SentEvent]) -> Iterator[SentEvent]:
    """Think on a channel of its own before the first content, or in place of all of it."""
    thought = False
    for event in events:
        if event.chunk is None:
            yield event
            continue
        speaks = is_token(event) or bool(delta_of(event).get("tool_calls"))
        if speaks and not thought:
            thought = True
            yield replace(event, chunk=with_delta(event.chunk, reasoning_content=_THOUGHT))
        if not (speaks and _ran_out(call)):
            yield replace(event, chunk=_thinking_chunk(call, event))


def _thinking_chunk(call: ApiCall, event: SentEvent) -> JsonObject:
    chunk = within("usage", _with_thought_counted)(call, event.chunk or {})
    if _ran_out(call) and is_finish(event):
        return each_choice(lambda _, choice: {**choice, "finish_reason": "length"})(call, chunk)
    return chunk


PICKY: dict[str, MockFault] = {
    "gpt-5": MockFault(
        says="max_tokens is refused, and any temperature but 1",
        kind=FaultKind.PERSONA,
        kills={"DOC-019"},
        answer=_first_of(_NO_MAX_TOKENS, _ONLY_DEFAULT_TEMPERATURE),
    ),
    "fixed-temperature": MockFault(
        says="any temperature but 1 is refused",
        kind=FaultKind.PERSONA,
        kills={"DOC-019"},
        answer=refusing(
            _untaken(None, "invalid temperature: only 1 is allowed for this model", "invalid_request_error"),
            when=_where(lambda body: body.get("temperature", 1) != 1),
        ),
    ),
    "stream-only": MockFault(
        says="only streams are answered",
        kind=FaultKind.PERSONA,
        kills={"DOC-019"},
        answer=refusing(
            _untaken(
                None,
                "This model only support stream mode, please enable the stream parameter to access the model.",
                "invalid_parameter_error",
            ),
            when=_where(lambda body: body.get("stream") is not True),
        ),
    ),
    "thinking-first": MockFault(
        says="the model thinks first; with a small max_tokens it says nothing more",
        kind=FaultKind.PERSONA,
        leaves={"REL-002", "REL-011", "REL-012", "REL-013"},
        completion=_thinking_document,
        events=_thinking_stream,
    ),
    "thinking-flag": MockFault(
        says="without a stream enable_thinking must be false",
        kind=FaultKind.PERSONA,
        answer=refusing(
            _untaken(
                None,
                "parameter.enable_thinking must be set to false for non-streaming calls",
                "invalid_parameter_error",
            ),
            when=_where(lambda body: body.get("stream") is not True and body.get("enable_thinking") is not False),
        ),
    ),
}
