"""`same_over_http2: [plain, other]`: what is asked over HTTP/2 is answered as the first request, in HTTP/1.1, is.

RFC 9113 §8: another version of HTTP, the same semantics. A status of its own, a stream that is reset, a connection that
is ended or a body of another form is what clients stumble over that choose HTTP/2 by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wnmon.judge.forms import form_of, members_of
from wnmon.judge.kind import AcrossKind, On
from wnmon.judge.places import Places, prepare_requests
from wnmon.judge.subject import Subject, Unjudged, complaint, is_success, status_seen
from wnmon.model.exchange import HTTP2
from wnmon.model.result import Finding
from wnmon.model.said import Said, Why


def assess(expected: Places, subjects: Mapping[str, Subject]) -> list[Finding] | Unjudged:
    """Complain of each answer over HTTP/2 that has another status or form than the first answer, or is not whole.

    Where the relay chose HTTP/1.1 there is nothing to judge.
    """
    first, *others = (subjects[name] for name in expected.requests)
    over_http2 = [other for other in others if other.exchange.http_version == HTTP2]
    if not over_http2:
        return Unjudged(Said(Why.NOT_OFFERED))
    wanted = members_of(first)
    if wanted is None or not is_success(first):
        return Unjudged(Said("answer_to_unreadable", code=first.step))
    return [finding for other in over_http2 for finding in _complaints(first, wanted, other)]


def _complaints(first: Subject, wanted: str, other: Subject) -> Iterator[Finding]:
    """Yield at most one complaint: where the status is another one, so is the body."""
    otherwise = Said("otherwise_over_http2", code=other.step, code2=first.step)
    if other.exchange.status != first.exchange.status:
        yield complaint(other, otherwise, status_seen(first), status_seen(other), "status")
    elif other.exchange.failure is not None or members_of(other) != wanted:
        yield complaint(other, otherwise, wanted, form_of(other), "body")


KIND = AcrossKind(prepare_requests, assess, On.ANY)
