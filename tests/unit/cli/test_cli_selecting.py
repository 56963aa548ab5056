"""`--only` and `--skip` find what is meant, and say where it is when it is elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wnmon.cli.check import command
from wnmon.cli.explain import command as explain
from wnmon.errors import UsageError
from wnmon.model.said import in_language

RELAY = ("--base-url", "https://relay.example", "--model", "m", "--dry-run")


def invoked(*arguments: str) -> Result:
    return CliRunner().invoke(command, [*RELAY, *arguments], env={"LANG": "en"})


def refused(*arguments: str, lang: str = "en") -> tuple[str, str]:
    """Return message and hint of a check that is refused."""
    error = invoked(*arguments).exception
    assert isinstance(error, UsageError)
    return in_language(error.message, lang), in_language(error.hint or "", lang)


def test_an_id_is_found_in_any_case() -> None:
    assert "documented/completion" in invoked("--only", "doc-001").output


def test_ids_may_be_a_list() -> None:
    sent = invoked("--only", "DOC-001,str-002").output

    assert ("documented/completion" in sent, "stream/streamed" in sent) == (True, True)


def test_what_is_left_out_may_be_a_list_in_any_case() -> None:
    listed = invoked("builtin:documented", "--list", "--only", "doc-*", "--skip", "doc-001,DOC-002").output

    assert ("DOC-001 " in listed, "DOC-002 " in listed, "DOC-003 " in listed) == (False, False, True)


def test_a_rule_of_another_suite_is_said_to_be_there() -> None:
    assert refused("--only", "err-004") == (
        "no rule is selected",
        "ERR-004 is in builtin:refusals; its requests are risky, so add --full",
    )


def test_a_rule_of_another_suite_needs_no_word_on_full_where_that_is_given() -> None:
    assert refused("builtin:http", "--full", "--only", "ERR-004")[1] == "ERR-004 is in builtin:refusals"


def test_a_rule_no_suite_has_gets_the_nearest() -> None:
    assert refused("--only", "ERR-0004")[1] == 'did you mean "ERR-004"?'


def test_a_rule_without_a_level_in_the_profile_is_not_elsewhere() -> None:
    hint = refused("builtin:documented", "--profile", "openai", "--only", "DOC-001", "--skip", "DOC-001")[1]

    assert hint.startswith("profiles here: documented")


def test_a_list_of_nothing_says_where_the_rule_is() -> None:
    assert refused("builtin:http", "--list", "--only", "DOC-001")[1] == "DOC-001 is in builtin:documented"


def test_it_is_said_in_chinese_too() -> None:
    assert refused("--only", "ERR-004", lang="zh")[0] == "没有选中任何规则"


@pytest.mark.parametrize(
    ("rule", "how"),
    [
        ("DOC-009", "wnmon check builtin:documented --only DOC-009 --base-url URL --model NAME"),
        ("ERR-004", "wnmon check builtin:refusals --only ERR-004 --full --base-url URL --model NAME"),
        ("REL-005", "wnmon check builtin:honesty --only REL-005 --feature tools --base-url URL --model NAME"),
    ],
)
def test_an_explained_rule_comes_with_the_command_that_runs_it(rule: str, how: str) -> None:
    shown = CliRunner().invoke(explain, [rule, "--lang", "en"]).output

    assert shown.splitlines()[-1] == f"Run it: {how}"


def test_a_rule_of_ones_own_is_run_by_its_file(tmp_path: Path) -> None:
    suite = tmp_path / "mine.yaml"
    suite.write_text(
        "suite: mine\nrequests: {plain: {prompt: hi}}\nrules:\n"
        "  MY-001: {on: plain, levels: {house: MUST}, says: {en: one}, source: us, expect: {status: 200}}\n",
        encoding="utf-8",
    )
    shown = CliRunner().invoke(explain, ["MY-001", str(suite), str(suite), "--lang", "en"]).output

    assert f"wnmon check {suite} --only MY-001 --base-url" in shown


def test_an_unknown_built_in_suite_is_told_from_what_can_be_judged() -> None:
    message, hint = refused("builtin:nope")

    assert (message, "smoke" in hint) == ('no built-in suite "nope"', False)
    assert "documented, honesty" in hint


def test_a_suite_spelled_nearly_right_gets_its_name() -> None:
    assert refused("builtin:documentd")[1] == 'did you mean "documented"?'
