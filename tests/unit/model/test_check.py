"""Checks: which level of a rule counts, and what a step asks for."""

from __future__ import annotations

import pytest

from wnmon.model.check import Check, Level, Plan, Rule, Selector, Step

RULE = Rule(
    id="DOC-009",
    on=Selector(),
    levels={"documented": Level.MUST, "openai": Level.MAY, "http": Level.INFO},
    says={"en": "x"},
    source="page",
)


@pytest.mark.parametrize(
    ("profiles", "level"),
    [
        (("documented",), Level.MUST),
        (("openai",), Level.MAY),
        (("openai", "documented"), Level.MUST),
        (("http", "openai"), Level.MAY),
        (("stream",), None),
        ((), None),
    ],
)
def test_the_strictest_level_among_the_selected_profiles_counts(profiles: tuple[str, ...], level: Level | None) -> None:
    assert Plan(steps=(), rules=(RULE,), profiles=profiles).level(RULE) is level


def test_levels_are_ranked_from_the_most_binding() -> None:
    assert sorted(Level, key=lambda level: level.rank) == [Level.MUST, Level.SHOULD, Level.MAY, Level.INFO]


@pytest.mark.parametrize(("value", "stream"), [(True, True), (False, False), (1, False), ("true", False)])
def test_only_true_asks_for_a_stream(value: bool | int | str, stream: bool) -> None:
    assert Step(name="ask", body={"stream": value}).stream is stream


def test_a_body_without_stream_asks_for_none() -> None:
    assert not Step(name="ask", body={}).stream


@pytest.mark.parametrize(("every_s", "every_ns"), [(60.0, 60_000_000_000), (0.5, 500_000_000), (0, 0)])
def test_the_interval_of_a_check_is_told_in_whole_ns(every_s: float, every_ns: int) -> None:
    assert Check(name="alive", plan=Plan(steps=()), every_s=every_s).every_ns == every_ns
