"""Durations: which instant starts and ends each, and when there is none."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from wire_samples import DONE, MS, ROLE, STOP, USAGE, completion, data, exchange, frame, stream, text

from wnmon.model.exchange import Chunk, Exchange, Lag, Marks
from wnmon.model.result import BOUNDS, Mark, Timing
from wnmon.wire.read import read
from wnmon.wire.timing import SUSPECT_LAG_NS, Span, measure, span

MARKS = Marks(
    started_ns=0,
    resolve_ns=1 * MS,
    resolved_ns=3 * MS,
    connect_ns=3 * MS,
    connected_ns=10 * MS,
    secure_ns=10 * MS,
    secured_ns=50 * MS,
    send_ns=60 * MS,
    sent_ns=100 * MS,
    headers_ns=150 * MS,
    end_ns=1_100 * MS,
)


def timed(sent: Exchange) -> Timing:
    return measure(sent, read(sent))


# Chunks arrive at 200, 300, ... ms; the last request byte was written at 100 ms.
ANSWER = (": ping\n\n", ROLE, frame({"reasoning": "hm"}), text("po"), text("ng"), STOP, USAGE, DONE)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dns_s", 0.002),
        ("tcp_s", 0.007),
        ("tls_s", 0.040),
        ("send_s", 0.040),
        ("headers_s", 0.050),
        ("first_byte_s", 0.1),
        ("first_event_s", 0.2),
        ("ttft_s", 0.3),
        ("first_visible_s", 0.4),
        ("last_token_s", 0.5),
        ("total_s", 1.0),
        ("max_gap_s", 0.1),
        ("token_events", 3),
        ("time_per_output_token_s", 0.2),
        ("tokens_per_s", 2.0),
        ("suspect", False),
    ],
)
def test_each_duration_has_its_instants(name: str, expected: float) -> None:
    assert getattr(timed(replace(stream(*ANSWER), marks=MARKS)), name) == pytest.approx(expected)


@pytest.mark.parametrize("name", [f.name for f in fields(Timing) if f.name.endswith("_s")])
def test_duration_without_its_marks_is_none(name: str) -> None:
    bare = exchange([], marks=Marks(started_ns=0, end_ns=5))

    assert getattr(timed(bare), name) is None


@pytest.mark.parametrize("name", ["ttft_s", "first_visible_s", "last_token_s", "first_event_s", "max_gap_s"])
def test_json_answer_has_no_instant_of_a_stream(name: str) -> None:
    assert getattr(timed(completion()), name) is None


def test_json_answer_has_a_first_byte() -> None:
    assert timed(completion()).first_byte_s == pytest.approx(0.2)


def test_empty_chunk_is_no_first_byte() -> None:
    assert timed(exchange([Chunk(110 * MS, b""), Chunk(200 * MS, b"{}")])).first_byte_s == pytest.approx(0.1)


def test_reasoning_alone_is_never_visible() -> None:
    assert timed(stream(frame({"reasoning": "hm"}), STOP)).first_visible_s is None


def test_event_without_data_is_no_first_event() -> None:
    assert timed(stream("id: 1\n\n", ROLE)).first_event_s == pytest.approx(0.2)


@pytest.mark.parametrize(
    "parts", [(text("a"), ROLE, ROLE, text("b"), text("c")), (text("a"), text("b"), ROLE, ROLE, text("c"))]
)
def test_largest_gap_between_tokens_is_told_wherever_it_is(parts: tuple[str, ...]) -> None:
    assert timed(stream(*parts)).max_gap_s == pytest.approx(0.3)


def test_gap_needs_two_events_with_tokens() -> None:
    assert timed(stream(frame({"content": "a", "reasoning": "b"}), STOP)).max_gap_s is None


def test_event_on_two_channels_counts_once() -> None:
    assert timed(stream(frame({"content": "a", "reasoning": "b"}), STOP)).token_events == 1


def test_tokens_of_one_stamp_have_no_rate() -> None:
    assert timed(stream(text("a") + text("b"), STOP, USAGE)).time_per_output_token_s is None


@pytest.mark.parametrize("count", ["1", "0", "-5", "null"])
def test_rate_needs_two_reported_tokens(count: str) -> None:
    usage = 'data: {"usage": {"prompt_tokens": 1, "completion_tokens": %s}}\n\n' % count  # noqa: UP031 - braces of JSON

    assert timed(stream(text("a"), text("b"), STOP, usage)).time_per_output_token_s is None


def test_rate_needs_usage() -> None:
    assert timed(stream(text("a"), text("b"), STOP)).time_per_output_token_s is None


def test_tokens_per_second_of_an_answer_without_length_is_none() -> None:
    marks = Marks(started_ns=0, sent_ns=5, end_ns=5)

    assert timed(replace(completion(), marks=marks)).tokens_per_s is None


def test_answer_stamped_before_the_last_request_byte_took_no_time() -> None:
    marks = Marks(started_ns=0, sent_ns=900 * MS, end_ns=1_000 * MS)

    assert timed(exchange(b"{}", marks=marks)).first_byte_s == 0.0


def test_lag_at_the_limit_is_not_suspect() -> None:
    assert not timed(exchange(b"{}", late_ns=SUSPECT_LAG_NS)).suspect


def test_lag_over_the_limit_is_suspect() -> None:
    assert timed(exchange(b"{}", late_ns=SUSPECT_LAG_NS + 1)).suspect


@pytest.mark.parametrize("gaps", [1, 3])
def test_time_per_token_is_the_span_by_all_tokens_but_the_first(gaps: int) -> None:
    usage = data({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 6}})
    parts = [text(str(n)) for n in range(gaps + 1)]

    assert timed(stream(*parts, STOP, usage)).time_per_output_token_s == pytest.approx(0.1 * gaps / 5)


def test_tokens_per_second_counts_from_the_last_request_byte_to_the_end() -> None:
    marks = Marks(started_ns=0, sent_ns=100 * MS, end_ns=4_100 * MS)

    assert timed(replace(completion(), marks=marks)).tokens_per_s == pytest.approx(0.5)


@pytest.mark.parametrize(("count", "expected"), [(0, None), (1, 1.0)])
def test_tokens_per_second_needs_one_reported_token(count: int, expected: float | None) -> None:
    assert timed(completion(usage={"completion_tokens": count})).tokens_per_s == expected


@pytest.mark.parametrize("usage", [None, {"prompt_tokens": 5}])
def test_tokens_per_second_needs_the_count_of_the_completion(usage: object) -> None:
    assert timed(completion(usage=usage)).tokens_per_s is None


def test_tokens_of_one_stamp_and_a_later_one_have_a_rate() -> None:
    assert timed(stream(text("a") + text("b"), text("c"), STOP, USAGE)).time_per_output_token_s == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("at_ms", "marks"),
    [
        (100, {Mark.SENT}),
        (150, {Mark.HEADERS}),
        (200, {Mark.FIRST_BYTE}),
        (300, {Mark.FIRST_EVENT}),
        (400, {Mark.FIRST_TOKEN, Mark.GAP_BEGIN}),
        (500, {Mark.FIRST_VISIBLE, Mark.GAP_END}),
        (600, {Mark.LAST_TOKEN}),
        (700, set()),
        (1_100, {Mark.END}),
    ],
)
def test_a_mark_is_suspect_by_its_own_lag(at_ms: int, marks: set[Mark]) -> None:
    late = (Lag(at_ms * MS, SUSPECT_LAG_NS + 1),)

    assert set(timed(replace(stream(*ANSWER), marks=MARKS, lags=late)).suspect_marks) == marks


def test_every_mark_is_suspect_where_only_the_worst_lag_is_known() -> None:
    old = replace(stream(*ANSWER), marks=MARKS, late_ns=SUSPECT_LAG_NS + 1)

    assert set(timed(old).suspect_marks) == set(Mark)


@pytest.mark.parametrize("name", ["dns_s", "ttft_s", "total_s", "max_gap_s"])
def test_a_duration_is_suspect_where_one_of_its_marks_is(name: str) -> None:
    suspect = [Timing(suspect_marks=(mark,)).is_suspect(*BOUNDS[name]) for mark in Mark]

    assert suspect == [mark in BOUNDS[name] for mark in Mark]


def test_a_span_is_never_negative() -> None:
    late = replace(completion(), late_ns=10**12)

    assert span(late, 5, 3) == Span(took_s=0.0, least_s=0.0, most_s=999.999999998)


def test_without_a_stamp_there_is_no_span() -> None:
    assert (span(completion(), None, 3), span(completion(), 3, None)) == (None, None)
