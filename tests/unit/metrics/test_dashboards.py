"""The boards: generated as committed, read by the SDK without loss, and kept to the house rules."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import yaml
from committed_boards import BOARD, BOARDS, ENGLISH, FOLDER, IN_ENGLISH, NAMES, metrics_in, queries, shown
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.common import reason_colours
from dashboards.generate import asked, files, page, write_rules
from dashboards.language import LANGUAGES
from dashboards.queries import filled_in
from dashboards.rule_files import RUNBOOK
from wnmon.metrics.catalogue import CATALOGUE
from wnmon.model.result import Reason

RULES = [
    rule
    for path in sorted((FOLDER / "prometheus").glob("*.yml"))
    for group in yaml.safe_load(path.read_text(encoding="utf-8")).get("groups", ())
    for rule in group["rules"]
]
ALERTS = [rule for rule in RULES if "alert" in rule]
RULED = [rule["expr"] for rule in RULES]
RECORDED = {rule["record"] for rule in RULES if "record" in rule}
ASKED = [query["expr"] for board in ENGLISH.values() for query in queries(board)]

NOT_OURS = {
    "ALERTS": "Prometheus itself",
    "up": "Prometheus itself, for each scrape",
    "scrape_duration_seconds": "Prometheus itself, for each scrape",
    "scrape_samples_scraped": "Prometheus itself, for each scrape",
    "process_cpu_seconds_total": "the Prometheus client library",
    "process_max_fds": "the Prometheus client library",
    "process_open_fds": "the Prometheus client library",
    "process_resident_memory_bytes": "the Prometheus client library",
    "process_start_time_seconds": "the Prometheus client library",
}

UNUSED: dict[str, str] = {"wnmon_budget_models_listed": "the page and the service log say it, at a step that is rare"}
"""Metrics of the catalogue that no board and no rule looks at, and why."""


def test_the_committed_boards_are_what_the_generator_writes() -> None:
    written = {name: text for say in LANGUAGES for name, text in files(say)}

    assert written == {name: (FOLDER / name).read_text(encoding="utf-8") for name in NAMES}, "run `make generate`"


def test_the_page_of_the_boards_is_what_the_generator_writes() -> None:
    assert page() == (FOLDER.parent / "docs" / "dashboards.md").read_text(encoding="utf-8"), "run `make generate`"


def test_no_board_is_left_of_an_earlier_generator() -> None:
    there = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.json")}

    assert there == set(NAMES)


@BOARD
def test_a_board_survives_the_schema_of_the_sdk(board: dict[str, Any]) -> None:
    register_default_plugins()
    read = json.loads(json.dumps(Dashboard.from_json(board), cls=JSONEncoder))

    assert {"id": None, **read} == board


def test_both_languages_ask_the_same_queries() -> None:
    english, chinese = ([(row.board, row.ref, row.query.expr) for row in asked(say)] for say in LANGUAGES)

    assert english == chinese


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("zh/")])
def test_a_chinese_board_says_all_that_is_not_a_name_in_chinese(name: str) -> None:
    english, chinese = (
        [(panel["title"], panel["description"], panel["fieldConfig"]["defaults"]["noValue"]) for panel in shown(board)]
        for board in (BOARDS[name.removeprefix("zh/")], BOARDS[name])
    )
    same = {text for one, other in zip(english, chinese, strict=True) for text in set(one) & set(other)}

    assert same <= {"CPU"}


def test_every_board_has_a_title_of_its_own() -> None:
    """All are provisioned into one folder, where Grafana stops to update boards as soon as two share a title."""
    titles = [board["title"] for board in BOARDS.values()]
    assert sorted(set(titles)) == sorted(titles)


def test_every_board_has_its_own_fixed_uid() -> None:
    names = ("overview", "target", "model", "conformance", "slo", "cost", "self")

    assert [board["uid"] for board in BOARDS.values()] == [
        f"wnmon-{name}{suffix}" for suffix in ("", "-zh") for name in names
    ]


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


@BOARD
def test_a_panel_stays_on_the_grid(board: dict[str, Any]) -> None:
    boxes = [panel["gridPos"] for panel in board["panels"]]

    assert [box for box in boxes if box["x"] + box["w"] > 24] == []


@BOARD
def test_the_description_of_a_panel_ends_with_the_metrics_it_shows(board: dict[str, Any]) -> None:
    for panel in shown(board):
        named = re.search(r"(?: `[\w:]+`,?)+$", panel["description"])
        assert named is not None
        metrics = re.findall(r"`([\w:]+)`", named[0])
        assert [name for name in metrics if not any(name in query["expr"] for query in panel["targets"])] == []


@BOARD
def test_a_panel_says_why_there_is_no_value_or_no_number(board: dict[str, Any]) -> None:
    for panel in shown(board):
        defaults = panel["fieldConfig"]["defaults"]
        (not_a_number,) = (found["options"] for found in defaults["mappings"] if found["type"] == "special")
        assert (not_a_number["match"], not_a_number["result"]["text"]) == ("nan", defaults["noValue"])


def columns_of(board: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the tables of a board set for columns that have values of their own."""
    tables = [panel for panel in shown(board) if panel["type"] == "table"]
    overrides = [found["properties"] for table in tables for found in table["fieldConfig"]["overrides"]]
    settings = [{one["id"]: one["value"] for one in properties} for properties in overrides]
    return [found for found in settings if "noValue" in found]


