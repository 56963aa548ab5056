"""Which waivers are in force when a run is made, and which are over."""

from __future__ import annotations

import pytest
from engine_samples import Bench, probe, suite, target

from wnmon.model.said import Said
from wnmon.model.target import Waiver


@pytest.mark.parametrize(("until", "over"), [("2025-12-31", True), ("2026-01-01", False), ("2026-12-31", False)])
def test_a_waiver_is_over_from_the_day_after_its_last(until: str, over: bool) -> None:
    waiver = Waiver(rule="R-a", reason="known", until=until)
    run = Bench().run(probe(suite(), target(waivers=(waiver,))))

    assert run.evidence.expired == ({"R-a": Said("waiver_expired", code=until, text="known")} if over else {})
