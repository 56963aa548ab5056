"""One answer, read by each reader of heads however it is cut, and by h11 alone: all find the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wnmon.transport.framing import (
    MAX_HEADS_BYTES,
    MAX_UNFINISHED_BYTES,
    CutShort,
    FastHeads,
    Framing,
    H11Heads,
    Head,
    MakeHeads,
    Malformed,
    WithoutEnd,
)

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
READERS = [H11Heads, FastHeads]

ANSWERS: dict[str, bytes] = {
    "sized": HEAD + b"Content-Length: 2\r\n\r\n{}",
    "bytes after the end": HEAD + b"Content-Length: 2\r\n\r\n{}MORE",
    "until the end": HEAD + b"\r\n{}",
    "nothing": b"",
    "half a head": HEAD,
    "a body cut short": HEAD + b"Content-Length: 5\r\n\r\n{}",
    "line feeds alone": (HEAD + b"Content-Length: 2\r\n\r\n{}").replace(b"\r\n", b"\n"),
    "one length twice": HEAD + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "two lengths": HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "a list of one length": HEAD + b"Content-Length: 2, 2\r\n\r\n{}",
    "a length that is none": HEAD + b"Content-Length: two\r\n\r\n{}",
    "a length with a sign": HEAD + b"Content-Length: +2\r\n\r\n{}",
    "chunks and a length": HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "another coding": HEAD + b"Transfer-Encoding: gzip\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "chunks in another coding": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "two codings": HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "capital chunks": HEAD + b"Transfer-Encoding: Chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "no reason": b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
    "an empty reason": b"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n",
    "a reason in another charset": b"HTTP/1.1 429 \xff\r\nContent-Length: 0\r\n\r\n",
    "no content": b"HTTP/1.1 204 \r\n\r\nxx",
    "not modified": b"HTTP/1.1 304 N\r\nContent-Length: 5\r\n\r\n",
    "a folded header": HEAD + b"X-A: b\r\n  c\r\nContent-Length: 0\r\n\r\n",
    "a fold that begins": b"HTTP/1.1 200 OK\r\n  c: d\r\nContent-Length: 0\r\n\r\n",
    "a blank before the colon": HEAD + b"X-A : b\r\nContent-Length: 0\r\n\r\n",
    "a NUL": HEAD + b"X-A: b\0c\r\nContent-Length: 0\r\n\r\n",
    "an escape": HEAD + b"X-A: b\x1b[2Jc\r\nContent-Length: 0\r\n\r\n",
    "a header in another charset": HEAD + b"X-A: \xff\x80\r\nContent-Length: 0\r\n\r\n",
    "a name with a bracket": HEAD + b"X(A: b\r\nContent-Length: 0\r\n\r\n",
    "no name": HEAD + b": b\r\nContent-Length: 0\r\n\r\n",
    "an empty value": HEAD + b"X-A:\r\nX-B: \t \r\nContent-Length: 0\r\n\r\n",
    "blanks around a value": HEAD + b"X-A: \t b c \t\r\nContent-Length: 0\r\n\r\n",
    "a header twice": HEAD + b"X-A: 1\r\nx-a: 2\r\nContent-Length: 0\r\n\r\n",
    "a return in a value": HEAD + b"X-A: b\rc\r\nContent-Length: 0\r\n\r\n",
    "no colon": HEAD + b"X-A\r\nContent-Length: 0\r\n\r\n",
    "switching": b"HTTP/1.1 101 Up\r\n\r\n" + HEAD + b"Content-Length: 2\r\n\r\n{}",
    "switching by a header": b"HTTP/1.1 101 Up\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\nPRI",
    "an upgrade that is none": HEAD + b"Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\n{}",
    "go on": b"HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" + HEAD + b"Content-Length: 2\r\n\r\n{}",
    "extensions and trailers": CHUNKED + b'2;a="b"\r\n{}\r\n0;c\r\nX: y\r\nZ: z\r\n\r\n',
    "a blank after a size": CHUNKED + b"2 \r\n{}\r\n0\r\n\r\n",
    "chunks with line feeds alone": CHUNKED + b"2\n{}\n0\n\n",
    "a size that is none": CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n",
    "no size": CHUNKED + b"\r\n{}\r\n0\r\n\r\n",
    "a chunk longer than it says": CHUNKED + b"2\r\n{}xx0\r\n\r\n",
    "a chunk that does not end": CHUNKED + b"ffffffffff\r\n{}",
    "a size of twenty digits": CHUNKED + b"f" * 20 + b"\r\n{}",
    "a size of more": CHUNKED + b"f" * 21 + b"\r\n{}",
    "no last chunk": CHUNKED + b"2\r\n{}\r\n",
    "trailers cut short": CHUNKED + b"2\r\n{}\r\n0\r\nX: y\r\n",
    "another version": b"HTTP/3.7 200 OK\r\nContent-Length: 0\r\n\r\n",
    "version 2": b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    "another protocol": b"RTSP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    "an empty line first": b"\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "a status of four digits": b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
    "a status below 100": b"HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n",
    "noise": b"\x00\xffWHO GOES THERE\r\n\x80\x81\r\n\r\n",
    "ssh": b"SSH-2.0-OpenSSH_9.6\r\n",
    "a request": b"POST / HTTP/1.1\r\n\r\n",
}


@dataclass(frozen=True, slots=True)
class Read:
    """What came of an answer: heads, the body, whether it is complete, and what went wrong, by its class."""

    heads: tuple[Head, ...]
    body: bytes
    is_complete: bool
    wrong: type[Malformed] | None


def ours(pieces: Iterable[bytes], make_heads: MakeHeads, method: str = "POST") -> Read:
    """Read an answer cut into these pieces, then the end of the connection."""
    framing, heads, body = Framing(method, make_heads), [], b""
    try:
        for piece in (*pieces, None):
            for event in framing.close() if piece is None else framing.read(piece):
                if isinstance(event, Head):
                    heads.append(event)
                elif isinstance(event, bytes):
                    body += event
                else:
                    return Read(tuple(heads), body, True, None)
    except Malformed as broken:
        return Read(tuple(heads), body, False, type(broken))
    raise AssertionError("neither an end nor a complaint")


def h11_alone(pieces: Sequence[bytes], method: str = "POST") -> Read:
    """Read it by h11 alone."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_UNFINISHED_BYTES)
    connection.send(h11.Request(method=method, target="/", headers=[("host", "h")]))
    connection.send(h11.EndOfMessage())
    heads: list[Head] = []
    body = b""
    try:
        for piece in (*pieces, b""):
            connection.receive_data(piece)
            event: Any = connection.next_event()
            while event is not h11.NEED_DATA:
                if isinstance(event, h11.EndOfMessage):
                    return Read(tuple(heads), body, True, None)
                if isinstance(event, h11.Data):
                    body += bytes(event.data)
                else:
                    heads.append(head_of(event))
                event = connection.next_event()
    except h11.RemoteProtocolError as broken:
        is_cut = "closed connection" in str(broken) and any(not head.is_interim for head in heads)
        kind = WithoutEnd if "too long" in str(broken) else CutShort if is_cut else Malformed
        return Read(tuple(heads), body, False, kind)
    raise AssertionError("neither an end nor a complaint")


