"""What the pictures show: wnmon and a real Prometheus watching reference relays of six kinds, all on loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from past import write_past

ROOT = Path(__file__).parents[2]
KEY = "sk-demo-0123456789abcdef"
PATIENCE_S = 60.0
EACH_KIND_S = 20.0

RELAYS = {
    "steady": ("--ttft", "320ms", "--gap", "15ms", "--fault", "balance-new-api"),
    "slow": ("--ttft", "1300ms", "--gap", "40ms", "--fault", "reasoning"),
    "breaking": ("--ttft", "450ms", "--fault", "no-done", "--fault", "null-fingerprint", "--fault", "created-ms"),
    "flaky": ("--ttft", "400ms", "--gap", "20ms"),
    "poor": ("--ttft", "600ms", "--gap", "25ms", "--fault", "balance-low"),
    "crowded": ("--ttft", "250ms", "--fault", "20-a-minute"),
}
"""The options of `wnmon mock` for each target; `flaky` goes away for a while as well."""
SLOW = ("--ttft", "950ms", "--gap", "20ms")
"""The options of `flaky` for a while, before what is watched."""

CONFIG = """\
targets:
  steady:
    base_url: {steady}/v1
    api_key: ${{WNMON_DRAW_KEY}}
    models: [gpt-4o, claude-3-5-sonnet-20241022]
    budget: {{tokens_per_day: 100000}}
  slow: {{base_url: "{slow}/v1", api_key: "${{WNMON_DRAW_KEY}}", models: [deepseek-r1]}}
  breaking: {{base_url: "{breaking}/v1", api_key: "${{WNMON_DRAW_KEY}}", models: [gpt-4o]}}
  flaky: {{base_url: "{flaky}/v1", api_key: "${{WNMON_DRAW_KEY}}", models: [gpt-4o, gpt-4o-mini]}}
  poor:
    base_url: {poor}/v1
    api_key: ${{WNMON_DRAW_KEY}}
    models: [claude-3-5-sonnet-20241022]
    budget: {{tokens_per_day: 4000}}
  crowded: {{base_url: "{crowded}/v1", api_key: "${{WNMON_DRAW_KEY}}", models: [gpt-4o, gpt-4o-mini]}}
defaults:
  timeout: {{connect: 1s, headers: 3s, first_token: 3s, stall: 3s, total: 5s}}
  confirm: {{down: 2, up: 1, recheck: 2s}}
checks:
  alive:
    every: 5s
    prompt: "Reply with only: {{{{nonce}}}}"
    request: {{stream: true, max_tokens: 64}}
    expect: {{status: 200, ttft: {{degraded: 1s, failed: 3s}}, content: {{contains: "{{{{nonce}}}}"}}}}
  poem:
    every: 10s
    prompt: Write a poem of eight lines about waiting.
    request: {{stream: true, max_tokens: 48, stream_options: {{include_usage: true}}}}
    expect: {{status: 200}}
    targets: [steady, slow, breaking]
  contract: {{every: 20s, suite: "builtin:stream", targets: [steady, slow, breaking]}}
  documented: {{every: 30s, suite: "builtin:documented", targets: [steady, breaking]}}
  money: {{kind: balance, every: 15s, min: 1, targets: [steady, poor]}}
slos:
  available: {{indicator: availability, objective: 99%, window: 30d}}
  quick: {{indicator: ttft, threshold: 1s, objective: 95%, window: 7d}}
  kept: {{indicator: conformance, objective: 99%, window: 30d}}
