"""What counts of a probe now: how long an outcome is known, through rests, missed runs and sleep."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from engine_samples import NOON_S, Bench, FakeClock, S, lost, probe, reply

from wnmon.engine.ports import Rest, RestCause
from wnmon.engine.standing import AFTER_REST_S, MOST_RESTS, Standing, Standings
from wnmon.model.check import Confirm
from wnmon.model.exchange import FailureKind
from wnmon.model.result import Outcome, Reason, Result
from wnmon.model.target import ProbeId, Secret
from wnmon.schedule.timetable import Timetable, grace_ns

EVERY_S = 60
CONFIRM = Confirm()
NEW_KEY = {"api_key": Secret("sk-another-0123456789", "k")}


class Watch:
    """A probe every minute, its slots and its rests, in time that the test passes."""

    def __init__(self, confirm: Confirm = CONFIRM) -> None:
        self.clock = FakeClock()
        self.probe = probe(every_s=EVERY_S, confirm=confirm)
        self.all_rests: list[tuple[Rest, int]] = []
        self.table = Timetable(int(NOON_S * S) - self.clock.boot_ns())
        self.table.set_probes([self.probe], self.clock.boot_ns())
        self.standings = Standings(self.clock, self.table, lambda _, at_ns: self.resting(at_ns))
        self.standings.declare([self.probe])
        self.go_to_slot()

    def resting(self, at_ns: int | None = None) -> Rest | None:
        at_ns = self.clock.boot_ns() if at_ns is None else at_ns
        rests = (rest for rest, from_ns in self.all_rests if from_ns <= at_ns < rest.until_ns)
        return max(rests, key=lambda rest: rest.until_ns, default=None)

    def go_to_slot(self) -> None:
        entry = self.table.get(self.probe.id)
        assert entry is not None
        self.clock.pass_s((entry.due_ns - self.clock.boot_ns()) / S)

    def slot(self, *, missed: bool = False, begins: bool = True) -> None:
        """Let a run begin at its slot, find one under way, or come a second too late for it."""
        entry = self.table.get(self.probe.id)
        assert entry is not None
        late_ns = grace_ns(entry.every_ns) + S if missed else 0
        self.table.take(entry, self.clock.boot_ns() + late_ns, begins=begins)

    def run(self, bench: Bench) -> Watch:
        self.slot()
        return self.take(bench)

    def take(self, bench: Bench, *, recheck: bool = False) -> Watch:
        self.standings.take(bench.run(self.probe, recheck=recheck))
        return self

    def becomes(self, **change: Any) -> list[ProbeId]:
        """Change the target, as a reload does; return what is to be asked again soon."""
        self.probe = replace(self.probe, target=replace(self.probe.target, **change))
        return list(self.standings.declare([self.probe]))

    def rests(self, seconds: float, cause: RestCause = RestCause.ASKED, *, after_s: float = 0) -> Watch:
        from_ns = self.clock.boot_ns() + int(after_s * S)
        self.all_rests.append((Rest(cause=cause, until_ns=from_ns + int(seconds * S)), from_ns))
        return self

    def after_s(self, seconds: float) -> Standing:
        """Return how the probe stands so much later; each slot is missed, or begun by a run that a rest leaves out."""
        end_ns = self.clock.boot_ns() + int(seconds * S)
        while (entry := self.table.get(self.probe.id)) and entry.due_ns <= end_ns:
            self.go_to_slot()
            self.slot(missed=self.resting() is None)
        self.clock.pass_s((end_ns - self.clock.boot_ns()) / S)
        return self.standings.of(self.probe.id)


def good() -> Bench:
    return Bench(reply())


def bad() -> Bench:
    return Bench(lost(FailureKind.CONNECT))


def test_before_the_first_run_nothing_is_known() -> None:
    assert not Watch().standings.of(probe().id).known


def test_a_probe_nobody_declared_is_not_known() -> None:
    assert Watch().standings.of(probe(name="other").id) == Standing(known=False)


@pytest.mark.parametrize("bench", [good, bad])
def test_an_outcome_counts_for_three_intervals_from_when_its_run_was_due(bench: type[Bench]) -> None:
    assert (Watch().run(bench()).after_s(180).known, Watch().run(bench()).after_s(181).known) == (True, False)


def test_a_run_that_was_skipped_tells_nothing() -> None:
    watch = Watch()
    watch.standings.take(replace(good().run(), result=Result(outcome=Outcome.SKIPPED, reason=Reason.OK)))
    assert not watch.standings.of(watch.probe.id).known


def test_a_success_is_no_news_after_three_intervals_whatever_rests() -> None:
    assert not Watch().run(good()).rests(3600).after_s(181).known


@pytest.mark.parametrize("cause", [RestCause.ASKED, RestCause.REFUSED])
def test_a_failure_counts_as_long_as_refusals_put_the_next_run_off(cause: RestCause) -> None:
    assert Watch().run(bad()).rests(3600, cause).after_s(3599).known


def test_a_failure_counts_until_two_intervals_after_the_run_that_follows_the_rest() -> None:
    watch = Watch().run(bad()).rests(3599)
    assert (watch.after_s(3600 + 119).known, watch.after_s(62).known) == (True, False)


@pytest.mark.parametrize("bench", [good, bad])
def test_nothing_counts_of_a_probe_that_rests_for_its_budget(bench: type[Bench]) -> None:
    watch = Watch().run(bench())
    assert (watch.standings.of(watch.probe.id).known, watch.rests(3600, RestCause.BUDGET).after_s(60).known) == (
        True,
        False,
    )


def test_what_counts_no_more_does_not_come_back_with_a_later_rest() -> None:
    watch = Watch().run(bad())
    watch.after_s(181)
    assert not watch.rests(3600).after_s(1).known


def test_a_machine_that_slept_knows_nothing_of_before() -> None:
    watch = Watch().run(good())
    watch.clock.sleep_s(3600)
    assert not watch.standings.of(watch.probe.id).known


def test_the_next_run_is_the_next_slot() -> None:
    watch = Watch()
    now_s = watch.clock.epoch_s
    assert watch.run(good()).standings.of(watch.probe.id).next_run_s == pytest.approx(now_s + 60, abs=0.01)


def test_the_next_run_is_the_first_slot_after_a_rest() -> None:
    watch = Watch()
    now_s = watch.clock.epoch_s
    assert watch.run(bad()).rests(150).standings.of(watch.probe.id).next_run_s == pytest.approx(now_s + 180, abs=0.01)


CLOSED = RestCause.MAINTENANCE


@pytest.mark.parametrize(
    ("rests", "next_s"),
    [
        ([(90, 0), (90, 60)], 180),  # the second begins before the first has ended
        ([(90, 30)], 120),  # none is in force yet
        ([(119, 1), (60, 180)], 120),  # between two
        ([(119, 1), (61, 120)], 240),  # the second begins as the first has ended
        ([(30, 61)], 60),  # after the slot
        ([(60, 0)], 60),  # ends with the slot
    ],
)
def test_the_next_run_is_the_first_slot_that_lies_in_no_window(rests: list[tuple[float, float]], next_s: float) -> None:
    watch = Watch()
    now_s = watch.clock.epoch_s
    for seconds, after_s in rests:
        watch.rests(seconds, CLOSED, after_s=after_s)
    assert watch.run(good()).standings.of(watch.probe.id).next_run_s == pytest.approx(now_s + next_s, abs=0.01)


@pytest.mark.parametrize(("windows", "is_known"), [(MOST_RESTS - 1, True), (MOST_RESTS, False)])
def test_of_too_many_windows_in_a_row_nobody_looks_for_the_end(windows: int, is_known: bool) -> None:
    watch = Watch()
    for number in range(windows):
        watch.rests(60, CLOSED, after_s=30 + 60 * number)
    assert (watch.run(good()).standings.of(watch.probe.id).next_run_s is not None) is is_known


def test_a_run_that_did_not_take_place_leaves_the_next_run_due_where_it_was() -> None:
    watch = Watch()
    now_s = watch.clock.epoch_s
    assert watch.run(good()).after_s(130).next_run_s == pytest.approx(now_s + 60, abs=0.01)


def test_an_outage_counts_while_a_run_is_under_way_that_waits_longer_than_three_intervals() -> None:
    watch = Watch().run(bad())
    for _ in range(9):
        watch.go_to_slot()
        watch.slot(begins=False)
    assert watch.standings.of(watch.probe.id).known


def test_a_run_stands_for_the_slots_that_came_while_it_went_on() -> None:
    watch = Watch()
    watch.slot()
    watch.clock.pass_s(250)
    watch.standings.take(good().run())
    watch.clock.pass_s(150)
    assert watch.standings.of(watch.probe.id).known


def test_a_run_of_which_nothing_could_be_judged_ends_what_was_known() -> None:
    watch = Watch().run(bad())
    unjudged = Result(outcome=Outcome.SKIPPED, reason=Reason.OK)
    watch.standings.take(replace(good().run(), result=unjudged))
    assert not watch.standings.of(watch.probe.id).known


def test_what_one_relay_told_counts_for_no_other() -> None:
    watch = Watch().run(good())
    watch.becomes(url="http://other.invalid")
    assert not watch.standings.of(watch.probe.id).known


def test_what_the_relay_that_was_meant_before_tells_later_counts_for_no_other() -> None:
    watch = Watch()
    watch.slot()
    late = good().run(watch.probe)
    watch.becomes(url="http://other.invalid")
    watch.standings.take(late)
    assert not watch.standings.of(watch.probe.id).known


REKEYED = pytest.mark.parametrize(
    "change",
    [
        {"api_key": Secret("sk-another-0123456789", "k")},
        {"headers": (("X-Relay-Auth", Secret("another-0123456789", "k")),)},
    ],
    ids=["key", "header"],
)
ONE_IS_ENOUGH = Confirm(down=1)


@REKEYED
@pytest.mark.parametrize(("benches", "up"), [((good,), True), ((bad, bad), False)], ids=["up", "down"])
def test_what_is_known_of_a_relay_stays_with_a_new_key(
    change: dict[str, Any], benches: tuple[type[Bench], ...], up: bool
) -> None:
    watch = Watch()
    for bench in benches:
        watch.run(bench())
    watch.becomes(**change)
    standing = watch.standings.of(watch.probe.id)
    assert (standing.known, standing.up, standing.up_since_s) == (True, up, NOON_S)


@REKEYED
@pytest.mark.parametrize("confirm", [Confirm(), ONE_IS_ENOUGH, Confirm(down=1, up=3)])
def test_a_failure_is_asked_again_soon_with_a_new_key_though_it_was_confirmed(
    change: dict[str, Any], confirm: Confirm
) -> None:
    watch = Watch(confirm=confirm).run(bad()).run(bad())
    before_s = watch.standings.recheck_s(watch.probe.id)
    doubted = watch.becomes(**change)
    assert (before_s, doubted, watch.standings.recheck_s(watch.probe.id)) == (None, [watch.probe.id], 30)


def test_a_failure_is_asked_again_once_with_a_new_key() -> None:
    watch = Watch().run(bad()).run(bad())
    watch.becomes(**NEW_KEY)
    watch.take(bad(), recheck=True)
    assert watch.standings.recheck_s(watch.probe.id) is None


def test_a_success_is_not_asked_again_for_a_new_key() -> None:
    watch = Watch().run(good())
    assert (watch.becomes(**NEW_KEY), watch.standings.recheck_s(watch.probe.id)) == ([], None)


def test_a_failure_with_the_same_key_is_not_asked_again_for_a_reload() -> None:
    watch = Watch().run(bad()).run(bad())
    assert watch.becomes() == []


def test_where_nothing_is_asked_between_slots_a_new_key_waits_for_its_slot() -> None:
    watch = Watch(confirm=Confirm(recheck_s=None)).run(bad())
    watch.becomes(**NEW_KEY)
    assert watch.standings.recheck_s(watch.probe.id) is None


def test_a_failure_of_the_old_key_does_not_confirm_one_of_the_new() -> None:
    watch = Watch().run(good()).run(bad())
    watch.becomes(**NEW_KEY)
    watch.take(bad(), recheck=True)
    assert (watch.standings.of(watch.probe.id).up, watch.standings.of(watch.probe.id).unconfirmed) == (True, True)


def ended_late(bench: Bench) -> Watch:
    """Return the watch over a probe that was up, and whose key was replaced while a run was under way."""
    watch = Watch(confirm=ONE_IS_ENOUGH).run(good())
    watch.slot()
    late = bench.run(watch.probe)
    watch.becomes(**NEW_KEY)
    watch.standings.take(late)
    return watch


def test_a_failure_that_the_old_key_meets_after_it_was_replaced_confirms_nothing() -> None:
    watch = ended_late(bad())
    assert (watch.standings.of(watch.probe.id).up, watch.standings.of(watch.probe.id).unconfirmed) == (True, True)


def test_a_failure_that_the_old_key_meets_after_it_was_replaced_is_asked_again_soon() -> None:
    watch = ended_late(bad())
    assert watch.standings.recheck_s(watch.probe.id) == 30


def test_a_success_that_the_old_key_has_after_it_was_replaced_says_that_the_relay_is_up() -> None:
    watch = ended_late(good())
    assert (watch.standings.of(watch.probe.id).unconfirmed, watch.standings.recheck_s(watch.probe.id)) == (False, None)


def test_one_failure_is_not_confirmed() -> None:
    standing = Watch().run(good()).run(bad()).after_s(0)
    assert (standing.up, standing.unconfirmed) == (True, True)


def test_a_second_failure_confirms_an_outage_when_it_ends() -> None:
    standing = Watch().run(bad()).run(bad()).after_s(30)
    assert (standing.up, standing.up_since_s, standing.unconfirmed) == (False, NOON_S, False)


@pytest.mark.parametrize("cause", [RestCause.ASKED, RestCause.REFUSED])
def test_a_refusal_that_puts_the_next_run_off_beyond_two_intervals_is_confirmed_at_once(cause: RestCause) -> None:
    assert [Watch().run(bad()).rests(s, cause).after_s(0).up for s in (110, 130)] == [None, False]


def test_what_a_refusal_confirmed_stays_when_the_rest_is_over() -> None:
    watch = Watch().run(bad()).rests(130)
    assert [watch.after_s(s).up for s in (0, 150)] == [False, False]


@pytest.mark.parametrize(("rests_s", "soon_s"), [(20, 30.0), (50, 50 + AFTER_REST_S)])
def test_a_re_check_waits_until_a_rest_is_over(rests_s: float, soon_s: float) -> None:
    watch = Watch().run(bad()).rests(rests_s)

    assert watch.standings.recheck_s(watch.probe.id) == pytest.approx(soon_s, abs=0.002)


def test_what_is_confirmed_goes_with_what_is_known() -> None:
    assert Watch().run(good()).after_s(181).up is None


def test_a_failure_after_nothing_was_known_is_not_confirmed_by_those_of_before() -> None:
    watch = Watch().run(bad()).run(bad())
    watch.after_s(250)
    watch.go_to_slot()
    assert watch.run(bad()).after_s(0).up is None


def test_what_one_relay_confirmed_holds_for_no_other() -> None:
    watch = Watch().run(good())
    watch.standings.declare([replace(watch.probe, target=replace(watch.probe.target, url="http://other.invalid"))])
    assert watch.standings.of(watch.probe.id).up is None


def test_a_rest_is_told_with_its_end() -> None:
    watch = Watch().rests(150)
    standing = watch.standings.of(watch.probe.id)
    assert (standing.rest, standing.rest_until_s) == (RestCause.ASKED, watch.clock.epoch_s + 150)


def test_a_look_tells_once_what_counts_no_more() -> None:
    watch = Watch().run(good())
    looks = [[*watch.standings.look()]]
    watch.after_s(181)
    assert [*looks, [*watch.standings.look()], [*watch.standings.look()]] == [[None], [watch.probe.id], [None]]


def test_a_look_at_a_probe_that_came_back_tells_nothing_of_what_was_before() -> None:
    watch = Watch().run(good())
    list(watch.standings.look())
    for probes in ([], [watch.probe]):
        watch.standings.declare(probes)
    assert list(watch.standings.look()) == [None]


def test_a_probe_that_stays_keeps_what_counts() -> None:
    watch = Watch().run(good())
    watch.standings.declare([watch.probe])
    assert watch.standings.of(watch.probe.id).known


def test_a_probe_that_went_and_came_back_has_nothing_that_counts() -> None:
    watch = Watch().run(good())
    watch.standings.declare([])
    watch.standings.declare([watch.probe])
    assert not watch.standings.of(watch.probe.id).known


# While runs are spared so that a budget lasts.


class Spared(Watch):
    """The same, of whose due runs one in so many takes place."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.standings = Standings(self.clock, self.table, lambda _, at_ns: self.resting(at_ns), lambda _: self.stride)
        self.standings.declare([self.probe])


