"""A door for TLS and plain http on one port, as an https relay has two for its name."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

TLS_HANDSHAKE = b"\x16"
MOVED = b"HTTP/1.1 %d Moved\r\nLocation: %b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@asynccontextmanager
async def door(secure_port: int, plain: int | bytes) -> AsyncIterator[int]:
    """Listen for both: a handshake is passed on to the relay, anything else to another port or answered with bytes."""

    async def enter(reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(asyncio.CancelledError):  # the test has ended
            await _enter(reader, writer)

    async def _enter(reader: StreamReader, writer: StreamWriter) -> None:
        first = await reader.read(1)
        if first == TLS_HANDSHAKE:
            await join(first, reader, writer, secure_port)
        elif isinstance(plain, int):
            await join(first, reader, writer, plain)
        else:
            writer.write(plain)
            await reader.readuntil(b"\r\n\r\n")
            await close(writer)

    server = await asyncio.start_server(enter, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def join(first: bytes, reader: StreamReader, writer: StreamWriter, port: int) -> None:
    """Pass on what comes either way, and first what has come already."""
    inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        inner_writer.write(first)
        await asyncio.gather(_pour(reader, inner_writer), _pour(inner_reader, writer))
    finally:
        inner_writer.close()


async def _pour(reader: StreamReader, writer: StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    await close(writer)


async def close(writer: StreamWriter) -> None:
    """Close, whoever else did."""
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
