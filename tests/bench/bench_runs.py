"""The phases of the bench: who runs beside whom, for how long, and what is read of it.

Whoever is measured has a core of its own (`CLIENT`); the relay and whoever asks and scrapes have the other one.
"""

from __future__ import annotations

import gzip
import json
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench_goals import percentile
from bench_machine import CLIENT, RELAY, WNMON, cpu_s, descendants, pss_mb, started, watched

from wnmon.mock.metronome import PATH, Tempo
from wnmon.mock.papers import make_papers

HERE = Path(__file__).parent
MODELS_A_TARGET = 100
STREAM = Tempo(ttft_s=0.2, gap_s=0.03, tokens=64)
STREAM_S = STREAM.due_s(STREAM.tokens - 1)
SHORT_STREAM = Tempo(ttft_s=0.2, gap_s=0.03, tokens=16)
JSON_ANSWER = Tempo(answer_s=0.3)
SETTLE_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Probes that ask alike: so many, each `every_s`, streamed or not, by `http` or `https`."""

    name: str
    probes: int
    every_s: float
    stream: bool = True
    scheme: str = "http"


@dataclass(slots=True, kw_only=True)
class Relay:
    """The relay of a phase: its ports, its certificate, and once it ended, what it did of each stream."""

    ports: Mapping[str, int]
    certificate: Path
    heard: dict[str, list[tuple[int, int, int, int]]] = field(default_factory=dict)

    def url(self, scheme: str = "http") -> str:
        return f"{scheme}://127.0.0.1:{self.ports[scheme]}{PATH}"


@contextmanager
def relay(tempo: Tempo, folder: Path, python: Path | None) -> Iterator[Relay]:
    """Run the relay on its core while the block does."""
    papers, log = make_papers(time.time()), folder / "heard.json"
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(papers.certificate)
    key.write_bytes(papers.key)
    told = json.dumps(asdict(tempo) | {"certificate": str(certificate), "key": str(key)})
    order = [str(python or sys.executable), str(HERE / "bench_relay.py"), told, str(log)]
    with started(order, RELAY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, log=folder / "relay.log") as process:
        assert process.stdout is not None
        playing = Relay(ports=json.loads(process.stdout.readline()), certificate=certificate)
        yield playing
    for model, *instants in json.loads(log.read_text(encoding="utf-8")):
        playing.heard.setdefault(model, []).append(tuple(instants))


def configuration(loads: Sequence[Load], playing: Relay) -> str:
    """Return the configuration of a service: a target has a hundred models at most, a model is asked by one probe."""
    targets, checks = {}, {}
    for load in loads:
        names = []
        for first in range(0, load.probes, MODELS_A_TARGET):
            name = f"{load.name}{first // MODELS_A_TARGET}"
            models = [f"{load.name}-{place}" for place in range(first, min(load.probes, first + MODELS_A_TARGET))]
            targets[name] = {
                "base_url": playing.url(load.scheme).removesuffix(PATH),
                "api_key": "sk-bench-0123456789abcdef",
                "models": models,
                "concurrency": 100,
                **({"ca_file": str(playing.certificate)} if load.scheme == "https" else {}),
            }
            names.append(name)
        at_most = f"{min(load.every_s, 60) * 1e3:.0f}ms"
        checks[load.name] = {
            "every": f"{load.every_s * 1e3:.0f}ms",
            "timeout": dict.fromkeys(("connect", "headers", "first_token", "stall", "total"), at_most),
            "targets": names,
            "prompt": "Count along. {{nonce}}",
            "request": {"stream": load.stream, "max_tokens": 64},
            "expect": {"status": 200, "content": {"contains": "tick"}}
            | ({"stream": "complete", "ttft": {"degraded": "2s"}} if load.stream else {}),
        }
    metrics = {"max_series": 10_000_000}
    return json.dumps({"concurrency": 1000, "metrics": metrics, "targets": targets, "checks": checks})  # JSON is YAML


@dataclass(slots=True, kw_only=True)
class Served:
    """What a phase with a service leaves: CPU and runs within the window, memory at its end, what was recorded."""

    cpu_s: float = 0.0
    runs: float = 0.0
    memory_mb: float = 0.0
    children_mb: list[float] = field(default_factory=list)
    scrape_s: list[float] = field(default_factory=list)
    recorded: dict[str, Any] = field(default_factory=dict)
    foreign: float = 0.0
    errors_ms: list[float] = field(default_factory=list)
    published_ms: list[float] = field(default_factory=list)
    relay_late_ms: list[float] = field(default_factory=list)

    @property
    def suspect(self) -> float | None:
        """Return the share of first tokens that were withheld, in percent."""
        took = [suspect for _, _, ttft_s, suspect in self.recorded.get("runs", ()) if ttft_s is not None]
        return 100 * sum(took) / len(took) if took else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A phase with a service: its loads, how long, how often scraped. `record`: with the observer, else bare.

    `loops`: so many busy loops run beside, on any core; `python`: the one that has the wnmon to be measured.
    """

    loads: Sequence[Load]
    seconds: float
    tempo: Tempo = STREAM
    scrape_s: float = 5.0
    record: bool = True
    gaps: bool = False
    loops: int = 0
    warm_s: float = 0.0
    python: str = WNMON

    def run(self, folder: Path, python: Path | None) -> Served:
        """Do it."""
        folder.mkdir(parents=True, exist_ok=True)
        served = Served()
        with watched() as foreign, ExitStack() as stack:
            playing = stack.enter_context(relay(self.tempo, folder, python))
            for _ in range(self.loops):
                stack.enter_context(started([sys.executable, "-c", "while True: pass"], CLIENT | RELAY))
            self._serve(folder, playing, served)
        served.foreign = foreign.share
        if self.record:
            served.recorded = json.loads((folder / "recorded.json").read_text(encoding="utf-8"))
            _hold_against(served, playing)
        return served

    def _serve(self, folder: Path, playing: Relay, served: Served) -> None:
        config, port = folder / "wnmon.yaml", free_port()
        config.write_text(configuration(self.loads, playing), encoding="utf-8")
        recording = [str(HERE / "bench_service.py"), str(config), str(port), str(folder / "recorded.json")]
        bare = ["-m", "wnmon", "serve", str(config), "--listen", f"127.0.0.1:{port}", "--poll", "0s", "--quiet"]
        bare += ["--data", str(folder / "data")]
        order = [self.python, *((recording + ["--gaps"] * self.gaps) if self.record else bare)]
        url = f"http://127.0.0.1:{port}"
        with started(order, CLIENT, log=folder / "service.log") as process:
            wait_for(f"{url}/-/ready", process)
            time.sleep(self.warm_s)
            with scraping(url, self.scrape_s, served.scrape_s):
                runs, spent_s = _runs(url), cpu_s(process.pid)
                time.sleep(self.seconds)
                served.cpu_s, served.runs = cpu_s(process.pid) - spent_s, _runs(url) - runs
            first, *children = descendants(process.pid)
            served.children_mb = [pss_mb(one) for one in children]
            served.memory_mb = pss_mb(first)


