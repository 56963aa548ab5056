"""`fixed_cadence: never`: the answer is not waited for as a whole and then played back by a clock.

    pieces                                      gaps, half of them within    what else tells a playback
    ------------------------------------------  ---------------------------  -----------------------------------------
    of one length, two characters or more       10 % of the usual one        nothing more: no tokenizer cuts so
    of any length, of the size of a token       1 %                          a wait of ten gaps before the first piece
    of any length, of several tokens            any                          nothing does: a proxy that gathers

A clock skips no beat, as a filter does that passes on so many characters as soon as they are there. A graphics card of
one's own keeps time as well, but begins soon: a model that goes on as it is played would have said much in that wait. A
proxy that flushes by a clock has its beat, and plays nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median

from wnmon.judge.arrivals import Piece, gaps_ns, joined, ms, pieces_of, too_few, usual_ns, waited_ns
from wnmon.judge.kind import Kind, On
from wnmon.judge.subject import Subject, complaint
from wnmon.judge.values import only
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said

FEWEST_GAPS = 40
"""Of fewer gaps a steady model's may lie as near to each other by chance."""

MOST_OFF = 0.01
"""The share of the usual gap within which half of the gaps lie: of those of a model that varies by 5 %, a fifth do."""

MOST_OFF_CUT = 0.1
"""The same of pieces of one length, where the machine of the relay may be as busy as it likes."""

LEFT_OUT = 1.3
MOST_LEFT_OUT = 0.1
"""The most gaps that are so many times the usual one."""

GAPS_WAITED = 10
"""A wait of so many gaps: a model that spoke as it is played would have said so many pieces in it."""

EQUAL = 0.9
FEWEST_CHARS = 2
"""The share of pieces of one length that are cut by a ruler. Of one character each are those of many a tokenizer."""

TOKEN_CHARS = 8
"""Pieces that are longer on the average are several tokens."""

prepare = partial(only, "never")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Playback:
    """The usual gap in nanoseconds, how far off it the nearer half is at most and may be, and what tells a playback."""

    usual_ns: int
    off_ns: int
    most_off: float
    sign: Said


def assess(_: None, subject: Subject) -> Iterator[Finding]:
    """Complain about a playback, with its beat, and what it waited or how long its pieces are."""
    arrived = joined(pieces_of(subject))
    played = _playback(subject, arrived)
    if played is not None and doubt(None, subject) is None:
        beat = {"text": ms(played.usual_ns), "text2": ms(played.off_ns)}
        seen = Said("gaps_alike", n=len(arrived) - 1, **beat, said=played.sign)
        wanted = Said("gaps_of_a_model", n=f"{played.most_off:.0%}")
        yield complaint(subject, Said("played_by_a_clock"), wanted, seen, "tokens", Reason.STREAM)


def doubt(_: None, subject: Subject) -> Said | None:
    """Return why nothing can be said: too few pieces, or gaps that are alike but few."""
    pieces = pieces_of(subject)
    arrived = joined(pieces)
    is_short = len(arrived) <= FEWEST_GAPS and _playback(subject, arrived) is not None
    return too_few(pieces) or (Said("too_few_gaps", n=FEWEST_GAPS) if is_short else None)


def undecided(_: None, subject: Subject) -> Said | None:
    """Return why it is open whether a clock is the relay's: one that looks only now and then makes gaps alike.

    A monitor that came so seldom would be late by anything up to a gap.
    """
    arrived = joined(pieces_of(subject))
    played = _playback(subject, arrived)
    if played is None:
        return None
    late = sum(piece.late_ns * 2 > played.usual_ns for piece in arrived)
    return Said("monitor_late") if late > MOST_LEFT_OUT * len(arrived) else None


def _playback(subject: Subject, arrived: Sequence[Piece]) -> _Playback | None:
    """Return what a playback looks like, None where pieces do not look like one."""
    gaps = gaps_ns(arrived)
    if not gaps:
        return None
    usual = usual_ns(gaps)
    told = _cut_by_a_ruler(arrived) or _waited_for(subject, arrived, usual)
    left_out = sum(gap > LEFT_OUT * usual for gap in gaps)
    if told is None or left_out > MOST_LEFT_OUT * len(gaps):
        return None
    most_off, sign = told
    off = median(abs(gap - usual) for gap in gaps)
    if off > most_off * usual:
        return None
    return _Playback(usual_ns=usual, off_ns=round(off), most_off=most_off, sign=sign)


def _cut_by_a_ruler(arrived: Sequence[Piece]) -> tuple[float, Said] | None:
    """Return how far off gaps may be, and the length of pieces that are of one length. The last is what is left."""
    whole = arrived[:-1]
    chars, times = Counter(piece.chars for piece in whole).most_common()[0]
    is_cut = chars >= FEWEST_CHARS and times >= EQUAL * len(whole)
    return (MOST_OFF_CUT, Said("pieces_of_length", n=chars)) if is_cut else None


def _waited_for(subject: Subject, arrived: Sequence[Piece], usual: int) -> tuple[float, Said] | None:
    """Return how far off gaps may be, and the wait before pieces that are no more than tokens."""
    waited = waited_ns(subject, arrived[0])
    gathered = sum(piece.chars for piece in arrived) > TOKEN_CHARS * len(arrived)
    if gathered or waited is None or waited < GAPS_WAITED * usual:
        return None
    return MOST_OFF, Said("after_a_wait", text=ms(waited))


KIND = Kind(prepare, assess, doubt, on=On.EVENTS, undecided=undecided)
