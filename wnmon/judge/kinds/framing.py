"""`framing: complete`: the body is as long as its framing says (RFC 9112 §6): a true length, or chunks with an end."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from wnmon.judge.kind import Kind
from wnmon.judge.subject import Subject, complaint
from wnmon.judge.values import only
from wnmon.model.exchange import FailureKind
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said

_LENGTH = "header:content-length"
_BROKEN = frozenset({FailureKind.TRUNCATED, FailureKind.PROTOCOL})


prepare = partial(only, "complete")


def assess(_: None, subject: Subject) -> Iterator[Finding]:
    """Complain about a body that ends before its framing does, another length than announced, and two framings."""
    exchange, failure = subject.exchange, subject.exchange.failure
    if exchange.status is None or exchange.request.close_after is not None:
        return
    length, coding = exchange.header("content-length"), exchange.header("transfer-encoding")
    # A content coding that does not decode fails in the same way, but only once the framing has held.
    if failure is not None and failure.kind in _BROKEN and not exchange.is_coded:
        wanted = Said("last_chunk") if coding else Said("n_bytes", n=length) if length else Said("end_in_good_order")
        yield complaint(subject, Said("body_cut_off"), wanted, failure.detail, "body", Reason.TRUNCATED)
    elif length is not None and length.strip() != str(exchange.wire_bytes):
        yield complaint(subject, Said("content_length_untrue"), str(exchange.wire_bytes), length[:40], _LENGTH)
    if length is not None and coding is not None:
        yield complaint(subject, Said("two_framings"), Said("length_or_chunks"), Said("both"), _LENGTH)


KIND = Kind(prepare, assess)
