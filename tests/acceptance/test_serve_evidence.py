"""What a service keeps of runs that failed: who is shown it, what is in it, and that it can be judged again elsewhere."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from service_process import Answer, ServiceProcess, eventually, relay_beside, serving, wnmon

from wnmon.mock.server import MockRelay
from wnmon.mock.settings import MockSettings

CONFIG = """\
targets:
  down: {{base_url: {url}, api_key: "${{WN_API_KEY}}", models: [m], headers: {{X-Wnmon-Fault: "500"}}}}
  odd: {{base_url: {url}, api_key: "${{WN_API_KEY}}", models: [m], headers: {{X-Wnmon-Fault: no-done}}}}
  up: {{base_url: {url}, api_key: "${{WN_API_KEY}}", models: [m]}}
retention: {{transcripts: 3}}
checks:
  alive:
    every: 2s
    timeout: 1900ms
    targets: [down, up]
    prompt: hello
    request: {{max_tokens: 16}}
    confirm: {{recheck: never}}
  contract: {{every: 1h, suite: builtin:stream, gate: MUST, targets: [odd]}}
"""


def asked(folder: Path, sql: str) -> list[tuple[str, ...]]:
    """Return what the file of a service says."""
    db = sqlite3.connect(folder / "data" / "wnmon.db")
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a service showed of its runs."""

    folder: Path
    kept: dict[str, list[str]]
    opened: str
    target: Answer
    pages: dict[str, Answer]


OF_TARGET = "SELECT run FROM transcript JOIN probe ON probe.id = probe WHERE target = '{}' ORDER BY ended_ms"


@pytest.fixture(scope="module")
def relay() -> Iterator[MockRelay]:
    with relay_beside(MockSettings(ttft_s=0.05)) as relay:
        yield relay


@pytest.fixture(scope="module")
def seen(relay: MockRelay, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    folder = tmp_path_factory.mktemp("evidence")
    with serving(folder, CONFIG.format(url=relay.url), "--run-now") as service:
        eventually(
            lambda: len(asked(folder, "SELECT 1 FROM run JOIN probe ON id = probe WHERE target = 'down'")) > 5, "runs"
        )
        kept = {name: [run for (run,) in asked(folder, OF_TARGET.format(name))] for name in ("down", "odd", "up")}
        ((opened,),) = asked(folder, "SELECT run FROM incident")
        ((passed,),) = asked(folder, "SELECT run FROM run WHERE outcome = 'passed' LIMIT 1")
        routes = {
            "opened": f"/runs/{opened}",
            "zh": f"/runs/{opened}?lang=zh",
            "transcript": f"/runs/{opened}/transcript.json",
            "report": f"/runs/{opened}/report.html",
            "contract": f"/runs/{kept['odd'][0]}",
            "contract transcript": f"/runs/{kept['odd'][0]}/transcript.json",
            "passed": f"/runs/{passed}",
            "passed transcript": f"/runs/{passed}/transcript.json",
        }
        pages = {name: service.get(route) for name, route in routes.items()}
        return Seen(folder=folder, kept=kept, opened=opened, target=service.get("/targets/down"), pages=pages)


def test_x(seen: Seen) -> None:
    print(seen.kept, seen.opened)
    for name, one in seen.pages.items():
        Path(f"/tmp/w/runs-out-{name.replace(' ', '-')}").write_text(one.text)
        print(name, one.status, len(one.text), one.headers)
    Path("/tmp/w/runs-out-target").write_text(seen.target.text)
    for name in ("transcript", "contract-transcript"):
        print(wnmon("replay", f"/tmp/w/runs-out-{name}"))
    assert 0
