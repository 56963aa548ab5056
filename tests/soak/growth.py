"""210,000 runs of the real service and its sensor process: does either grow, or what is stored?

    python tests/soak/growth.py [--runs N] [--rate N] [--write]

A hundred probes, half of them streams, each once a second, against a relay that outruns them. 280 times the page and
/metrics are fetched, and memory, descriptors and threads of both processes noted, and the size of the store, which is
to keep what is no older than ten minutes. Before those that count 4 in 10 as many are made, in which pools, caches and
the store fill; what counts is the last tenth of the others less the first. With --write the result goes to
docs/soak/growth.json, from where docs/soak.md and `make bench` take it.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import tempfile
import time
import urllib.request
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1] / "bench"), str(Path(__file__).parent)]

from bench_machine import CLIENT, RELAY, ROOT, WNMON, descendants, started, versions, watched  # noqa: E402
from bench_runs import Load, configuration, exposed, free_port, relay, total, wait_for  # noqa: E402
from facts import Fact, table  # noqa: E402

from wnmon.mock.metronome import Tempo  # noqa: E402
from wnmon.store.place import FILE  # noqa: E402

PAGE = ROOT / "docs" / "soak.md"
RESULT = ROOT / "docs" / "soak" / "growth.json"
HEAD = "\n## Growth\n\n"
TEMPO = Tempo(answer_s=0.05, ttft_s=0.05, gap_s=0.01, tokens=8)
SENSOR = b"wnmon.app.sensor_process"
RUNS = 150_000
RATE = 100
KEPT_S = 600
"""For so long runs are kept: the shortest there is, over long before the last run, and before the first that counts."""
WARM_UP = 0.4
"""How many runs are made before those that count, to one of those."""
SAMPLES = 200
MOST_MB = 1.0
STORE_GROWS = 0.05
"""By this share the store may grow once what is new takes the place of what is old: sums of a further hour or two."""
LATE = 0.05
"""By this share others than promised may be kept: it is looked at every few seconds, and the old ones go in batches."""
BY_CHANCE = 10
"""How many more of what is counted there may be by chance: what is under way on a busy machine."""
PATIENCE_S = 60
"""How long it may be that no run ends: a busy machine is slow, and that is all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What processes hold: proportional memory, of that what is no file's, open descriptors, threads."""

    memory_mb: float
    anonymous_mb: float
    descriptors: int
    threads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What the store takes on disk, with what is not yet in its main file, and the runs in it."""

    size_mb: float = 0.0
    runs: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What was seen at one instant, so long after the service was ready."""

    at_s: float
    runs: int
    service: Held
    sensor: Held
    under_way: int
    stored: Stored = Stored()


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What one go leaves. `left_out`: runs that were due and not made; `faults`: of wnmon itself.

    `foreign`: the share of all cores that others used meanwhile.
    """

    wanted: int
    samples: Sequence[Sample]
    outcomes: dict[str, int]
    left_out: int
    faults: int
    foreign: float = 0.0

    def tenths(self, of: Callable[[Sample], float]) -> tuple[list[float], list[float]]:
        """Return a quantity in the first and in the last tenth of the runs that count."""
        counted = self.samples[-1].runs / (1 + WARM_UP)
        warm = WARM_UP * counted
        first = [of(one) for one in self.samples if warm <= one.runs <= warm + 0.1 * counted]
        return first, [of(one) for one in self.samples if one.runs >= warm + 0.9 * counted]

    def medians(self, of: Callable[[Sample], float]) -> tuple[float, float]:
        """Return its median in each of the two."""
        first, last = self.tenths(of)
        return median(first), median(last)

    @property
    def grown_mb(self) -> float:
        """Return by how much both processes grew together."""
        return sum(last - first for first, last in map(self.medians, MEMORY))

    def facts(self) -> Iterator[Fact]:
        """Yield what must hold, and what was seen."""
        made, at_s = self.samples[-1].runs, self.samples[-1].at_s
        told = ", ".join(f"{runs:,} {outcome}" for outcome, runs in sorted(self.outcomes.items()) if runs)
        seen = f"{made:,} in {at_s:.0f} s: {told}; {self.left_out} left out"
        enough = made >= (1 + WARM_UP) * self.wanted
        yield Fact(what=f"{self.wanted:,} runs are made after those for warm-up", seen=seen, holds=enough)
        yield Fact(what="wnmon counts no fault of its own", seen=f"{self.faults}", holds=not self.faults)
        (service, sensor), grown = map(_told_mb, map(self.medians, MEMORY)), self.grown_mb
        seen = f"{grown:+.2f} MB: service {service}, sensor {sensor}"
        yield Fact(what=f"memory grows by at most {MOST_MB:g} MB in sum", seen=seen, holds=grown <= MOST_MB)
        for what, of in COUNTS.items():
            # The least of each: what is under way at an instant comes and goes, what leaks stays.
            first, last = map(min, self.tenths(of))
            holds = last <= first + BY_CHANCE
            yield Fact(what=f"{what} do not grow", seen=f"{first:g}, then {last:g}", holds=holds)
        yield from self._facts_of_store()

    def _kept_and_due(self) -> Iterator[tuple[int, int]]:
        """Yield how many runs were in the store and how many ended within the time it keeps, once that has passed."""
        at_s = [one.at_s for one in self.samples]
        for one in self.samples:
            if one.at_s >= KEPT_S:
                before = self.samples[max(0, bisect_right(at_s, one.at_s - KEPT_S) - 1)]
                yield one.stored.runs, one.runs - before.runs

    def _facts_of_store(self) -> Iterator[Fact]:
        pairs = list(self._kept_and_due())
        kept, due = max(pairs, key=lambda pair: abs(pair[0] - pair[1]), default=(0, 1))
        what = f"the store keeps the runs of {KEPT_S // 60} minutes and no more"
        yield Fact(what=what, seen=f"at the worst {kept:,} of {due:,}", holds=abs(kept - due) <= LATE * due)
        first, last = self.medians(lambda one: one.stored.size_mb)
        what, seen = "the store on disk does not grow", f"{first:.1f} MB, then {last:.1f} MB"
        yield Fact(what=what, seen=seen, holds=last <= first * (1 + STORE_GROWS))


MEMORY: Sequence[Callable[[Sample], float]] = (
    lambda one: one.service.anonymous_mb,
    lambda one: one.sensor.anonymous_mb,
)
"""Without the pages of files: of those a process is told a larger share whenever another Python on the machine ends."""

COUNTS: dict[str, Callable[[Sample], float]] = {
    "open descriptors of the service": lambda one: one.service.descriptors,
    "open descriptors of the sensor process": lambda one: one.sensor.descriptors,
    "threads of the service": lambda one: one.service.threads,
    "threads of the sensor process": lambda one: one.sensor.threads,
    "runs under way": lambda one: one.under_way,
}


def _told_mb(medians: tuple[float, float]) -> str:
    first, last = medians
    return f"{last - first:+.2f} ({first:.2f}, then {last:.2f})"


def grow(runs: int, rate: int, folder: Path) -> Growth:
    """Make so many runs, so many a second; note what both processes hold."""
    with watched() as foreign, relay(TEMPO, folder, None) as playing:
        streams = rate // 2
        loads = (
            Load(name="stream", probes=streams, every_s=1),
            Load(name="json", probes=rate - streams, every_s=1, stream=False),
        )
        config, port = folder / "wnmon.yaml", free_port()
        told = json.loads(configuration(loads, playing)) | {"retention": {"runs": f"{KEPT_S}s"}}
        config.write_text(json.dumps(told), encoding="utf-8")
        order = [WNMON, "-m", "wnmon", "serve", str(config), "--listen", f"127.0.0.1:{port}", "--quiet"]
        order += ["--data", str(folder / "data")]
        with started(order, CLIENT | RELAY, log=folder / "service.log") as process:
            url = f"http://127.0.0.1:{port}"
            wait_for(f"{url}/-/ready", process)
            look = partial(_sample, url, process.pid, folder / "data" / FILE)
            samples = list(_samples(url, look, round((1 + WARM_UP) * runs), max(0.25, runs / rate / SAMPLES)))
            told = exposed(url)
    return Growth(
        wanted=runs,
        samples=samples,
        outcomes={
            one: int(total(told, "wnmon_probe_runs_total", outcome=one))
            for one in ("passed", "degraded", "failed", "errored")
        },
        left_out=int(total(told, "wnmon_scheduler_skipped_runs_total")),
        faults=int(total(told, "wnmon_internal_errors_total") + total(told, "wnmon_sink_errors_total")),
        foreign=foreign.share,
    )


def _samples(url: str, look: Callable[[float], Sample], runs: int, every_s: float) -> Iterator[Sample]:
    """Look at equal intervals, until the runs are made or no more of them end."""
    began_s = moved_s = time.monotonic()
    made = -1
    while made < runs and time.monotonic() - moved_s < PATIENCE_S:
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as page:
            page.read()
        yield (sample := look(time.monotonic() - began_s))
        if sample.runs > made:
            made, moved_s = sample.runs, time.monotonic()
        time.sleep(every_s - (time.monotonic() - began_s) % every_s)


def _sample(url: str, pid: int, store: Path, at_s: float) -> Sample:
    told = exposed(url)
    return Sample(
        at_s=round(at_s, 2),
        runs=int(total(told, "wnmon_probe_runs_total")),
        service=held([pid]),
        sensor=held(list(_sensors(pid))),
        under_way=int(total(told, "wnmon_probes_in_flight")),
        stored=stored(store),
    )


def stored(file: Path) -> Stored:
    """Return what a store holds."""
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as db:
        ((runs,),) = db.execute("SELECT count(*) FROM run").fetchall()
    size = sum(one.stat().st_size for one in file.parent.glob(f"{file.name}*"))
    return Stored(size_mb=round(size / 1e6, 3), runs=runs)


def _sensors(pid: int) -> Iterator[int]:
    """Yield the sensor processes of a service: the self-test at its start has others."""
    for one in descendants(pid)[1:]:
        with suppress(OSError):
            if SENSOR in Path(f"/proc/{one}/cmdline").read_bytes():
                yield one


def held(pids: Sequence[int]) -> Held:
    """Return what processes hold together."""
    folders = [Path("/proc") / str(pid) for pid in pids]
    sizes = [dict(_fields(folder / "smaps_rollup")) for folder in folders]
    return Held(
        memory_mb=round(sum(one["Pss"] for one in sizes) / 1024, 3),
        anonymous_mb=round(sum(one["Pss_Anon"] for one in sizes) / 1024, 3),
        descriptors=sum(1 for folder in folders for _ in (folder / "fd").iterdir()),
        threads=sum(1 for folder in folders for _ in (folder / "task").iterdir()),
    )


def _fields(file: Path) -> Iterator[tuple[str, int]]:
    for line in file.read_text().splitlines()[1:]:
        name, _, value = line.partition(":")
        yield name, int(value.split()[0])


def document(growth: Growth, machine: dict[str, str], measured_at: datetime) -> dict[str, Any]:
    """Return docs/soak/growth.json."""
    return {
        "measured": f"{measured_at:%Y-%m-%d}",
        "machine": machine,
        "runs": growth.samples[-1].runs,
        "counted": growth.wanted,
        "grown_mb": round(growth.grown_mb, 3),
        "foreign": round(growth.foreign, 3),
        "facts": [asdict(fact) for fact in growth.facts()],
        "samples": [asdict(sample) for sample in growth.samples],
    }


def section(told: dict[str, Any] | None) -> str:
    """Return the section of docs/soak.md: what one go told, None where there was none."""
    if told is None:
        return f"{HEAD}Not measured.\n"
    machine = told["machine"]
    return (
        f"{HEAD}{told['runs']:,} runs of the real service and its sensor process, half of them streams, scraped "
        "meanwhile. Pools, caches and the store fill in the first of them; of the others the first tenth is told, then "
        "the last. Memory is what belongs to no file (Pss_Anon), and the median of each; of what is counted it is the "
        "least. The raw samples are in [soak/growth.json](soak/growth.json). "
        f"Measured {told['measured']}, commit `{machine['commit']}`, {machine['python']}, {machine['cores']}, extras: "
        f"{machine['extras']}; others used {told['foreign']:.0%} of all cores.\n\n"
        f"{table([Fact(**fact) for fact in told['facts']])}"
    )


def kept() -> dict[str, Any] | None:
    """Return what the last go with --write told."""
    return dict(json.loads(RESULT.read_text("utf-8"))) if RESULT.exists() else None


def with_growth(page: str, told: dict[str, Any] | None) -> str:
    """Return docs/soak.md with another last section."""
    return page.partition(HEAD)[0] + section(told)


def write(told: dict[str, Any]) -> None:
    """Keep the result, and show it on the page."""
    RESULT.parent.mkdir(exist_ok=True)
    samples = ",\n  ".join(json.dumps(sample) for sample in told["samples"])
    rest = json.dumps(told | {"samples": []}, indent=1, ensure_ascii=False)
    RESULT.write_text(rest.replace('"samples": []', f'"samples": [\n  {samples}\n ]') + "\n", encoding="utf-8")
    PAGE.write_text(with_growth(PAGE.read_text("utf-8"), told), encoding="utf-8")


def main() -> int:
    """Run and tell; keep the result with --write. Exit 1 where a fact does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--rate", type=int, default=RATE, help="runs a second, and probes")
    parser.add_argument("--write", action="store_true", help=f"write {RESULT.relative_to(ROOT)} and docs/soak.md")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wnmon-growth-") as folder:
        growth = grow(chosen.runs, chosen.rate, Path(folder))
    told = document(growth, versions(None, None), datetime.now(UTC))
    if chosen.write:
        write(told)
    print(section(told))
    return 0 if all(fact.holds for fact in growth.facts()) else 1


if __name__ == "__main__":
    sys.exit(main())
