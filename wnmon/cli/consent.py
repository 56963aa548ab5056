"""Asking before `wnmon check --full` sends what a relay may ban a key or an address for, or what costs much."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence

import click

from wnmon.cli.calls import PlannedCall
from wnmon.cli.terminal import note, tell, words
from wnmon.errors import UsageError
from wnmon.model.check import Risk
from wnmon.model.said import Said
from wnmon.model.target import Target


def ask_before_harm(calls: Sequence[PlannedCall], target: Target, *, yes: bool, quiet: bool) -> None:
    """Say on stderr which risky requests are about to be sent, and return once they may be. Raises UsageError.

    `yes` or the target's `allow_risk` is the answer; without either a person at the terminal is asked.
    """
    by_risk: Counter[Risk] = Counter()
    for call in calls:
        if call.risk is not None:
            by_risk[call.risk] += call.copies
    if not by_risk.total():
        return
    agreed = yes or target.allow_risk
    if not (agreed and quiet):
        models = ", ".join(dict.fromkeys(call.probe.model for call in calls))
        note(Said("cli_risky", n=by_risk.total(), target=target.host, models=models))
        for risk in (risk for risk in Risk if by_risk[risk]):
            note(Said(f"cli_risk_{risk}", n=by_risk[risk]))
    agree(agreed=agreed, hint=Said("cli_say_yes"))


def agree(*, agreed: bool, hint: Said) -> None:
    """Return once what was announced may be sent: it is agreed to already, or a person says so. Raises UsageError."""
    if agreed:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(Said("cli_nobody_to_ask"), hint=hint)
    if not _confirmed():
        raise UsageError(Said("cli_declined"), hint=hint)


def _confirmed() -> bool:
    """Return what a person says; the end of the input (Ctrl-D) is a no. Raises Abort for Ctrl-C, having said so."""
    try:
        return click.confirm(words("cli_send_them"), default=False, err=True)
    except click.Abort as gone:
        note("")  # the cursor is behind the question still
        if isinstance(gone.__context__, EOFError):
            return False
        tell(Said("cli_declined"))
        raise
