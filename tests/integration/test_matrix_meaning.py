"""The rules on meaning, messages and characters: the good relay keeps them all, each fault breaks exactly its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from wnmon.app import one_off_runner
from wnmon.config import adhoc_target, load_suites, narrow, profiles_of
from wnmon.mock import broken_meaning
from wnmon.mock.fault import Kind
from wnmon.mock.faults import FAULTS
from wnmon.mock.server import FAULT_HEADER, serve
from wnmon.mock.settings import MockSettings
from wnmon.model.check import Check, Level, Plan
from wnmon.model.result import RuleVerdict, Verdict
from wnmon.model.target import Probe

KEY, MODEL = "sk-matrix-0123456789", "m-1"
OURS = ("SEM-*", "MSG-*", "UNI-*")
OWN = {
    name: frozenset(rule for rule in fault.kills or () if rule[:3] in {"SEM", "MSG", "UNI"})
    for name, fault in {**broken_meaning.FAULTS, "wrong-total": FAULTS["wrong-total"]}.items()
}
PERSONAS = [name for name, fault in FAULTS.items() if fault.kind is Kind.PERSONA]
GOOD = "none at all"

Verdicts = Mapping[str, RuleVerdict]


def plans() -> list[Plan]:
    loaded = load_suites(["builtin:semantics", "builtin:messages", "builtin:unicode"], Path())
    return [narrow(plan, profiles=profiles_of(plan.rules), only=OURS, full=True) for plan in loaded]


async def judge_all(names: Iterable[str]) -> dict[str, Verdicts]:
    settings = MockSettings(strict=True, key=KEY, models=(MODEL,), ttft_s=0, gap_s=0)
    features = frozenset({"json_mode", "tools", "vision"})
    async with serve(settings) as relay, one_off_runner(4) as runner:
        target = replace(adhoc_target(relay.url, MODEL, KEY), features=features)
        known: dict[str, Verdicts] = {}
        for name in names:
            asked = target if name == GOOD else replace(target, headers=((FAULT_HEADER, name),))
            probes = [Probe(check=Check(name="c", plan=plan, every_s=0), target=asked, model=MODEL) for plan in plans()]
            runs = [await runner.run(probe, full=True) for probe in probes]
            known[name] = {verdict.rule: verdict for run in runs for verdict in run.result.verdicts}
        return known


@pytest.fixture(scope="module")
def known() -> Mapping[str, Verdicts]:
    return asyncio.run(judge_all([GOOD, *OWN, *PERSONAS]))


def broken(verdicts: Verdicts) -> set[str]:
    return {rule for rule, one in verdicts.items() if one.verdict in {Verdict.FAILED, Verdict.NOTED}}


def test_the_good_relay_keeps_every_rule(known: Mapping[str, Verdicts]) -> None:
    assert {rule: one for rule, one in known[GOOD].items() if one.verdict is not Verdict.PASSED} == {}


@pytest.mark.parametrize("name", OWN)
def test_a_fault_breaks_exactly_the_rules_it_declares(name: str, known: Mapping[str, Verdicts]) -> None:
    assert broken(known[name]) == OWN[name]


@pytest.mark.parametrize("name", PERSONAS)
def test_a_legal_habit_breaks_no_must(name: str, known: Mapping[str, Verdicts]) -> None:
    assert {rule for rule in broken(known[name]) if known[name][rule].level is Level.MUST} == set()


def test_every_rule_of_ours_is_broken_by_some_fault(known: Mapping[str, Verdicts]) -> None:
    assert set(known[GOOD]) - frozenset().union(*OWN.values()) == set()
