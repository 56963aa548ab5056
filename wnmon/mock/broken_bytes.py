"""Hooks of faults below the level of documents and events: sizes, codings, sockets. Pure: scripts, not sockets."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from itertools import chain, count, islice, repeat

from wnmon.mock.fault import Answer, ApiCall, RawAnswer
from wnmon.mock.pieces import Close, Pause, Piece, Pieces, Reset, Send, Silence

HUGE_BYTES = 2**30
BOMB_BYTES = 2**31
_BLOCK = 64 * 1024
_BOMB_BLOCK = 2**20
_TORN_BYTES = 11
# A stream can be endless; its middle is looked for among this many pieces.
_MOST_HALVED = 10_000
# Gives what was sent a moment to be read before the RST overtakes it.
_BEFORE_RESET_S = 0.05


def stalled(_: ApiCall, body: Pieces) -> Pieces:
    """Send half of the body, then nothing, the connection still open."""
    return chain(_half(body), [Silence()])


def reset_midway(_: ApiCall, body: Pieces) -> Pieces:
    """Send half of the body, then abort the connection."""
    return chain(_half(body), [Pause(_BEFORE_RESET_S), Reset()])


def _half(body: Pieces) -> Iterator[Piece]:
    pieces = list(islice(body, _MOST_HALVED))
    sends = [piece for piece in pieces if isinstance(piece, Send)]
    if len(sends) == 1:
        yield Send(sends[0].data[: len(sends[0].data) // 2])
        return
    yield from pieces[: len(pieces) // 2]


def huge(call: ApiCall, _: Answer) -> Answer:
    """Send 1 GiB of legal JSON (or one such event), made up while it is read."""
    before, after = _around(call)
    body_bytes = HUGE_BYTES - len(before) - len(after)
    blocks = chain(repeat(b"a" * _BLOCK, body_bytes // _BLOCK), [b"a" * (body_bytes % _BLOCK)])
    pieces = (Send(block) for block in chain([before], blocks, [after]))
    return RawAnswer(status=200, headers=(("Content-Type", _media(call)),), pieces=pieces, length=HUGE_BYTES)


def gzip_bomb(call: ApiCall, _: Answer) -> Answer:
    """Send about 2 MiB that decode to 2 GiB."""
    headers = (("Content-Type", _media(call)), ("Content-Encoding", "gzip"))
    return RawAnswer(status=200, headers=headers, pieces=(Send(block) for block in _bomb(call)))


def _bomb(call: ApiCall) -> Iterator[bytes]:
    """Yield one gzip member. A fully flushed block refers to nothing before it, so one block can be sent over and over.

    The checksum at its end would cost reading all 2 GiB here; it is left wrong, for a reader who gets there is lost.
    """
    before, after = _around(call)
    yield gzip.compress(b"", mtime=0)[:10]  # the header alone (RFC 1952 §2.3)
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    yield squeeze.compress(before) + squeeze.flush(zlib.Z_FULL_FLUSH)
    block = squeeze.compress(b"a" * _BOMB_BLOCK) + squeeze.flush(zlib.Z_FULL_FLUSH)
    yield from repeat(block, BOMB_BYTES // _BOMB_BLOCK)
    yield squeeze.compress(after) + squeeze.flush(zlib.Z_FINISH) + bytes(8)


def _media(call: ApiCall) -> str:
    return "text/event-stream" if call.stream else "application/json"


def _around(call: ApiCall) -> tuple[bytes, bytes]:
    """Return what stands before and after a very long content."""
    start = b'{"id":"%b","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"'
    before, after = start % call.id.encode(), b'"},"finish_reason":"stop"}]}'
    return (b"data: " + before, after + b"\n\n") if call.stream else (before, after)


def silent(_call: ApiCall, _wire: Pieces) -> Pieces:
    """Take the request and never say a word."""
    return iter([Silence()])


def closed_at_once(_call: ApiCall, _wire: Pieces) -> Pieces:
    """Take the request and hang up."""
    return iter([Close()])


def garbage(_call: ApiCall, _wire: Pieces) -> Pieces:
    """Say something that is not HTTP."""
    return iter([Send(b"\x00\xffWHO GOES THERE\r\n\x80\x81\r\n\r\n"), Close()])


def endless_headers(_call: ApiCall, _wire: Pieces) -> Pieces:
    """Begin a response head that never ends."""
    lines = (Send(b"X-Filler-%d: %b\r\n" % (number, b"a" * 1000)) for number in count())
    return chain([Send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")], lines)


def torn(_: ApiCall, body: Pieces) -> Pieces:
    """Hand over a few bytes at a time, wherever that cuts: within a line end, a word, a character."""
    for piece in body:
        if isinstance(piece, Send):
            yield from (Send(piece.data[at : at + _TORN_BYTES]) for at in range(0, len(piece.data), _TORN_BYTES))
        else:
            yield piece
