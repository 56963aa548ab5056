"""Very many runs in little, and what is made of their samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from growth import COUNTS, PAGE, Growth, Held, Sample, Stored, document, grow, kept, section, with_growth

RUNS, PROBES = 100, 10
HELD = Held(memory_mb=50.0, anonymous_mb=40.0, descriptors=20, threads=4)
MACHINE = {"python": "CPython 3.11", "cores": "2 of 2", "extras": "none", "commit": "abc1234"}
MADE = "3,000 runs are made after those for warm-up"
MEMORY = "memory grows by at most 1 MB in sum"
DESCRIPTORS = "open descriptors of the sensor process do not grow"
KEPT = "the store keeps the runs of 10 minutes and no more"
STORE = "the store on disk does not grow"


def seen(sensor: Callable[[int], Held], until: int = 4200) -> Growth:
    """Return a go in which the sensor process held this after so many runs."""
    samples = [
        Sample(at_s=runs, runs=runs, service=HELD, sensor=sensor(runs), under_way=8, stored=full(min(runs, 600)))
        for runs in range(0, until + 1, 100)
    ]
    return Growth(wanted=3000, samples=samples, outcomes={"passed": until}, left_out=0, faults=0)


def full(runs: int) -> Stored:
    return Stored(size_mb=1 + runs / 1000, runs=runs)


def with_store(stored: Callable[[int], Stored]) -> Growth:
    """Return a go after which the store held this after so many runs."""
    growth = seen(lambda _: HELD)
    return replace(growth, samples=[replace(one, stored=stored(one.runs)) for one in growth.samples])


def test_the_first_look_may_come_a_moment_after_the_start() -> None:
    growth = with_store(lambda runs: full(min(runs, 600)))
    late = replace(growth, samples=[replace(one, at_s=one.at_s + 0.04 * (one.at_s == 0)) for one in growth.samples])

    assert {fact.what: fact.holds for fact in late.facts()}[KEPT]


def holds(growth: Growth) -> dict[str, bool]:
    return {fact.what: fact.holds for fact in growth.facts()}


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Growth:
    return grow(RUNS, PROBES, tmp_path_factory.mktemp("growth"))


def test_the_service_makes_the_runs(few: Growth) -> None:
    assert few.samples[-1].runs >= RUNS


@pytest.mark.parametrize("of", list(COUNTS))
def test_a_run_leaves_nothing_behind_that_is_counted(few: Growth, of: str) -> None:
    """On however busy a machine: of each probe one run is under way at most, and there are more runs than probes."""
    assert COUNTS[of](few.samples[-1]) - COUNTS[of](few.samples[0]) <= PROBES


def test_the_sensor_process_is_looked_at(few: Growth) -> None:
    assert max(sample.sensor.anonymous_mb for sample in few.samples) > 0


def test_each_run_has_an_outcome(few: Growth) -> None:
    assert sum(few.outcomes.values()) >= few.samples[-1].runs


def test_what_stays_as_it_is_holds() -> None:
    assert all(holds(seen(lambda _: HELD)).values())


def test_runs_that_were_not_made_are_missed() -> None:
    assert not holds(seen(lambda _: HELD, until=4100))[MADE]


def test_a_megabyte_and_a_half_is_too_much() -> None:
    growth = seen(lambda runs: replace(HELD, anonymous_mb=50 + 1.5 * (runs > 2000)))

    assert not holds(growth)[MEMORY]


def test_the_first_tenth_after_the_warm_up_is_held_against_the_last() -> None:
    assert seen(lambda _: HELD).tenths(lambda one: one.runs) == ([1200, 1300, 1400, 1500], [3900, 4000, 4100, 4200])


def test_a_peak_is_no_growth() -> None:
    assert seen(lambda runs: replace(HELD, anonymous_mb=90 if runs == 4200 else 50)).grown_mb == 0


def test_descriptors_that_stay_open_are_found() -> None:
    assert not holds(seen(lambda runs: replace(HELD, descriptors=20 + runs // 100)))[DESCRIPTORS]


def test_descriptors_of_what_is_under_way_are_no_growth() -> None:
    assert holds(seen(lambda runs: replace(HELD, descriptors=20 + runs % 300)))[DESCRIPTORS]


@pytest.mark.parametrize("most", [550, 700])
def test_a_store_that_keeps_other_than_it_promises_is_found(most: int) -> None:
    assert not holds(with_store(lambda runs: full(min(runs, most))))[KEPT]


def test_a_store_that_grows_though_it_keeps_no_more_is_found() -> None:
    assert not holds(with_store(lambda runs: Stored(size_mb=1 + runs / 20_000, runs=min(runs, 600))))[STORE]


def test_what_is_stored_is_looked_at(few: Growth) -> None:
    assert few.samples[-1].stored.runs >= RUNS - PROBES


def test_a_fault_of_its_own_is_told() -> None:
    assert not holds(replace(seen(lambda _: HELD), faults=1))["wnmon counts no fault of its own"]


def test_the_section_says_what_was_measured() -> None:
    told = document(seen(lambda _: HELD), MACHINE, datetime(2026, 12, 1, tzinfo=UTC))

    assert "Measured 2026-12-01, commit `abc1234`" in section(told)


def test_the_section_takes_the_place_of_the_one_before() -> None:
    assert with_growth("# Soak\n" + section(None), None) == "# Soak\n" + section(None)


def test_the_page_shows_what_was_kept() -> None:
    assert PAGE.read_text("utf-8").endswith(section(kept()))
