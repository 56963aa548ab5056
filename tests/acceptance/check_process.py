"""`wnmon check` as a process: its exit code, what it printed, its reports, and how much memory it took."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from junitparser import JUnitXml
from service_process import environment
from warm_start import run_warm

KEY = "sk-0123456789abcdef"
MODEL = "gpt-4o-mini"
PATIENCE_S = 600.0
"""How long a check may take on a busy machine before a test gives up; nothing is measured by it."""

LATE = "monitor_late"
"""The id of why a rule on time cannot be judged where this machine was too busy."""
_MOST_TRIES = 6

# VmHWM counts this program alone; ru_maxrss of a child also counts what its parent had before exec.
_WEIGHED = """
import atexit, pathlib, sys, time
def weigh():
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    peak = next(line.split()[1] for line in lines if line.startswith("VmHWM"))
    pathlib.Path(sys.argv[0]).write_text(f"{peak} {time.process_time()}")
atexit.register(weigh)
sys.argv = sys.argv[1:]
from wnmon.__main__ import main
main()
"""


@dataclass(frozen=True)
class Checked:
    """A finished `wnmon check` and the folder its reports are in."""

    code: int
    stdout: str
    stderr: str
    folder: Path

    @cached_property
    def report(self) -> dict[str, Any]:
        """Return the JSON report."""
        assert (self.folder / "report.json").exists(), f"exit {self.code} without a report: {self.stderr}"
        loaded: dict[str, Any] = json.loads((self.folder / "report.json").read_text(encoding="utf-8"))
        return loaded

    @cached_property
    def junit(self) -> JUnitXml:
        """Return the JUnit report as a JUnit reader sees it."""
        return JUnitXml.fromfile(str(self.folder / "report.xml"))

    @property
    def runs(self) -> list[dict[str, Any]]:
        """Return the runs of the JSON report."""
        runs: list[dict[str, Any]] = self.report["runs"]
        return runs

    @property
    def rules(self) -> dict[str, dict[str, Any]]:
        """Return every rule verdict by the id of the rule."""
        return {rule["id"]: rule for run in self.runs for rule in run["rules"]}

    def of_verdict(self, verdict: str) -> set[str]:
        """Return the rules with this verdict."""
        return {name for name, rule in self.rules.items() if rule["verdict"] == verdict}

    @property
    def peak_mib(self) -> float:
        """Return the most memory the process held at once, where it was weighed."""
        return int((self.folder / "weight").read_text().split()[0]) / 1024

    @property
    def cpu_s(self) -> float:
        """Return how long it was at work, where it was weighed: while a busy machine lets it wait, it is not."""
        return float((self.folder / "weight").read_text().split()[1])


def order(folder: Path, *arguments: str) -> list[str]:
    """Return the command line that checks and leaves both reports in the folder."""
    reports = (f"--report=json={folder / 'report.json'}", f"--report=junit={folder / 'report.xml'}")
    return [sys.executable, "-m", "wnmon", "check", *arguments, *reports]


def check_on_time(folder: Path, *arguments: str) -> Checked:
    """Check again while this machine was too busy to time an answer: then no rule on its rhythm can be judged."""
    for _ in range(_MOST_TRIES - 1):
        checked = check(folder, *arguments)
        if LATE not in {rule["why_id"] for rule in checked.rules.values()}:
            return checked
    return check(folder, *arguments)


def check(folder: Path, *arguments: str, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Checked:
    """Run `wnmon check` to its end."""
    command = order(folder, *arguments)[3:]
    done = run_warm(*command, env=with_key(env), cwd=cwd or folder, timeout_s=PATIENCE_S)
    return Checked(done.returncode, done.stdout.decode(), done.stderr.decode(), folder)


def weighed(folder: Path, *arguments: str) -> Checked:
    """Do the same cold, so that memory and work are those of the check alone."""
    command = order(folder, *arguments)
    heavy = [command[0], "-c", _WEIGHED.replace("sys.argv[0]", repr(str(folder / "weight"))), *command[2:]]
    done = subprocess.run(heavy, capture_output=True, env=with_key(), cwd=folder, timeout=PATIENCE_S, check=False)
    return Checked(done.returncode, done.stdout.decode(), done.stderr.decode(), folder)


def with_key(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment with a key for the relay; a variable given as "" is absent."""
    merged = {**environment(), "WNMON_API_KEY": KEY, **(env or {})}
    return {name: value for name, value in merged.items() if value}


def config(folder: Path, url: str, *, timeout: str = "60s", **target: str) -> Path:
    """Write a configuration with one target; `target` holds more of its members as YAML."""
    more = "".join(f"    {name}: {value}\n" for name, value in target.items())
    text = (
        f"defaults: {{every: 1h, timeout: {timeout}}}\n"
        f"targets:\n  relay:\n    base_url: {url}\n    api_key: ${{WNMON_API_KEY}}\n    models: [{MODEL}]\n{more}"
    )
    path = folder / "wnmon.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def interrupt(process: subprocess.Popen[bytes]) -> int:
    """Send what Ctrl-C sends; return the exit code."""
    os.kill(process.pid, signal.SIGINT)
    return process.wait(timeout=PATIENCE_S)
