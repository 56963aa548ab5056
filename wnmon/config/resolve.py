"""Files -> Config: includes gathered, defaults inherited, checks spread over targets and models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from wnmon.config.checks import Chosen, read_check
from wnmon.config.node import Cursor, quote
from wnmon.config.problems import broken
from wnmon.config.schema import fits
from wnmon.config.sources import Sources, identity_of, is_suite
from wnmon.config.suite import Suites
from wnmon.config.targets import read_target
from wnmon.config.timing import Rhythm, read_rhythm
from wnmon.config.waivers import UnknownWaiver, unknown_waivers
from wnmon.model.check import Check, Timeouts
from wnmon.model.said import Said
from wnmon.model.target import Probe, Target

DEFAULT_CONCURRENCY = 8
_MAX_PROBES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything a configuration says, resolved. `files` are all that were read; `sha` digests their contents.

    `timeouts` are those of the first file's defaults: what applies to suites run on its targets by hand.
    `unknown_waivers` is what to warn of: waivers of rules that no built-in suite has and none the configuration names.
    """

    targets: tuple[Target, ...]
    checks: tuple[Check, ...]
    probes: tuple[Probe, ...]
    concurrency: int
    timeouts: Timeouts
    files: tuple[Path, ...]
    sha: str
    unknown_waivers: tuple[UnknownWaiver, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One configuration file: its document, its folder, and the rhythm its checks inherit."""

    root: Cursor
    base: Path
    rhythm: Rhythm


def resolve_config(path: Path, env: Mapping[str, str], sources: Sources) -> Config:
    """Return what a configuration file and all it includes say. Raises BrokenConfigError with every problem."""
    parts = list(_Gathering(sources).parts(path, Rhythm()))
    targets = _targets(parts, env)
    suites = Suites(sources)
    checks = _checks(parts, _models(parts), suites)
    if parts and not sources.problems and not targets:
        parts[0].root.report(Said("no_target_given"), Said("name_a_relay"))
    probes = tuple(islice(_probes(checks, targets), _MAX_PROBES + 1))
    if len(probes) > _MAX_PROBES:
        parts[0].root.report(Said("too_many_probes", n=_MAX_PROBES), Said("name_targets"))
    if sources.problems:
        raise broken(sources.problems, sources.files)
    limit = parts[0].root.get("concurrency")
    return Config(
        targets=tuple(targets.values()),
        checks=tuple(chosen.check for chosen in checks),
        probes=probes,
        concurrency=limit.whole if limit is not None else DEFAULT_CONCURRENCY,
        timeouts=parts[0].rhythm.timeouts,
        files=sources.files,
        sha=sources.sha,
        unknown_waivers=unknown_waivers(_members(parts), suites.rules(), suites.built_in_rules),
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
        part = _Part(root=root, base=path.parent, rhythm=read_rhythm(root.get("defaults"), inherited))
        yield part
        yield from self._included(part, (*above, identity))

    def _included(self, part: _Part, above: tuple[Path, ...]) -> Iterator[_Part]:
        include = part.root.get("include")
        for one in include.elements() if include is not None else ():
            for path in self._sources.expand(one, part.base) if isinstance(one.node.value, str) else ():
                yield from self.parts(path, part.rhythm, one, above)


def _is_no_config(root: Cursor, place: Cursor | None) -> bool:
    if is_suite(root.node):
        hint = Said("suite_into_check") if place is not None else Said("suite_to_check")
        (place or root).report(Said("suite_no_config"), hint)
        return True
    limit = root.get("concurrency") if place is not None else None
    if limit is not None:
        limit.report(Said("concurrency_of_all"), Said("move_to_first"), key=True)
    return False


def _named(parts: list[_Part], section: str) -> Iterator[tuple[str, Cursor, _Part]]:
    """Yield the members of a section over all files; a name used twice is a problem."""
    first: dict[str, str] = {}
    for part in parts:
        whole = part.root.get(section)
        for name, place in whole.members() if whole is not None else ():
            line = (place.node.key or (place.node.line,))[0]
            if name in first:
                twice = Said("already_defined", name=quote(name), place=first[name])
                place.report(twice, Said("rename_one"), key=True)
            else:
                first[name] = f"{place.file}:{line}"
                yield name, place, part


def _targets(parts: list[_Part], env: Mapping[str, str]) -> dict[str, Target]:
    read = ((name, read_target(name, place, env, part.base)) for name, place, part in _named(parts, "targets"))
    return {name: target for name, target in read if target is not None}


def _members(parts: list[_Part]) -> Iterator[tuple[str, Cursor]]:
    """Yield every target by its name, also one that is broken."""
    for part in parts:
        whole = part.root.get("targets")
        yield from whole.members() if whole is not None else ()


def _models(parts: list[_Part]) -> dict[str, tuple[str, ...]]:
    """Return the models of every target by its name, also of one that is broken: checks may name it all the same."""
    models: dict[str, tuple[str, ...]] = {}
    for name, place in _members(parts):
        listed = place.get("models")
        nodes = listed.elements() if listed is not None else ()
        models[name] = tuple(node.node.value for node in nodes if isinstance(node.node.value, str))
    return models


def _checks(parts: list[_Part], models: Mapping[str, tuple[str, ...]], suites: Suites) -> list[Chosen]:
    read = (
        read_check(name, place, part.rhythm, models, suites, part.base) for name, place, part in _named(parts, "checks")
    )
    return [chosen for chosen in read if chosen is not None]


def _probes(checks: list[Chosen], targets: Mapping[str, Target]) -> Iterator[Probe]:
    for chosen in checks:
        for target in targets.values():
            if chosen.targets is not None and target.name not in chosen.targets:
                continue
            for model in target.models:
                if chosen.models is None or model in chosen.models:
                    yield Probe(check=chosen.check, target=target, model=model)
