"""How sparingly to ask while what is left of a limit does not last to the end of its period. Pure, told every instant.

    step          what is asked
    ------------  -----------------------------------------------------------------------------------------------------
    0 full        all, as configured
    1 rarer       every second, then every fourth due run
    2 shorter     of each model the cheapest check alone: every fourth, eighth, sixteenth due run, and so on
    3 models      what costs no tokens
    4 rest        nothing

A request is sent as it stands or not at all: one that is cut shorter would mean something else to the rules on it. What
asks no model (`kind: models`, `kind: balance`) is asked as ever until nothing is.

Down it goes at once, as far as it must, where less is left than SHORT_BELOW of what the rest of the period takes. Up it
goes where what is left is ENOUGH_ABOVE that of the better step, and with a new period, whatever it was before. So what
is left after a while at a step decides, and while there is anything to ask for, no level is entered twice in a period.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import inf

from wnmon.model.said import Said

SHORT_BELOW = 0.95
"""Costs are estimated: a budget that fits exactly is not short because of one run more."""
ENOUGH_ABOVE = 1.25


WIDEST = 16
"""The largest stride of a check that is asked rarely anyway: a state that is older than that says little."""


class Step(IntEnum):
    """How sparingly a target is asked."""

    FULL = 0
    RARER = 1
    SHORTER = 2
    MODELS = 3
    REST = 4


@dataclass(frozen=True, slots=True)
class Level:
    """A step, and which of its due runs take place: each `stride`-th."""

    step: Step
    stride: int = 1


LEVELS = (
    Level(Step.FULL),
    Level(Step.RARER, 2),
    Level(Step.RARER, 4),
    *(Level(Step.SHORTER, 2**power) for power in range(2, 11)),
    Level(Step.MODELS),
    Level(Step.REST),
)
"""From what costs the most to what costs nothing."""
FULL, REST = LEVELS[0], LEVELS[-1]
_RANKS = {level: rank for rank, level in enumerate(LEVELS)}


def said_of(step: int, stride: int) -> Said:
    """Return in words what is asked at a step."""
    match Step(step):
        case Step.RARER:
            return Said("step_rarer", n=stride)
        case Step.SHORTER:
            return Said("step_shorter", n=stride)
        case whole:
            return Said({Step.FULL: "step_full", Step.MODELS: "step_models", Step.REST: "step_rest"}[whole])


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What a second costs on the average, in the unit of some limit: all runs of models, the cheapest check of each
    model alone, and what asks no model. `lists`: the lists of models that are asked for while no model is.

    `once`: what one run of each of those cheapest checks costs together, `least` what the cheapest of them does.
    `widest`: the largest stride there may be.
    """

    full: float = 0
    cheapest: float = 0
    free: float = 0
    lists: float = 0
    once: float = 0
    least: float = 0
    widest: int = WIDEST

    def at(self, level: Level) -> float:
        """Return what a second costs at a level."""
        match level.step:
            case Step.FULL | Step.RARER:
                return self.full / level.stride + self.free
            case Step.SHORTER:
                return self.cheapest / level.stride + self.free
            case Step.MODELS:
                return self.free + self.lists
            case Step.REST:
                return 0


@dataclass(frozen=True, slots=True)
class Held:
    """The level that a limit allows, until its period ends (epoch s)."""

    level: Level
    until_s: float


def held(before: Held | None, left: float, until_s: float, rate: Rate, now_s: float) -> Held:
    """Return the level that a limit allows which leaves so much until its period ends, after what it allowed before.

    `left` is in the unit of the rate.
    """
    lasts_s = max(0.0, until_s - now_s)
    takes = {level: rate.at(level) * lasts_s for level in LEVELS if _may_be(level, left, rate)}
    if before is None or before.until_s != until_s or before.level not in takes:
        return Held(_first(takes, left), until_s)
    # Near the end so little time may be left that the next run is due after it, which the average does not know.
    if left < takes[before.level] * SHORT_BELOW - rate.once:
        return Held(_first(takes, left), until_s)
    better = LEVELS[: LEVELS.index(before.level)]
    return Held(next((one for one in better if takes.get(one, inf) * ENOUGH_ABOVE <= left), before.level), until_s)


def _may_be(level: Level, left: float, rate: Rate) -> bool:
    return level.step >= Step.MODELS or (level.stride <= rate.widest and rate.least <= left)


def _first(takes: Mapping[Level, float], left: float) -> Level:
    return next(level for level, amount in takes.items() if amount <= left)


def most_sparing(levels: Sequence[Level]) -> Level:
    """Return the level that all of these allow."""
    return max(levels, key=_RANKS.__getitem__, default=FULL)


def takes_place(level: Level, slot: int, *, is_free: bool, is_cheapest: bool) -> bool:
    """Tell whether a due run takes place: `slot` counts those of its probe from the epoch.

    `is_free`: it asks no model; `is_cheapest`: it is of the cheapest check of its model.
    """
    if is_free:
        return level.step is not Step.REST
    if level.step >= Step.MODELS or (level.step is Step.SHORTER and not is_cheapest):
        return False
    return slot % level.stride == 0
