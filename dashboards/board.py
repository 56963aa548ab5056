"""A board as data, and how it is laid out: what all boards have, their variables, links and alerts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models import dashboard as model

from dashboards.language import Language
from dashboards.pieces import DATASOURCE, RED, Panel

GRID_WIDTH = 24

PAGE = "http://localhost:9877"
"""Where wnmon's own page is, from the browser, as compose.yaml publishes it. A field at the top of each board."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Panels in reading order, flowing from left to right. A row without a title has no heading."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One board in all languages: `text` gives its title and what it answers, `rows` its panels."""

    uid: str
    text: Callable[[Language], tuple[str, str]]
    rows: Callable[[Language], Sequence[Row]]
    variables: Sequence[str] = ("target", "model", "check")
    time: str = "now-24h"

    def built(self, say: Language) -> dashboard.Dashboard:
        """Return the board in one language, for the SDK."""
        title, about = self.text(say)
        board = (
            dashboard.Dashboard(title)
            .uid(self.uid + say.suffix)
            .description(about)
            .tags(["wnmon"])
            .refresh("1m")
            .time(self.time, "now")
            .timezone("browser")
            .readonly()
            .tooltip(model.DashboardCursorSync.CROSSHAIR)
            .annotation(_alerts(say))
        )
        for link in (_family(say), _page(say)):
            board.link(link)
        for variable in _variables(say, self.variables):
            board.with_variable(variable)
        for panel in _laid_out(say, self.rows(say)):
            if isinstance(panel, dashboard.Row):
                board.with_row(panel)
            else:
                board.with_panel(panel)
        return board


def _laid_out(say: Language, all_rows: Sequence[Row]) -> Iterator[Any]:
    """Give each panel the next number and place; a line of panels is as high as its highest."""
    id_, y = 0, 0
    for row in all_rows:
        x = line = 0
        if row.title:
            id_ += 1
            heading = dashboard.Row(row.title).id(id_).collapsed(False)
            yield heading.grid_pos(model.GridPos(x=0, y=y, w=GRID_WIDTH, h=1))
            y += 1
        for panel in row.panels:
            id_ += 1
            width, height = panel.size
            if x + width > GRID_WIDTH:
                x, y, line = 0, y + line, 0
            yield panel.placed(say, id_, x, y)
            x, line = x + width, max(line, height)
        y += line


def _family(say: Language) -> dashboard.DashboardLink:
    return (
        dashboard.DashboardLink(say("wnmon boards", "wnmon 面板"))
        .type(model.DashboardLinkType.DASHBOARDS)
        .tags(["wnmon"])
        .as_dropdown(True)
        .include_vars(True)
        .keep_time(True)
    )


def _page(say: Language) -> dashboard.DashboardLink:
    return (
        dashboard.DashboardLink(say("wnmon's page", "wnmon 页面"))
        .type(model.DashboardLinkType.LINK)
        .url(f"${{wnmon_url}}/{'?lang=zh' if say.chinese else ''}")
        .tooltip(say("The runs themselves, with their findings.", "各次运行及其发现。"))
        .icon("external link")
        .keep_time(True)
        .target_blank(True)
    )


def _alerts(say: Language) -> dashboard.AnnotationQuery:
    # The watchdog fires always.
    return (
        dashboard.AnnotationQuery()
        .name(say("Alerts", "告警"))
        .datasource(DATASOURCE)
        .enable(True)
        .icon_color(RED)
        .expr('ALERTS{alertname=~"Wnmon.+", alertname!="WnmonWatchdog", alertstate="firing"}')
    )


def _variables(say: Language, names: Sequence[str]) -> list[Any]:
    titles = {
        "job": say("Job", "任务"),
        "instance": say("Instance", "实例"),
        "target": say("Target", "目标"),
        "model": say("Model", "模型"),
        "check": say("Check", "检查"),
        "slo": "SLO",
    }
    source = dashboard.DatasourceVariable("datasource").label(say("Data source", "数据源")).type("prometheus")
    found: list[Any] = [source]
    matchers: list[str] = []
    for name in ("job", "instance", *names):
        first = "wnmon_slo_info" if name == "slo" else "wnmon_probe_info" if matchers[1:] else "wnmon_build_info"
        chosen = f"{{{', '.join(matchers)}}}" if matchers else ""
        found.append(_label_variable(name, titles[name], f"{first}{chosen}"))
        matchers.append(f'{name}=~"${name}"')
    return [*found, _step(say, matchers), _wnmon_url(say)]


def _label_variable(name: str, label: str, series: str) -> dashboard.QueryVariable:
    return (
        _query_variable(name, label, f"label_values({series}, {name})")
        .sort(model.VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".+")
        .current(model.VariableOption(selected=True, text=["All"], value=["$__all"]))
    )


def _step(say: Language, matchers: Sequence[str]) -> dashboard.QueryVariable:
    """Offer the intervals of the checks chosen, in seconds, the shortest first."""
    of_probes = [matcher for matcher in matchers if not matcher.startswith("slo=")]
    intervals = f"max by (check) (wnmon_probe_interval_seconds{{{', '.join(of_probes)}}})"
    return (
        _query_variable("step", say("Resolution (s)", "精度（秒）"), f"query_result(sort({intervals}))")
        .description(say("At least the interval of the checks looked at.", "不小于所看检查的间隔。"))
        .regex(r"/\} (\d+)/")
        .sort(model.VariableSort.NUMERICAL_ASC)
    )


def _query_variable(name: str, label: str, query: str) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(name)
        .label(label)
        .datasource(DATASOURCE)
        .query(query)
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
    )


def _wnmon_url(say: Language) -> dashboard.TextBoxVariable:
    return (
        dashboard.TextBoxVariable("wnmon_url")
        .label(say("wnmon's page", "wnmon 页面"))
        .description(say("Where your browser finds it.", "浏览器访问 wnmon 的地址。"))
        .default_value(PAGE)
        .current(model.VariableOption(selected=True, text=PAGE, value=PAGE))
        .options([model.VariableOption(selected=True, text=PAGE, value=PAGE)])
    )
