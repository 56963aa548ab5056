"""An alert survives the service that was to tell of it: killed before anybody took the message, or long after."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from message_services import ANSWERS, SECRET, Reply, Taken, plain, standing_in
from service_process import eventually, serving
from test_serve_notify import Switch

CONFIG = """\
targets:
  wn: {{base_url: {url}, api_key: "${{WN_API_KEY}}", models: [m0]}}
checks:
  alive: {{every: 2s, timeout: 1s, prompt: hello, request: {{stream: true}}, expect: {{status: 200}},
    confirm: {{recheck: 1s}}}}
notify:
  team: {{kind: webhook, url: {hook}/hook, secret: {secret}}}
"""


@dataclass
class Door:
    """A webhook that takes messages once it is open."""

    is_open: bool = False
    tries: int = 0

    def answer(self, taken: Taken) -> Reply:
        self.tries += 1
        return ANSWERS["webhook"](taken) if self.is_open else plain("not now", 503)


@dataclass(frozen=True)
class Lived:
    """What a webhook took over three lives of a service: killed before it took anything, killed after it did."""

    documents: list[dict[str, Any]]
    since_s: float


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    folder: Path = tmp_path_factory.mktemp("restart")
    relay_switch, door = Switch(), Door()
    with standing_in(relay_switch.answer) as relay, standing_in(door.answer) as hook:
        config = CONFIG.format(url=relay.url, hook=hook.url, secret=SECRET)
        with serving(folder, config, "--run-now") as service:
            eventually(lambda: service.probes()["wn/alive/m0"]["up"], "a relay that is up")
            relay_switch.on = False
            eventually(lambda: door.tries, "a message that is refused")
            since_s = service.probes()["wn/alive/m0"]["up_since_s"]
            service.end(signal.SIGKILL)
        door.is_open = True
        before = len(hook.taken)
        with serving(folder, config) as service:
            eventually(lambda: len(hook.taken) > before, "the message that was due")
            eventually(lambda: service.value("wnmon_probe_runs_total"), "a run")
            service.end(signal.SIGKILL)
        with serving(folder, config) as service:
            eventually(lambda: service.value("wnmon_probe_runs_total"), "a run that fails as before")
            relay_switch.on = True
            eventually(lambda: _kinds(hook.taken[before:])[-1:] == ["up"], "an end")
            service.end()
        return Lived([json.loads(one.body) for one in hook.taken[before:]], since_s)


def _kinds(taken: list[Taken]) -> list[str]:
    return [json.loads(one.body)["kind"] for one in taken]


def test_an_alert_that_was_due_before_a_kill_is_told_after_it_and_once(lived: Lived) -> None:
    assert [one["kind"] for one in lived.documents] == ["down", "up"]


def test_it_tells_since_when_it_was_true(lived: Lived) -> None:
    assert lived.documents[0]["outages"][0]["since_s"] == pytest.approx(lived.since_s, abs=0.01)


def test_the_end_tells_how_long_it_lasted_over_the_kills(lived: Lived) -> None:
    assert lived.documents[1]["outages"][0]["since_s"] == pytest.approx(lived.since_s, abs=0.01)
