"""HTTP, honesty and limits: the good relay keeps every rule, each fault breaks exactly its own, no persona a MUST."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from wnmon.app import one_off_runner
from wnmon.config import adhoc_target, load_suites, narrow, profiles_of
from wnmon.engine.runner import Runner
from wnmon.mock import broken_honesty, broken_http
from wnmon.mock.fault import Fault, Kind
from wnmon.mock.faults import FAULTS
from wnmon.mock.server import FAULT_HEADER, serve
from wnmon.mock.settings import MockSettings
from wnmon.model.check import NO_HTTP2, NOT_HTTPS, Check, Level, Plan
from wnmon.model.result import RuleVerdict, Verdict
from wnmon.model.target import Probe, Target

KEY, MODEL = "sk-matrix-0123456789", "m-1"
SUITES = ("builtin:http", "builtin:honesty", "builtin:limits")
LATE = "the monitor itself was late"
GOOD = "none at all"

OWN: dict[str, Fault] = {**broken_http.FAULTS, **broken_honesty.FAULTS}
PERSONAS = [name for name, fault in FAULTS.items() if fault.kind is Kind.PERSONA]
NOT_HERE = {"HTTP-001": NOT_HTTPS, "HTTP-002": NOT_HTTPS, "HTTP-006": NO_HTTP2}
"""What the good relay leaves out on plain http: test_tls_rules.py has the first two; this sensor has no HTTP/2."""
REFUSED = {"LIM-005": "no answer the rule is about"}
"""The good relay refuses what is longer than its context."""
TAKEN = {"LIM-003": "no answer the rule is about"}
"""The good relay takes a burst; the persona `rate-limited` refuses it rightly."""
PROVEN_ELSEWHERE = set(NOT_HERE)

Verdicts = Mapping[str, RuleVerdict]


def plans() -> list[Plan]:
    loaded = load_suites(SUITES, Path())
    return [narrow(plan, profiles=profiles_of(plan.rules), full=True) for plan in loaded]


PLANS = plans()
OURS = {rule.id for plan in PLANS for rule in plan.rules}


async def judge_once(runner: Runner, target: Target) -> Verdicts:
    probes = [Probe(check=Check(name="c", plan=plan, every_s=0), target=target, model=MODEL) for plan in PLANS]
    runs = [await runner.run(probe, full=True) for probe in probes]
    return {verdict.rule: verdict for run in runs for verdict in run.result.verdicts}


async def judge_in_time(runner: Runner, target: Target) -> Verdicts:
    """Judge again where this machine was too busy to tell whether a stream was held back."""
    verdicts = await judge_once(runner, target)
    for _ in range(4):
        if all(one.why != LATE for one in verdicts.values()):
            break
        verdicts = await judge_once(runner, target)
    return verdicts


async def judge_all(names: Iterable[str]) -> dict[str, Verdicts]:
    settings = MockSettings(strict=True, key=KEY, models=(MODEL,), ttft_s=0, gap_s=0.001)
    async with serve(settings) as relay, one_off_runner(4) as runner:
        target = replace(adhoc_target(relay.url, MODEL, KEY), features=frozenset({"tools"}))
        known: dict[str, Verdicts] = {}
        for name in names:
            headers = () if name == GOOD else ((FAULT_HEADER, name),)
            known[name] = await judge_in_time(runner, replace(target, name=name, headers=headers))
        return known


@pytest.fixture(scope="module")
def known() -> Mapping[str, Verdicts]:
    return asyncio.run(judge_all([GOOD, *OWN, *PERSONAS]))


def broken(verdicts: Verdicts) -> set[str]:
    return {rule for rule, one in verdicts.items() if one.verdict in {Verdict.FAILED, Verdict.NOTED}}


def not_passed(verdicts: Verdicts) -> dict[str, str]:
    return {rule: one.why for rule, one in verdicts.items() if one.verdict is not Verdict.PASSED}


def kills(names: Sequence[str]) -> set[str]:
    return {rule for name in names for rule in OWN[name].kills or ()}


def test_the_good_relay_keeps_every_rule(known: Mapping[str, Verdicts]) -> None:
    assert not_passed(known[GOOD]) == NOT_HERE | REFUSED | TAKEN


@pytest.mark.parametrize("name", OWN)
def test_a_fault_breaks_exactly_the_rules_it_declares(name: str, known: Mapping[str, Verdicts]) -> None:
    assert broken(known[name]) == kills([name]) & OURS


@pytest.mark.parametrize("name", PERSONAS)
def test_a_legal_habit_breaks_no_must(name: str, known: Mapping[str, Verdicts]) -> None:
    assert {rule for rule in broken(known[name]) if known[name][rule].level is Level.MUST} == set()


def test_a_relay_that_limits_rightly_keeps_every_rule(known: Mapping[str, Verdicts]) -> None:
    assert not_passed(known["rate-limited"]) == NOT_HERE | REFUSED


def test_every_rule_that_can_be_judged_here_is_broken_by_some_fault() -> None:
    assert kills(list(OWN)) >= OURS - PROVEN_ELSEWHERE
