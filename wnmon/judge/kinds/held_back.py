"""`held_back: [one, other]`: no piece of a stream waits for the next one.

Nothing in the middle of a stream shows it: all pieces come one later, each as far from the next as before. The end
does, where `max_tokens` cut the answer: the last piece is made with the end, and waits for no more. So the piece before
it, which waited for it, comes together with it, while no other two do, and after a usual gap, not after a long one as
what a line delayed. In one stream that may be chance, in all it is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wnmon.judge.arrivals import TOGETHER_NS, Piece, gaps_ns, ms, pieces_of, too_few, usual_ns
from wnmon.judge.kind import AcrossKind, On
from wnmon.judge.places import Places, prepare_requests
from wnmon.judge.subject import ENDED_BY_ITSELF, Subject, Unjudged, complaint, was_cut
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said

FEWEST_GAPS = 20
"""Of fewer, it says little that no other two pieces came together."""

APART = 0.05
"""Pieces that came together are no further apart than this share of the usual gap, and no further than TOGETHER_NS."""

LONG = 1.5
"""A piece that came so many usual gaps after the one before was delayed: that the next came with it, shows nothing."""


def assess(expected: Places, subjects: Mapping[str, Subject]) -> list[Finding] | Unjudged:
    """Complain where the last two pieces of each stream came together, and no others."""
    asked = [subjects[name] for name in expected.requests]
    if not all(map(was_cut, asked)):
        return Unjudged(ENDED_BY_ITSELF)
    streams = [pieces_of(subject) for subject in asked]
    few = next(filter(None, map(too_few, streams)), None)
    if few is not None:
        return Unjudged(few)
    if not all(map(_ends_together, streams)):
        return []
    if any(len(pieces) <= FEWEST_GAPS + 1 for pieces in streams):
        return Unjudged(Said("too_few_gaps", n=FEWEST_GAPS))
    if any(map(_may_be_late, streams)):
        return Unjudged(Said("monitor_late"))
    return [_finding(asked[0], streams[0])]


def _ends_together(pieces: Sequence[Piece]) -> bool:
    *others, last = _together(gaps_ns(pieces))
    return last and not any(others)


def _together(gaps: Sequence[int]) -> list[bool]:
    """Tell of each gap whether it lies between two pieces that came together, though the first of them was in time."""
    usual = usual_ns(gaps)
    near, delayed, together = min(TOGETHER_NS, APART * usual), False, []
    for gap in gaps:
        together.append(gap <= near and not delayed)
        delayed = gap > LONG * usual or (delayed and gap <= near)
    return together


def _may_be_late(pieces: Sequence[Piece]) -> bool:
    """Tell whether the last piece but one may have come in time, and was read late."""
    return pieces[-2].late_ns * 2 > usual_ns(gaps_ns(pieces))


def _finding(subject: Subject, pieces: Sequence[Piece]) -> Finding:
    *others, last = gaps_ns(pieces)
    seen = Said("last_two_apart", text=ms(last), text2=ms(usual_ns(others)))
    wanted = Said("pieces_as_they_are_made")
    return complaint(subject, Said("held_for_the_next"), wanted, seen, "tokens", Reason.STREAM)


KIND = AcrossKind(prepare_requests, assess, on=On.EVENTS)