def test_a_cell_without_a_value_says_why_its_own_column_has_none() -> None:
    columns = columns_of(ENGLISH["wnmon-overview.json"])
    assert {"unknown", "no verdict", "no objective", "not told", "no TLS"} <= {found["noValue"] for found in columns}


@BOARD
def test_a_cell_without_a_value_is_grey_and_not_good(board: dict[str, Any]) -> None:
    coloured = [found["mappings"] for found in columns_of(board) if "custom.cellOptions" in found]
    specials = [one["options"] for mappings in coloured for one in mappings if one["type"] == "special"]

    assert {(one["match"], one["result"]["color"]) for one in specials} <= {("null+nan", "#8e8e8e")}
    assert len(specials) == len(coloured)


@BOARD
def test_bars_begin_at_zero(board: dict[str, Any]) -> None:
    settings = [panel["fieldConfig"]["defaults"] for panel in shown(board) if panel["type"] == "timeseries"]
    assert {found.get("min") for found in settings if found["custom"]["drawStyle"] == "bars"} <= {0}


@BOARD
def test_no_panel_is_finer_than_a_minute(board: dict[str, Any]) -> None:
    assert {panel["interval"] for panel in shown(board)} == {"1m"}


@BOARD
def test_a_graph_goes_by_the_interval_of_the_checks(board: dict[str, Any]) -> None:
    assert {query["interval"] for query in queries(board) if not query["instant"]} <= {"${step}s"}


@BOARD
def test_a_tooltip_lists_all_series_the_highest_first(board: dict[str, Any]) -> None:
    tooltips = [panel["options"].get("tooltip") for panel in shown(board) if panel["type"] != "heatmap"]

    assert [found for found in tooltips if found and (found["mode"], found["sort"]) != ("multi", "desc")] == []


@BOARD
def test_ref_ids_are_unique_within_a_panel(board: dict[str, Any]) -> None:
    for panel in shown(board):
        refs = [query["refId"] for query in panel["targets"]]
        assert len(set(refs)) == len(refs)


@IN_ENGLISH
def test_each_variable_is_chosen_among_what_those_before_it_leave(board: dict[str, Any]) -> None:
    before: list[str] = []
    for variable in board["templating"]["list"]:
        if variable["query"].startswith("label_values("):
            assert re.findall(r"(\w+)=~", variable["query"]) == before
            before.append(variable["name"])

    assert before[:2] == ["job", "instance"]


def links(part: object) -> Iterator[str]:
    """Yield the addresses of boards in any part of one."""
    if isinstance(part, str) and part.startswith("/d/"):
        yield part
    elif isinstance(part, dict | list):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from links(inner)


@BOARD
def test_a_link_leads_to_a_board_of_the_same_language_with_variables_that_it_has(board: dict[str, Any]) -> None:
    variables = {
        found["uid"]: {f"var-{each['name']}" for each in found["templating"]["list"]} for found in BOARDS.values()
    }
    for url in links(board):
        uid = urlsplit(url).path.removeprefix("/d/")
        assert uid.endswith("-zh") == board["uid"].endswith("-zh")
        assert {name for name, _ in parse_qsl(urlsplit(url).query)} <= variables[uid]


@BOARD
def test_a_link_keeps_the_time_the_source_and_the_monitor(board: dict[str, Any]) -> None:
    kept = "${__url_time_range}&${datasource:queryparam}&${job:queryparam}&${instance:queryparam}"

    assert [url for url in links(board) if not url.partition("?")[2].startswith(kept)] == []


