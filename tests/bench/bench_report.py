"""The table of the bench, for a terminal and for docs/benchmarks.md. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bench_goals import GOALS, MOST_FOREIGN, Bench, Figure, Goal, Met, assess

HEADS = ("what", "target", "stretch", "measured", "peer", "ratio", "without fast", "n", "others used", "")

METHOD = """\
## Method

- One core for whoever is measured, another one for the relay and whoever asks and scrapes (`sched_setaffinity`),
  where there are two.
- The relay (`wnmon/mock/metronome.py`, a process of its own, on uvloop where it is installed) has its pieces built
  beforehand and writes into each, right before the bytes go to the socket, when it read the request and when it sends
  (`CLOCK_MONOTONIC`, which all processes of a host share). How late it was itself stands among the controls.
- **TTFT error** is what wnmon measured (`first_token - sent`) less the relay's own first send less its reading of the
  request. Of the peers, which know no instant of sending, it is the stamp of the first piece with a token less the
  relay's send stamp: less than what they would report, since nothing before the answer is in it. Sizes, without the
  sign; of all samples, suspect ones included, unless a row says otherwise.
- **wnmon** is the service: schedule, sensor, redaction, judging, metrics, and a scrape every 5 s. For processor time
  it is `wnmon serve` from outside (`/proc/PID/stat`, children included); for stamps and lateness the same wiring with
  an observer that keeps numbers.
- **Without fast**: the same wnmon in an environment that has neither uvloop nor httptools, in the same go. What was
  measured with them stands in the column before.
- **Streams**: 64 tokens, the first after 200 ms, then every 30 ms, a fresh connection each. **JSON probes**: an
  answer after 300 ms, 50 probes a second, so that 16 are under way; blackbox_exporter is asked as often, by POST,
  with two patterns on the body, and has one core.
- Peers run in the same go, in turns (A-B-A-B); of processor time the least of the turns counts, for each of both.
- **Commands** and their peers find their bytecode in a folder of its own, written by their first turn, as an installed
  wnmon finds it.
- What others use of all cores while a row is measured (`/proc/stat` less our own processes, stolen time included)
  stands beside it. Above {foreign:.0%} a row that misses its goal is *too busy to judge*; one that meets it all the
  same is met.
"""


def table(bench: Bench) -> list[list[str]]:
    """Return the rows, heads first."""
    return [list(HEADS), *(_row(goal, bench.figures.get(goal.key, Figure())) for goal in GOALS)]


def _row(goal: Goal, figure: Figure) -> list[str]:
    less = "≥" if goal.at_least else "≤"
    times = " ×" if goal.peer else (f" {goal.unit}" if goal.unit else "")
    return [
        goal.what + (f" / {goal.peer}" if goal.peer else ""),
        f"{less} {goal.target:g}{times}",
        "" if goal.stretch is None else f"{goal.stretch:g}{times}",
        number(figure.value, goal.unit),
        number(figure.peer, goal.unit) if goal.peer else "",
        "" if figure.ratio is None else f"{figure.ratio:.2f}",
        "" if figure.plain is None else number(figure.plain, goal.unit),
        "" if figure.samples is None else f"{figure.samples}",
        "" if figure.value is None else f"{figure.foreign:.0%}",
        assess(goal, figure).value,
    ]


def number(value: float | None, unit: str) -> str:
    """Return a figure with three digits and its unit."""
    if value is None:
        return "–"
    shown = f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
    return f"{shown} {unit}".rstrip()


def for_terminal(bench: Bench) -> str:
    """Return the table in columns, and below it why goals are not met."""
    rows = table(bench)
    wide = [max(len(row[place]) for row in rows) for place in range(len(HEADS))]
    lines = ["  ".join(cell.ljust(wide[place]) for place, cell in enumerate(row)).rstrip() for row in rows]
    return "\n".join([*lines, "", *_limits(bench), *_sources(bench), *_controls(bench), *_busy(bench)]) + "\n"


def for_docs(bench: Bench) -> str:
    """Return docs/benchmarks.md."""
    rows = table(bench)
    marked = ["| " + " | ".join(row) + " |" for row in rows]
    marked.insert(1, "|" + " --- |" * len(HEADS))
    machine = [f"- {name}: {value}" for name, value in bench.machine.items()]
    short = "This is the short form (`QUICK=1`): fewer samples and turns. " if bench.quick else ""
    parts = [
        "# Benchmarks",
        "",
        "Written by `make bench`; the raw numbers are in [benchmarks/raw.json](benchmarks/raw.json). "
        f"{short}Compare ratios, and figures within this table; on another machine all of them differ.",
        "",
        "![error of first tokens against streams at once](benchmarks/errors.svg)",
        "",
        "![processor time per probe](benchmarks/cpu.svg)",
        "",
        "## Goals",
        "",
        *marked,
        "",
        *(f"- {line}" for line in [*_limits(bench), *_sources(bench), *_controls(bench), *_busy(bench)]),
        "",
        "## Machine",
        "",
        *machine,
        "",
        METHOD.format(foreign=MOST_FOREIGN),
    ]
    return "\n".join(parts)


def _limits(bench: Bench) -> Iterator[str]:
    for goal in GOALS:
        figure = bench.figures.get(goal.key, Figure())
        if figure.limit and assess(goal, figure) in {Met.NOT_MET, Met.UNMEASURED}:
            yield f"{goal.key}: {figure.limit}"


def _sources(bench: Bench) -> Iterator[str]:
    for key, figure in bench.figures.items():
        if figure.source:
            yield f"{key}: {figure.source}"


def _controls(bench: Bench) -> Iterator[str]:
    """Yield how late the relay itself was, which is in no error: a piece carries the instant it was sent."""
    for phase in bench.phases:
        late = phase.get("relay_late_ms") or {}
        if late.get("p99") is not None:
            p50, p99 = number(late["p50"], "ms"), number(late["p99"], "ms")
            yield f"control, {phase['phase']}: the relay sent first tokens {p50} late at the median, p99 {p99}"


def _busy(bench: Bench) -> Iterator[str]:
    most = max((figure.foreign for figure in bench.figures.values() if not figure.source), default=0.0)
    if most > MOST_FOREIGN:
        quiet = f"at most {MOST_FOREIGN:.0%} is quiet"
        yield f"The machine was too busy to judge: others used up to {most:.0%} of all cores; {quiet}."
