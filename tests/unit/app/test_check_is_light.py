"""A check of the command line, from its first import to its verdict, loads nothing that only the service needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

SERVICE = (
    "apscheduler",
    "prometheus_client",
    "starlette",
    "uvicorn",
    "wnmon.schedule",
    "wnmon.metrics",
    "wnmon.web",
    "wnmon.app.serve",
)
# Nobody listens at the discard port, so the connection is refused at once.
CHECK = """
import json, sys
from wnmon.cli import run
try:
    run(["check", "--base-url", "http://127.0.0.1:9", "--model", "m", "--report", "tap"])
except SystemExit as ended:
    print(json.dumps([ended.code, sorted(sys.modules)]), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def checked() -> tuple[int, list[str]]:
    """Return how a whole check ended in a process of its own, and which modules that had loaded."""
    env = {**os.environ, "WNMON_API_KEY": "sk-0123456789abcdef", "LANG": "C"}
    done = subprocess.run(
        [sys.executable, "-c", CHECK], env=env, capture_output=True, text=True, timeout=60, check=True
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    return code, modules


def test_the_check_got_as_far_as_a_relay_that_is_not_there(checked: tuple[int, list[str]]) -> None:
    assert (checked[0], "wnmon.transport.sensor" in checked[1]) == (3, True)


@pytest.mark.parametrize("module", SERVICE)
def test_a_check_does_not_load(module: str, checked: tuple[int, list[str]]) -> None:
    assert module not in checked[1]
