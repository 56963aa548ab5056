"""Environments are made once for all tests of a session. Where they cannot be, tests are skipped; in CI they fail."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from programs import CannotInstallError, install


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a function from the name of a dependency group to the interpreter of its environment."""

    @cache
    def attempt(group: str) -> Path | CannotInstallError:
        try:
            return install(group, tmp_path_factory.mktemp(group) / "venv")
        except CannotInstallError as wrong:
            return wrong

    def python_of(group: str) -> Path:
        made = attempt(group)
        if isinstance(made, Path):
            return made
        if os.environ.get("CI"):
            pytest.fail(f"requirements/{group}.txt cannot be installed: {made}")
        pytest.skip(f"requirements/{group}.txt cannot be installed here: {made}")

    return python_of
