"""One exchange, read once: everything later, be it judged, billed or shown, works on this."""

from __future__ import annotations

from dataclasses import dataclass

from wnmon.model.exchange import Exchange
from wnmon.model.json import JsonObject
from wnmon.model.result import Fault, Timing
from wnmon.wire.faults import diagnose
from wnmon.wire.read import read
from wnmon.wire.reply import Reply
from wnmon.wire.request import choices_asked, read_request
from wnmon.wire.timing import measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was said, when, and what is recognisably wrong with it. `asked` is the JSON object of the request."""

    exchange: Exchange
    asked: JsonObject | None
    reply: Reply
    timing: Timing
    fault: Fault | None

    @property
    def step(self) -> str:
        """Return the name of the request."""
        return self.exchange.request.step


UNREAD: JsonObject = {}
"""Stands for a request that was not read before; None is what one that is no JSON object reads as."""


def read_answer(exchange: Exchange, asked: JsonObject | None = UNREAD) -> Answer:
    """Read a redacted exchange. `asked` is its request where that was read before. Never raises."""
    if asked is UNREAD:
        asked = read_request(exchange.request.body)
    reply = read(exchange)
    return Answer(
        exchange=exchange,
        asked=asked,
        reply=reply,
        timing=measure(exchange, reply),
        fault=diagnose(exchange, reply, choices_asked(asked)),
    )