def _hold_against(served: Served, playing: Relay) -> None:
    """Hold each first token against what the relay did for that request: of its model, and read when it was sent."""
    for model, sent_ns, ttft_s, suspect in served.recorded["runs"]:
        if ttft_s is None or sent_ns is None or not playing.heard.get(model):
            continue
        read_ns, _, due_ns, first_ns = min(playing.heard[model], key=lambda one: abs(one[0] - sent_ns))
        error_ms = ttft_s * 1e3 - (first_ns - read_ns) / 1e6
        served.errors_ms.append(error_ms)
        served.relay_late_ms.append((first_ns - due_ns) / 1e6)
        if not suspect:
            served.published_ms.append(error_ms)


def summary(served: Served) -> dict[str, Any]:
    """Return what is kept of a phase."""
    sizes = [abs(error) for error in served.errors_ms]
    return {
        "runs": served.runs,
        "cpu_ms_per_run": 1e3 * served.cpu_s / served.runs if served.runs else None,
        "ttft_error_ms": {f"p{p:g}": percentile(sizes, p) for p in (50, 99, 99.9, 100)},
        "suspect_percent": served.suspect,
        "relay_late_ms": {f"p{p:g}": percentile(served.relay_late_ms, p) for p in (50, 99, 100)},
        "late_ms": {f"p{p:g}": percentile(served.recorded.get("late_ms", ()), p) for p in (50, 99, 100)},
        "gap_error_ms": {f"p{p:g}": percentile([*map(abs, served.recorded.get("gaps_ms", ()))], p) for p in (50, 99)},
        "skipped": len(served.recorded.get("skipped", ())),
        "samples": len(sizes),
        "memory_mb": served.memory_mb,
        "children_mb": served.children_mb,
        "scrape_s": served.scrape_s,
        "foreign": served.foreign,
    }


def at_once(streams: int, name: str = "stream", scheme: str = "http", every_s: float = 3.0) -> Load:
    """Return probes of which so many stream at once on the average."""
    return Load(name=name, probes=round(streams * every_s / STREAM_S), every_s=every_s, scheme=scheme)


