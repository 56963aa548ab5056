"""The page docs/mutation.md: counts of a run, and the reasons by hand why survivors may live."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

DOCS = Path(__file__).parent.parent / "docs"
PAGE = DOCS / "mutation.md"
REASONS = DOCS / "mutation-survivors.yaml"
PACKAGES = ("wnmon.wire", "wnmon.judge")
LIMIT = 0.9
"""The share of the mutants of each package that tests must catch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many mutants came to what."""

    killed: int = 0
    timed_out: int = 0
    survived: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(
            killed=self.killed + other.killed,
            timed_out=self.timed_out + other.timed_out,
            survived=self.survived + other.survived,
        )

    @property
    def caught(self) -> int:
        """Killed by a failing test, or so slow that the run was ended."""
        return self.killed + self.timed_out

    @property
    def made(self) -> int:
        """All of them."""
        return self.caught + self.survived

    @property
    def share(self) -> float:
        """Caught of all, 1 where there is none."""
        return self.caught / self.made if self.made else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why these mutants may live, each as `FUNCTION: BEFORE → AFTER`."""

    title: str
    why: str
    mutants: tuple[str, ...]


def read_reasons() -> list[Reason]:
    """Return the reasons written by hand."""
    entries = yaml.safe_load(REASONS.read_text("utf-8")) if REASONS.exists() else None
    return [
        Reason(title=entry["title"], why=" ".join(entry["why"].split()), mutants=tuple(entry["mutants"]))
        for entry in entries or []
    ]


def read_counts() -> dict[str, Count]:
    """Return the counts the page tells of each module, none where there is no page."""
    rows = _ROW.findall(PAGE.read_text("utf-8")) if PAGE.exists() else []
    return {
        name: Count(killed=int(killed), timed_out=int(timed_out), survived=int(survived))
        for name, killed, timed_out, survived in rows
    }


def render(counts: Mapping[str, Count], reasons: Sequence[Reason]) -> str:
    """Return the page."""
    return "\n".join([_INTRODUCTION, *_table(counts), "", *survivors(reasons)]) + "\n"


_INTRODUCTION = f"""# Mutants of our own code

`make mutation` breaks `wnmon/wire` and `wnmon/judge` in one place at a time (an operator, a constant, an argument, a
string) and runs the unit tests of these packages that reach the place. A mutant is caught when a test fails, or when
the tests need so much longer that the run is ended. At least {LIMIT:.0%} of each package must be caught, and whatever
survives is listed below with the reason. `make mutation MODULES=wnmon.wire.media` does it for single modules and renews
their lines here.

[mutmut](https://mutmut.readthedocs.io) makes the mutants. It changes the bodies of functions and methods, not tables
outside of them, nor properties, so a module of tables alone has none; those are held by branch coverage and by rules
that are each proven against a fault. The slowest tests, which read very many cases, are left out, and cases that are
drawn are the same in each run. The run writes this page; the reasons are written by hand in
[mutation-survivors.yaml](mutation-survivors.yaml).
"""


_ROW = re.compile(r"^\| `([\w.]+)` \| [0-9]+ \| ([0-9]+) \| ([0-9]+) \| ([0-9]+) \|", re.MULTILINE)


def _table(counts: Mapping[str, Count]) -> Iterator[str]:
    yield "| module | mutants | killed | timed out | survived | caught |"
    yield "|---|---:|---:|---:|---:|---:|"
    for package in PACKAGES:
        inside = {module: one for module, one in counts.items() if module.startswith(f"{package}.")}
        yield from (_row(f"`{module}`", one) for module, one in inside.items())
        yield _row(f"**`{package}`**", sum(inside.values(), Count()))


def _row(name: str, one: Count) -> str:
    # Rounded down: what is not wholly caught never reads 100 %.
    share = f"{int(one.share * 1000) / 10:.1f} %" if one.made else "–"
    return f"| {name} | {one.made} | {one.killed} | {one.timed_out} | {one.survived} | {share} |"


def survivors(reasons: Sequence[Reason]) -> Iterator[str]:
    """Yield the lines about survivors, by reason."""
    yield "## Survivors"
    for reason in reasons:
        yield from ("", f"### {reason.title}", "", reason.why, "")
        yield from (f"- {_code(line)}" for line in reason.mutants)


def _code(line: str) -> str:
    """Return a mutant as code spans, fenced so that backticks inside do not end them."""
    function, _, change = line.partition(": ")
    before, _, after = change.partition(" → ")
    return f"`{function}`: `` {before} `` → `` {after} ``"
