"""Adds the meaning of new rules to tests/golden/rules.json: `python scripts/rules_golden.py [--renew ID]...`.

The meaning of an id in the file changes only where `--renew` names it: reports, waivers and baselines of other people
refer to ids, and an id must not come to mean something else behind their backs.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from wnmon.config import built_in_suites
from wnmon.model.check import Rule
from wnmon.model.json import JsonObject

FILE = Path(__file__).parent.parent / "tests" / "golden" / "rules.json"


def meaning(rule: Rule) -> JsonObject:
    """Return what an id promises: how binding it is in which profile, and its sentence."""
    return {"levels": {profile: level.value for profile, level in rule.levels.items()}, "says": dict(rule.says)}


def meanings() -> dict[str, JsonObject]:
    """Return the meaning of every built-in rule by id."""
    return {rule.id: meaning(rule) for plan in built_in_suites() for rule in plan.rules}


def render(known: dict[str, JsonObject], renewed: set[str]) -> str:
    """Return the file with every new rule added, and the renewed ones as they are now (gone, where they are)."""
    now = meanings()
    kept = {name: what for name, what in known.items() if name not in renewed}
    whole = {**{name: now[name] for name in now if name not in kept}, **kept}
    rows = (f"  {json.dumps(name)}: {json.dumps(whole[name], ensure_ascii=False)}" for name in sorted(whole))
    return "{\n" + ",\n".join(rows) + "\n}\n"


if __name__ == "__main__":
    renewed = {name for flag, name in zip(sys.argv[1:], sys.argv[2:], strict=False) if flag == "--renew"}
    known = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
    FILE.write_text(render(known, renewed), encoding="utf-8")
