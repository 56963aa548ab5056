"""The table of loads in docs/operations.md, measured anew: `python tests/bench/load_table.py [--write] [--seconds N]`.

One `wnmon serve` at a time, with streams of 64 tokens (the first after 200 ms, then every 10 ms), each on a fresh
connection, /metrics fetched every 15 s. What others used of the machine meanwhile stands in the last column.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent)]

from bench_machine import RELAY, ROOT, versions  # noqa: E402
from bench_runs import Load, Served, Service  # noqa: E402

from wnmon.mock.metronome import Tempo  # noqa: E402

PAGE = ROOT / "docs" / "operations.md"
BEGIN, END = "<!-- loads: make loads -->", "<!-- /loads -->"
TEMPO = Tempo(ttft_s=0.2, gap_s=0.01, tokens=64)
LOADS = ((20, 5), (200, 10), (600, 60), (1000, 10))
HEADS = (
    *("probes", "every", "runs per s", "CPU of one core", "CPU per run", "memory", "`/metrics`"),
    *("suspect samples", "left out", "others used"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One load and what came of it."""

    probes: int
    every_s: int
    seconds: float
    served: Served

    def cells(self) -> list[str]:
        """Return the row of the table."""
        served = self.served
        suspect, took_s = served.suspect, served.scrape_s
        return [
            f"{self.probes}",
            f"{self.every_s} s",
            f"{served.runs / self.seconds:.0f}",
            f"{served.cpu_s / self.seconds:.0%}",
            f"{1e3 * served.cpu_s / served.runs:.0f} ms" if served.runs else "–",
            f"{served.memory_mb + sum(served.children_mb):.0f} MB",
            f"in {max(took_s):.2f} s" if took_s else "–",
            "–" if suspect is None else f"{suspect:.1f} %",
            f"{len(served.recorded.get('skipped', ()))}",
            f"{served.foreign:.0%}",
        ]


def render(rows: list[Row], machine: dict[str, str]) -> str:
    """Return what stands between the marks of the page."""
    lines = ["| " + " | ".join(cells) + " |" for cells in (list(HEADS), *(row.cells() for row in rows))]
    lines.insert(1, "|" + "---|" * len(HEADS))
    about = f"{machine['python']}, {machine['cores']}, extras: {machine['extras']}; commit {machine['commit']}."
    return "\n".join([BEGIN, "", *lines, "", about, "", END])


def put(page: str, table: str) -> str:
    """Return the page with another table. Raises ValueError where it has no place for one."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"no {BEGIN} ... {END}")
    return before + table + after


def main() -> None:
    """Measure each load; print the table, or write it."""
    parser = argparse.ArgumentParser(description="The table of loads")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--seconds", type=int, default=60)
    asked = parser.parse_args()
    os.sched_setaffinity(0, RELAY)
    rows = []
    with tempfile.TemporaryDirectory(prefix="wnmon-loads-") as folder:
        for probes, every_s in LOADS:
            seconds = max(asked.seconds, every_s)
            service = Service(
                loads=(Load(name="stream", probes=probes, every_s=every_s),),
                seconds=seconds,
                tempo=TEMPO,
                scrape_s=15,
                warm_s=5,
            )
            served = service.run(Path(folder) / f"{probes}-{every_s}", None)
            rows.append(Row(probes=probes, every_s=every_s, seconds=seconds, served=served))
            print(" | ".join(rows[-1].cells()), file=sys.stderr, flush=True)
    table = render(rows, versions(None, None))
    if asked.write:
        PAGE.write_text(put(PAGE.read_text(encoding="utf-8"), table), encoding="utf-8")
    else:
        print(table)


if __name__ == "__main__":
    main()
