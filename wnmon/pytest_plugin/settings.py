"""What the options and the ini file of pytest ask for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from wnmon.config.shipped import DEFAULT_SUITES, PREFIX
from wnmon.model.language import LANGUAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Which rules to make tests of and whom to ask. Files are absolute; the key is nowhere in here."""

    suites: tuple[str, ...]
    base_url: str | None = None
    model: str | None = None
    config: Path | None = None
    target: str | None = None
    profiles: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    full: bool = False
    strict: bool = False
    lang: str = "en"


def read_settings(config: pytest.Config) -> Settings:
    """Return the settings: an option, else the ini file's entry. Raises pytest.UsageError for an unknown language."""
    lang = _text(config, "lang") or "en"
    if lang not in LANGUAGES:
        raise pytest.UsageError(f"wnmon_lang: expected one of {', '.join(LANGUAGES)}, not {lang!r}")
    named = _text(config, "config")
    return Settings(
        suites=tuple(dict.fromkeys(_suites(config))) or DEFAULT_SUITES,
        base_url=_text(config, "base_url"),
        model=_text(config, "model"),
        config=_base(config, "config") / named if named else None,
        target=_text(config, "target"),
        profiles=_names(config, "profile"),
        features=_names(config, "feature"),
        full=_is_set(config, "full"),
        strict=_is_set(config, "strict"),
        lang=lang,
    )


def _suites(config: pytest.Config) -> Iterable[str]:
    base = _base(config, "suite")
    for name in _listed(config, "suite"):
        yield name if name.startswith(PREFIX) else str(base / name)


def _base(config: pytest.Config, name: str) -> Path:
    """Return what a file is relative to: where pytest was called for an option, the project for the ini file."""
    return config.invocation_params.dir if config.getoption(f"wnmon_{name}") else config.rootpath


def _text(config: pytest.Config, name: str) -> str | None:
    return config.getoption(f"wnmon_{name}") or config.getini(f"wnmon_{name}") or None


def _listed(config: pytest.Config, name: str) -> list[str]:
    listed: list[str] = config.getoption(f"wnmon_{name}") or config.getini(f"wnmon_{name}")
    return listed


def _names(config: pytest.Config, name: str) -> tuple[str, ...]:
    """Return names that may also be given as `a,b`, as on the command line of wnmon."""
    return tuple(part.strip() for listed in _listed(config, name) for part in listed.split(",") if part.strip())


def _is_set(config: pytest.Config, name: str) -> bool:
    return bool(config.getoption(f"wnmon_{name}") or config.getini(f"wnmon_{name}"))
