"""Files -> Config: includes gathered, defaults inherited, checks spread over targets and models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from itertools import islice
from pathlib import Path
from typing import TypeVar

from wnmon.config.budgets import held_together, read_overall_budget
from wnmon.config.channels import read_channel
from wnmon.config.checks import AimedCheck, read_check
from wnmon.config.guard import read_guard
from wnmon.config.maintenance import AimedWindow, read_windows
from wnmon.config.measures import read_measures, refuse_low_buckets
from wnmon.config.node import Cursor, quote
from wnmon.config.retention import read_retention
from wnmon.config.schema import fits, is_sound
from wnmon.config.slos import AimedSlo, read_slo, with_slos
from wnmon.config.sources import Sources, identity_of, is_suite
from wnmon.config.suite import Suites
from wnmon.config.targets import read_target
from wnmon.config.timing import Rhythm, read_rhythm
from wnmon.config.waivers import refuse_unknown_waivers
from wnmon.config.zones import read_zone
from wnmon.model.channel import Channel
from wnmon.model.check import Asks, Check, Timeouts
from wnmon.model.credentials import is_no_name
from wnmon.model.measures import Measures
from wnmon.model.retention import Retention
from wnmon.model.said import Said
from wnmon.model.target import Probe, Secret, Target, secrets_of
from wnmon.model.window import Window
from wnmon.redact.redactor import Redactor
from wnmon.wire.balance import balance_plan
from wnmon.wire.listing import models_plan

DEFAULT_CONCURRENCY = 8
_MAX_PROBES = 20_000
_OF_ALL = ("budget", "concurrency", "guard", "metrics", "retention", "sensors", "timezone")
_SECTIONS = ("targets", "checks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything a configuration says, resolved. `files` are all that were read; `sha` digests their contents.

    `timeouts` are those of the first file's defaults: what applies to suites run on its targets by hand. `zone`: whose
    midnight begins a day.
    """

    targets: tuple[Target, ...]
    checks: tuple[Check, ...]
    probes: tuple[Probe, ...]
    maintenance: tuple[AimedWindow, ...]
    concurrency: int
    sensors: int
    timeouts: Timeouts
    measures: Measures
    retention: Retention
    zone: tzinfo
    guard: tuple[str, ...]
    channels: tuple[Channel, ...]
    files: tuple[Path, ...]
    sha: str

    def windows(self) -> Iterator[tuple[str, Window]]:
        """Yield every window in which nothing of something is sent, with what it is of."""
        for aimed in self.maintenance:
            yield aimed.window.name or "maintenance", aimed.window
        owners: tuple[Target | Check, ...] = (*self.targets, *self.checks)
        for owner in owners:
            if owner.paused is not None:
                yield owner.name, owner.paused

    def secrets(self) -> Iterator[Secret]:
        """Yield every secret of every target, request and channel: what the answer of any of them may quote."""
        yield from _secrets(self.targets, self.checks, self.channels)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One configuration file: its document, and the rhythm its checks inherit."""

    root: Cursor
    rhythm: Rhythm


def resolve_config(path: Path, env: Mapping[str, str], sources: Sources, rules: frozenset[str] = frozenset()) -> Config:
    """Return what a configuration file and all it includes say. Raises BrokenConfigError with every problem.

    `rules` may be waived too: those of suites that somebody names beside the configuration.
    """
    parts = list(_Gathering(sources).parts(path, Rhythm()))
    targets = _targets(parts, env, sources)
    suites = Suites(sources)
    checks = _checks(parts, suites)
    slos = _slos(parts)
    metrics = parts[0].root.get("metrics") if parts else None
    measures = read_measures(metrics)
    retention = read_retention(parts[0].root.get("retention") if parts else None)
    zone = _zone(parts[0].root if parts else None)
    guard = read_guard(parts[0].root.get("guard") if parts else None)
    if parts and not sources.problems and not targets:
        parts[0].root.report(Said("no_target_given"), Said("name_a_relay"))
    written = {section: {name for name, _ in _as_written(parts, section)} for section in _SECTIONS}
    places = (window for part in parts for window in part.root.elements("maintenance"))
    windows = list(read_windows(places, written["targets"], written["checks"]))
    places_of = _named(parts, "notify")
    read_ones = (read_channel(name, place, env, sources.key_in, written) for name, place, _ in places_of)
    channels = [channel for channel in read_ones if channel is not None]
    targets, checks, windows = _words_redacted(targets, checks, windows, channels)
    probes = tuple(islice(_probes(checks, targets, windows), _MAX_PROBES + 1))
    if len(probes) > _MAX_PROBES:
        parts[0].root.report(Said("too_many_probes", n=_MAX_PROBES), Said("name_targets"))
    sources.refuse_broken()
    # Only now: the rules of a suite that cannot be read are not known.
    refuse_unknown_waivers(_as_written(parts, "targets"), suites.rules() | rules, suites.built_in_rules)
    probes = with_slos(probes, slos)
    refuse_low_buckets(metrics, measures, probes)
    sources.refuse_broken()
    return Config(
        targets=tuple(targets),
        checks=tuple(aimed.check for aimed in checks),
        probes=probes,
        maintenance=tuple(windows),
        concurrency=parts[0].root.whole_of("concurrency") or DEFAULT_CONCURRENCY,
        sensors=parts[0].root.whole_of("sensors") or 1,
        timeouts=parts[0].rhythm.timeouts,
        measures=measures,
        retention=retention,
        zone=zone,
        guard=guard,
        channels=tuple(channels),
        files=sources.files,
        sha=sources.sha,
    )


class _Gathering:
    """Follows `include` from the first file on; every file once, in the order of the text."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._seen: set[Path] = set()

    def parts(
        self, path: Path, inherited: Rhythm, place: Cursor | None = None, above: tuple[Path, ...] = ()
    ) -> Iterator[_Part]:
        """Yield a file and, after it, those it includes. A file that includes itself is a problem."""
        root, identity = self._sources.root(path, place), identity_of(path)
        if root is None:
            return
        if identity in above:
            (place or root).report(Said("includes_itself"), " > ".join(one.name for one in (*above, path)))
            return
        if identity in self._seen or _is_no_config(root, place):
            return
        self._seen.add(identity)
        fits("config", root)
        part = _Part(root=root, rhythm=read_rhythm(root.get("defaults"), inherited))
        yield part
        for one in root.elements("include"):
            for included in self._sources.expand(one) if isinstance(one.node.value, str) else ():
                yield from self.parts(included, part.rhythm, one, (*above, identity))


