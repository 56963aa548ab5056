"""What `wnmon serve` says of a suite on a relay that is dead, refuses, or answers with no answer."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from service_process import ServiceProcess, eventually, relay_beside, serving

from wnmon.mock.settings import MockSettings

UNANSWERED = {
    "500": "http_5xx",
    "html-524": "http_5xx",
    "error-in-200": "schema",
    "html-200": "content_type",
    "empty-200": "empty",
    "bad-json": "bad_json",
    "redirect": "protocol",
    "close-at-once": "protocol",
    "401": "auth",
    "balance": "balance",
    "model-unavailable": "model_unavailable",
    "429-empty": "rate_limited",
}
ANSWERED = ("no-fingerprint", "no-usage", "null-model")


def target(name: str, url: str, fault: str = "") -> str:
    headers = f'    headers: {{X-Wnmon-Fault: "{fault}"}}\n' if fault else ""
    return f"  {name}:\n    base_url: {url}\n    api_key: ${{WN_API_KEY}}\n    models: [m]\n{headers}"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """Return a service that judges one suite on a relay with each fault."""
    with relay_beside(MockSettings(ttft_s=0, gap_s=0)) as relay, socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        targets = [target(f"t-{fault}", relay.url, fault) for fault in (*UNANSWERED, *ANSWERED)]
        targets.append(target("t-dead", f"http://127.0.0.1:{unheard.getsockname()[1]}"))
        check = "  contract:\n    every: 20s\n    timeout: 19s\n    suite: builtin:documented\n"
        config = "".join(["targets:\n", *targets, "checks:\n", check])
        with serving(tmp_path_factory.mktemp("suites"), config) as service:
            eventually(lambda: all(row["runs"] for row in service.probes().values()), "a run of each probe")
            yield service


@pytest.mark.parametrize(("fault", "reason"), [*UNANSWERED.items(), ("dead", "connect")])
def test_a_suite_that_gets_no_answer_is_errored_with_its_reason(
    fault: str, reason: str, service: ServiceProcess
) -> None:
    row = service.probes()[f"t-{fault}/contract/m"]

    assert (row["outcome"], row["reason"]) == ("errored", reason)


@pytest.mark.parametrize("fault", [*UNANSWERED, "dead"])
def test_a_suite_that_gets_no_answer_is_no_success(fault: str, service: ServiceProcess) -> None:
    assert service.value("wnmon_probe_success", target=f"t-{fault}", check="contract") == 0


@pytest.mark.parametrize("fault", ANSWERED)
def test_a_suite_that_gets_answers_and_breaks_a_rule_is_a_success(fault: str, service: ServiceProcess) -> None:
    assert service.value("wnmon_probe_success", target=f"t-{fault}", check="contract") == 1