def peer(kind: str, streams: int, seconds: float, folder: Path, python: Path) -> dict[str, Any]:
    """Run one peer against a relay of its own; return what it printed, with the foreign load."""
    folder.mkdir(parents=True, exist_ok=True)
    with watched() as foreign, relay(STREAM, folder, python) as playing:
        order = [str(python), str(HERE / "bench_peers.py"), kind, str(streams), f"{seconds}", playing.url()]
        with started(order, CLIENT, stdout=subprocess.PIPE, log=folder / "peer.log") as process:
            assert process.stdout is not None
            told: dict[str, Any] = json.loads(process.stdout.read() or b"{}")
    return told | {"foreign": foreign.share}


def blackbox(
    program: str, a_second: float, at_most: int, seconds: float, folder: Path, python: Path | None
) -> dict[str, Any]:
    """Have blackbox_exporter probe the relay by POST so often; return its processor time, and how many were good."""
    folder.mkdir(parents=True, exist_ok=True)
    module = {
        "prober": "http",
        "timeout": "10s",
        "http": {
            "method": "POST",
            "headers": {"Content-Type": "application/json", "Authorization": "Bearer sk-bench-0123456789abcdef"},
            "body": json.dumps(
                {"model": "m", "messages": [{"role": "user", "content": "Count along."}], "max_tokens": 64}
            ),
            "fail_if_body_not_matches_regexp": ["tick", '"finish_reason"'],
            "preferred_ip_protocol": "ip4",
        },
    }
    config, port = folder / "blackbox.yml", free_port()
    config.write_text(json.dumps({"modules": {"post": module}}), encoding="utf-8")
    order = [program, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
    one_core = {"GOMAXPROCS": "1"}
    with (
        watched() as foreign,
        relay(JSON_ANSWER, folder, python) as playing,
        started(order, CLIENT, env=one_core, log=folder / "blackbox.log") as process,
    ):
        wait_for(f"http://127.0.0.1:{port}/-/healthy", process)
        url = f"http://127.0.0.1:{port}/probe?module=post&target={playing.url()}"
        _ask_at(url, a_second, at_most, SETTLE_S)
        spent_s = cpu_s(process.pid)
        good = _ask_at(url, a_second, at_most, seconds)
        spent_s = cpu_s(process.pid) - spent_s
    return {"runs": good, "cpu_s": spent_s, "foreign": foreign.share}


def _ask_at(url: str, a_second: float, at_most: int, seconds: float) -> int:
    """Ask so often, by so many threads; return how many probes were good."""
    good, lock, due = [0], threading.Lock(), iter(range(int(a_second * seconds)))
    began_s = time.monotonic()

    def work() -> None:
        while True:
            with lock:
                number = next(due, None)
            if number is None:
                return
            time.sleep(max(0.0, began_s + number / a_second - time.monotonic()))
            with urllib.request.urlopen(url, timeout=30) as answer:
                text = answer.read()
            with lock:
                good[0] += b"\nprobe_success 1" in text

    threads = [threading.Thread(target=work, daemon=True) for _ in range(at_most * 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return good[0]


@contextmanager
def scraping(url: str, every_s: float, took_s: list[float]) -> Iterator[None]:
    """Scrape as Prometheus does while the block runs."""
    done = threading.Event()

    def work() -> None:
        while not done.wait(every_s):
            began_s = time.monotonic()
            exposed(url)
            took_s.append(time.monotonic() - began_s)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def exposed(url: str) -> str:
    """Return /metrics as Prometheus asks for it."""
    headers = {"Accept": "application/openmetrics-text; version=1.0.0", "Accept-Encoding": "gzip"}
    asked = urllib.request.Request(f"{url}/metrics", headers=headers)
    with urllib.request.urlopen(asked, timeout=120) as answer:
        body = answer.read()
        return (gzip.decompress(body) if answer.headers.get("Content-Encoding") == "gzip" else body).decode()


def total(metrics: str, name: str, **labels: str) -> float:
    """Return the sum of the series of a metric, of those with some labels."""
    found = re.findall(rf"^{name}(\{{[^}}]*\}})? ([0-9.e+]+)", metrics, re.MULTILINE)
    wanted = [f'{label}="{value}"' for label, value in labels.items()]
    return sum(float(value) for shown, value in found if all(one in shown for one in wanted))


def _runs(url: str) -> float:
    return total(exposed(url), "wnmon_probe_runs_total")


def wait_for(url: str, process: subprocess.Popen[bytes], patience_s: float = 120) -> None:
    """Wait until an address answers 200. Raises RuntimeError for a process that ended or never does."""
    until_s = time.monotonic() + patience_s
    while time.monotonic() < until_s and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"{url} does not answer; see the log of {process.args!r}")


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
