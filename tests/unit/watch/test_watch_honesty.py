"""What is made of the stamps of a sensor and of its relay."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from wnmon.engine.reading import read_redacted
from wnmon.model.check import Auth
from wnmon.model.exchange import Chunk, Exchange, Lag, Marks, Request
from wnmon.model.honesty import Honesty, Word
from wnmon.redact.redactor import Redactor
from wnmon.watch.honesty import Sample, document_of, judge_honesty, read_stamps, sample_of, spread

MS = 1_000_000
READ_NS = 10_000 * MS
TRUTH = {"ttft_s": 0, "total_s": 0}


def stream(*, sent: Sequence[int], stamped: Sequence[int], sent_mark: int = READ_NS, lag: int = 0) -> Exchange:
    """Return a stream whose tokens were sent, and stamped, so many ns after the request was read."""
    chunks = []
    for place, (at_ns, stamp_ns) in enumerate(zip(sent, stamped, strict=True)):
        value = {
            "choices": [{"index": 0, "delta": {"content": f"w{place}"}, "finish_reason": None}],
            "x_wnmon_read_ns": READ_NS,
            "x_wnmon_read_late_ns": MS,
            "x_wnmon_due_ns": READ_NS + at_ns - MS // 2,
            "x_wnmon_sent_ns": READ_NS + at_ns,
        }
        chunks.append(Chunk(READ_NS + stamp_ns, f"data: {json.dumps(value)}\n\n".encode()))
    end_ns = READ_NS + stamped[-1]
    return Exchange(
        request=Request(step="s", method="POST", url="http://h/", headers=(), body=b"{}", auth=Auth.NONE, stream=True),
        started_at_s=1.0,
        marks=Marks(started_ns=READ_NS - MS, sent_ns=sent_mark, end_ns=end_ns),
        status=200,
        headers=(("Content-Type", "text/event-stream"),),
        chunks=tuple(chunks),
        lags=tuple(Lag(at_ns, lag) for at_ns in sorted({sent_mark, *(chunk.at_ns for chunk in chunks)})),
    )


def sampled(exchange: Exchange) -> Sample | None:
    answer = read_redacted(exchange, Redactor(()), None)
    return sample_of(answer, answer.timing)


def sample(
    error_ms: float = 0.1, *, suspect: bool = False, relay_late_ms: float = 0.0, slack_ms: float = 0.0
) -> Sample:
    return Sample(
        errors_ns=TRUTH | {"ttft_s": round(error_ms * MS)},
        suspect=frozenset({"ttft_s"} if suspect else ()),
        gap_errors_ns=(round(error_ms * MS),),
        relay_late_ns=round(relay_late_ms * MS),
        slack_ns=round(slack_ms * MS),
    )


def judged(*samples: Sample, published: int = 0, stalled: bool = False) -> Honesty:
    return judge_honesty({"http": samples}, published, stalled=stalled)


def test_the_error_is_what_was_measured_less_what_was_true() -> None:
    one = sampled(stream(sent=[50 * MS, 60 * MS], stamped=[53 * MS, 61 * MS], sent_mark=READ_NS + MS))

    assert one is not None
    assert one.errors_ns["ttft_s"] == 2 * MS


def test_the_whole_is_held_against_the_last_piece() -> None:
    one = sampled(stream(sent=[50 * MS, 60 * MS], stamped=[53 * MS, 61 * MS], sent_mark=READ_NS + MS))

    assert one is not None
    assert one.errors_ns["total_s"] == 0


def test_a_gap_errs_by_how_late_its_ends_are() -> None:
    one = sampled(stream(sent=[50 * MS, 60 * MS, 70 * MS], stamped=[51 * MS, 63 * MS, 71 * MS]))

    assert one is not None
    assert one.gap_errors_ns == (2 * MS, -2 * MS)


def test_a_gap_between_suspect_stamps_counts_for_nothing() -> None:
    one = sampled(stream(sent=[50 * MS, 60 * MS], stamped=[51 * MS, 63 * MS], lag=21 * MS))

    assert one is not None
    assert one.gap_errors_ns == ()


def test_what_was_withheld_is_known_by_name() -> None:
    one = sampled(stream(sent=[50 * MS], stamped=[90 * MS], lag=21 * MS))

    assert one is not None
    assert "ttft_s" in one.suspect


def test_the_relay_says_how_late_it_sent_itself() -> None:
    one = sampled(stream(sent=[50 * MS], stamped=[51 * MS]))

    assert one is not None
    assert one.relay_late_ns == MS // 2


def test_a_stream_without_stamps_is_no_sample() -> None:
    exchange = stream(sent=[50 * MS], stamped=[51 * MS])
    bare = Chunk(exchange.chunks[0].at_ns, b'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n')

    assert (
        sampled(Exchange(**{name: getattr(exchange, name) for name in exchange.__slots__} | {"chunks": (bare,)}))
        is None
    )


@pytest.mark.parametrize("value", [None, [], {}, {"x_wnmon_read_ns": 1}])
def test_a_piece_without_all_four_stamps_tells_nothing(value: Any) -> None:
    assert read_stamps(value) is None


def test_more_than_the_bound_is_affected() -> None:
    assert sample(20.1).affected() == {"ttft_s"}


def test_what_began_too_late_is_affected_too() -> None:
    assert sample(-20.1).affected() == {"ttft_s"}


def test_what_may_be_the_relays_own_lateness_is_not_held_against_the_sensor() -> None:
    assert sample(25, slack_ms=6).affected() == frozenset()


def test_a_spread_has_a_bias_with_its_sign_and_sizes_without() -> None:
    some = spread([-3 * MS, -2 * MS, MS])

    assert some is not None
    assert (some.bias_s, some.p50_s, some.max_s) == (-0.002, 0.002, 0.003)


def test_of_nothing_there_is_no_spread() -> None:
    assert spread([]) is None


def test_near_samples_are_trustworthy() -> None:
    assert judged(*[sample()] * 20).word is Word.TRUSTWORTHY


def test_a_few_samples_prove_nothing() -> None:
    assert judged(*[sample()] * 4).word is Word.UNJUDGED


def test_no_way_of_asking_may_lack_samples() -> None:
    assert judge_honesty({"http": [sample()] * 20, "https": []}, 0).word is Word.UNJUDGED


def test_a_bias_over_a_millisecond_is_not_trustworthy() -> None:
    assert str(judged(*[sample(1.2)] * 20).why).startswith("first tokens are stamped 1.20 ms off")


def test_a_bias_towards_too_little_is_not_trustworthy_either() -> None:
    assert judged(*[sample(-1.2)] * 20).word is Word.UNTRUSTWORTHY


def test_a_wide_spread_is_not_trustworthy() -> None:
    assert str(judged(*[sample()] * 97, *[sample(9)] * 3).why).startswith("one first token in 100 errs by 9.00 ms")


def test_much_that_is_withheld_is_not_trustworthy() -> None:
    assert str(judged(*[sample()] * 8, *[sample(suspect=True)] * 2).why).startswith("20% of the samples were withheld")


def test_what_is_withheld_does_not_count_among_the_errors() -> None:
    assert judged(*[sample()] * 19, sample(300, suspect=True)).word is Word.TRUSTWORTHY


def test_a_wrong_time_that_was_not_withheld_is_not_trustworthy() -> None:
    assert judged(*[sample()] * 400, sample(30)).word is Word.UNTRUSTWORTHY


def test_a_wrong_time_in_a_histogram_is_not_trustworthy() -> None:
    assert judged(*[sample()] * 20, sample(30, suspect=True), published=1).word is Word.UNTRUSTWORTHY


def test_a_relay_that_is_late_itself_proves_nothing() -> None:
    assert judged(*[sample(3, relay_late_ms=6)] * 20).word is Word.UNJUDGED


def test_under_a_stall_only_what_is_withheld_is_judged() -> None:
    assert judged(*[sample(150, suspect=True)] * 20, stalled=True).word is Word.TRUSTWORTHY


def test_under_a_stall_a_wrong_time_that_was_not_withheld_is_not_trustworthy() -> None:
    assert judged(*[sample(150)] * 20, stalled=True).word is Word.UNTRUSTWORTHY


def test_the_document_has_null_where_nothing_was_measured() -> None:
    document: Any = document_of(judged(*[sample(150, suspect=True)] * 5))

    assert document["series"][0]["ttft_error_s"] is None
