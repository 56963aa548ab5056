"""`conforms: PROFILE` in a plain check -> the built-in rules of that profile that apply to its request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from wnmon.config.assertions import CONFORMS
from wnmon.config.node import Cursor
from wnmon.config.suite import Suites, profiles_of
from wnmon.judge.registry import compared
from wnmon.model.check import Plan, Rule, Step
from wnmon.model.said import Said


def conforming_rules(expect: Cursor | None, step: Step, suites: Suites) -> tuple[str, tuple[Rule, ...]] | None:
    """Return the profile an `expect` names and the rules it stands for, bound to the step; None where it names none.

    A rule applies when it has a level in the profile, is judged on its suite's first request (or on any answer), and
    that request streams exactly when the step does. What it needs is kept as far as it applies too.
    """
    place = expect.get(CONFORMS) if expect is not None else None
    if place is None:
        return None
    if not isinstance(place.node.value, str):
        place.expected(Said("a_profile"), place.node.show())
        return None
    profile = place.text
    known = dict.fromkeys(name for plan in suites.built_in() for name in profiles_of(plan.rules))
    if not place.is_one_of(known, Said("unknown_profile")):
        return None
    rules = [rule for plan in suites.built_in() for rule in _bound(plan, profile, step)]
    if not rules:
        why = Said("profile_not_streamed") if step.stream else Said("profile_not_plain")
        place.report(why, Said("try_stream", value=str(not step.stream).lower()))
    kept = {rule.id for rule in rules}
    return profile, tuple(replace(rule, needs=tuple(need for need in rule.needs if need in kept)) for rule in rules)


def merged(found: Iterable[tuple[str, tuple[Rule, ...]]]) -> tuple[tuple[str, ...], tuple[Rule, ...]]:
    """Return the profiles and rules of several steps; a rule that applies to several is judged on each of them."""
    profiles: dict[str, None] = {}
    rules: dict[str, Rule] = {}
    for profile, applying in found:
        profiles[profile] = None
        for rule in applying:
            first = rules.get(rule.id)
            rules[rule.id] = rule if first is None else _joined(first, rule)
    return tuple(profiles), tuple(rules.values())


def _joined(first: Rule, second: Rule) -> Rule:
    names = dict.fromkeys((*(first.on.requests or ()), *(second.on.requests or ())))
    return replace(
        first,
        on=replace(first.on, requests=tuple(names)),
        levels={**first.levels, **second.levels},
        needs=tuple(dict.fromkeys((*first.needs, *second.needs))),
    )


def _bound(plan: Plan, profile: str, step: Step) -> Iterable[Rule]:
    first = plan.steps[0]
    for rule in plan.rules:
        on = rule.on
        is_of_first = on.requests is None or (first.name in on.requests and first.stream == step.stream)
        if profile in rule.levels and not compared(rule) and is_of_first and on.stream in {None, step.stream}:
            yield replace(rule, levels={profile: rule.levels[profile]}, on=replace(on, requests=(step.name,)))
