"""Whom `wnmon check` asks: a target from a configuration, or one made of flags and the environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import click

from wnmon.cli.words import said
from wnmon.config import adhoc_target, load_config
from wnmon.config.timing import DEFAULT_TIMEOUTS
from wnmon.errors import UsageError, did_you_mean
from wnmon.model.check import Plan, Timeouts
from wnmon.model.target import Target
from wnmon.report.curl import KEY_VARIABLES


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A target, the models of it to judge, and how long each request may take.

    `unknown_waivers`: the rules it waives that no known suite has, each with the nearest id, "" where none is near.
    """

    target: Target
    models: tuple[str, ...]
    timeouts: Timeouts = DEFAULT_TIMEOUTS
    unknown_waivers: Mapping[str, str] = field(default_factory=dict)


def adhoc(
    base_url: str | None,
    model: str | None,
    key_env: str | None,
    env: Mapping[str, str],
    *,
    needs_key: bool,
    lang: str = "en",
) -> Asked:
    """Return a target made of flags. Raises UsageError for what is missing."""
    missing = [flag for flag, value in (("--base-url", base_url), ("--model", model)) if value is None]
    if base_url is None or model is None:
        raise click.UsageError(f"missing {' and '.join(missing)}; or name a configuration with -c")
    key = _key(key_env, env)
    if key is None and needs_key:
        names = key_env or said("or", lang).join(KEY_VARIABLES)
        raise UsageError(said("no_key", lang, names=names), hint=f"export {(key_env or KEY_VARIABLES[0])}=sk-...")
    return Asked(target=adhoc_target(base_url, model, key), models=(model,))


def _key(key_env: str | None, env: Mapping[str, str]) -> str | None:
    names = (key_env,) if key_env else KEY_VARIABLES
    return next((env[name] for name in names if env.get(name)), None)


def from_config(path: Path, name: str | None, model: str | None, env: Mapping[str, str]) -> Asked:
    """Return a target of a configuration: the named one, or the only one. Its defaults give the timeouts."""
    config = load_config(path, env)
    targets = {target.name: target for target in config.targets}
    if name is None and len(targets) != 1:
        raise click.UsageError(f"--target is needed: {path} has {', '.join(targets) or 'no targets'}")
    target = targets.get(name) if name is not None else next(iter(targets.values()))
    if target is None:
        raise click.UsageError(f"no target {name!r} in {path}; there are {', '.join(targets)}")
    if model is not None and model not in target.models:
        raise click.UsageError(f"target {target.name} has no model {model!r}; it has {', '.join(target.models)}")
    return Asked(
        target=target,
        models=(model,) if model else target.models,
        timeouts=config.timeouts,
        unknown_waivers={one.rule: one.nearest for one in config.unknown_waivers if one.target == target.name},
    )


def claiming(asked: Asked, features: Sequence[str], plans: Iterable[Plan]) -> Asked:
    """Return the target with more features claimed. Raises UsageError for one that no request of the plans is about."""
    known = sorted({step.feature for plan in plans for step in plan.steps if step.feature is not None})
    unknown = next((feature for feature in features if feature not in known), None)
    if unknown is not None:
        hint = did_you_mean(unknown, known) or f"features here: {', '.join(known) or 'none'}"
        raise UsageError(f"unknown feature {unknown!r}", hint=hint)
    return replace(asked, target=replace(asked.target, features=asked.target.features | set(features)))
