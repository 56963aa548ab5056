"""Names the pins of a requirements file that lack an extra which another pin asks for.

`python scripts/pinned_extras.py FILE [REPORT]`: what a pinned distribution asks for is read where it is installed or,
with REPORT, from what `pip install --report` wrote. Markers are evaluated for the machine that runs this, and no other.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

Needs = Callable[[str], Sequence[str]]
"""From the name of a distribution to its Requires-Dist entries."""


def pins(file: Path) -> dict[str, Requirement]:
    """Return what the file pins on this machine, by normalized name."""
    lines = (line.partition(" --hash")[0].rstrip("\\ ") for line in file.read_text("utf-8").splitlines())
    found = [Requirement(line) for line in lines if line and not line.startswith((" ", "#"))]
    return {canonicalize_name(pin.name): pin for pin in found if pin.marker is None or pin.marker.evaluate()}


def lacking(pinned: Mapping[str, Requirement], needs: Needs) -> Iterator[str]:
    """Yield a sentence for each extra that one pin asks of another and that the other's pin lacks."""
    for name, pin in pinned.items():
        for asked in _asked(needs(name), pin.extras):
            other = pinned.get(canonicalize_name(asked.name))
            if other is not None and asked.extras - other.extras:
                yield f"{name} asks for {asked}, which is pinned as {other}"


def _asked(entries: Iterable[str], extras: set[str]) -> Iterator[Requirement]:
    """Yield the requirements that hold here with these extras."""
    for asked in map(Requirement, entries):
        if asked.marker is None or any(asked.marker.evaluate({"extra": extra}) for extra in {"", *extras}):
            yield asked


def reported(report: Path) -> Needs:
    """Return what pip reported of the distributions it would install."""
    found = [item["metadata"] for item in json.loads(report.read_text("utf-8"))["install"]]
    entries = {str(canonicalize_name(entry["name"])): entry.get("requires_dist", []) for entry in found}
    return entries.__getitem__


def installed(name: str) -> Sequence[str]:
    """Return what an installed distribution asks for."""
    return metadata.requires(name) or []


def main(file: str, report: str | None = None) -> int:
    """Print what is lacking; return 1 if anything is."""
    found = list(lacking(pins(Path(file)), reported(Path(report)) if report else installed))
    print(*(f"{file}: {sentence}" for sentence in found), sep="\n", end="\n" if found else "")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
