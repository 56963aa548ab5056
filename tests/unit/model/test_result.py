"""Outcomes, and events of the monitor itself."""

from __future__ import annotations

import pytest

from wnmon.model.events import Reloaded, RunSkipped, Skip
from wnmon.model.exchange import FailureKind
from wnmon.model.result import Outcome, Reason
from wnmon.model.target import ProbeId


@pytest.mark.parametrize(
    ("outcome", "success"),
    [
        (Outcome.PASSED, True),
        (Outcome.DEGRADED, True),
        (Outcome.FAILED, False),
        (Outcome.ERRORED, False),
        (Outcome.SKIPPED, False),
    ],
)
def test_success_is_passed_or_degraded(outcome: Outcome, success: bool) -> None:
    assert outcome.success is success


def test_every_transport_failure_is_a_reason() -> None:
    assert {kind.value for kind in FailureKind} <= {reason.value for reason in Reason}


def test_a_skipped_run_says_why() -> None:
    assert RunSkipped(probe=ProbeId("a/b/c"), reason=Skip.BUDGET).reason == "budget"


def test_a_reload_that_worked_has_no_problems() -> None:
    assert Reloaded(ok=True, at_s=1.0, sha="").problems == ()
