"""Whom the tests ask: a target of a configuration, or one made of options and the environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from wnmon.config import adhoc_target, load_config
from wnmon.config.timing import DEFAULT_TIMEOUTS
from wnmon.errors import UsageError, did_you_mean
from wnmon.model.check import Plan, Timeouts
from wnmon.model.target import Target
from wnmon.pytest_plugin.settings import Settings
from wnmon.report.curl import KEY_VARIABLE, KEY_VARIABLES


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A target, the models of it to judge, and how long each request may take."""

    target: Target
    models: tuple[str, ...]
    timeouts: Timeouts


def from_options(settings: Settings, env: Mapping[str, str]) -> Asked:
    """Return a target made of options; its key comes from the environment alone. Raises UsageError."""
    named = (("--wnmon-base-url", settings.base_url), ("--wnmon-model", settings.model))
    missing = [flag for flag, value in named if value is None]
    if settings.base_url is None or settings.model is None:
        raise UsageError(
            f"missing {' and '.join(missing)}", hint="a configuration may name it instead: --wnmon-config FILE"
        )
    key = next((env[name] for name in KEY_VARIABLES if env.get(name)), None)
    if key is None:
        raise UsageError(f"no key: {' or '.join(KEY_VARIABLES)} is not set", hint=f"export {KEY_VARIABLE}=sk-...")
    target = adhoc_target(settings.base_url, settings.model, key)
    return Asked(target=target, models=(settings.model,), timeouts=DEFAULT_TIMEOUTS)


def from_config(path: Path, settings: Settings, env: Mapping[str, str]) -> Asked:
    """Return the named target of a configuration, or its only one. Raises ConfigError and UsageError."""
    if settings.base_url is not None:
        raise UsageError("--wnmon-base-url and --wnmon-config exclude each other: the configuration names the URL")
    config = load_config(path, env)
    targets = {target.name: target for target in config.targets}
    name = settings.target or (next(iter(targets)) if len(targets) == 1 else None)
    if name is None:
        raise UsageError(f"--wnmon-target is needed: {path} has {', '.join(targets) or 'no targets'}")
    target = targets.get(name)
    if target is None:
        raise UsageError(f"no target {name!r} in {path}; there are {', '.join(targets)}")
    model = settings.model
    if model is not None and model not in target.models:
        raise UsageError(f"target {name} has no model {model!r}; it has {', '.join(target.models)}")
    return Asked(target=target, models=(model,) if model else target.models, timeouts=config.timeouts)


def claiming(asked: Asked, features: tuple[str, ...], plans: Iterable[Plan]) -> Asked:
    """Return the target with more features claimed. Raises UsageError for one that no request of the plans is about."""
    known = sorted({step.feature for plan in plans for step in plan.steps if step.feature is not None})
    unknown = next((feature for feature in features if feature not in known), None)
    if unknown is not None:
        raise UsageError(f"--wnmon-feature: unknown feature {unknown!r}", hint=did_you_mean(unknown, known))
    return replace(asked, target=replace(asked.target, features=asked.target.features | set(features)))