def _is_no_config(root: Cursor, place: Cursor | None) -> bool:
    if is_suite(root):
        hint = Said("suite_into_check") if place is not None else Said("suite_to_check")
        (place or root).report(Said("suite_no_config"), hint)
        return True
    for key in _OF_ALL if place is not None else ():
        member = root.get(key)
        if member is not None:
            member.report(Said("of_all_files", name=key), Said("move_to_first"), key=True)
    return False


def _named(parts: list[_Part], section: str) -> Iterator[tuple[str, Cursor, _Part]]:
    """Yield the members of a section over all files; a name used twice is a problem."""
    first: dict[str, str] = {}
    for part in parts:
        for name, place in part.root.members(section):
            if name in first:
                twice = Said("already_defined", name=quote(name), place=first[name])
                place.report(twice, Said("rename_one"), key=True)
            else:
                if is_no_name(name):
                    place.report(Said("name_is_key"), Said("key_into_api_key"), key=True)
                first[name] = place.where
                yield name, place, part


def _targets(parts: list[_Part], env: Mapping[str, str], sources: Sources) -> list[Target]:
    """Return the targets that can be used, each with the budgets it shares with others."""
    places = {name: place for name, place, _ in _named(parts, "targets")}
    read = (read_target(name, place, env, sources.key_in) for name, place in places.items())
    targets = [target for target in read if target is not None]
    shared = parts[0].root.get("budget") if parts else None
    return held_together(targets, places, read_overall_budget(shared), shared)


