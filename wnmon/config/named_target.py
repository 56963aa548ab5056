"""Whom to ask when suites are run by hand: a target of a configuration, or any other one, and what it claims."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from wnmon.config import load_config
from wnmon.config.timing import DEFAULT_TIMEOUTS
from wnmon.errors import UsageError, did_you_mean
from wnmon.model.check import Plan, Timeouts
from wnmon.model.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A target, the models of it to judge, and how long each request may take.

    `unknown_waivers`: the rules it waives that no known suite has, each with the nearest id, "" where none is near.
    """

    target: Target
    models: tuple[str, ...]
    timeouts: Timeouts = DEFAULT_TIMEOUTS
    unknown_waivers: Mapping[str, str] = field(default_factory=dict)


def asked_by_config(
    path: Path, name: str | None, model: str | None, env: Mapping[str, str], *, flag: str = "--target"
) -> Asked:
    """Return a target of a configuration: the named one, or the only one. Its defaults give the timeouts.

    `flag` is what the person names a target with. Raises ConfigError and UsageError.
    """
    config = load_config(path, env)
    targets = {target.name: target for target in config.targets}
    if name is None and len(targets) != 1:
        raise UsageError(f"{flag} is needed: {path} has {', '.join(targets) or 'no targets'}")
    target = targets.get(name) if name is not None else next(iter(targets.values()))
    if target is None:
        raise UsageError(f"no target {name!r} in {path}; there are {', '.join(targets) or 'none'}")
    if model is not None and model not in target.models:
        raise UsageError(f"target {target.name} has no model {model!r}; it has {', '.join(target.models)}")
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
