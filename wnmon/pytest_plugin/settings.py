"""What the options and the ini file of pytest ask for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from wnmon.config.shipped import DEFAULT_SUITES, PREFIX
from wnmon.engine.patience import DEFAULT_S
from wnmon.model.credentials import masked
from wnmon.model.duration import parse_duration_s
from wnmon.model.language import LANGUAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Which rules to make tests of and whom to ask. Files are absolute; the key is nowhere in here."""

    suites: tuple[str, ...]
    base_url: str | None = None
    models: tuple[str, ...] = ()
    config: Path | None = None
    target: str | None = None
    profiles: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    full: bool = False
    strict: bool = False
    lang: str = "en"
    patience_s: float = DEFAULT_S


def read_settings(config: pytest.Config) -> Settings:
    """Return the settings: an option, else the ini file's entry. Raises pytest.UsageError for a bad value."""
    lang = _given(config, "lang") or "en"
    if lang not in LANGUAGES:
        raise pytest.UsageError(f"wnmon_lang: expected one of {', '.join(LANGUAGES)}, not {masked(lang)!r}")
    base, named = _base(config, "suite"), _given(config, "config")
    suites = [name if name.startswith(PREFIX) else str(base / name) for name in _given(config, "suite")]
    return Settings(
        suites=tuple(dict.fromkeys(suites)) or DEFAULT_SUITES,
        base_url=_given(config, "base_url") or None,
        models=tuple(dict.fromkeys(_names(config, "model"))),
        config=_base(config, "config") / named if named else None,
        target=_given(config, "target") or None,
        profiles=_names(config, "profile"),
        features=_names(config, "feature"),
        full=bool(_given(config, "full")),
        strict=bool(_given(config, "strict")),
        lang=lang,
        patience_s=_patience_s(_given(config, "patience") or f"{DEFAULT_S:g}s"),
    )


def _patience_s(text: str) -> float:
    try:
        return parse_duration_s(text) if text != "0" else 0.0
    except ValueError as wrong:
        raise pytest.UsageError(f"wnmon_patience: {wrong}") from None


def _base(config: pytest.Config, name: str) -> Path:
    """Return what a file is relative to: where pytest was called for an option, the project for the ini file."""
    return config.invocation_params.dir if config.getoption(f"wnmon_{name}") else config.rootpath


def _given(config: pytest.Config, name: str) -> Any:
    return config.getoption(f"wnmon_{name}") or config.getini(f"wnmon_{name}")


def _names(config: pytest.Config, name: str) -> tuple[str, ...]:
    """Return names that may also be given as `a,b`, as on the command line of wnmon."""
    return tuple(part.strip() for given in _given(config, name) for part in given.split(",") if part.strip())
