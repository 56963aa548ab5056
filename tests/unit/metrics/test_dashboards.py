"""The boards: generated as committed, read by the SDK without loss, and kept to the house rules."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from wnmon.metrics.catalogue import CATALOGUE, MetricKind
from wnmon.model.result import Reason

FOLDER = Path(__file__).parents[3] / "dashboards"
NAMES = ("wnmon-overview.json", "zh/wnmon-overview.json")
BOARDS: dict[str, dict[str, Any]] = {name: json.loads((FOLDER / name).read_text(encoding="utf-8")) for name in NAMES}
PANELS = [
    pytest.param(panel, id=f"{name}:{panel['title']}") for name, board in BOARDS.items() for panel in board["panels"]
]
QUERIES = [
    pytest.param(query["expr"], id=f"{panel['id']}{query['refId']}")
    for panel in BOARDS[NAMES[0]]["panels"]
    for query in panel["targets"]
]
ALERTS = yaml.safe_load((FOLDER / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))["groups"][0]["rules"]
EXPRESSIONS = [*QUERIES, *(pytest.param(rule["expr"], id=rule.get("alert", rule.get("record"))) for rule in ALERTS)]
BOARD = pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS.keys())
PANEL = pytest.mark.parametrize("panel", PANELS)


def filled_in(expr: str) -> str:
    """Put values in the place of Grafana's variables."""
    return re.sub(r"\$(job|target|model)", ".+", expr.replace("$__rate_interval", "5m").replace("$__range", "1h"))


def metrics_in(expr: str) -> Iterator[str]:
    """Yield the metric names an expression selects, suffixes of histograms taken off."""
    promql_parser.parse(filled_in(expr))
    for name in re.findall(r"\b(?:wnmon|process|python)_\w+", expr):
        family = re.sub(r"_(bucket|sum|count)$", "", name)
        yield family if CATALOGUE.get(family) and CATALOGUE[family].kind is MetricKind.HISTOGRAM else name


def test_the_committed_boards_are_what_the_generator_writes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(FOLDER / "generate.py"), str(tmp_path)], check=True)

    assert {name: (tmp_path / name).read_bytes() for name in NAMES} == {
        name: (FOLDER / name).read_bytes() for name in NAMES
    }


@BOARD
def test_a_board_survives_the_schema_of_the_sdk(board: dict[str, Any]) -> None:
    register_default_plugins()
    read = json.loads(json.dumps(Dashboard.from_json(board), cls=JSONEncoder))

    assert {"id": None, **read} == board


def test_both_languages_ask_the_same_queries() -> None:
    english, chinese = (
        [[query["expr"] for query in panel["targets"]] for panel in board["panels"]] for board in BOARDS.values()
    )

    assert english == chinese


def test_the_chinese_board_has_chinese_titles() -> None:
    titles = [panel["title"] for panel in BOARDS[NAMES[1]]["panels"]]

    assert [title for title in titles if not re.search(r"[\u4e00-\u9fff]", title)] == []


def test_every_board_has_its_own_fixed_uid() -> None:
    assert [board["uid"] for board in BOARDS.values()] == ["wnmon-overview", "wnmon-overview-zh"]


@BOARD
def test_a_board_can_be_provisioned_from_a_file(board: dict[str, Any]) -> None:
    assert (board["id"], "__inputs" in board, 39 <= board["schemaVersion"] <= 41) == (None, False, True)


@BOARD
def test_a_board_is_tagged_described_and_refreshed(board: dict[str, Any]) -> None:
    assert (board["tags"], bool(board["description"]), board["refresh"]) == (["wnmon"], True, "1m")


@BOARD
def test_a_board_is_read_only_with_a_shared_crosshair(board: dict[str, Any]) -> None:
    assert (board["editable"], board["graphTooltip"]) == (False, 1)


@BOARD
def test_panel_ids_are_unique(board: dict[str, Any]) -> None:
    ids = [panel["id"] for panel in board["panels"]]

    assert len(set(ids)) == len(ids)


@BOARD
def test_no_panel_lies_over_another(board: dict[str, Any]) -> None:
    def fields(panel: dict[str, Any]) -> set[tuple[int, int]]:
        box = panel["gridPos"]
        return {(x, y) for x in range(box["x"], box["x"] + box["w"]) for y in range(box["y"], box["y"] + box["h"])}

    assert [(a["title"], b["title"]) for a, b in combinations(board["panels"], 2) if fields(a) & fields(b)] == []


