"""The whole chain on loopback: relays, `wnmon serve`, Prometheus, Alertmanager, and a webhook that keeps its letters.

Everything is what is shipped, but for time: whatever the rules and the routes wait for takes the same part of it, so
that an outage is told within seconds. Windows and thresholds stay: over a database minutes old they hold what there is.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from string import Template
from threading import Thread
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import yaml
from bench_runs import free_port
from message_services import ANSWERS, SECRET, standing_in
from raw_relay import Speech, answer, relay_saying, stream
from service_process import ServiceProcess, relay_beside, serving
from soak import process, wait_for
from tls_samples import issue, make_authority

from dashboards.pieces import Form, Query
from dashboards.queries import filled_in
from wnmon.mock.settings import MockSettings

DASHBOARDS = Path(__file__).parents[2] / "dashboards"
EVERY_S = 2
PAGE_AFTER_S = 10.0
"""How long the most patient page waits here; everything else in proportion."""

TTFT_S, TTFT_LIMIT_S = 0.8, 0.85
TOTAL_S, TOTAL_LIMIT_S = 3.0, 3.2

KEYS = {
    name: f"sk-{name}-0123456789abcdefghij"
    for name in ("good", "late", "slow", "tenth", "saturated", "breaking", "poor", "resting", "killed")
}

CHECKS = Template("""\
defaults:
  every: ${every}s
  timeout: ${every}s
  confirm: {down: 2, up: 1, recheck: 1s}
checks:
  alive:
    targets: [good, late, saturated, breaking, poor, resting, killed]
    prompt: "Reply with only: {{nonce}}"
    request: {stream: true, max_tokens: 64, stream_options: {include_usage: true}}
    expect: {status: 200, stream: complete}
    labels: {tier: gold}
  # Each run stands for itself: nothing is asked between slots, so that one run in ten is a tenth of the time.
  tenth:
    targets: [tenth]
    prompt: hello
    request: {stream: true, max_tokens: 64}
    confirm: {recheck: never}
  slow:
    every: 5s
    timeout: 5s
    targets: [slow]
    prompt: hello
    request: {stream: true, max_tokens: 64}
    expect: {status: 200, stream: complete}
  contract:
    every: 20s
    timeout: 5s
    suite: builtin:documented
    targets: [good, breaking]
  money: {kind: balance, min: 5, targets: [poor]}
slos:
  available: {indicator: availability, objective: 80%, window: 7d}
  strict: {indicator: availability, objective: 99.9%, window: 30d, labels: {team: relay}}
  quick: {indicator: ttft, threshold: ${ttft_limit}s, objective: 50%, window: 7d, checks: [alive]}
  whole: {indicator: total, threshold: ${total_limit}s, objective: 50%, window: 28d, checks: [slow]}
  kept: {indicator: conformance, objective: 99%, window: 30d}
maintenance:
  - {from: 2020-01-01T00:00:00Z, until: 2099-12-31T00:00:00Z, targets: [resting], reason: it is rebuilt}
