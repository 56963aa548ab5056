"""The answer to a scrape, rendered and sent piece by piece: nothing that is measured waits for it.

Rendering holds the interpreter, and a stamp that is due meanwhile waits until it is given back. So this lets go of it
after each fifth of a millisecond of work, for long enough that whoever waits takes it. zlib and sockets do without it.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator

from starlette.responses import Response, StreamingResponse

GZIP_MIN_BYTES = 1024
GZIP_LEVEL = 1
"""A scrape is read once. Measured on that of 300 probes: level 1 makes it 15 times smaller for 4 ns a byte, level 6 18
times for 9 ns, level 9 21 times for 33 ns."""

HOLD_S = 0.0002
PAUSE_S = 0.0005
SENT_BYTES = 65_536


async def scrape_answer(content_type: str, pieces: Iterator[bytes], accept_encoding: str | None) -> Response:
    """Return the response, compressed where the client wants it and that is worth it."""
    parts = unhurried(pieces)
    first = await anext(parts, b"")
    headers = {"Content-Type": content_type, "Vary": "Accept, Accept-Encoding"}
    if len(first) < GZIP_MIN_BYTES or not accepts_gzip(accept_encoding):
        return StreamingResponse(_led(first, parts), headers=headers)
    return StreamingResponse(_compressed(_led(first, parts)), headers={**headers, "Content-Encoding": "gzip"})


async def unhurried(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the pieces in parts of SENT_BYTES at least, but the last; pauses after each HOLD_S of work."""
    loop = asyncio.get_running_loop()
    held, size, since_s = [], 0, loop.time()
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= SENT_BYTES:
            yield b"".join(held)
            held, size = [], 0
        if loop.time() - since_s >= HOLD_S:
            await asyncio.sleep(PAUSE_S)
            since_s = loop.time()
    if size:
        yield b"".join(held)


def accepts_gzip(accept_encoding: str | None) -> bool:
    """Tell whether Accept-Encoding names gzip with a weight above 0 (RFC 9110 §12.5.3)."""
    for part in (accept_encoding or "").split(","):
        coding, _, weight = part.partition(";")
        if coding.strip().lower() == "gzip":
            return weight.strip(" qQ=0.") != "" or weight == ""
    return False


async def _led(first: bytes, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for part in parts:
        yield part


async def _compressed(parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    packing = zlib.compressobj(GZIP_LEVEL, wbits=zlib.MAX_WBITS | 16)  # 16: with gzip's head and trailer
    async for part in parts:
        if packed := packing.compress(part):
            yield packed
    yield packing.flush()
