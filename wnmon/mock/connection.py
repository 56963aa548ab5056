"""One client connection: requests in, scripts out. Nothing here knows what a completion is."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress

from wnmon.engine.ports import Clock
from wnmon.mock.http import HttpError, RequestHead, parse_head
from wnmon.mock.pieces import Close, Pause, Pieces, Reset, Send, Silence, Wait
from wnmon.mock.settings import MockSettings
from wnmon.mock.stream import stamp

_LINGER_NOTHING = struct.pack("ii", 1, 0)
_FAREWELL_S = 1.0
_MAX_CHUNK_LINE = 1024

Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], "asyncio.Task[None]"]


class ClientProtocol(asyncio.StreamReaderProtocol):
    """Streams whose conversation ends the moment the client leaves, also in the middle of a silence."""

    def __init__(self, converse: Conversation, *, limit: int) -> None:
        super().__init__(asyncio.StreamReader(limit=limit), self._begin)
        self._converse = converse
        self._conversation: asyncio.Task[None] | None = None

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._conversation = self._converse(reader, writer)

    def eof_received(self) -> bool:
        """Close our side as well: a client that stopped sending has left, half-closed clients are not served."""
        super().eof_received()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop whatever is being said to nobody."""
        super().connection_lost(exc)
        if self._conversation is not None:
            self._conversation.cancel()


async def read_request(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, settings: MockSettings
) -> tuple[RequestHead, bytes] | None:
    """Return the next request, None when the client is done. Raises HttpError."""
    try:
        data = await reader.readuntil(b"\r\n\r\n")
        head = parse_head(data[:-4].lstrip(b"\r\n"))  # RFC 9112 §2.2: an empty line before a request is forgiven
        return head, await _read_body(reader, writer, head, settings.max_body_bytes)
    except asyncio.LimitOverrunError:
        raise HttpError(431, f"the request head exceeds {settings.max_head_bytes} bytes") from None
    except asyncio.IncompleteReadError:
        return None


async def _read_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: RequestHead, cap: int) -> bytes:
    chunked, length = head.chunked, 0 if head.chunked else head.content_length
    if length > cap:
        raise HttpError(413, f"the request body exceeds {cap} bytes")
    if head.headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    return await _read_chunks(reader, cap) if chunked else await reader.readexactly(length)


async def _read_chunks(reader: asyncio.StreamReader, cap: int) -> bytes:
    """Read a chunked body and drop its trailer (RFC 9112 §7.1)."""
    body = bytearray()
    while size := _chunk_size(await reader.readuntil(b"\r\n")):
        if len(body) + size > cap:
            raise HttpError(413, f"the request body exceeds {cap} bytes")
        body += await reader.readexactly(size)
        if await reader.readexactly(2) != b"\r\n":
            raise HttpError(400, "a chunk does not end where it said")
    for _ in range(100):
        if await reader.readuntil(b"\r\n") == b"\r\n":
            return bytes(body)
    raise HttpError(400, "the trailer never ends")


def _chunk_size(line: bytes) -> int:
    text = line[:-2].partition(b";")[0].strip()
    if len(line) > _MAX_CHUNK_LINE or not 0 < len(text) <= 15 or not all(c in b"0123456789abcdefABCDEF" for c in text):
        raise HttpError(400, "a chunk size is not a hexadecimal number")
    return int(text, 16)


async def play(pieces: Pieces, writer: asyncio.StreamWriter, clock: Clock, read_ns: int) -> bool:
    """Do what the script says. Return whether the connection may carry another request."""
    for piece in pieces:
        match piece:
            case Send():
                # Stamped last thing before the write; asyncio has set TCP_NODELAY, so the bytes leave at once.
                writer.write(stamp(piece.data, clock.now_ns()))
                await writer.drain()
                await asyncio.sleep(0)  # other connections have their turn: drain() alone does not yield
            case Wait():
                await asyncio.sleep(max(0.0, piece.until_s - (clock.now_ns() - read_ns) / 1e9))
            case Pause():
                await asyncio.sleep(piece.for_s)
            case Silence():
                await asyncio.Event().wait()
            case Reset():
                # With SO_LINGER and a time of 0 the kernel sends RST instead of FIN (socket(7)).
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOTHING)
                writer.transport.abort()
                return False
            case Close():
                return False
    return True


async def say_farewell(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Let the client read the last answer before the close: unread bytes of its request would turn it into a RST."""
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(_FAREWELL_S):
            await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()
            while await reader.read(65536):
                pass


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Close, and abort where the client does not take the rest in time."""
    writer.close()
    try:
        async with asyncio.timeout(_FAREWELL_S):
            await writer.wait_closed()
    except (OSError, TimeoutError):
        writer.transport.abort()
