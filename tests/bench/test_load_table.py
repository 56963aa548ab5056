"""The table of loads: what a row says, and where it goes."""

from __future__ import annotations

import pytest
from bench_runs import Served
from load_table import BEGIN, END, HEADS, PAGE, Row, put, render

SERVED = Served(
    cpu_s=3.0,
    runs=100.0,
    memory_mb=50.0,
    children_mb=[20.0],
    scrape_s=[0.1, 0.25],
    recorded={"runs": [["m", 1, 0.2, False], ["m", 2, 0.2, True], ["m", 3, None, False]], "skipped": ["overlap"]},
    foreign=0.02,
)
ROW = Row(probes=20, every_s=5, seconds=10.0, served=SERVED)


def test_a_row_is_made_of_what_was_seen_from_outside() -> None:
    told = dict(zip(HEADS, ROW.cells(), strict=True))

    assert told == {
        "probes": "20",
        "every": "5 s",
        "runs per s": "10",
        "CPU of one core": "30%",
        "CPU per run": "30 ms",
        "memory": "70 MB",
        "`/metrics`": "in 0.25 s",
        "suspect samples": "50.0 %",
        "left out": "1",
        "others used": "2%",
    }


def test_the_table_takes_the_place_of_the_one_before() -> None:
    assert put(f"a\n{BEGIN}\nold\n{END}\nb", "new") == "a\nnew\nb"


def test_a_page_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match="loads"):
        put("a", "new")


def test_the_page_has_a_place_for_it() -> None:
    table = render([ROW], {"python": "p", "cores": "c", "extras": "none", "commit": "x"})

    assert table in put(PAGE.read_text("utf-8"), table)
