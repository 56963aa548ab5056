"""Durations, read and shown."""

from __future__ import annotations

import pytest

from wnmon.model.duration import parse_duration_s, show_duration, span


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("250ms", 0.25), ("2s", 2.0), ("15m", 900.0), ("1h30m", 5400.0), ("1d", 86400.0), ("1.5s", 1.5), ("0s", 0.0)],
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert parse_duration_s(text) == seconds


@pytest.mark.parametrize("text", ["", "2", "s", "fast", "-1s", "2 s", "1.s", "٢s", "1s" * 20, "1s\n"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match='a duration such as "2s"'):
        parse_duration_s(text)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.0, "0 ms"), (0.85, "850 ms"), (2.4, "2.40 s"), (60, "1m"), (5400, "1h30m"), (3601, "1h1s"), (86400, "24h")],
)
def test_a_duration_is_shown_short(seconds: float, shown: str) -> None:
    assert show_duration(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "lang", "shown"),
    [
        (45, "en", "45 s"),
        (720, "en", "12 min"),
        (7500, "en", "2 h 5 min"),
        (7200, "en", "2 h"),
        (277_200, "en", "3 d 5 h"),
        (277_200, "zh", "3 天 5 小时"),
    ],
)
def test_a_length_of_time_is_shown_in_its_two_largest_units(seconds: float, lang: str, shown: str) -> None:
    assert span(seconds, lang) == shown
