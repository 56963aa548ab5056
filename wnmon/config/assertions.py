"""`expect` -> assertions, each prepared once by the judge, which says itself what does not fit."""

from __future__ import annotations

from collections.abc import Iterable

from wnmon.config.node import Cursor
from wnmon.errors import did_you_mean
from wnmon.judge.registry import ACROSS_KINDS, KINDS, prepare
from wnmon.judge.subject import Unfit
from wnmon.model.check import Assertion, Step
from wnmon.model.said import Said

CONFORMS = "conforms"
_OF_STREAMS = ("stream", "chunk", "ttft", "first_visible", "burst_at_end", "fixed_cadence")


def read_expect(place: Cursor | None) -> tuple[Assertion, ...]:
    """Return what a plain check or step expects; `status: 200` where it does not say. `conforms` is left to others."""
    if place is None:
        return (prepare("status", 200),)
    return tuple(_prepared(place, {*KINDS, CONFORMS}))


def read_rule_expect(place: Cursor) -> tuple[Assertion, ...]:
    """Return what a rule expects: of single answers, or between answers, never both in one rule."""
    assertions = tuple(_prepared(place, {*KINDS, *ACROSS_KINDS}))
    if len({assertion.kind in ACROSS_KINDS for assertion in assertions}) > 1:
        place.report(Said("single_or_compared"), Said("make_two_rules"))
    return assertions


def needs_stream(place: Cursor | None, step: Step) -> None:
    """Report assertions about a stream where the request asks for none: they could never hold."""
    if place is None or step.stream:
        return
    for kind in _OF_STREAMS:
        value = place.get(kind)
        if value is not None:
            value.report(Said("asks_for_no_stream"), Said("add_stream"), key=True)


def _prepared(place: Cursor, known: set[str]) -> Iterable[Assertion]:
    for kind, value in place.members():
        if kind not in known:
            value.report(Said("unknown_assertion"), _hint(kind, known), key=True)
        elif kind != CONFORMS:
            try:
                yield prepare(kind, value.node.plain())
            except Unfit as unfit:
                value.at(unfit.pointer).expected(unfit.message, hint=unfit.hint)


def _hint(kind: str, known: set[str]) -> Said | None:
    if kind in ACROSS_KINDS:
        return Said("rule_of_suite")
    return Said("conforms_into_check") if kind == CONFORMS else did_you_mean(kind, known)
