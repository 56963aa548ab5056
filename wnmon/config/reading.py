"""A file, by its path or name -> the configuration or the suite in it, or all its problems at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from wnmon.config.key_file import KeyFile, key_in
from wnmon.config.problems import BrokenConfigError
from wnmon.config.resolve import Config, resolve_config
from wnmon.config.sources import Sources, is_suite
from wnmon.config.suite import Suites
from wnmon.model.check import Plan


def load_config(
    path: Path, env: Mapping[str, str], *, rules: frozenset[str] = frozenset(), shipped: Path | None = None
) -> Config:
    """Return the configuration in a file and all it includes. Raises ConfigError with every problem of every file.

    `env` is where `${NAME}` is looked up; `rules` are those of suites that are named beside it, which may be waived;
    `shipped` is the folder of `builtin:` files, wnmon's own unless given.
    """
    return resolve_config(path, env, Sources(shipped), rules)


def load_suites(names: Sequence[str], base: Path, *, shipped: Path | None = None) -> tuple[Plan, ...]:
    """Return one plan, with all its rules, per suite: `builtin:NAME` or a path from `base`. Raises ConfigError."""
    sources = Sources(shipped)
    suites = Suites(sources)
    plans = [suites.find(name, base) for name in dict.fromkeys(names)]
    sources.refuse_broken()
    return tuple(plan for plan in plans if plan is not None)


def built_in_suites(*, shipped: Path | None = None) -> tuple[Plan, ...]:
    """Return one plan, with all its rules, per suite that comes with wnmon. Raises ConfigError."""
    sources = Sources(shipped)
    plans = Suites(sources).built_in()
    sources.refuse_broken()
    return plans


def load_any(
    name: str, env: Mapping[str, str], *, shipped: Path | None = None, key_in: KeyFile = key_in
) -> Config | Plan:
    """Return the configuration or the suite in a file or `builtin:NAME`, whichever it is by its keys.

    `key_in` reads the files of keys. Raises ConfigError.
    """
    sources = Sources(shipped, key_in)
    path = sources.find(name, Path())
    root = sources.root(path) if path is not None else None
    if path is not None and root is not None and not is_suite(root):
        return resolve_config(path, env, sources)
    plan = Suites(sources).find(name, Path()) if root is not None else None
    if plan is None:
        raise BrokenConfigError(sources.problems, sources.files)
    return plan
