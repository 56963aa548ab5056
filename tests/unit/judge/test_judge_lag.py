"""Times and limits, as far as a late monitor can tell: broken, kept, or undecided."""

from __future__ import annotations

from dataclasses import replace

import pytest
from judge_samples import (
    GOOD_STREAM,
    MS,
    answer,
    check,
    complaints,
    completion,
    delta,
    rule,
    streamed,
    subject,
    verdict_of,
)

from wnmon.judge.judgeable import undecided
from wnmon.judge.registry import prepare
from wnmon.model.exchange import Exchange, Lag
from wnmon.model.json import Json
from wnmon.model.result import Outcome, Reason, Verdict
from wnmon.model.said import Said, id_of

# Sent at 100 ms, the first token at 300 ms, the last at 500 ms, the end at 1,100 ms.
STREAM = streamed(*GOOD_STREAM, first_ms=300, gap_ms=100)


def late(exchange: Exchange, late_ms: dict[int, int]) -> Exchange:
    """Return an exchange of which the stamps at some instants may be late, all in ms. The others are in time."""
    lags = tuple(Lag(at_ms * MS, lag_ms * MS) for at_ms, lag_ms in sorted(late_ms.items()))
    return replace(exchange, lags=lags, late_ns=max((lag.late_ns for lag in lags), default=0))


def found(exchange: Exchange, kind: str, value: Json) -> str:
    """Return what became of one assertion."""
    result = check(in_time_elsewhere(exchange), **{kind: value})
    if result.undecided:
        assert not result.findings
        return "undecided"
    return "broken" if result.findings else "kept"


def in_time_elsewhere(exchange: Exchange) -> Exchange:
    """Return the exchange with a lag of 0 for each stamp that has none of its own."""
    known = {lag.at_ns for lag in exchange.lags}
    marks = (exchange.marks.sent_ns, exchange.marks.headers_ns, exchange.marks.end_ns)
    stamps = {at_ns for at_ns in (*marks, *(chunk.at_ns for chunk in exchange.chunks)) if at_ns is not None}
    lags = (*exchange.lags, *(Lag(at_ns, 0) for at_ns in stamps - known))
    return replace(exchange, lags=tuple(sorted(lags, key=lambda lag: lag.at_ns)))


@pytest.mark.parametrize(
    ("late_ms", "kind", "limit", "expected"),
    [
        # 200 ms to the first token; a late first token took less, a late sending more.
        ({}, "ttft", "199ms", "broken"),
        ({}, "ttft", "200ms", "kept"),
        ({300: 50}, "ttft", "149ms", "broken"),
        ({300: 50}, "ttft", "150ms", "undecided"),
        ({300: 50}, "ttft", "199ms", "undecided"),
        ({300: 50}, "ttft", "200ms", "kept"),
        ({100: 50}, "ttft", "199ms", "broken"),
        ({100: 50}, "ttft", "200ms", "undecided"),
        ({100: 50}, "ttft", "249ms", "undecided"),
        ({100: 50}, "ttft", "250ms", "kept"),
        ({100: 30, 300: 50}, "first_visible", "149ms", "broken"),
        ({100: 30, 300: 50}, "first_visible", "230ms", "kept"),
        # What came late beside the marks of a time says nothing of it.
        ({250: 900, 400: 900, 1100: 900}, "ttft", "199ms", "broken"),
        ({250: 900, 300: 900, 400: 900}, "total", "999ms", "broken"),
        ({1100: 50}, "total", "949ms", "broken"),
        ({1100: 50}, "total", "950ms", "undecided"),
        ({100: 50}, "total", "1049ms", "undecided"),
        ({100: 50}, "total", "1050ms", "kept"),
        # 400 ms from the last event to the end is the longest silence.
        ({}, "silence", "399ms", "broken"),
        ({1100: 50}, "silence", "349ms", "broken"),
        ({1100: 50}, "silence", "350ms", "undecided"),
        ({700: 50}, "silence", "449ms", "undecided"),
        ({700: 50}, "silence", "450ms", "kept"),
        # Another silence may have been the longest one.
        ({300: 10, 250: 260}, "silence", "309ms", "broken"),
        ({1100: 350, 300: 10}, "silence", "149ms", "broken"),
    ],
)
def test_a_limit_is_broken_kept_or_undecided(late_ms: dict[int, int], kind: str, limit: str, expected: str) -> None:
    assert found(late(STREAM, late_ms), kind, limit) == expected


def test_a_slow_relay_is_slow_however_late_the_monitor_is() -> None:
    slow = late(streamed(*GOOD_STREAM, first_ms=3_100, gap_ms=10), {100: 900, 3_100: 900})
    assert (found(slow, "ttft", {"degraded": "2s"}), check(slow, ttft={"degraded": "2s"}).outcome) == (
        "broken",
        Outcome.DEGRADED,
    )


def test_what_the_monitor_cannot_tell_is_left_to_the_other_expectations() -> None:
    torn = late(STREAM, {300: 50})
    outcomes = {check(torn, ttft="150ms", content=text).outcome for text in ("pong", "ping")}
    assert outcomes == {Outcome.PASSED, Outcome.FAILED}


def test_what_is_undecided_says_between_what_and_what_it_was() -> None:
    (left_open,) = check(late(STREAM, {100: 30, 300: 50}), ttft="160ms").undecided
    assert (left_open.kind, left_open.step, left_open.why) == (
        "ttft",
        "ask",
        Said("latency_undecided", code="ttft", text="150 ms", text2="230 ms", limit="160 ms"),
    )


