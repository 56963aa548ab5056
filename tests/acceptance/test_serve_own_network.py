"""A relay that cannot be reached, while the guard cannot be either, and while it can."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest
from message_services import ANSWERS, SECRET, standing_in
from service_process import eventually, serving

CONFIG = """\
guard: ["http://127.0.0.1:{guard}"]
targets:
  wn: {{base_url: "http://127.0.0.1:{relay}", models: [m]}}
checks:
  alive: {{every: 1s, timeout: 900ms, prompt: hello, confirm: {{recheck: never}}}}
notify:
  team: {{kind: webhook, url: {hook}/hook, secret: {secret}}}
"""


def nobody() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as closed:
        return int(closed.getsockname()[1])


@dataclass(frozen=True)
class Cut:
    """What a service said while nothing could be reached, and once only the relay could not."""

    during: dict[str, Any]
    metrics: tuple[float | None, float | None]
    told_during: int
    stderr: str
    after: dict[str, Any]
    kinds: list[str]


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cut]:
    folder, guard = tmp_path_factory.mktemp("cut"), nobody()
    with standing_in(ANSWERS["webhook"]) as hook:
        config = CONFIG.format(guard=guard, relay=nobody(), hook=hook.url, secret=SECRET)
        with serving(folder, config, "--run-now") as service:
            eventually(lambda: service.probes()["wn/alive/m"]["runs"] >= 4, "some runs")
            during = service.probes()["wn/alive/m"]
            metrics = (service.value("wnmon_network_down"), service.value("wnmon_probe_up", target="wn"))
            told = len(hook.taken)
            with closing(socket.create_server(("127.0.0.1", guard))):
                eventually(lambda: service.probes()["wn/alive/m"]["up"] is False, "an outage")
                after = service.probes()["wn/alive/m"]
                eventually(lambda: len(hook.taken) > 1, "messages")
                kinds = [one["kind"] for one in hook.documents()]
            yield Cut(during, metrics, told, service.stderr, after, kinds)


def test_a_run_that_could_reach_nothing_blames_this_machine(cut: Cut) -> None:
    assert (cut.during["outcome"], cut.during["reason"]) == ("errored", "client")


def test_what_nothing_could_be_reached_for_says_nothing_of_the_relay(cut: Cut) -> None:
    assert cut.during["up"] is None


def test_the_metrics_say_that_the_network_is_down_and_not_the_relay(cut: Cut) -> None:
    assert cut.metrics == (1, None)


def test_nobody_is_told_that_a_relay_is_down(cut: Cut) -> None:
    assert cut.told_during == 0


def test_the_log_says_once_that_the_network_is_down(cut: Cut) -> None:
    assert cut.stderr.count("own network is down since") == 1


def test_a_relay_that_alone_cannot_be_reached_is_down(cut: Cut) -> None:
    assert (cut.after["up"], cut.after["reason"]) == (False, "connect")


def test_people_are_told_once_that_wnmon_was_cut_off_and_then_that_the_relay_is_down(cut: Cut) -> None:
    assert cut.kinds == ["network", "down"]
