"""Small builders of what a relay might send."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from wnmon.model.check import Auth
from wnmon.model.exchange import Chunk, Exchange, Marks, Request, TransportFailure

MS = 1_000_000
REQUEST = Request(step="s", method="POST", url="http://x", headers=(), body=b"{}", auth=Auth.NORMAL, stream=True)
COMPLETION: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1_700_000_000,
    "model": "m-1",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "pong"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
    "system_fingerprint": "fp_1",
}


def exchange(
    body: bytes | Sequence[Chunk] = b"",
    status: int | None = 200,
    media: str | None = "application/json",
    headers: tuple[tuple[str, str], ...] = (),
    failure: TransportFailure | None = None,
    marks: Marks | None = None,
    late_ns: int = 0,
) -> Exchange:
    """An exchange whose last request byte was written at 100 ms and that ended at 1,100 ms."""
    chunks = (Chunk(300 * MS, body),) if isinstance(body, bytes) else tuple(body)
    typed = (("Content-Type", media),) if media is not None else ()
    return Exchange(
        request=REQUEST,
        started_at_s=1_700_000_000.0,
        marks=marks or Marks(started_ns=0, sent_ns=100 * MS, headers_ns=250 * MS, end_ns=1_100 * MS),
        status=status,
        headers=(*typed, *headers),
        chunks=chunks,
        failure=failure,
        late_ns=late_ns,
    )


def completion(**members: Any) -> Exchange:
    """A JSON answer with some members replaced."""
    return exchange(json.dumps(COMPLETION | members).encode())


def frame(delta: Any = None, finish: Any = None, index: Any = 0, **members: Any) -> str:
    """One chunk of a stream as event text."""
    choice = {"index": index, "delta": {} if delta is None else delta, "finish_reason": finish}
    value = {"id": "c-1", "object": "chat.completion.chunk", "created": 7, "model": "m-1", "choices": [choice]}
    return data(value | members)


def data(value: Any) -> str:
    """Any JSON value as an event."""
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"


def text(content: str, **members: Any) -> str:
    """One chunk with content."""
    return frame({"content": content}, **members)


@contextmanager
def far_east() -> Iterator[None]:
    """Let the monitor stand in China meanwhile."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TZ", "Asia/Shanghai")
        time.tzset()
        yield
    time.tzset()


DONE = "data: [DONE]\n\n"
ROLE = frame({"role": "assistant", "content": ""})
STOP = frame(finish="stop")
USAGE = data({"id": "c-1", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}})


def stream(*parts: str | bytes, status: int = 200, media: str | None = "text/event-stream") -> Exchange:
    """A stream, one chunk per part, the first at 200 ms, then one each 100 ms."""
    encoded = [part.encode() if isinstance(part, str) else part for part in parts]
    return exchange([Chunk((200 + 100 * i) * MS, part) for i, part in enumerate(encoded)], status=status, media=media)
