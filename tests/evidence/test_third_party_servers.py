"""The built-in suites against two servers other people wrote: their verdict tables, and a reason for every broken rule.

`WNMON_GOLDEN=write` renews the tables for review; docs/evidence.md is written by hand, from the bytes.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from programs import ROOT, run, serving

from wnmon.cli.check import command
from wnmon.config import load_suites, profiles_of
from wnmon.config.shipped import PREFIX, shipped_files, shipped_folder

GOLDEN = ROOT / "tests" / "golden" / "evidence"
PAGE = ROOT / "docs" / "evidence.md"
KEY = "sk-0123456789abcdef"
LATE = "monitor_late"
_MOST_TRIES = 4

Table = dict[str, Any]
Runs = list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A pinned program: the dependency group it comes in, and how its interpreter starts it on a free port."""

    name: str
    group: str
    order: Sequence[str]
    config: str = ""


SERVERS = (
    Server(
        name="fakellm",
        group="evidence-fakellm",
        order=("-m", "fakellm.cli", "serve", "--port", "0", "--config", "fakellm.yaml"),
        config="version: 1\ndefaults: {fallback: deterministic_echo}\nrules: []\n",
    ),
    # Its own command starts two servers in sessions of their own, which stay when it is ended; this is the one asked.
    Server(
        name="mock-ai-api",
        group="evidence-mock-ai-api",
        order=("-m", "uvicorn", "app.openai_app:app", "--host", "127.0.0.1", "--port", "0"),
    ),
)
NAMES = [server.name for server in SERVERS]
SUITES = [
    PREFIX + name
    for name, path in shipped_files(shipped_folder()).items()
    if re.search(r"^suite:", path.read_text("utf-8"), re.MULTILINE)
]
PROFILES = profiles_of(rule for plan in load_suites(SUITES, Path()) for rule in plan.rules)


@pytest.fixture(scope="session")
def tables(installed: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Table]:
    """Return a function from the name of a server to its verdict table, judged once."""
    known: dict[str, Table] = {}

    def table_of(name: str) -> Table:
        if name not in known:
            server = next(server for server in SERVERS if server.name == name)
            known[name] = judged(server, installed(server.group), tmp_path_factory.mktemp(name))
        return known[name]

    return table_of


def judged(server: Server, python: Path, folder: Path) -> Table:
    """Run every built-in suite against a server; return what became of every rule, by suite.

    While this machine is too busy to time an answer, do so again.
    """
    (folder / "fakellm.yaml").write_text(server.config, encoding="utf-8")
    runs: Runs = []
    for _ in range(_MOST_TRIES):
        with serving([str(python), *server.order], folder) as url:
            runs = checked(url, folder)
        if LATE not in {rule["why_id"] for one in runs for rule in one["rules"]}:
            break
    return {one["suite"]: {rule["id"]: shown(rule) for rule in one["rules"]} for one in runs}


def checked(url: str, folder: Path) -> Runs:
    """Run `wnmon check` with everything on; return the runs of its JSON report."""
    report = folder / "report.json"
    yes = ["--yes"] if any("--yes" in param.opts for param in command.params) else []
    asked = ["--full", *yes, f"--profile={','.join(PROFILES)}", f"--base-url={url}/v1", "--model=gpt-4o-mini"]
    order = [sys.executable, "-m", "wnmon", "check", *SUITES, *asked, f"--report=json={report}"]
    done = run(order, cwd=folder, env={"WNMON_API_KEY": KEY})
    assert done.returncode == 1, done.stdout + done.stderr
    runs: Runs = json.loads(report.read_text(encoding="utf-8"))["runs"]
    return runs


def shown(rule: dict[str, Any]) -> Any:
    """Return what a table tells of a rule: the verdict alone when it is passed.

    Texts are left out: they hold what was drawn for this run, and what the server made of it.
    """
    if rule["verdict"] == "passed":
        return "passed"
    found = [_place(finding) for finding in rule["findings"]]
    told = {"verdict": rule["verdict"], "level": rule["level"], "why": rule["why"], "found": found}
    return {name: value for name, value in told.items() if value}


def _place(finding: dict[str, str]) -> str:
    where = f"{finding['step']} {finding['place']}"
    return where if finding["place"] == "content" else f"{where}: {finding['expected']}, not {finding['actual']}"


def broken(table: Table) -> set[str]:
    """Return the rules that failed or had something to note."""
    return {
        name
        for rules in table.values()
        for name, rule in rules.items()
        if rule != "passed" and rule["verdict"] in {"failed", "noted"}
    }


def explained(name: str) -> set[str]:
    """Return the rules the page gives a reason for, under the heading of a server."""
    section = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    own = next(text for text in section if text.startswith(name))
    rows = re.findall(r"^\| ([A-Z]+-\d.*?) \|", own, re.MULTILINE)
    return {rule for row in rows for rule in row.split(", ")}


def golden(name: str) -> Path:
    return GOLDEN / f"{name}.json"


@pytest.mark.parametrize("name", NAMES)
def test_a_server_nobody_here_wrote_keeps_its_verdicts(tables: Callable[[str], Table], name: str) -> None:
    text = json.dumps(tables(name), ensure_ascii=False, indent=1) + "\n"
    if os.environ.get("WNMON_GOLDEN") == "write":
        golden(name).write_text(text, encoding="utf-8")

    assert text == golden(name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_every_broken_rule_is_explained_and_no_other(name: str) -> None:
    assert explained(name) == broken(json.loads(golden(name).read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", NAMES)
def test_the_page_names_the_version_that_is_pinned(name: str) -> None:
    group = next(server.group for server in SERVERS if server.name == name)
    pinned = re.findall(rf"^{name}==(\S+)", (ROOT / "requirements" / f"{group}.txt").read_text("utf-8"), re.MULTILINE)

    assert f"\n## {name} {pinned[0]}\n" in PAGE.read_text(encoding="utf-8")
