"""Whom to ask when suites are run by hand: a target of options and the environment, or one of a configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from pathlib import Path
from typing import NamedTuple

from wnmon.config.access import Access, reached_by
from wnmon.config.reading import load_config
from wnmon.config.targets import adhoc_target
from wnmon.config.timing import DEFAULT_TIMEOUTS
from wnmon.errors import UsageError, did_you_mean
from wnmon.judge.values import listed
from wnmon.model.check import Plan, Timeouts
from wnmon.model.credentials import looks_like_key
from wnmon.model.said import Said
from wnmon.model.target import Secret, Target
from wnmon.model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedTarget:
    """A target, the models of it to judge, and how long each request may take.

    `windows`: when the service sends it nothing, whatever the check. `beside`: the secrets of all else the
    configuration says, which its answers may quote. `zone`: whose hours, days and months its budgets go by.
    `is_configured`: it has a configuration.
    """

    target: Target
    models: tuple[str, ...]
    timeouts: Timeouts = DEFAULT_TIMEOUTS
    beside: tuple[Secret, ...] = ()
    windows: tuple[Window, ...] = ()
    zone: tzinfo = UTC
    is_configured: bool = False

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
_NO_OPTIONS = Access()


class MissingOptionError(UsageError):
    """Options that must be given together are not."""


def named_by_options(
    base_url: str | None,
    models: Sequence[str],
    key_variables: Sequence[str],
    env: Mapping[str, str],
    flags: Flags = _OF_CHECK,
    *,
    access: Access = _NO_OPTIONS,
    needs_key: bool = False,
    needs_model: bool = True,
) -> NamedTarget:
    """Return a target made of options; its key is that of the first variable the environment has, or there is none.

    Without a model, where none is needed, the relay itself is to be asked.

    Raises MissingOptionError, UsageError for a key that is needed, and ConfigError for a URL that is none.
    """
    if base_url is None or (needs_model and not models):
        given = ((flags.base_url, base_url), (flags.model, models))[: 1 + needs_model]
        missing = [flag for flag, value in given if not value]
        hint = Said("cli_may_name", config=flags.config)
        raise MissingOptionError(Said("cli_missing", flags=listed("and", missing)), hint=hint)
    key = next((env[name] for name in key_variables if env.get(name)), None)
    if key is None and needs_key:
        names = listed("either", key_variables)
        is_name = key_variables[0].isidentifier() and not looks_like_key(key_variables[0])
        export = f"export {key_variables[0]}=sk-..."
        raise UsageError(Said("cli_no_key", names=names), hint=export if is_name else Said("cli_key_is_variable"))
    target = reached_by(adhoc_target(base_url, tuple(models), key), access, env, adhoc=True)
    if key is None:
        keyless = Said("asked_without_key", names=listed("and", key_variables))
        target = replace(target, remarks=(keyless, *target.remarks))
    return NamedTarget(target=target, models=target.models)


def named_by_config(
    path: Path,
    name: str | None,
    models: Sequence[str],
    env: Mapping[str, str],
    flags: Flags = _OF_CHECK,
    *,
    access: Access = _NO_OPTIONS,
    rules: frozenset[str] = frozenset(),
) -> NamedTarget:
    """Return a target of a configuration: the named one, or the only one. Its defaults give the timeouts.

    `models`: only these of its models; all, where there are none. `rules`: those of the suites to be judged, which it
    may waive.

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
    unknown = next((model for model in models if model not in target.models), None)
    if unknown is not None:
        known = ", ".join(target.models)
        raise UsageError(Said("cli_no_model", target=target.name, text=repr(unknown), names=known))
    return NamedTarget(
        target=reached_by(target, access, env),
        models=tuple(models) or target.models,
        timeouts=config.timeouts,
        beside=tuple(config.secrets()),
        windows=(
            *(one.window for one in config.maintenance if one.checks is None and one.is_for(target.name, "")),
            *((target.paused,) if target.paused is not None else ()),
        ),
        zone=config.zone,
        is_configured=True,
    )


def with_a_key(named: NamedTarget) -> NamedTarget:
    """Return the target as it would be with a key, where nobody has set one yet."""
    key = named.target.api_key or Secret("sk-to-be-set", "api_key")
    return replace(named, target=replace(named.target, api_key=key))


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
