"""The rules on streams, proven by a good relay, by mutants of it, and by the legal habits of real ones."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from wnmon.app import one_off_runner
from wnmon.config import adhoc_target, load_suites, narrow
from wnmon.config.shipped import shipped_folder
from wnmon.engine.runner import Runner
from wnmon.mock.broken_wire import FAULTS as WIRE
from wnmon.mock.fault import Kind
from wnmon.mock.faults import FAULTS
from wnmon.mock.server import serve
from wnmon.mock.settings import MockSettings
from wnmon.model.check import Check, Level, Plan
from wnmon.model.result import Reason, Result, RuleVerdict, Verdict
from wnmon.model.target import Probe

KEY = "sk-mock-stream-0123456789"
MODEL = "gpt-4o-mini"
(STREAM,) = load_suites(["builtin:stream"], Path())
IDS = {rule.id for rule in STREAM.rules}
OLDER = ("no-done", "truncated-stream", "stream-error")
MUTANTS = {name: kills for name in (*OLDER, *WIRE) if (kills := FAULTS[name].kills) is not None}
PERSONAS = sorted(name for name, fault in FAULTS.items() if fault.kind is Kind.PERSONA)
BROKEN = {Verdict.FAILED, Verdict.NOTED}
AT_ONCE = MockSettings(ttft_s=0.0, gap_s=0.0)
UNHURRIED = MockSettings(ttft_s=0.6, gap_s=0.0, keep_alive_s=0.1)

Verdicts = dict[str, RuleVerdict]


async def ask(runner: Runner, plan: Plan, *faults: str, pace: MockSettings = AT_ONCE) -> Result:
    settings = replace(pace, strict=True, key=KEY, models=(MODEL,), faults=faults)
    async with serve(settings) as relay:
        check = Check(name="stream", plan=narrow(plan, full=True), every_s=0)
        target = adhoc_target(relay.url, MODEL, KEY)
        return (await runner.run(Probe(check=check, target=target, model=MODEL), full=True)).result


def by_rule(result: Result) -> Verdicts:
    return {verdict.rule: verdict for verdict in result.verdicts}


@pytest.fixture(scope="module")
def matrix() -> dict[str | None, Verdicts]:
    """Return the verdicts on the good relay (None), on each mutant and on each persona."""

    async def everything() -> dict[str | None, Verdicts]:
        names: list[str | None] = [None, *MUTANTS, *PERSONAS]
        async with one_off_runner(1) as runner:
            return {name: by_rule(await ask(runner, STREAM, *filter(None, [name]))) for name in names}

    return asyncio.run(everything())


Matrix = dict[str | None, Verdicts]


def broken(said: Verdicts) -> set[str]:
    return {rule for rule, verdict in said.items() if verdict.verdict in BROKEN}


def test_the_good_relay_passes_every_rule(matrix: Matrix) -> None:
    assert {rule: verdict.verdict for rule, verdict in matrix[None].items()} == dict.fromkeys(IDS, Verdict.PASSED)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_breaks_exactly_what_it_declares(name: str, matrix: Matrix) -> None:
    assert broken(matrix[name]) == MUTANTS[name] & IDS


def test_every_rule_but_the_slow_one_has_its_mutant() -> None:
    assert IDS - frozenset().union(*MUTANTS.values()) == {"STR-019"}


@pytest.mark.parametrize("name", PERSONAS)
def test_a_persona_breaks_no_must(name: str, matrix: Matrix) -> None:
    musts = {rule for rule, verdict in matrix[name].items() if verdict.level is Level.MUST}

    assert broken(matrix[name]) & musts == set()


@pytest.mark.parametrize("name", PERSONAS)
def test_a_persona_leaves_nothing_unjudged(name: str, matrix: Matrix) -> None:
    assert {rule for rule, said in matrix[name].items() if said.verdict not in {Verdict.PASSED, *BROKEN}} == set()


@pytest.mark.parametrize("name", ["laundered-timeout", "truncated-stream"])
def test_an_answer_that_was_cut_is_told_as_such(name: str, matrix: Matrix) -> None:
    assert [finding.reason for finding in matrix[name]["STR-010"].findings] == [Reason.TRUNCATED]


# STR-019 waits a minute in the shipped suite: here the rule and the relay are 200 times as fast.


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Return the suite with a patience of 300 ms."""
    shipped = (shipped_folder() / "stream.yaml").read_text(encoding="utf-8")
    assert shipped.count("silence: 60s") == 1
    file = tmp_path_factory.mktemp("hasty") / "stream.yaml"
    file.write_text(shipped.replace("silence: 60s", "silence: 300ms"), encoding="utf-8")
    (plan,) = load_suites([str(file)], Path())
    return narrow(plan, only=["STR-019"])


@pytest.mark.parametrize(
    ("faults", "verdict"), [((), Verdict.PASSED), (("silent-thinking",), Verdict.FAILED)], ids=["good", "silent"]
)
def test_only_a_silent_relay_breaks_the_rule_on_silence(faults: tuple[str, ...], verdict: Verdict, hasty: Plan) -> None:
    async def slowly() -> Verdicts:
        async with one_off_runner(1) as runner:
            return by_rule(await ask(runner, hasty, *faults, pace=UNHURRIED))

    assert asyncio.run(slowly())["STR-019"].verdict is verdict
