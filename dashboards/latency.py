"""Panels of latency that the boards of targets and models share."""

from __future__ import annotations

from dashboards.empty import Empty
from dashboards.language import Language
from dashboards.pieces import Panel, Query, lines, stacked_bars
from dashboards.queries import mean, probes, quantile

TTFT = "wnmon_probe_ttft_seconds"
DURATION = "wnmon_probe_duration_seconds"

# In the order in which they happen, from the first to the last.
PHASES = {
    "dns": "light-blue",
    "tcp": "blue",
    "tls": "dark-blue",
    "send": "light-purple",
    "wait": "orange",
    "first_token": "yellow",
    "stream": "green",
}


def quantiles(
    say: Language, family: str, title: str, *, empty: Empty = Empty.SUCCESS, exemplars: bool = False
) -> Panel:
    """Show the middle, the slow end and the exact mean of a latency. A point on it is one run, by its id."""
    window = "$__rate_interval"
    return Panel(
        title=say(f"{title}: p50, p95, mean", f"{title}：p50、p95、平均"),
        about=say(
            "Quantiles are read from buckets, true to the width of one; the mean is exact. Points are single runs.",
            "分位数由分桶估算，误差不超过桶宽；平均值精确。散点为单次运行。",
        ),
        size=(12, 8),
        unit="s",
        empty=empty,
        queries=[
            Query(expr=quantile("0.5", family, "", window), legend="p50"),
            Query(expr=quantile("0.95", family, "", window), legend="p95", exemplars=exemplars),
            Query(expr=mean(family, "", window), legend=say("mean", "平均")),
        ],
        bare=lines(dashed=say("mean", "平均")),
    )


def by_model(say: Language, family: str, title: str, *, q: str = "0.5", name: str = "p50") -> Panel:
    """Compare a latency of models."""
    return Panel(
        title=say(f"{title} {name} by model", f"{title} {name}（按模型）"),
        about=say("Successful and failed runs as the metric counts them.", "按该指标所计入的运行统计。"),
        size=(12, 8),
        unit="s",
        empty=Empty.SUCCESS,
        queries=[
            Query(expr=quantile(q, family, "target, model, ", "$__rate_interval"), legend="{{target}} / {{model}}")
        ],
        bare=lines(),
    )


def phases(say: Language) -> Panel:
    """Show where the time of a run goes."""
    return Panel(
        title=say("Phases of a run", "运行各阶段"),
        about=say(
            "Where the time of the last runs went, from the name to the last byte; the mean of the chosen probes.",
            "最近运行的时间分布，从域名解析到最后一个字节；取所选探测的平均。",
        ),
        size=(12, 8),
        unit="s",
        empty=Empty.TRACE,
        queries=[Query(expr=f"avg by (phase) ({probes('wnmon_probe_phase_seconds')})", legend="{{phase}}")],
        bare=stacked_bars(PHASES),
    )