def head_of(event: Any) -> Head:
    if isinstance(event, h11.ConnectionClosed):
        raise h11.RemoteProtocolError("no answer")
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in event.headers.raw_items())
    return Head(event.status_code, f"HTTP/{event.http_version.decode()}", headers, event.reason.decode("latin-1"))


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    """Cut bytes at some places."""
    marks = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[begin:end] for begin, end in pairwise(marks)]


PLACES = st.lists(st.integers(0, 10_000), max_size=12)


@pytest.mark.parametrize("make_heads", READERS)
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
@pytest.mark.parametrize("is_in_one", [True, False], ids=["in one", "byte by byte"])
def test_each_answer_is_read_as_by_h11_alone(answer: bytes, make_heads: MakeHeads, is_in_one: bool) -> None:
    pieces = [answer] if is_in_one and answer else cut(answer, range(len(answer)))

    assert ours(pieces, make_heads) == h11_alone(pieces)


@pytest.mark.parametrize("make_heads", READERS)
@given(answer=st.sampled_from(sorted(ANSWERS.values())), places=PLACES)
def test_it_does_not_matter_how_an_answer_is_cut(make_heads: MakeHeads, answer: bytes, places: list[int]) -> None:
    assert ours(cut(answer, places), make_heads) == ours([answer] if answer else [], make_heads)


SIZES = st.lists(st.binary(min_size=1, max_size=40), max_size=8)
WOUNDS = st.lists(
    st.tuples(st.integers(0, 400), st.sampled_from([b"", b"\r", b"\n", b"0", b";", b" ", b"\xff"])), max_size=3
)


@pytest.mark.parametrize("make_heads", READERS)
@given(chunks=SIZES, wounds=WOUNDS, places=PLACES)
def test_a_chunked_body_is_read_as_by_h11_alone_also_where_it_is_broken(
    make_heads: MakeHeads, chunks: list[bytes], wounds: list[tuple[int, bytes]], places: list[int]
) -> None:
    body = bytearray(b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in chunks) + b"0\r\n\r\n")
    for place, wound in wounds:
        at = place % len(body)
        body[at : at + 1] = wound
    pieces = cut(CHUNKED + bytes(body), places)

    assert ours(pieces, make_heads) == h11_alone(pieces)


@given(head=st.lists(st.sampled_from([*b"HTTP/1.1 200 OK\r\n\r\nAa:;, \t\0\xff0123chunked"]), max_size=60).map(bytes))
def test_both_readers_of_heads_read_noise_alike(head: bytes) -> None:
    answer = b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n"

    assert ours([answer], FastHeads) == ours([answer], H11Heads)


@pytest.mark.parametrize("make_heads", READERS)
@pytest.mark.parametrize("method", ["HEAD", "POST"])
def test_an_answer_to_head_has_no_body(method: str, make_heads: MakeHeads) -> None:
    pieces = [HEAD + b"Content-Length: 2\r\n\r\n{}"]

    assert ours(pieces, make_heads, method) == h11_alone(pieces, method)


def test_a_tunnel_is_made_once_its_head_is_there() -> None:
    assert ours([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"], H11Heads, "CONNECT").is_complete


@pytest.mark.parametrize("make_heads", READERS)
@pytest.mark.parametrize(
    ("begins", "goes_on"),
    [
        (b"HTTP/1.1 200 OK\r\nX: ", b"a" * 1_000),
        (b"HTTP/1.1 200 OK\r\n", b"X: a\r\n" * 100),
        (CHUNKED + b"2;", b"a" * 1_000),
        (CHUNKED + b"0\r\n", b"X: a\r\n" * 100),
        (b"", b"HTTP/1.1 102 Processing\r\n\r\n" * 100),
    ],
    ids=["a header", "headers", "a chunk's first line", "trailers", "interim heads"],
)
def test_what_goes_on_without_end_is_given_up(begins: bytes, goes_on: bytes, make_heads: MakeHeads) -> None:
    most = (MAX_UNFINISHED_BYTES + MAX_HEADS_BYTES) // len(goes_on) + 2

    assert ours([begins, *[goes_on] * most], make_heads).wrong is WithoutEnd
