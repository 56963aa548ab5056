"""A relay that does one thing, and that fast: it answers in time and writes into each piece when it did what.

Made to outrun whoever measures it: a protocol without tasks, pieces built beforehand, an instant filled in right before
the bytes go to the socket. Every chunk of a stream, and a JSON answer, carries four instants, or what bounds one:

    x_wnmon_read_ns       when the last byte of the request was read (CLOCK_MONOTONIC, which all processes share)
    x_wnmon_read_late_ns  how long that byte may have waited for us before
    x_wnmon_due_ns        when the piece was due
    x_wnmon_sent_ns       when it was written

`python -m wnmon.mock.metronome '{"ttft_s": 0.05}'` prints its ports as one line of JSON, and ends with its stdin.
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import cast

from wnmon.clock import SystemClock
from wnmon.mock.stream import READ_MEMBER, STAMP_MEMBER

LATE_MEMBER = "x_wnmon_read_late_ns"
DUE_MEMBER = "x_wnmon_due_ns"
PATH = "/v1/chat/completions"
MODEL = "metronome"
LOOK_EVERY_S = 0.002
MOST_REQUEST_BYTES = 65_536
BACKLOG = 4096

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]{1,6})\r\n", re.IGNORECASE)
_HEAD = b"HTTP/1.1 200 OK\r\nDate: Sat, 28 Nov 2026 12:00:00 GMT\r\nx-request-id: req_metronome\r\nContent-Type: "
_STREAM_HEAD = _HEAD + b"text/event-stream\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n"
_ROOM = b'"%s":%%20d'
_STAMPS = b",".join(_ROOM % name.encode() for name in (READ_MEMBER, LATE_MEMBER, DUE_MEMBER, STAMP_MEMBER))
_COMMON = b'"id":"chatcmpl-metronome","created":1795867200,"model":"metronome",'
_WORDS = (b" tick", b" tock", b" and", b" on", b" it", b" goes")


Heard = Callable[[bytes, int, int, int, int], None]
"""Told of each first token: the request it answers, and the four instants."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tempo:
    """What is answered when, in seconds after the request was read: a JSON answer, or the tokens of a stream.

    `certificate`, `key`: PEM files, for TLS.
    """

    answer_s: float = 0.0
    ttft_s: float = 0.05
    gap_s: float = 0.01
    tokens: int = 16
    certificate: str | None = None
    key: str | None = None

    def due_s(self, place: int) -> float:
        """Return when a token is due."""
        return self.ttft_s + place * self.gap_s


class Score:
    """The pieces of an answer as templates: four numbers fill each, of a width that never changes."""

    def __init__(self, tokens: int) -> None:
        role = _frame(b'"object":"chat.completion.chunk",', _choice(b'"role":"assistant","content":""'))
        words = [_frame(b'"object":"chat.completion.chunk",', _choice(_says(place))) for place in range(tokens)]
        ended = _frame(b'"object":"chat.completion.chunk",', _choice(b"", b'"stop"'))
        usage = b'"usage":{"prompt_tokens":9,"completion_tokens":%d,"total_tokens":%d},' % (tokens, tokens + 9)
        told = _frame(b'"object":"chat.completion.chunk",' + usage, b'"choices":[],')
        last = _chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n"
        self.role = _STREAM_HEAD + role
        self.words = words
        self.end = ended + last
        self.end_with_usage = ended + told + last
        text = b"".join(_WORDS[place % len(_WORDS)] for place in range(tokens))
        answer = b'"choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"%s"}}],' % text
        body = b"{" + _COMMON + b'"object":"chat.completion",' + answer + usage + _STAMPS + b"}"
        head = _HEAD + b"application/json\r\nContent-Length: %d\r\n\r\n" % len(body % (0, 0, 0, 0))
        self.document = head + body


def _says(place: int) -> bytes:
    return b'"content":"%s"' % _WORDS[place % len(_WORDS)]


def _choice(delta: bytes, reason: bytes = b"null") -> bytes:
    return b'"choices":[{"index":0,"delta":{%s},"finish_reason":%s}],' % (delta, reason)


def _frame(kind: bytes, choices: bytes) -> bytes:
    return _chunk(b"data: {" + _COMMON + kind + choices + _STAMPS + b"}\n\n")


def _chunk(data: bytes) -> bytes:
    size = len(data % (0, 0, 0, 0)) if b"%" in data else len(data)
    return b"%x\r\n%s\r\n" % (size, data)


class Watch:
    """Looks every 2 ms whether this process is awake, while anybody is connected: what bounds how late it read."""

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self._connected = 0
        self._looked_ns = (0, 0)
        self._next: asyncio.TimerHandle | None = None

    def come(self) -> None:
        """Begin to look with the first connection."""
        self._connected += 1
        if self._next is None:
            self._looked_ns = (self._now_ns(), self._now_ns())
            self._wait()

    def gone(self) -> None:
        """Look no more after the last one."""
        self._connected -= 1
        if not self._connected and self._next is not None:
            self._next.cancel()
            self._next = None

    def late_ns(self, at_ns: int) -> int:
        """Return how long what is read now may have waited: no longer than since the last look but one."""
        return at_ns - self._looked_ns[0]

    def _wait(self) -> None:
        self._next = asyncio.get_running_loop().call_later(LOOK_EVERY_S, self._look)

    def _look(self) -> None:
        self._looked_ns = (self._looked_ns[1], self._now_ns())
        self._wait()


