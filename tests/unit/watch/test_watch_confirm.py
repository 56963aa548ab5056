"""What is confirmed of a relay by several runs: one failure says nothing yet, and wnmon's own faults never do."""

from __future__ import annotations

import pytest

from wnmon.model.check import Confirm
from wnmon.model.result import Outcome, Reason
from wnmon.watch.confirm import Confirmation, says_up

NEEDS = Confirm(down=2, up=1)


def after(words: str, needs: Confirm = NEEDS, *, rechecks: str = "") -> Confirmation:
    """Return what is confirmed after runs at 1 s, 2 s ...: `+` says up, `-` down, `.` nothing; `r` is a re-check."""
    now = Confirmation()
    for second, (word, kind) in enumerate(zip(words, rechecks.ljust(len(words)), strict=False), 1):
        says = {"+": True, "-": False, ".": None}[word]
        now = now.after(says, needs, at_s=second, recheck=kind == "r")
    return now


@pytest.mark.parametrize(
    ("words", "up"),
    [("", None), ("-", None), ("--", False), ("+", True), ("+-", True), ("+--", False), ("+-+-", True), ("--+", True)],
)
def test_as_many_runs_in_a_row_confirm_as_are_asked_for(words: str, up: bool | None) -> None:
    assert after(words).up is up


@pytest.mark.parametrize(("words", "up"), [("+", None), ("++", True), ("--+", False), ("--+-+", False), ("--++", True)])
def test_the_end_of_an_outage_may_want_more_than_one_run_too(words: str, up: bool | None) -> None:
    assert after(words, Confirm(up=2)).up is up


def test_a_single_failure_is_enough_where_one_is_asked_for() -> None:
    assert after("-", Confirm(down=1)).up is False


@pytest.mark.parametrize(("words", "up"), [("-.-", False), ("-.", None), ("+..", True)])
def test_a_run_that_says_nothing_neither_confirms_nor_ends_a_row(words: str, up: bool | None) -> None:
    assert after(words).up is up


@pytest.mark.parametrize(("words", "since_s"), [("+", 1), ("+++", 1), ("--", 2), ("---", 2), ("--+", 3), ("-", None)])
def test_the_state_dates_from_the_run_that_confirmed_it(words: str, since_s: float | None) -> None:
    assert after(words).since_s == since_s


@pytest.mark.parametrize(
    ("words", "is_open"), [("", False), ("+", False), ("+-", True), ("+--", False), ("+-+", False)]
)
def test_a_state_is_open_while_the_last_run_says_otherwise(words: str, is_open: bool) -> None:
    assert after(words).is_open is is_open


def test_a_refusal_that_puts_the_next_run_off_for_long_confirms_at_once() -> None:
    put_off = after("+-").put_off(9)
    assert (put_off.up, put_off.since_s) == (False, 9)


@pytest.mark.parametrize("words", ["+", "--", ""])
def test_a_run_put_off_changes_nothing_that_is_confirmed(words: str) -> None:
    assert after(words).put_off(9) == after(words)


@pytest.mark.parametrize(
    ("words", "rechecks", "wanted"),
    [("+", "", False), ("+-", "", True), ("+-.", "  r", False), ("+--", "  r", False), ("+-+", "  r", False)],
)
def test_a_failure_is_asked_again_until_it_is_confirmed(words: str, rechecks: str, wanted: bool) -> None:
    assert after(words, rechecks=rechecks).wants_recheck(NEEDS) is wanted


def test_an_outage_of_three_runs_takes_two_rechecks() -> None:
    needs = Confirm(down=3)
    assert [after(words, needs, rechecks=" rr").wants_recheck(needs) for words in ("-", "--", "---")] == [1, 1, 0]


def test_the_end_of_an_outage_is_asked_again_too() -> None:
    assert after("--+", Confirm(up=2)).wants_recheck(Confirm(up=2))


def test_a_relay_that_goes_up_and_down_is_not_asked_again_for_ever() -> None:
    needs = Confirm(down=3, up=3)
    assert [after("-+-", needs, rechecks=kinds).wants_recheck(needs) for kinds in (" r", " rr")] == [True, False]


def test_the_next_slot_may_be_asked_again_anew() -> None:
    assert after("+-.-+-", rechecks="  r").wants_recheck(NEEDS)


def test_nothing_is_asked_again_where_nobody_wants_it() -> None:
    never = Confirm(recheck_s=None)
    assert not after("-", never).wants_recheck(never)


@pytest.mark.parametrize("reason", [Reason.BUDGET, Reason.SHUTDOWN, Reason.CLIENT, Reason.INTERNAL])
def test_a_fault_of_wnmons_own_says_nothing_of_the_relay(reason: Reason) -> None:
    assert says_up(Outcome.ERRORED, reason) is None


@pytest.mark.parametrize(
    ("outcome", "reason", "says"),
    [
        (Outcome.PASSED, Reason.OK, True),
        (Outcome.DEGRADED, Reason.SLOW, True),
        (Outcome.FAILED, Reason.CONTENT, False),
        (Outcome.ERRORED, Reason.CONNECT, False),
        (Outcome.FAILED, Reason.RULE, True),
        (Outcome.SKIPPED, Reason.OK, None),
    ],
)
def test_what_a_run_says_of_the_relay(outcome: Outcome, reason: Reason, says: bool | None) -> None:
    assert says_up(outcome, reason) is says


def test_a_doubted_failure_counts_as_none_and_leaves_what_was_confirmed() -> None:
    doubted = after("+-").doubted()
    assert (doubted.up, doubted.is_open, doubted.after(False, NEEDS, at_s=9).up) == (True, True, True)


@pytest.mark.parametrize("needs", [NEEDS, Confirm(down=1, up=1)])
def test_a_doubted_failure_wants_one_re_check_be_it_confirmed_or_not(needs: Confirm) -> None:
    doubted = after("--", rechecks=" r").doubted()
    asked = doubted.after(None, needs, at_s=9, recheck=True)
    assert (doubted.wants_recheck(needs), asked.wants_recheck(needs)) == (True, False)
