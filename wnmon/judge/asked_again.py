"""Which answers count where a request was asked again: the last one stands, those before stay in the evidence."""

from __future__ import annotations

from collections.abc import Sequence

from wnmon.model.check import Plan
from wnmon.wire.answer import Answer


def asked_again(plan: Plan, answers: Sequence[Answer]) -> frozenset[int]:
    """Return the places of the answers after which the same was asked again. Copies of a burst are one asking."""
    bursts = {step.name for step in plan.steps if step.burst > 1}
    last = {answer.step: place for place, answer in enumerate(answers)}
    return frozenset(
        place for place, answer in enumerate(answers) if answer.step not in bursts and last[answer.step] != place
    )


def latest(plan: Plan, answers: Sequence[Answer]) -> list[Answer]:
    """Return the answers that stand, in the order they came."""
    before = asked_again(plan, answers)
    return [answer for place, answer in enumerate(answers) if place not in before]
