"""Maintenance and pauses: nothing is sent, nothing is known, and who asks by hand is answered all the same."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from engine_samples import NOON_S, Bench, FakeClock, S, probe, reply

from wnmon.engine.ports import Rest, RestCause
from wnmon.engine.windows import Windows
from wnmon.model.events import RunDiscarded, RunSkipped, Skip
from wnmon.model.result import Outcome
from wnmon.model.target import Probe
from wnmon.model.window import Window
from wnmon.watch.cron import parse_cron

HOUR_S = 3600.0


def closed(*windows: Window) -> Probe:
    return replace(probe(), windows=windows)


def window(from_s: float, until_s: float, reason: str = "works", *, is_pause: bool = False) -> Window:
    return Window(reason=reason, from_s=NOON_S + from_s, until_s=NOON_S + until_s, is_pause=is_pause)


def skips(bench: Bench) -> list[Skip]:
    return [one.reason for one in bench.memory.events if isinstance(one, RunSkipped)]


def test_a_window_is_a_rest_with_its_end_and_its_reason() -> None:
    clock = FakeClock()
    rest = Windows(clock).rest(closed(window(-5, 60)))
    assert rest == Rest(cause=RestCause.MAINTENANCE, until_ns=clock.boot_ns() + 60 * S, reason="works")


def test_a_pause_is_a_rest_of_its_own_cause() -> None:
    rest = Windows(FakeClock()).rest(closed(window(-5, 60, is_pause=True)))
    assert rest is not None
    assert rest.cause is RestCause.PAUSED


def test_of_windows_that_overlap_the_one_that_ends_last_is_told() -> None:
    rest = Windows(FakeClock()).rest(closed(window(-5, 60), window(-1, 90, "more works"), window(80, 900)))
    assert rest is not None
    assert rest.reason == "more works"


def test_a_window_that_is_remembered_comes_and_goes() -> None:
    clock = FakeClock()
    windows, one = Windows(clock), closed(window(10, 20))
    seen = []
    for _ in range(4):
        seen.append(windows.rest(one) is not None)
        clock.pass_s(8)
    assert seen == [False, False, True, False]


def test_a_cron_comes_again() -> None:
    clock = FakeClock()
    hourly = Window(reason="x", cron=parse_cron("0 * * * *"), duration_s=600)
    windows, one, seen = Windows(clock), closed(hourly), []
    for _ in range(4):
        seen.append(windows.rest(one) is not None)
        clock.pass_s(HOUR_S / 2)
    assert seen == [True, False, True, False]


def test_a_window_to_come_is_told_of_an_instant_to_come() -> None:
    clock = FakeClock()
    windows, one = Windows(clock), closed(window(10, 20))
    seen = [windows.rest(one, clock.boot_ns() + at_s * S) is not None for at_s in (9, 10, 19, 20)]
    assert seen == [False, True, True, False]


def test_a_window_to_come_ends_when_it_ends() -> None:
    clock = FakeClock()
    rest = Windows(clock).rest(closed(window(10, 20)), clock.boot_ns() + 15 * S)
    assert rest == Rest(cause=RestCause.MAINTENANCE, until_ns=clock.boot_ns() + 20 * S, reason="works")


def test_of_a_cron_any_time_to_come_is_told_in_any_order() -> None:
    clock = FakeClock()
    windows, one = Windows(clock), closed(Window(reason="x", cron=parse_cron("0 * * * *"), duration_s=600))
    hours = (0, 2.5, 1, 0.5, 3, 0.1)
    seen = [windows.rest(one, clock.boot_ns() + int(hour * HOUR_S) * S) is not None for hour in hours]
    assert seen == [True, False, True, False, True, True]


def test_a_wall_clock_that_is_set_back_brings_a_window_back() -> None:
    clock = FakeClock()
    windows, one = Windows(clock), closed(window(-5, 5))
    clock.epoch_s += 60
    over = windows.rest(one)
    clock.epoch_s -= 60
    assert (over, windows.rest(one) is not None) == (None, True)


def test_in_a_window_nothing_is_sent_and_the_run_is_told_as_left_out() -> None:
    bench = Bench(reply())
    run = bench.run(closed(window(-5, 60)))
    assert (bench.transport.sent, run.result.outcome, skips(bench)) == ([], Outcome.SKIPPED, [Skip.MAINTENANCE])


def test_after_it_the_probe_is_asked_as_ever() -> None:
    bench = Bench(reply())
    bench.clock.pass_s(61)
    assert bench.run(closed(window(-5, 60))).result.outcome is Outcome.PASSED


def test_what_a_run_finds_that_a_window_cuts_into_counts_for_nothing() -> None:
    bench = Bench(reply(b"", 500))
    bench.transport.meanwhile = lambda: bench.clock.pass_s(10)
    bench.run(closed(window(5, 60)))
    assert (len(bench.transport.sent), bench.memory.runs, skips(bench)) == (1, [], [Skip.MAINTENANCE])


def test_a_run_that_a_window_cuts_into_sends_no_more() -> None:
    bench = Bench(reply())
    bench.transport.meanwhile = lambda: bench.clock.pass_s(10)
    one = closed(window(5, 60))
    steps = tuple(replace(one.check.plan.steps[0], name=name) for name in "abc")
    two = replace(one, check=replace(one.check, plan=replace(one.check.plan, steps=steps)))
    asyncio.run(bench.runner.run(two))
    assert len(bench.transport.sent) == 1


@pytest.mark.parametrize("recheck", [False, True])
def test_what_a_run_cost_that_a_window_cuts_into_is_told(recheck: bool) -> None:
    bench = Bench(reply())
    bench.transport.meanwhile = lambda: bench.clock.pass_s(10)
    run = asyncio.run(bench.runner.run(closed(window(5, 60)), recheck=recheck))
    (cut,) = bench.memory.of(RunDiscarded)
    assert (cut.statuses, cut.input_tokens, cut.output_tokens) == (
        (200,),
        run.spent_input_tokens,
        run.spent_output_tokens,
    )
    assert cut.input_tokens > 0
