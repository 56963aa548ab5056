"""`wnmon check --list`: every rule of some suites, for a person or as JSON for a machine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from wnmon import __version__
from wnmon.config.select import matches
from wnmon.judge.registry import compared
from wnmon.model.check import Level, Plan, Rule
from wnmon.model.json import Json, JsonObject
from wnmon.model.said import say

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRule:
    """A rule and the suite it belongs to; `requests` are those whose answers it is judged on."""

    suite: str
    requests: tuple[str, ...]
    rule: Rule


def listed(
    plans: Sequence[Plan],
    *,
    profiles: Sequence[str] = (),
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
) -> list[ListedRule]:
    """Return the rules that have a level in one of the profiles (any, unless given) and pass the globs, in order."""
    return [
        ListedRule(suite=plan.suite or "", requests=requests_of(rule, plan), rule=rule)
        for plan in plans
        for rule in plan.rules
        if matches(rule.id, only, skip) and (not profiles or any(profile in rule.levels for profile in profiles))
    ]


def requests_of(rule: Rule, plan: Plan) -> tuple[str, ...]:
    """Return the requests of the plan whose answers may be judged by the rule, in the order they are sent."""
    named = {*(rule.on.requests or ()), *compared(rule)}
    return tuple(
        step.name for step in plan.steps if step.name in named or (not named and rule.on.stream in {None, step.stream})
    )


def render_json(rules: Sequence[ListedRule]) -> str:
    """Return the list as JSON text, ending in a newline: `{"format": "wnmon-rules", "version": 1, "rules": [...]}`."""
    document: JsonObject = {
        "format": "wnmon-rules",
        "version": FORMAT_VERSION,
        "wnmon": __version__,
        "rules": [_rule(one) for one in rules],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _rule(one: ListedRule) -> Json:
    rule = one.rule
    return {
        "id": rule.id,
        "suite": one.suite,
        "levels": {profile: level.value for profile, level in rule.levels.items()},
        "says": dict(rule.says),
        "source": rule.source,
        "requests": list(one.requests),
        "needs": list(rule.needs),
    }


def render_text(rules: Sequence[ListedRule], lang: str) -> str:
    """Return the list for a person, a heading per suite and a line per rule, ending in a newline."""
    return "\n".join(_lines(rules, lang)) + "\n"


def _lines(rules: Sequence[ListedRule], lang: str) -> Iterator[str]:
    for suite in dict.fromkeys(one.suite for one in rules):
        own = [one.rule for one in rules if one.suite == suite]
        yield f"{suite} ({len(own)})"
        id_width = max(len(rule.id) for rule in own)
        levels_width = max(len(show_levels(rule.levels)) for rule in own)
        for rule in own:
            sentence = rule.says.get(lang) or rule.says["en"]
            yield f"  {rule.id:<{id_width}}  {show_levels(rule.levels):<{levels_width}}  {sentence}"
        yield ""
    yield say("cli_rules", lang, n=len(rules))


def show_levels(levels: Mapping[str, Level]) -> str:
    """Return the level per profile on one line, such as `documented MUST, openai MAY`."""
    return ", ".join(f"{profile} {level.value}" for profile, level in levels.items())
