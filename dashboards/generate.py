"""Write the boards as Classic JSON, the only model Grafana's file provisioning takes, and the rules.

`python -m dashboards.generate`. The page of the boards, docs/dashboards.md, is written too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards import alerts, conformance, cost, model, monitor, overview, recording, rule_files, slo, target
from dashboards.board import Board
from dashboards.empty import Empty
from dashboards.language import ENGLISH, LANGUAGES, Language
from dashboards.pieces import Query

ROOT = Path(__file__).parents[1]

BOARDS: Sequence[Board] = tuple(module.BOARD for module in (overview, target, model, conformance, slo, cost, monitor))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One query of a panel, and why it may give nothing. `SCRAPE` and `RUN` are no excuse for a wnmon that runs."""

    board: str
    panel: str
    ref: str
    query: Query
    empty: Empty


def asked(say: Language = ENGLISH) -> Iterator[Asked]:
    """Yield all queries of all boards, for tests and for the page."""
    for board in BOARDS:
        for row in board.rows(say):
            for panel in row.panels:
                for ref, query, empty in panel.asked():
                    yield Asked(board=board.uid, panel=panel.title, ref=ref, query=query, empty=empty)


def files(say: Language) -> Iterator[tuple[str, str]]:
    """Yield path below `dashboards` and text of each board in a language."""
    for board in BOARDS:
        built: dict[str, Any] = json.loads(json.dumps(board.built(say).build(), cls=JSONEncoder))
        text = json.dumps({"id": None, **built}, ensure_ascii=False, indent=1, sort_keys=True)
        yield f"{say.folder}{board.uid}.json", text + "\n"


def page() -> str:
    """Return docs/dashboards.md: what each panel answers, and when it is empty."""
    lines = ["# Dashboards", "", "Generated from `dashboards/` by `make generate`; do not edit.", ""]
    lines += [
        "English and, with `-zh` after the uid, Chinese. A query that gives nothing shows why in the panel; the last",
        "column says when that is as it should be. A graph goes by `Resolution`, an interval of the checks chosen:",
        "those that run seldom leave no holes. `wnmon's page` is where your browser finds wnmon; the link of that name",
        "leads there with the time shown.",
        "",
        "The pictures are drawn by wnmon's script (`make pictures`) with Grafana's components, from the data of a real",
        "Prometheus that watched reference relays for five minutes. They are no screenshots of Grafana.",
    ]
    for board in BOARDS:
        title, about = board.text(ENGLISH)
        lines += [
            "",
            f"## {title}",
            "",
            f"`{board.uid}`: {about}",
            "",
            *_pictures(board.uid.removeprefix("wnmon-"), title),
            "| panel | answers | empty while |",
            "|---|---|---|",
        ]
        for row in board.rows(ENGLISH):
            for panel in row.panels:
                reasons = dict.fromkeys(empty.when[0] for _, _, empty in panel.asked())
                lines.append(f"| {panel.title} | {panel.about} | {'; '.join(reasons)} |")
    return "\n".join(lines) + "\n"


def _pictures(board: str, title: str) -> Iterator[str]:
    """Yield the pictures of a board that there are; `make pictures` draws them."""
    for path in sorted((ROOT / "docs" / "pictures").glob(f"{board}.*")):
        chinese = ".zh." in path.name
        yield f"![{title}{', in Chinese and dark' if chinese else ''}](pictures/{path.name})"
        yield ""


def main() -> None:
    """Write them all."""
    for say in LANGUAGES:
        for name, text in files(say):
            path = ROOT / "dashboards" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    (ROOT / "docs" / "dashboards.md").write_text(page(), encoding="utf-8")
    write_rules(ROOT / "dashboards" / "prometheus")


def write_rules(folder: Path) -> None:
    """Write the rule files below the folder."""
    rule_files.write(folder / "recording.yml", recording.ABOUT, *recording.GROUPS)
    rule_files.write(folder / "alerts.yml", alerts.ABOUT, alerts.ALERTS)
    rule_files.write(folder / "blackbox-compat.rules.yml", recording.COMPATIBLE_ABOUT, recording.COMPATIBLE)


if __name__ == "__main__":
    main()
