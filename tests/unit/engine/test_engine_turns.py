"""What is told once it is confirmed: that a probe is down, and that it is up again."""

from __future__ import annotations

import pytest

from wnmon.engine.ports import RestCause
from wnmon.engine.run import Run
from wnmon.engine.standing import Standing
from wnmon.engine.turns import Turns, expired
from wnmon.model.events import StateExpired
from wnmon.model.result import Evidence, Outcome, Reason, Result
from wnmon.model.target import ProbeId

PROBE = ProbeId("wn/alive/m")
RUN = Run(
    id="r1",
    target="wn",
    check="alive",
    model="m",
    started_at_s=0,
    ended_at_s=1,
    result=Result(outcome=Outcome.FAILED, reason=Reason.EMPTY),
    evidence=Evidence(model="m", nonce="n", exchanges=()),
)


def standing(up: bool | None) -> Standing:
    return Standing(known=up is not None, up=up, up_since_s=None if up is None else 1.0)


@pytest.mark.parametrize(
    ("confirmed", "told"),
    [
        ([None, True, True], []),
        ([True, False, False], [False]),
        ([False], [False]),
        ([False, False, True, True], [False, True]),
        ([False, None, True], [False, True]),
        ([False, None, False], [False]),
    ],
)
def test_each_turn_is_told_once(confirmed: list[bool | None], told: list[bool]) -> None:
    turns = Turns()

    turned = [turns.after(RUN, standing(up)) for up in confirmed]
    assert [one.up for one in turned if one is not None] == told


@pytest.mark.parametrize(
    ("rest", "until_s", "reason"),
    [(RestCause.MAINTENANCE, 9.0, "x"), (RestCause.PAUSED, 9.0, "x"), (RestCause.BUDGET, None, ""), (None, None, "")],
)
def test_what_is_unknown_for_maintenance_says_until_when(
    rest: RestCause | None, until_s: float | None, reason: str
) -> None:
    now = Standing(known=False, rest=rest, rest_until_s=9.0, rest_reason="x")

    assert expired(PROBE, now) == StateExpired(probe=PROBE, maintenance_until_s=until_s, maintenance=reason)


def test_a_probe_that_is_gone_is_forgotten() -> None:
    turns = Turns()
    turns.after(RUN, standing(up=False))
    turns.keep([])

    assert turns.after(RUN, standing(up=True)) is None


@pytest.mark.parametrize(("up", "told"), [(True, [True]), (False, []), (None, [])])
def test_of_what_was_down_before_a_restart_only_the_end_is_news(up: bool | None, told: list[bool]) -> None:
    turns = Turns()
    turns.recall([PROBE])

    turned = turns.after(RUN, standing(up))
    assert [turned.up] == told if turned is not None else not told
