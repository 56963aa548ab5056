"""`wnmon check --feature NAME`: which optional requests are sent."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from wnmon.cli.check import command
from wnmon.errors import UsageError

RELAY = ["builtin:semantics", "--base-url", "http://127.0.0.1:9", "--model", "m", "--dry-run"]


def dry_run(*flags: str) -> Result:
    return CliRunner().invoke(command, [*RELAY, *flags])


def line(result: Result, step: str) -> str:
    return next(line for line in result.output.splitlines() if f"/{step} " in line)


def test_a_request_for_a_feature_is_not_sent_unless_the_feature_is_claimed() -> None:
    assert line(dry_run(), "forced_tool").endswith("not sent: the target does not claim the feature (tools)")


def test_a_request_for_a_claimed_feature_is_sent() -> None:
    assert "not sent" not in line(dry_run("--feature", "tools"), "forced_tool")


@pytest.mark.parametrize(
    "claims", [("--feature", "tools", "--feature", "json_mode"), ("--feature", "tools, json_mode")]
)
def test_several_features_can_be_claimed(claims: tuple[str, ...]) -> None:
    done = dry_run(*claims)

    assert [line(done, step) for step in ("forced_tool", "json_mode") if "not sent" in line(done, step)] == []


def test_what_is_not_sent_costs_no_call() -> None:
    assert dry_run().output.count("up to") + 1 == dry_run("--feature", "tools").output.count("up to")


def test_a_feature_no_request_is_about_is_refused_with_a_suggestion() -> None:
    error = dry_run("--feature", "tool").exception

    assert isinstance(error, UsageError)
    assert str(error.hint) == 'did you mean "tools"?'


@pytest.mark.parametrize("suite", ["builtin:documented", "builtin:stream"])
def test_a_suite_without_features_says_so(suite: str) -> None:
    error = CliRunner().invoke(command, [suite, *RELAY[1:], "--feature", "zzz"]).exception

    assert isinstance(error, UsageError)
    assert str(error.hint) == "features here: none"
