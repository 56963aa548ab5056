"""Faults of the HTTP around an answer: dates, lengths, codings, methods, paths, request ids, and their hooks. Pure."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

from wnmon.mock.broken_answers import DASHBOARD_PAGE
from wnmon.mock.chat import Refusal
from wnmon.mock.fault import Answer, ApiCall, FaultKind, JsonAnswer, MockFault, RawAnswer, StreamAnswer
from wnmon.mock.http import ResponseHead
from wnmon.mock.pieces import Close, Piece, Pieces, Send, Wait
from wnmon.mock.relay import refuse
from wnmon.mock.script import write_answer
from wnmon.mock.stream import encode_event, encode_json

SAME_REQUEST_ID = "req_00000000"
_LAST_CHUNK = b"0\r\n\r\n"
_LENGTH_OFF_BY = 7
_GZIP = ("Content-Encoding", "gzip")
# Compressing a stream as a whole needs all of it; an endless one is cut here.
_MOST_HELD = 100_000
_GZIP_WBITS = 31
"""Tells zlib to write the frame of gzip."""


def without_header(name: str, *, status: int | None = None) -> Callable[[ApiCall, ResponseHead], ResponseHead]:
    """Leave a header out of every answer, or of those with this status."""

    def bend(_: ApiCall, head: ResponseHead) -> ResponseHead:
        if status not in {None, head.status}:
            return head
        return replace(head, headers=tuple(one for one in head.headers if one[0].lower() != name))

    return bend


def _with(head: ResponseHead, name: str, value: str) -> ResponseHead:
    """Return the head with a header set, in place of one of the same name."""
    rest = tuple(one for one in head.headers if one[0].lower() != name.lower())
    return replace(head, headers=(*rest, (name, value)))


def same_request_id(_: ApiCall, head: ResponseHead) -> ResponseHead:
    """Give every request one and the same id."""
    return _with(head, "x-request-id", SAME_REQUEST_ID)


def longer_than_it_is(_: ApiCall, head: ResponseHead) -> ResponseHead:
    """Announce more bytes of an error than there are, and the end of the connection."""
    length = head.get("content-length")
    if head.status < 400 or length is None:
        return head
    return _with(_with(head, "Content-Length", str(int(length) + _LENGTH_OFF_BY)), "Connection", "close")


def without_last_chunk(_: ApiCall, wire: Pieces) -> Iterator[Piece]:
    """Hang up where the last chunk should be, as a proxy does that lost its upstream."""
    for piece in wire:
        if isinstance(piece, Send) and piece.data == _LAST_CHUNK:
            yield Close()
            return
        yield piece


def dashboard_for_unknown_paths(call: ApiCall, wire: Pieces) -> Pieces:
    """Serve the page of the web front end for every path that is not known, with status 200."""
    if call.head.path.startswith(("/v1/chat/", "/v1/models")):
        return wire
    page = DASHBOARD_PAGE.encode()
    media = (("Content-Type", "text/html; charset=utf-8"),)
    return write_answer(call, RawAnswer(status=200, headers=media, pieces=iter([Send(page)]), length=len(page)), ())


def answering_get(status: int) -> Callable[[ApiCall, Pieces], Pieces]:
    """Answer a GET on any path with a JSON document of this status."""

    def bend(call: ApiCall, wire: Pieces) -> Pieces:
        if call.head.method != "GET":
            return wire
        return write_answer(call, refuse(Refusal(status=status, message="nothing to see here")), ())

    return bend


def gzip_in_name_only(call: ApiCall, answer: Answer) -> Answer:
    """Say that a document is compressed, which it is not, to a client that takes gzip."""
    if not isinstance(answer, JsonAnswer) or not call.head.takes_gzip:
        return answer
    return _document(answer, encode_json(answer.value))


def gzip_unasked(call: ApiCall, answer: Answer) -> Answer:
    """Compress a document for a client that wants it as it is."""
    if not isinstance(answer, JsonAnswer) or call.head.takes_gzip:
        return answer
    return _document(answer, gzip.compress(encode_json(answer.value), mtime=0))


def _document(answer: JsonAnswer, data: bytes) -> RawAnswer:
    headers = (("Content-Type", "application/json"), *answer.headers, _GZIP)
    return RawAnswer(status=answer.status, headers=headers, pieces=iter([Send(data)]), length=len(data))


def gzip_held_back(call: ApiCall, answer: Answer) -> Answer:
    """Compress a stream as one piece, as a proxy does that gathers a full buffer first."""
    if not isinstance(answer, StreamAnswer) or not call.head.takes_gzip:
        return answer
    headers = (("Content-Type", "text/event-stream"), _GZIP)
    return RawAnswer(status=200, headers=headers, pieces=_in_one_piece(answer))


def _in_one_piece(answer: StreamAnswer) -> Iterator[Piece]:
    held = list(islice(answer.events, _MOST_HELD))
    yield Wait(max((event.at_s for event in held if event.at_s is not None), default=0.0))
    yield Send(gzip.compress(b"".join(encode_event(event) for event in held), mtime=0))


def gzip_as_asked(call: ApiCall, answer: Answer) -> Answer:
    """Compress an answer for a client that takes gzip, each event of a stream by itself."""
    if not call.head.takes_gzip or isinstance(answer, RawAnswer):
        return answer
    if isinstance(answer, JsonAnswer):
        return _document(answer, gzip.compress(encode_json(answer.value), mtime=0))
    headers = (("Content-Type", "text/event-stream"), ("Cache-Control", "no-cache"), _GZIP)
    return RawAnswer(status=200, headers=headers, pieces=_each_compressed(answer))


def _each_compressed(answer: StreamAnswer) -> Iterator[Piece]:
    coder = zlib.compressobj(wbits=_GZIP_WBITS)
    for event in answer.events:
        if event.at_s is not None:
            yield Wait(event.at_s)
        yield Send(coder.compress(encode_event(event)) + coder.flush(zlib.Z_SYNC_FLUSH))
    yield Send(coder.flush())


PERSONAS: dict[str, MockFault] = {
    "gzip": MockFault(
        says="answers are compressed for who takes gzip, a stream event by event",
        kind=FaultKind.PERSONA,
        answer=gzip_as_asked,
    ),
}

FAULTS: dict[str, MockFault] = {
    "no-date": MockFault(
        says="no answer has a Date header", kills=frozenset({"HTTP-004"}), head=without_header("date")
    ),
    "wrong-length": MockFault(
        says="Content-Length of an error is 7 bytes too large",
        kills=frozenset({"HTTP-011"}),
        head=longer_than_it_is,
    ),
    "no-last-chunk": MockFault(
        says="the connection ends before the last chunk of a stream",
        kills=frozenset({"HTTP-011"}),
        wire=without_last_chunk,
    ),
    "dashboard": MockFault(
        says="200 with the HTML of a dashboard for every unknown path",
        kills=frozenset({"HTTP-008"}),
        wire=dashboard_for_unknown_paths,
    ),
    "get-200": MockFault(says="a GET is answered with 200", kills=frozenset({"HTTP-003"}), wire=answering_get(200)),
    "get-404": MockFault(says="a GET is answered with 404", kills=frozenset({"HTTP-009"}), wire=answering_get(404)),
    "no-allow": MockFault(
        says="405 without Allow", kills=frozenset({"HTTP-010"}), head=without_header("allow", status=405)
    ),
    "gzip-lie": MockFault(
        says="Content-Encoding: gzip on a body that is not", kills=frozenset({"HTTP-005"}), answer=gzip_in_name_only
    ),
    "gzip-unasked": MockFault(
        says="gzip for a client that takes identity only", kills=frozenset({"HTTP-013"}), answer=gzip_unasked
    ),
    "gzip-held": MockFault(
        says="a stream is held back to be compressed as a whole", kills=frozenset({"HTTP-012"}), answer=gzip_held_back
    ),
    "no-request-id": MockFault(
        says="no answer has a request id", kills=frozenset({"HTTP-007"}), head=without_header("x-request-id")
    ),
    "same-request-id": MockFault(
        says="every answer has the same request id", kills=frozenset({"HTTP-007"}), head=same_request_id
    ),
}
