"""`wnmon explain`: the page of a rule."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from wnmon.cli.explain import command
from wnmon.errors import UsageError

HOUSE = """\
suite: mine
requests: {plain: {prompt: hi}}
rules:
  MY-001:
    on: plain
    levels: {house: MUST}
    says: {en: one}
    source: us
    expect: {status: 200}
"""


def page(*arguments: str) -> str:
    done = CliRunner().invoke(command, list(arguments), env={"COLUMNS": "100"})
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize(
    "part",
    [
        "DOC-009  system_fingerprint is a required string",
        "documented MUST, openai MAY",
        "API page, 200 response: system_fingerprint string 必需",
        "DOC-003 the body is one JSON text",
        "ERR-006 an error is never sent with status 200",
        "Why it matters\n    The page promises the member",
        "How relays get it wrong\n    Upstreams other than OpenAI",
        "How to fix it\n    Send a string of your own",
    ],
)
def test_the_page_holds_all_that_is_known_of_a_rule(part: str) -> None:
    assert part in page("DOC-009", "--lang", "en")


@pytest.mark.parametrize("part", ["system_fingerprint 为必需字符串", "为何重要", "常见错误", "如何修复", "前提"])
def test_the_page_is_there_in_chinese(part: str) -> None:
    assert part in page("DOC-009", "--lang", "zh")


def test_an_id_is_found_in_any_case() -> None:
    assert page("doc-009") == page("DOC-009")


@pytest.mark.parametrize(("wrong", "hint"), [("DOC-0009", 'did you mean "DOC-009"?'), ("?", "see wnmon check --list")])
def test_an_unknown_id_gets_a_hint(wrong: str, hint: str) -> None:
    done = CliRunner().invoke(command, [wrong])

    assert isinstance(done.exception, UsageError)
    assert (done.exception.exit_code, str(done.exception.hint)) == (2, hint)


def test_a_rule_of_a_suite_of_ones_own_is_explained_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(HOUSE, encoding="utf-8")

    assert "nothing more is written of this rule" in page("MY-001", str(path), "--lang", "en")


def test_a_text_without_a_translation_is_shown_in_english(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    explain = "    explain: {why: {en: the why}, wrong: {en: the wrong}, fix: {en: the fix}}\n"
    path.write_text(HOUSE + explain, encoding="utf-8")

    assert "为何重要\n    the why" in page("MY-001", str(path), "--lang", "zh")


def test_an_explanation_without_one_of_its_parts_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(HOUSE + "    explain: {why: {en: the why}, fix: {zh: only}}\n", encoding="utf-8")
    done = CliRunner().invoke(command, ["MY-001", str(path)])

    assert 'missing key "wrong"' in str(done.exception)
    assert 'missing key "en"' in str(done.exception)
