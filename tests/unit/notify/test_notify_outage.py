"""Outages from the relay to the message: real slots, re-checks and confirmation, in time that the test passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from notify_samples import NOON_S, Night, probe, run_of

from wnmon.engine.run import Run
from wnmon.engine.standing import Standings
from wnmon.engine.turns import Turns
from wnmon.model.result import Reason
from wnmon.model.target import Probe, ProbeId
from wnmon.schedule.timetable import Timetable

S = 1_000_000_000
EVERY_S = 60.0
BEGIN_S, END_S = 300.0, 600.0
"""An outage of five minutes, in seconds after noon."""


class Clock:
    """Boot and wall go together, from noon on."""

    def __init__(self) -> None:
        self.second = 0

    def now_ns(self) -> int:
        return self.second * S

    def boot_ns(self) -> int:
        return self.second * S

    def wall_s(self) -> float:
        return NOON_S + self.second


IsDown = Callable[[Probe, float], bool]


class World:
    """Relays that are asked at their slots, and again where that confirms anything, and one channel that is told."""

    def __init__(self, probes: list[Probe], is_down: IsDown, **settings: object) -> None:
        self.clock = Clock()
        self.probes = probes
        self.is_down = is_down
        self.table = Timetable(int(NOON_S * S))
        self.table.set_probes(probes, 0)
        self.standings = Standings(self.clock, self.table, lambda _, __: None)
        self.standings.declare(probes)
        self.turns = Turns()
        self.night = Night(probes)
        self.night.channel = replace(self.night.channel, **settings)  # type: ignore[arg-type]
        self.again: dict[ProbeId, float] = {}

    def until(self, second: int) -> World:
        while self.clock.second < second:
            self.clock.second += 1
            self.night.now_s = self.clock.wall_s()
            for each in self.probes:
                entry = self.table.get(each.id)
                assert entry is not None
                if entry.due_ns <= self.clock.boot_ns():
                    self.table.take(entry, self.clock.boot_ns(), begins=True)
                    self.run(each, recheck=False)
                elif self.again.get(each.id, second + 1) <= self.clock.second:
                    self.run(each, recheck=True)
            self.night.look()
        return self

    def run(self, each: Probe, *, recheck: bool) -> None:
        self.again.pop(each.id, None)
        if recheck and not self.standings.wants_recheck(each.id):
            return
        down = self.is_down(each, self.clock.second)
        self.take(replace(run_of(each, self.clock.wall_s(), good=not down, reason=Reason.CONNECT), recheck=recheck))
        again_s = self.standings.recheck_s(each.id)
        if again_s is not None:
            self.again[each.id] = self.clock.second + again_s

    def take(self, run: Run) -> None:
        night = self.night
        self.standings.take(run)
        night.situation.take(run)
        turned = self.turns.after(run, self.standings.of(run.probe))
        if turned is None:
            return
        if turned.up:
            outage = night.situation.end(turned.probe)
            night.memory.ended(turned.probe, outage, night.channel, until_s=turned.since_s, ttft_s=None)
        else:
            night.memory.began(night.situation.begin(turned))


def for_five_minutes(_: Probe, second: float) -> bool:
    return BEGIN_S <= second < END_S


def told(world: World) -> list[tuple[str, int]]:
    return [(notice.kind.value, len(notice.began) + len(notice.ended)) for _, notice in world.night.heard]


@pytest.mark.parametrize("name", [f"relay-{number}" for number in range(12)])
def test_an_outage_of_five_minutes_is_one_message_within_two_intervals_and_one_recovery(name: str) -> None:
    world = World([probe(name)], for_five_minutes).until(2000)
    assert told(world) == [("down", 1), ("up", 1)]
    assert world.night.heard[0][0] - BEGIN_S <= 2 * EVERY_S


@pytest.mark.parametrize("models", [2, 10, 100])
def test_all_models_of_a_relay_are_one_message_within_two_intervals_and_one_recovery(models: int) -> None:
    probes = [probe("wn", f"m{number}") for number in range(models)]
    world = World(probes, for_five_minutes).until(2000)
    assert told(world) == [("down", models), ("up", models)]
    assert world.night.heard[0][0] - BEGIN_S <= 2 * EVERY_S


def test_one_model_of_many_that_fails_is_one_message_within_two_intervals() -> None:
    probes = [probe("wn", f"m{number}") for number in range(20)]
    world = World(probes, lambda each, second: each.model == "m7" and for_five_minutes(each, second)).until(2000)
    assert told(world) == [("down", 1), ("up", 1)]
    assert world.night.heard[0][0] - BEGIN_S <= 2 * EVERY_S


def test_a_single_failure_is_not_told() -> None:
    world = World([probe("wn")], lambda _, second: BEGIN_S <= second < BEGIN_S + 29).until(2000)
    assert told(world) == []


def test_twenty_relays_that_cannot_be_reached_are_one_message_each_way() -> None:
    probes = [probe(f"relay-{number}") for number in range(20)]
    world = World(probes, for_five_minutes).until(2000)
    assert told(world) == [("digest", 20), ("digest", 20)]


def test_a_relay_that_flaps_for_a_day_is_told_a_few_times_an_hour() -> None:
    world = World([probe("wn")], lambda _, second: second % 600 < 300, remind_s=None).until(86_400)
    assert len(told(world)) <= 24 * 6
