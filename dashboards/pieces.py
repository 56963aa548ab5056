"""Panels in the house style: the pieces the boards are put together from."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    dashboard,
    heatmap,
    prometheus,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.models import common as looks
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import heatmap as heat_looks
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from dashboards.empty import Empty
from dashboards.language import Language
from dashboards.queries import DEGRADED, FAILED, MAINTENANCE, PASSED, UNKNOWN

# A variable, not ${DS_PROMETHEUS}: provisioning from files does not fill __inputs (grafana issue 10786).
DATASOURCE = model.DataSourceRef(type_val="prometheus", uid="${datasource}")
MIN_INTERVAL = "1m"

GREEN, AMBER, RED, BLUE, GREY = "green", "light-orange", "light-red", "blue", "#8e8e8e"

Colours = Sequence[tuple[float | None, str]]
Values = Mapping[str, tuple[str, str]]
Link = tuple[str, str]

_NAME = re.compile(r"\b(?:(?:wnmon|process|python|scrape)_\w+|wnmon:\w+:\w+|up\b|ALERTS)")
# It only says which probes are plain checks.
_JOINED = "wnmon_probe_info"


class Form(Enum):
    """How the answer of a query is wanted."""

    GRAPH = auto()
    NUMBER = auto()
    ROWS = auto()
    BUCKETS = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One query. `empty` says when it may give nothing, where that differs from its panel."""

    expr: str
    legend: str = "__auto"
    form: Form = Form.GRAPH
    empty: Empty | None = None
    exemplars: bool = False

    def built(self, ref: str) -> prometheus.Dataquery:
        """Return it for the SDK. The step of a graph is an interval of the checks: sparse probes leave no holes."""
        query = prometheus.Dataquery().expr(self.expr).legend_format(self.legend).ref_id(ref)
        if self.form in (Form.NUMBER, Form.ROWS):
            query.instant()
        else:
            query.range().interval("${step}s")
        if self.form in (Form.ROWS, Form.BUCKETS):
            query.format(PromQueryFormat.TABLE if self.form is Form.ROWS else PromQueryFormat.HEATMAP)
        return query.exemplar(True) if self.exemplars else query


