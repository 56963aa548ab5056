"""What `make bench` makes of its figures: the arithmetic, the table, the page, the plots."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bench import growth
from bench_goals import GOALS, Bench, Figure, Goal, Met, assess, most_streams, percentile
from bench_plots import bars_plot, errors_plot
from bench_report import for_docs, for_terminal, number, table

LESS = Goal(key="g", what="an error", unit="ms", target=1.0, stretch=0.5)
MORE = Goal(key="g", what="streams", unit="", target=300, stretch=500, at_least=True)
AGAINST = Goal(key="g", what="CPU", unit="ms", target=0.3, peer="httpx")

GROWN = {
    "measured": "2026-12-01",
    "machine": {"commit": "abc1234", "python": "CPython 3.11"},
    "counted": 100_000,
    "grown_mb": 0.25,
    "foreign": 0.1,
}


def bench(**figures: Figure) -> Bench:
    errors: dict[str, dict[int, float | None]] = {"wnmon": {20: 0.2, 100: 0.9}, "httpx": {20: 1.0, 100: None}}
    cpu = {"JSON": {"wnmon": 2.0, "blackbox_exporter": 1.5}}
    machine = {"python": "CPython 3.11"}
    return Bench(figures=figures, machine=machine, quick=True, errors=errors, cpu_ms=cpu, phases=())


def row(key: str, **figures: Figure) -> list[str]:
    place = [goal.key for goal in GOALS].index(key)
    return table(bench(**figures))[1 + place]


@pytest.mark.parametrize(
    ("value", "met"), [(0.4, Met.STRETCH), (0.5, Met.STRETCH), (0.6, Met.MET), (1.0, Met.MET), (1.1, Met.NOT_MET)]
)
def test_less_is_better(value: float, met: Met) -> None:
    assert assess(LESS, Figure(value=value)) is met


@pytest.mark.parametrize(("value", "met"), [(500, Met.STRETCH), (300, Met.MET), (299, Met.NOT_MET)])
def test_more_is_better_where_the_goal_says_so(value: float, met: Met) -> None:
    assert assess(MORE, Figure(value=value)) is met


def test_a_goal_with_a_peer_is_about_the_ratio() -> None:
    assert assess(AGAINST, Figure(value=3.0, peer=10.0)) is Met.MET


def test_without_its_peer_such_a_goal_is_not_measured() -> None:
    assert assess(AGAINST, Figure(value=3.0)) is Met.UNMEASURED


def test_nothing_is_not_measured() -> None:
    assert assess(LESS, Figure()) is Met.UNMEASURED


def test_a_miss_on_a_busy_machine_proves_nothing() -> None:
    assert assess(LESS, Figure(value=2.0, foreign=0.06)) is Met.BUSY


def test_what_is_met_on_a_busy_machine_is_met() -> None:
    assert assess(LESS, Figure(value=0.9, foreign=0.06)) is Met.MET


@pytest.mark.parametrize(("percent", "value"), [(50, 2), (99, 4), (100, 4), (25, 1)])
def test_percentiles_are_those_of_the_nearest_rank(percent: float, value: float) -> None:
    assert percentile([4, 2, 3, 1], percent) == value


def test_of_nothing_there_is_no_percentile() -> None:
    assert percentile([], 99) is None


def test_streams_count_up_to_the_first_number_that_is_too_many() -> None:
    assert most_streams({20: 0.5, 100: 0.9, 200: 1.2, 300: 0.8}, 1.0) == 100


def test_streams_that_were_not_measured_end_the_count() -> None:
    assert most_streams({20: 0.5, 100: None}, 1.0) == 20


def test_each_goal_is_one_row() -> None:
    assert [cells[0].split(" / ")[0] for cells in table(bench())[1:]] == [goal.what for goal in GOALS]


def test_a_row_tells_target_figure_peer_ratio_the_figure_without_extras_and_what_others_used() -> None:
    figure = Figure(value=3.0, peer=2.0, plain=4.0, samples=7, foreign=0.02)
    told = ["≤ 1 ×", "0.6 ×", "3 ms", "2 ms", "1.50", "4 ms", "7", "2%", "not met"]

    assert row("cpu_json", cpu_json=figure)[1:] == told


@pytest.mark.parametrize(("value", "shown"), [(0.12345, "0.123 ms"), (123.4, "123 ms"), (2.0, "2 ms"), (None, "–")])
def test_numbers_have_three_digits(value: float | None, shown: str) -> None:
    assert number(value, "ms") == shown


def test_what_limits_a_goal_is_told_where_it_is_missed() -> None:
    assert "gap: the collector" in for_terminal(bench(gap=Figure(value=9, limit="the collector")))


def test_what_limits_a_goal_is_not_told_of_a_busy_machine() -> None:
    assert "the collector" not in for_terminal(bench(gap=Figure(value=9, foreign=0.4, limit="the collector")))


def test_what_limits_a_goal_is_not_told_where_it_is_met() -> None:
    assert "the collector" not in for_terminal(bench(gap=Figure(value=0.9, limit="the collector")))


def test_a_busy_machine_is_told() -> None:
    assert "too busy to judge: others used up to 40%" in for_terminal(bench(gap=Figure(value=0.9, foreign=0.4)))


def test_what_others_use_does_not_excuse_growth() -> None:
    assert row("growth", growth=Figure(value=2.0, foreign=0.4))[-1] == "not met"


def test_a_busy_machine_of_another_day_is_not_told() -> None:
    assert "too busy to judge" not in for_terminal(bench(growth=Figure(value=0.2, foreign=0.4, source="make soak")))


def test_a_figure_from_elsewhere_says_where_it_is_from() -> None:
    assert "growth: make soak, 2026-12-01" in for_terminal(bench(growth=growth(GROWN)))


def test_growth_is_what_make_soak_kept() -> None:
    assert growth(GROWN).value == 0.25


@pytest.mark.parametrize("told", [None, GROWN | {"counted": 3000}])
def test_growth_is_not_measured_without_all_its_runs(told: dict[str, Any] | None) -> None:
    assert row("growth", growth=growth(told))[-1] == "not measured"


def test_how_late_the_relay_was_is_a_control() -> None:
    one = replace(bench(), phases=({"phase": "20 streams", "relay_late_ms": {"p50": 0.25, "p99": 1.5}},))

    assert "control, 20 streams: the relay sent first tokens 0.25 ms late at the median, p99 1.5 ms" in for_terminal(
        one
    )


def test_the_page_names_machine_and_method() -> None:
    page = for_docs(bench())

    assert ("- python: CPython 3.11" in page, "## Method" in page, "QUICK=1" in page) == (True, True, True)


def test_the_page_is_a_table_of_markdown() -> None:
    lines = [line for line in for_docs(bench()).splitlines() if line.startswith("|")]

    assert {line.count("|") for line in lines} == {11}


@pytest.mark.parametrize("svg", [errors_plot(bench().errors, 1.0), bars_plot(bench().cpu_ms), errors_plot({}, 1.0)])
def test_plots_are_well_formed(svg: str) -> None:
    assert ET.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"


def test_plots_follow_the_scheme_of_the_reader() -> None:
    assert "prefers-color-scheme:dark" in errors_plot(bench().errors, 1.0)


def test_a_longer_bar_is_a_greater_number() -> None:
    bars = ET.fromstring(bars_plot(bench().cpu_ms)).findall("{http://www.w3.org/2000/svg}rect")[1:]
    wide = [float(bar.attrib["width"]) for bar in bars]

    assert wide[0] / wide[1] == pytest.approx(2.0 / 1.5, rel=0.01)


def test_the_short_form_prints_the_table_and_writes_the_page(tmp_path: Path) -> None:
    """Of the commands alone: the other phases take a quiet machine and minutes."""
    script = Path(__file__).with_name("bench.py")
    line = [sys.executable, str(script), "--quick", "--only", "help", "--out", str(tmp_path)]
    done = subprocess.run(line, capture_output=True, text=True, timeout=400, check=False)

    raw = json.loads((tmp_path / "benchmarks" / "raw.json").read_text("utf-8"))

    assert done.returncode == 0, done.stderr
    assert raw["figures"]["help"]["value"] > 0
    assert "wnmon --help: CPU" in done.stdout
    assert "wnmon --help: CPU" in (tmp_path / "benchmarks.md").read_text("utf-8")
