"""A service and a check beside it, two targets with one key: together they stay within what it and all may cost."""

from __future__ import annotations

import signal
from collections import Counter
from dataclasses import dataclass

import pytest
from service_process import eventually, relay_beside, serving, wnmon

from wnmon.mock.settings import MockSettings

OF_KEY, OF_ALL = 6, 11
"""A check of all that is harmless sends 7 or 8 requests: it never fits, however little the service spends beside it."""
CONFIG = """\
budget: {{requests_per_month: {of_all}}}
targets:
  mine:
    base_url: {url}
    api_key: ${{WN_API_KEY}}
    models: [m]
    step_down: false
    key_budget: {{requests_per_day: {of_key}}}
  yours: {{base_url: {url}, api_key: "${{WN_API_KEY}}", models: [m], step_down: false}}
  other: {{base_url: {url}, api_key: sk-of-another-0123456789, models: [m], step_down: false}}
checks:
  alive:
    targets: [{watched}]
    every: 1s
    timeout: 900ms
    prompt: hello
    request: {{max_tokens: 16}}
    confirm: {{recheck: never}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What the relay was asked, by key; and what the check beside the service said."""

    by_key: Counter[str]
    exit_code: int
    said: str


@pytest.fixture(scope="module")
def spent(tmp_path_factory: pytest.TempPathFactory) -> Spent:
    """Return what was spent by a service that is killed once, by a check beside it, then by another target."""
    folder, data = tmp_path_factory.mktemp("ledger"), tmp_path_factory.mktemp("ledger") / "data"
    with relay_beside(MockSettings(ttft_s=0.02)) as relay:

        def config(watched: str) -> str:
            return CONFIG.format(url=relay.url, of_key=OF_KEY, of_all=OF_ALL, watched=watched)

        with serving(folder, config("mine"), "--data", str(data)) as service:
            eventually(lambda: service.value("wnmon_probe_runs_total", target="mine"), "a run")
            check = ("check", "--config", str(folder / "wnmon.yaml"), "--target", "yours", "--data", str(data))
            code, said, _ = wnmon(*check, "--patience", "0")
            service.end(signal.SIGKILL)
        with serving(folder, config("mine, other"), "--data", str(data)) as service:
            eventually(lambda: service.value("wnmon_budget_exhausted", target="mine"), "a key that is used up")
            eventually(lambda: service.value("wnmon_budget_exhausted", target="other"), "all that is used up")
        keys = Counter(str(one.headers.get("authorization")) for one in relay.requests)
    return Spent(by_key=keys, exit_code=code, said=said)


def test_a_service_and_a_check_spend_of_one_key_together(spent: Spent) -> None:
    assert 0 < spent.by_key["Bearer sk-acceptance-0123456789"] <= OF_KEY


def test_all_targets_spend_of_one_budget_together(spent: Spent) -> None:
    assert 0 < spent.by_key["Bearer sk-of-another-0123456789"] <= OF_ALL - 1


def test_nothing_is_asked_beyond_the_budget_over_all(spent: Spent) -> None:
    assert spent.by_key.total() <= OF_ALL


def test_a_check_says_which_limit_leaves_no_room(spent: Spent) -> None:
    assert (spent.exit_code, "key_budget.requests_per_day" in spent.said) == (3, True)