@PANEL
def test_a_panel_stays_on_the_grid(panel: dict[str, Any]) -> None:
    assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24


@PANEL
def test_the_description_of_a_panel_ends_with_a_metric_it_shows(panel: dict[str, Any]) -> None:
    named = re.search(r"`(\w+)`$", panel["description"])

    assert named is not None
    assert any(named[1] in query["expr"] for query in panel["targets"])


@PANEL
def test_a_panel_has_a_unit_and_a_text_for_no_value(panel: dict[str, Any]) -> None:
    defaults = panel["fieldConfig"]["defaults"]

    assert "" not in (defaults["unit"], defaults["noValue"])


@PANEL
def test_a_panel_asks_the_chosen_datasource_no_finer_than_a_minute(panel: dict[str, Any]) -> None:
    assert (panel["datasource"]["uid"], panel["interval"]) == ("${datasource}", "1m")


@PANEL
def test_a_tooltip_lists_all_series_the_highest_first(panel: dict[str, Any]) -> None:
    tooltip = panel["options"].get("tooltip")

    assert tooltip is None or (tooltip["mode"], tooltip["sort"]) == ("multi", "desc")


@PANEL
def test_ref_ids_are_unique_within_a_panel(panel: dict[str, Any]) -> None:
    refs = [query["refId"] for query in panel["targets"]]

    assert len(set(refs)) == len(refs)


@PANEL
def test_a_graph_uses_the_rate_interval_and_a_total_the_range(panel: dict[str, Any]) -> None:
    for query in panel["targets"]:
        wanted = "$__range" if query["instant"] else "$__rate_interval"
        assert set(re.findall(r"\[([^\]]+)\]", query["expr"])) <= {wanted}


@PANEL
def test_every_query_looks_only_at_the_chosen_job_target_and_model(panel: dict[str, Any]) -> None:
    for query in panel["targets"]:
        assert 'job=~"$job", target=~"$target", model=~"$model"' in query["expr"]


@BOARD
def test_variables_are_chained_and_refreshed_with_the_time_range(board: dict[str, Any]) -> None:
    queries = {
        variable["name"]: (variable["query"], variable["refresh"])
        for variable in board["templating"]["list"]
        if variable["type"] == "query"
    }

    assert queries == {
        "job": ("label_values(wnmon_build_info, job)", 2),
        "target": ('label_values(wnmon_probe_info{job=~"$job"}, target)', 2),
        "model": ('label_values(wnmon_probe_info{job=~"$job", target=~"$target"}, model)', 2),
    }


@pytest.mark.parametrize("expr", EXPRESSIONS)
def test_every_metric_used_is_in_the_catalogue(expr: str) -> None:
    assert [name for name in metrics_in(expr) if name not in CATALOGUE] == []


def test_every_reason_has_a_colour_of_its_own() -> None:
    (panel,) = (panel for panel in BOARDS[NAMES[0]]["panels"] if panel["options"].get("tooltip") and panel["id"] == 10)
    coloured = [override["matcher"]["options"] for override in panel["fieldConfig"]["overrides"]]

    assert sorted(coloured) == sorted(reason.value for reason in Reason if reason is not Reason.OK)


@pytest.mark.parametrize("rule", [rule for rule in ALERTS if "alert" in rule], ids=lambda rule: rule["alert"])
def test_an_alert_says_what_where_and_what_to_do(rule: dict[str, Any]) -> None:
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url", "dashboard_url"}


@pytest.mark.parametrize("rule", [rule for rule in ALERTS if "alert" in rule], ids=lambda rule: rule["alert"])
def test_the_runbook_has_a_section_for_the_alert(rule: dict[str, Any]) -> None:
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    headings = re.findall(r"^## (\w+)$", (FOLDER.parent / page).read_text(encoding="utf-8"), re.MULTILINE)

    assert anchor in {heading.lower() for heading in headings}


def test_the_shipped_prometheus_reads_the_shipped_rules() -> None:
    config = yaml.safe_load((FOLDER / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))

    assert config["rule_files"] == ["alerts.yml"]
