"""What a command advises is what that command takes."""

from __future__ import annotations

import re
from collections.abc import Collection

import click
import pytest

from wnmon.cli import check, validate
from wnmon.model.result import Reason
from wnmon.pytest_plugin import OPTIONS
from wnmon.report.advice import advice
from wnmon.report.spelling import OF_CHECK, OF_PROBE, OF_PYTEST, Spelling

OPTION = re.compile(r"--[a-z][a-z-]*")


def options_of(command: click.Command) -> set[str]:
    return {name for one in command.params for name in one.opts}


TAKEN = [
    pytest.param(OF_CHECK, options_of(check.command), id="check"),
    pytest.param(OF_PROBE, options_of(validate.command), id="validate --probe"),
    pytest.param(OF_PYTEST, {f"--wnmon-{option.name}" for option in OPTIONS}, id="pytest"),
]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize(("spelling", "taken"), TAKEN)
def test_advice_names_only_options_of_the_command(
    spelling: Spelling, taken: Collection[str], reason: Reason, lang: str
) -> None:
    assert set(OPTION.findall(advice(reason, lang, spelling))) <= set(taken)


@pytest.mark.parametrize(("spelling", "taken"), TAKEN)
def test_a_command_has_every_option_it_is_said_to_have(spelling: Spelling, taken: Collection[str]) -> None:
    assert {name for said in spelling for name in OPTION.findall(said)} <= set(taken)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("reason", list(Reason))
def test_who_asks_what_a_configuration_says_is_sent_to_no_variable(reason: Reason, lang: str) -> None:
    assert "_API_KEY" not in advice(reason, lang, OF_PROBE)


@pytest.mark.parametrize("reason", list(Reason))
def test_nobody_is_sent_to_what_may_not_stand_below(reason: Reason) -> None:
    assert "below" not in advice(reason, "en", OF_CHECK)