def _as_written(parts: list[_Part], section: str) -> Iterator[tuple[str, Cursor]]:
    """Yield every member of a section by its name, also one that is broken."""
    for part in parts:
        yield from part.root.members(section)


def _checks(parts: list[_Part], suites: Suites) -> list[AimedCheck]:
    """Return the checks that can be used. They may name a target that is broken, and its models, all the same."""
    models = {
        name: [one.node.value for one in place.elements("models") if isinstance(one.node.value, str)]
        for name, place in _as_written(parts, "targets")
    }
    read = (read_check(name, place, part.rhythm, models, suites) for name, place, part in _named(parts, "checks"))
    return [aimed for aimed in read if aimed is not None]


def _zone(root: Cursor | None) -> tzinfo:
    place = root.get("timezone") if root is not None else None
    if place is None or not is_sound("timezone", place):  # the schema has told what is no text
        return UTC
    return read_zone(place) or UTC


def _slos(parts: list[_Part]) -> list[AimedSlo]:
    names = [name for name, _ in _as_written(parts, "checks")]
    read = (read_slo(name, place, names) for name, place, _ in _named(parts, "slos"))
    return [aimed for aimed in read if aimed is not None]


def _secrets(targets: Iterable[Target], checks: Iterable[Check], channels: Iterable[Channel]) -> Iterator[Secret]:
    for target in targets:
        yield from target.secrets()
    for channel in channels:
        yield from channel.secrets()
    for check in checks:
        yield from secrets_of(check.plan)


_Owner = TypeVar("_Owner", Target, Check)


def _words_redacted(
    targets: list[Target], checks: list[AimedCheck], windows: list[AimedWindow], channels: list[Channel]
) -> tuple[list[Target], list[AimedCheck], list[AimedWindow]]:
    """Return all with no secret in the labels and reasons that are shown, where there are any: it takes a while."""
    owners: tuple[Target | Check, ...] = (*targets, *(aimed.check for aimed in checks))
    if not windows and not any(owner.labels or owner.paused for owner in owners):
        return targets, checks, windows
    redactor = Redactor(_secrets(targets, (aimed.check for aimed in checks), channels))

    def spoken(window: Window) -> Window:
        return replace(window, reason=redactor.text(window.reason))

    def shown(owner: _Owner) -> _Owner:
        labels = {name: redactor.text(value) for name, value in owner.labels.items()}
        return replace(owner, labels=labels, paused=None if owner.paused is None else spoken(owner.paused))

    return (
        [shown(target) for target in targets],
        [replace(aimed, check=shown(aimed.check)) for aimed in checks],
        [replace(aimed, window=spoken(aimed.window)) for aimed in windows],
    )


def _probes(checks: list[AimedCheck], targets: list[Target], windows: list[AimedWindow]) -> Iterator[Probe]:
    for aimed in checks:
        for target in targets:
            if aimed.targets is not None and target.name not in aimed.targets:
                continue
            pauses = (one for one in (target.paused, aimed.check.paused) if one is not None)
            of_it = (*(one.window for one in windows if one.is_for(target.name, aimed.check.name)), *pauses)
            if aimed.check.plan.asks is not Asks.CHAT:
                yield _of_relay(aimed.check, target, of_it)
                continue
            for model in target.models:
                if aimed.models is None or model in aimed.models:
                    yield Probe(check=aimed.check, target=target, model=model, windows=of_it)


def _of_relay(check: Check, target: Target, windows: tuple[Window, ...]) -> Probe:
    """Return the one probe by which a check asks a relay itself. It is of no model, so its model is ""."""
    asks, least = check.plan.asks, check.plan.least
    plan = models_plan(target.models) if asks is Asks.MODELS else balance_plan(target.host, least)
    return Probe(check=replace(check, plan=plan), target=target, model="", windows=windows)
