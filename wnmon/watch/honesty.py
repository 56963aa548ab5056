"""How far published times are from what the relay knows of them: truth against stamps, and what that amounts to. Pure.

An error is what was measured less what was true; above 0 too much was measured. The relay stamps too (`mock.metronome`)
and may be late itself: it says by how much at most, and no more than what is certain is held against the sensor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from wnmon.model.honesty import Counts, Honesty, Series, Spread, Word
from wnmon.model.json import Json, JsonObject
from wnmon.model.result import BOUNDS, Timing
from wnmon.model.said import Said, Text
from wnmon.wire.answer import Answer
from wnmon.wire.timing import SUSPECT_LAG_NS

MOST_BIAS_S = 0.001
"""At the median. Far below what tells two relays apart, and more than a process that is let run needs."""

MOST_ERROR_S = 0.005
"""Of 99 in 100 samples that are published."""

MOST_SUSPECT = 0.1
SUSPECT_BOUND_S = SUSPECT_LAG_NS / 1e9
LEAST_SAMPLES = 5
QUANTILES = {"p50": 0.5, "p99": 0.99, "max": 1.0}
MEASURED = ("ttft_s", "total_s")
"""The published times of which the relay knows the truth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the relay wrote into one piece, in ns of CLOCK_MONOTONIC; `read_late_ns`: the read may be so late."""

    read_ns: int
    read_late_ns: int
    due_ns: int
    sent_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One stream: errors in ns by the name of the published time, those of its gaps, and how late the relay was.

    `suspect` are the names that were withheld. `slack_ns`: so much of an error may be the relay's own.
    """

    errors_ns: Mapping[str, int]
    suspect: frozenset[str]
    gap_errors_ns: tuple[int, ...]
    relay_late_ns: int
    slack_ns: int

    def affected(self) -> frozenset[str]:
        """Return the times that are wrong by more than the bound, whatever the relay's own part in it."""
        return frozenset(
            name
            for name, error in self.errors_ns.items()
            if not -SUSPECT_LAG_NS <= error <= SUSPECT_LAG_NS + self.slack_ns
        )


def sample_of(answer: Answer, timing: Timing) -> Sample | None:
    """Return what a stream of the metronome says of its stamps, None where it is incomplete."""
    told = _told(answer)
    events = list(dict.fromkeys(token.event for token in answer.reply.tokens))
    at_ns = {token.event: token.at_ns for token in answer.reply.tokens}
    if answer.exchange.failure is not None or not events or not set(events) <= set(told) or timing.ttft_s is None:
        return None
    first, last = told[events[0]], told[max(told)]
    truth_ns = {"ttft_s": first.sent_ns - first.read_ns, "total_s": last.sent_ns - last.read_ns}
    took_s = {name: getattr(timing, name) for name in MEASURED}
    lag_ns = answer.exchange.lag_ns
    gaps = [
        (at_ns[after] - at_ns[before]) - (told[after].sent_ns - told[before].sent_ns)
        for before, after in pairwise(events)
        if max(lag_ns(at_ns[before]), lag_ns(at_ns[after])) <= SUSPECT_LAG_NS
    ]
    return Sample(
        errors_ns={name: round(took_s[name] * 1e9) - truth_ns[name] for name in MEASURED},
        suspect=frozenset(name for name in MEASURED if timing.is_suspect(*BOUNDS[name])),
        gap_errors_ns=tuple(gaps),
        relay_late_ns=max(0, first.sent_ns - first.due_ns),
        slack_ns=first.read_late_ns,
    )


def _told(answer: Answer) -> dict[int, Told]:
    """Return what the relay wrote, by the number of the event."""
    found = ((frame.event.index, frame.document.value) for frame in answer.reply.frames if frame.document is not None)
    return {index: told for index, value in found if (told := read_stamps(value)) is not None}


def read_stamps(value: Json) -> Told | None:
    """Return the stamps of a chunk, None where it has none."""
    names = ("x_wnmon_read_ns", "x_wnmon_read_late_ns", "x_wnmon_due_ns", "x_wnmon_sent_ns")
    stamps = [value.get(name) for name in names] if isinstance(value, dict) else []
    if not stamps or not all(isinstance(stamp, int) for stamp in stamps):
        return None
    read_ns, late_ns, due_ns, sent_ns = (int(str(stamp)) for stamp in stamps)
    return Told(read_ns=read_ns, read_late_ns=late_ns, due_ns=due_ns, sent_ns=sent_ns)


