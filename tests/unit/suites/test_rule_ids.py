"""An id keeps its meaning: reports, waivers and baselines of other people refer to it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from wnmon.config import built_in_suites
from wnmon.model.check import Rule

GOLDEN = Path(__file__).parents[2] / "golden" / "rules.json"
KNOWN: dict[str, dict[str, Any]] = json.loads(GOLDEN.read_text("utf-8"))["rules"]
RULES = [rule for plan in built_in_suites() for rule in plan.rules]
NOW = {rule.id: rule for rule in RULES}


@pytest.mark.parametrize("name", KNOWN)
def test_a_rule_once_listed_stays(name: str) -> None:
    assert name in NOW, f"{name} is gone; an id is retired by: python scripts/promises.py --renew {name}"


@pytest.mark.parametrize("name", [name for name in KNOWN if name in NOW])
def test_an_id_never_changes_its_sentence(name: str) -> None:
    assert KNOWN[name]["says"] == dict(NOW[name].says), f"on purpose? python scripts/promises.py --renew {name}"


@pytest.mark.parametrize("name", [name for name in KNOWN if name in NOW])
def test_an_id_never_changes_its_levels(name: str) -> None:
    levels = {profile: level.value for profile, level in NOW[name].levels.items()}

    assert KNOWN[name]["levels"] == levels, f"on purpose? python scripts/promises.py --renew {name}"


def test_every_rule_is_in_the_golden_file() -> None:
    assert NOW.keys() - KNOWN.keys() == set(), "new rules are added by: python scripts/promises.py"


def test_no_two_rules_share_an_id() -> None:
    assert [name for name, count in Counter(rule.id for rule in RULES).items() if count > 1] == []


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_a_built_in_rule_speaks_both_languages(rule: Rule) -> None:
    texts = [rule.says]
    if rule.explain is not None:
        texts += [rule.explain.why, rule.explain.wrong, rule.explain.fix]

    assert {frozenset(text) for text in texts} == {frozenset({"en", "zh"})}


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_a_built_in_rule_is_explained(rule: Rule) -> None:
    assert rule.explain is not None


@pytest.mark.parametrize("rule", [rule.id for rule in RULES if {"stream", "http"} & rule.levels.keys()])
def test_an_openai_compatible_relay_streams_and_speaks_http(rule: str) -> None:
    levels = NOW[rule].levels

    assert levels.get("openai") in {levels.get("stream"), levels.get("http")}