""").substitute(every=EVERY_S, ttft_limit=TTFT_LIMIT_S, total_limit=TOTAL_LIMIT_S)

MORE = {
    "good": "labels: {team: relay, env: test}, ca_file: authority/cert.pem, "
    "prices: {currency: USD, input: 1, output: 2}, "
    "budget: {tokens_per_day: 10000000, requests_per_day: 100000, money_per_day: 1000}",
    "breaking": "waive: [{rule: DOC-009, reason: known, until: 2099-12-31}]",
}

TENTH = b"".join(
    b"data: " + json.dumps(event).encode() + b"\n\n"
    for event in (
        {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o", "choices": [choice]}
        for choice in (
            {"index": 0, "delta": {"role": "assistant", "content": "hello"}, "finish_reason": None},
            {"index": 0, "delta": {}, "finish_reason": "stop"},
        )
    )
)
GOOD = stream(TENTH + b"data: [DONE]\n\n")
BROKE = answer(b'{"error": {"message": "upstream broke"}}', status=b"500 Internal Server Error")
FULL = answer(b'{"error": {"message": "busy"}}', "application/json", b"Retry-After: 3", status=b"429 Too Many Requests")


def tenth(refusal: Speech) -> Speech:
    """Refuse the fifth request of every ten: as many as can be from ten in a hundred are at most half a run away."""
    asked = count(1)
    return lambda: (refusal if next(asked) % 10 == 5 else GOOD)()


class Mortal:
    """A relay that can be killed, and come back at its port."""

    def __init__(self) -> None:
        self._life = ExitStack()
        self._port = 0

    def live(self) -> str:
        """Begin to answer; return the origin."""
        relay = self._life.enter_context(relay_beside(MockSettings(port=self._port)))
        self._port = relay.port
        return relay.url

    def die(self) -> None:
        """Close the port."""
        self._life.close()


@contextmanager
def relays(folder: Path) -> Iterator[tuple[dict[str, str], Mortal]]:
    """Run all relays: the origin of each, and the one to be killed."""
    authority = make_authority(_made(folder / "authority"))
    papers = issue(authority, _made(folder / "relay"), days=90)
    killed = Mortal()
    even = MockSettings(ttft_s=0, gap_s=1)  # gaps are uneven: where the second of two tokens stands
    mocks = {
        "good": MockSettings(faults=("reasoning",), tls_cert=str(papers.certificate), tls_key=str(papers.key)),
        "late": MockSettings(ttft_s=TTFT_S, tokens=12),
        "breaking": MockSettings(faults=("no-usage", "no-fingerprint", "echo-key")),
        "resting": MockSettings(),
        "poor": MockSettings(faults=("balance-low",)),
        "slow": MockSettings(ttft_s=0.5, gap_s=(TOTAL_S - 0.5) / even.token_s(1), tokens=2),
    }
    with ExitStack() as stack:
        stack.callback(killed.die)
        yield (
            {name: stack.enter_context(relay_beside(settings)).url for name, settings in mocks.items()}
            | {
                name: stack.enter_context(relay_saying(tenth(no)))
                for name, no in (("tenth", BROKE), ("saturated", FULL))
            }
            | {"killed": killed.live()},
            killed,
        )


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def configuration(origins: dict[str, str], hook: str) -> str:
    """Return the configuration: a target for each relay, each with a key of its own, and a channel to tell."""
    lines = [
        f"  {name}: {{base_url: {url}/v1, api_key: {KEYS[name]}, models: [gpt-4o]"
        f"{', ' + MORE[name] if name in MORE else ''}}}"
        for name, url in origins.items()
    ]
    channel = f"notify: {{team: {{kind: webhook, url: {hook}/hook, secret: {SECRET}}}}}"
    return "\n".join(["targets:", *lines, CHECKS.rstrip(), channel, ""])


UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def seconds(duration: str) -> float:
    """Return a duration of Prometheus in seconds."""
    return sum(float(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)(ms|[smhdw])", duration))


@dataclass(frozen=True, slots=True)
class Pace:
    """How much faster everything waits than as it is shipped."""

    share: float

    def of(self, duration: str) -> str:
        """Return the same duration at this pace."""
        return f"{seconds(duration) * self.share * 1000:.0f}ms"


def pace_of(alerts: Path) -> Pace:
    """Let the page that waits the longest wait for `PAGE_AFTER_S`."""
    rules = [rule for group in yaml.safe_load(alerts.read_text("utf-8"))["groups"] for rule in group["rules"]]
    pages = [seconds(rule["for"]) for rule in rules if rule["labels"]["severity"] == "critical" and "for" in rule]
    return Pace(PAGE_AFTER_S / max(pages))


def write_rules(folder: Path, pace: Pace) -> list[str]:
    """Write the shipped rules, at another pace; return their names."""
    names: list[str] = yaml.safe_load((DASHBOARDS / "prometheus" / "prometheus.yml").read_text("utf-8"))["rule_files"]
    for name in names:
        rules = yaml.safe_load((DASHBOARDS / "prometheus" / name).read_text("utf-8"))
        for group in rules["groups"]:
            for waiting in (group, *group["rules"]):
                waiting.update({key: pace.of(waiting[key]) for key in ("interval", "for") if key in waiting})
        (folder / name).write_text(yaml.safe_dump(rules), encoding="utf-8")
    return names


def write_prometheus(folder: Path, service: str, alertmanager: int, pace: Pace) -> Path:
    """Write Prometheus' configuration: a scrape and an evaluation every second."""
    path = folder / "prometheus.yml"
    path.write_text(
        yaml.safe_dump(
            {
                "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                "rule_files": write_rules(folder, pace),
                "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager}"]}]}]},
                "scrape_configs": [{"job_name": "wnmon", "static_configs": [{"targets": [service]}]}],
            }
        ),
        encoding="utf-8",
    )
    return path


