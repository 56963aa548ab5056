"""Panels in the house style: the pieces the boards are put together from. Needs the development dependencies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.models import common as looks
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

Say = Callable[[str, str], str]
Box = tuple[int, int, int, int]

# A variable, not ${DS_PROMETHEUS}: provisioning from files does not fill __inputs (grafana issue 10786).
DATASOURCE = model.DataSourceRef(type_val="prometheus", uid="${datasource}")
MIN_INTERVAL = "1m"

GREEN, AMBER, RED = "green", "light-orange", "light-red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What every panel has. `metric` is named at the end of the description; `box` is x, y, w, h on the grid."""

    id: int
    title: str
    about: str
    metric: str
    box: Box
    unit: str
    empty: str

    def dress(self, panel: Any) -> Any:
        """Put the frame on a panel builder."""
        x, y, w, h = self.box
        return (
            panel.id(self.id)
            .title(self.title)
            .description(f"{self.about} `{self.metric}`")
            .datasource(DATASOURCE)
            .grid_pos(model.GridPos(x=x, y=y, w=w, h=h))
            .interval(MIN_INTERVAL)
            .unit(self.unit)
            .no_value(self.empty)
        )


def over_time(expr: str, legend: str, ref: str = "A") -> prometheus.Dataquery:
    """Return a range query. Its smallest step is the board's resolution, so that sparse probes leave no holes."""
    return prometheus.Dataquery().expr(expr).range().legend_format(legend).ref_id(ref).interval("$step")


def at_once(expr: str, legend: str = "", ref: str = "A") -> prometheus.Dataquery:
    """Return an instant query."""
    return prometheus.Dataquery().expr(expr).instant().legend_format(legend or "__auto").ref_id(ref)


def cells(expr: str, ref: str) -> prometheus.Dataquery:
    """Return an instant query as a table."""
    return at_once(expr, ref=ref).format(PromQueryFormat.TABLE)


def thresholds(start: str, *steps: tuple[float, str]) -> dashboard.ThresholdsConfig:
    """Return colours from -infinity upwards."""
    colours = [model.Threshold(value=None, color=start)]
    colours += [model.Threshold(value=value, color=colour) for value, colour in steps]
    return dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(colours)


def mapped(values: Mapping[str, tuple[str, str]]) -> model.ValueMap:
    """Return value -> (text, colour)."""
    return model.ValueMap(
        {
            value: model.ValueMappingResult(text=text, color=colour, index=index)
            for index, (value, (text, colour)) in enumerate(values.items())
        }
    )


def number(frame: Frame, queries: Sequence[prometheus.Dataquery], colours: dashboard.ThresholdsConfig) -> Any:
    """Return a stat: the state of now, without a sparkline that would pretend to be a history."""
    panel = (
        frame.dress(stat.Panel())
        .graph_mode(looks.BigValueGraphMode.NONE)
        .color_mode(looks.BigValueColorMode.VALUE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .thresholds(colours)
    )
    return _with(panel, queries)


def lines(frame: Frame, queries: Sequence[prometheus.Dataquery]) -> Any:
    """Return a time series of lines."""
    panel = (
        _graph(frame)
        .draw_style(looks.GraphDrawStyle.LINE)
        .line_width(2)
        .fill_opacity(5)
        .show_points(looks.VisibilityMode.AUTO)
        .span_nulls(True)
    )
    return _with(panel, queries)


def stacked_bars(frame: Frame, queries: Sequence[prometheus.Dataquery], colours: Mapping[str, str]) -> Any:
    """Return stacked bars, each series name with its fixed colour."""
    panel = (
        _graph(frame)
        .draw_style(looks.GraphDrawStyle.BARS)
        .fill_opacity(80)
        .line_width(0)
        .stacking(common.StackingConfig().mode(looks.StackingMode.NORMAL))
    )
    for name, colour in colours.items():
        panel.override_by_name(name, [_fixed(colour)])
    return _with(panel, queries)


def states(frame: Frame, queries: Sequence[prometheus.Dataquery], values: model.ValueMap) -> Any:
    """Return a state timeline."""
    panel = (
        frame.dress(statetimeline.Panel())
        .mappings([values])
        .merge_values(True)
        .row_height(0.8)
        .line_width(0)
        .fill_opacity(80)
        .show_value(looks.VisibilityMode.NEVER)
        .legend(_legend())
        .tooltip(_tooltip())
    )
    return _with(panel, queries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table, one query."""

    title: str
    expr: str
    unit: str
    decimals: int | None = None
    colours: dashboard.ThresholdsConfig | None = None
    values: model.ValueMap | None = None

    def looks(self) -> list[model.DynamicConfigValue]:
        """Return how the column differs from the table's default."""
        found: dict[str, object] = {"unit": self.unit}
        if self.decimals is not None:
            found["decimals"] = self.decimals
        if self.values is not None:
            found["mappings"] = [self.values]
        if self.colours is not None:
            found["thresholds"] = self.colours.build()
        if self.colours is not None or self.values is not None:
            found["custom.cellOptions"] = {"type": "color-background", "mode": "basic"}
        return [model.DynamicConfigValue(id_val=name, value=value) for name, value in found.items()]


def by_target(frame: Frame, columns: Sequence[Column], key_title: str) -> Any:
    """Return a table with one row per target. Every query must give exactly the label `target`."""
    refs = [chr(ord("A") + index) for index in range(len(columns))]
    names = {f"Value #{ref}": column.title for ref, column in zip(refs, columns, strict=True)}
    order = {name: index for index, name in enumerate(["target", *names])}
    panel = frame.dress(table.Panel()).cell_height(looks.TableCellHeight.SM).align(looks.FieldTextAlignment.AUTO)
    panel.with_transformation(model.DataTransformerConfig(id_val="merge", options={}))
    panel.with_transformation(
        model.DataTransformerConfig(
            id_val="organize",
            options={
                "excludeByName": {"Time": True},
                "indexByName": order,
                "renameByName": {"target": key_title, **names},
            },
        )
    )
    for column in columns:
        panel.override_by_name(column.title, column.looks())
    return _with(panel, [cells(column.expr, ref) for ref, column in zip(refs, columns, strict=True)])


def _with(panel: Any, queries: Sequence[prometheus.Dataquery]) -> Any:
    for query in queries:
        panel.with_target(query)
    return panel


def _graph(frame: Frame) -> Any:
    return frame.dress(timeseries.Panel()).legend(_legend()).tooltip(_tooltip())


def _legend() -> common.VizLegendOptions:
    return (
        common.VizLegendOptions()
        .display_mode(looks.LegendDisplayMode.LIST)
        .placement(looks.LegendPlacement.BOTTOM)
        .show_legend(True)
    )


def _tooltip() -> common.VizTooltipOptions:
    return common.VizTooltipOptions().mode(looks.TooltipDisplayMode.MULTI).sort(looks.SortOrder.DESCENDING)


def _fixed(colour: str) -> model.DynamicConfigValue:
    return model.DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": colour})
