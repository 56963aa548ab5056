"""A relay on a thread that answers every request with exactly the bytes it was given."""

from __future__ import annotations

import contextlib
import socketserver
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

Speech = Callable[[], Iterable[bytes]]
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    speech: Speech


class _Conversation(socketserver.StreamRequestHandler):
    """Reads one request, answers, hangs up."""

    server: _Server

    def handle(self) -> None:
        """Answer until the client leaves."""
        with contextlib.suppress(OSError):
            length = 0
            while (line := self.rfile.readline(65536)) not in {b"\r\n", b""}:
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            self.rfile.read(length)
            for piece in self.server.speech():
                self.wfile.write(piece)


@contextmanager
def relay_saying(speech: Speech) -> Iterator[str]:
    """Yield the address of a relay that says this."""
    with _Server(("127.0.0.1", 0), _Conversation) as server:
        server.speech = speech
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def answer(body: bytes, media: str = "application/json", *headers: bytes, status: bytes = b"200 OK") -> Speech:
    """Say a whole body."""
    lines = [b"Content-Type: " + media.encode(), b"Content-Length: %d" % len(body), *headers]
    head = b"HTTP/1.1 " + status + b"\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n"
    return lambda: [head, body]


def stream(body: bytes, *headers: bytes) -> Speech:
    """Say a whole event stream."""
    return answer(body, "text/event-stream", *headers)
