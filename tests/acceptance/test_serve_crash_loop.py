"""A service that is killed again and again beside one that is left alone: it asks its relays no more often.

When a probe is due follows from its id, its interval and the calendar, so both have the same slots.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from counting_relay import Account, CountingRelay, counting_relay
from service_process import ServiceProcess, eventually, serving

GOOD, BAD = tuple(f"good{number}" for number in range(20)), tuple(f"bad{number}" for number in range(10))
CONFIG = """\
targets:
  wn:
    base_url: {url}
    api_key: "${{WN_API_KEY}}"
    models: [{models}]
    budget: {{tokens_per_day: 1000000, requests_per_day: 100000}}
checks:
  alive:
    {{every: {every_s:g}s, timeout: {{total: {timeout_s:g}s}}, prompt: hello, request: {{max_tokens: 16}},
      confirm: {{down: 3, recheck: {recheck_s:g}s}}}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a service is killed, so long after it was last, or later where it starts late; and what it is to do."""

    every_s: float
    recheck_s: float
    kill_each_s: float
    kills: int


LIVES_S = 2.0
"""So long it lives at least, however long it took to start: it is to ask somebody."""
TRUE = Pace(every_s=60, recheck_s=30, kill_each_s=22, kills=28)
SHORT = Pace(every_s=30, recheck_s=5, kill_each_s=3.5, kills=4)


@dataclass(frozen=True, slots=True)
class Spent:
    """What the relay was asked by each."""

    quiet: Account
    looping: Account


@contextmanager
def _served(folder: Path, relay: CountingRelay, pace: Pace) -> Iterator[ServiceProcess]:
    timeout_s = min(10, 0.9 * pace.every_s)
    said = {"every_s": pace.every_s, "recheck_s": pace.recheck_s, "timeout_s": timeout_s}
    config = CONFIG.format(url=relay.url(folder.name), models=", ".join((*GOOD, *BAD)), **said)
    with serving(folder, config) as service:
        yield service


def both(folder: Path, pace: Pace) -> Spent:
    """Run one service for all the time, and beside it another one that is killed."""
    with counting_relay(0, wild=False) as relay:
        relay.refused = frozenset(BAD)
        with _served(folder / "quiet", relay, pace) as quiet:
            for _ in range(pace.kills):
                began_s = time.monotonic()
                with _served(folder / "looping", relay, pace) as looping:
                    time.sleep(max(LIVES_S, began_s + pace.kill_each_s - time.monotonic()))
                    looping.end(signal.SIGKILL)
            eventually(lambda: quiet.value("wnmon_probes_in_flight") == 0, "an end of what is under way")
        return Spent(relay.accounts["quiet"], relay.accounts["looping"])


def more_often(spent: Spent) -> dict[str, tuple[int, int]]:
    """Return the models that were asked more often by the one that was killed, and how often by each."""
    counts = {model: (spent.quiet.models[model], count) for model, count in spent.looping.models.items()}
    return {model: pair for model, pair in counts.items() if pair[1] > pair[0]}


@pytest.fixture(scope="module")
def spent(tmp_path_factory: pytest.TempPathFactory) -> Spent:
    return both(tmp_path_factory.mktemp("loop"), SHORT)


def test_a_service_that_is_killed_again_and_again_asks_no_model_more_often(spent: Spent) -> None:
    assert more_often(spent) == {}, spent


def test_a_service_that_is_killed_again_and_again_spends_no_more_tokens(spent: Spent) -> None:
    assert spent.looping.tokens <= spent.quiet.tokens, spent


def test_a_service_that_is_killed_again_and_again_still_asks(spent: Spent) -> None:
    assert spent.looping.requests > 0, spent


@pytest.mark.long
def test_a_crash_each_22_s_for_10_minutes_spends_no_more_than_a_quiet_service(tmp_path: Path) -> None:
    spent = both(tmp_path, TRUE)

    assert (more_often(spent), spent.looping.tokens <= spent.quiet.tokens) == ({}, True), spent
