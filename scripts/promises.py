"""What other people's reports, waivers, baselines and dashboards refer to: rules, metrics, and the ids of sentences.

`python scripts/promises.py [--renew NAME]...` adds what is new to tests/golden/{rules,metrics,sentences}.json. What is
listed changes, or goes, only where `--renew` names it: then the version of its file rises, and CHANGELOG tells it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from string import Formatter

from wnmon.config import built_in_suites
from wnmon.metrics.catalogue import CATALOGUE as METRICS
from wnmon.model.catalogue import CATALOGUE as SENTENCES
from wnmon.model.catalogue import answers, exchanges, findings, pace, verdicts
from wnmon.model.json import JsonObject

FOLDER = Path(__file__).parent.parent / "tests" / "golden"


def rules() -> JsonObject:
    """Return what each rule promises: how binding it is in which profile, and its sentence."""
    every = (rule for plan in built_in_suites() for rule in plan.rules)
    return {
        rule.id: {"levels": {name: level.value for name, level in rule.levels.items()}, "says": dict(rule.says)}
        for rule in every
    }


def metrics() -> JsonObject:
    """Return what each metric promises: its type, labels and unit."""
    return {
        name: {"type": metric.kind.value, "labels": list(metric.labels), "unit": metric.unit}
        for name, metric in METRICS.items()
    }


def sentences() -> JsonObject:
    """Return what each sentence that reports carry by id promises: its holes."""
    carried = (name for room in (verdicts, findings, answers, exchanges, pace) for name in room.SENTENCES)
    return {name: [hole for _, hole, _, _ in Formatter().parse(SENTENCES[name][0]) if hole] for name in carried}


PROMISES: dict[str, Callable[[], JsonObject]] = {"rules": rules, "metrics": metrics, "sentences": sentences}


def read(kind: str) -> tuple[int, JsonObject]:
    """Return the version of a golden file and what it lists; version 1 and nothing where there is none."""
    file = FOLDER / f"{kind}.json"
    if not file.exists():
        return 1, {}
    document = json.loads(file.read_text("utf-8"))
    return document["version"], document[kind]


def render(kind: str, version: int, listed: JsonObject, renewed: set[str]) -> str:
    """Return the file with everything new added, and the renewed names as they are now (gone, where they are)."""
    now = PROMISES[kind]()
    kept = {name: what for name, what in listed.items() if name not in renewed}
    whole = {**{name: now[name] for name in now if name not in kept}, **kept}
    rows = (f"  {json.dumps(name)}: {json.dumps(whole[name], ensure_ascii=False)}" for name in sorted(whole))
    version += len(kept) < len(listed)
    return f'{{"version": {version}, {json.dumps(kind)}: {{\n' + ",\n".join(rows) + "\n}}\n"


if __name__ == "__main__":
    renewed = {name for flag, name in zip(sys.argv[1:], sys.argv[2:], strict=False) if flag == "--renew"}
    for kind in PROMISES:
        version, listed = read(kind)
        (FOLDER / f"{kind}.json").write_text(render(kind, version, listed, renewed), encoding="utf-8")
