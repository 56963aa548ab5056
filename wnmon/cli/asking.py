"""Whom `wnmon check` asks when no configuration says it: a target made of flags and the environment."""

from __future__ import annotations

from collections.abc import Mapping

import click

from wnmon.cli.terminal import words
from wnmon.config import adhoc_target
from wnmon.config.named_target import Asked
from wnmon.errors import UsageError
from wnmon.judge.values import listed
from wnmon.model.said import Said
from wnmon.report.curl import KEY_VARIABLES


def adhoc(
    base_url: str | None, model: str | None, key_env: str | None, env: Mapping[str, str], *, needs_key: bool
) -> Asked:
    """Return a target made of flags. Raises UsageError for what is missing."""
    missing = [flag for flag, value in (("--base-url", base_url), ("--model", model)) if value is None]
    if base_url is None or model is None:
        raise click.UsageError(words("cli_missing", flags=listed("and", missing)))
    key = _key(key_env, env)
    if key is None and needs_key:
        names = (key_env,) if key_env else KEY_VARIABLES
        raise UsageError(Said("cli_no_key", names=listed("either", names)), hint=f"export {names[0]}=sk-...")
    return Asked(target=adhoc_target(base_url, model, key), models=(model,))


def _key(key_env: str | None, env: Mapping[str, str]) -> str | None:
    names = (key_env,) if key_env else KEY_VARIABLES
    return next((env[name] for name in names if env.get(name)), None)
