"""Handing runs and events to everyone who wants them."""

from __future__ import annotations

from engine_samples import Bench, Broken, Memory

from wnmon.engine.fanout import Fanout
from wnmon.engine.run import Run
from wnmon.model.events import InFlight, SinkFailed

RUN: Run = Bench().run()
EVENT = InFlight(runs=1)


def test_every_sink_takes_the_run() -> None:
    one, other = Memory(), Memory()
    Fanout((one, other)).take(RUN)
    assert (one.runs, other.runs) == ([RUN], [RUN])


def test_a_failing_sink_does_not_keep_the_run_from_the_next() -> None:
    last = Memory()
    Fanout((Broken(), last)).take(RUN)
    assert last.runs == [RUN]


def test_a_failing_sink_is_told_to_the_observers() -> None:
    ear = Memory()
    Fanout((Broken("bad"),), (ear,)).take(RUN)
    assert [event.sink for event in ear.of(SinkFailed)] == ["bad"]


def test_what_is_told_of_a_failure_is_its_kind_and_place_and_never_its_text() -> None:
    ear = Memory()
    Fanout((Broken("bad"),), (ear,)).take(RUN)
    assert "secret" not in ear.of(SinkFailed)[0].error


def test_every_observer_takes_the_event() -> None:
    one, other = Memory(), Memory()
    Fanout((), (one, other)).observe(EVENT)
    assert (one.events, other.events) == ([EVENT], [EVENT])


def test_a_failing_observer_is_told_to_the_others() -> None:
    ear = Memory("ear")
    Fanout((), (Broken("bad"), ear)).observe(EVENT)
    assert [event.sink for event in ear.of(SinkFailed)] == ["bad"]


def test_a_failing_observer_is_not_told_of_itself() -> None:
    bad = Broken("bad")
    Fanout((), (bad, Memory("ear"))).observe(EVENT)
    assert bad.events == [EVENT]


def test_two_failing_observers_do_not_tell_each_other_for_ever() -> None:
    one, other = Broken("one"), Broken("other")
    Fanout((), (one, other)).observe(EVENT)
    assert [len(one.events), len(other.events)] == [2, 2]
