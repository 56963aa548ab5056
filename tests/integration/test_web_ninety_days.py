"""The page of a target that was probed each minute for 90 days, as it is served from a real store."""

from __future__ import annotations

import http.client
import sqlite3
import time
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import pytest
from sink_runs import a_run
from web_samples import NOW_S, FixedClock, FixedStates, site, state

from wnmon.engine.run import Run
from wnmon.model.events import Turned
from wnmon.model.result import Outcome, Reason, Timing
from wnmon.store.course import StoredCourses
from wnmon.store.database import opened, transaction
from wnmon.store.results import Written, row_of, write_run
from wnmon.store.states import write_turn
from wnmon.web import WebServer

MODELS = ("gpt-4o", "deepseek-r1")
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
OUTAGES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A page as it came, and the processor time that server and client took for it together, in seconds."""

    body: bytes
    took_s: float


GOOD = [a_run(timing=Timing(ttft_s=ttft_s, total_s=4.0)) for ttft_s in (0.09, 0.3, 0.7, 1.4, 3.0)]
BAD = a_run(outcome=Outcome.FAILED, reason=Reason.CONTENT)


def ran(model: str, number: int, ago_s: int) -> Run:
    at_s = NOW_S - ago_s
    run = GOOD[number % 5] if number % 50 else BAD
    return replace(run, target="wn", model=model, slot_s=at_s, started_at_s=at_s, ended_at_s=at_s)


def turned(run: Run, *, up: bool, ago_s: int) -> Turned:
    return Turned(
        probe=run.probe,
        target="wn",
        check=run.check,
        model=run.model,
        up=up,
        since_s=NOW_S - ago_s,
        reason=Reason.CONNECT,
    )


def fill(db: sqlite3.Connection) -> None:
    """Write down what is left of 90 days of runs each minute: all of two days, and sums by hour and day.

    What a page reads of the hours before are their sums, and the sum of sixty runs is a row as long as that of one.
    """
    written = Written.read(db)
    instants = [*range(90 * DAY_S - 1, 2 * DAY_S, -HOUR_S), *range(2 * DAY_S, -1, -MINUTE_S)]
    with transaction(db):
        for model in MODELS:
            for number, ago_s in enumerate(instants):
                write_run(db, written, row_of(ran(model, number, ago_s)))
            for days in range(OUTAGES, 0, -1):
                for up, ago_s in ((False, days * DAY_S), (True, days * DAY_S - 600)):
                    write_turn(db, written, turned(ran(model, 0, 0), up=up, ago_s=ago_s))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    file = tmp_path_factory.mktemp("store") / "wnmon.db"
    db = opened(file)
    assert isinstance(db, sqlite3.Connection)
    fill(db)
    db.close()
    states = FixedStates([state(check=a_run().check, model=model) for model in MODELS])
    server = WebServer("127.0.0.1", 0, site(states=states, past=StoredCourses(file, FixedClock())))
    address = urlsplit(server.start().url)
    asking = http.client.HTTPConnection(address.hostname or "", address.port or 0, timeout=60)
    began_s = time.process_time()
    asking.request("GET", "/targets/wn")
    body = asking.getresponse().read()
    took_s = time.process_time() - began_s
    asking.close()
    server.stop()
    return Served(body=body, took_s=took_s)


def test_a_target_of_90_days_is_no_large_page(served: Served) -> None:
    assert len(served.body) <= 150_000


def test_a_target_of_90_days_is_served_soon(served: Served) -> None:
    assert served.took_s <= 0.2  # some 20 ms


def test_all_90_days_are_on_the_page(served: Served) -> None:
    assert served.body.count(b"<li><time>") == 90
