"""A relay that is Azure: asked its way every binding rule holds, and what stays open is said."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from wnmon.app.check import Selection, Terms, check
from wnmon.config import load_suites
from wnmon.config.access import Access
from wnmon.config.named_target import named_by_options
from wnmon.mock.server import serve
from wnmon.mock.settings import MockSettings
from wnmon.model.result import Verdict
from wnmon.report.summary import CheckReport

KEY = "sk-azure-0123456789"
MODEL = "gpt-4o"
PATH = f"/openai/deployments/{MODEL}"
SUITES = ("builtin:documented", "builtin:stream", "builtin:http", "builtin:refusals")


def checked(
    path: str, access: Access, env: dict[str, str], *, fault: str = "azure-openai", full: bool = True
) -> CheckReport:
    async def scenario() -> CheckReport:
        settings = MockSettings(strict=True, key=KEY, models=(MODEL,), faults=(fault,), ttft_s=0.02, gap_s=0.002)
        async with serve(settings) as relay:
            named = named_by_options(f"{relay.url}{path}", (MODEL,), ("KEY",), env, access=access)
            plans = tuple(load_suites(SUITES, Path()))
            return await check(named, Selection(plans=plans, names=SUITES, full=full), Terms())

    return asyncio.run(scenario())


def verdicts(report: CheckReport, verdict: Verdict) -> set[str]:
    return {row.rule for run in report.runs for row in run.result.verdicts if row.verdict is verdict}


@pytest.fixture(scope="module")
def azure() -> CheckReport:
    return checked(f"{PATH}?api-version=2024-10-21", Access(auth_header="api-key"), {"KEY": KEY})


def test_azure_keeps_every_binding_rule(azure: CheckReport) -> None:
    assert azure.exit_code == 0


def test_errors_of_its_gateway_lack_type_and_param(azure: CheckReport) -> None:
    assert verdicts(azure, Verdict.FAILED) == {"ERR-003"}


def test_what_stays_unjudged_of_azure_is_its_scheme_and_what_needs_https(azure: CheckReport) -> None:
    assert verdicts(azure, Verdict.SKIPPED) >= {"AUTH-004", "HTTP-001", "HTTP-002"}
    assert verdicts(azure, Verdict.INCONCLUSIVE) == set()


def test_the_key_in_a_header_of_an_option_is_the_key_as_well() -> None:
    report = checked(f"{PATH}?api-version=1", Access(headers=("api-key=${KEY}",)), {"KEY": KEY})

    assert verdicts(report, Verdict.FAILED) == {"ERR-003"}


def test_with_the_key_in_a_header_alone_rules_on_keys_stay_open() -> None:
    report = checked(f"{PATH}?api-version=1", Access(headers=("api-key=${K}",)), {"K": KEY})

    assert (report.exit_code, verdicts(report, Verdict.FAILED)) == (0, set())
    assert verdicts(report, Verdict.SKIPPED) >= {"AUTH-001", "AUTH-002", "AUTH-004", "AUTH-005"}


def test_without_the_version_of_the_api_nothing_can_be_judged() -> None:
    assert checked(PATH, Access(auth_header="api-key"), {"KEY": KEY}, full=False).exit_code == 3
