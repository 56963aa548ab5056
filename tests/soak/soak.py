"""A long run of the real service under a real Prometheus, with relays that misbehave beside good ones.

`make soak` runs half an hour with two busy loops beside it and writes docs/soak.md; CI runs three minutes of the same.
What must hold is a list of facts, each with what was seen.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / "acceptance"), str(ROOT / "tests" / "bench"), str(Path(__file__).parent)]

from bench_runs import free_port  # noqa: E402
from facts import Fact, table  # noqa: E402
from growth import kept, with_growth  # noqa: E402
from relays import Relays, open_relays  # noqa: E402
from service_process import beside  # noqa: E402

EVERY_S = 5
PAGES = "WnmonTargetDown|WnmonModelDown"
TARGETS = ("down", "shared", "slow", "heavy", "flaky", "good")
KEYS = {name: f"sk-{hashlib.sha256(name.encode()).hexdigest()[:40]}" for name in TARGETS}
MODELS = {"shared": ("busy", "fine")}
STEP_S = 2

CHECKS = """\
checks:
  alive:
    every: 5s
    prompt: "Reply with only: {{nonce}}"
    request: {stream: true, max_tokens: 64}
    timeout: {connect: 1s, headers: 4500ms, first_token: 4500ms, stall: 4500ms, total: 4500ms}
    expect:
      status: 200
      stream: complete
      ttft: {degraded: 2s, failed: 30s}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How long (seconds), how many busy loops beside, and how patient the alert is (as in the rules: `5m`)."""

    seconds: int
    loops: int
    alert_for: str

    @property
    def down_from_s(self) -> float:
        return self.seconds / 6

    @property
    def flaky_s(self) -> tuple[float, float]:
        return self.seconds / 3, self.seconds / 2


def soak(plan: Plan, folder: Path) -> list[Fact]:
    """Run everything for the planned time; return the facts."""
    with ExitStack() as stack:
        relays = stack.enter_context(
            beside(
                lambda: open_relays(
                    lambda: Relays(keys=tuple(KEYS.values()), down_from_s=plan.down_from_s, flaky_s=plan.flaky_s)
                )
            )
        )
        for _ in range(plan.loops):
            stack.enter_context(process([sys.executable, "-c", "while True: pass"], folder / "loop"))
        port, prometheus = free_port(), free_port()
        (folder / "wnmon.yaml").write_text(configuration(relays.port), encoding="utf-8")
        order = [sys.executable, "-m", "wnmon", "serve", str(folder / "wnmon.yaml"), "--listen", f"127.0.0.1:{port}"]
        order += ["--data", str(folder / "data")]
        stack.enter_context(process([*order, "--log-level", "debug"], folder / "log"))
        stack.enter_context(process(prometheus_order(plan, folder, port, prometheus), folder / "prometheus.log"))
        wait_for(f"http://127.0.0.1:{port}/-/ready")
        wait_for(f"http://127.0.0.1:{prometheus}/-/ready")
        witness = Witness(plan, relays, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{prometheus}", folder)
        relays.born_s = time.time()
        while relays.age_s() < plan.seconds:
            time.sleep(min(20, plan.seconds))
            witness.look()
        return witness.facts()


class Witness:
    """Looks at the service and asks Prometheus in the end."""

    def __init__(self, plan: Plan, relays: Relays, service: str, prometheus: str, folder: Path) -> None:
        self._plan = plan
        self._relays = relays
        self._service = service
        self._prometheus = prometheus
        self._folder = folder
        self._shown = ""

    def look(self) -> None:
        """Keep what is shown, to search it for keys."""
        for path in ("/", "/?lang=zh", "/metrics", "/api/v1/probes"):
            with urllib.request.urlopen(self._service + path, timeout=30) as answer:
                self._shown = f"{self._shown[-2_000_000:]}{answer.read().decode()}"

    def facts(self) -> list[Fact]:
        """Return what was seen of each thing that must hold."""
        self._end_s = time.time()
        return [
            *(self._pages_once(target, model, s) for target, model, s in self._outages()),
            self._pages_nobody_else(),
            *(self._keeps_rhythm(target, model) for target, model in (("good", "m"), ("shared", "fine"))),
            *self._slow(),
            *(self._uptime(target, model, up_s) for target, model, up_s in self._truths()),
            self._no_key(),
        ]

    def _outages(self) -> Iterator[tuple[str, str, float]]:
        yield "down", "m", self._plan.down_from_s
        yield "shared", "busy", 0.0
        yield "heavy", "m", 0.0

    def _pages_once(self, target: str, model: str, since_s: float) -> Fact:
        # A target of one model is down as a whole, and that alert names no model.
        query = f'ALERTS{{alertname=~"{PAGES}",alertstate="firing",target="{target}",model=~"|{model}"}}'
        stamps = self._stamps(query)
        gaps = [later - earlier for earlier, later in pairwise(stamps) if later - earlier > STEP_S]
        after_s = stamps[0] - self._relays.born_s - since_s if stamps else float("inf")
        until_end_s = self._end_s - stamps[-1] if stamps else float("inf")
        patience_s = {"5m": 300, "20s": 20}[self._plan.alert_for] + 4 * EVERY_S + 20
        return Fact(
            what=f"the page of {target}/{model} fires once, within {patience_s} s of the outage, and stays",
            seen=f"after {after_s:.0f} s, {len(gaps)} breaks, last seen {until_end_s:.0f} s before the end",
            holds=not gaps and after_s <= patience_s and until_end_s <= 3 * STEP_S + 10,
        )

    def _pages_nobody_else(self) -> Fact:
        query = f'count by (target, model) (count_over_time(ALERTS{{alertname=~"{PAGES}",alertstate="firing"}}[2h]))'
        paged = {f"{one['metric']['target']}/{one['metric'].get('model', 'm')}" for one in self._ask(query)}
        wanted = {f"{target}/{model}" for target, model, _ in self._outages()}
        return Fact(
            what="no other model is called down for long",
            seen=", ".join(sorted(paged - wanted)) or "none",
            holds=paged - wanted <= {"flaky/m"},
        )

    def _keeps_rhythm(self, target: str, model: str) -> Fact:
        asked = len([at for at in self._relays.asked[target, model] if at >= self._relays.born_s])
        planned = int((self._end_s - self._relays.born_s) / EVERY_S)
        return Fact(
            what=f"{target}/{model} is asked at every slot",
            seen=f"{asked} requests for {planned} slots",
            holds=asked >= planned - 1,
        )

    def _slow(self) -> Iterator[Fact]:
        found = self._ask('wnmon_probe_runs_total{target="slow"}')
        runs = {one["metric"]["outcome"]: int(float(one["value"][1])) for one in found}
        degraded, passed, all_ = runs.get("degraded", 0), runs.get("passed", 0), sum(runs.values())
        yield Fact(what="no run of the slow relay is passed", seen=f"{passed} of {all_}", holds=passed == 0)
        yield Fact(
            what="at least 95 % of the runs of the slow relay are judged, and all of those degraded",
            seen=f"{degraded} degraded of {all_}",
            holds=all_ > 0 and degraded >= 0.95 * all_,
        )

    def _truths(self) -> Iterator[tuple[str, str, float]]:
        """Yield how many of all seconds each probe was truly up."""
        begin_s, end_s = self._plan.flaky_s
        whole_s = self._end_s - self._relays.born_s
        yield "good", "m", whole_s
        yield "shared", "fine", whole_s
        yield "shared", "busy", 0
        yield "slow", "m", whole_s
        yield "down", "m", self._plan.down_from_s
        yield "flaky", "m", whole_s - (end_s - begin_s)

    def _uptime(self, target: str, model: str, up_s: float) -> Fact:
        whole_s = self._end_s - self._relays.born_s
        series = f'wnmon_probe_success{{target="{target}",model="{model}"}}[{whole_s:.0f}s]'
        (known,) = self._ask(f"sum(count_over_time({series}))") or [{"value": (0, "0")}]
        (good,) = self._ask(f"sum(sum_over_time({series}))") or [{"value": (0, "0")}]
        share = float(good["value"][1]) / max(float(known["value"][1]), 1)
        transitions = {"down": 1, "flaky": 2}.get(target, 0)
        tolerance = (transitions * (EVERY_S + STEP_S) + 2 * EVERY_S) / whole_s
        return Fact(
            what=f"uptime of {target}/{model} is the truth within an interval per transition",
            seen=f"{share:.2%}, in truth {up_s / whole_s:.2%}",
            holds=abs(share - up_s / whole_s) <= tolerance,
        )

    def _no_key(self) -> Fact:
        printed = "".join(
            (self._folder / name).read_text("utf-8", errors="replace") for name in ("log", "prometheus.log")
        )
        found = [name for name, key in KEYS.items() if key[3:19] in self._shown + printed]
        return Fact(what="no key of any target is shown anywhere", seen=", ".join(found) or "none", holds=not found)

    def _ask(self, query: str) -> list[dict[str, Any]]:
        return list(self._get("query", query=query, time=f"{self._end_s}")["result"])

    def _stamps(self, query: str) -> list[float]:
        data = self._get(
            "query_range", query=query, start=f"{self._relays.born_s}", end=f"{self._end_s}", step=f"{STEP_S}"
        )
        return sorted(float(at) for series in data["result"] for at, _ in series["values"])

    def _get(self, path: str, **parameters: str) -> Any:
        url = f"{self._prometheus}/api/v1/{path}?{urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=60) as answer:
            return json.load(answer)["data"]


def configuration(port: int) -> str:
    """Return the configuration: a target per relay, each with a key of its own."""
    targets = "".join(
        f"  {name}:\n    base_url: http://127.0.0.1:{port}/{name}/v1\n    api_key: {KEYS[name]}\n"
        f"    models: [{', '.join(MODELS.get(name, ('m',)))}]\n"
        for name in TARGETS
    )
    return f"targets:\n{targets}{CHECKS}"


def prometheus_order(plan: Plan, folder: Path, port: int, own_port: int) -> Sequence[str]:
    """Write Prometheus' files and return its command line. The shipped rules, but for the patience of a short run."""
    for name in ("recording.yml", "alerts.yml"):
        rules = (ROOT / "dashboards" / "prometheus" / name).read_text("utf-8")
        (folder / name).write_text(rules.replace("for: 5m", f"for: {plan.alert_for}"), encoding="utf-8")
    (folder / "prometheus.yml").write_text(
        f"global: {{scrape_interval: {STEP_S}s, evaluation_interval: {STEP_S}s}}\n"
        f"rule_files: [{folder / 'recording.yml'}, {folder / 'alerts.yml'}]\n"
        f'scrape_configs: [{{job_name: wnmon, static_configs: [{{targets: ["127.0.0.1:{port}"]}}]}}]\n',
        encoding="utf-8",
    )
    return [
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{own_port}",
    ]


