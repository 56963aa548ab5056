"""Bytes of an HTTP/1.1 answer -> its heads, the pieces of its body, its end. Knows no socket and no clock.

Heads are read by h11, or by httptools where that is installed (extra `fast`). httptools is the stricter of the two, and
relays are not strict, so h11 has the last word: what httptools refuses, or reads in a way of its own, h11 reads again.
Bodies are read here, by the rules of h11 and for a fraction of its work. `tests/unit/transport/test_framing.py` holds
all three against each other.

    the answer                                       its body
    -----------------------------------------------  ------------------------------------------
    to HEAD or, with 2xx, to CONNECT; 1xx, 204, 304   none
    with Transfer-Encoding: chunked                   chunks, then trailers, which are dropped
    with Content-Length                               so many bytes
    any other                                         all until the connection ends
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec
from typing import Any, NamedTuple, Protocol, TypeAlias

import h11

from wnmon.model.said import Said

MAX_UNFINISHED_BYTES = 102_400
"""How much of one head, of a chunk's first line or of trailers may come without its end."""
MAX_HEADS_BYTES = 262_144
"""And how much of interim heads (RFC 9110 §15.2) before the final one: 15,000 without a header."""

_HEAD_END = re.compile(rb"\n\r?\n")
_FIRST_BYTE = b"!"
"""No head begins with a byte below it: what does is no HTTP, and nobody has to wait for its end."""
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,20})(?:;.*)?[ \t]*")
_TRAILERS_END = re.compile(rb"\A\r?\n|\n\r?\n")


class Malformed(Exception):  # noqa: N818 - it says what came, not what wnmon did
    """What came is not HTTP/1.1."""


class CutShort(Malformed):
    """The connection ended before the body did."""


class WithoutEnd(Malformed):
    """A head, or what stands around the pieces of a body, goes on and on."""


class Head(NamedTuple):
    """The head of an answer, also of an interim one (1xx, RFC 9110 §15.2). Names and values are latin-1."""

    status: int
    version: str
    headers: tuple[tuple[str, str], ...]
    reason: str = ""

    @property
    def is_interim(self) -> bool:
        """Tell whether another head follows."""
        return self.status < 200

    def values(self, name: str) -> list[str]:
        """Return the values of a header whose name is given in small letters."""
        return [value for key, value in self.headers if key.lower() == name]


class End(NamedTuple):
    """The answer is complete."""


Event: TypeAlias = "Head | bytes | End"
END = End()


class Heads(Protocol):
    """Reads the heads that come before one body."""

    def read(self, head: bytes) -> Head:
        """Return a head, which comes whole with the empty line that ends it. Raises Malformed."""
        ...


MakeHeads: TypeAlias = "Callable[[str], Heads]"
"""Makes one for the answer to a request with this method."""


class H11Heads:
    """Heads as h11 reads them."""

    def __init__(self, method: str) -> None:
        self._connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_UNFINISHED_BYTES)
        self._connection.send(_request(method))
        self._connection.send(_NO_BODY)

    def read(self, head: bytes) -> Head:
        """Return a head."""
        try:
            self._connection.receive_data(head)
            event: Any = self._connection.next_event()
        except h11.RemoteProtocolError as broken:
            raise Malformed(str(broken)) from None
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in event.headers.raw_items())
        version = f"HTTP/{event.http_version.decode('ascii')}"
        return Head(event.status_code, version, headers, bytes(event.reason).decode("latin-1"))


@cache
def _request(method: str) -> h11.Request:
    """Return a request that h11 takes for the one that was sent, of which the answer depends on the method alone."""
    return h11.Request(method=method, target="/", headers=[("host", "-")])


_NO_BODY = h11.EndOfMessage()


class FastHeads:
    """Heads as httptools reads them, where h11 would read the same; any other is h11's."""

    def __init__(self, method: str) -> None:
        self._method = method
        self._h11: H11Heads | None = None
        self._new = _parser_class()
        self._forget()

    def read(self, head: bytes) -> Head:
        """Return a head."""
        if self._h11 is None:
            found = self._fast(head)
            if found is not None:
                return found
            self._h11 = H11Heads(self._method)
        return self._h11.read(head)

    def on_status(self, reason: bytes) -> None:
        """Take the reason phrase, or a part of it."""
        self._reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self._headers.append((name.decode("latin-1"), value.decode("latin-1").strip(" \t")))

    def on_headers_complete(self) -> None:
        """Take note that the head was read to its end."""
        self._is_whole = True

    def _forget(self) -> None:
        self._headers: list[tuple[str, str]] = []
        self._reason = b""
        self._is_whole = False

    def _fast(self, head: bytes) -> Head | None:
        self._forget()
        parser = self._new(self)
        try:
            parser.feed_data(head)
        except Exception:  # noqa: BLE001 - whatever it dislikes, h11 says what it is worth
            return None
        status, version = parser.get_status_code(), parser.get_http_version()
        found = Head(status, f"HTTP/{version}", tuple(self._headers), self._reason.decode("latin-1"))
        codings = found.values("transfer-encoding")
        is_usual = head.startswith(b"HTTP/1.") and 100 <= status != 101 and codings in ([], ["chunked"])
        return found if self._is_whole and is_usual else None


