"""A relay that lets 20 requests a minute in, checked in virtual time: it takes no option to end as wanted."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from peers import MODEL, PACE
from virtual_time import Inline, VirtualClock, run_virtually

from wnmon.app.check import Guide, Selection, Surroundings, Terms, check
from wnmon.config import adhoc_target, load_suites
from wnmon.config.named_target import NamedTarget
from wnmon.config.shipped import DEFAULT_SUITES
from wnmon.engine.patience import DEFAULT_S
from wnmon.mock.server import MockRelay, serve
from wnmon.mock.settings import MockSettings
from wnmon.model.pace import UNLIMITED, Pace
from wnmon.model.said import Text
from wnmon.report.summary import CheckReport

KEY = "sk-0123456789abcdefghij"
LIMITED = MockSettings(ttft_s=PACE.ttft_s, gap_s=PACE.gap_s, faults=("20-a-minute",))


class Checks:
    """Checks one after the other of one relay, with one key. `took_s`: how long each took."""

    def __init__(self, times: int, *, patience_s: float = DEFAULT_S, pace: Pace = UNLIMITED, models: int = 1) -> None:
        self.reports: list[CheckReport] = []
        self.said: list[Text] = []
        self.patience_s, self.pace, self.models = patience_s, pace, models
        self.relay = run_virtually(lambda clock: self._all(clock, times))

    async def _all(self, clock: VirtualClock, times: int) -> MockRelay:
        async with serve(LIMITED, clock) as relay:
            models = tuple(f"{MODEL}-{number}" for number in range(self.models))
            target = replace(adhoc_target(relay.url, models, KEY), pace=self.pace)
            named = NamedTarget(target=target, models=models)
            for _ in range(times):
                self.reports.append(await self._one(named, clock))
            return relay

    async def _one(self, named: NamedTarget, clock: VirtualClock) -> CheckReport:
        plans = tuple(load_suites(DEFAULT_SUITES, Path()))
        selection = Selection(plans=plans, names=DEFAULT_SUITES)
        here = Surroundings(clock=clock, worker=Inline())
        return await check(named, selection, Terms(patience_s=self.patience_s), Guide(pausing=self.said.append), here)

    @property
    def codes(self) -> list[int]:
        return [report.exit_code for report in self.reports]

    @property
    def statuses(self) -> list[int | None]:
        runs = (run for report in self.reports for run in report.runs)
        return [exchange.status for run in runs for exchange in run.evidence.exchanges]


@pytest.fixture(scope="module")
def thrice() -> Checks:
    return Checks(3)


def test_every_check_ends_as_of_a_relay_without_a_limit(thrice: Checks) -> None:
    assert thrice.codes == [0, 0, 0]


def test_the_wait_is_said_with_the_relays_limit(thrice: Checks) -> None:
    assert str(thrice.said[0]).endswith("for the relay's limit of 20 requests a minute")


def test_no_more_is_waited_than_the_minute_takes(thrice: Checks) -> None:
    last = thrice.reports[-1]

    assert last.ended_at_s - last.started_at_s < 62


def test_without_patience_nothing_is_waited_and_the_rest_is_open() -> None:
    hasty = Checks(3, patience_s=0)

    assert (hasty.codes, hasty.said) == ([0, 0, 3], [])


def test_models_of_one_key_share_the_patience() -> None:
    checks = Checks(1, models=5)

    assert (checks.codes, checks.reports[0].ended_at_s - checks.reports[0].started_at_s < 125) == ([0], True)


def test_a_target_that_names_the_limit_is_never_refused() -> None:
    paced = Checks(1, patience_s=0, pace=Pace(requests_per_minute=20), models=4)

    assert (paced.codes, 429 in paced.statuses) == ([0], False)


def test_a_pace_spreads_the_requests() -> None:
    paced = Checks(1, pace=Pace(requests_per_minute=20))
    came_ns = [request.read_ns for request in paced.relay.requests]

    assert min(later - at for at, later in pairwise(came_ns)) > 2.9e9
