"""A check of the YAML -> Check, whether it is one request, several steps, a suite, or asks the relay itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from wnmon.config.assertions import needs_stream, read_expect
from wnmon.config.conforms import conforming_rules, merged
from wnmon.config.labels import read_labels
from wnmon.config.maintenance import read_pause
from wnmon.config.node import Cursor, quote
from wnmon.config.requests import ASKING, asks_something, read_step
from wnmon.config.schema import fits, sound
from wnmon.config.select import narrow
from wnmon.config.suite import Suites, profiles_of
from wnmon.config.timing import Rhythm, read_rhythm, refuse_late_recheck, refuse_overlap
from wnmon.judge.values import listed
from wnmon.model.check import Asks, Check, Level, Plan, Rule, Step
from wnmon.model.said import Said, Text

ONLY_STEP = "request"
"""The name of the step of a check that is a single request."""

_OF_REQUEST = (*ASKING, "auth", "headers", "omit", "method", "path", "feature", "close_after", "lint", "expect")
_OF_SUITE = ("profiles", "gate")
_OF_BALANCE = ("min",)
_FORMS = ("steps", "suite", "kind")
_Conforming = tuple[str, tuple[Rule, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AimedCheck:
    """A check and which targets and models it is for; None stands for all."""

    check: Check
    targets: tuple[str, ...] | None
    models: tuple[str, ...] | None


def read_check(
    name: str, place: Cursor, inherited: Rhythm, models: Mapping[str, Sequence[str]], suites: Suites
) -> AimedCheck | None:
    """Return the check at `place`, None (with every problem it has) when it cannot be used.

    `models` are those of every target, by its name.
    """
    before = len(place.problems)
    is_clean = fits("check", place)
    place = place if is_clean else sound("check", place)
    rhythm = read_rhythm(place, inherited)
    refuse_overlap(place, rhythm)
    refuse_late_recheck(place, rhythm)
    targets = _known(place, "targets", models, "unknown_target")
    asked = {model for name in targets or models for model in models.get(name, ())}
    chosen = _known(place, "models", asked, "unknown_model")
    labels = read_labels(place)
    paused = read_pause(place.get("paused"))
    # What is left of a check with problems may still say what it asks: then its plan is read, for its problems too.
    says_its_form = is_clean or any(map(place.has, _FORMS)) or asks_something(place)
    plan = _plan(place, suites) if says_its_form else None
    if plan is None or len(place.problems) > before:
        return None
    check = Check(
        name=name,
        plan=plan,
        every_s=rhythm.every_s,
        timeouts=rhythm.timeouts,
        confirm=rhythm.confirm,
        paused=paused,
        labels=labels,
        place=place.where,
    )
    return AimedCheck(check=check, targets=targets, models=chosen)


def _known(place: Cursor, key: str, names: Collection[str], unknown: str) -> tuple[str, ...] | None:
    for one in place.elements(key):
        one.is_one_of(names, Said("named", said=Said(unknown), name=quote(one.text)))
    return place.texts_of(key) if place.has(key) else None


def _plan(place: Cursor, suites: Suites) -> Plan | None:
    forms: list[Text] = [form for form in _FORMS if place.has(form)]
    forms += [Said("a_request")] * asks_something(place)
    if len(forms) > 1:
        place.expected(Said("one_form"), listed("and", forms), key=True)
        return None
    if place.has("kind"):
        _refuse(place, ("models", *_OF_REQUEST, *_OF_SUITE), "key_beside_kind")
        return _account_plan(place)
    _refuse(place, _OF_BALANCE, "key_of_balance")
    if place.has("suite"):
        _refuse(place, _OF_REQUEST, "key_of_request")
        return _suite_plan(place, suites)
    _refuse(place, _OF_SUITE, "key_of_suite")
    if place.has("steps"):
        _refuse(place, _OF_REQUEST, "key_of_steps")
        return _steps_plan(place.elements("steps"), suites)
    if not forms:
        place.report(Said("nothing_to_ask"), Said("write_something"), key=True)
        return None
    return _request_plan([_step(ONLY_STEP, place, suites)])


def _account_plan(place: Cursor) -> Plan | None:
    """Return what is to be asked of each target, which tells what its requests are."""
    asks, least = Asks(place.at("/kind").text), place.get("min")
    if asks is Asks.MODELS:
        _refuse(place, _OF_BALANCE, "key_of_balance")
    return Plan(steps=(), asks=asks, least=None if least is None else least.decimal)


def _refuse(place: Cursor, keys: Sequence[str], why: str) -> None:
    for key in keys:
        member = place.get(key)
        if member is not None:
            member.report(Said(why, name=quote(key)), key=True)


def _steps_plan(places: Iterable[Cursor], suites: Suites) -> Plan:
    names: set[str] = set()
    found = []
    for place in places:
        name = place.at("/name")
        if name.text in names:
            name.report(Said("step_named_twice", name=quote(name.text)), Said("own_name"))
        names.add(name.text)
        found.append(_step(name.text, place, suites))
    return _request_plan(found)


def _step(name: str, place: Cursor, suites: Suites) -> tuple[Step, _Conforming | None]:
    expect = place.get("expect")
    step = read_step(name, place, read_expect(expect))
    needs_stream(expect, step)
    return step, conforming_rules(expect, step, suites)


def _request_plan(found: Sequence[tuple[Step, _Conforming | None]]) -> Plan:
    profiles, rules = merged(conforming for _, conforming in found if conforming is not None)
    gate = Level.MUST if rules else None
    return Plan(steps=tuple(step for step, _ in found), rules=rules, profiles=profiles, gate=gate)


def _suite_plan(place: Cursor, suites: Suites) -> Plan | None:
    named = place.at("/suite")
    plan = suites.find(named.text, named.folder, named)
    if plan is None:
        return None
    profiles, gate = _known(place, "profiles", profiles_of(plan.rules), "unknown_profile"), place.text_of("gate")
    return replace(
        narrow(plan, profiles=profiles or ()),
        gate=None if gate is None else Level(gate),
        whole=plan,
        asked_as=named.text,
    )
