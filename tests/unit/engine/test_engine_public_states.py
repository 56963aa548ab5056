"""What everybody may know of a probe, and that it is nothing else."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any

import pytest
from web_samples import NOW_S, state

from wnmon.engine.ports import Course, ProbeState, Span
from wnmon.engine.public_states import PublicRow, PublicState, public_rows

ALLOWED = ["target", "check", "model", "state", "since_s", "ttft_s", "total_s", "uptime", "hours", "outages"]


def row(**more: Any) -> PublicRow:
    (only,) = public_rows([state(**more)], {})
    return only


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        ({"up": True}, PublicState.UP),
        ({"up": True, "outcome": "failed", "unconfirmed": True}, PublicState.UP),
        ({"up": True, "outcome": "degraded"}, PublicState.DEGRADED),
        ({"up": False, "outcome": "errored"}, PublicState.DOWN),
        ({"up": False, "unconfirmed": True}, PublicState.DOWN),
        ({"up": None, "outcome": "failed"}, PublicState.UNKNOWN),
        ({"up": None, "outcome": "unknown"}, PublicState.UNKNOWN),
        ({"up": None, "outcome": "maintenance"}, PublicState.MAINTENANCE),
        ({"up": None, "outcome": None}, PublicState.WAITING),
    ],
)
def test_a_state_is_what_is_confirmed(more: dict[str, Any], shown: PublicState) -> None:
    assert row(**more).state is shown


def test_a_public_row_has_room_for_nothing_but_what_is_allowed() -> None:
    assert [field.name for field in fields(PublicRow)] == ALLOWED


def test_nothing_else_that_is_known_of_a_probe_gets_into_a_public_row() -> None:
    names = {field.name for field in fields(ProbeState)}
    told = {"message", "reason", "rest", "rest_reason", "rules_failed", "undecided", "id"}
    secret = state(up=False, **{name: f"canary-{name}" for name in told})

    shown = json.dumps([asdict(one) for one in public_rows([secret], {})])
    assert told <= names
    assert "canary" not in shown


def test_a_latency_that_may_be_the_monitor_s_own_is_not_shown() -> None:
    assert row(up=True, suspect_latencies=("ttft_s",)).ttft_s is None


def test_since_when_is_told_of_what_is_confirmed() -> None:
    assert row(up=False, up_since_s=NOW_S).since_s == NOW_S


def test_since_when_is_not_told_of_what_is_unknown() -> None:
    assert row(up=True, outcome="unknown", up_since_s=NOW_S).since_s is None


def test_what_is_down_comes_first() -> None:
    rows = public_rows([state(target="a", up=True), state(target="b", up=False), state(target="c", outcome=None)], {})

    assert [one.target for one in rows] == ["b", "c", "a"]


def test_the_past_is_told_as_uptimes_and_times_alone() -> None:
    one = state(up=True)
    fared = Course(hours=(Span(up=1, down=3),), days={7: Span(up=9, down=1)}, outages=((1.0, 2.0),))
    (only,) = public_rows([one], {one.id: fared})

    assert (only.hours, only.uptime, only.outages) == ((0.25,), {7: 0.9}, ((1.0, 2.0),))
