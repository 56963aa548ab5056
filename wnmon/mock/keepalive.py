"""Signs of life in a stream while the model thinks: comments, which clients skip (WHATWG HTML §9.2.7). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from wnmon.mock.fault import ApiCall
from wnmon.mock.stream import SentEvent

_COMMENT = b": keep-alive\n\n"
_SILENT_SPANS = 4.2


def keep_alive(events: Iterator[SentEvent], every_s: float) -> Iterator[SentEvent]:
    """Let no more than `every_s` seconds (above 0) pass without a byte between the events."""
    last_s = 0.0
    for event in events:
        due_s = last_s if event.at_s is None else event.at_s
        while due_s - last_s > every_s:
            last_s += every_s
            yield SentEvent(raw=_COMMENT, at_s=last_s)
        last_s = max(last_s, due_s)
        yield event


def silent(call: ApiCall, events: Iterator[SentEvent]) -> Iterator[SentEvent]:
    """Think for more than four spans, 63 s by default, without a sign of life."""
    thinking_s = _SILENT_SPANS * call.settings.keep_alive_s
    for event in events:
        if event.raw != _COMMENT:
            yield event if event.at_s is None else replace(event, at_s=event.at_s + thinking_s)
