"""The ledger's rule over processes: whoever spends, however they end, and whatever a relay answers.

No request is sent unless what was spent, what is set aside and its own worst case are within the cap together. The
relay counts for itself what it was asked; the file is read beside it, all the time.
"""

from __future__ import annotations

import contextlib
import os
import random
import secrets
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from counting_relay import MOST_TOKENS, CountingRelay, counting_relay
from service_process import environment, eventually, serving

LASTS_S, KILLS = 75.0, 6
"""So long at least, and so many kills: a busy machine takes its time to start anything."""
PROBES = 25
"""Of each of two targets."""
TOKENS, REQUESTS = 12_000, 300
"""What each may spend a day: some half of what is asked for meanwhile."""
IN_FLIGHT = PROBES + 8
"""So many requests of a target may be under way at once: those of its probes, and those of a check beside them."""

CONFIG = """\
concurrency: 60
targets:
  tokens:
    base_url: {tokens}
    api_key: "${{WN_API_KEY}}"
    models: [{models}]
    concurrency: 50
    step_down: false
    budget: {{tokens_per_day: {most_tokens}}}
  requests:
    base_url: {requests}
    api_key: "${{WN_API_KEY}}"
    models: [{models}]
    concurrency: 50
    step_down: false
    budget: {{requests_per_day: {most_requests}}}
checks:
  alive: {{every: 1s, timeout: 900ms, prompt: hello, request: {{max_tokens: 16}}, confirm: {{recheck: never}}}}
"""


def counted(db: sqlite3.Connection, target: str) -> tuple[int, int]:
    """Return the tokens and requests that the ledger holds of a target, set aside or spent. The only SQL here."""
    sums = "SELECT tokens, requests FROM {} WHERE scope = 'target' AND name = ?"
    both = f"{sums.format('ledger')} AND step_s = 3600 UNION ALL {sums.format('share')}"
    rows = db.execute(both, (target, target)).fetchall()
    return sum(row[0] for row in rows), sum(row[1] for row in rows)


@dataclass(slots=True)
class Watched:
    """What was seen of the relay and of the file, at `looks` instants; `breaches` say how the rule was broken.

    `most`: the most requests that the file held of each target. `day`: that of UTC on which it began.
    """

    seed: int
    looks: int = 0
    kills: int = 0
    checks: int = 0
    breaches: list[str] = field(default_factory=list)
    most: dict[str, int] = field(default_factory=dict)
    day: int = field(default_factory=lambda: _today())


def look(folder: Path, relay: CountingRelay, watched: Watched) -> None:
    """Hold the file against the relay, once."""
    before = {name: (one.allowed, one.requests) for name, one in relay.accounts.items()}
    with closing(sqlite3.connect(f"{(folder / 'data' / 'wnmon.db').as_uri()}?mode=ro", uri=True, timeout=10)) as db:
        held = {name: counted(db, name) for name in before}
    for name, of in held.items():
        watched.most[name] = max(of[1], watched.most.get(name, 0))
        for what, least, got in zip(("tokens", "requests"), before[name], of, strict=True):
            if got < least:
                watched.breaches.append(f"{name}: {least} {what} were allowed or asked, the file knew {got}")
    watched.looks += 1
    beyond, days = IN_FLIGHT * MOST_TOKENS, _today() - watched.day + 1
    for what, got, most in (
        ("tokens in the file", held["tokens"][0], days * TOKENS + beyond),
        ("tokens answered", relay.accounts["tokens"].tokens, days * TOKENS + beyond),
        ("requests in the file", held["requests"][1], days * REQUESTS),
        ("requests asked", relay.accounts["requests"].requests, days * REQUESTS),
    ):
        if got > most:
            watched.breaches.append(f"{got} {what}, at most {most}")


def _today() -> int:
    return int(time.time() // 86_400)


@contextmanager
def watching(folder: Path, relay: CountingRelay, watched: Watched) -> Iterator[None]:
    """Look all the time while the block runs."""
    done = threading.Event()

    def run() -> None:
        while not done.wait(0.02):
            with contextlib.suppress(sqlite3.OperationalError):  # there is no file yet
                look(folder, relay, watched)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def check_beside(folder: Path, target: str, chance: random.Random) -> subprocess.Popen[bytes]:
    """Begin a `wnmon check` of one model of a target, with the same folder."""
    asked = ("--target", target, "--model", f"m{chance.randrange(PROBES)}", "--data", str(folder / "data"))
    order = [sys.executable, "-m", "wnmon", "check", "-c", str(folder / "wnmon.yaml"), *asked, "--patience", "0"]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(order, env=environment(), cwd=folder, stdout=quiet, stderr=quiet)


def let_be(folder: Path, config: str, watched: Watched, chance: random.Random) -> None:
    """Run the service for a while, a check beside it or not, and end both as it comes."""
    with serving(folder, config) as service:
        checking = (
            check_beside(folder, chance.choice(("tokens", "requests")), chance) if chance.random() < 0.6 else None
        )
        time.sleep(chance.uniform(0.3, 5))
        service.end(signal.SIGKILL if chance.random() < 0.8 else signal.SIGTERM)
    watched.kills += 1
    if checking is not None:
        watched.checks += 1
        if chance.random() < 0.5:
            checking.kill()
        checking.wait(120)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    seed = int(os.environ.get("WNMON_SEED", secrets.randbelow(10**6)))
    folder, chance, watched = tmp_path_factory.mktemp("ledger"), random.Random(seed), Watched(seed)
    with counting_relay(seed) as relay:
        urls = {name: relay.url(name) for name in ("tokens", "requests")}
        models = ", ".join(f"m{number}" for number in range(PROBES))
        config = CONFIG.format(**urls, models=models, most_tokens=TOKENS, most_requests=REQUESTS)
        with watching(folder, relay, watched):
            until_s = time.monotonic() + LASTS_S
            while time.monotonic() < until_s or watched.kills < KILLS:
                let_be(folder, config, watched, chance)
            with serving(folder, config) as service:  # until there is nothing left to spend
                spent = {"target": "tokens"}, {"target": "requests"}
                eventually(lambda: all(service.value("wnmon_budget_exhausted", **of) for of in spent), "spent budgets")
                service.end()
        look(folder, relay, watched)
        return watched


@pytest.mark.long
def test_the_rule_of_the_ledger_holds_at_every_instant(watched: Watched) -> None:
    assert watched.breaches == [], watched


@pytest.mark.long
def test_that_was_looked_at_often_enough(watched: Watched) -> None:
    assert (watched.looks > LASTS_S, watched.checks > 0) == (True, True), watched


@pytest.mark.long
def test_a_budget_is_spent_to_its_end(watched: Watched) -> None:
    assert watched.most["requests"] >= REQUESTS, watched
