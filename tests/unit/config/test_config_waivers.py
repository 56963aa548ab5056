"""A waiver of a rule that no suite has is refused: it is likely misspelt, and excuses nothing."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from config_samples import ENV, SHIPPED, write

from wnmon.cli import check, serve, validate
from wnmon.config import load_config
from wnmon.config.sources import Sources
from wnmon.config.suite import Suites
from wnmon.errors import ConfigError

SUITE = """
suite: mine
requests:
  r: {prompt: hi}
rules:
  OUR-001:
    "on": r
    levels: {ours: MUST}
    says: {en: the status is 200, zh: 状态码为 200}
    source: us
    expect: {status: 200}
"""
CHECKS = "checks:\n  mine: {suite: ./mine.yaml, every: 1h}\n"


def waiving(*rules: str) -> str:
    """Return a configuration whose target waives these rules."""
    waivers = ", ".join(f"{{rule: {rule}, reason: known, until: 2999-01-01}}" for rule in rules)
    return (
        "targets:\n  wn:\n    base_url: https://relay.example\n    api_key: ${KEY}\n    models: [m]\n"
        f"    waive: [{waivers}]\n"
    )


def refused(folder: Path, text: str, **beside: frozenset[str]) -> list[str]:
    """Return the problems a configuration is refused for."""
    try:
        load_config(write(folder, text), ENV, shipped=SHIPPED, **beside)
    except ConfigError as error:
        return [str(problem) for problem in error.problems]
    return []


def test_a_waiver_of_a_rule_nobody_has_is_refused(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, waiving("ZZZ-001", "GOOD-003"))

    assert 'no suite has a rule "ZZZ-001"' in problem


def test_a_waiver_of_a_built_in_rule_is_taken(tmp_path: Path) -> None:
    assert refused(tmp_path, waiving("GOOD-003")) == []


def test_a_rule_of_a_suite_the_configuration_names_is_known(tmp_path: Path) -> None:
    write(tmp_path, SUITE, "mine.yaml")

    assert refused(tmp_path, waiving("OUR-001") + CHECKS) == []


def test_a_rule_of_a_suite_nobody_names_is_not_known(tmp_path: Path) -> None:
    assert len(refused(tmp_path, waiving("OUR-001"))) == 1


def test_a_rule_of_a_suite_that_is_named_beside_the_configuration_is_known(tmp_path: Path) -> None:
    assert refused(tmp_path, waiving("OUR-001"), rules=frozenset({"OUR-001"})) == []


def test_each_waiver_of_an_unknown_rule_is_a_problem(tmp_path: Path) -> None:
    assert len(refused(tmp_path, waiving("ZZZ-001", "ZZZ-002"))) == 2


def test_a_suite_that_cannot_be_read_is_told_alone(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, waiving("OUR-001") + CHECKS)

    assert "mine.yaml" in problem


@pytest.mark.parametrize(
    ("rule", "hint"), [("GOOD-03", 'did you mean "GOOD-003"?'), ("QQQ-999", "is it misspelt, or of a suite")]
)
def test_the_problem_says_where_the_waiver_stands_and_what_may_be_meant(tmp_path: Path, rule: str, hint: str) -> None:
    (problem,) = refused(tmp_path, waiving(rule))

    assert (
        f'wnmon.yaml:6:20 targets.wn.waive[0].rule: the waiver excuses nothing: no suite has a rule "{rule}", {hint}'
        in problem
    )


def test_what_is_looked_up_for_a_waiver_is_no_file_of_the_configuration() -> None:
    suites = Suites(Sources(SHIPPED))

    assert ("GOOD-001" in suites.built_in_rules(), suites.sources.files) == (True, ())


@pytest.mark.parametrize(
    ("command", "arguments"),
    [(validate.command, ()), (serve.command, ()), (check.command, ("-c",)), (check.command, ("--dry-run", "-c"))],
    ids=["validate", "serve", "check", "dry run"],
)
def test_every_command_refuses_it(tmp_path: Path, command: click.Command, arguments: tuple[str, ...]) -> None:
    file = write(tmp_path, waiving("DOC-99"))
    refusal = CliRunner().invoke(command, [*arguments, str(file)], env=ENV).exception

    assert isinstance(refusal, ConfigError)
    assert 'no suite has a rule "DOC-99"' in str(refusal.problems[0])


def test_a_check_knows_the_rules_of_the_suites_it_is_given(tmp_path: Path) -> None:
    file, suite = write(tmp_path, waiving("OUR-001")), write(tmp_path, SUITE, "mine.yaml")

    done = CliRunner().invoke(check.command, ["--dry-run", "-c", str(file), str(suite)], env=ENV)

    assert done.exception is None
