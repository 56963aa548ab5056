"""`wnmon serve` tries its sensor before the first probe: what it says, shows and exports of that."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from service_process import ServiceProcess, eventually, relay_beside, serving

from wnmon.app.serve import Service, ServiceOptions
from wnmon.config import load_config

CONFIG = """\
targets: {{wn: {{base_url: {url}, models: [m], api_key: "${{WN_API_KEY}}"}}}}
checks: {{alive: {{every: 1h, prompt: hi}}}}
"""


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    folder = tmp_path_factory.mktemp("tried")
    with relay_beside() as relay, serving(folder, CONFIG.format(url=relay.url), selftest=True) as service:
        yield service


def test_what_was_found_is_said_before_the_service_is_ready(tried: ServiceProcess) -> None:
    assert "\nself-test of the clock: " in tried.stdout


def test_when_it_was_tried_is_exported(tried: ServiceProcess) -> None:
    assert tried.value("wnmon_selftest_timestamp_seconds") is not None


def test_the_page_shows_it(tried: ServiceProcess) -> None:
    assert "self-test of the clock: " in tried.get("/").text


def test_the_page_shows_it_in_chinese(tried: ServiceProcess) -> None:
    assert "时钟自检：" in tried.get("/?lang=zh").text


def test_the_document_of_probes_has_its_verdict(tried: ServiceProcess) -> None:
    assert '"selftest":{"verdict":"' in tried.get("/api/v1/probes").text


def test_nothing_of_it_is_counted_among_the_runs(tried: ServiceProcess) -> None:
    assert tried.value("wnmon_probe_runs_total") == 0


def test_the_relay_of_the_self_test_has_ended(tried: ServiceProcess) -> None:
    children = Path(f"/proc/{tried.process.pid}/task/{tried.process.pid}/children")

    def others() -> list[bytes]:
        lines = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children.read_text(encoding="ascii").split()]
        return [line for line in lines if b"wnmon.app.sensor_process" not in line]

    assert eventually(lambda: not others(), "no child but the sensor")


def test_it_can_be_left_out(tmp_path: Path) -> None:
    with relay_beside() as relay, serving(tmp_path, CONFIG.format(url=relay.url)) as service:
        assert service.value("wnmon_selftest_timestamp_seconds") is None
        assert '"selftest":null' in service.get("/api/v1/probes").text


def test_a_signal_while_it_is_made_ends_the_service(tmp_path: Path) -> None:
    with (
        relay_beside() as relay,
        serving(tmp_path, CONFIG.format(url=relay.url), ready=False, selftest=True) as service,
    ):
        assert service.end(signal.SIGTERM)[0] == 0


def test_a_stop_before_it_began_leaves_it_unmade(tmp_path: Path) -> None:
    path = tmp_path / "wnmon.yaml"
    path.write_text(CONFIG.format(url="http://127.0.0.1:9"), encoding="utf-8")
    env = {**os.environ, "WN_API_KEY": "sk-acceptance-0123456789"}
    options = ServiceOptions(config=path, host="127.0.0.1", port=0, selftest=True)
    seen: list[str] = []

    class Watcher:
        name = "watcher"

        def observe(self, event: object) -> None:
            seen.append(type(event).__name__)

    async def scenario() -> None:
        stop = asyncio.Event()
        stop.set()
        service = Service(options, load_config(path, env), env, observers=(Watcher(),))
        await service.run(stop, asyncio.Event(), lambda _: None)

    asyncio.run(scenario())

    assert "SelfTested" not in seen
