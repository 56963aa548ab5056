"""Whom to ask when suites are run by hand: a target of options and the environment, or one of a configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from wnmon.config import load_config
from wnmon.config.targets import adhoc_target
from wnmon.config.timing import DEFAULT_TIMEOUTS
from wnmon.errors import UsageError, did_you_mean
from wnmon.judge.values import listed
from wnmon.model.check import Plan, Timeouts
from wnmon.model.credentials import looks_like_key
from wnmon.model.said import Said
from wnmon.model.target import Secret, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedTarget:
    """A target, the models of it to judge, and how long each request may take.

    `beside`: the secrets of all else the configuration says, which its answers may quote.
    """

    target: Target
    models: tuple[str, ...]
    timeouts: Timeouts = DEFAULT_TIMEOUTS
    beside: tuple[Secret, ...] = ()

    def secrets(self) -> tuple[Secret, ...]:
        """Return what no output about this target may show."""
        return (*self.target.secrets(), *self.beside)


class Flags(NamedTuple):
    """What a person names a target with, as errors shall call it; those of `wnmon check` unless given."""

    base_url: str = "--base-url"
    model: str = "--model"
    target: str = "--target"
    config: str = "--config FILE"


_OF_CHECK = Flags()


class MissingOptionError(UsageError):
    """Options that must be given together are not."""


def named_by_options(
    base_url: str | None,
    model: str | None,
    key_variables: Sequence[str],
    env: Mapping[str, str],
    flags: Flags = _OF_CHECK,
    *,
    needs_key: bool = True,
) -> NamedTarget:
    """Return a target made of options; its key is that of the first variable the environment has.

    Raises MissingOptionError, UsageError for a key that is needed, and ConfigError for a URL that is none.
    """
    if base_url is None or model is None:
        missing = [flag for flag, value in ((flags.base_url, base_url), (flags.model, model)) if value is None]
        hint = Said("cli_may_name", config=flags.config)
        raise MissingOptionError(Said("cli_missing", flags=listed("and", missing)), hint=hint)
    key = next((env[name] for name in key_variables if env.get(name)), None)
    if key is None and needs_key:
        names = listed("either", key_variables)
        is_name = key_variables[0].isidentifier() and not looks_like_key(key_variables[0])
        export = f"export {key_variables[0]}=sk-..."
        raise UsageError(Said("cli_no_key", names=names), hint=export if is_name else Said("cli_key_is_variable"))
    return NamedTarget(target=adhoc_target(base_url, model, key), models=(model,))


def named_by_config(
    path: Path,
    name: str | None,
    model: str | None,
    env: Mapping[str, str],
    flags: Flags = _OF_CHECK,
    rules: frozenset[str] = frozenset(),
) -> NamedTarget:
    """Return a target of a configuration: the named one, or the only one. Its defaults give the timeouts.

    `rules` are those of the suites to be judged, which it may waive.

    Raises ConfigError and UsageError.
    """
    config = load_config(path, env, rules=rules)
    targets = {target.name: target for target in config.targets}
    names = ", ".join(targets)
    if name is None and len(targets) != 1:
        has = names or Said("cli_no_targets")
        raise UsageError(Said("cli_target_needed", flag=flags.target, path=str(path), names=has))
    target = targets.get(name) if name is not None else config.targets[0]
    if target is None:
        raise UsageError(Said("cli_no_target", text=repr(name), path=str(path), names=names or Said("none")))
    if model is not None and model not in target.models:
        models = ", ".join(target.models)
        raise UsageError(Said("cli_no_model", target=target.name, text=repr(model), names=models))
    return NamedTarget(
        target=target,
        models=(model,) if model else target.models,
        timeouts=config.timeouts,
        beside=tuple(config.secrets()),
    )


def rules_of(plans: Iterable[Plan]) -> frozenset[str]:
    """Return the ids of all rules of some suites."""
    return frozenset(rule.id for plan in plans for rule in plan.rules)


def claiming(named: NamedTarget, features: Sequence[str], plans: Iterable[Plan]) -> NamedTarget:
    """Return the target with more features claimed. Raises UsageError for one that no request of the plans is about."""
    known = sorted({step.feature for plan in plans for step in plan.steps if step.feature is not None})
    unknown = next((feature for feature in features if feature not in known), None)
    if unknown is not None:
        hint = did_you_mean(unknown, known) or Said("cli_features", names=", ".join(known) or Said("none"))
        raise UsageError(Said("cli_no_feature", text=repr(unknown)), hint=hint)
    return replace(named, target=replace(named.target, features=named.target.features | set(features)))
