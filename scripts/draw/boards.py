"""A generated board with the answers of a live Prometheus in it, as board.jsx draws it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

from scene import ROOT

RANGE_S = 300
STEP_S = 5
"""The interval of the checks. Grafana's floor of a minute is for a Prometheus that scrapes four times in one."""
RATE_S = 20

ALL = ".+"

LABEL = (
    "Drawn by wnmon's script with Grafana's components (@grafana/ui 13.2.2), not a screenshot of Grafana; state "
    "timelines and heat maps are the script's own. Data: five minutes of reference relays under a real Prometheus."
)
LABEL_ZH = (
    "由 wnmon 的脚本用 Grafana 组件（@grafana/ui 13.2.2）绘制，不是 Grafana 截图；状态时间线与热力图由脚本自绘。"
    "数据：真实 Prometheus 采集参考中转站五分钟。"
)

Series = dict[str, Any]


def drawn(prometheus: str, at_s: float, path: str, theme: str, width: int, chosen: Mapping[str, str]) -> dict[str, Any]:
    """Return what board.jsx draws: the board of `dashboards/path`, each panel with its answers at that time."""
    board = json.loads((ROOT / "dashboards" / path).read_text(encoding="utf-8"))
    source = Source(prometheus, at_s, chosen)
    chinese = path.startswith("zh/")
    return {
        "title": board["title"],
        "about": board["description"],
        "label": LABEL_ZH if chinese else LABEL,
        "language": "zh-CN" if chinese else "en",
        "theme": theme,
        "width": width,
        "range": [at_s - RANGE_S, at_s],
        "panels": [{**panel, **source.answers(panel)} for panel in board["panels"]],
    }


class Source:
    """Prometheus as Grafana asks it, with the variables filled in."""

    def __init__(self, url: str, at_s: float, chosen: Mapping[str, str]) -> None:
        """Ask at this time; a variable that is not chosen is All."""
        self.url, self.at_s, self.chosen = url, at_s, chosen

    def answers(self, panel: Mapping[str, Any]) -> dict[str, Any]:
        """Return the series of a panel, or the columns of a table."""
        targets = panel.get("targets", ())
        if panel["type"] == "table":
            return {"columns": _columns(panel, {one["refId"]: self._result(one) for one in targets})}
        found = [_series(one, answer) for one in targets for answer in self._result(one)]
        return {"series": found, "step": STEP_S}

    def _result(self, target: Mapping[str, Any]) -> list[dict[str, Any]]:
        expr = self._filled(target["expr"])
        if target.get("instant"):
            found = self._ask("query", query=expr, time=f"{self.at_s}")
        else:
            start, end = (f"{self.at_s - ago}" for ago in (RANGE_S, 0))
            found = self._ask("query_range", query=expr, start=start, end=end, step=f"{STEP_S}")
        return found

    def _filled(self, expr: str) -> str:
        expr = expr.replace("$__rate_interval", f"{RATE_S}s").replace("$__range", f"{RANGE_S}s")
        return re.sub(r"\$([a-z]+)\b", lambda found: self.chosen.get(found[1], ALL), expr)

    def _ask(self, path: str, **parameters: str) -> list[dict[str, Any]]:
        with urlopen(f"{self.url}/api/v1/{path}?{urlencode(parameters)}", timeout=30) as answer:
            result: list[dict[str, Any]] = json.load(answer)["data"]["result"]
            return result


def _number(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def _series(target: Mapping[str, Any], answer: Mapping[str, Any]) -> Series:
    labels = answer["metric"]
    pairs = answer["values"] if "values" in answer else [answer["value"]]
    points = [[float(t), _number(value)] for t, value in pairs]
    name = re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda found: str(labels.get(found[1], "")), target["legendFormat"])
    if name == "__auto":
        name = labels["__name__"] if set(labels) == {"__name__"} else " ".join(labels.values())
    return {"name": name, "le": labels.get("le"), "points": points}


def _columns(panel: Mapping[str, Any], answers: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Do what the transformations of a table say: the two pairs that the boards use."""
    does = {one["id"]: one["options"] for one in panel.get("transformations", ())}
    if "groupingToMatrix" in does:
        return _matrix(does["groupingToMatrix"], next(iter(answers.values())))
    names = ["Value"] if len(answers) == 1 else [f"Value #{ref}" for ref in answers]
    keys = _shared([set(one["metric"]) for answer in answers.values() for one in answer])
    merged: dict[tuple[str, ...], dict[str, Any]] = {}
    for name, answer in zip(names, answers.values(), strict=True):
        for one in answer:
            row = merged.setdefault(tuple(one["metric"].get(key, "") for key in keys), {})
            row |= {**one["metric"], name: _number(one["value"][1])}
    return _organized(does["organize"], list(merged.values()))


def _shared(labels: Sequence[set[str]]) -> list[str]:
    return sorted(set.intersection(*labels)) if labels else []


def _organized(how: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    present = dict.fromkeys(name for row in rows for name in row)
    kept = [name for name in present if not how["excludeByName"].get(name)]
    kept.sort(key=lambda name: how["indexByName"].get(name, len(kept) + 99))
    return [{"name": how["renameByName"].get(name, name), "values": [row.get(name) for row in rows]} for name in kept]


def _matrix(how: Mapping[str, Any], answer: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    row, column = how["rowField"], how["columnField"]
    cells = {(one["metric"][row], one["metric"][column]): _number(one["value"][1]) for one in answer}
    names = sorted({name for name, _ in cells})
    across = sorted({name for _, name in cells})
    first = {"name": f"{row}\\{column}", "values": names}
    return [first, *({"name": one, "values": [cells.get((name, one)) for name in names]} for one in across)]


def written(board: Mapping[str, Any], bundle: Path) -> str:
    """Return the page that draws the board with the bundle beside it."""
    data = json.dumps(board, ensure_ascii=False).replace("</", "<\\/")
    return (
        f'<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="{bundle.with_suffix(".css").as_uri()}">'
        f'<div id="root"></div><script>window.BOARD = {data}</script><script src="{bundle.as_uri()}"></script>'
    )
