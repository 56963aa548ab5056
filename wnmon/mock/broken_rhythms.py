"""Faults of a relay that waits for the whole answer and plays it as a stream. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

from wnmon.mock.fault import ApiCall, Hook, MockFault
from wnmon.mock.stream import KEEP_ALIVE, SentEvent, delta_of, index_of, is_finish, is_token
from wnmon.model.json import JsonObject

BEAT_S = 0.015
"""The pause of the loop that plays."""

_PIECE_CHARS = 6
# Waiting for the whole needs it in memory; an endless stream is cut here instead of hanging.
_MOST_HELD = 100_000

Events = Iterator[SentEvent]


def _played(cut: Callable[[list[SentEvent]], Events]) -> Hook[Events]:
    """Wait for the last event, cut what is said into pieces, and send one at each beat."""

    def play(_: ApiCall, events: Events) -> Events:
        held = [event for event in islice(events, _MOST_HELD) if event.raw != KEEP_ALIVE]
        at_s = max((event.at_s for event in held if event.at_s is not None), default=0.0)
        for event in cut(held):
            yield replace(event, at_s=at_s if is_token(event) else None)
            at_s += BEAT_S if is_token(event) else 0.0

    return play


def _by_length(held: list[SentEvent]) -> Events:
    """Cut the text of each choice into pieces of one length, before the choice ends."""
    said: dict[int, tuple[str, SentEvent]] = {}
    for event in held:
        index = index_of(event)
        if is_token(event):
            said[index] = (f"{said[index][0] if index in said else ''}{delta_of(event)['content']}", event)
            continue
        if is_finish(event) and index in said:
            text, last = said.pop(index)
            yield from (_saying(last, text[at : at + _PIECE_CHARS]) for at in range(0, len(text), _PIECE_CHARS))
        yield event


def _saying(event: SentEvent, text: str) -> SentEvent:
    chunk = event.chunk or {}
    choice: JsonObject = {"index": index_of(event), "delta": {"content": text}, "logprobs": None, "finish_reason": None}
    return replace(event, chunk={**chunk, "choices": [choice]})


def _after_one(_: ApiCall, events: Events) -> Events:
    """Send the first token in time, so that something is seen, and the rest in one burst at the end."""
    held = list(islice(events, _MOST_HELD))
    due_s = max((event.at_s for event in held if event.at_s is not None), default=None)
    first = next((place for place, event in enumerate(held) if is_token(event)), len(held))
    for place, event in enumerate(held):
        yield event if place <= first else replace(event, at_s=due_s)


FAULTS: dict[str, MockFault] = {
    "burst-after-one": MockFault(
        says="the first token comes in time, the others in one burst at the end", kills={"REL-011"}, events=_after_one
    ),
    "played-tokens": MockFault(
        says="the whole answer is waited for, then played token by token, one every 15 ms",
        kills={"REL-012"},
        events=_played(iter),
    ),
    "played-pieces": MockFault(
        says="the whole answer is waited for, then played in pieces of six characters, one every 15 ms",
        kills={"REL-012"},
        events=_played(_by_length),
    ),
}
