"""Answers of which the time is known, and how late it was stamped."""

from __future__ import annotations

from wnmon.model.check import Auth
from wnmon.model.exchange import Chunk, Exchange, Lag, Marks, Request
from wnmon.wire.answer import Answer, read_answer

MS = 1_000_000
_EVENT = b'data: {"id":"x","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"hi"}}]}\n\n'


def an_answer(first_ms: int = 400, end_ms: int = 1000, *, late_ms: int = 0, step: str = "ask") -> Answer:
    """Return a stream whose first token came after `first_ms` and whose end after `end_ms`, by stamps so late."""
    request = Request(step=step, method="POST", url="https://x", headers=(), body=b"{}", auth=Auth.NORMAL, stream=True)
    stamps = (0, first_ms * MS, end_ms * MS)
    exchange = Exchange(
        request=request,
        started_at_s=0.0,
        marks=Marks(started_ns=0, sent_ns=0, headers_ns=1, end_ns=end_ms * MS),
        status=200,
        headers=(("content-type", "text/event-stream"),),
        chunks=(Chunk(first_ms * MS, _EVENT), Chunk(end_ms * MS, b"data: [DONE]\n\n")),
        late_ns=late_ms * MS,
        lags=tuple(Lag(at_ns, late_ms * MS if at_ns else 0) for at_ns in stamps),
    )
    return read_answer(exchange)