def test_every_board_but_that_of_the_monitor_leads_on() -> None:
    assert [board["uid"] for board in ENGLISH.values() if not list(links(board))] == ["wnmon-self"]


@BOARD
def test_a_board_leads_to_its_family_and_to_the_page_of_wnmon_with_the_time_shown(board: dict[str, Any]) -> None:
    family, own_page = board["links"]

    assert (family["type"], family["tags"], family["keepTime"], family["includeVars"]) == (
        "dashboards",
        ["wnmon"],
        True,
        True,
    )
    assert own_page["url"].startswith("${wnmon_url}/")
    assert own_page["keepTime"] is True


@BOARD
def test_alerts_are_drawn_into_the_graphs_but_not_the_watchdog(board: dict[str, Any]) -> None:
    (annotation,) = board["annotations"]["list"]

    assert 'alertname!="WnmonWatchdog", alertstate="firing"' in annotation["expr"]


def test_every_metric_used_is_known() -> None:
    known = {*CATALOGUE, *RECORDED, *NOT_OURS}

    assert sorted({name for expr in (*ASKED, *RULED) for name in metrics_in(expr)} - known) == []


def test_every_metric_of_the_catalogue_is_looked_at_or_has_a_reason_not_to_be() -> None:
    used = {name for expr in (*ASKED, *RULED) for name in metrics_in(expr)}

    assert set(CATALOGUE) - used == set(UNUSED)


def test_promtool_reads_every_expression_of_the_boards(tmp_path: Path) -> None:
    if shutil.which("promtool") is None and "CI" not in os.environ:
        pytest.skip("promtool is not installed")
    rules = [{"record": f"board:query:{index}", "expr": filled_in(expr)} for index, expr in enumerate(ASKED)]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "boards", "rules": rules}]}))
    done = subprocess.run(["promtool", "check", "rules", "rules.yml"], cwd=tmp_path, capture_output=True, check=False)

    assert (done.returncode, done.stderr) == (0, b"")


def test_the_first_answers_need_no_scrolling() -> None:
    """About 22 rows of the grid are seen at once at 1080 lines: the status, the targets and their history."""
    below = [panel["title"] for panel in shown(BOARDS[NAMES[0]]) if panel["gridPos"]["y"] + panel["gridPos"]["h"] <= 22]

    assert below[:3] == ["Targets up", "No change since", "Uptime"]
    assert below[-2:] == ["Targets", "History"]


def test_degraded_has_a_colour_of_its_own() -> None:
    (history,) = (panel for panel in shown(BOARDS[NAMES[0]]) if panel["title"] == "History")
    (values,) = (
        found["options"] for found in history["fieldConfig"]["defaults"]["mappings"] if found["type"] == "value"
    )

    assert len({value["color"] for value in values.values()}) == len(values) == 5


def test_every_reason_has_a_colour() -> None:
    assert sorted(reason_colours()) == sorted(reason.value for reason in Reason if reason is not Reason.OK)


def test_the_committed_rules_are_what_the_generator_writes(tmp_path: Path) -> None:
    write_rules(tmp_path)

    names = sorted(path.name for path in tmp_path.iterdir())
    assert [
        name for name in names if (tmp_path / name).read_bytes() != (FOLDER / "prometheus" / name).read_bytes()
    ] == []


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_of_a_target_carries_whose_it_is(rule: dict[str, Any]) -> None:
    owned = "group_left (team, env) wnmon:target_owner:info" in rule["expr"]

    assert owned == ("$labels.target" in rule["annotations"]["summary"])


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_says_what_where_and_what_to_do(rule: dict[str, Any]) -> None:
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url", "dashboard_url"}


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_links_to_a_board_of_wnmon(rule: dict[str, Any]) -> None:
    boards = "overview|target|model|conformance|slo|cost|self"

    assert re.match(rf"https://GRAFANA/d/wnmon-({boards})(\?var-|$)", rule["annotations"]["dashboard_url"])


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_the_runbook_has_a_section_for_the_alert(rule: dict[str, Any]) -> None:
    page = (FOLDER.parent / "docs" / "runbook.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (\w+)$", page, re.MULTILINE)

    assert rule["annotations"]["runbook_url"] in {f"{RUNBOOK}{heading.lower()}" for heading in headings}


def test_the_shipped_prometheus_reads_the_shipped_rules() -> None:
    config = yaml.safe_load((FOLDER / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))

    assert config["rule_files"] == ["recording.yml", "alerts.yml"]
