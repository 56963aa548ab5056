"""The rules of Grafana's dashboard-linter, one test each.

Where a rule does not fit, the exception stands here with its reason.
"""

from __future__ import annotations

import re
from typing import Any

import promql_parser
import pytest
from committed_boards import BOARD, BOARDS, ENGLISH, IN_ENGLISH, Selector, queries, selectors, shown

from dashboards.queries import filled_in

UNITS = {"short", "s", "percentunit", "bytes"}
"""Those of Grafana's ids that the boards use. There is none for a balance, whose unit a label tells."""

NOT_OF_ONE_MONITOR = {
    "ALERTS": "an alert says something of a target, or of Prometheus itself when no wnmon is left to be a job",
    "wnmon:": "recorded series are sums over instances, so that a restart under another name changes nothing",
}

FIXED_RANGES = {
    "deriv": "a balance is told every few minutes or hours: its slope is that of a day, whatever is shown",
}


def variables(board: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {variable["name"]: variable for variable in board["templating"]["list"]}


def of_one_monitor(board: dict[str, Any]) -> list[Selector]:
    """Return the selectors that a rule on job and instance is about."""
    found = [selector for query in queries(board) for selector in selectors(query["expr"])]
    return [selector for selector in found if not selector.name.startswith(tuple(NOT_OF_ONE_MONITOR))]


@BOARD
def test_template_datasource_rule(board: dict[str, Any]) -> None:
    (source,) = (found for found in variables(board).values() if found["type"] == "datasource")
    label = "数据源" if board["uid"].endswith("-zh") else "Data source"

    assert (source["name"], source["label"], source["query"]) == ("datasource", label, "prometheus")


@BOARD
@pytest.mark.parametrize("name", ["job", "instance"])
def test_template_job_and_instance_rules(board: dict[str, Any], name: str) -> None:
    found = variables(board)[name]

    assert (found["type"], found["datasource"]["uid"]) == ("query", "${datasource}")
    assert (found["multi"], found["includeAll"], found["allValue"]) == (True, True, ".+")


@BOARD
def test_template_label_promql_rule(board: dict[str, Any]) -> None:
    for variable in variables(board).values():
        if variable["type"] == "query":
            asked = re.fullmatch(r"label_values\((.+), \w+\)|query_result\((.+)\)", variable["query"])
            assert asked is not None
            promql_parser.parse(filled_in(asked[1] or asked[2]))


@BOARD
def test_template_on_time_change_reload_rule(board: dict[str, Any]) -> None:
    assert {found["refresh"] for found in variables(board).values() if found["type"] == "query"} == {2}


@BOARD
def test_panel_datasource_rule(board: dict[str, Any]) -> None:
    chosen = {"type": "prometheus", "uid": "${datasource}"}

    assert [panel["title"] for panel in shown(board) if panel["datasource"] != chosen] == []


@BOARD
def test_panel_title_description_rule(board: dict[str, Any]) -> None:
    assert [panel["id"] for panel in shown(board) if "" in (panel["title"], panel["description"])] == []


@BOARD
def test_panel_units_rule(board: dict[str, Any]) -> None:
    settings = [panel["fieldConfig"] for panel in shown(board)]
    overrides = [found["properties"] for setting in settings for found in setting.get("overrides", ())]
    of_columns = {value["value"] for values in overrides for value in values if value["id"] == "unit"}

    assert {*(setting["defaults"]["unit"] for setting in settings), *of_columns} <= UNITS


@BOARD
def test_panel_no_targets_rule(board: dict[str, Any]) -> None:
    assert [panel["title"] for panel in shown(board) if not panel["targets"]] == []


@IN_ENGLISH
def test_target_promql_rule(board: dict[str, Any]) -> None:
    for query in queries(board):
        promql_parser.parse(filled_in(query["expr"]))


@IN_ENGLISH
def test_target_rate_interval_rule(board: dict[str, Any]) -> None:
    """A value of now is a total of the range shown, and so is what decides whether a graph shows a series."""

    def ranges(expr: str) -> set[str]:
        fixed = rf"\b(?:{'|'.join(FIXED_RANGES)})\(\w+{{[^}}]*}}\[\w+\]\)"
        return set(re.findall(r"\[([^\]]+)\]", re.sub(fixed, "", expr).replace("[$__range] @ end()", "")))

    wanted = {True: {"$__range"}, False: {"$__rate_interval"}}
    others = [query["expr"] for query in queries(board) if ranges(query["expr"]) - wanted[query["instant"]]]

    assert others == []


@IN_ENGLISH
def test_target_job_rule(board: dict[str, Any]) -> None:
    assert [found.name for found in of_one_monitor(board) if 'job=~"$job"' not in found.matchers] == []


@IN_ENGLISH
def test_target_instance_rule(board: dict[str, Any]) -> None:
    assert [found.name for found in of_one_monitor(board) if 'instance=~"$instance"' not in found.matchers] == []


@IN_ENGLISH
def test_target_counter_agg_rule(board: dict[str, Any]) -> None:
    counters = [found for found in of_one_monitor(board) if found.name.endswith("_total")]

    assert [found.name for found in counters if found.inside[-1:] not in (("rate",), ("increase",))] == []


@BOARD
def test_uneditable_dashboard_rule(board: dict[str, Any]) -> None:
    assert board["editable"] is False


def test_every_exception_is_needed() -> None:
    asked = [query["expr"] for board in ENGLISH.values() for query in queries(board)]

    assert [name for name in (*NOT_OF_ONE_MONITOR, *FIXED_RANGES) if not any(name in expr for expr in asked)] == []


def test_the_boards_are_seven_in_two_languages() -> None:
    assert len(BOARDS) == 14
