"""A bound on what comes before the head of an answer: 1xx answers without end (RFC 9110 §15.2) would cost CPU for ever.

h11 bounds each single head, not how many come before the final one, and httpx shows none of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

MAX_BYTES = 262_144
"""A head as large as h11 takes, and many interim ones: 15,000 without a header, which take 0.1 s of CPU."""
WITHOUT_END = "Receive buffer too long"
"""What h11 0.16 says of a single head that is too large, and this of many."""


def bound_head(stream: Any, is_awaited: Callable[[], bool]) -> None:
    """Make a stream of httpcore fail once it has brought MAX_BYTES while a head is still awaited."""
    read, come_bytes = stream.read, 0

    async def bounded(max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's signature
        nonlocal come_bytes
        if come_bytes > MAX_BYTES and is_awaited():
            raise httpx.RemoteProtocolError(WITHOUT_END)
        data: bytes = await read(max_bytes, timeout)
        come_bytes += len(data)
        return data

    stream.read = bounded
