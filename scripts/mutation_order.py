"""A plugin for pytest inside `make mutation`: what is quick comes first, and drawn cases are the same each time."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from mutmut.state import state

NOT_RUN = 35
"""The exit code of a run whose tests pytest did not find. mutmut itself would take that for a failed test."""

# A failure is enough: the smallest case that fails is for people, and takes many times as long to find. That cases are
# drawn slowly on a busy machine, or take long there, is no failure at all; mutmut ends what takes too long.
settings.register_profile(
    "mutation",  # `scripts/mutation.py` asks for it
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the tests that reach a mutant by what they took without it, so that most mutants are caught in a moment."""
    took_s = state().duration_by_test
    items.sort(key=lambda item: took_s.get(item.nodeid, 0.0))


def pytest_sessionfinish(exitstatus: int) -> None:
    """End at once where a test was not found: pytest escapes a backslash in `ids` once more each time it collects."""
    if exitstatus == pytest.ExitCode.USAGE_ERROR:
        os._exit(NOT_RUN)
