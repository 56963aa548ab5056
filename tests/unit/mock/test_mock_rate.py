"""How many requests the reference relay lets in within a minute."""

from __future__ import annotations

from wnmon.mock.rate import Rate, Rates

S = 10**9


def test_one_too_many_is_not_let_in() -> None:
    rates = Rates()

    assert [rates.take("k", 2, at * S).is_over for at in (0, 1, 2)] == [False, False, True]


def test_one_more_is_let_in_once_the_first_is_a_minute_old() -> None:
    rates = Rates()

    assert [rates.take("k", 1, at * S).is_over for at in (0, 59, 60, 61)] == [False, True, False, True]


def test_a_request_is_told_what_is_left_and_when_there_is_more() -> None:
    rates = Rates()
    rates.take("k", 3, 0)

    assert rates.take("k", 3, 20 * S) == Rate(limit=3, left=1, reset_s=40.0, is_over=False)


def test_each_key_has_a_limit_of_its_own() -> None:
    rates = Rates()

    assert [rates.take(key, 1, 0).is_over for key in ("k", "other")] == [False, False]
