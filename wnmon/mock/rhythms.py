"""Legal rhythms of a stream, by name: how models, cards and proxies time what they send, drawn by each call. Pure."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import replace

from wnmon.mock.fault import ApiCall, FaultKind, Hook, MockFault
from wnmon.mock.stream import SentEvent, is_token
from wnmon.model.json import Json, JsonObject

Events = Iterator[SentEvent]
Gaps = Iterator[float]
"""The time before each token, in gaps of the settings. The first is counted from the time to the first token."""

_STEADY = 0.05
_OWN_CARD = 0.01
_SOONEST_GAPS = 5
_LONGEST_PAUSE = 60
_TICK_GAPS = 3
_FILTER_CHARS = 10


def _rhythm(gaps: Callable[[random.Random], Gaps], *, soon: bool = False) -> Hook[Events]:
    """Give every token another time; what is no token comes right after what was before it.

    `soon` begins within a few gaps: nobody else is on the card.
    """

    def timed(call: ApiCall, events: Events) -> Events:
        settings = call.settings
        begin_s = min(settings.ttft_s, _SOONEST_GAPS * settings.gap_s) if soon else settings.ttft_s
        at_s = begin_s
        each = gaps(random.Random(call.id))  # noqa: S311 - a rhythm, no secret
        for event in events:
            if is_token(event):
                at_s += next(each) * settings.gap_s
            yield replace(event, at_s=at_s if is_token(event) else None)

    return timed


def _even(draw: random.Random, *, off: float) -> Gaps:
    """Yield gaps that vary by a share at most."""
    yield 0.0
    while True:
        yield 1 + draw.uniform(-off, off)


def _bursty(draw: random.Random) -> Gaps:
    """Yield up to six tokens at once, at any time."""
    while True:
        yield draw.expovariate(0.3)
        yield from (0.0 for _ in range(draw.randrange(6)))


def _speculative(draw: random.Random) -> Gaps:
    """Yield three to six tokens at once, as many as a step of the large model lets pass of the small one's."""
    while True:
        tokens = draw.randint(3, 6)
        yield 4.5 * draw.uniform(0.97, 1.03)
        yield from (0.0 for _ in range(tokens - 1))


def _pausing(draw: random.Random) -> Gaps:
    """Yield gaps as they come, and now and then a long one: the model thinks, or calls a tool."""
    while True:
        yield draw.lognormvariate(0, 0.5) if draw.random() < 0.95 else draw.uniform(5, _LONGEST_PAUSE)


def _gathered(call: ApiCall, events: Events) -> Events:
    """Hand over at each tick of a clock what has come by then, as one piece: a proxy that flushes now and then."""
    tick_s = _TICK_GAPS * call.settings.gap_s
    held: SentEvent | None = None
    for event in events:
        due_s = math.ceil((event.at_s or 0.0) / tick_s) * tick_s if tick_s else event.at_s
        if held is not None and is_token(event) and due_s == held.at_s and _index(event) == _index(held):
            held = replace(held, chunk=_joined(held.chunk or {}, event.chunk or {}))
            continue
        if held is not None:
            yield held
        held = replace(event, at_s=due_s) if is_token(event) else None
        if held is None:
            yield replace(event, at_s=None)
    if held is not None:
        yield held


def _recut(_: ApiCall, events: Events) -> Events:
    """Pass on as many characters as a filter looks at, as soon as they are there, and the rest at the end."""
    held: SentEvent | None = None
    for event in events:
        if not is_token(event):
            if held is not None:
                yield held
            held = None
            yield replace(event, at_s=None)
            continue
        held = event if held is None else replace(event, chunk=_joined(held.chunk or {}, event.chunk or {}))
        while len(text := f"{_text(held.chunk or {})}") >= _FILTER_CHARS:
            yield replace(held, chunk=_saying(held.chunk or {}, text[:_FILTER_CHARS]))
            held = replace(held, chunk=_saying(held.chunk or {}, text[_FILTER_CHARS:]))


def _index(event: SentEvent) -> Json:
    return _choice(event.chunk or {}).get("index")


def _joined(one: JsonObject, other: JsonObject) -> JsonObject:
    """Return a chunk that says what both say."""
    return _saying(one, f"{_text(one)}{_text(other)}")


def _saying(chunk: JsonObject, text: str) -> JsonObject:
    return {**chunk, "choices": [{**_choice(chunk), "delta": {"content": text}}]}


def _choice(chunk: JsonObject) -> JsonObject:
    choices = chunk.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else {}
    return first if isinstance(first, dict) else {}


def _text(chunk: JsonObject) -> Json:
    delta = _choice(chunk).get("delta")
    return delta.get("content") if isinstance(delta, dict) else ""


def _persona(says: str, events: Hook[Events]) -> MockFault:
    return MockFault(says=says, kind=FaultKind.PERSONA, events=events)


RHYTHMS: dict[str, MockFault] = {
    "bursty": _persona("up to six tokens come at once, at any time", _rhythm(_bursty)),
    "gathered": _persona("a proxy hands over at each tick of a clock what has come by then", _gathered),
    "own-card": _persona(
        "a model alone on its card: the first token soon, then gaps that vary by 1 %",
        _rhythm(lambda draw: _even(draw, off=_OWN_CARD), soon=True),
    ),
    "pausing": _persona("a long pause now and then, as if to think", _rhythm(_pausing)),
    "recut": _persona("a filter passes the text on by ten characters, as soon as they are there", _recut),
    "speculative": _persona("three to six tokens at once, at even steps", _rhythm(_speculative)),
    "steady": _persona("gaps that vary by 5 %", _rhythm(lambda draw: _even(draw, off=_STEADY))),
}
