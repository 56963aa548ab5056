"""`burst_at_end: never`: the answer is not waited for as a whole and then written at once.

Told by nine of ten pieces coming in no time, as compared with the wait before them and with what any model can say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from wnmon.judge.arrivals import Piece, ms, pieces_of, too_few, waited_ns
from wnmon.judge.kind import Kind, On
from wnmon.judge.subject import Subject, complaint
from wnmon.judge.values import only
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said

BURST_OF_TEN = 9
"""So many of ten pieces, the last ones, are a burst. The first may come early, to show that something happens."""

BURST_SHARE = 0.05
"""The most of the time from sent to the last piece that a burst takes. Genuine streams take 0.29 and more."""

QUICK_NS = 400_000
"""The most a piece of a burst takes. The quickest models say 3,000 tokens in a second, several in a piece."""

SHORTEST_WAIT_NS = 150_000_000
"""Who waited less waited for no whole answer: relay, line and machine have their hitches."""

prepare = partial(only, "never")


def assess(_: None, subject: Subject) -> Iterator[Finding]:
    """Complain about a burst at the end, with how many pieces came in which time, and after which wait."""
    pieces = pieces_of(subject)
    tail = _tail(pieces)
    waited = waited_ns(subject, tail[0]) if tail else None
    if waited is not None and doubt(None, subject) is None and _is_burst(tail, waited, _took_ns(tail)):
        wanted = Said("pieces_as_they_are_made")
        seen = Said("pieces_within", n=len(tail), n2=len(pieces), text=ms(_took_ns(tail)), text2=ms(waited))
        yield complaint(subject, Said("burst_at_end"), wanted, seen, "tokens", Reason.STREAM)


def doubt(_: None, subject: Subject) -> Said | None:
    """Return why nothing can be said: too few pieces, or nobody knows when they were asked for."""
    return too_few(pieces_of(subject)) or (Said("sent_unknown") if subject.exchange.marks.sent_ns is None else None)


def undecided(_: None, subject: Subject) -> Said | None:
    """Return why it is open whether a burst is one: its first piece may have come earlier, with time between."""
    tail = _tail(pieces_of(subject))
    waited = waited_ns(subject, tail[0]) if tail else None
    if waited is None or not _is_burst(tail, waited, _took_ns(tail)):
        return None
    late_ns = tail[0].late_ns
    return None if _is_burst(tail, waited - late_ns, _took_ns(tail) + late_ns) else Said("monitor_late")


def _tail(pieces: Sequence[Piece]) -> Sequence[Piece]:
    return pieces[len(pieces) - len(pieces) * BURST_OF_TEN // 10 :]


def _took_ns(tail: Sequence[Piece]) -> int:
    return tail[-1].at_ns - tail[0].at_ns


def _is_burst(tail: Sequence[Piece], waited: int, took: int) -> bool:
    """Tell whether pieces that took so long after such a wait are a burst."""
    return waited >= SHORTEST_WAIT_NS and took <= BURST_SHARE * (waited + took) and took <= QUICK_NS * len(tail)


KIND = Kind(prepare, assess, doubt, on=On.EVENTS, undecided=undecided)