def now(expr: str, legend: str = "__auto", empty: Empty | None = None) -> Query:
    """Return a query for the value of now."""
    return Query(expr=expr, legend=legend, form=Form.NUMBER, empty=empty)


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One panel. `size` is width and height on the grid, `bare` makes the panel of its kind, without what all have."""

    title: str
    about: str
    size: tuple[int, int]
    unit: str
    empty: Empty
    queries: Sequence[Query]
    bare: Callable[[], Any]
    values: Values = field(default_factory=dict)

    @property
    def metrics(self) -> tuple[str, ...]:
        """Return the metrics it shows, in the order of its queries."""
        found = dict.fromkeys(
            re.sub(r"_(bucket|sum|count)$", "", name) for query in self.queries for name in _NAME.findall(query.expr)
        )
        return tuple(name for name in found if name != _JOINED or len(found) == 1)

    def asked(self) -> list[tuple[str, Query, Empty]]:
        """Return each query with its ref and with the reason for which it may be empty."""
        refs = (chr(ord("A") + index) for index in range(26))
        return [(ref, query, query.empty or self.empty) for ref, query in zip(refs, self.queries, strict=False)]

    def placed(self, say: Language, id_: int, x: int, y: int) -> Any:
        """Return it for the SDK, at a place on the grid."""
        w, h = self.size
        nothing = self.empty.shown(say)
        panel = (
            self.bare()
            .id(id_)
            .title(self.title)
            .description(f"{self.about} {', '.join(f'`{name}`' for name in self.metrics)}")
            .datasource(DATASOURCE)
            .grid_pos(model.GridPos(x=x, y=y, w=w, h=h))
            .interval(MIN_INTERVAL)
            .unit(self.unit)
            .no_value(nothing)
            .mappings([*([mapped(self.values)] if self.values else []), _not_a_number(nothing)])
        )
        for ref, query, _ in self.asked():
            panel.with_target(query.built(ref))
        return panel


def thresholds(colours: Colours) -> dashboard.ThresholdsConfig:
    """Return colours from -infinity, written None, upwards."""
    steps = [model.Threshold(value=value, color=colour) for value, colour in colours]
    return dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(steps)


def mapped(values: Values) -> model.ValueMap:
    """Return value -> (text, colour)."""
    return model.ValueMap(
        {
            value: model.ValueMappingResult(text=text, color=colour, index=index)
            for index, (value, (text, colour)) in enumerate(values.items())
        }
    )


def _not_a_number(text: str) -> model.SpecialValueMap:
    """A quotient of nothing by nothing."""
    return _special(model.SpecialValueMatch.NA_N, text)


def _special(match: model.SpecialValueMatch, text: str) -> model.SpecialValueMap:
    return model.SpecialValueMap(
        model.DashboardSpecialValueMapOptions(
            match=match, result=model.ValueMappingResult(text=text, color=GREY, index=99)
        )
    )


def states_shown(say: Language) -> Values:
    """Return the text and colour of each state."""
    return {
        str(FAILED): (say("failed", "失败"), RED),
        str(PASSED): (say("up", "可用"), GREEN),
        str(DEGRADED): (say("degraded", "降级"), "yellow"),
        str(MAINTENANCE): (say("maintenance", "维护"), BLUE),
        str(UNKNOWN): (say("unknown", "未知"), GREY),
    }


def up_or_down(say: Language) -> Values:
    """Return the text and colour of the confirmed state."""
    return {"1": (say("up", "可用"), GREEN), "0": (say("down", "不可用"), RED)}


def yes_or_no(say: Language, *, good: bool = False) -> Values:
    """Return the text of 1 and 0. `good`: 1 is as it should be; else neither is good or bad."""
    yes, no = (GREEN, AMBER) if good else ("text", "text")
    return {"1": (say("yes", "是"), yes), "0": (say("no", "否"), no)}


def drill(say: Language, uid: str, *variables: str) -> str:
    """Return the address of another board for the same time, source and monitor; each variable as `name=value`."""
    kept = ("${__url_time_range}", *(f"${{{name}:queryparam}}" for name in ("datasource", "job", "instance")))
    return f"/d/{uid}{say.suffix}?{'&'.join([*kept, *(f'var-{variable}' for variable in variables)])}"


def of_field(label: str) -> str:
    """Return what a link of a graph says for a label of the series clicked on."""
    return f"{label}=${{__field.labels.{label}:percentencode}}"


def number(colours: Colours = ((None, "text"),), *, decimals: int | None = None) -> Callable[[], Any]:
    """Make a stat: the state of now, without a sparkline that would pretend to be a history."""

    def bare() -> Any:
        panel = (
            stat.Panel()
            .graph_mode(looks.BigValueGraphMode.NONE)
            .color_mode(looks.BigValueColorMode.VALUE)
            .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
            .thresholds(thresholds(colours))
            # Of two values in a stat as low as ours Grafana writes the names too small to read.
            .text(common.VizTextDisplayOptions().title_size(13))
        )
        return panel if decimals is None else panel.decimals(decimals)

    return bare


def lines(
    *, link: Link | None = None, limits: Colours = (), dashed: str = "", top: float | None = None, bottom: float = 0
) -> Callable[[], Any]:
    """Make a time series of lines. `limits` are drawn as lines too; series of the regex `dashed` are dashed."""

    def bare() -> Any:
        panel = (
            _graph()
            .draw_style(looks.GraphDrawStyle.LINE)
            .line_width(2)
            .fill_opacity(5)
            .show_points(looks.VisibilityMode.AUTO)
            .span_nulls(True)
        )
        if link:
            panel.data_links([_linked(link)])
        if top is not None:
            panel.min(bottom).max(top)
        if limits:
            style = common.GraphThresholdsStyleConfig().mode(looks.GraphThresholdsStyleMode.DASHED)
            panel.thresholds(thresholds(limits)).thresholds_style(style)
        if dashed:
            line = {"fill": "dash", "dash": [10, 10]}
            panel.override_by_regexp(dashed, [model.DynamicConfigValue(id_val="custom.lineStyle", value=line)])
        return panel

    return bare


def stacked_bars(colours: Mapping[str, str] | None = None, *, link: Link | None = None) -> Callable[[], Any]:
    """Make stacked bars, each named series with its fixed colour."""

    def bare() -> Any:
        panel = (
            _graph()
            .draw_style(looks.GraphDrawStyle.BARS)
            .fill_opacity(80)
            .line_width(0)
            .min(0)
            .stacking(common.StackingConfig().mode(looks.StackingMode.NORMAL))
        )
        if link:
            panel.data_links([_linked(link)])
        for name, colour in (colours or {}).items():
            fixed = {"mode": "fixed", "fixedColor": colour}
            panel.override_by_name(name, [model.DynamicConfigValue(id_val="color", value=fixed)])
        return panel

    return bare


def states(*, link: Link | None = None) -> Callable[[], Any]:
    """Make a state timeline. Where nothing is known it stays empty."""

    def bare() -> Any:
        panel = (
            statetimeline.Panel()
            .merge_values(True)
            .row_height(0.8)
            .line_width(0)
            .fill_opacity(80)
            .show_value(looks.VisibilityMode.NEVER)
            .legend(_legend())
            .tooltip(_tooltip())
        )
        return panel.data_links([_linked(link)]) if link else panel

    return bare


def bars_by_size() -> Any:
    """Make horizontal bars of values of now, for comparing."""
    return (
        bargauge.Panel()
        .orientation(looks.VizOrientation.HORIZONTAL)
        .display_mode(looks.BarGaugeDisplayMode.GRADIENT)
        .show_unfilled(True)
        .min(0)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .thresholds(thresholds([(None, BLUE)]))
    )


def heat() -> Any:
    """Make a heatmap of the buckets of a histogram."""
    return (
        heatmap.Panel()
        .calculate(False)
        .cell_gap(1)
        .y_axis(heatmap.YAxisConfig().unit("s").reverse(False))
        .color(heatmap.HeatmapColorOptions().scheme("Blues").mode(heat_looks.HeatmapColorMode.SCHEME).steps(64))
        .hide_legend()
        .filter_values(heatmap.FilterValueRange().le(1e-9))
        .mode(looks.TooltipDisplayMode.SINGLE)
        # The SDK reads an empty setting where there is none.
        .scale_distribution(common.ScaleDistributionConfig().type(looks.ScaleDistribution.LINEAR))
    )


# Names of these are longer than their titles.
KEY_WIDTHS = {"target": 110, "model": 215, "profile": 110, "alertname": 190, "host": 150, "sha": 160}


def width(title: str) -> int:
    """Return how wide a column must be for its title, in pixels; Grafana's 150 for each hides half a table."""
    return max(75, 22 + sum(9 if letter.isascii() else 15 for letter in title))


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table, one query. `hidden`: only the labels that its answer brings are wanted."""

    title: str
    expr: str
    unit: str = "short"
    empty: Empty | None = None
    decimals: int | None = None
    colours: Colours = ()
    values: Values = field(default_factory=dict)
    hidden: bool = False

    def looks(self, nothing: str) -> list[model.DynamicConfigValue]:
        """Return how the column differs from the table's default. `nothing` stands where a row has no value."""
        found: dict[str, object] = {"unit": self.unit, "noValue": nothing, "custom.minWidth": width(self.title)}
        if self.decimals is not None:
            found["decimals"] = self.decimals
        if self.values or self.colours:
            # Without one of its own, an empty cell takes the colour of the lowest threshold: good, as often as not.
            empty = _special(model.SpecialValueMatch.NULL_AND_NAN, nothing)
            found["mappings"] = [*([mapped(self.values)] if self.values else []), empty]
        if self.colours:
            found["thresholds"] = thresholds(self.colours).build()
        # A filled cell is for a state. Where every number had one, the bad number among them would not stand out.
        if any(colour != "text" for _, colour in self.values.values()):
            found["custom.cellOptions"] = {"type": "color-background", "mode": "basic"}
            found["custom.align"] = "left"
        elif self.colours:
            found["custom.cellOptions"] = {"type": "color-text"}
        return [model.DynamicConfigValue(id_val=name, value=value) for name, value in found.items()]


