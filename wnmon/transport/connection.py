"""One TCP connection and the TLS on it. Each read is stamped before anything looks at it, decryption included.

What is read goes through the sessions of TLS (a proxy that is asked over https has one, the relay another) to who reads
at the time; nothing is read while nobody does. A request is sent once its last byte is in the kernel: nothing of it
waits in a buffer here.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Protocol, cast

from wnmon.model.said import Said
from wnmon.transport.tls import Session

_WRITTEN_AT_ONCE = 262_144

Sent = Callable[[int], None]
"""Is told when the last byte of a request was in the kernel, as a stamp in ns."""


class Reader(Protocol):
    """Takes what a connection brings."""

    def take(self, at_ns: int, data: bytes) -> None:
        """Take what one read brought; its stamp comes first. What it raises is what it is told to have failed by."""
        ...

    def end(self, at_ns: int) -> None:
        """Take the end of the connection. May raise as well."""
        ...

    def fail(self, error: BaseException) -> None:
        """Take what broke the connection."""
        ...


class Connection(asyncio.Protocol):
    """The client's side of a connection."""

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self.peer: str | None = None
        self._now_ns = now_ns
        self._transport: asyncio.Transport | None = None
        self._sessions: list[Session] = []
        self._securing: asyncio.Future[int] | None = None
        self._reader: Reader | None = None
        self._unwritten = memoryview(b"")
        self._sent: Sent | None = None
        self._is_full = False

    @property
    def ssl_object(self) -> ssl.SSLObject | None:
        """Return the innermost TLS there is."""
        return self._sessions[-1].ssl_object if self._sessions else None

    async def secure(self, context: ssl.SSLContext, server_name: str) -> int:
        """Shake hands over what stands already; returns when that was done. Raises ssl.SSLError, OSError."""
        self._securing = asyncio.get_running_loop().create_future()
        session = Session(context, server_name)
        self._sessions.append(session)
        try:
            session.begin()
            self._let_sessions_speak()
            self.resume_reading()
            return await self._securing
        finally:
            self._securing = None

    def ask(self, request: bytes, reader: Reader, sent: Sent) -> None:
        """Send a request; the reader takes all that comes from now on."""
        self._reader = reader
        self._unwritten = memoryview(request)
        self._sent = sent
        self._write()
        self.resume_reading()

    def pause_reading(self) -> None:
        """Take no more for now."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take more again."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def close(self) -> None:
        """Let it go at once."""
        self._reader = self._sent = None
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin (asyncio)."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=0)
        self._transport.pause_reading()
        address = transport.get_extra_info("peername")
        self.peer = f"{address[0]}:{address[1]}" if address else None

    def data_received(self, data: bytes) -> None:
        """Take what one read brought (asyncio)."""
        at_ns = self._now_ns()
        try:
            self._take(at_ns, data)
        except Exception as error:  # noqa: BLE001 - whatever it is, it ends this exchange and no other
            self._fail(error)

    def eof_received(self) -> None:
        """Take the end (asyncio, which then closes the connection)."""
        at_ns = self._now_ns()
        try:
            for session in self._sessions:
                session.end()
            if self._reader is not None:
                self._reader.end(at_ns)
        except Exception as error:  # noqa: BLE001 - as above
            self._fail(error)

    def connection_lost(self, exc: Exception | None) -> None:
        """Take that it broke, or is closed (asyncio)."""
        self._transport = None
        self._fail(exc or ConnectionResetError(Said("connection_closed")))

    def pause_writing(self) -> None:
        """Wait until the kernel has taken what it was given (asyncio)."""
        self._is_full = True

    def resume_writing(self) -> None:
        """Give it more (asyncio)."""
        self._is_full = False
        self._write()

    def _take(self, at_ns: int, data: bytes) -> None:
        for session in self._sessions:
            data = session.take(data)
        if self._sessions:
            self._let_sessions_speak()
        if self._securing is not None:
            if self._sessions[-1].is_secured and not self._securing.done():
                self.pause_reading()
                self._securing.set_result(at_ns)
        elif self._reader is not None:
            if data:
                self._reader.take(at_ns, data)
            if self._sessions and self._sessions[-1].has_ended and self._reader is not None:
                self._reader.end(at_ns)

    def _fail(self, error: Exception) -> None:
        if self._sessions:
            self._let_sessions_speak()  # why they refuse
        if self._securing is not None and not self._securing.done():
            self._securing.set_exception(error)
        elif self._reader is not None:
            self._reader.fail(error)

    def _let_sessions_speak(self) -> None:
        for level, session in enumerate(self._sessions):
            self._give(session.to_write(), level)

    def _give(self, data: bytes | memoryview, level: int) -> None:
        """Write through so many of the sessions."""
        if data and self._transport is not None:
            for session in reversed(self._sessions[:level]):
                data = session.encrypt(data)
            self._transport.write(data)

    def _write(self) -> None:
        while self._unwritten and not self._is_full:
            piece, self._unwritten = self._unwritten[:_WRITTEN_AT_ONCE], self._unwritten[_WRITTEN_AT_ONCE:]
            self._give(piece, len(self._sessions))
        is_open = self._transport is not None and not self._transport.is_closing()
        if self._sent is not None and is_open and not self._unwritten and not self._is_full:
            tell, self._sent = self._sent, None
            tell(self._now_ns())


async def connect(sock: socket.socket, now_ns: Callable[[], int]) -> Connection:
    """Return the connection of a connected socket, which it owns from now on."""
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(lambda: Connection(now_ns), sock=sock)
    return connection
