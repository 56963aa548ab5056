"""How much of an answer is read. One that has more of anything is `too_large`: not judged, and only its beginning kept.

Beside its bytes an answer costs time and memory by what is in them. The bounds are on bytes and not on time, so that a
verdict does not depend on the machine. Each leaves an answer of 8 MiB with 2 s of CPU at most and 150 MiB, measured by
`tests/bench/hostile_bench.py` with all bounds nearly reached, and each is far above what relays send: a stream of 4,096
tokens has some 50,000 values, 8,192 lines and 20,000 escapes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wnmon.model.exchange import Chunk, Exchange, FailureKind, TransportFailure
from wnmon.model.said import Said

KEPT_BYTES = 65_536
"""Kept of an answer that is too large: enough to see what it was, and for the time to its first token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """At most so many of some bytes, and the sentence that says what they stand for."""

    said: str
    marks: tuple[bytes, ...]
    most: int

    def count(self, body: bytes) -> int:
        """Return how many there are."""
        return sum(map(body.count, self.marks))


BOUNDS = (
    # Each value of a JSON text but the first follows a comma or an opening bracket: some 11 in the event of a token.
    Bound(said="bound_values", marks=(b",", b"[", b"{"), most=140_000),
    Bound(said="bound_quotes", marks=(b'"',), most=500_000),
    Bound(said="bound_lines", marks=(b"\n", b"\r"), most=80_000),
    # Redaction undoes those of JSON, of URLs and of HTML, up to four times over.
    Bound(said="bound_escapes", marks=(b"\\", b"%", b"&"), most=300_000),
)

BRIEF_BYTES = 2_048
"""Of an answer that is read where it is, by whoever has it: more is handed over to be read."""
_BRIEF = (
    Bound(said="bound_values", marks=(b",", b"[", b"{"), most=64),
    Bound(said="bound_quotes", marks=(b'"',), most=160),
    Bound(said="bound_lines", marks=(b"\n", b"\r"), most=64),
    Bound(said="bound_escapes", marks=(b"\\", b"%", b"&"), most=16),
)


def is_brief(exchange: Exchange) -> bool:
    """Tell whether an answer is of few words and speaks of no error: it takes some 0.2 ms to read, and never long.

    The cause of a refusal is looked for in a table, and a stream is many texts: both take longer than handing over.
    """
    if exchange.failure is not None or exchange.status != 200 or len(exchange.chunks) > 2:
        return False
    body = exchange.body
    if len(body) > BRIEF_BYTES or body[:1] != b"{" or b"error" in body:
        return False
    return all(bound.count(body) <= bound.most for bound in _BRIEF)


def bounded(exchange: Exchange) -> Exchange:
    """Return the exchange itself, or one that failed as too large with the beginning of its body."""
    failure = exchange.failure
    if failure is None or failure.kind is not FailureKind.TOO_LARGE:
        failure = _too_large(exchange.body)
    if failure is None:
        return exchange
    return replace(exchange, chunks=beginning(exchange.chunks, KEPT_BYTES), failure=failure)


def _too_large(body: bytes) -> TransportFailure | None:
    for bound in BOUNDS:
        count = bound.count(body) if len(body) > bound.most else 0
        if count > bound.most:
            return TransportFailure(kind=FailureKind.TOO_LARGE, detail=Said(bound.said, n=count, n2=bound.most))
    return None


def beginning(chunks: Sequence[Chunk], size: int) -> tuple[Chunk, ...]:
    """Return the first bytes of a body, each with its stamp."""
    kept, left = [], size
    for chunk in chunks:
        if left <= 0:
            break
        kept.append(Chunk(chunk.at_ns, chunk.data[:left]))
        left -= len(chunk.data)
    return tuple(kept)
