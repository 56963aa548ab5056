"""What `wnmon check` and `wnmon balance` make of the personas of the reference relay: code, and what stays unjudged."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from check_process import MODEL, Checked, check, with_key
from service_process import PATIENCE_S, relay_beside
from warm_start import run_warm

from wnmon.mock.settings import MockSettings

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
from persona_table import BALANCES, CHECKS, PAGE, render

NOT_ASKED = frozenset({"only_streams", "not_taken", "not_given"})
"""Why a rule was skipped since the model is not asked for what it is about."""


@pytest.fixture(scope="module", params=CHECKS)
def persona(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Checked]]:
    """Return what a check made of each persona."""
    name: str = request.param
    settings = MockSettings(ttft_s=0, gap_s=0.001, faults=(name,))
    with relay_beside(settings) as relay:
        folder = tmp_path_factory.mktemp(name)
        wanted = CHECKS[name]
        yield name, check(folder, "--base-url", f"{relay.url}{wanted.path}", "--model", MODEL, *wanted.options)


def rules(checked: Checked) -> list[dict[str, Any]]:
    return [rule for run in checked.report["runs"] for rule in run["rules"]]


def test_the_exit_code_is_the_wanted_one(persona: tuple[str, Checked]) -> None:
    name, checked = persona

    assert checked.code == CHECKS[name].code, checked.stdout


def test_a_broken_should_is_the_refused_parameter_alone(persona: tuple[str, Checked]) -> None:
    name, checked = persona
    broken = {rule["id"] for rule in rules(checked) if rule["verdict"] == "failed"}

    assert broken == ({"DOC-019"} if CHECKS[name].strict else set())


def test_what_stays_unjudged_is_declared(persona: tuple[str, Checked]) -> None:
    name, checked = persona
    still_open = {
        rule["id"] for rule in rules(checked) if rule["verdict"] == "inconclusive" or rule["why_id"] in NOT_ASKED
    }

    assert still_open == CHECKS[name].open


def test_the_terminal_says_how_the_model_was_asked(persona: tuple[str, Checked]) -> None:
    name, checked = persona

    assert CHECKS[name].says in " ".join(checked.stdout.split())


def test_each_request_but_the_first_is_asked_once(persona: tuple[str, Checked]) -> None:
    name, checked = persona
    learnt = [one for run in checked.report["runs"] for one in run["learnt"] if one["exchange"] is not None]

    assert (len({one["exchange"] for one in learnt}), bool(learnt)) == (len(learnt), bool(CHECKS[name].says))


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_every_report_says_it_in_chinese_too(form: str, tmp_path: Path) -> None:
    with relay_beside(MockSettings(ttft_s=0, gap_s=0.001, faults=("gpt-5",))) as relay:
        place = tmp_path / "said"
        at = ["--base-url", relay.url, "--model", MODEL, "--lang", "zh", "--report", f"{form}={place}"]
        check(tmp_path, "builtin:documented", *at)

    assert "已改用 max_completion_tokens 请求：该模型拒绝 max_tokens" in place.read_text("utf-8")


@pytest.mark.parametrize("name", BALANCES)
def test_what_is_left_of_the_money_is_said_as_the_relay_tells_it(name: str) -> None:
    with relay_beside(MockSettings(faults=(name,))) as relay:
        command = ["balance", "--base-url", relay.url]
        done = run_warm(*command, env=with_key(), cwd=None, timeout_s=PATIENCE_S)

    said = done.stdout.decode().splitlines()[0].removeprefix("remaining").split(":")[0].strip()
    assert (said, done.returncode) == BALANCES[name]


def test_the_page_holds_the_table() -> None:
    page = PAGE.read_text("utf-8")

    assert page == render(page), "stale: run `make generate`"