def spread(errors_ns: Iterable[int]) -> Spread | None:
    """Return the spread of some errors, None of none; quantiles by the nearest rank."""
    signed = sorted(errors_ns)
    if not signed:
        return None
    sizes = sorted(map(abs, signed))
    p50, p99, most = (quantile(sizes, share) for share in QUANTILES.values())
    return Spread(
        count=len(signed), bias_s=quantile(signed, 0.5) / 1e9, p50_s=p50 / 1e9, p99_s=p99 / 1e9, max_s=most / 1e9
    )


def quantile(ordered: Sequence[int], share: float) -> int:
    """Return the quantile of sorted values by the nearest rank."""
    return ordered[max(0, -int(-len(ordered) * share // 1) - 1)]


def judge_honesty(samples: Mapping[str, Sequence[Sample]], published: int, *, stalled: bool = False) -> Honesty:
    """Return the word on some samples, by scheme. `published`: of affected times, so many reached a histogram.

    `stalled`: the loop was held up on purpose, so that only what is withheld is judged, not how near the rest is.
    """
    series = tuple(_series(scheme, some) for scheme, some in samples.items())
    every = [one for some in samples.values() for one in some]
    affected = [(one, name) for one in every for name in one.affected()]
    withheld = sum(name in one.suspect for one, name in affected)
    counts = Counts(affected=len(affected), suspect=withheld, published=published)
    word, why = _word(series, counts, stalled=stalled)
    return Honesty(word=word, why=why, series=series, counts=counts, bound_s=SUSPECT_BOUND_S)


def _series(scheme: str, samples: Sequence[Sample]) -> Series:
    published = [one for one in samples if "ttft_s" not in one.suspect]
    return Series(
        scheme=scheme,
        streams=len(samples),
        suspect=len(samples) - len(published),
        ttft=spread(one.errors_ns["ttft_s"] for one in published),
        gaps=spread(gap for one in samples for gap in one.gap_errors_ns),
        relay_late=spread(one.relay_late_ns for one in samples),
    )


def _word(series: Sequence[Series], counts: Counts, *, stalled: bool) -> tuple[Word, Text]:
    if not series or min(one.streams for one in series) < LEAST_SAMPLES:
        return Word.UNJUDGED, Said("selftest_too_few", n=LEAST_SAMPLES)
    if counts.published or counts.suspect < counts.affected:
        return Word.UNTRUSTWORTHY, Said("selftest_dishonest", n=counts.affected - counts.suspect + counts.published)
    if stalled:
        return Word.TRUSTWORTHY, Said("selftest_withheld", n=counts.affected)
    late_s = max(one.relay_late.p99_s for one in series if one.relay_late is not None)
    if late_s > MOST_ERROR_S:
        return Word.UNJUDGED, Said("selftest_relay_late", most=_ms(MOST_ERROR_S), took=_ms(late_s))
    return _nearness(series)


def _nearness(series: Sequence[Series]) -> tuple[Word, Text]:
    """Tell whether enough is published, and near enough."""
    suspect = max(one.suspect / one.streams for one in series)
    if suspect > MOST_SUSPECT:
        return Word.UNTRUSTWORTHY, Said("selftest_suspect", n=f"{suspect:.0%}", most=f"{MOST_SUSPECT:.0%}")
    spreads = [one.ttft for one in series if one.ttft is not None]
    bias_s = max((one.bias_s for one in spreads), key=abs)
    if abs(bias_s) > MOST_BIAS_S:
        return Word.UNTRUSTWORTHY, Said("selftest_biased", took=_ms(bias_s), most=_ms(MOST_BIAS_S))
    p99_s = max(one.p99_s for one in spreads)
    if p99_s > MOST_ERROR_S:
        return Word.UNTRUSTWORTHY, Said("selftest_spread", took=_ms(p99_s), most=_ms(MOST_ERROR_S))
    return Word.TRUSTWORTHY, Said("selftest_near", took=_ms(bias_s), text=_ms(p99_s))


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.2f} ms"


def document_of(honesty: Honesty) -> JsonObject:
    """Return the numbers as JSON; seconds, null where there was nothing to measure."""
    return {
        "verdict": honesty.word.value,
        "bound_s": honesty.bound_s,
        "series": [_series_document(one) for one in honesty.series],
        "affected": honesty.counts.affected,
        "affected_suspect": honesty.counts.suspect,
        "affected_published": honesty.counts.published,
    }


def _series_document(one: Series) -> JsonObject:
    head: JsonObject = {"scheme": one.scheme, "streams": one.streams, "suspect": one.suspect}
    spreads = {"ttft_error_s": one.ttft, "gap_error_s": one.gaps, "relay_late_s": one.relay_late}
    return head | {name: None if some is None else _spread_document(some) for name, some in spreads.items()}


def _spread_document(some: Spread) -> JsonObject:
    return {"n": some.count, "bias": some.bias_s, "p50": some.p50_s, "p99": some.p99_s, "max": some.max_s}
