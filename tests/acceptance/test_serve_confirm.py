"""A relay that fails is asked again soon, and only what two runs say is confirmed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from service_process import ServiceProcess, eventually, relay_beside, serving

from wnmon.mock.settings import MockSettings

CONFIG = """\
targets:
  bad: {{base_url: {url}, api_key: "${{WN_API_KEY}}", models: [m], headers: {{X-Wnmon-Fault: "500"}}}}
  good: {{base_url: {url}, api_key: "${{WN_API_KEY}}", models: [m]}}
  refusing: {{base_url: {url}, api_key: "${{WN_API_KEY}}", models: [m], headers: {{X-Wnmon-Fault: "429"}}}}
checks:
  alive: {{every: 100d, prompt: hello, confirm: {{recheck: 1s}}}}
  patient: {{every: 100d, prompt: hello, targets: [bad], confirm: {{down: 3, recheck: 1s}}}}
  unasked: {{every: 100d, prompt: hello, targets: [bad], confirm: {{recheck: never}}}}
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    with relay_beside(MockSettings()) as relay:
        config = CONFIG.format(url=relay.url)
        with serving(tmp_path_factory.mktemp("confirm"), config, "--run-now", "--log-level", "debug") as service:
            eventually(lambda: service.probes()["bad/patient/m"]["up"] is False, "an outage that three runs confirm")
            eventually(lambda: service.probes()["bad/alive/m"]["up"] is False, "an outage that two runs confirm")
            eventually(lambda: service.probes()["refusing/alive/m"]["up"] is False, "two refusals, a rest between them")
            yield service


@pytest.mark.parametrize(("check", "rechecks"), [("alive", 1), ("patient", 2), ("unasked", 0)])
def test_a_failure_is_asked_again_as_often_as_it_takes_to_confirm_it(
    service: ServiceProcess, check: str, rechecks: int
) -> None:
    labels = {"target": "bad", "check": check}
    names = ("wnmon_probe_rechecks_total", "wnmon_probe_consecutive_failures")
    assert [service.value(name, **labels) for name in names] == [rechecks, rechecks + 1]


def test_the_log_says_what_is_confirmed_alone(service: ServiceProcess) -> None:
    eventually(lambda: "bad/patient/m is down since " in service.stderr, "a line of the log")

    assert "bad/unasked/m is down" not in service.stderr


def test_a_failure_that_is_not_confirmed_is_no_outage(service: ServiceProcess) -> None:
    names = ("wnmon_probe_success", "wnmon_probe_up")
    assert [service.value(name, target="bad", check="unasked") for name in names] == [0, None]


def test_a_good_run_is_not_asked_again(service: ServiceProcess) -> None:
    names = ("wnmon_probe_up", "wnmon_probe_rechecks_total")
    assert [service.value(name, target="good", check="alive") for name in names] == [1, 0]


def test_a_relay_that_is_left_alone_is_asked_again_after_that(service: ServiceProcess) -> None:
    assert service.value("wnmon_probe_rechecks_total", target="refusing", check="alive") == 1


def test_a_run_made_to_confirm_says_so_in_the_log(service: ServiceProcess) -> None:
    assert sum("  re-check  " in line for line in service.stdout.splitlines()) == 4


@pytest.mark.parametrize(("lang", "words"), [("en", "not yet confirmed"), ("zh", "尚未确认")])
def test_the_page_says_that_a_failure_is_not_confirmed(service: ServiceProcess, lang: str, words: str) -> None:
    assert words in service.get(f"/?lang={lang}").text