@cache
def _parser_class() -> Any:
    from httptools import HttpResponseParser  # of an extra

    return HttpResponseParser


def heads_here() -> MakeHeads:
    """Return the fastest reader of heads that is installed."""
    return FastHeads if is_fast_here() else H11Heads


@cache
def is_fast_here() -> bool:
    """Tell whether httptools is installed, which the extra `fast` brings."""
    return find_spec("httptools") is not None


class Framing:
    """Reads one answer. What a read yields is to be used up before the next read, and may end in Malformed."""

    def __init__(self, method: str, make_heads: MakeHeads) -> None:
        self._method = method
        self._heads = make_heads(method)
        self._kept = b""
        self._come_bytes = 0
        self._body: _Body | None = None

    def read(self, data: bytes) -> Iterator[Event]:
        """Yield what these bytes complete. Nothing comes after the end."""
        if self._body is not None:
            return self._body.read(data)
        if self._come_bytes > MAX_HEADS_BYTES:
            raise WithoutEnd
        self._come_bytes += len(data)
        return self._read_heads(data)

    def close(self) -> Iterator[Event]:
        """Yield what the end of the connection completes."""
        if self._body is not None:
            yield self._body.close()
        elif self._kept:
            raise Malformed(Said("closed_within_head", text=repr(self._kept)))
        else:
            raise Malformed(Said("closed_without_answer"))

    def _read_heads(self, data: bytes) -> Iterator[Event]:
        data, seen = self._kept + data, max(0, len(self._kept) - 2)
        while self._body is None:
            found = _HEAD_END.search(data, seen)
            if found is None:
                self._kept = self._unfinished(data)
                return
            head = self._heads.read(data[: found.end()])
            data, seen = data[found.end() :], 0
            if not head.is_interim:
                self._body = _body_of(head, self._method)
            yield head
        yield from self._body.read(data)

    def _unfinished(self, data: bytes) -> bytes:
        if data and data[:1] < _FIRST_BYTE:
            self._heads.read(data)  # which says what is wrong
        return _within_bounds(data)


class _Body(Protocol):
    def read(self, data: bytes) -> Iterator[bytes | End]: ...

    def close(self) -> End: ...


def _body_of(head: Head, method: str) -> _Body:
    if method == "HEAD" or head.status in {204, 304} or (method == "CONNECT" and head.status < 300):
        return _Sized(0)
    if head.values("transfer-encoding"):
        return _Chunked()  # h11 lets no other through
    lengths = head.values("content-length")
    return _Sized(int(lengths[0].partition(",")[0])) if lengths else _UntilClosed()


class _Sized:
    def __init__(self, size_bytes: int) -> None:
        self._size_bytes = self._left_bytes = size_bytes

    def read(self, data: bytes) -> Iterator[bytes | End]:
        piece = data[: self._left_bytes]
        self._left_bytes -= len(piece)
        if piece:
            yield piece
        if not self._left_bytes:
            yield END

    def close(self) -> End:
        came = self._size_bytes - self._left_bytes
        raise CutShort(Said("closed_within_body", n=came, n2=self._size_bytes))


class _UntilClosed:
    def read(self, data: bytes) -> Iterator[bytes | End]:
        if data:
            yield data

    def close(self) -> End:
        return END


class _Chunked:
    """RFC 9112 §7.1: per chunk a line with its size, the data and a line end; after a chunk of no bytes, trailers."""

    def __init__(self) -> None:
        self._kept = b""
        self._left_bytes = 0
        self._is_after_data = False
        self._is_in_trailers = False

    def read(self, data: bytes) -> Iterator[bytes | End]:
        if self._kept:
            data, self._kept = self._kept + data, b""
        at, size = 0, len(data)
        while at < size:
            if self._left_bytes:
                piece = data[at : at + self._left_bytes]
                at += len(piece)
                self._left_bytes -= len(piece)
                self._is_after_data = not self._left_bytes
                yield piece
                continue
            if self._is_in_trailers:
                found = _TRAILERS_END.search(data[at:])
                if found is None:
                    break
                _check_trailers(data[at : at + found.end()])
                yield END
                return
            if self._is_after_data:
                if not b"\r\n".startswith(data[at : at + 2]):
                    raise Malformed(Said("no_chunk", text=repr(data[at : at + 2])))
                if size - at < 2:
                    break
                at += 2
                self._is_after_data = False
            end = data.find(b"\r\n", at)
            if end < 0:
                break
            self._left_bytes = _size_of_chunk(data[at:end])
            at, self._is_in_trailers = end + 2, not self._left_bytes
        self._kept = _within_bounds(data[at:])

    def close(self) -> End:
        raise CutShort(Said("closed_before_last_chunk"))


def _size_of_chunk(line: bytes) -> int:
    found = _CHUNK_LINE.fullmatch(line)
    if found is None:
        raise Malformed(Said("no_chunk", text=repr(line)))
    return int(found[1], 16)


def _check_trailers(lines: bytes) -> None:
    """Raise Malformed where they could not be headers."""
    if lines not in {b"\r\n", b"\n"}:
        H11Heads("GET").read(b"HTTP/1.1 204 No Content\r\n" + lines)


def _within_bounds(kept: bytes) -> bytes:
    if len(kept) > MAX_UNFINISHED_BYTES:
        raise WithoutEnd
    return kept
