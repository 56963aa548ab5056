"""What `wnmon serve` books where a relay's usage cannot be, and what it says of a target whose budget is used up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from message_services import ANSWERS, StandIn, standing_in
from raw_relay import answer, relay_saying
from service_process import ServiceProcess, eventually, serving

RUNS = 4
COMPLETION: dict[str, Any] = {
    "id": "x",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "pong"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 1_000_000, "total_tokens": 1_000_009},
}
BUDGETS = {
    "lying": "{tokens_per_day: 2000}",
    "poor": "{tokens_per_day: 100}",
    "rich": "{requests_per_day: 900}",
    "free": "",
}


@pytest.fixture(scope="module")
def hook() -> Iterator[StandIn]:
    """Return a webhook that is told of budgets."""
    with standing_in(ANSWERS["webhook"]) as hook:
        yield hook


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, hook: StandIn) -> Iterator[ServiceProcess]:
    """Return a service whose relay claims a million tokens for a word."""
    with relay_saying(answer(json.dumps(COMPLETION).encode())) as url:
        targets = [
            f"  {name}:\n    base_url: {url}\n    api_key: ${{WN_API_KEY}}\n    models: [m]\n"
            + (f"    budget: {budget}\n    step_down: false\n" if budget else "")
            for name, budget in BUDGETS.items()
        ]
        check = "  alive:\n    every: 1s\n    timeout: 900ms\n    prompt: hello\n    request: {max_tokens: 16}\n"
        told = f"notify: {{team: {{kind: webhook, url: {hook.url}/hook, reasons: [budget]}}}}\n"
        config = "".join(["targets:\n", *targets, "checks:\n", check, told])
        with serving(tmp_path_factory.mktemp("budget"), config) as service:
            eventually(lambda: service.probes()["lying/alive/m"]["runs"] >= RUNS, "some runs")
            eventually(lambda: service.value("wnmon_budget_exhausted", target="poor"), "an exhausted budget")
            yield service


def test_a_claim_of_a_million_tokens_is_not_booked(service: ServiceProcess) -> None:
    own = [one for one in service.samples() if one[1].get("target") == "lying"]  # of one scrape
    runs = sum(value for name, _, value in own if name == "wnmon_probe_runs_total")
    booked = [
        value
        for name, labels, value in own
        if (name, labels.get("direction")) == ("wnmon_probe_tokens_total", "output")
    ]

    assert booked == [16 * runs]


def test_each_claim_that_cannot_be_is_counted(service: ServiceProcess) -> None:
    counts = [
        service.value("wnmon_probe_usage_doubts_total", target="free", direction=one) for one in ("input", "output")
    ]

    assert (counts[0], (counts[1] or 0) > 0) == (0, True)


@pytest.mark.parametrize(("name", "shown"), [("poor", 1), ("rich", 0), ("free", None)])
def test_a_target_tells_whether_its_budget_is_exhausted(
    name: str, shown: float | None, service: ServiceProcess
) -> None:
    assert service.value("wnmon_budget_exhausted", target=name) == shown


def test_a_run_tells_of_a_doubt_on_its_line(service: ServiceProcess) -> None:
    assert "usage doubted" in service.stdout


def test_a_channel_is_told_of_which_target_no_model_is_asked_and_why(service: ServiceProcess, hook: StandIn) -> None:
    eventually(lambda: hook.taken, "a message, a minute after the budget was used up", patience_s=150)

    (document,) = hook.documents()
    assert (document["kind"], [(one["target"], one["limit"]) for one in document["budgets"]]) == (
        "budget",
        [("poor", "targets.poor.budget.tokens_per_day")],
    )