def rows(
    say: Language,
    keys: Mapping[str, str],
    columns: Sequence[Column],
    *,
    links: Mapping[str, Link] | None = None,
    **frame: Any,
) -> Panel:
    """Return a table. `keys` are the labels that tell the rows apart, with their titles; `links` are of keys."""
    empty: Empty = frame["empty"]
    first = common.TableSortByFieldState().display_name(next(iter(keys.values()))).desc(False)

    def bare() -> Any:
        panel = _table().sort_by([first])
        panel.with_transformation(model.DataTransformerConfig(id_val="merge", options={}))
        panel.with_transformation(model.DataTransformerConfig(id_val="organize", options=_organized(keys, columns)))
        for key, (text, url) in (links or {}).items():
            value = [{"title": text, "url": url}]
            panel.override_by_name(keys[key], [model.DynamicConfigValue(id_val="links", value=value)])
        for key, text in keys.items():
            least = model.DynamicConfigValue(id_val="custom.minWidth", value=KEY_WIDTHS.get(key, width(text)))
            panel.override_by_name(text, [least])
        for column in columns:
            if not column.hidden:
                panel.override_by_name(column.title, column.looks((column.empty or empty).shown(say)))
        return panel

    queries = [Query(expr=column.expr, form=Form.ROWS, empty=column.empty) for column in columns]
    return Panel(**frame, unit="short", queries=queries, bare=bare)


