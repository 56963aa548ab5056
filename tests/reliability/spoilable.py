"""A relay and a resolver on loopback that are right until something is done to them, and right again once it is undone.

What gets lost is lost in the kernel: a filter of a socket (socket(7), SO_ATTACH_FILTER) drops segments before TCP sees
them, so that whoever sent them retransmits. That needs neither root nor a network of its own.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

HOST = "127.0.0.1"
NAMES_AT = ("127.53.53.53", 53)
"""Where the resolver answers: an address of loopback that nobody else has."""

_ATTACH, _DETACH = 26, 27  # SO_ATTACH_FILTER, SO_DETACH_FILTER (asm-generic/socket.h), which Python does not name
_RANDOM = 0xFFFFF000 + 56
_LOAD, _LOAD_LENGTH, _GREATER, _RETURN = 0x20, 0x80, 0x25, 0x06  # linux/bpf_common.h
_WHOLE = 0x40000

Filter = tuple[tuple[int, int, int, int], ...]
"""Instructions of classic BPF: code, jump if true, jump if false, constant."""

ALL_LOST: Filter = ((_RETURN, 0, 0, 0),)
HALF_LOST: Filter = (
    (_LOAD_LENGTH, 0, 0, 0),
    (_GREATER, 0, 2, 100),  # what carries no data, a handshake say, passes
    (_LOAD, 0, 0, _RANDOM),
    (_GREATER, 1, 0, 2**31),
    (_RETURN, 0, 0, _WHOLE),
    (_RETURN, 0, 0, 0),
)


def attach(sock: socket.socket, wanted: Filter) -> None:
    """Have a socket, and those it accepts from now on, see only what a filter lets through."""
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in wanted))
    sock.setsockopt(socket.SOL_SOCKET, _ATTACH, struct.pack("HL", len(wanted), ctypes.addressof(code)))


def detach(sock: socket.socket) -> None:
    """Have a socket see everything again."""
    sock.setsockopt(socket.SOL_SOCKET, _DETACH, 0)


def _event(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    body = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return b"data: %b\n\n" % json.dumps(body).encode()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
TOKEN = _event({"role": "assistant", "content": "po"})
REST = _event({"content": "ng"}) + _event({}, "stop") + b"data: [DONE]\n\n"

Speech = Callable[[socket.socket], None]
"""What a relay does once it has read a request."""


def right(connection: socket.socket) -> None:
    """Answer as it should be."""
    connection.sendall(HEAD + TOKEN + REST)


class Relay:
    """A relay whose `speech`, `context` (None: no TLS) and reachability may change at any time."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.speech: Speech = right
        self.context = context
        self.asked_s: list[float] = []
        self._listener = self._listen(0)
        self.port: int = self._listener.getsockname()[1]

    def lose(self, wanted: Filter) -> None:
        """Lose of what comes from now on."""
        attach(self._listener, wanted)

    def lose_nothing(self) -> None:
        """Lose nothing any more, on connections to come."""
        detach(self._listener)

    def close(self) -> None:
        """Listen no more: who connects is refused."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # or `accept` would go on waiting
        self._listener.close()

    def open(self) -> None:
        """Listen again, at the same port."""
        self._listener = self._listen(self.port)

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server((HOST, port), backlog=64)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            if self.context is None:
                self._answer(connection)
                return
            with self.context.wrap_socket(connection, server_side=True) as secured:
                self._answer(secured)

    def _answer(self, connection: socket.socket) -> None:
        _read_request(connection)
        self.asked_s.append(time.monotonic())
        self.speech(connection)


def _read_request(connection: socket.socket) -> None:
    with connection.makefile("rb") as lines:
        length = 0
        while (line := lines.readline(65536)) not in {b"\r\n", b""}:
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        lines.read(length)


@contextmanager
def relay(context: ssl.SSLContext | None = None) -> Iterator[Relay]:
    """Run a relay while the block runs."""
    running = Relay(context)
    try:
        yield running
    finally:
        running.close()


class Resolver:
    """Answers every name with loopback, but for those that are `unknown` or that it says nothing to (`ignored`)."""

    def __init__(self) -> None:
        self.unknown: set[str] = set()
        self.ignored: set[str] = set()

    def answer(self, query: bytes) -> bytes | None:
        """Return the answer to a query of one question (RFC 1035 §4)."""
        name, end = _name_of(query)
        if name in self.ignored:
            return None
        question, (kind,) = query[12 : end + 4], struct.unpack(">H", query[end : end + 2])
        is_address = kind == 1 and name not in self.unknown
        code = 3 if name in self.unknown else 0
        head = query[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, int(is_address), 0, 0)
        record = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 0, 4) + socket.inet_aton(HOST)
        return head + question + (record if is_address else b"")


def _name_of(query: bytes) -> tuple[str, int]:
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode("ascii").lower())
        at += 1 + query[at]
    return ".".join(labels), at + 1


@contextmanager
def resolver() -> Iterator[Resolver]:
    """Run a resolver at NAMES_AT while the block runs."""
    running = Resolver()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(NAMES_AT)

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    query, whence = sock.recvfrom(512)
                    if (answer := running.answer(query)) is not None:
                        sock.sendto(answer, whence)

        threading.Thread(target=serve, daemon=True).start()
        yield running
