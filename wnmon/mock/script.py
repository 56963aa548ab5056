"""One call -> everything that happens on its connection, as a lazy script. Pure; every hook has its place here."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import replace
from email.utils import formatdate

from wnmon.mock.chat import Refusal
from wnmon.mock.fault import Answer, ApiCall, JsonAnswer, MockFault, RawAnswer, StreamAnswer, through, whole
from wnmon.mock.http import ResponseHead, chunked
from wnmon.mock.pieces import Close, Piece, Pieces, Send, Wait
from wnmon.mock.relay import admit, refuse, respond
from wnmon.mock.stream import SentEvent, encode_event, encode_json


def script(call: ApiCall, faults: Sequence[MockFault]) -> Pieces:
    """Answer a call: decide, let the faults bend the answer, and write it out.

    A call that is refused is refused before any fault of the answer, which needs a request that was right; what a
    refusal says is a fault's own hook.
    """
    for fault in faults:
        call = fault.arriving(call) if fault.arriving is not None else call
    call = replace(call, body=through(call, (fault.request for fault in faults), call.body))
    admitted = admit(call)
    if isinstance(admitted, Refusal):
        refusal: Answer = refuse(admitted)
        answer = through(call, (fault.refused for fault in faults), refusal)
    else:
        call = admitted
        answer = through(call, (fault.answer for fault in faults), respond(call, faults))
    return through(call, (fault.wire for fault in faults), write_answer(call, answer, faults))


def write_answer(call: ApiCall, answer: Answer, faults: Sequence[MockFault]) -> Pieces:
    """Yield head and body as they go to the socket."""
    delay_s = answer.delay_s if isinstance(answer, JsonAnswer) else 0.0
    raw = _raw(call, answer, faults)
    head = through(call, (fault.head for fault in faults), _head(call, raw))
    body = through(call, (fault.body for fault in faults), raw.pieces)
    if delay_s:
        yield Wait(delay_s)
    yield Send(head.encode())
    if call.head.method == "HEAD":
        return  # RFC 9110 §9.3.2
    yield from chunked(body) if head.get("transfer-encoding") == "chunked" else body
    if head.get("connection") == "close":
        yield Close()


def _raw(call: ApiCall, answer: Answer, faults: Sequence[MockFault]) -> RawAnswer:
    match answer:
        case RawAnswer():
            return answer
        case StreamAnswer():
            events = through(call, (fault.events for fault in faults), answer.events)
            headers = (("Content-Type", "text/event-stream"), ("Cache-Control", "no-cache"))
            return RawAnswer(status=200, headers=headers, pieces=_frames(call, events, faults))
        case JsonAnswer():
            return _json_body(call, answer, faults)


def _json_body(call: ApiCall, answer: JsonAnswer, faults: Sequence[MockFault]) -> RawAnswer:
    value = answer.value
    if "choices" in value:
        value = through(call, (fault.completion for fault in faults), value)
    if "error" in value:
        value = through(call, (fault.error for fault in faults), value)
    data = through(call, (fault.document for fault in faults), encode_json(value))
    headers = (("Content-Type", "application/json"), *answer.headers)
    if call.head.takes_gzip:
        data = gzip.compress(data, mtime=0)
        headers = (*headers, ("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding"))
    return whole(answer.status, headers, data)


def _frames(call: ApiCall, events: Iterator[SentEvent], faults: Sequence[MockFault]) -> Iterator[Piece]:
    for event in events:
        if event.at_s is not None:
            yield Wait(event.at_s)
        if event.chunk is None:
            frame = encode_event(event)
        else:
            chunk = through(call, (fault.chunk for fault in faults), event.chunk)
            frame = encode_event(replace(event, chunk=chunk))
        yield Send(through(call, (fault.frame for fault in faults), frame))


def _head(call: ApiCall, answer: RawAnswer) -> ResponseHead:
    """Add to the answer's own headers what every response carries (RFC 9110 §6.6.1, RFC 9112 §6)."""
    headers = [
        ("Date", formatdate(call.wall_s, usegmt=True)),
        *answer.headers,
        ("x-request-id", f"req_{call.id.rpartition('-')[2]}"),
    ]
    keep = call.head.keep_alive
    if answer.length is not None:
        headers.append(("Content-Length", str(answer.length)))
    elif call.head.minor >= 1:
        headers.append(("Transfer-Encoding", "chunked"))
    else:
        keep = False  # HTTP/1.0 knows no chunks: the body ends with the connection
    headers.append(("Connection", "keep-alive" if keep else "close"))
    return ResponseHead(status=answer.status, headers=tuple(headers))