def _organized(keys: Mapping[str, str], columns: Sequence[Column]) -> dict[str, object]:
    # With one query Grafana calls its value `Value`, with several `Value #A` and so on.
    of = ["Value"] if len(columns) == 1 else [f"Value #{chr(ord('A') + index)}" for index in range(len(columns))]
    shown = {name: column.title for name, column in zip(of, columns, strict=True) if not column.hidden}
    hidden = [name for name, column in zip(of, columns, strict=True) if column.hidden]
    return {
        "excludeByName": dict.fromkeys(["Time", *hidden], True),
        "indexByName": {name: index for index, name in enumerate([*keys, *shown])},
        "renameByName": {**keys, **shown},
    }


def matrix(row: str, column: str, colours: bool = True) -> Callable[[], Any]:
    """Make a table with a row per value of one label and a column per value of another."""

    def bare() -> Any:
        options = {"columnField": column, "rowField": row, "valueField": "Value", "emptyValue": "null"}
        panel = _table()
        panel.with_transformation(model.DataTransformerConfig(id_val="groupingToMatrix", options=options))
        cell = {"type": "color-background", "mode": "basic"} if colours else {"type": "auto"}
        found = {"custom.cellOptions": cell, "custom.align": "left"}
        values = [model.DynamicConfigValue(id_val=name, value=value) for name, value in found.items()]
        return panel.override_by_regexp(rf"^(?!{row}\\).*", values)

    return bare


def _table() -> Any:
    return table.Panel().cell_height(looks.TableCellHeight.SM).align(looks.FieldTextAlignment.AUTO)


def _linked(link: Link) -> dashboard.DashboardLink:
    title, url = link
    return dashboard.DashboardLink(title).url(url)


def _graph() -> Any:
    return timeseries.Panel().legend(_legend()).tooltip(_tooltip())


def _legend() -> common.VizLegendOptions:
    return (
        common.VizLegendOptions()
        .display_mode(looks.LegendDisplayMode.LIST)
        .placement(looks.LegendPlacement.BOTTOM)
        .show_legend(True)
    )


def _tooltip() -> common.VizTooltipOptions:
    return common.VizTooltipOptions().mode(looks.TooltipDisplayMode.MULTI).sort(looks.SortOrder.DESCENDING)
