"""The suite of refusals on relays that refuse for other reasons, and what of it is sent without --full."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from wnmon.app.check import Surroundings, one_off_runner
from wnmon.config import adhoc_target, load_suites, narrow
from wnmon.engine.run import Run
from wnmon.engine.runner import Runner
from wnmon.mock.server import serve
from wnmon.mock.settings import MockSettings
from wnmon.model.check import Check, Plan
from wnmon.model.result import Outcome, Reason, RuleVerdict, Verdict
from wnmon.model.target import Probe

KEY = "sk-mock-refusals-0123456789"
MODEL = "gpt-4o-mini"
(REFUSALS,) = load_suites(["builtin:refusals"], Path())
BROKEN = {Verdict.FAILED, Verdict.NOTED}


async def run(runner: Runner, fault: str | None, *, key: str = KEY, full: bool = True) -> Run:
    faults = (fault,) if fault else ()
    settings = MockSettings(strict=True, key=KEY, models=(MODEL,), ttft_s=0, gap_s=0, faults=faults)
    async with serve(settings) as relay:
        plan = narrow(REFUSALS, profiles=profiles(REFUSALS), full=full)
        check = Check(name="refusals", plan=plan, every_s=0)
        return await runner.run(
            Probe(check=check, target=adhoc_target(relay.url, (MODEL,), key), model=MODEL), full=full
        )


def profiles(plan: Plan) -> list[str]:
    return sorted({profile for rule in plan.rules for profile in rule.levels})


def verdicts(run: Run) -> dict[str, RuleVerdict]:
    return {verdict.rule: verdict for verdict in run.result.verdicts}


def broken(said: dict[str, RuleVerdict]) -> set[str]:
    return {rule for rule, verdict in said.items() if verdict.verdict in BROKEN}


@pytest.mark.parametrize("fault", ["500", "html-200", "close-at-once"])
def test_a_relay_that_answers_no_valid_request_does_not_pass_by_refusing(fault: str) -> None:
    async def said() -> dict[str, RuleVerdict]:
        async with one_off_runner(1, Surroundings()) as runner:
            return verdicts(await run(runner, fault, full=False))

    assert asyncio.run(said())["AUTH-004"].verdict is not Verdict.PASSED


def test_a_wrong_key_is_one_clear_line_and_not_thirty_broken_rules() -> None:
    async def result() -> Run:
        async with one_off_runner(1, Surroundings()) as runner:
            return await run(runner, None, key="sk-not-the-right-one")

    told = asyncio.run(result())

    assert (told.result.outcome, told.result.reason, told.requests) == (Outcome.ERRORED, Reason.AUTH, 1)
    assert not broken({verdict.rule: verdict for verdict in told.result.verdicts})


def test_without_full_only_the_harmless_requests_are_sent() -> None:
    async def result() -> Run:
        async with one_off_runner(1, Surroundings()) as runner:
            return await run(runner, None, full=False)

    assert [exchange.request.step for exchange in asyncio.run(result()).evidence.exchanges] == ["valid"]
