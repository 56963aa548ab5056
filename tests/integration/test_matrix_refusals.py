"""The rules on refusals and on the words of an answer, proven by a good relay, by mutants of it, and by personas."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from wnmon.app import one_off_runner
from wnmon.config import adhoc_target, load_suites, narrow
from wnmon.engine.runner import Runner
from wnmon.mock.broken_refusals import FAULTS as MUTANTS
from wnmon.mock.fault import Kind
from wnmon.mock.faults import FAULTS
from wnmon.mock.server import serve
from wnmon.mock.settings import MockSettings
from wnmon.model.check import Check, Level, Plan
from wnmon.model.result import Outcome, Reason, RuleVerdict, Run, Verdict
from wnmon.model.target import Probe

KEY = "sk-mock-refusals-0123456789"
MODEL = "gpt-4o-mini"
SUITES = load_suites(["builtin:documented", "builtin:refusals"], Path())
RULES = frozenset(rule.id for plan in SUITES for rule in plan.rules)
BROKEN = {Verdict.FAILED, Verdict.NOTED}
PERSONAS = sorted(name for name, fault in FAULTS.items() if fault.kind is Kind.PERSONA)


async def run(runner: Runner, fault: str | None, *plans: Plan, key: str = KEY, full: bool = True) -> list[Run]:
    faults = (fault,) if fault else ()
    settings = MockSettings(strict=True, key=KEY, models=(MODEL,), ttft_s=0, gap_s=0, faults=faults)
    async with serve(settings) as relay:
        target = adhoc_target(relay.url, MODEL, key)
        probes = [
            Probe(
                check=Check(name=str(plan.suite), plan=narrow(plan, profiles=profiles(plan), full=full), every_s=0),
                target=target,
                model=MODEL,
            )
            for plan in plans or SUITES
        ]
        return [await runner.run(probe, full=full) for probe in probes]


def profiles(plan: Plan) -> list[str]:
    return sorted({profile for rule in plan.rules for profile in rule.levels})


def verdicts(runs: list[Run]) -> dict[str, RuleVerdict]:
    return {verdict.rule: verdict for run in runs for verdict in run.result.verdicts}


@pytest.fixture(scope="module")
def matrix() -> dict[str | None, dict[str, RuleVerdict]]:
    """Return the verdicts of both suites on the good relay (None), each mutant and each persona, run once."""

    async def everything() -> dict[str | None, dict[str, RuleVerdict]]:
        names: list[str | None] = [None, "echo-key", *MUTANTS, *PERSONAS]
        async with one_off_runner(8) as runner:
            return {name: verdicts(await run(runner, name)) for name in names}

    return asyncio.run(everything())


def broken(said: dict[str, RuleVerdict]) -> set[str]:
    return {rule for rule, verdict in said.items() if verdict.verdict in BROKEN}


Matrix = dict[str | None, dict[str, RuleVerdict]]


def test_the_good_relay_breaks_nothing_and_leaves_nothing_unjudged(matrix: Matrix) -> None:
    others = {rule: verdict.why for rule, verdict in matrix[None].items() if verdict.verdict is not Verdict.PASSED}

    # Its errors are plain JSON, as the OpenAI description has them: nothing to hold against RFC 9457.
    assert others == {"ERR-005": "no answer the rule is about"}


@pytest.mark.parametrize("name", [name for name, fault in MUTANTS.items() if fault.kind is Kind.FAULT])
def test_a_mutant_breaks_exactly_what_it_declares(name: str, matrix: Matrix) -> None:
    assert broken(matrix[name]) == RULES & (MUTANTS[name].kills or frozenset())


def test_a_relay_that_repeats_the_key_breaks_the_rule_on_leaks(matrix: Matrix) -> None:
    assert broken(matrix["echo-key"]) == {"ERR-004"}


@pytest.mark.parametrize("name", PERSONAS)
def test_a_persona_breaks_no_must(name: str, matrix: Matrix) -> None:
    said = matrix[name]

    assert not {rule for rule in broken(said) if said[rule].level is Level.MUST}


def test_problem_details_beside_the_envelope_are_judged_and_pass(matrix: Matrix) -> None:
    assert {verdict.verdict for verdict in matrix["problem-json"].values()} == {Verdict.PASSED}


def test_every_rule_on_refusals_has_a_mutant() -> None:
    rules = {rule.id for plan in SUITES for rule in plan.rules if plan.suite == "refusals"}
    proven = {rule for fault in MUTANTS.values() for rule in fault.kills or ()}

    assert rules - proven == {"REQ-000"}  # its fault is any that refuses everything: 500 breaks it


@pytest.mark.parametrize("fault", ["500", "html-200", "close-at-once"])
def test_a_relay_that_answers_no_valid_request_does_not_pass_by_refusing(fault: str) -> None:
    async def said() -> dict[str, RuleVerdict]:
        async with one_off_runner(1) as runner:
            return verdicts(await run(runner, fault, SUITES[1], full=False))

    assert asyncio.run(said())["AUTH-004"].verdict is not Verdict.PASSED


def test_a_wrong_key_is_one_clear_line_and_not_thirty_broken_rules() -> None:
    async def result() -> Run:
        async with one_off_runner(1) as runner:
            return (await run(runner, None, SUITES[1], key="sk-not-the-right-one"))[0]

    told = asyncio.run(result())

    assert (told.result.outcome, told.result.reason, told.requests) == (Outcome.ERRORED, Reason.AUTH, 1)
    assert not broken({verdict.rule: verdict for verdict in told.result.verdicts})


def test_without_full_only_the_harmless_requests_are_sent() -> None:
    async def result() -> Run:
        async with one_off_runner(1) as runner:
            return (await run(runner, None, SUITES[1], full=False))[0]

    assert [exchange.request.step for exchange in asyncio.run(result()).evidence.exchanges] == [
        "valid",
        "lowercase_scheme",
    ]
