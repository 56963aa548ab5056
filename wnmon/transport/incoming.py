"""The answer as it comes: what of it is kept, with the stamp of the read that brought it, and when it is over."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from wnmon.engine.ports import READ_PIECES
from wnmon.model.check import Caps
from wnmon.model.exchange import Chunk, FailureKind
from wnmon.model.said import Said
from wnmon.transport.connection import Connection
from wnmon.transport.deadline import Deadline
from wnmon.transport.decode import Failure
from wnmon.transport.framing import Event, Framing, Head, MakeHeads
from wnmon.transport.recording import Recording, Stage


class Incoming:
    """The Reader of one answer. `over` is done when nothing more is to be read: with what went wrong, None if nothing.

    One read may hold 40,000 pieces, or 10,000 interim heads: after READ_PIECES of them the loop has its turn.
    """

    def __init__(
        self, connection: Connection, recording: Recording, deadline: Deadline, caps: Caps, make_heads: MakeHeads
    ) -> None:
        self.over: asyncio.Future[Failure | None] = asyncio.get_running_loop().create_future()
        self._connection = connection
        self._recording = recording
        self._deadline = deadline
        self._caps = caps
        self._framing = Framing(recording.request.method, make_heads)
        self._unread: Iterator[Event] | None = None
        self._ended_at_ns: int | None = None

    def take(self, at_ns: int, data: bytes) -> None:
        """Keep what one read brought."""
        self._read_on(at_ns, self._framing.read(data))

    def end(self, at_ns: int) -> None:
        """Take the end of the connection, once all is read that came before it."""
        if self._unread is not None:
            self._ended_at_ns = at_ns
        elif not self.over.done():
            self._read_on(at_ns, self._framing.close())

    def fail(self, error: BaseException) -> None:
        """Take what broke the connection."""
        if not self.over.done():
            self.over.set_exception(error)

    def _read_on(self, at_ns: int, events: Iterator[Event]) -> None:
        for taken, event in enumerate(events, 1):
            self._keep(at_ns, event)
            if self.over.done():
                return
            if taken == READ_PIECES:
                self._unread = events
                self._connection.pause_reading()
                asyncio.get_running_loop().call_soon(self._go_on, at_ns)
                return
        if self._recording.status is not None:
            self._deadline.arrived()

    def _go_on(self, at_ns: int) -> None:
        events, self._unread = self._unread, None
        if events is None or self.over.done():
            return
        try:
            self._read_on(at_ns, events)
            if self._unread is None:
                self._connection.resume_reading()
                if self._ended_at_ns is not None:
                    self.end(self._ended_at_ns)
        except Exception as error:  # noqa: BLE001 - whatever it is, it ends this exchange and no other
            self.fail(error)

    def _keep(self, at_ns: int, event: Event) -> None:
        if isinstance(event, bytes):
            self._keep_piece(at_ns, event)
        elif isinstance(event, Head):
            self._keep_head(at_ns, event)
        else:
            self._recording.marks["end_ns"] = at_ns
            self.over.set_result(None)

    def _keep_head(self, at_ns: int, head: Head) -> None:
        if not head.is_interim:
            recording = self._recording
            recording.marks["headers_ns"] = at_ns
            recording.stage = Stage.BODY
            recording.status, recording.http_version, recording.headers = head.status, head.version, head.headers

    def _keep_piece(self, at_ns: int, data: bytes) -> None:
        recording, caps = self._recording, self._caps
        recording.chunks.append(Chunk(at_ns, data))
        recording.wire_bytes += len(data)
        if recording.wire_bytes > caps.wire_bytes:
            self.over.set_result((FailureKind.TOO_LARGE, Said("body_too_large", n=caps.wire_bytes)))
        elif len(recording.chunks) > caps.chunks:
            self.over.set_result((FailureKind.TOO_LARGE, Said("body_in_too_many_pieces", n=caps.chunks)))
        elif len(recording.chunks) == recording.request.close_after:
            self.over.set_result(None)
