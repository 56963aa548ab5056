"""Mistral's reasoning models as a relay: content is a list of parts, what is thought and then the text. Pure.

"content": [{"type": "thinking", "thinking": [{"type": "text", "text": ...}]}, {"type": "text", "text": ...}]

(Mistral, API reference of Magistral: ThinkChunk, TextChunk.) Deltas hold such lists as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from wnmon.mock.changes import changing, each_choice, within
from wnmon.mock.fault import ApiCall, FaultKind, MockFault
from wnmon.mock.stream import SentEvent, is_token, with_delta
from wnmon.model.json import Json

_THOUGHT = ("Let me", " think", " briefly.")


def text_parts(content: Json) -> Json:
    """Return content as a list of one part of text; what says nothing stays."""
    return [{"type": "text", "text": content}] if content and isinstance(content, str) else content


def _thinking(text: str) -> Json:
    return {"type": "thinking", "thinking": [{"type": "text", "text": text}]}


def _thought_and_said(_: ApiCall, content: Json) -> Json:
    parts = text_parts(content)
    return [_thinking("".join(_THOUGHT)), *parts] if isinstance(parts, list) else content


def _with_thinking(call: ApiCall, events: Iterator[SentEvent]) -> Iterator[SentEvent]:
    """Think in parts before the first text, while the scripted wait passes."""
    thought = False
    for event in events:
        if event.chunk is not None and is_token(event) and not thought:
            thought = True
            for word in _THOUGHT:
                yield SentEvent(chunk=with_delta(event.chunk, content=[_thinking(word)]), at_s=call.settings.token_s(0))
        yield event


MISTRAL = MockFault(
    says="content is a list of parts, what is thought and then the text, in streams as well",
    kind=FaultKind.RELAY,
    completion=each_choice(within("message", changing("content", _thought_and_said))),
    events=_with_thinking,
    chunk=each_choice(within("delta", changing("content", lambda _, content: text_parts(content)))),
)
