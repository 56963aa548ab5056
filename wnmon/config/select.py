"""Which rules of a suite count this time, and which requests they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wnmon.config.globs import matches, matches_any
from wnmon.judge.registry import compared, controls
from wnmon.model.check import Plan, Rule


def narrow(
    plan: Plan,
    *,
    profiles: Sequence[str] = (),
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    full: bool = False,
) -> Plan:
    """Return the plan with the rules that count and the steps they are judged on, both in their old order.

    A rule counts when it has a level in one of the profiles (the plan's own unless given), matches a glob of `only`
    (any, when there is none) and none of `skip`. Rules they need stay, so that what blocks them is known.

    Without `full`, a rule on several requests loses the risky ones among them; a rule on risky ones alone stays, with
    its steps, for the runner to say that they were not sent. With `full` no step is marked risky any more.
    """
    selected = replace(plan, profiles=tuple(profiles) or plan.profiles)
    wanted = [rule for rule in plan.rules if selected.level(rule) is not None and matches(rule.id, only, skip)]
    kept = _with_needs(wanted, {rule.id: rule for rule in plan.rules if not matches_any(rule.id, skip)})
    risky = frozenset(step.name for step in plan.steps if step.risk is not None and not full)
    rules = tuple(_without_risk(rule, risky) for rule in plan.rules if rule.id in kept)
    # Where no rule names a request, all are kept: some answer must be there to look at.
    named = {name for rule in rules for name in (*(rule.on.requests or ()), *compared(rule), *controls(rule))}
    steps = [step for step in plan.steps if rules and (not named or step.name in named)]
    return replace(selected, rules=rules, steps=tuple(replace(step, risk=None) if full else step for step in steps))


def _with_needs(wanted: Sequence[Rule], known: dict[str, Rule]) -> frozenset[str]:
    kept: set[str] = set()
    waiting = [rule.id for rule in wanted]
    while waiting:
        name = waiting.pop()
        if name in known and name not in kept:
            kept.add(name)
            waiting.extend(known[name].needs)
    return frozenset(kept)


def _without_risk(rule: Rule, risky: frozenset[str]) -> Rule:
    harmless = tuple(name for name in rule.on.requests or () if name not in risky)
    return replace(rule, on=replace(rule.on, requests=harmless)) if harmless else rule
