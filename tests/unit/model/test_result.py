"""Outcomes, and events of the monitor itself."""

from __future__ import annotations

import pytest

from wnmon.engine.run import Run
from wnmon.model.events import Reloaded, RunSkipped, Skip
from wnmon.model.exchange import FailureKind
from wnmon.model.result import Evidence, Outcome, Reason, Result
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


def test_a_run_knows_its_probe() -> None:
    run = Run(
        id="1",
        target="wn",
        check="alive",
        model="m-1",
        started_at_s=1.0,
        ended_at_s=2.0,
        result=Result(outcome=Outcome.PASSED, reason=Reason.OK),
        evidence=Evidence(exchanges=(), model="m-1", nonce="n"),
    )

    assert run.probe == ProbeId("wn/alive/m-1")
