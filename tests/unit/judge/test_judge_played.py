"""Streams that are waited for and played: burst_at_end, fixed_cadence, held_back, and how well stamps are known."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate, repeat
from typing import Any

import pytest
from judge_samples import DONE, MS, answer, compared, complaints, delta, rule, subject, suite, verdict_of, verdicts

from wnmon.judge.arrivals import TOGETHER_NS, gaps_ns, joined, ms, pieces_of, usual_ns, waited_ns
from wnmon.judge.kinds import burst_at_end, fixed_cadence
from wnmon.judge.subject import Unjudged
from wnmon.model.exchange import Chunk, Exchange, FailureKind, Lag
from wnmon.model.json import Json
from wnmon.model.result import RuleVerdict, Verdict
from wnmon.model.said import Said, id_of

SENT_MS = 100
WORDS = (" the", " relay", " sends", " one", " small", " token", " after", ",", " and", " keeps", " its", " time")


def timed(
    at_ms: Iterable[float],
    *,
    texts: Sequence[str] = WORDS,
    late_ms: float = 0,
    step: str = "ask",
    finish: str = "length",
) -> Exchange:
    """Return a stream with a piece at each instant, in milliseconds after it was asked for; it ends with the last."""
    stamps = [round((SENT_MS + at) * MS) for at in at_ms]
    parts = [delta(texts[place % len(texts)]) for place in range(len(stamps))]
    parts[-1:] = [part + delta(finish=finish) + DONE for part in parts[-1:]]
    chunks = [Chunk(at_ns, part.encode()) for at_ns, part in zip(stamps, parts, strict=True)]
    lags = tuple(Lag(at_ns, round(late_ms * MS)) for at_ns in dict.fromkeys(stamps))
    exchange = answer(chunks or b"", media="text/event-stream", stream=True, step=step, sent_ns=SENT_MS * MS)
    return replace(exchange, lags=lags)


def after(first_ms: float, gaps_ms: Iterable[float]) -> list[float]:
    """Return instants: the first, and one after each gap."""
    return list(accumulate(gaps_ms, initial=first_ms))


def judged(exchange: Exchange, **expect: Any) -> RuleVerdict:
    return verdict_of(rule("R", "ask", **expect), exchange)


# --- when pieces came


def test_a_piece_knows_when_it_came_and_how_late_that_may_be() -> None:
    first, *_ = pieces_of(subject(timed([50, 60], late_ms=3)))

    assert (first.at_ns, first.late_ns, first.chars) == (150 * MS, 3 * MS, len(" the"))


def test_a_piece_counts_the_text_of_every_channel() -> None:
    thinking = delta(choices=[{"index": 0, "delta": {"content": "ab", "reasoning_content": "cde"}}])

    assert [piece.chars for piece in pieces_of(subject(answer(thinking, media="text/event-stream")))] == [5]


def test_a_piece_counts_the_text_of_a_message_where_there_is_no_delta() -> None:
    whole = delta(choices=[{"index": 0, "message": {"content": "abcd"}}])

    assert [piece.chars for piece in pieces_of(subject(answer(whole, media="text/event-stream")))] == [4]


def test_what_holds_no_text_is_no_piece() -> None:
    body = ": ping\n\n" + delta("") + "data: 7\n\n" + delta("a") + DONE

    assert len(pieces_of(subject(answer(body, media="text/event-stream")))) == 1


def test_pieces_up_to_a_millisecond_after_the_first_came_together() -> None:
    pieces = pieces_of(subject(timed([50, 50 + TOGETHER_NS / MS, 51.5, 60])))

    assert [(piece.at_ns / MS - SENT_MS, piece.chars) for piece in joined(pieces)] == [(50, 10), (51.5, 6), (60, 4)]


def test_a_single_piece_has_no_gap() -> None:
    pieces = pieces_of(subject(timed([50])))

    assert (gaps_ns(pieces), usual_ns(gaps_ns(pieces))) == ([], 0)


def test_a_wait_is_unknown_where_nobody_knows_when_the_request_was_sent() -> None:
    exchange = timed([50])
    asked = subject(replace(exchange, marks=replace(exchange.marks, sent_ns=None)))

    assert waited_ns(asked, pieces_of(asked)[0]) is None


@pytest.mark.parametrize(
    ("span_ms", "shown"),
    [
        (0.04, "0.0"),
        (20.24, "20.2"),
        (20.35, "20.4"),
        (99.9, "99.9"),
        (100, "100"),
        (2_310.4, "2,310"),
        (1_234_567, "1,234,567"),
    ],
)
def test_times_are_shown_in_milliseconds_with_a_tenth_where_that_says_something(span_ms: float, shown: str) -> None:
    assert ms(span_ms * MS) == shown


# --- burst_at_end

BURST = after(2_310, repeat(0.1, 31))


def burst(at_ms: Iterable[float] = BURST, **more: Any) -> RuleVerdict:
    return judged(timed(at_ms, **more), burst_at_end="never")


def test_a_burst_is_told_with_the_numbers_behind_it() -> None:
    (finding,) = complaints("burst_at_end", "never", timed(BURST))

    assert str(finding.actual) == "28 of 32 pieces came within 2.7 ms, after 2,310 ms"


def test_a_first_piece_in_time_does_not_hide_a_burst() -> None:
    assert burst([300, *BURST]).verdict is Verdict.FAILED


def test_all_pieces_in_one_read_are_a_burst() -> None:
    assert burst([900.0] * 32).verdict is Verdict.FAILED


@pytest.mark.parametrize(
    "at_ms",
    [
        after(400, repeat(2, 15)),
        after(3_000, repeat(0.5, 99)),
        after(300, repeat(0.33, 99)),
        after(30, repeat(0.01, 99)),
        after(300, [*repeat(20, 30), 4_000, *repeat(20, 60)]),
    ],
    ids=[
        "16 tokens in 30 ms",
        "two thousand tokens a second after a queue",
        "three thousand soon",
        "cached",
        "a pause",
    ],
)
def test_a_quick_model_is_no_burst(at_ms: list[float]) -> None:
    assert burst(at_ms).verdict is Verdict.PASSED


@pytest.mark.parametrize(("first_ms", "verdict"), [(150, Verdict.FAILED), (149.9, Verdict.PASSED)])
def test_who_waited_less_than_150_ms_waited_for_no_answer(first_ms: float, verdict: Verdict) -> None:
    assert burst([first_ms] * 20).verdict is verdict


@pytest.mark.parametrize(("wait_ms", "verdict"), [(190, Verdict.FAILED), (189.9, Verdict.PASSED)])
def test_a_burst_takes_a_twentieth_of_the_time_at_most(wait_ms: float, verdict: Verdict) -> None:
    assert burst([wait_ms] * 29 + [wait_ms + 10.0]).verdict is verdict


@pytest.mark.parametrize(("took_ms", "verdict"), [(7.2, Verdict.FAILED), (7.3, Verdict.PASSED)])
def test_a_piece_of_a_burst_takes_400_us_at_most(took_ms: float, verdict: Verdict) -> None:
    assert burst([500.0] * 19 + [500.0 + took_ms]).verdict is verdict


@pytest.mark.parametrize(("pieces", "verdict"), [(9, Verdict.INCONCLUSIVE), (10, Verdict.FAILED)])
def test_a_burst_of_few_pieces_shows_nothing(pieces: int, verdict: Verdict) -> None:
    assert burst([900.0] * pieces).verdict is verdict


def test_few_pieces_are_told_as_the_reason() -> None:
    assert burst([900.0] * 3).why == Said("too_few_to_time", n=10)


def test_a_burst_is_open_where_nobody_knows_when_it_was_asked_for() -> None:
    exchange = timed(BURST)
    late = replace(exchange, marks=replace(exchange.marks, sent_ns=None))

    assert judged(late, burst_at_end="never").why == Said("sent_unknown")
    assert complaints("burst_at_end", "never", late) == []


def test_a_burst_begins_with_the_first_of_its_pieces() -> None:
    assert burst([149.9] * 3 + [150.0] * 17).verdict is Verdict.PASSED


@pytest.mark.parametrize("pieces", [0, 1])
def test_what_has_no_end_has_no_burst(pieces: int) -> None:
    exchange = timed([900.0] * pieces)

    assert complaints("burst_at_end", "never", exchange) == []
    assert burst_at_end.undecided(None, subject(exchange)) is None


def test_no_piece_at_all_is_too_few() -> None:
    assert burst([]).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(("late_ms", "open_"), [(8.5, False), (8.6, True)])
def test_a_burst_may_be_the_monitors(late_ms: float, open_: bool) -> None:
    # 28 pieces in 2.7 ms are quick enough up to 11.2 ms.
    asked = subject(timed(BURST, late_ms=late_ms))

    assert (burst_at_end.undecided(None, asked) == Said("monitor_late")) is open_


def test_a_burst_is_the_relays_where_its_first_piece_was_in_time() -> None:
    exchange = timed(BURST, late_ms=8.6)
    lags = tuple(replace(lag, late_ns=0) if place == 4 else lag for place, lag in enumerate(exchange.lags))

    assert burst_at_end.undecided(None, subject(replace(exchange, lags=lags))) is None


def test_a_first_piece_that_was_late_was_waited_for_less_long() -> None:
    assert burst_at_end.undecided(None, subject(timed([155.0] * 20, late_ms=6))) == Said("monitor_late")


def test_what_may_have_begun_too_soon_is_no_burst_and_not_undecided() -> None:
    assert burst_at_end.undecided(None, subject(timed([149.9] * 3 + [150.0] * 17, late_ms=1))) is None


def test_what_is_no_burst_is_not_undecided() -> None:
    assert burst_at_end.undecided(None, subject(timed(after(100, repeat(20, 40)), late_ms=50))) is None


@pytest.mark.parametrize("kind", ["burst_at_end", "fixed_cadence"])
def test_a_stream_that_broke_off_says_nothing_of_its_time(kind: str) -> None:
    broken = replace(timed(BURST), failure=answer(failure=FailureKind.TRUNCATED).failure)

    assert id_of(judged(broken, **{kind: "never"}).why) == "answer_not_whole"


# --- fixed_cadence

EIGHT = ("abcdefgh",)
PLAYED = after(1_200, repeat(20, 63))


def cadence(at_ms: Iterable[float], **more: Any) -> RuleVerdict:
    return judged(timed(at_ms, **more), fixed_cadence="never")


def test_a_playback_is_told_with_its_beat_and_its_wait() -> None:
    (finding,) = complaints("fixed_cadence", "never", timed(PLAYED))

    assert str(finding.actual) == "half of 63 gaps are 20.0 ± 0.0 ms, after 1,200 ms"


def test_a_playback_of_pieces_of_one_length_is_told_with_the_length() -> None:
    (finding,) = complaints("fixed_cadence", "never", timed(after(50, repeat(20, 63)), texts=EIGHT))

    assert str(finding.actual) == "half of 63 gaps are 20.0 ± 0.0 ms, and the pieces 8 characters each"


def varied(share: float, *, gaps: int = 63, seed: int = 1) -> list[float]:
    """Return gaps around 20 ms that vary by a share at most."""
    draw = random.Random(seed)
    return [20 * (1 + draw.uniform(-share, share)) for _ in range(gaps)]


@pytest.mark.parametrize("seed", range(20))
def test_a_model_that_varies_by_five_per_cent_is_no_playback(seed: int) -> None:
    assert cadence(after(1_200, varied(0.05, seed=seed))).verdict is Verdict.PASSED


def test_a_card_of_ones_own_keeps_time_and_begins_soon() -> None:
    assert cadence(after(199, repeat(20, 63))).verdict is Verdict.PASSED


def test_a_wait_of_ten_gaps_is_one() -> None:
    assert cadence(after(200, repeat(20, 63))).verdict is Verdict.FAILED


def off_by(share: float, gaps: int = 63) -> list[float]:
    """Return gaps of which more than half are off 20 ms by a share, to either side."""
    return [20 * (1 + share * (place % 3 - 1)) for place in range(gaps)]


@pytest.mark.parametrize(("share", "verdict"), [(0.01, Verdict.FAILED), (0.0101, Verdict.PASSED)])
def test_half_of_the_gaps_of_a_clock_are_within_one_per_cent(share: float, verdict: Verdict) -> None:
    assert cadence(after(1_200, off_by(share))).verdict is verdict


@pytest.mark.parametrize(("share", "verdict"), [(0.1, Verdict.FAILED), (0.101, Verdict.PASSED)])
def test_pieces_of_one_length_may_come_less_evenly(share: float, verdict: Verdict) -> None:
    assert cadence(after(1_200, off_by(share)), texts=EIGHT).verdict is verdict


@pytest.mark.parametrize(
    ("long_ms", "long", "verdict"), [(27.0, 6, Verdict.FAILED), (27.0, 7, Verdict.PASSED), (26.0, 7, Verdict.FAILED)]
)
def test_a_clock_skips_no_beat(long_ms: float, long: int, verdict: Verdict) -> None:
    gaps = [long_ms] * long + [20.0] * (60 - long)

    assert cadence(after(1_200, gaps), texts=EIGHT).verdict is verdict


def test_pieces_of_several_tokens_come_from_a_proxy_that_gathers() -> None:
    assert (
        cadence(after(1_200, repeat(50, 63)), texts=(" some words", " and a few more", " then")).verdict
        is Verdict.PASSED
    )


@pytest.mark.parametrize(("texts", "verdict"), [(("a", "b" * 15), Verdict.FAILED), (("a", "b" * 16), Verdict.PASSED)])
def test_a_token_has_eight_characters_on_the_average_at_most(texts: tuple[str, ...], verdict: Verdict) -> None:
    assert cadence(PLAYED, texts=texts).verdict is verdict


@pytest.mark.parametrize(("text", "verdict"), [("中", Verdict.PASSED), ("中文", Verdict.FAILED)])
def test_pieces_of_one_character_are_those_of_many_a_tokenizer(text: str, verdict: Verdict) -> None:
    assert cadence(after(50, repeat(20, 63)), texts=(text,)).verdict is verdict


@pytest.mark.parametrize(("odd", "verdict"), [(6, Verdict.FAILED), (7, Verdict.PASSED)])
def test_nine_of_ten_pieces_of_one_length_are_cut_by_a_ruler(odd: int, verdict: Verdict) -> None:
    texts = ["x"] * odd + ["abcdefgh"] * (63 - odd) + ["the rest"]

    assert cadence(after(50, repeat(20, 63)), texts=texts).verdict is verdict


def test_the_last_piece_is_what_is_left() -> None:
    texts = ["abcdefgh"] * 36 + ["x"] * 4 + ["y"]

    assert cadence(after(50, repeat(20, 40)), texts=texts).verdict is Verdict.FAILED


def test_pieces_that_are_read_together_are_one_beat() -> None:
    twice = [at for at in PLAYED for at in (at, at + 0.3)]

    assert cadence(twice, texts=("ab", "cde")).verdict is Verdict.FAILED


@pytest.mark.parametrize(("gaps", "verdict"), [(39, Verdict.INCONCLUSIVE), (40, Verdict.FAILED)])
def test_few_gaps_that_are_alike_show_nothing(gaps: int, verdict: Verdict) -> None:
    assert cadence(after(1_200, repeat(20, gaps))).verdict is verdict


def test_few_gaps_are_told_as_the_reason() -> None:
    assert cadence(after(1_200, repeat(20, 20))).why == Said("too_few_gaps", n=40)


def test_few_gaps_that_are_not_alike_are_no_playback() -> None:
    assert cadence(after(1_200, varied(0.3, gaps=20))).verdict is Verdict.PASSED


def test_one_piece_has_no_cadence() -> None:
    assert cadence([900.0]).why == Said("too_few_to_time", n=10)


def test_pieces_that_all_come_together_have_no_cadence() -> None:
    assert cadence(BURST).verdict is Verdict.PASSED


def test_a_cadence_after_an_unknown_wait_is_no_playback() -> None:
    exchange = timed(PLAYED)

    assert complaints("fixed_cadence", "never", replace(exchange, marks=replace(exchange.marks, sent_ns=None))) == []


@pytest.mark.parametrize(("late_ms", "why"), [(10, None), (10.1, Said("monitor_late"))])
def test_a_monitor_that_comes_only_now_and_then_makes_gaps_alike(late_ms: float, why: Said | None) -> None:
    assert fixed_cadence.undecided(None, subject(timed(PLAYED, late_ms=late_ms))) == why


@pytest.mark.parametrize(("late", "why"), [(5, None), (6, Said("monitor_late"))])
def test_one_of_ten_stamps_may_be_late(late: int, why: Said | None) -> None:
    exchange = timed(PLAYED[:50])
    lags = tuple(replace(lag, late_ns=20 * MS if place < late else 0) for place, lag in enumerate(exchange.lags))

    assert fixed_cadence.undecided(None, subject(replace(exchange, lags=lags))) == why


def test_what_keeps_no_time_is_not_undecided() -> None:
    assert fixed_cadence.undecided(None, subject(timed(after(1_200, varied(0.3)), late_ms=50))) is None


# --- held_back

NAMES = ("one", "other")
TWO: Json = [*NAMES]
HELD = after(300, [*off_by(0.3, gaps=30), 0.2])


def held(*streams: Iterable[float], **more: Any) -> Any:
    """Return what is said of streams with pieces at these instants."""
    steps = (timed(at_ms, step=step, **more) for step, at_ms in zip(NAMES, streams, strict=True))
    return compared("held_back", TWO, *steps)


def test_a_stream_that_is_held_back_is_told_by_its_end() -> None:
    (finding,) = held(HELD, HELD)

    assert str(finding.actual) == "the last two pieces came 0.2 ms apart, the others 20.0 ms"


def test_a_finding_on_streams_that_are_held_back_is_of_the_first() -> None:
    (finding,) = held(HELD, after(300, [*off_by(0.3, gaps=30), 0.4]))

    assert (finding.step, str(finding.actual)) == ("one", "the last two pieces came 0.2 ms apart, the others 20.0 ms")


@pytest.mark.parametrize("streams", [(PLAYED, HELD), (HELD, PLAYED)], ids=["the first", "the second"])
def test_one_stream_of_which_the_last_two_came_together_is_chance(streams: tuple[list[float], ...]) -> None:
    assert held(*streams) == []


@pytest.mark.parametrize(("last_ms", "count"), [(0.99, 1), (1.02, 0)])
def test_two_pieces_came_together_within_a_twentieth_of_the_usual_gap(last_ms: float, count: int) -> None:
    at_ms = after(300, [*repeat(20, 30), last_ms])

    assert len(held(at_ms, at_ms)) == count


@pytest.mark.parametrize(("last_ms", "count"), [(1.0, 1), (1.1, 0)])
def test_two_pieces_came_together_within_a_millisecond(last_ms: float, count: int) -> None:
    at_ms = after(300, [*repeat(80, 30), last_ms])

    assert len(held(at_ms, at_ms)) == count


def test_tokens_that_come_by_the_group_hide_what_is_held_back() -> None:
    grouped = after(300, [*([80.0, 0.1, 0.1] * 12), 80.0, 0.1])

    assert held(grouped, grouped) == []


def test_what_a_line_delayed_came_together_by_chance() -> None:
    delayed = after(300, [*repeat(20, 30), 40, 0.1])

    assert held(delayed, delayed) == []


def test_what_a_line_delayed_before_does_not_hide_what_is_held_back() -> None:
    at_ms = after(300, [*repeat(20, 20), 60, 0.1, 0.1, *repeat(20, 10), 0.2])

    assert len(held(at_ms, at_ms)) == 1


def test_all_that_came_within_a_millisecond_behind_a_delay_is_the_line_s() -> None:
    at_ms = after(300, [*repeat(80, 20), 200, 1.0, 0.5, *repeat(80, 10), 0.2])

    assert len(held(at_ms, at_ms)) == 1


@pytest.mark.parametrize("before", [0, 20], ids=["at the beginning", "in the middle"])
def test_what_came_together_after_a_usual_gap_before_the_end_is_no_end(before: int) -> None:
    at_ms = after(300, [*repeat(20, before), 0.1, *repeat(20, 30), 0.2])

    assert held(at_ms, at_ms) == []


@pytest.mark.parametrize(("before", "count"), [(30.0, 1), (30.1, 0)])
def test_a_gap_half_as_long_again_is_a_delay(before: float, count: int) -> None:
    at_ms = after(300, [*repeat(20, 30), before, 0.2])

    assert len(held(at_ms, at_ms)) == count


def test_an_answer_that_ended_by_itself_shows_nothing() -> None:
    assert held(HELD, HELD, finish="stop") == Unjudged(Said("ended_by_itself"))


def test_streams_of_few_pieces_are_not_held_back() -> None:
    assert held([300.0] * 3, HELD) == Unjudged(Said("too_few_to_time", n=10))


@pytest.mark.parametrize(("gaps", "is_open"), [(19, True), (20, False)])
def test_few_other_gaps_say_little(gaps: int, is_open: bool) -> None:
    at_ms = after(300, [*repeat(20, gaps), 0.2])

    assert (held(HELD, at_ms) == Unjudged(Said("too_few_gaps", n=20))) is is_open


@pytest.mark.parametrize(("late_ms", "is_open"), [(10, False), (10.2, True)])
def test_two_pieces_may_have_come_together_for_the_monitor_alone(late_ms: float, is_open: bool) -> None:
    at_ms = after(300, [*repeat(20, 30), 0.2])

    assert (held(at_ms, at_ms, late_ms=late_ms) == Unjudged(Said("monitor_late"))) is is_open


def test_the_piece_that_waited_for_the_last_is_the_one_that_may_be_late() -> None:
    exchanges = [timed(after(300, [*repeat(20, 30), 0.2]), step=step) for step in NAMES]
    lags = tuple(replace(lag, late_ns=11 * MS if place == 30 else 0) for place, lag in enumerate(exchanges[0].lags))

    late = [replace(exchange, lags=lags) for exchange in exchanges]
    assert compared("held_back", TWO, *late) == Unjudged(Said("monitor_late"))


def test_a_stream_that_broke_off_is_not_compared() -> None:
    streams = [timed(HELD, step=step) for step in NAMES]
    broken = replace(streams[1], failure=answer(failure=FailureKind.TRUNCATED).failure)
    judged = verdicts(suite(rule("R", held_back=TWO), requests=NAMES), streams[0], broken)["R"]

    assert id_of(judged.why) == "answer_not_whole"


def test_gaps_of_which_none_is_usual_hold_nothing_together() -> None:
    pieces = pieces_of(subject(timed([300.0] * 30)))

    assert usual_ns(gaps_ns(pieces)) == 0
    assert held([300.0] * 30, [300.0] * 30) == []
