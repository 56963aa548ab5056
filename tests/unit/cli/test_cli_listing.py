"""`wnmon check --list`: every rule, for people and for machines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from wnmon.cli.check import command
from wnmon.cli.suites import requests_of
from wnmon.config import built_in_suites, load_suites
from wnmon.errors import ConfigError

SUITE = """\
suite: mine
requests:
  plain: {prompt: hi}
  flowing: {prompt: hi, request: {stream: true}}
rules:
  MY-001:
    on: {stream: true}
    levels: {house: MUST}
    says: {en: one, zh: 一}
    source: us
    expect: {status: 200}
  MY-002:
    on: plain
    needs: [MY-001]
    levels: {house: SHOULD, other: MAY}
    says: {en: two}
    source: us
    expect: {status: 200}
  MY-003:
    levels: {house: INFO}
    says: {en: three}
    source: us
    expect: {same: [plain/id, flowing/id]}
"""


@pytest.fixture
def suite(tmp_path: Path) -> str:
    path = tmp_path / "mine.yaml"
    path.write_text(SUITE, encoding="utf-8")
    return str(path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, ["--list", *arguments])


def rules(*arguments: str) -> dict[str, dict[str, Any]]:
    return {rule["id"]: rule for rule in json.loads(run("--json", *arguments).output)["rules"]}


def test_a_listed_rule_tells_all_a_machine_wants() -> None:
    assert rules()["DOC-009"] == {
        "id": "DOC-009",
        "suite": "documented",
        "levels": {"documented": "MUST", "openai": "MAY"},
        "says": {"en": "system_fingerprint is a required string", "zh": "system_fingerprint 为必需字符串"},
        "source": "API page, 200 response: system_fingerprint string 必需",
        "requests": ["completion"],
        "needs": ["DOC-003", "ERR-006"],
    }


def test_without_a_suite_every_built_in_one_is_listed() -> None:
    assert {rule["suite"] for rule in rules().values()} >= {"documented", "stream", "semantics"}


def test_named_suites_are_listed_alone(suite: str) -> None:
    assert list(rules(suite)) == ["MY-001", "MY-002", "MY-003"]


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        (["--profile", "other"], {"MY-002"}),
        (["--only", "*-001", "--only", "*-003"], {"MY-001", "MY-003"}),
        (["--skip", "*-001"], {"MY-002", "MY-003"}),
    ],
)
def test_what_selects_rules_selects_listed_ones(suite: str, arguments: list[str], left: set[str]) -> None:
    assert rules(suite, *arguments).keys() == left


def test_a_list_of_nothing_is_refused(suite: str) -> None:
    assert "no rule is selected" in str(run(suite, "--only", "NO-*").exception)


@pytest.mark.parametrize(
    ("rule", "requests"), [(0, ("flowing",)), (1, ("plain",)), (2, ("plain", "flowing"))], ids=["kind", "named", "both"]
)
def test_a_listed_rule_names_the_requests_it_is_judged_on(suite: str, rule: int, requests: tuple[str, ...]) -> None:
    (plan,) = load_suites([suite], Path())

    assert requests_of(plan.rules[rule], plan) == requests


@pytest.mark.parametrize(("lang", "sentence"), [("en", "one"), ("zh", "一")])
def test_the_list_for_people_speaks_their_language(suite: str, lang: str, sentence: str) -> None:
    assert run(suite, "--lang", lang).output.splitlines()[1].split() == ["MY-001", "house", "MUST", sentence]


def test_a_sentence_without_a_translation_is_shown_in_english(suite: str) -> None:
    assert "two" in run(suite, "--lang", "zh").output


def test_a_broken_built_in_suite_is_a_problem_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("suite: broken\nrules: {}\n", encoding="utf-8")

    with pytest.raises(ConfigError, match=r"broken\.yaml:1:1"):
        built_in_suites(shipped=tmp_path)


def test_json_without_list_is_refused() -> None:
    done = CliRunner().invoke(command, ["--json"])

    assert (done.exit_code, "--report json" in done.output) == (2, True)