def write_alertmanager(folder: Path, webhook: str, pace: Pace) -> Path:
    """Write the shipped example with a receiver for each of its routes, named after the value of its matcher."""
    example = yaml.safe_load((DASHBOARDS / "alertmanager" / "alertmanager.yml").read_text("utf-8"))
    receivers = []
    for route in (example["route"], *example["route"]["routes"]):
        name = route["matchers"][0].split('"')[1] if "matchers" in route else "rest"
        waits = [key for key in ("group_wait", "group_interval", "repeat_interval") if key in route]
        route.update({key: pace.of(route[key]) for key in waits}, receiver=name)
        receivers.append({"name": name, "webhook_configs": [{"url": f"{webhook}/{name}"}]})
    path = folder / "alertmanager.yml"
    path.write_text(yaml.safe_dump({**example, "receivers": receivers}), encoding="utf-8")
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One alert that reached a receiver."""

    receiver: str
    status: str
    labels: dict[str, str]

    def __str__(self) -> str:
        return f"{self.labels['alertname']} {self.labels.get('target', '')} {self.status}"


@dataclass(slots=True)
class Postbox:
    """A webhook and what came."""

    url: str = ""
    letters: list[Letter] = field(default_factory=list)

    def of(self, receiver: str) -> list[str]:
        """Return what this receiver was told."""
        return [str(letter) for letter in self.letters if letter.receiver == receiver]


@contextmanager
def postbox() -> Iterator[Postbox]:
    """Listen for Alertmanager while the block runs."""
    box = Postbox()

    class Slot(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            box.letters += [
                Letter(receiver=self.path[1:], status=alert["status"], labels=alert["labels"])
                for alert in told["alerts"]
            ]
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Slot) as server:
        box.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """All that runs."""

    service: ServiceProcess
    prometheus: str
    box: Postbox
    killed: Mortal

    def ask(self, path: str, **parameters: str) -> Any:
        """Ask Prometheus' API."""
        with urlopen(f"{self.prometheus}/api/v1/{path}?{urlencode(parameters)}", timeout=30) as told:
            return json.load(told)["data"]

    def numbers(self, query: Query, rate_interval: str = "20s", **chosen: str) -> list[float]:
        """Return every number a panel's query gives now, as Grafana would ask it; NaN shows as no value."""
        expr = filled_in(query.expr, rate_interval=rate_interval, over="15m", **chosen)
        if query.form in (Form.NUMBER, Form.ROWS):
            found = [series["value"] for series in self.ask("query", query=expr)["result"]]
        else:
            end_s = time.time()
            data = self.ask("query_range", query=expr, start=f"{end_s - 60}", end=f"{end_s}", step="2")
            found = [pair for series in data["result"] for pair in series["values"]]
        return [float(value) for _, value in found if not math.isnan(float(value))]

    def number(self, query: Query, **chosen: str) -> float:
        """Return the only number a query gives."""
        (one,) = self.numbers(query, **chosen)
        return one

    def names(self) -> set[str]:
        """Return the names of all series there are."""
        return set(self.ask("label/__name__/values"))

    def labels(self) -> set[str]:
        """Return the names of all labels there are."""
        return set(self.ask("labels"))

    def runs(self, target: str, check: str = "alive") -> list[dict[str, Any]]:
        """Return the finished runs of a probe, as wnmon's log tells them."""
        lines = [json.loads(line) for line in self.service.stdout.splitlines() if line.startswith("{")]
        of_runs = (line for line in lines if line["event"] in {"state", "run"})
        return [line for line in of_runs if (line["target"], line["check"]) == (target, check)]


@contextmanager
def running(folder: Path) -> Iterator[Chain]:
    """Start everything, wnmon before Prometheus: that nothing is there yet is no alert."""
    alertmanager, prometheus = free_port(), free_port()
    pace = pace_of(DASHBOARDS / "prometheus" / "alerts.yml")
    with ExitStack() as stack:
        box = stack.enter_context(postbox())
        origins, killed = stack.enter_context(relays(folder))
        config = configuration(origins, stack.enter_context(standing_in(ANSWERS["webhook"])).url)
        service = stack.enter_context(serving(folder, config, "--log-level", "debug", "--log-format", "json"))
        order = [
            "prometheus-alertmanager",
            f"--config.file={write_alertmanager(folder, box.url, pace)}",
            f"--storage.path={folder / 'alertmanager'}",
            f"--web.listen-address=127.0.0.1:{alertmanager}",
            "--cluster.listen-address=",
        ]
        stack.enter_context(process(order, folder / "alertmanager.log"))
        wait_for(f"http://127.0.0.1:{alertmanager}/-/ready")
        scraped = service.url.removeprefix("http://").rstrip("/")
        order = [
            "prometheus",
            f"--config.file={write_prometheus(folder, scraped, alertmanager, pace)}",
            f"--storage.tsdb.path={folder / 'prometheus'}",
            f"--web.listen-address=127.0.0.1:{prometheus}",
            # What fires before Prometheus has found Alertmanager is sent again after this, by default a minute.
            "--rules.alert.resend-delay=5s",
        ]
        stack.enter_context(process(order, folder / "prometheus.log"))
        wait_for(f"http://127.0.0.1:{prometheus}/-/ready")
        yield Chain(service=service, prometheus=f"http://127.0.0.1:{prometheus}", box=box, killed=killed)
