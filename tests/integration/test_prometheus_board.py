"""The whole chain: reference relay, service and a real Prometheus; every panel query must return data."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from dashboards.empty import Empty
from dashboards.generate import asked
from dashboards.pieces import Form, Query

DASHBOARDS = Path(__file__).parents[2] / "dashboards"
PATIENCE_S = 180.0

CONFIG = """\
targets:
  good:
    base_url: {relay}/v1
    api_key: ${{BOARD_TEST_KEY}}
    models: [gpt-4o]
    labels: {{team: relay}}
  closed:
    base_url: http://127.0.0.1:{closed_port}/v1
    api_key: ${{BOARD_TEST_KEY}}
    models: [gpt-4o]
defaults:
  timeout: {{connect: 1s, headers: 1s, first_token: 1s, stall: 1s, total: 1s}}
checks:
  alive:
    every: 2s
    prompt: "Reply with only: {{{{nonce}}}}"
    request: {{stream: true, max_tokens: 64}}
    expect: {{status: 200, stream: complete, content: {{contains: "{{{{nonce}}}}"}}}}
  contract:
    every: 5s
    suite: builtin:documented
    targets: [good]
"""

PROMETHEUS = """\
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: ["{rules}/recording.yml", "{rules}/alerts.yml"]
scrape_configs:
  - job_name: wnmon
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""