@pytest.mark.parametrize(("stride", "known_s"), [(1, 180), (4, 720), (16, 2880), (0, 180)])
@pytest.mark.parametrize("bench", [lambda: Bench(reply()), lambda: Bench(lost(FailureKind.CONNECT))])
def test_an_outcome_counts_for_three_of_the_intervals_there_are_now(bench: Any, stride: int, known_s: float) -> None:
    watch = Spared(stride)
    watch.rests(100_000, RestCause.SPARED).run(bench())
    seen = [watch.after_s(known_s).known, watch.after_s(1).known]

    assert seen == [True, False]


def test_what_was_found_when_the_interval_was_longer_counts_until_the_run_that_was_due_then() -> None:
    watch = Spared(16)
    watch.run(Bench(reply()))
    watch.stride = 1
    watch.rests(100_000, RestCause.SPARED)
    seen = [watch.after_s(17 * EVERY_S).known, watch.after_s(1).known]

    assert seen == [True, False]


def test_a_spared_run_confirms_no_outage() -> None:
    watch = Spared(4).run(Bench(lost(FailureKind.CONNECT)))
    watch.rests(100_000, RestCause.SPARED)

    assert watch.standings.of(watch.probe.id).up is None


def test_a_failure_is_asked_again_as_soon_though_runs_are_spared() -> None:
    watch = Spared(4).run(Bench(lost(FailureKind.CONNECT)))
    watch.rests(100_000, RestCause.SPARED)

    assert watch.standings.recheck_s(watch.probe.id) == CONFIRM.recheck_s


def test_how_many_due_runs_there_are_to_one_is_told() -> None:
    watch = Spared(4)

    assert watch.standings.of(watch.probe.id).stride == 4