"""

PROMETHEUS = """\
global: {{scrape_interval: 1s, evaluation_interval: 5s}}
rule_files: ["{rules}/*.yml"]
scrape_configs:
  - job_name: wnmon
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Where the service, Prometheus and the relay that breaks rules answer."""

    service: str
    prometheus: str
    breaking: str


@contextmanager
def watched(folder: Path, seconds: float) -> Iterator[Chain]:
    """Start all, let it run for so long with one outage in the middle, and end it after the block."""
    with ExitStack() as running:
        ports = {name: free_port() for name in RELAYS}
        _remember(folder, ports)
        up = running.enter_context(ExitStack())
        for name, options in RELAYS.items():
            _relay(up if name == "flaky" else running, ports[name], *options)
        chain = Chain(
            service=f"http://127.0.0.1:{free_port()}",
            prometheus=f"http://127.0.0.1:{free_port()}",
            breaking=_address(ports["breaking"]),
        )
        _watch(running, folder, chain)
        time.sleep(seconds * 0.45)
        up.close()
        time.sleep(seconds * 0.15)
        _relay(running, ports["flaky"], *RELAYS["flaky"])
        time.sleep(seconds * 0.4)
        yield chain


def _remember(folder: Path, ports: dict[str, int]) -> None:
    """Make runs of relays that are as they are, away, and `flaky` slow; and of these a past of 90 days."""
    config = folder / "wnmon.yaml"
    addresses = {name: _address(port) for name, port in ports.items()}
    config.write_text(CONFIG.format(**addresses), encoding="utf-8")
    with ExitStack() as running:
        arguments = ("--listen", f"127.0.0.1:{free_port()}", "--data", str(folder / "data"))
        _wnmon(running, "serve", str(config), "--run-now", *arguments, log=folder)
        for relays in (RELAYS, {}, RELAYS | {"flaky": SLOW}):
            with ExitStack() as up:
                for name, options in relays.items():
                    _relay(up, ports[name], *options)
                time.sleep(EACH_KIND_S)
    write_past(folder / "data", time.time())


def _address(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _watch(running: ExitStack, folder: Path, chain: Chain) -> None:
    """Start the service and its Prometheus."""
    config = folder / "wnmon.yaml"
    address = chain.service.removeprefix("http://")
    _wnmon(running, "serve", str(config), "--run-now", "--listen", address, "--data", str(folder / "data"), log=folder)
    rules = folder / "rules"
    rules.mkdir()
    # Their groups are evaluated every minute or two, which is an age in a run of five minutes.
    for name in ("recording.yml", "alerts.yml"):
        text = (ROOT / "dashboards" / "prometheus" / name).read_text(encoding="utf-8")
        (rules / name).write_text(
            "".join(line for line in text.splitlines(keepends=True) if not line.startswith("    interval:")),
            encoding="utf-8",
        )
    settings = folder / "prometheus.yml"
    settings.write_text(PROMETHEUS.format(rules=rules, port=chain.service.rpartition(":")[2]), encoding="utf-8")
    listen = f"--web.listen-address={chain.prometheus.removeprefix('http://')}"
    command = ["prometheus", f"--config.file={settings}", f"--storage.tsdb.path={folder / 'prometheus'}", listen]
    with (folder / "prometheus.log").open("w", encoding="utf-8") as log:
        _kept(running, subprocess.Popen(command, stdout=log, stderr=log, text=True))
    for url in (f"{chain.service}/-/ready", f"{chain.prometheus}/-/ready"):
        _wait_for(url)


def _relay(running: ExitStack, port: int, *options: str) -> None:
    """Start a relay, and return once it answers."""
    process = _wnmon(running, "mock", "--port", str(port), *options)
    assert process.stdout is not None
    process.stdout.readline()


def _wnmon(running: ExitStack, *arguments: str, log: Path | None = None) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "wnmon", *arguments]
    env = os.environ | {"WNMON_DRAW_KEY": KEY}
    if log is None:
        return _kept(running, subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True))
    with (log / "serve.log").open("w", encoding="utf-8") as sink:
        return _kept(running, subprocess.Popen(command, env=env, stdout=sink, stderr=sink, text=True))


def _kept(running: ExitStack, process: subprocess.Popen[str]) -> subprocess.Popen[str]:
    running.callback(_end, process)
    return process


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while True:
        try:
            with urlopen(url, timeout=5):
                return
        except OSError:
            if time.monotonic() > deadline_s:
                raise
            time.sleep(0.2)