# This chain runs, fails at one target and judges a suite. Other queries may be empty for the reason they give.
THERE = {Empty.SCRAPE, Empty.RUN, Empty.TRACE, Empty.SUCCESS, Empty.FAILURE, Empty.VERDICT, Empty.RELOAD}
QUERIES = [pytest.param(row.query, id=f"{row.board} {row.panel} {row.ref}") for row in asked() if row.empty in THERE]
(FAILURES,) = (row.query for row in asked() if (row.board, row.panel) == ("wnmon-overview", "Failures by reason"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Where the service and Prometheus answer."""

    service: str
    prometheus: str

    def ask(self, path: str, **parameters: str) -> Any:
        with urlopen(f"{self.prometheus}/api/v1/{path}?{urlencode(parameters)}", timeout=5) as answer:
            return json.load(answer)["data"]

    def numbers(self, query: Query) -> list[float]:
        """Return every number a panel's query gives now, as Grafana would ask it; NaN shows as no value."""
        expr = filled_in(query.expr)
        if query.form in (Form.NUMBER, Form.ROWS):
            found = [series["value"] for series in self.ask("query", query=expr)["result"]]
        else:
            end_s = time.time()
            data = self.ask("query_range", query=expr, start=f"{end_s - 30}", end=f"{end_s}", step="1")
            found = [pair for series in data["result"] for pair in series["values"]]
        return [float(value) for _, value in found if not math.isnan(float(value))]


def filled_in(expr: str) -> str:
    """Put in what Grafana puts in for All, a range of 5 minutes and a resolution of a second."""
    return re.sub(
        r"\$(job|instance|target|model|check|slo)\b",
        ".+",
        expr.replace("$__rate_interval", "10s").replace("$__range", "5m"),
    )


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    for tool in ("prometheus", "promtool"):
        if shutil.which(tool) is None and "CI" not in os.environ:
            pytest.skip(f"{tool} is not installed")
    with ExitStack() as stack:
        yield _started(tmp_path_factory.mktemp("chain"), stack)


def _started(folder: Path, stack: ExitStack) -> Chain:
    relay = stack.enter_context(process(sys.executable, "-m", "wnmon", "mock", "--port", "0", "--ttft", "50ms"))
    assert relay.stdout is not None
    port, prometheus_port = free_port(), free_port()

    config = folder / "wnmon.yaml"
    address = relay.stdout.readline().strip()
    config.write_text(CONFIG.format(relay=address, closed_port=free_port()), encoding="utf-8")
    stack.enter_context(
        process(
            sys.executable, "-m", "wnmon", "serve", str(config), "--listen", f"127.0.0.1:{port}", log=folder / "serve"
        )
    )

    scrape = folder / "prometheus.yml"
    scrape.write_text(PROMETHEUS.format(rules=DASHBOARDS / "prometheus", port=port), encoding="utf-8")
    stack.enter_context(
        process(
            "prometheus",
            f"--config.file={scrape}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{prometheus_port}",
            log=folder / "prometheus",
        )
    )
    chain = Chain(service=f"http://127.0.0.1:{port}", prometheus=f"http://127.0.0.1:{prometheus_port}")
    wait_for(f"{chain.service}/-/ready")
    wait_for(f"{chain.prometheus}/-/ready")
    return chain


@contextmanager
def process(*command: str, log: Path | None = None) -> Iterator[subprocess.Popen[str]]:
    """Run a command; its output goes to the log or, without one, its standard output can be read."""
    env = os.environ | {"BOARD_TEST_KEY": "sk-board-0123456789abcdef"}
    with ExitStack() as stack:
        sink = stack.enter_context(log.open("w", encoding="utf-8")) if log else None
        started = subprocess.Popen(
            command, env=env, text=True, stdout=sink or subprocess.PIPE, stderr=sink or subprocess.DEVNULL
        )
        try:
            yield started
        finally:
            started.terminate()
            try:
                started.wait(timeout=20)
            finally:
                started.kill()
                if started.stdout is not None:
                    started.stdout.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str) -> None:
    """Wait until the address answers 200."""
    deadline_s = time.monotonic() + PATIENCE_S
    while True:
        try:
            with urlopen(url, timeout=5):
                return
        except OSError:
            assert time.monotonic() < deadline_s, f"{url} does not answer"
            time.sleep(0.2)


def wait_until_numbers(chain: Chain, query: Query) -> list[float]:
    deadline_s = time.monotonic() + PATIENCE_S
    while not (found := chain.numbers(query)) and time.monotonic() < deadline_s:
        time.sleep(0.5)
    return found


@pytest.mark.parametrize("query", QUERIES)
def test_every_panel_query_returns_data(chain: Chain, query: Query) -> None:
    assert wait_until_numbers(chain, query) != [], filled_in(query.expr)


def test_the_panel_of_reasons_names_the_closed_port(chain: Chain) -> None:
    wait_until_numbers(chain, FAILURES)
    result = chain.ask("query", query=filled_in(FAILURES.expr))["result"]

    assert [series["metric"] for series in result] == [{"reason": "connect"}]


def test_prometheus_evaluates_every_shipped_rule_without_error(chain: Chain) -> None:
    def health() -> set[str]:
        return {rule["health"] for group in chain.ask("rules")["groups"] for rule in group["rules"]}

    deadline_s = time.monotonic() + PATIENCE_S
    while "unknown" in health() and time.monotonic() < deadline_s:
        time.sleep(0.5)
    assert health() == {"ok"}


def test_the_target_behind_the_closed_port_is_on_its_way_to_a_page(chain: Chain) -> None:
    def pending() -> list[dict[str, str]]:
        result = chain.ask("query", query='ALERTS{alertname="WnmonTargetDown"}')["result"]
        return [{name: series["metric"][name] for name in ("target", "severity")} for series in result]

    deadline_s = time.monotonic() + PATIENCE_S
    while not pending() and time.monotonic() < deadline_s:
        time.sleep(0.5)
    assert pending() == [{"target": "closed", "severity": "critical"}]


def test_the_metrics_of_a_running_service_pass_promtool(chain: Chain) -> None:
    with urlopen(f"{chain.service}/metrics", timeout=5) as answer:
        body = answer.read()
    done = subprocess.run(["promtool", "check", "metrics"], input=body, capture_output=True, check=False)

    assert (done.returncode, done.stdout + done.stderr) == (0, b"")
