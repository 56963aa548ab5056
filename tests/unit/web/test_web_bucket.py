"""The rate of requests, as a bucket."""

from __future__ import annotations

from wnmon.model.web_access import RequestRate
from wnmon.web.bucket import Bucket

RATE = RequestRate(interval_s=2, burst=3)


def test_a_burst_is_let_in_and_no_more() -> None:
    bucket = Bucket(RATE, lambda: 0.0)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


def test_after_each_interval_comes_one_more() -> None:
    times = iter([0.0, 0.0, 0.0, 0.0, 2.0, 2.0])
    bucket = Bucket(RATE, lambda: next(times))
    assert [bucket.take() for _ in range(5)][3:] == [True, False]


def test_a_long_pause_fills_no_more_than_a_burst() -> None:
    times = iter([0.0, *[1000.0] * 4])
    bucket = Bucket(RATE, lambda: next(times))
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
