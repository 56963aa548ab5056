"""`framing: complete`: the body is as long as its framing says (RFC 9112 §6): a true length, or chunks with an end."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from wnmon.judge.kind import Kind
from wnmon.judge.subject import Subject, complaint
from wnmon.judge.values import only
from wnmon.model.exchange import Exchange, FailureKind
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said, Text

_BROKEN = frozenset({FailureKind.TRUNCATED, FailureKind.PROTOCOL})


prepare = partial(only, "complete")


def assess(_: None, subject: Subject) -> list[Finding]:
    """Complain about a body that ends before its framing does, another length than announced, and two framings."""
    exchange = subject.exchange
    if exchange.status is None or exchange.request.close_after is not None:
        return []
    return [
        complaint(subject, message, expected, actual, place, reason)
        for message, expected, actual, place, reason in _complaints(exchange)
    ]


def _complaints(exchange: Exchange) -> Iterator[tuple[Said, Text, Text, str, Reason]]:
    length, coding = exchange.header("content-length"), exchange.header("transfer-encoding")
    failure = exchange.failure
    # A content coding that does not decode fails in the same way, but only once the framing has held.
    if failure is not None and failure.kind in _BROKEN and exchange.header("content-encoding") is None:
        wanted = Said("last_chunk") if coding else Said("n_bytes", n=length) if length else Said("end_in_good_order")
        yield Said("body_cut_off"), wanted, failure.detail, "body", Reason.TRUNCATED
    elif length is not None and length.strip() != str(exchange.wire_bytes):
        yield Said("content_length_untrue"), f"{exchange.wire_bytes}", length[:40], "header:content-length", Reason.RULE
    if length is not None and coding is not None:
        yield Said("two_framings"), Said("length_or_chunks"), Said("both"), "header:content-length", Reason.RULE


KIND = Kind(prepare, assess)
