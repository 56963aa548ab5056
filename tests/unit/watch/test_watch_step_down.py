"""How sparingly to ask: the level a limit allows, over whole periods in virtual time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wnmon.watch.step_down import (
    FULL,
    LEVELS,
    REST,
    Held,
    Level,
    Rate,
    Step,
    held,
    most_sparing,
    takes_place,
)

DAY_S = 86_400.0
RATE = Rate(full=1, cheapest=0.5)


def fresh(left: float, rate: Rate = RATE, now_s: float = 0) -> Level:
    return held(None, left, DAY_S, rate, now_s).level


@pytest.mark.parametrize(
    ("share", "level"),
    [
        (1.0, FULL),
        (0.99, Level(Step.RARER, 2)),
        (0.5, Level(Step.RARER, 2)),
        (0.49, Level(Step.RARER, 4)),
        (0.24, Level(Step.SHORTER, 4)),
        (0.12, Level(Step.SHORTER, 8)),
        (0.04, Level(Step.SHORTER, 16)),
        (0.03, Level(Step.MODELS)),
        (0, Level(Step.MODELS)),
    ],
)
def test_the_first_level_that_lasts_to_the_end_is_taken(share: float, level: Level) -> None:
    assert fresh(share * DAY_S) == level


def test_what_is_asked_often_may_be_asked_far_more_rarely() -> None:
    assert fresh(0.01 * DAY_S, replace(RATE, widest=1024)) == Level(Step.SHORTER, 64)


def test_where_not_even_what_is_free_of_tokens_lasts_nothing_is_asked() -> None:
    assert fresh(0.5 * DAY_S, Rate(full=1, cheapest=1, free=0.6)) == REST


def test_what_is_left_late_in_a_period_has_to_last_for_what_remains_of_it() -> None:
    assert fresh(0.25 * DAY_S, now_s=0.75 * DAY_S) == FULL


def after(before: Level, left: float, now_s: float = 0, until_s: float = DAY_S) -> Level:
    return held(Held(before, DAY_S), left, until_s, RATE, now_s).level


@pytest.mark.parametrize(("share", "level"), [(0.96, FULL), (0.94, Level(Step.RARER, 2))])
def test_a_little_less_than_it_takes_is_not_short(share: float, level: Level) -> None:
    assert after(FULL, share * DAY_S) == level


@pytest.mark.parametrize(("share", "level"), [(1.24, Level(Step.RARER, 2)), (1.25, FULL)])
def test_a_little_more_than_it_takes_is_not_enough_to_go_up(share: float, level: Level) -> None:
    assert after(Level(Step.RARER, 2), share * DAY_S) == level


def test_a_new_period_begins_by_what_it_allows() -> None:
    assert after(Level(Step.MODELS), DAY_S, now_s=DAY_S, until_s=2 * DAY_S) == FULL


@given(st.floats(0, 1e9), st.floats(0, 1e9), st.floats(0, DAY_S), st.sampled_from(LEVELS), st.floats(0, 1e3))
def test_more_that_is_left_never_makes_it_more_sparing(
    left: float, more: float, now_s: float, before: Level, full: float
) -> None:
    rate, known = Rate(full=full, cheapest=full / 3), Held(before, DAY_S)
    poor, rich = (held(known, one, DAY_S, rate, now_s).level for one in (left, left + more))

    assert LEVELS.index(rich) <= LEVELS.index(poor)


@given(st.floats(0, 1e9), st.floats(0, DAY_S), st.sampled_from(LEVELS), st.floats(0, 1e3), st.floats(0, 1))
def test_what_is_left_lasts_to_the_end_at_any_level_but_for_a_twentieth(
    left: float, now_s: float, before: Level, full: float, share: float
) -> None:
    rate = Rate(full=full, cheapest=full * share)
    level = held(Held(before, DAY_S), left, DAY_S, rate, now_s).level

    assert rate.at(level) * (DAY_S - now_s) * 0.95 <= left


@given(st.sampled_from(LEVELS), st.integers(0, 10**9))
def test_what_asks_no_model_is_asked_until_nothing_is(level: Level, slot: int) -> None:
    assert takes_place(level, slot, is_free=True, is_cheapest=False) is (level is not REST)


@pytest.mark.parametrize(
    ("level", "is_cheapest", "share"),
    [
        (FULL, False, 16),
        (Level(Step.RARER, 2), False, 8),
        (Level(Step.RARER, 4), False, 4),
        (Level(Step.SHORTER, 4), False, 0),
        (Level(Step.SHORTER, 4), True, 4),
        (Level(Step.SHORTER, 16), True, 1),
        (Level(Step.MODELS), True, 0),
        (REST, True, 0),
    ],
)
def test_of_sixteen_due_runs_so_many_take_place(level: Level, is_cheapest: bool, share: int) -> None:
    taken = [takes_place(level, slot, is_free=False, is_cheapest=is_cheapest) for slot in range(16)]

    assert sum(taken) == share


def test_of_several_limits_the_strictest_decides() -> None:
    assert most_sparing([FULL, Level(Step.SHORTER, 8), Level(Step.RARER, 4)]) == Level(Step.SHORTER, 8)


def test_without_a_limit_all_is_asked() -> None:
    assert most_sparing([]) == FULL


# Whole days in virtual time: a run a minute that costs 1, be it of a budget that is far too small.

MINUTES = 1_440


@dataclass
class Lived:
    """A day as it was lived: when runs took place (minutes), and the levels in their order."""

    runs: list[int] = field(default_factory=list)
    levels: list[Level] = field(default_factory=list)

    def gaps(self) -> list[int]:
        edges = [0, *self.runs, MINUTES]
        return [after - before for before, after in pairwise(edges)]


def lived(budget: int, cost: int = 1) -> Lived:
    day, left, known = Lived(), budget, None
    rate = Rate(full=cost / 60, cheapest=cost / 60, once=cost, least=cost)
    for minute in range(MINUTES):
        known = held(known, left, DAY_S, rate, minute * 60.0)
        if not day.levels or day.levels[-1] != known.level:
            day.levels.append(known.level)
        if takes_place(known.level, minute, is_free=False, is_cheapest=True) and left >= cost:
            day.runs.append(minute)
            left -= cost
    return day


@pytest.mark.parametrize("budget", [90, 100, 200, 360, 400, 700, 720, 1_000, 1_300, 1_439])
def test_a_budget_that_is_too_small_lasts_to_the_end_of_the_day(budget: int) -> None:
    assert lived(budget).runs[-1] >= MINUTES - 17


@settings(max_examples=20)
@given(st.integers(90, 3_000))
def test_no_stretch_of_a_day_is_without_a_run(budget: int) -> None:
    assert max(lived(budget).gaps()) <= 32


@settings(max_examples=20)
@given(st.integers(90, 3_000))
def test_the_morning_takes_no_more_than_its_half(budget: int) -> None:
    runs = lived(budget).runs
    morning = sum(1 for minute in runs if minute < MINUTES // 2)

    assert morning <= min(budget, MINUTES) / 2 + 1


@settings(max_examples=20)
@given(st.integers(90, 3_000))
def test_at_least_three_quarters_of_what_there_is_are_spent(budget: int) -> None:
    assert len(lived(budget).runs) >= 0.75 * min(budget, MINUTES) - 1


@settings(max_examples=20)
@given(st.integers(90, 3_000), st.integers(1, 50))
def test_no_level_is_entered_twice_on_a_day(runs: int, cost: int) -> None:
    levels = lived(runs * cost, cost).levels

    assert len(levels) == len(set(levels))


@settings(max_examples=20)
@given(st.integers(0, 3_000), st.integers(1, 50))
def test_however_little_there_is_the_level_does_not_flap(budget: int, cost: int) -> None:
    assert len(lived(budget, cost).levels) <= 2 * len(LEVELS)


def test_what_is_not_enough_for_a_run_is_as_good_as_nothing() -> None:
    assert fresh(9, Rate(full=1e-9, cheapest=1e-9, once=10, least=10)) == Level(Step.MODELS)
