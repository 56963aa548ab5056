"""`make bench`: how near the stamps come and what a probe costs, beside the peers, in one go.

    python tests/bench/bench.py [--quick] [--only KEY,KEY] [--peers PYTHON] [--plain PYTHON] [--out FOLDER]

Prints the table of goals; with --out it writes benchmarks.md, and beside it benchmarks/raw.json and the two plots.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent)]

from bench_goals import GOALS, Bench, Figure, most_streams, percentile  # noqa: E402
from bench_machine import (  # noqa: E402
    CLIENT,
    RELAY,
    ROOT,
    WNMON,
    Clock,
    cpu_of,
    started,
    versions,
    watched,
    with_bytecode,
)
from bench_plots import bars_plot, errors_plot  # noqa: E402
from bench_report import for_docs, for_terminal  # noqa: E402
from bench_runs import (  # noqa: E402
    JSON_ANSWER,
    SHORT_STREAM,
    Load,
    Served,
    Service,
    at_once,
    blackbox,
    peer,
    summary,
)

QUICK_S = 280.0
BLACKBOX = "prometheus-blackbox-exporter"
NO_PEERS = "the peers are not installed: make bench does it"
NO_BLACKBOX = f"{BLACKBOX} is not installed: make components does it"
GROWTH = ROOT / "docs" / "soak" / "growth.json"
GROWTH_RUNS = 100_000
NO_TIME = "no time was left for it in the short form"
CHECK = """  check-{n}:
    every: 15m
    timeout: {{connect: 10s, total: 45s}}
    prompt: "Reply with only: {{{{nonce}}}} number {n}"
    request: {{stream: true, max_tokens: 64, temperature: 0}}
    labels: {{env: production}}
    expect: {{status: 200, stream: complete, ttft: {{degraded: 2s, failed: 10s}}, content: {{contains: "pong"}}}}
