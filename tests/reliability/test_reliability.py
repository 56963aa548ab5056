"""The promises of docs/reliability.md: each fault is made, seen, noticed in time and over afterwards."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from fault_rows import NETWORK, ROWS, Row, Seen
from machine import missing
from network_faults import network_faults
from reliability_page import measured_in, render
from store_faults import STORE_FAULTS
from time_faults import TIME_FAULTS

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
GENEROUS = 10
"""So many times as long as promised may it take on a machine that does other things as well."""

See = Callable[[Row], Seen]


@pytest.fixture(scope="module")
def see(tmp_path_factory: pytest.TempPathFactory) -> Iterator[See]:
    """Return a function that says what became of a fault. All are made at once: most of the time is spent waiting."""
    folder, apart = tmp_path_factory.mktemp("faults"), STORE_FAULTS | TIME_FAULTS
    with ThreadPoolExecutor(4) as pool:
        network = pool.submit(network_faults, folder)
        made = {
            row.name: pool.submit(apart[row.name], folder / row.name)
            for row in ROWS
            if row.name in apart and missing(*row.needs) is None
        }

        def seen(row: Row) -> Seen:
            why = missing(*row.needs)
            if why is not None and "CI" not in os.environ:
                pytest.skip(why)
            return _result(row, network, made)

        yield seen


def _result(row: Row, network: Future[dict[str, Seen]], made: Mapping[str, Future[Seen]]) -> Seen:
    return made[row.name].result() if row.name in made else network.result()[row.name]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_fault_has_its_outcome_its_reason_and_its_witnesses(row: Row, see: See) -> None:
    seen = see(row)

    assert (seen.outcome, seen.reason, seen.says) == row.told


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_fault_is_noticed_in_time(row: Row, see: See) -> None:
    assert see(row).noticed_s <= GENEROUS * row.at_most_s


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_fault_leaves_nothing_behind(row: Row, see: See) -> None:
    assert see(row).recovered


def test_every_fault_has_a_row_of_its_own() -> None:
    names = [row.name for row in ROWS]

    assert sorted(names) == sorted({*(row.name for row in NETWORK), *STORE_FAULTS, *TIME_FAULTS})


def test_the_page_says_what_is_promised(request: pytest.FixtureRequest) -> None:
    if os.environ.get("WNMON_GOLDEN") == "write":
        see: See = request.getfixturevalue("see")
        measured = {row.name: f"{see(row).noticed_s:.1f} s" for row in ROWS}
        PAGE.write_text(render(measured), encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")

    assert page == render(measured_in(page)), "stale: make reliability"


def test_the_page_says_of_every_fault_what_was_measured() -> None:
    measured = measured_in(PAGE.read_text(encoding="utf-8"))

    assert [row.name for row in ROWS if not measured.get(row.name, "–")[0].isdigit()] == []