class Player(asyncio.Protocol):
    """One connection: a request is read whole, then answered; another one may follow."""

    def __init__(self, tempo: Tempo, score: Score, watch: Watch, now_ns: Callable[[], int], heard: Heard) -> None:
        self._tempo = tempo
        self._heard = heard
        self._score = score
        self._watch = watch
        self._now_ns = now_ns
        self._loop = asyncio.get_running_loop()
        self._in = self._asked = b""
        self._next: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet nobody: HTTP clients speak first."""
        self._transport = cast("asyncio.Transport", transport)
        self._watch.come()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Stop whatever is being said to nobody."""
        self._transport = None
        self._watch.gone()
        if self._next is not None:
            self._next.cancel()

    def data_received(self, data: bytes) -> None:
        """Stamp, then see whether the request is whole."""
        read_ns = self._now_ns()
        self._in += data
        head, found, body = self._in.partition(b"\r\n\r\n")
        if not found:
            return self._refuse() if len(head) > MOST_REQUEST_BYTES else None
        length = _LENGTH.search(head + b"\r\n")
        size = int(length[1]) if length else 0
        if size > MOST_REQUEST_BYTES:
            return self._refuse()
        if len(body) >= size:
            self._in = body[size:]
            self._answer(body[:size], read_ns)
        return None

    def _refuse(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _answer(self, body: bytes, read_ns: int) -> None:
        late_ns, compact = self._watch.late_ns(read_ns), body.replace(b" ", b"")
        self._asked = body
        if b'"stream":true' not in compact:
            due_ns = read_ns + round(self._tempo.answer_s * 1e9)
            self._next = self._loop.call_later(
                self._tempo.answer_s, self._write, self._score.document, 1, read_ns, late_ns, due_ns
            )
            return None
        self._write(self._score.role, 1, read_ns, late_ns, read_ns)
        end = self._score.end_with_usage if b'"include_usage":true' in compact else self._score.end
        return self._play(0, end, read_ns, late_ns)

    def _play(self, place: int, end: bytes, read_ns: int, late_ns: int) -> None:
        """Let the token at a place follow when it is due; the end comes with the last."""
        after_s = self._tempo.due_s(place) - (self._now_ns() - read_ns) / 1e9
        self._next = self._loop.call_later(max(0.0, after_s), self._strike, place, end, read_ns, late_ns)

    def _strike(self, place: int, end: bytes, read_ns: int, late_ns: int) -> None:
        due_ns = read_ns + round(self._tempo.due_s(place) * 1e9)
        if place + 1 < self._tempo.tokens:
            self._write(self._score.words[place], 1, read_ns, late_ns, due_ns)
            self._play(place + 1, end, read_ns, late_ns)
        else:
            pieces = 3 if end is self._score.end_with_usage else 2
            self._write(self._score.words[place] + end, pieces, read_ns, late_ns, due_ns)

    def _write(self, template: bytes, pieces: int, read_ns: int, late_ns: int, due_ns: int) -> None:
        if self._transport is not None:
            sent_ns = self._now_ns()
            self._transport.write(template % ((read_ns, late_ns, due_ns, sent_ns) * pieces))
            if template is self._score.words[0]:
                self._heard(self._asked, read_ns, late_ns, due_ns, sent_ns)


async def play(
    tempo: Tempo, announce: Callable[[str], None], ended: asyncio.Event, heard: Heard = lambda *_: None
) -> None:
    """Serve on two free ports of loopback, plain and, with a certificate, TLS, until `ended` is set."""
    loop, now_ns = asyncio.get_running_loop(), SystemClock().now_ns
    player = partial(Player, tempo, Score(tempo.tokens), Watch(now_ns), now_ns, heard)
    servers = {"http": await loop.create_server(player, "127.0.0.1", 0, backlog=BACKLOG)}
    if tempo.certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(tempo.certificate, tempo.key)
        servers["https"] = await loop.create_server(player, "127.0.0.1", 0, backlog=BACKLOG, ssl=context)
    announce(json.dumps({scheme: server.sockets[0].getsockname()[1] for scheme, server in servers.items()}))
    await ended.wait()
    for server in servers.values():
        server.close()


async def until_stdin_ends(tempo: Tempo, heard: Heard = lambda *_: None) -> None:
    """Serve for as long as whoever started this process holds its stdin open."""
    ended = asyncio.Event()

    class Stdin(asyncio.Protocol):
        def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
            ended.set()

    await asyncio.get_running_loop().connect_read_pipe(Stdin, sys.stdin)
    await play(tempo, lambda line: print(line, flush=True), ended, heard)  # noqa: T201 - whoever started it reads this


def main() -> None:
    """Serve as the first argument says."""
    asyncio.run(until_stdin_ends(Tempo(**json.loads(sys.argv[1]))))


if __name__ == "__main__":
    main()
