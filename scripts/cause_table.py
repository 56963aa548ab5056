"""Writes wnmon/wire/cause_table.py and docs/causes.md from checks/tables/causes.yaml: the pure core opens no file.

`python scripts/cause_table.py [--print module|page]`: with --print one of them, to stdout.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from wnmon.model.result import Layer, Reason, Scope

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "checks" / "tables" / "causes.yaml"
MODULE = ROOT / "wnmon" / "wire" / "cause_table.py"
PAGE = ROOT / "docs" / "causes.md"

MODULE_HEAD = '''\
"""The table of causes, made from checks/tables/causes.yaml by `make generate`."""

from wnmon.model.result import Layer, Reason, Scope
from wnmon.wire.cause_row import Row, Where

# fmt: off
# ruff: noqa: E501
ROWS = (
'''
PAGE_HEAD = """\
# Why a relay refuses

Generated from `checks/tables/causes.yaml` by `make generate`. Its head says how a row is read. Rows are asked from top
to bottom in four rounds: codes, types, wordings, the status. What no row knows is `http_4xx` or `http_5xx`: nothing is
judged, and the relay's own words are shown.

| reason | scope | where | what it says | vendor | source |
|---|---|---|---|---|---|
"""


def rows() -> list[dict[str, Any]]:
    """Return the rows of the table as they are written."""
    written = yaml.safe_load(SOURCE.read_text("utf-8"))
    assert isinstance(written, list)
    return written


def module() -> str:
    """Return the module."""
    return MODULE_HEAD + "".join(f"    Row({', '.join(_arguments(row))}),\n" for row in rows()) + ")\n"


def _arguments(row: dict[str, Any]) -> Iterator[str]:
    yield f"vendor={row['vendor']!r}"
    yield f"where=Where.{row['where'].upper()}"
    yield f"says={tuple(map(str, row['says']))!r}"
    yield f"reason={_named(Reason, row['reason'])}"
    yield f"scope={_named(Scope, row['scope'])}"
    if "layer" in row:
        yield f"layer={_named(Layer, row['layer'])}"
    if "status" in row:
        yield f"status={tuple(row['status'])!r}"
    if "with" in row:
        yield f"also={row['with']!r}"
    yield f"source={row['source']!r}"


def _named(kind: type[Reason] | type[Scope] | type[Layer], value: str) -> str:
    return f"{kind.__name__}.{kind(value).name}"


def page() -> str:
    """Return the page."""
    return PAGE_HEAD + "".join(_line(row) for row in rows())


def _line(row: dict[str, Any]) -> str:
    says = ", ".join(f"`{said}`".replace("|", "\\|") for said in row["says"])
    if "status" in row:
        says += f"; only with {', '.join(map(str, row['status']))}"
    if "with" in row:
        says += f"; where it says `{row['with']}`".replace("|", "\\|")
    cells = (f"`{row['reason']}`", row["scope"], row["where"], says, row["vendor"], row["source"])
    return f"| {' | '.join(cells)} |\n"


def main(arguments: list[str]) -> None:
    """Write both, or print one."""
    made = {"module": (MODULE, module), "page": (PAGE, page)}
    if arguments:
        sys.stdout.write(made[arguments[-1]][1]())
        return
    for path, make in made.values():
        path.write_text(make(), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
