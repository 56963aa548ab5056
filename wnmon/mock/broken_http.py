"""Faults of the HTTP around an answer: dates, lengths, codings, methods, paths, request ids. Pure."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from itertools import islice

from wnmon.mock.changes import DASHBOARD_PAGE, HTML, without_header
from wnmon.mock.chat import Refusal
from wnmon.mock.fault import Answer, ApiCall, FaultKind, Hook, JsonAnswer, MockFault, RawAnswer, StreamAnswer, whole
from wnmon.mock.http import ResponseHead
from wnmon.mock.pieces import Close, Piece, Pieces, Send, Wait
from wnmon.mock.relay import refuse
from wnmon.mock.script import write_answer
from wnmon.mock.stream import encode_event, encode_json

_LAST_CHUNK = b"0\r\n\r\n"
_LENGTH_OFF_BY = 7
_GZIP = ("Content-Encoding", "gzip")
# Compressing a stream as a whole needs all of it; an endless one is cut here.
_MOST_HELD = 100_000
_GZIP_WBITS = 31
"""Tells zlib to write the frame of gzip."""


def _longer_than_it_is(_: ApiCall, head: ResponseHead) -> ResponseHead:
    """Announce more bytes of an error than there are, and the end of the connection."""
    length = head.get("content-length")
    if head.status < 400 or length is None:
        return head
    longer = head.without("content-length").adding("Content-Length", str(int(length) + _LENGTH_OFF_BY))
    return longer.without("connection").adding("Connection", "close")


def _without_last_chunk(_: ApiCall, wire: Pieces) -> Iterator[Piece]:
    """Hang up where the last chunk should be, as a proxy does that lost its upstream."""
    for piece in wire:
        if isinstance(piece, Send) and piece.data == _LAST_CHUNK:
            yield Close()
            return
        yield piece


def _dashboard_for_unknown_paths(call: ApiCall, wire: Pieces) -> Pieces:
    """Serve the page of the web front end for every path that is not known, with status 200."""
    if call.head.path.startswith(("/v1/chat/", "/v1/models")):
        return wire
    return write_answer(call, whole(200, (HTML,), DASHBOARD_PAGE.encode()), ())


def _answering_get(status: int) -> Hook[Pieces]:
    """Answer a GET on any path with a JSON document of this status."""

    def bend(call: ApiCall, wire: Pieces) -> Pieces:
        if call.head.method != "GET":
            return wire
        return write_answer(call, refuse(Refusal(status=status, message="nothing to see here")), ())

    return bend


def _gzip_document(code: Callable[[bytes], bytes], *, for_takers: bool) -> Hook[Answer]:
    """Label documents as gzip, for clients that take it or for the others; `code` makes their bytes."""

    def bend(call: ApiCall, answer: Answer) -> Answer:
        if not isinstance(answer, JsonAnswer) or call.head.takes_gzip is not for_takers:
            return answer
        headers = (("Content-Type", "application/json"), *answer.headers, _GZIP)
        return whole(answer.status, headers, code(encode_json(answer.value)))

    return bend


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def _gzip_held_back(call: ApiCall, answer: Answer) -> Answer:
    """Compress a stream as one piece, as a proxy does that gathers a full buffer first."""
    if not isinstance(answer, StreamAnswer) or not call.head.takes_gzip:
        return answer
    headers = (("Content-Type", "text/event-stream"), _GZIP)
    return RawAnswer(status=200, headers=headers, pieces=_in_one_piece(answer))


def _in_one_piece(answer: StreamAnswer) -> Iterator[Piece]:
    held = list(islice(answer.events, _MOST_HELD))
    yield Wait(max((event.at_s for event in held if event.at_s is not None), default=0.0))
    yield Send(_gzip(b"".join(map(encode_event, held))))


def _gzip_as_asked(call: ApiCall, answer: Answer) -> Answer:
    """Compress an answer for a client that takes gzip, each event of a stream by itself."""
    if not call.head.takes_gzip or not isinstance(answer, StreamAnswer):
        return _gzip_document(_gzip, for_takers=True)(call, answer)
    headers = (("Content-Type", "text/event-stream"), ("Cache-Control", "no-cache"), _GZIP)
    return RawAnswer(status=200, headers=headers, pieces=_each_compressed(answer))


def _each_compressed(answer: StreamAnswer) -> Iterator[Piece]:
    coder = zlib.compressobj(wbits=_GZIP_WBITS)
    for event in answer.events:
        if event.at_s is not None:
            yield Wait(event.at_s)
        yield Send(coder.compress(encode_event(event)) + coder.flush(zlib.Z_SYNC_FLUSH))
    yield Send(coder.flush())


FAULTS: dict[str, MockFault] = {
    "no-date": MockFault(says="no answer has a Date header", kills={"HTTP-004"}, head=without_header("date")),
    "wrong-length": MockFault(
        says="Content-Length of an error is 7 bytes too large", kills={"HTTP-011"}, head=_longer_than_it_is
    ),
    "no-last-chunk": MockFault(
        says="the connection ends before the last chunk of a stream", kills={"HTTP-011"}, wire=_without_last_chunk
    ),
    "dashboard": MockFault(
        says="200 with the HTML of a dashboard for every unknown path",
        kills={"HTTP-008"},
        wire=_dashboard_for_unknown_paths,
    ),
    "get-200": MockFault(says="a GET is answered with 200", kills={"HTTP-003"}, wire=_answering_get(200)),
    "get-404": MockFault(says="a GET is answered with 404", kills={"HTTP-009"}, wire=_answering_get(404)),
    "no-allow": MockFault(says="405 without Allow", kills={"HTTP-010"}, head=without_header("allow", status=405)),
    "gzip-lie": MockFault(
        says="Content-Encoding: gzip on a body that is not",
        kills={"HTTP-005"},
        answer=_gzip_document(bytes, for_takers=True),
    ),
    "charset-as-coding": MockFault(
        says="Content-Encoding: UTF-8 on a body that is in no coding",
        kills={"HTTP-015"},
        head=lambda _, head: head if head.get("content-encoding") else head.adding("content-encoding", "UTF-8"),
    ),
    "gzip-unasked": MockFault(
        says="gzip for a client that takes identity only",
        kills={"HTTP-013"},
        answer=_gzip_document(_gzip, for_takers=False),
    ),
    "gzip-held": MockFault(
        says="a stream is held back to be compressed as a whole", kills={"HTTP-012"}, answer=_gzip_held_back
    ),
    "no-request-id": MockFault(
        says="no answer has a request id", kills={"HTTP-007"}, head=without_header("x-request-id")
    ),
    "same-request-id": MockFault(
        says="every answer has the same request id",
        kills={"HTTP-007"},
        head=lambda _, head: head.without("x-request-id").adding("x-request-id", "req_00000000"),
    ),
    "gzip": MockFault(
        says="answers are compressed for who takes gzip, a stream event by event",
        kind=FaultKind.PERSONA,
        answer=_gzip_as_asked,
    ),
}
