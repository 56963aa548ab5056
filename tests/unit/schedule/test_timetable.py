"""Slots: a pure function of probe, interval and epoch, kept through restarts, stalls and wall clocks that jump."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wnmon.model.check import Check, Plan
from wnmon.model.target import Probe, ProbeId, Target
from wnmon.schedule.timetable import Entry, Taken, Timetable, grace_ns, next_slot_ns, phase_ns

S = 1_000_000_000
EPOCH_NS = 1_800_000_000 * S
OFFSET_NS = EPOCH_NS - 1_000 * S
IDS = [ProbeId(f"wn/alive/m-{number}") for number in range(600)]
TARGET = Target(name="wn", url="http://relay.invalid", host="relay.invalid", models=("m",))


def probe(every_s: float, name: str = "alive") -> Probe:
    return Probe(check=Check(name=name, plan=Plan(steps=()), every_s=every_s), target=TARGET, model="m")


class Desk:
    """A timetable with one probe, and the boot clock beside it."""

    def __init__(self, every_s: float = 10, *, run_now: bool = False, at_s: float = 1_000) -> None:
        self.now_ns = int(at_s * S)
        self.table = Timetable(OFFSET_NS)
        self.table.set_probes([probe(every_s)], self.now_ns, run_now=run_now)

    @property
    def entry(self) -> Entry:
        entry = self.table.get(probe(1).id)
        assert entry is not None
        return entry

    def go_to(self, at_ns: int) -> Desk:
        self.now_ns = at_ns
        return self

    def take(self, *, begins: bool = True) -> Taken:
        return self.table.take(self.entry, self.now_ns, begins=begins)

    def run(self) -> int:
        """Run at the next slot; return when that was."""
        due_ns = self.entry.due_ns
        self.go_to(due_ns).take()
        return due_ns

    def jump(self, seconds: float) -> bool:
        return self.table.tie(self.table.offset_ns + int(seconds * S), self.now_ns)


# --- slots


def test_the_phase_of_a_probe_is_the_same_in_another_process() -> None:
    code = f"from wnmon.schedule.timetable import phase_ns; print(phase_ns({str(IDS[0])!r}, {60 * S}))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(told.stdout) == phase_ns(IDS[0], 60 * S)


@pytest.mark.parametrize("every_s", [1, 60, 3600, 86_400])
def test_the_phase_lies_within_the_interval(every_s: int) -> None:
    assert all(0 <= phase_ns(one, every_s * S) < every_s * S for one in IDS)


def test_an_interval_below_a_millisecond_has_no_phase() -> None:
    assert phase_ns(IDS[0], 999_999) == 0


def test_phases_are_spread_over_the_whole_interval() -> None:
    slots = Counter(phase_ns(one, 3600 * S) // (360 * S) for one in IDS)
    assert (len(slots), max(slots.values()) < 2 * len(IDS) / 10) == (10, True)


@given(st.integers(0, 10**19), st.integers(10**8, 10**14))
def test_the_next_slot_is_the_first_later_one(after_ns: int, every_ns: int) -> None:
    slot_ns = next_slot_ns(IDS[0], every_ns, after_ns)
    assert (0 < slot_ns - after_ns <= every_ns, (slot_ns - phase_ns(IDS[0], every_ns)) % every_ns) == (True, 0)


@pytest.mark.parametrize(("every_s", "grace_s"), [(0.2, 1), (3, 1.5), (20, 10), (900, 30)])
def test_the_grace_is_half_an_interval_within_1_and_30_s(every_s: float, grace_s: float) -> None:
    assert grace_ns(int(every_s * S)) == grace_s * S


# --- from run to run


def test_a_probe_runs_once_an_interval() -> None:
    desk = Desk(10)
    runs = [desk.run() for _ in range(4)]
    assert [later - earlier for earlier, later in itertools.pairwise(runs)] == [10 * S] * 3


def test_a_restart_moves_no_run() -> None:
    first, second = Desk(10, at_s=1_000), Desk(10, at_s=1_123.4)
    first.go_to(second.now_ns).take()
    assert first.entry.due_ns == second.entry.due_ns


def test_a_service_that_crashes_and_restarts_all_the_time_runs_no_more_than_a_quiet_one() -> None:
    quiet, runs = Desk(60, at_s=1_000), 0
    for start_s in range(1_000, 1_600, 20):
        crashing = Desk(60, at_s=start_s)
        while crashing.entry.due_ns < (start_s + 20) * S:
            crashing.run()
            runs += 1
    planned = 0
    while quiet.entry.due_ns < 1_600 * S:
        quiet.run()
        planned += 1
    assert runs <= planned


def test_a_new_probe_may_run_at_once() -> None:
    desk = Desk(10, run_now=True)
    assert (desk.entry.due_ns, desk.take()) == (desk.now_ns, Taken(missed=0, late_ns=0))


def test_a_run_a_little_late_is_run_for_its_slot() -> None:
    desk = Desk(10)
    assert desk.go_to(desk.entry.due_ns + 3 * S).take() == Taken(missed=0, late_ns=3 * S)


def test_a_run_too_late_is_missed() -> None:
    desk = Desk(10)
    assert desk.go_to(desk.entry.due_ns + 6 * S).take() == Taken(missed=1, late_ns=None)


def test_of_many_slots_that_went_by_the_newest_is_run_and_the_others_are_missed() -> None:
    desk = Desk(10)
    assert desk.go_to(desk.entry.due_ns + 42 * S).take() == Taken(missed=4, late_ns=2 * S)


def test_a_run_a_moment_early_takes_its_slot() -> None:
    desk = Desk(10)
    due_ns = desk.entry.due_ns
    desk.go_to(due_ns - 40_000_000).take()
    assert desk.entry.due_ns == due_ns + 10 * S


def test_a_slot_that_was_missed_stays_promised() -> None:
    desk = Desk(10)
    due_ns = desk.entry.due_ns
    desk.go_to(due_ns + 6 * S).take()
    assert (desk.entry.promised_ns, desk.entry.due_ns) == (due_ns, due_ns + 10 * S)


def test_a_slot_at_which_a_run_is_under_way_is_not_missed() -> None:
    desk = Desk(10)
    due_ns = desk.run()
    desk.go_to(due_ns + 10 * S).take(begins=False)
    assert (desk.entry.begun_ns, desk.entry.promised_ns) == (due_ns, due_ns + 20 * S)


def test_the_slot_of_a_run_that_began_is_its_last() -> None:
    desk = Desk(10)
    assert desk.run() == desk.entry.begun_ns


# --- a new configuration


def test_an_unchanged_interval_keeps_its_slot() -> None:
    desk = Desk(3600)
    due_ns = desk.entry.due_ns
    changed = desk.table.set_probes([probe(3600), probe(60, "new")], desk.now_ns + 5)
    assert ([entry.probe.check.name for entry in changed], desk.entry.due_ns) == (["new"], due_ns)


def test_a_changed_interval_moves_the_slot() -> None:
    desk = Desk(3600)
    changed = desk.table.set_probes([probe(20)], desk.now_ns)
    assert (changed, desk.entry.due_ns <= desk.now_ns + 20 * S) == ([desk.entry], True)


def test_a_changed_interval_keeps_its_distance_from_the_last_run() -> None:
    desk = Desk(10)
    ran_ns = desk.run()
    desk.table.set_probes([probe(60)], desk.now_ns)
    assert desk.entry.due_ns - ran_ns >= 30 * S


def test_only_new_probes_run_at_once_where_that_is_asked() -> None:
    desk = Desk(10)
    due_ns = desk.entry.due_ns
    desk.table.set_probes([probe(10)], desk.now_ns, run_now=True)
    assert desk.entry.due_ns == due_ns


def test_a_removed_probe_has_no_slot() -> None:
    desk = Desk(10)
    desk.table.set_probes([], desk.now_ns)
    assert desk.table.get(probe(10).id) is None


# --- a wall clock that is set


@pytest.mark.parametrize("jump_s", [-86_400.25, -600, -7.3, 7.3, 600, 86_400.25])
def test_after_a_jump_the_next_run_keeps_between_half_and_one_and_a_half_intervals(jump_s: float) -> None:
    desk = Desk(10)
    ran_ns = desk.run()
    desk.jump(jump_s)
    assert 5 * S <= desk.entry.due_ns - ran_ns <= 15 * S


@pytest.mark.parametrize("since_run_s", [0, 4.9, 5.1, 9.9])
@pytest.mark.parametrize("jump_s", [-601.3, -3.3, 2.2, 607.7])
def test_a_jump_makes_no_gap_however_late_in_the_interval_it_comes(since_run_s: float, jump_s: float) -> None:
    desk = Desk(10)
    ran_ns = desk.run()
    desk.go_to(ran_ns + int(since_run_s * S)).jump(jump_s)
    assert 5 * S <= desk.entry.due_ns - ran_ns <= 15 * S


def test_a_clock_set_again_and_again_keeps_no_run_from_beginning() -> None:
    desk, runs = Desk(10), 0
    begin_ns = desk.now_ns
    for second in range(1, 61):
        desk.go_to(begin_ns + second * S).jump(-1)
        if desk.entry.due_ns <= desk.now_ns:
            desk.take()
            runs += 1
    assert 3 <= runs <= 9


def test_after_a_jump_the_slots_are_those_of_a_service_started_then() -> None:
    desk = Desk(10)
    desk.run()
    desk.jump(-600.123)
    wall_ns = desk.entry.due_ns + desk.table.offset_ns
    assert (wall_ns - phase_ns(probe(10).id, 10 * S)) % (10 * S) == 0


def test_a_clock_kept_right_by_little_steps_moves_no_slot() -> None:
    desk = Desk(10)
    desk.run()
    due_ns = desk.entry.due_ns
    assert (desk.jump(0.02), desk.entry.due_ns) == (False, due_ns)


def test_a_jump_moves_what_is_promised_ahead() -> None:
    desk = Desk(10)
    desk.run()
    desk.jump(-3.3)
    assert desk.entry.promised_ns == desk.entry.due_ns


def test_a_jump_does_not_take_back_that_a_run_is_overdue() -> None:
    desk = Desk(10)
    desk.run()
    missed_ns = desk.entry.due_ns
    desk.go_to(missed_ns + 8 * S).take()
    desk.jump(-3.3)
    assert desk.entry.promised_ns == missed_ns


def rechecking(after_s: float, lasts_s: float = 0) -> tuple[Desk, bool]:
    """Return a desk whose run has ended, and whether a re-check so much later was planned."""
    desk = Desk(10)
    desk.run()
    return desk, desk.table.plan_recheck(probe(1).id, desk.now_ns + int(after_s * S), int(lasts_s * S)) is not None


def test_a_recheck_moves_no_slot() -> None:
    desk, _ = rechecking(3)
    due_ns = desk.entry.due_ns
    desk.go_to(desk.now_ns + 3 * S).table.take_recheck(desk.entry, desk.now_ns)
    assert (desk.entry.due_ns, desk.entry.promised_ns) == (due_ns, due_ns)


@pytest.mark.parametrize(("after_s", "lasts_s", "planned"), [(3, 0, True), (10, 0, False), (3, 6, True), (3, 7, False)])
def test_a_recheck_is_planned_where_it_ends_before_the_next_slot(after_s: int, lasts_s: int, planned: bool) -> None:
    assert rechecking(after_s, lasts_s)[1] is planned


@pytest.mark.parametrize(("waited_s", "fires_in_s"), [(0, 3), (2.9, 0.1), (3, 7), (9, 1)])
def test_a_probe_fires_next_at_its_recheck_and_then_at_its_slot(waited_s: float, fires_in_s: float) -> None:
    desk, _ = rechecking(3)
    now_ns = desk.now_ns + int(waited_s * S)
    assert desk.entry.next_ns(now_ns) - now_ns == pytest.approx(fires_in_s * S)


def test_a_recheck_confirms_the_run_of_its_slot() -> None:
    desk, _ = rechecking(3)
    begun_ns = desk.entry.begun_ns
    assert desk.table.take_recheck(desk.entry, desk.now_ns + 3 * S) == begun_ns


def test_a_recheck_takes_place_once() -> None:
    desk, _ = rechecking(3)
    assert [desk.table.take_recheck(desk.entry, desk.now_ns + 3 * S) is None for _ in range(2)] == [False, True]


def test_a_recheck_that_a_sleeping_machine_missed_is_let_out() -> None:
    desk, _ = rechecking(1)
    assert desk.table.take_recheck(desk.entry, desk.now_ns + 1 * S + grace_ns(10 * S) + 1) is None


def test_a_slot_takes_the_place_of_a_recheck_before_it() -> None:
    desk, _ = rechecking(3)
    desk.run()
    assert desk.entry.recheck_ns is None


def test_a_recheck_does_not_outlive_a_change_of_the_interval() -> None:
    desk, _ = rechecking(3)
    desk.table.set_probes([probe(20)], desk.now_ns)
    assert desk.entry.recheck_ns is None


def test_a_probe_that_went_is_not_asked_again() -> None:
    desk = Desk(10)
    desk.table.set_probes([], desk.now_ns)
    assert desk.table.plan_recheck(probe(1).id, desk.now_ns + S, 0) is None


def test_slots_are_counted_one_by_one() -> None:
    table, one = Timetable(0), probe(every_s=60)
    table.set_probes([one], 0)
    first_ns = table.slot_from(one.id, 10**15)
    numbers = [table.number_of(one.id, first_ns + slot * one.check.every_ns) for slot in range(3)]

    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]


@pytest.mark.parametrize("off_ns", [-20 * 10**9, 0, 20 * 10**9])
def test_an_instant_is_of_the_slot_it_is_nearest_to(off_ns: int) -> None:
    table, one = Timetable(5), probe(every_s=60)
    table.set_probes([one], 0)
    slot_ns = table.slot_from(one.id, 10**15)

    assert table.number_of(one.id, slot_ns + off_ns) == table.number_of(one.id, slot_ns)


def test_what_is_not_scheduled_has_no_slots() -> None:
    assert Timetable(0).number_of(ProbeId("gone/c/m"), 10**15) == 0
