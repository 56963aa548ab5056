"""The plan of a check of a configuration, written beside its runs: no suite has it, so nothing else could judge them.

A record is anybody's. So what is read is held to what a configuration is held to: assertions are prepared anew, and
rules need rules that are there, not in a circle.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from math import isfinite

from wnmon.judge.registry import ACROSS_KINDS, KINDS, prepare
from wnmon.judge.subject import Unfit
from wnmon.model.check import Assertion, Plan, Rule
from wnmon.model.codec import decode_from, encode_as
from wnmon.model.json import Json, JsonObject
from wnmon.model.said import Said


def encode_plan(plan: Plan, redacted: Callable[[str], str]) -> JsonObject:
    """Return a plan as JSON values, no secret in them: a configuration may hold one where it says what is expected."""
    document = encode_as("plan", plan, words_only=True)
    text = json.dumps(document)
    if redacted(text) == text:  # one search for all texts: most hold none
        return document
    return {name: _each_text(value, redacted) for name, value in document.items()}


def decode_plan(document: Json) -> Plan:
    """Return the plan of a document. ValueError says where it is malformed."""
    try:
        _refuse_infinite(document)
        plan: Plan = decode_from(Plan, document, "plan")
        steps = [replace(one, expect=_prepared(one.expect, f"plan.steps.{one.name}", KINDS)) for one in plan.steps]
        rules = [replace(one, expect=_prepared(one.expect, f"plan.rules.{one.id}", _ALL)) for one in plan.rules]
    except RecursionError:
        raise ValueError(Said("record_too_deep")) from None
    _refuse_odd_ids(rules)
    _refuse_loose_ends(rules)
    return replace(plan, steps=tuple(steps), rules=tuple(rules))


_RULE_ID = re.compile(r"[A-Z][A-Z0-9]{0,15}-[0-9]{1,5}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)
"""As `name` in config/schema.json, and above as `rule_id`."""

_ALL = {*KINDS, *ACROSS_KINDS}


def _prepared(expect: tuple[Assertion, ...], place: str, known: Iterable[str]) -> tuple[Assertion, ...]:
    prepared = []
    for one in expect:
        if one.kind not in known:
            raise _wrong(f"{place}.expect.{one.kind}", Said("record_unknown"))
        try:
            prepared.append(prepare(one.kind, one.value))
        except Unfit as unfit:
            wanted = Said("expected", wanted=unfit.message)
            raise _wrong(f"{place}.expect.{one.kind}{unfit.pointer}", wanted) from None
    if len({one.kind in ACROSS_KINDS for one in prepared}) > 1:
        raise _wrong(f"{place}.expect", Said("single_or_compared"))
    return tuple(prepared)


def _refuse_odd_ids(rules: list[Rule]) -> None:
    """Refuse what no configuration calls a rule or a profile: reports write it into commands that a reader may run."""
    for place, rule in enumerate(rules):
        if not _RULE_ID.fullmatch(rule.id):
            raise _wrong(f"plan.rules[{place}].id", Said("expected", wanted=Said("a_rule_id")))
        if not all(map(_NAME.fullmatch, rule.levels)):
            raise _wrong(f"plan.rules[{place}].levels", Said("expected", wanted=Said("a_name")))


def _refuse_loose_ends(rules: list[Rule]) -> None:
    known = {rule.id for rule in rules}
    for rule in rules:
        if lost := set(rule.needs) - known:
            raise _wrong(f"plan.rules.{rule.id}.{min(lost)}", Said("record_unknown"))
    try:
        TopologicalSorter({rule.id: rule.needs for rule in rules}).prepare()
    except CycleError as circle:
        raise _wrong("plan.rules", Said("rules_in_circle", text=" > ".join(circle.args[1][::-1]))) from None


def _refuse_infinite(value: Json) -> None:
    """Refuse what Python reads and JSON has not: NaN, and numbers beyond a float (RFC 8259 §6)."""
    if isinstance(value, float) and not isfinite(value):
        raise _wrong("plan", Said("record_expected", wanted=Said("record_a_finite"), got=str(value)))
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _refuse_infinite(one)


def _each_text(value: Json, redacted: Callable[[str], str]) -> Json:
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, list):
        return [_each_text(one, redacted) for one in value]
    if isinstance(value, dict):
        return {redacted(name): _each_text(one, redacted) for name, one in value.items()}
    return value


def _wrong(place: str, said: Said) -> ValueError:
    return ValueError(Said("record_at", place=place, said=said))
