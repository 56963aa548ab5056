"""The boards as they are committed, and their expressions taken apart."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import promql_parser
import pytest

from dashboards.generate import BOARDS as GENERATED
from dashboards.language import LANGUAGES
from wnmon.metrics.catalogue import CATALOGUE, MetricKind

FOLDER = Path(__file__).parents[3] / "dashboards"
NAMES = [f"{say.folder}{board.uid}.json" for say in LANGUAGES for board in GENERATED]
BOARDS: dict[str, dict[str, Any]] = {name: json.loads((FOLDER / name).read_text(encoding="utf-8")) for name in NAMES}
ENGLISH = {name: board for name, board in BOARDS.items() if not name.startswith("zh/")}


def shown(board: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the panels that show something: all but the headings."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def queries(board: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all queries of a board."""
    return [query for panel in shown(board) for query in panel["targets"]]


BOARD = pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS.keys())
IN_ENGLISH = pytest.mark.parametrize("board", ENGLISH.values(), ids=ENGLISH.keys())
"""For what is asked: the queries are the same in both languages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """One series selected by an expression: with what, over which range as it is written, by which functions."""

    name: str
    matchers: tuple[str, ...]
    ranged: bool
    inside: tuple[str, ...]


def selectors(expr: str) -> list[Selector]:
    """Take an expression apart, the variables still in it."""
    tree = promql_parser.parse(expr.replace("$__rate_interval", "5m").replace("$__range", "1h"))
    found: list[Selector] = []
    inside: list[str] = []

    def enter(node: Any) -> None:
        if isinstance(node, promql_parser.Call):
            inside.append(node.func.name)
        vector: Any = node.vector_selector if isinstance(node, promql_parser.MatrixSelector) else node
        if isinstance(vector, promql_parser.VectorSelector):
            found.append(
                Selector(
                    name=vector.name or "",
                    matchers=tuple(re.findall(r'\w+(?:=~|!~|!=|=)"[^"]*"', str(vector))),
                    ranged=vector is not node,
                    inside=tuple(inside),
                )
            )

    def leave(node: Any) -> None:
        if isinstance(node, promql_parser.Call):
            inside.pop()

    promql_parser.walk(tree, enter, leave)
    return found


def metrics_in(expr: str) -> Iterator[str]:
    """Yield the metric names an expression selects, suffixes of histograms taken off."""
    for selector in selectors(expr):
        family = re.sub(r"_(bucket|sum|count)$", "", selector.name)
        histogram = family in CATALOGUE and CATALOGUE[family].kind is MetricKind.HISTOGRAM
        yield family if histogram else selector.name
