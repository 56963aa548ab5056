"""The rows the page shows."""

from __future__ import annotations

from dataclasses import replace

from engine_samples import NOON_S, Bench, lost, probe, reply, suite, target

from wnmon.engine.ports import ProbeState, RestCause
from wnmon.engine.probe_states import LatestStates
from wnmon.engine.run import Run
from wnmon.engine.standing import Standing
from wnmon.model.exchange import FailureKind
from wnmon.model.result import Mark, Timing, Undecided
from wnmon.model.target import Waiver

KNOWN = Standing(known=True, next_run_s=NOON_S + 60)


def board_with(*runs: Run, stand: Standing = KNOWN) -> LatestStates:
    board = LatestStates(lambda _: stand)
    board.declare([probe()])
    for run in runs:
        board.take(run)
    return board


def row(board: LatestStates) -> ProbeState:
    (only,) = board.states()
    return only


def run_at(seconds: float, bench: Bench | None = None) -> Run:
    return replace((bench or Bench()).run(), ended_at_s=NOON_S + seconds)


FAILING = Bench(lost(FailureKind.DNS))


def test_a_declared_probe_is_known_by_its_name_alone() -> None:
    only = row(board_with())
    assert (only.id, only.outcome, only.since_s, only.last_run_s, only.runs) == ("wn/alive/m-1", None, None, None, 0)


def test_a_run_fills_its_row() -> None:
    only = row(board_with(run_at(5)))
    assert (only.outcome, only.reason, only.status, only.last_run_s, only.runs) == ("passed", "ok", 200, NOON_S + 5, 1)


def test_the_same_outcome_again_keeps_its_since() -> None:
    assert row(board_with(run_at(5), run_at(9))).since_s == NOON_S + 5


def test_another_outcome_begins_a_new_since() -> None:
    only = row(board_with(run_at(5), run_at(9, FAILING)))
    assert (only.outcome, only.reason, only.since_s) == ("errored", "dns", NOON_S + 9)


def test_broken_rules_are_listed_and_waived_ones_are_not() -> None:
    waived = target(waivers=(Waiver(rule="R-a", reason="known", until="2026-12-31"),))
    one = probe(suite(), waived)
    board = LatestStates(lambda _: KNOWN)
    board.declare([one])
    board.take(Bench(reply(b"{,}")).run(one))
    assert row(board).rules_failed == ("R-b",)


def test_a_run_of_a_probe_nobody_declared_is_dropped() -> None:
    board = LatestStates(lambda _: KNOWN)
    board.take(run_at(5))
    assert board.states() == []


def test_a_probe_that_stays_keeps_its_state() -> None:
    board = board_with(run_at(5))
    board.declare([probe(every_s=30.0)])
    assert (row(board).outcome, row(board).every_s) == ("passed", 30.0)


def test_a_probe_that_goes_loses_its_row() -> None:
    board = board_with(run_at(5))
    board.declare([])
    assert board.states() == []


def test_a_row_tells_the_next_run() -> None:
    assert row(board_with()).next_run_s == NOON_S + 60


def test_an_outcome_that_counts_no_more_is_unknown() -> None:
    only = row(board_with(run_at(5, FAILING), stand=Standing(known=False)))
    assert (only.outcome, only.reason, only.message, only.since_s) == ("unknown", None, "", None)


def test_a_probe_that_never_ran_is_not_unknown_but_waiting() -> None:
    assert row(board_with(stand=Standing(known=False))).outcome is None


def test_a_row_tells_what_is_confirmed_and_that_the_last_run_says_otherwise() -> None:
    stand = replace(KNOWN, up=True, up_since_s=NOON_S, unconfirmed=True)
    only = row(board_with(run_at(5, FAILING), stand=stand))
    assert (only.outcome, only.up, only.up_since_s, only.unconfirmed) == ("errored", True, NOON_S, True)


def test_a_row_tells_until_when_the_probe_rests_and_why() -> None:
    only = row(board_with(run_at(5), stand=replace(KNOWN, rest=RestCause.ASKED, rest_until_s=NOON_S + 90)))
    assert (only.outcome, only.rest, only.rest_until_s) == ("passed", "asked", NOON_S + 90)


def test_the_shown_latencies_between_suspect_marks_are_named() -> None:
    timed = replace(run_at(0).result, timing=Timing(suspect_marks=(Mark.FIRST_TOKEN, Mark.CONNECTED)))
    only = row(board_with(replace(run_at(0), result=timed)))
    assert (only.suspect, only.suspect_latencies) == (True, ("ttft_s",))


def test_why_a_limit_was_left_undecided_is_kept_until_the_next_run() -> None:
    left_open = replace(run_at(0).result, undecided=(Undecided(kind="ttft", step="ask", why="late"),))
    late = replace(run_at(0), result=left_open)
    assert [row(board_with(*runs)).undecided for runs in ((late,), (late, run_at(1)))] == [("late",), ()]
