"""When first runs are due."""

from __future__ import annotations

import subprocess
import sys

import pytest

from wnmon.model.target import ProbeId
from wnmon.schedule.timetable import first_delay_s, misfire_grace_s

IDS = [ProbeId(f"target-{number % 7}/check-{number % 13}/model-{number}") for number in range(1_000)]


def test_the_same_probe_keeps_its_place() -> None:
    assert first_delay_s(IDS[0], 60) == first_delay_s(IDS[0], 60)


def test_a_probe_keeps_its_place_in_another_process() -> None:
    code = f"from wnmon.schedule.timetable import first_delay_s; print(first_delay_s({str(IDS[0])!r}, 60))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert float(told.stdout) == first_delay_s(IDS[0], 60)


@pytest.mark.parametrize(("every_s", "window_s"), [(0.5, 0.5), (10, 10), (60, 60), (3600, 60)])
def test_a_first_run_is_due_within_the_interval_and_a_minute(every_s: float, window_s: float) -> None:
    assert all(0 <= first_delay_s(probe, every_s) < window_s for probe in IDS)


def test_an_interval_of_nothing_does_not_divide_by_zero() -> None:
    assert first_delay_s(IDS[0], 0) == 0


def test_a_thousand_probes_are_spread_over_the_minute() -> None:
    slots = [0] * 10
    for probe in IDS:
        slots[int(first_delay_s(probe, 3600) // 6)] += 1
    # 100 each were even; by chance alone 1 in 10,000 slots lies outside 61 to 139 (four standard deviations).
    assert all(61 <= count <= 139 for count in slots)


@pytest.mark.parametrize(("every_s", "grace_s"), [(0.2, 1), (2, 1), (10, 5), (60, 30), (86_400, 30)])
def test_the_grace_is_half_the_interval_within_1_and_30_s(every_s: float, grace_s: int) -> None:
    assert misfire_grace_s(every_s) == grace_s
