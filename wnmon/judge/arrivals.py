"""When the pieces of a streamed answer came, and how well that is known: what tells a stream from one that is played.

A piece is an event with text of any channel. What stamps cannot show, decision 020 says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from wnmon.judge.subject import Subject
from wnmon.model.said import Said
from wnmon.wire.message import choices_of, delta_of, texts_of
from wnmon.wire.reply import Frame

FEWEST_PIECES = 10
"""Of an answer in fewer pieces nothing is said, be they timed as they may."""

TOGETHER_NS = 1_000_000
"""Pieces no further apart came together: what was written at once is read in several turns where it is long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """When it came, at most how much earlier that truly was (see `Lag`), and how many characters it brought."""

    at_ns: int
    late_ns: int
    chars: int


def pieces_of(subject: Subject) -> list[Piece]:
    """Return the pieces of a stream, in order."""
    exchange, texts = subject.exchange, {frame.event.index: frame for frame in subject.reply.frames}
    stamps = {token.event: token.at_ns for token in subject.reply.tokens}
    return [
        Piece(at_ns=at_ns, late_ns=exchange.lag_ns(at_ns), chars=_chars(texts[event]))
        for event, at_ns in stamps.items()
    ]


def _chars(frame: Frame) -> int:
    value = frame.document.value if frame.document else None
    choices = choices_of(value.get("choices")) if isinstance(value, dict) else []
    return sum(len(text) for _, choice in choices for text in texts_of(delta_of(choice)).values())


def joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Return the pieces with those that came together as one."""
    arrived: list[Piece] = []
    for piece in pieces:
        if arrived and piece.at_ns - arrived[-1].at_ns <= TOGETHER_NS:
            arrived[-1] = replace(arrived[-1], chars=arrived[-1].chars + piece.chars)
        else:
            arrived.append(piece)
    return arrived


def gaps_ns(pieces: Sequence[Piece]) -> list[int]:
    """Return the time from each piece to the next."""
    return [later.at_ns - earlier.at_ns for earlier, later in pairwise(pieces)]


def usual_ns(gaps: Sequence[int]) -> int:
    """Return the gap in the middle, 0 where there is none."""
    return round(median(gaps)) if gaps else 0


def waited_ns(subject: Subject, piece: Piece) -> int | None:
    """Return how long after the request a piece came, None where nobody knows when it was sent."""
    sent_ns = subject.exchange.marks.sent_ns
    return None if sent_ns is None else piece.at_ns - sent_ns


def too_few(pieces: Sequence[Piece]) -> Said | None:
    """Return why nothing is said of how pieces are timed: there are too few."""
    return Said("too_few_to_time", n=FEWEST_PIECES) if len(pieces) < FEWEST_PIECES else None


def ms(span_ns: float) -> str:
    """Return a time as findings show it: milliseconds, with a tenth where that says something."""
    return f"{span_ns / 1e6:,.0f}" if span_ns >= 100_000_000 else f"{span_ns / 1e6:,.1f}"
