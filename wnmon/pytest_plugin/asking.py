"""Whom the tests ask: a target of a configuration, or one made of options and the environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from wnmon.config import adhoc_target
from wnmon.config.named_target import Asked, asked_by_config
from wnmon.errors import UsageError
from wnmon.pytest_plugin.settings import Settings
from wnmon.report.curl import KEY_VARIABLE, KEY_VARIABLES


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
    return Asked(target=adhoc_target(settings.base_url, settings.model, key), models=(settings.model,))


def from_config(path: Path, settings: Settings, env: Mapping[str, str]) -> Asked:
    """Return the named target of a configuration, or its only one. Raises ConfigError and UsageError."""
    if settings.base_url is not None:
        raise UsageError("--wnmon-base-url and --wnmon-config exclude each other: the configuration names the URL")
    return asked_by_config(path, settings.target, settings.model, env, flag="--wnmon-target")
