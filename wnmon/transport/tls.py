"""TLS on bytes that somebody else reads and writes, so that a read has its stamp before it is decrypted.

asyncio's own would decrypt first, and does not tell when the last byte of a request went to the kernel.
"""

from __future__ import annotations

import ssl

_MOST_AT_ONCE = 262_144


class Session:
    """One side of a TLS connection: the client's. Raises ssl.SSLError."""

    def __init__(self, context: ssl.SSLContext, server_name: str) -> None:
        self._coming = ssl.MemoryBIO()
        self._going = ssl.MemoryBIO()
        self.ssl_object = context.wrap_bio(self._coming, self._going, server_hostname=server_name)
        self.is_secured = False
        self.has_ended = False

    def begin(self) -> None:
        """Make the first bytes of the handshake."""
        self._shake_hands()

    def take(self, data: bytes) -> bytes:
        """Return what these bytes say: of those that end the handshake nothing before the next ones are taken."""
        self._coming.write(data)
        if self.is_secured:
            return self._plain()
        self._shake_hands()
        return b""

    def end(self) -> None:
        """Take the end of the connection, which fails a handshake. In an answer it is an end as on a plain one."""
        self._coming.write_eof()
        if not self.is_secured:
            self._shake_hands()

    def encrypt(self, data: bytes | memoryview) -> bytes:
        """Return the bytes that say this."""
        self.ssl_object.write(data)
        return self._going.read()

    def to_write(self) -> bytes:
        """Return what the session itself has to say: its handshake, or why it ends."""
        return self._going.read() if self._going.pending else b""

    def _shake_hands(self) -> None:
        try:
            self.ssl_object.do_handshake()
        except ssl.SSLWantReadError:
            return
        self.is_secured = True

    def _plain(self) -> bytes:
        pieces = []
        try:
            while piece := self.ssl_object.read(_MOST_AT_ONCE):
                pieces.append(piece)
            self.has_ended = True
        except ssl.SSLWantReadError:
            pass
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)
