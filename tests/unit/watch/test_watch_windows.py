"""When a window is in force: once, each time of a cron, or until a pause ends."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from wnmon.model.window import Window
from wnmon.watch.cron import parse_cron
from wnmon.watch.windows import span_of

NIGHTLY = Window(reason="x", cron=parse_cron("0 22 * * *"), zone=ZoneInfo("Europe/Berlin"), duration_s=4 * 3600)
ONCE = Window(reason="x", from_s=100, until_s=200)


def is_in_force(window: Window, now_s: float) -> bool:
    span = span_of(window, now_s)
    return span is not None and span.holds(now_s)


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(("now_s", "inside"), [(99, False), (100, True), (199, True), (200, False)])
def test_a_window_begins_with_its_first_instant_and_ends_before_its_last(now_s: float, inside: bool) -> None:
    assert is_in_force(ONCE, now_s) is inside


def test_a_window_that_is_over_is_never_in_force_again() -> None:
    assert span_of(ONCE, 200) is None


@pytest.mark.parametrize(
    ("now", "inside"),
    [
        ("2026-12-01T21:59:59+01:00", False),
        ("2026-12-01T22:00:00+01:00", True),
        ("2026-12-02T01:59:59+01:00", True),
        ("2026-12-02T02:00:00+01:00", False),
    ],
)
def test_a_window_of_a_cron_may_go_over_midnight(now: str, inside: bool) -> None:
    assert is_in_force(NIGHTLY, at(now)) is inside


def test_a_window_lasts_as_long_whatever_clocks_are_set_in_it() -> None:
    span = span_of(NIGHTLY, at("2026-03-29T00:00:00+01:00"))
    assert span == (at("2026-03-28T22:00:00+01:00"), at("2026-03-29T03:00:00+02:00"))


def test_the_next_time_is_told_before_it_comes() -> None:
    span = span_of(NIGHTLY, at("2026-12-01T12:00:00+01:00"))
    assert span is not None
    assert datetime.fromtimestamp(span.from_s, UTC).isoformat() == "2026-12-01T21:00:00+00:00"


def test_a_pause_has_no_beginning() -> None:
    assert is_in_force(Window(reason="x", is_pause=True, until_s=200), 0)
