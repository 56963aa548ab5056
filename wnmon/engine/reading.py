"""bound -> redact -> read -> Answer: once for each exchange. All that judges, bills, stops or shows works on it."""

from __future__ import annotations

from wnmon.model.exchange import Exchange
from wnmon.model.json import JsonObject
from wnmon.redact.exchange import redact_exchange
from wnmon.redact.redactor import Redactor
from wnmon.wire.answer import UNREAD, Answer, read_answer
from wnmon.wire.bounds import bounded


def read_redacted(exchange: Exchange, redactor: Redactor, asked: JsonObject | None) -> Answer:
    """Return what an exchange says, no secret in it. `asked` is its request, read before it was sent."""
    redacted = redact_exchange(bounded(exchange), redactor)
    return read_answer(redacted, asked if redacted.request.body == exchange.request.body else UNREAD)