"""
LIMITS = {
    "ttft_tls": "one core for the sensor and for who judges: the kernel lets each wait for the other",
    "suspect": "a stamp is suspect where the loop was held up for 20 ms",
    "suspect_loops": "whoever shares the core with a busy loop waits for its turn, some milliseconds each time",
    "cpu_json": "Python: some 3,300 calls of functions for a run in the service alone",
    "cpu_stream": "each piece is redacted, parsed and judged, as httpx alone is not",
    "cpu_stream_sdk": "as above",
    "streams": "the core: beyond it every stamp waits for those before it",
    "gap": "one core for the sensor and for who judges",
    "ttft_1000": "one core for the sensor and for who renders",
    "memory_sensor": "what exchanges leave behind, until the collector looks",
    "late": "the loop has the streams to serve as well",
    "skipped": "runs that take longer than their interval since the core is full",
    "validate": "half of it is to import what a configuration may hold",
}


@dataclass(slots=True, kw_only=True)
class Desk:
    """Where the phases put what they found."""

    folder: Path
    quick: bool
    clock: Clock
    peers: Path | None
    blackbox: str | None
    plain: Path | None = None
    figures: dict[str, Figure] = field(default_factory=dict)
    errors: dict[str, dict[int, float | None]] = field(default_factory=dict)
    cpu_ms: dict[str, dict[str, float]] = field(default_factory=dict)
    phases: list[dict[str, Any]] = field(default_factory=list)

    @property
    def without_fast(self) -> str | None:
        """Return the Python that has wnmon without the extra, None in the short form too."""
        return None if self.plain is None or self.quick else str(self.plain)

    def put(self, key: str, figure: Figure) -> None:
        """Keep a figure."""
        self.figures[key] = figure if figure.limit else replace(figure, limit=LIMITS.get(key, ""))

    def beside(self, key: str, plain: float | None) -> None:
        """Keep what was measured without the extra, beside a figure."""
        self.figures[key] = replace(self.figures[key], plain=plain)

    def keep(self, name: str, told: Mapping[str, Any]) -> None:
        """Keep the raw numbers of a phase, and say that it is done."""
        self.phases.append({"phase": name, **told})
        left = (
            ""
            if self.clock.budget_s is None
            else f", {self.clock.began_s + self.clock.budget_s - time.monotonic():.0f} s left"
        )
        print(f"  {name} ({time.monotonic() - self.clock.began_s:.0f} s{left})", file=sys.stderr, flush=True)

    def serve(self, name: str, service: Service) -> Served:
        """Run a phase with a service."""
        served = service.run(self.folder / name.replace(" ", "-"), self.peers)
        self.keep(name, summary(served))
        return served

    def error_at(self, who: str, streams: int, errors_ms: Sequence[float]) -> float | None:
        """Keep the error of first tokens for the plot, and return it."""
        p99_ms = percentile([abs(error) for error in errors_ms], 99)
        self.errors.setdefault(who, {})[streams] = p99_ms
        return p99_ms


class OutOfTimeError(RuntimeError):
    """The short form has no time left."""


Phase = Callable[[Desk], None]


def first_tokens(desk: Desk) -> None:
    """20 TLS streams at once among 100 probes; then with two busy loops beside."""
    busy = at_once(20, scheme="https")
    loads = (busy, Load(name="rare", probes=100 - busy.probes, every_s=60, stream=False))
    for key, loops in (("suspect", 0), ("suspect_loops", 2)):
        seconds = 15 if desk.quick else 90
        served = desk.serve(f"20 TLS streams, {loops} busy loops", Service(loads=loads, seconds=seconds, loops=loops))
        figure = Figure(value=served.suspect, samples=len(served.errors_ms), foreign=served.foreign)
        # The busy loops are ours, so they are no foreign load.
        desk.put(key, figure)
        if not loops:
            sizes = [abs(error) for error in served.errors_ms]
            desk.put("ttft_tls", replace(figure, value=percentile(sizes, 99)))
            desk.put("memory_100", replace(figure, value=served.memory_mb, samples=None))
            held = max(served.children_mb, default=None)
            limit = "" if served.children_mb else "there are no sensor processes: one loop does it all"
            desk.put("memory_sensor", replace(figure, value=held, samples=None, limit=limit))
    if desk.without_fast is not None:
        service = Service(loads=loads, seconds=90, python=desk.without_fast)
        served = desk.serve("20 TLS streams, without fast", service)
        desk.beside("suspect", served.suspect)
        desk.beside("ttft_tls", percentile([abs(error) for error in served.errors_ms], 99))
        desk.beside("memory_100", served.memory_mb)
        desk.beside("memory_sensor", max(served.children_mb, default=None))


def json_probes(desk: Desk) -> None:
    """Fifty JSON probes a second, beside blackbox_exporter, in turns."""
    seconds, ours, theirs, foreign = (5 if desk.quick else 15), [], [], 0.0
    loads = (Load(name="json", probes=50, every_s=1, stream=False),)
    service = Service(loads=loads, seconds=seconds, tempo=JSON_ANSWER, record=False, warm_s=1.5)
    for turn in range(2 if desk.quick else 4):
        served = desk.serve(f"JSON probes, turn {turn + 1}", service)
        ours.append(1e3 * served.cpu_s / max(served.runs, 1))
        foreign = max(foreign, served.foreign)
        if desk.blackbox is not None:
            told = blackbox(desk.blackbox, 50, 16, seconds, desk.folder / f"blackbox{turn}", desk.peers)
            desk.keep(f"blackbox_exporter, turn {turn + 1}", told)
            theirs.append(1e3 * told["cpu_s"] / max(told["runs"], 1))
            foreign = max(foreign, told["foreign"])
    peers = {"blackbox_exporter": min(theirs)} if theirs else {}
    desk.cpu_ms["JSON, 50 a second"] = {"wnmon": min(ours), **peers}
    limit = "" if theirs else NO_BLACKBOX
    desk.put("cpu_json", Figure(value=min(ours), peer=min(theirs, default=None), foreign=foreign, limit=limit))
    if desk.without_fast is not None:
        served = desk.serve("JSON probes, without fast", replace(service, python=desk.without_fast))
        desk.beside("cpu_json", 1e3 * served.cpu_s / max(served.runs, 1))


def hundred_streams(desk: Desk) -> None:
    """A hundred streams at once, beside httpx and the openai SDK, in turns."""
    seconds, ours, foreign = (6 if desk.quick else 12), [], 0.0
    kinds = ("httpx", "openai") if desk.quick else ("httpx", "openai", "aiohttp", "bare")
    peers: dict[str, list[float]] = {kind: [] for kind in kinds if desk.peers is not None}
    service = Service(loads=(at_once(100),), seconds=seconds, record=False, warm_s=3.0)
    for turn in range(1 if desk.quick else 2):
        served = desk.serve(f"100 streams, turn {turn + 1}", service)
        ours.append(1e3 * served.cpu_s / max(served.runs, 1))
        foreign = max(foreign, served.foreign)
        for kind, times in peers.items():
            told = run_peer(desk, kind, 100, seconds)
            times.append(1e3 * told["cpu_s"] / max(told["streams"], 1))
            foreign = max(foreign, told["foreign"])
    least = {kind: min(times) for kind, times in peers.items()}
    desk.cpu_ms["stream of 64 tokens, 100 at once"] = {"wnmon": min(ours), **least}
    for key, kind in (("cpu_stream", "httpx"), ("cpu_stream_sdk", "openai")):
        limit = "" if kind in least else NO_PEERS
        desk.put(key, Figure(value=min(ours), peer=least.get(kind), foreign=foreign, limit=limit))
    if desk.without_fast is not None:
        served = desk.serve("100 streams, without fast", replace(service, python=desk.without_fast))
        for key in ("cpu_stream", "cpu_stream_sdk"):
            desk.beside(key, 1e3 * served.cpu_s / max(served.runs, 1))


def run_peer(desk: Desk, kind: str, streams: int, seconds: float) -> dict[str, Any]:
    """Run a peer and keep what it found."""
    assert desk.peers is not None
    told = peer(kind, streams, seconds, desk.folder / f"{kind}{streams}", desk.peers)
    errors_ms = told.pop("errors_ms")
    p99_ms = desk.error_at(kind, streams, errors_ms)
    desk.keep(f"{kind}, {streams} streams", told | {"error_ms": {"p50": percentile(errors_ms, 50), "p99": p99_ms}})
    return told


def more_and_more_streams(desk: Desk) -> None:
    """More and more streams at once; at a hundred the gaps too."""
    found, foreign = {}, 0.0
    for streams in (20, 100, 300) if desk.quick else (20, 50, 100, 200, 300, 400, 500):
        if not desk.clock.has(30):
            break
        seconds = 6 if desk.quick else 20
        service = Service(loads=(at_once(streams),), seconds=seconds, gaps=streams == 100, warm_s=3.0)
        served = desk.serve(f"{streams} streams", service)
        found[streams] = desk.error_at("wnmon", streams, served.errors_ms)
        foreign = max(foreign, served.foreign)
        if streams == 100:
            gaps = [abs(gap) for gap in served.recorded["gaps_ms"]]
            desk.put("gap", Figure(value=percentile(gaps, 99), samples=len(gaps), foreign=served.foreign))
        if not desk.quick and desk.peers is not None and streams in {20, 100, 300}:
            for kind in ("httpx", "aiohttp", "openai", "bare"):
                run_peer(desk, kind, streams, 10)
        if found[streams] is None or found[streams] > 100:  # type: ignore[operator]
            break
    desk.put("streams", Figure(value=most_streams(found, 1.0), samples=len(found), foreign=foreign))


def thousand_probes(desk: Desk) -> None:
    """Thirty stream often, 970 are there to be scraped."""
    loads = (at_once(20, scheme="https"), Load(name="rare", probes=970, every_s=600, stream=False))
    served = desk.serve("/metrics of 1,000 probes", Service(loads=loads, seconds=12 if desk.quick else 120))
    sizes = [abs(error) for error in served.published_ms]
    few = "" if len(sizes) >= 1000 else f"{len(sizes)} samples are too few for a p99.9: this is the worst of them"
    value = percentile(sizes, 99.9)
    desk.put("ttft_1000", Figure(value=value, samples=len(sizes), foreign=served.foreign, limit=few))


def rhythm(desk: Desk) -> None:
    """A thousand streams of 16 tokens every ten seconds, beside bare timers."""
    loads = (Load(name="stream", probes=1000, every_s=10),)
    service = Service(loads=loads, seconds=15 if desk.quick else 60, tempo=SHORT_STREAM)
    served = desk.serve("1,000 probes every 10 s", service)
    with watched() as foreign:
        order = [
            sys.executable,
            str(ROOT / "tests/bench/bench_peers.py"),
            "call_at",
            "1000",
            "11" if desk.quick else "30",
        ]
        with started(order, CLIENT, stdout=-1) as process:
            assert process.stdout is not None
            bare = json.loads(process.stdout.read())["late_ms"]
    late, peer_late = served.recorded["late_ms"], percentile(bare, 99)
    desk.keep("bare call_at", {"late_ms": {"p50": percentile(bare, 50), "p99": peer_late}, "foreign": foreign.share})
    busy = max(served.foreign, foreign.share)
    desk.put("late", Figure(value=percentile(late, 99), peer=peer_late, samples=len(late), foreign=busy))
    skipped = len(served.recorded["skipped"])
    desk.put("skipped", Figure(value=skipped, samples=len(late) + skipped, foreign=served.foreign))
    desk.put("memory_1000", Figure(value=served.memory_mb, foreign=served.foreign))


def exposition(desk: Desk) -> None:
    """/metrics after a tenth has run, beside prometheus_client."""
    with watched() as foreign:
        order = [WNMON, str(ROOT / "tests/bench/bench_metrics.py"), "1000", "2" if desk.quick else "6"]
        with started(order, CLIENT, stdout=-1) as process:
            assert process.stdout is not None
            told = json.loads(process.stdout.read())
    desk.keep("/metrics, 10 % changed", told | {"foreign": foreign.share})
    desk.put("metrics", Figure(value=told["ours_ms"], peer=told["theirs_ms"], foreign=foreign.share))


def command_line(desk: Desk) -> None:
    """How long commands take to begin, in turns with their peers."""
    config = desk.folder / "thousand.yaml"
    checks = "".join(CHECK.format(n=f"{n:04}") for n in range(1000))
    target = "{wn: {base_url: https://relay.example, models: [m], api_key: sk-bench-0123456789abcdef}}"
    config.write_text(f"targets: {target}\nchecks:\n{checks}", encoding="utf-8")
    run, least, env = [WNMON, "-m", "wnmon"], dict[str, float](), with_bytecode(desk.folder / "bytecode")
    orders = {
        "help": [*run, "--help"],
        "click": [WNMON, "-c", "import click"],
        "validate": [*run, "validate", str(config)],
        "yaml": [WNMON, "-c", f"import yaml; yaml.load(open({str(config)!r}), yaml.SafeLoader)"],
        "list": [*run, "check", "--list"],
    }
    with watched() as foreign:
        for _ in range(3 if desk.quick else 7):
            for name, order in orders.items():
                least[name] = min(least.get(name, 1e9), cpu_of(order, goes=1, env=env))
    desk.keep("commands", {"cpu_s": least, "foreign": foreign.share})
    share = foreign.share
    desk.put("help", Figure(value=1e3 * least["help"], peer=1e3 * least["click"], foreign=share))
    desk.put("validate", Figure(value=1e3 * least["validate"], peer=1e3 * least["yaml"], foreign=share))
    desk.put("check_list", Figure(value=least["list"], foreign=share))


PHASES: Mapping[Phase, tuple[float, tuple[str, ...]]] = {
    command_line: (15, ("help", "validate", "check_list")),
    exposition: (15, ("metrics",)),
    first_tokens: (50, ("ttft_tls", "suspect", "suspect_loops", "memory_100", "memory_sensor")),
    json_probes: (40, ("cpu_json",)),
    hundred_streams: (45, ("cpu_stream", "cpu_stream_sdk")),
    more_and_more_streams: (35, ("streams", "gap")),
    thousand_probes: (25, ("ttft_1000",)),
    rhythm: (40, ("late", "skipped", "memory_1000")),
}
"""What is done, how many seconds the short form of it needs, and which goals it is for."""


def growth(told: Mapping[str, Any] | None) -> Figure:
    """Return what `make soak` kept of the memory over 100,000 runs: more than there is time for here."""
    if told is None:
        return Figure(limit="make soak does it")
    source = f"make soak, {told['measured']}, commit {told['machine']['commit']}, {told['machine']['python']}"
    if told["counted"] < GROWTH_RUNS:
        return Figure(limit=f"{told['counted']:,} runs are too few ({source})")
    return Figure(value=told["grown_mb"], samples=told["counted"], foreign=told["foreign"], source=source)


def run(desk: Desk, only: Sequence[str]) -> None:
    """Do every phase there is time for."""
    desk.put("growth", growth(json.loads(GROWTH.read_text("utf-8")) if GROWTH.exists() else None))
    if desk.clock.budget_s is not None:
        signal.signal(signal.SIGALRM, _out_of_time)
        signal.setitimer(signal.ITIMER_REAL, desk.clock.budget_s)
    for phase, (needs_s, keys) in PHASES.items():
        if only and not set(only) & set(keys):
            continue
        if not desk.clock.has(needs_s):
            desk.figures.update({key: Figure(limit=NO_TIME) for key in keys})
            continue
        try:
            phase(desk)
        except (RuntimeError, OSError, ValueError) as error:
            desk.keep(phase.__name__, {"error": str(error)})
            lost = [key for key in keys if key not in desk.figures]
            desk.figures.update({key: Figure(limit=f"the phase broke off: {error}") for key in lost})
    signal.setitimer(signal.ITIMER_REAL, 0)


def _out_of_time(*_: object) -> None:
    raise OutOfTimeError(NO_TIME)


def write(bench: Bench, out: Path) -> None:
    """Write the page, the plots and the raw numbers."""
    folder = out / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    (out / "benchmarks.md").write_text(for_docs(bench), encoding="utf-8")
    (folder / "errors.svg").write_text(errors_plot(bench.errors, 1.0), encoding="utf-8")
    (folder / "cpu.svg").write_text(bars_plot(bench.cpu_ms), encoding="utf-8")
    raw = json.dumps(asdict(bench), indent=1, ensure_ascii=False, default=str)
    (folder / "raw.json").write_text(raw + "\n", encoding="utf-8")


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="The benchmarks of wnmon")
    parser.add_argument("--quick", action="store_true", help="five minutes at most")
    parser.add_argument("--budget", type=float, default=QUICK_S, help="seconds that the short form has")
    parser.add_argument("--only", default="", help=f"of {', '.join(goal.key for goal in GOALS)}")
    parser.add_argument("--peers", type=Path, help="the Python that has the peers")
    parser.add_argument("--plain", type=Path, help="the Python that has wnmon without the extra fast")
    parser.add_argument("--out", type=Path, help="write benchmarks.md and what goes with it into this folder")
    asked = parser.parse_args()
    peers = asked.peers if asked.peers is not None and asked.peers.exists() else None
    plain = asked.plain if asked.plain is not None and asked.plain.exists() else None
    program = shutil.which(BLACKBOX)
    os.sched_setaffinity(0, RELAY)
    with watched() as foreign:
        time.sleep(1)
    missing = [said for said, there in ((NO_PEERS, peers), (NO_BLACKBOX, program)) if not there]
    told = [f"others use {foreign.share:.0%} of all cores now", *missing]
    print("; ".join(told), file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="wnmon-bench-") as folder:
        clock = Clock(asked.budget if asked.quick else None)
        desk = Desk(folder=Path(folder), quick=asked.quick, clock=clock, peers=peers, blackbox=program, plain=plain)
        run(desk, [key for key in asked.only.split(",") if key])
    bench = Bench(
        figures=desk.figures,
        machine=versions(peers, program),
        quick=asked.quick,
        errors=desk.errors,
        cpu_ms=desk.cpu_ms,
        phases=desk.phases,
    )
    print(for_terminal(bench))
    if asked.out is not None:
        write(bench, asked.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
