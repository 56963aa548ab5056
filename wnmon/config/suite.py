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
from wnmon.judge.registry import ACROSS_KINDS
from wnmon.model.check import Explanation, Level, Plan, Rule, Selector, Step
from wnmon.model.said import Said


def read_suite(root: Cursor) -> Plan | None:
    """Return the plan of a suite, all its rules in it; None, with every problem, when it cannot be used."""
    before = len(root.problems)
    fits("suite", root)
    requests, rules = dict(_members(root, "requests")), dict(_members(root, "rules"))
    steps = tuple(step for name, place in requests.items() for step in _step(name, place))
    found = tuple(rule for name, place in rules.items() for rule in _rule(name, place, requests, rules))
    _refuse_cycles(found, rules)
    profiles = _profiles(root.get("profiles"), found)
    name = root.get("suite")
    if len(root.problems) > before or name is None:
        return None
    return Plan(steps=steps, rules=found, profiles=profiles, suite=name.text)


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
        suites = [path for path in paths if (root := self.sources.root(path)) is not None and is_suite(root.node)]
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
            self._plans[path] = None if root is None or _is_no_suite(root, place) else read_suite(root)
        return self._plans[path]


def _is_no_suite(root: Cursor, place: Cursor | None) -> bool:
    if is_config(root.node):
        (place or root).report(Said("config_no_suite"), Said("config_to_check"))
    return is_config(root.node)


def profiles_of(rules: Iterable[Rule]) -> tuple[str, ...]:
    """Return every profile some rules speak of, in the order they first appear."""
    return tuple(dict.fromkeys(profile for rule in rules for profile in rule.levels))


def _members(root: Cursor, key: str) -> Iterator[tuple[str, Cursor]]:
    place = root.get(key)
    if place is not None:
        yield from place.members()


def _step(name: str, place: Cursor) -> Iterator[Step]:
    if fits("suite_request", place):
        yield read_step(name, place)


def _rule(name: str, place: Cursor, requests: Mapping[str, Cursor], rules: Mapping[str, Cursor]) -> Iterator[Rule]:
    if not fits("rule", place):
        return
    needs = place.get("needs")
    for need in needs.elements() if needs is not None else ():
        if need.text not in rules:
            need.report(Said("unknown_rule"), did_you_mean(need.text, rules))
    rule = Rule(
        id=name,
        on=_selector(place.get("on"), requests),
        levels={profile: Level(level.text) for profile, level in place.at("/levels").members()},
        says=_by_language(place.at("/says")),
        source=place.at("/source").text,
        needs=needs.texts() if needs is not None else (),
        expect=read_rule_expect(place.at("/expect")),
        explain=_explanation(place.get("explain")),
    )
    _check_places(rule, place, requests)
    yield rule


def _by_language(place: Cursor) -> dict[str, str]:
    return {language: sentence.text for language, sentence in place.members()}


def _explanation(place: Cursor | None) -> Explanation | None:
    if place is None:
        return None
    why, wrong, fix = (_by_language(place.at(f"/{key}")) for key in ("why", "wrong", "fix"))
    return Explanation(why=why, wrong=wrong, fix=fix)


def _selector(place: Cursor | None, requests: Mapping[str, Cursor]) -> Selector:
    if place is None:
        return Selector()
    status, stream, media = place.get("status"), place.get("stream"), place.get("media")
    names = place.get("request") if isinstance(place.node.value, dict) else place
    return Selector(
        requests=None if names is None else tuple(_names(names, requests)),
        status=None if status is None else str(status.node.value).lower(),
        stream=None if stream is None else stream.node.value is True,
        media=None if media is None else media.text.lower(),
    )


def _names(place: Cursor, requests: Mapping[str, Cursor]) -> Iterator[str]:
    for one in [place] if isinstance(place.node.value, str) else place.elements():
        if one.text not in requests:
            one.report(Said("unknown_request"), did_you_mean(one.text, requests))
        yield one.text


def _check_places(rule: Rule, place: Cursor, requests: Mapping[str, Cursor]) -> None:
    """Report an `on` where answers are compared, its absence where they are not, and places in unknown requests."""
    on, expect = place.get("on"), place.at("/expect")
    compares = [one for one in rule.expect if one.kind in ACROSS_KINDS]
    if compares and on is not None:
        on.report(Said("compared_names_itself"), Said("leave_out_on"), key=True)
    if rule.expect and not compares and on is None:
        place.report(Said("missing_key", name='"on"'), Said("about_on"), key=True)
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


def _profiles(place: Cursor | None, rules: tuple[Rule, ...]) -> tuple[str, ...]:
    known = profiles_of(rules)
    if place is None:
        return known
    for one in place.elements():
        if isinstance(one.node.value, str) and known and one.text not in known:
            one.report(Said("unknown_profile"), did_you_mean(one.text, known))
    return tuple(str(one.node.value) for one in place.elements())
