"""A service that is killed thirty times under load: nothing that was written is lost, and no budget is exceeded."""

from __future__ import annotations

import random
import signal
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from service_process import eventually, relay_beside, serving

from wnmon.mock.settings import MockSettings

KILLS, PROBES, TOKENS_A_DAY = 30, 50, 20_000
SPENT = "SELECT sum(tokens) FROM ledger WHERE scope = 'target' AND name = 'wn' AND step_s = 3600"
CONFIG = """\
concurrency: 50
targets:
  wn:
    base_url: {url}
    api_key: "${{WN_API_KEY}}"
    models: [{models}]
    concurrency: 50
    budget: {{tokens_per_day: {tokens}}}
    step_down: false
  down: {{base_url: {url}, api_key: "${{WN_API_KEY}}", models: [m], headers: {{X-Wnmon-Fault: "500"}}}}
checks:
  alive: {{every: 1s, timeout: 900ms, prompt: hello, request: {{max_tokens: 16}}, confirm: {{recheck: never}}}}
"""


def asked(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "data" / "wnmon.db")) as db:
        return db.execute(sql).fetchall()


@dataclass(frozen=True, slots=True, kw_only=True)
class Survived:
    """What was found after each kill: whether the file is whole, what of it was gone, since when the outage was."""

    whole: list[list[tuple[Any, ...]]]
    lost: int
    incidents: set[tuple[Any, ...]]
    used: list[int]


@pytest.fixture(scope="module")
def survived(tmp_path_factory: pytest.TempPathFactory) -> Survived:
    folder, chance = tmp_path_factory.mktemp("kills"), random.Random(8)
    whole, used, incidents, lost = [], [], set(), 0
    known: set[tuple[Any, ...]] = set()
    with relay_beside(MockSettings(ttft_s=0.05)) as relay:
        models = ", ".join(f"m{number}" for number in range(PROBES))
        config = CONFIG.format(url=relay.url, models=models, tokens=TOKENS_A_DAY)
        for _ in range(KILLS):
            with serving(folder, config) as service:
                time.sleep(chance.uniform(0.5, 3.0))
                service.end(signal.SIGKILL)
            whole.append(asked(folder, "PRAGMA integrity_check"))
            now = set(asked(folder, "SELECT run FROM run"))
            lost += len(known - now)
            known = now
            incidents |= set(asked(folder, "SELECT id, opened_ms FROM incident"))
            used += [row[0] for row in asked(folder, SPENT)]
        with serving(folder, config) as service:
            eventually(lambda: service.value("wnmon_budget_exhausted", target="wn"), "a budget that is used up", 300)
            service.end()
    used += [row[0] for row in asked(folder, SPENT)]
    return Survived(whole=whole, lost=lost, incidents=incidents, used=[one or 0 for one in used])


@pytest.mark.long
def test_the_file_is_whole_after_every_kill(survived: Survived) -> None:
    assert survived.whole == [[("ok",)]] * KILLS


@pytest.mark.long
def test_no_run_that_was_written_is_lost(survived: Survived) -> None:
    assert survived.lost == 0


@pytest.mark.long
def test_an_outage_over_thirty_kills_is_one_incident(survived: Survived) -> None:
    assert len(survived.incidents) == 1


@pytest.mark.long
def test_no_kill_makes_the_ledger_forget(survived: Survived) -> None:
    assert survived.used == sorted(survived.used)


@pytest.mark.long
def test_a_budget_is_kept_over_thirty_kills(survived: Survived) -> None:
    assert survived.used[-1] <= TOKENS_A_DAY
