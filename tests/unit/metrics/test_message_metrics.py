"""Series of channels: born with the configuration, counted by what became of each try, gone with their channel."""

from __future__ import annotations

import pytest
from sink_runs import a_probe, a_sink, samples, value

from wnmon.model.events import Notified


def a_try(result: str, channel: str = "team") -> Notified:
    return Notified(channel=channel, result=result, at_s=8)


@pytest.mark.parametrize("result", ["delivered", "refused", "failed"])
def test_a_channel_that_nothing_was_sent_to_has_series_at_0(result: str) -> None:
    sink = a_sink(a_probe())
    sink.declare_channels(["team"])

    assert value(sink, "wnmon_notify_attempts_total", channel="team", result=result) == 0


def test_a_channel_that_took_nothing_yet_has_no_time_when_it_did() -> None:
    sink = a_sink(a_probe())
    sink.declare_channels(["team"])

    assert value(sink, "wnmon_notify_last_delivery_timestamp_seconds") is None


@pytest.mark.parametrize(("results", "waiting"), [(["failed"], 1), (["failed", "delivered"], 0), (["refused"], 1)])
def test_a_message_waits_until_it_is_delivered(results: list[str], waiting: int) -> None:
    sink = a_sink(a_probe())
    sink.declare_channels(["team"])
    for result in results:
        sink.observe(a_try(result))

    assert value(sink, "wnmon_notify_waiting", channel="team") == waiting


def test_a_reload_keeps_what_was_counted_of_a_channel() -> None:
    sink = a_sink(a_probe())
    sink.declare_channels(["team"])
    sink.observe(a_try("failed"))
    sink.declare_channels(["team", "duty"])

    assert value(sink, "wnmon_notify_attempts_total", channel="team", result="failed") == 1


@pytest.mark.parametrize("name", ["attempts_total", "waiting", "last_delivery_timestamp_seconds"])
def test_a_channel_that_is_taken_away_takes_its_series_along(name: str) -> None:
    sink = a_sink(a_probe())
    sink.declare_channels(["team", "duty"])
    sink.observe(a_try("delivered"))
    sink.declare_channels(["duty"])

    assert "team" not in {labels["channel"] for labels, _ in samples(sink, f"wnmon_notify_{name}")}
