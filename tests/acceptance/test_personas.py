"""What a plain `wnmon check` makes of models that want to be asked otherwise: exit code, and what stays unjudged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from check_process import MODEL, Checked, check
from service_process import relay_beside

from wnmon.mock.settings import MockSettings

NOT_ASKED = frozenset({"only_streams", "not_taken", "not_given"})
"""Why a rule was skipped since the model is not asked for what it is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is wanted of one persona of the reference relay: options, exit code, rules left open, what is said."""

    options: tuple[str, ...] = ()
    code: int = 0
    strict: int = 0
    open: frozenset[str] = frozenset()
    says: str = ""


_BODIES = [
    *(f"DOC-0{n:02}" for n in (*range(1, 13), 14, 17, 18)),
    *("ERR-006", "DOC-013", "REL-010", "HTTP-001", "HTTP-005", "HTTP-007", "HTTP-013", "HTTP-014"),
]
"""Rules on bodies that come in one piece, and those that need them."""

PERSONAS = {
    "gpt-5": Wanted(strict=1, says="asked with max_completion_tokens: this model refuses max_tokens"),
    "fixed-temperature": Wanted(strict=1, says="asked without temperature: this model refuses it"),
    "stream-only": Wanted(
        strict=1, open=frozenset(_BODIES), says="asked for streams only: this model refuses all else"
    ),
    "thinking-first": Wanted(says="asked for up to 2048 tokens: with 16 this model thought, and said nothing"),
    "thinking-flag": Wanted(says="asked with enable_thinking: false: this model wants it"),
}


@pytest.fixture(scope="module", params=PERSONAS)
def persona(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Checked]]:
    """Return what a check made of each persona."""
    name: str = request.param
    settings = MockSettings(ttft_s=0, gap_s=0.001, faults=(name,))
    with relay_beside(settings) as relay:
        folder = tmp_path_factory.mktemp(name)
        yield name, check(folder, "--base-url", relay.url, "--model", MODEL, *PERSONAS[name].options)


def rules(checked: Checked) -> list[dict[str, Any]]:
    return [rule for run in checked.report["runs"] for rule in run["rules"]]


def test_the_exit_code_is_the_wanted_one(persona: tuple[str, Checked]) -> None:
    name, checked = persona

    assert checked.code == PERSONAS[name].code, checked.stdout


def test_a_broken_should_is_the_refused_parameter_alone(persona: tuple[str, Checked]) -> None:
    name, checked = persona
    broken = {rule["id"] for rule in rules(checked) if rule["verdict"] == "failed"}

    assert broken == ({"DOC-019"} if PERSONAS[name].strict else set())


def test_what_stays_unjudged_is_declared(persona: tuple[str, Checked]) -> None:
    name, checked = persona
    still_open = {
        rule["id"] for rule in rules(checked) if rule["verdict"] == "inconclusive" or rule["why_id"] in NOT_ASKED
    }

    assert still_open == PERSONAS[name].open


def test_the_terminal_says_how_the_model_was_asked(persona: tuple[str, Checked]) -> None:
    name, checked = persona

    assert PERSONAS[name].says in " ".join(checked.stdout.split())


def test_each_request_but_the_first_is_asked_once(persona: tuple[str, Checked]) -> None:
    _, checked = persona
    learnt = [one for run in checked.report["runs"] for one in run["learnt"] if one["exchange"] is not None]

    assert len({one["exchange"] for one in learnt}) == len(learnt) > 0


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_every_report_says_it_in_chinese_too(form: str, tmp_path: Path) -> None:
    with relay_beside(MockSettings(ttft_s=0, gap_s=0.001, faults=("gpt-5",))) as relay:
        place = tmp_path / "said"
        at = ["--base-url", relay.url, "--model", MODEL, "--lang", "zh", "--report", f"{form}={place}"]
        check(tmp_path, "builtin:documented", *at)

    assert "已改用 max_completion_tokens 请求：该模型拒绝 max_tokens" in place.read_text("utf-8")
