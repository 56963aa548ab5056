"""Before risky requests are sent somebody agrees: a person, `--yes`, or the target of the configuration."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wnmon.app.check import Selection
from wnmon.cli.calls import PlannedCall, calls_of
from wnmon.cli.check import command
from wnmon.cli.consent import ask_before_harm
from wnmon.cli.terminal import speak
from wnmon.config import adhoc_target, load_suites
from wnmon.config.named_target import NamedTarget
from wnmon.errors import UsageError
from wnmon.model.check import Risk
from wnmon.model.target import Target

TARGET = adhoc_target("https://relay.example", ("m",))
SUITES = ("builtin:stream", "builtin:limits")


def calls(target: Target = TARGET, *, full: bool = True, only: tuple[str, ...] = ()) -> list[PlannedCall]:
    plans = load_suites(SUITES, Path())
    return calls_of(
        NamedTarget(target=target, models=("m",)), Selection(plans=plans, names=SUITES, full=full, only=only)
    )


def ask(target: Target = TARGET, *, yes: bool = False, quiet: bool = False, full: bool = True) -> None:
    ask_before_harm(calls(target, full=full), target, yes=yes, quiet=quiet)


def risky(*risks: Risk) -> int:
    """Return how many requests are risky, all or those of some risks."""
    plans = load_suites(SUITES, Path())
    return sum(step.burst for plan in plans for step in plan.steps if step.risk in (risks or tuple(Risk)))


def invoked(*flags: str) -> Result:
    """Return the end of a check of a relay nobody can reach, should it get that far. Not at a terminal."""
    return CliRunner().invoke(
        command,
        ["builtin:http", "--base-url", "http://127.0.0.1:9", "--model", "m", *flags],
        env={"WNMON_API_KEY": "sk-0123456789abcdef", "LANG": "en"},
    )


def test_without_a_terminal_and_without_consent_it_is_refused() -> None:
    with pytest.raises(UsageError, match="nobody is there to ask, so nothing was sent"):
        ask()


def test_the_refusal_says_how_to_agree() -> None:
    with pytest.raises(UsageError) as refused:
        ask()

    assert "--yes, or allow_risk: true" in str(refused.value.hint)


def test_a_check_that_is_refused_is_a_usage_error() -> None:
    error = invoked("--full").exception

    assert isinstance(error, UsageError)
    assert error.exit_code == 2


def test_yes_agrees(capsys: pytest.CaptureFixture[str]) -> None:
    ask(yes=True)

    assert "risky requests to relay.example (m)" in capsys.readouterr().err


def test_a_target_can_agree() -> None:
    ask(replace(TARGET, allow_risk=True))


def test_what_is_sent_is_counted_by_its_risk(capsys: pytest.CaptureFixture[str]) -> None:
    ask(yes=True)
    lines = capsys.readouterr().err.splitlines()

    refused, bursting, long = (risky(risk) for risk in (Risk.REFUSED, Risk.BURST, Risk.LONG))
    assert lines[0] == f"wnmon: --full sends {risky()} risky requests to relay.example (m)"
    assert [line.partition(":")[0] for line in lines[1:]] == [
        f"  {refused} refused",
        f"  {bursting} bursting",
        f"  {long} long",
    ]


def test_it_is_said_in_chinese_too(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "en")
    speak("zh")
    ask(yes=True)
    speak("en")

    assert f"将向 relay.example（m）发送 {risky()} 个有风险的请求" in capsys.readouterr().err


def test_a_quiet_check_that_is_agreed_to_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    ask(yes=True, quiet=True)

    assert capsys.readouterr().err == ""


def test_a_quiet_check_says_what_it_would_send_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError):
        ask(quiet=True)

    assert f"{risky()} risky requests" in capsys.readouterr().err


def test_without_full_nobody_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    ask(full=False)

    assert capsys.readouterr().err == ""


def test_a_selection_without_risk_needs_no_consent(capsys: pytest.CaptureFixture[str]) -> None:
    ask_before_harm(calls(only=("STR-002",)), TARGET, yes=False, quiet=False)

    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("flag", ["--dry-run", "--list"])
def test_what_sends_nothing_needs_no_consent(flag: str) -> None:
    assert invoked("--full", flag).exit_code == 0