def test_a_time_over_one_limit_for_sure_and_perhaps_over_the_other_is_slow_and_undecided() -> None:
    result = check(late(STREAM, {300: 50}), ttft={"degraded": "100ms", "failed": "180ms"})
    assert (result.outcome, [str(one.why)[:4] for one in result.undecided]) == (Outcome.DEGRADED, ["ttft"])


def test_a_time_over_both_limits_for_sure_is_decided() -> None:
    result = check(late(STREAM, {300: 50}), ttft={"degraded": "100ms", "failed": "149ms"})
    assert (result.outcome, result.undecided) == (Outcome.FAILED, ())


@pytest.mark.parametrize("kind", ["ttft", "first_visible"])
def test_an_instant_that_never_came_is_a_complaint_however_late_the_monitor_is(kind: str) -> None:
    result = check(replace(completion(), late_ns=10**12), **{kind: "1s"})
    assert (result.outcome, result.reason, result.undecided) == (Outcome.FAILED, Reason.EMPTY, ())


def test_a_record_of_before_each_stamp_had_a_lag_is_read_with_its_worst_for_each() -> None:
    old = replace(STREAM, late_ns=50 * MS)
    assert [found_in(old, limit) for limit in ("149ms", "150ms", "249ms", "250ms")] == [
        "broken",
        "undecided",
        "undecided",
        "kept",
    ]


def found_in(exchange: Exchange, limit: str) -> str:
    """Return what became of a limit for the first token, the exchange as it is."""
    result = check(exchange, ttft=limit)
    return "undecided" if result.undecided else "broken" if result.findings else "kept"


# --- rules


@pytest.mark.parametrize(
    ("limit", "verdict"),
    [("149ms", Verdict.FAILED), ("199ms", Verdict.INCONCLUSIVE), ("200ms", Verdict.PASSED)],
)
def test_a_rule_on_time_is_judged_by_the_same_arithmetic(limit: str, verdict: Verdict) -> None:
    judged = verdict_of(rule("R", "ask", ttft=limit), in_time_elsewhere(late(STREAM, {300: 50})))
    assert (judged.verdict, bool(judged.why)) == (verdict, verdict is Verdict.INCONCLUSIVE)


# Words enough to be spread, all in the 20 ms after 1,100 ms.
BURST = (*(delta("fifteen letters") for _ in range(5)), delta(finish="stop"), GOOD_STREAM[-1])


@pytest.mark.parametrize(
    ("first_ms", "gap_ms", "late_ms", "verdict"),
    [
        (1_100, 5, {}, Verdict.FAILED),
        # The first token may have come 70 ms earlier: not enough to be spread. 90 ms are.
        (1_100, 5, {1_100: 70}, Verdict.FAILED),
        (1_100, 5, {1_100: 100}, Verdict.INCONCLUSIVE),
        # The tokens came over 200 of 1,200 ms, be the middle ever so late; or in one burst of which the last was late.
        (1_100, 50, {1_150: 900}, Verdict.PASSED),
        (1_100, 50, {1_300: 190}, Verdict.INCONCLUSIVE),
        (1_100, 50, {1_300: 50}, Verdict.PASSED),
        # The tokens came over 100 of 1,000 ms, which is just not a burst, and over less where the last was late.
        (1_000, 25, {}, Verdict.PASSED),
        (1_000, 25, {1_100: 50}, Verdict.INCONCLUSIVE),
        # A request sent much earlier than stamped makes the whole time longer, and the share smaller.
        (300, 8, {100: 95}, Verdict.INCONCLUSIVE),
        (300, 8, {}, Verdict.PASSED),
    ],
)
def test_a_burst_is_told_from_a_spread_as_far_as_the_lag_allows(
    first_ms: int, gap_ms: int, late_ms: dict[int, int], verdict: Verdict
) -> None:
    exchange = in_time_elsewhere(late(streamed(*BURST, first_ms=first_ms, gap_ms=gap_ms), late_ms))
    judged = verdict_of(rule("R", "ask", stream="spread"), exchange)
    assert (judged.verdict, id_of(judged.why)) == (
        verdict,
        "monitor_late" if verdict is Verdict.INCONCLUSIVE else id_of(judged.why),
    )


def test_too_few_pieces_are_too_few_however_late_the_monitor_is() -> None:
    (finding,) = complaints("stream", "spread", streamed(delta("a"), delta("b"), late_ns=10**9))
    assert finding.message == Said("too_few_pieces")


def test_too_few_pieces_leave_nothing_undecided() -> None:
    expect = (prepare("stream", "spread"),)
    assert not list(undecided(expect, subject(streamed(delta("a"), delta("b"), late_ns=10**9))))


def test_a_spread_is_open_where_nobody_knows_when_the_request_was_sent() -> None:
    judged = verdict_of(rule("R", "ask", stream="spread"), streamed(*GOOD_STREAM, sent_ns=None))
    assert (judged.verdict, judged.why) == (Verdict.INCONCLUSIVE, Said("sent_unknown"))


def test_too_few_pieces_are_too_few_whenever_the_request_was_sent() -> None:
    (finding,) = complaints("stream", "spread", streamed(delta("a"), delta("b"), sent_ns=None))
    assert finding.message == Said("too_few_pieces")


def test_tokens_that_all_came_as_the_request_was_sent_are_no_burst() -> None:
    assert complaints("stream", "spread", streamed(*GOOD_STREAM, first_ms=100, gap_ms=0)) == []


def test_a_comparison_of_answers_is_no_matter_of_lag() -> None:
    expect = (prepare("same", ["ask/id", "again/id"]),)
    assert not list(undecided(expect, subject(answer(late_ns=10**9))))


def test_what_is_no_stream_is_not_undecided() -> None:
    expect = (prepare("stream", "spread"),)
    assert not list(undecided(expect, subject(answer(late_ns=10**9))))
