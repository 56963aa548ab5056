"""A suite file -> Plan: its requests in their order, its rules, and every reference between them resolved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from wnmon.config.assertions import read_rule_expect
from wnmon.config.node import Cursor
from wnmon.config.requests import read_step
from wnmon.config.schema import fits
from wnmon.config.sources import Sources, is_config, is_suite
from wnmon.errors import did_you_mean
from wnmon.judge.registry import ACROSS_KINDS, controls
from wnmon.model.check import Explanation, Level, Plan, Rule, Selector
from wnmon.model.said import Said


def read_suite(root: Cursor) -> Plan | None:
    """Return the plan of a suite, all its rules in it; None, with every problem, when it cannot be used."""
    before = len(root.problems)
    fits("suite", root)
    requests, rules = dict(root.members("requests")), dict(root.members("rules"))
    steps = tuple(read_step(name, place) for name, place in requests.items() if fits("suite_request", place))
    _refuse_later_controls(requests)
    found = tuple(rule for name, place in rules.items() for rule in _rule(name, place, requests, rules))
    _refuse_cycles(found, rules)
    profiles = _profiles(root, found)
    if len(root.problems) > before or not root.has("suite"):
        return None
    return Plan(steps=steps, rules=found, profiles=profiles, suite=root.text_of("suite"))


def _refuse_later_controls(requests: Mapping[str, Cursor]) -> None:
    """Report each `if_refused` that names no request before its own."""
    earlier: list[str] = []
    for name, place in requests.items():
        control_of = place.get("if_refused")
        if control_of is not None and isinstance(control_of.node.value, str):
            control_of.is_one_of(earlier, Said("unknown_earlier_request"))
        earlier.append(name)


class Suites:
    """The suites of all files, each read once however many checks name it."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self._plans: dict[Path, Plan | None] = {}

    def find(self, name: str, base: Path, place: Cursor | None = None) -> Plan | None:
        """Return the suite `builtin:NAME` or a path relative to `base` stands for, None when it cannot be used."""
        path = self.sources.find(name, base, place)
        return None if path is None else self._read(path, place)

    def built_in(self) -> tuple[Plan, ...]:
        """Return every suite that comes with wnmon."""
        paths = self.sources.built_in.values()
        suites = [path for path in paths if (root := self.sources.root(path)) is not None and is_suite(root)]
        return tuple(plan for path in suites if (plan := self._read(path, None)) is not None)

    def rules(self) -> frozenset[str]:
        """Return the ids of all rules of all suites asked for so far."""
        return frozenset(rule.id for plan in self._plans.values() if plan is not None for rule in plan.rules)

    def built_in_rules(self) -> frozenset[str]:
        """Return the ids of all rules that come with wnmon; their files do not count as asked for."""
        return frozenset(rule.id for plan in Suites(self.sources.apart()).built_in() for rule in plan.rules)

    def _read(self, path: Path, place: Cursor | None) -> Plan | None:
        if path not in self._plans:
            root = self.sources.root(path, place)
            if root is not None and is_config(root):
                (place or root).report(Said("config_no_suite"), Said("config_to_check"))
                root = None
            self._plans[path] = None if root is None else read_suite(root)
        return self._plans[path]


def profiles_of(rules: Iterable[Rule]) -> tuple[str, ...]:
    """Return every profile some rules speak of, in the order they first appear."""
    return tuple(dict.fromkeys(profile for rule in rules for profile in rule.levels))


def _rule(name: str, place: Cursor, requests: Mapping[str, Cursor], rules: Mapping[str, Cursor]) -> Iterator[Rule]:
    if not fits("rule", place):
        return
    for need in place.elements("needs"):
        need.is_one_of(rules, Said("unknown_rule"))
    explain = {key: _by_language(place.at("/explain"), key) for key in ("why", "wrong", "fix")}
    rule = Rule(
        id=name,
        on=_selector(place.get("on"), requests),
        levels={profile: Level(level.text) for profile, level in place.members("levels")},
        says=_by_language(place, "says"),
        source=place.at("/source").text,
        needs=place.texts_of("needs"),
        expect=read_rule_expect(place.at("/expect")),
        explain=Explanation(**explain) if place.has("explain") else None,
        note=_by_language(place, "note"),
    )
    _check_places(rule, place, requests)
    yield rule


def _by_language(place: Cursor, key: str) -> dict[str, str]:
    return {language: sentence.text for language, sentence in place.members(key)}


def _selector(place: Cursor | None, requests: Mapping[str, Cursor]) -> Selector:
    if place is None:
        return Selector()
    status, media = place.get("status"), place.text_of("media")
    named = place.get("request") if isinstance(place.node.value, dict) else place
    names: list[Cursor] = []
    if named is not None:
        names = [named] if isinstance(named.node.value, str) else [*named.elements()]
    for one in names:
        one.is_one_of(requests, Said("unknown_request"))
    return Selector(
        requests=None if named is None else tuple(one.text for one in names),
        status=None if status is None else str(status.node.value).lower(),
        stream=place.is_true("stream") if place.has("stream") else None,
        media=None if media is None else media.lower(),
    )


def _check_places(rule: Rule, place: Cursor, requests: Mapping[str, Cursor]) -> None:
    """Report an `on` where answers are compared, its absence where they are not, and places in unknown requests."""
    on, expect = place.get("on"), place.at("/expect")
    compares = [one for one in rule.expect if one.kind in ACROSS_KINDS]
    if compares and on is not None:
        on.report(Said("compared_names_itself"), Said("leave_out_on"), key=True)
    if rule.expect and not compares and on is None:
        place.report(Said("missing_key", name='"on"'), Said("about_on"), key=True)
    for control in controls(rule):
        if control not in requests:
            expect.at("/premise/accepted").report(Said("unknown_request"), did_you_mean(control, requests))
    for one in compares:
        listed = expect.at(f"/{one.kind}")
        _refuse_unknown(listed.get("of") or listed, one.expected.places, requests)
        _refuse_unknown(listed.get("where"), one.expected.where, requests)


def _refuse_unknown(listed: Cursor | None, named: Iterable[tuple[str, str]], requests: Mapping[str, Cursor]) -> None:
    for index, (request, _pointer) in enumerate(named):
        if listed is not None and request not in requests:
            listed.at(f"/{index}").report(Said("unknown_request"), did_you_mean(request, requests))


def _refuse_cycles(rules: tuple[Rule, ...], places: Mapping[str, Cursor]) -> None:
    try:
        TopologicalSorter({rule.id: rule.needs for rule in rules}).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1][::-1]
        places[circle[0]].at("/needs").report(Said("rules_in_circle", text=" > ".join(circle)))


def _profiles(root: Cursor, rules: tuple[Rule, ...]) -> tuple[str, ...]:
    known = profiles_of(rules)
    if not root.has("profiles"):
        return known
    for one in root.elements("profiles"):
        if isinstance(one.node.value, str) and known:
            one.is_one_of(known, Said("unknown_profile"))
    return tuple(str(one.node.value) for one in root.elements("profiles"))