@contextmanager
def process(order: Sequence[str], log: Path) -> Iterator[None]:
    """Run a command while the block runs; what it prints goes to the log."""
    with log.open("wb") as printed:
        started = subprocess.Popen(order, stdout=printed, stderr=subprocess.STDOUT, env=dict(os.environ))
        try:
            yield
        finally:
            started.send_signal(signal.SIGTERM)
            try:
                started.wait(20)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()


def wait_for(url: str, patience_s: float = 180) -> None:
    """Wait until an address answers 200."""
    until_s = time.monotonic() + patience_s
    while time.monotonic() < until_s:
        try:
            with urllib.request.urlopen(url, timeout=10):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"{url} does not answer")


def page(plan: Plan, facts: Sequence[Fact]) -> str:
    """Return docs/soak.md, but for its last section."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout
    return (
        "# Soak\n\nThe last `make soak`: the real service under a real Prometheus with the shipped rules, probes every "
        f"{EVERY_S} s, {plan.seconds // 60} minutes of real time, {plan.loops} busy loops beside it. "
        f"Commit `{commit.strip()}`, Python {platform.python_version()}, {os.cpu_count()} cores. The relays are in "
        "[tests/soak/relays.py](../tests/soak/relays.py).\n\n"
        f"{table(facts)}"
    )


def main() -> int:
    """Run and tell; write docs/soak.md with --write. Exit 1 where a fact does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=1800)
    parser.add_argument("--loops", type=int, default=2)
    parser.add_argument("--alert-for", choices=("5m", "20s"), default="5m")
    parser.add_argument("--write", action="store_true", help="write docs/soak.md")
    chosen = parser.parse_args()
    plan = Plan(seconds=chosen.seconds, loops=chosen.loops, alert_for=chosen.alert_for)
    with tempfile.TemporaryDirectory(prefix="wnmon-soak-") as folder:
        facts = soak(plan, Path(folder))
    text = with_growth(page(plan, facts), kept())
    if chosen.write:
        (ROOT / "docs" / "soak.md").write_text(text, encoding="utf-8")
    print(text)
    return 0 if all(fact.holds for fact in facts) else 1


if __name__ == "__main__":
    sys.exit(main())
