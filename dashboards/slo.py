"""The board of objectives: what was attained, how much error budget is left, how fast it burns, what was left out."""

from __future__ import annotations

from functools import partial

from dashboards.board import Board, Row
from dashboards.common import BUDGET_COLOURS
from dashboards.empty import Empty
from dashboards.language import Language
from dashboards.pieces import AMBER, RED, Column, Panel, Query, drill, lines, rows, stacked_bars
from dashboards.queries import OWN, recorded

EACH = "target, model, slo"
LEGEND = "{{target}} / {{model}} / {{slo}}"
# 2 % of the budget of 30 days in an hour, 5 % in six, 10 % in a day, and what lasts just as long as the window.
BURN_LINES = ((None, "transparent"), (1, "yellow"), (3, AMBER), (6, "orange"), (14.4, RED))


def text(say: Language) -> tuple[str, str]:
    """Return the title and what the board answers."""
    return (
        say("wnmon / SLO", "wnmon / SLO 目标"),
        say(
            "Which objectives are met, how much error budget is left, and how fast it is burning.",
            "哪些目标达成、还剩多少错误预算、消耗有多快。",
        ),
    )


def all_rows(say: Language) -> list[Row]:
    """Return the panels."""
    return [
        Row(title="", panels=[_table(say)]),
        Row(title=say("Error budget", "错误预算"), panels=[_left(say), _burn(say), _errors_ratio(say)]),
        Row(title=say("Events", "事件"), panels=[_bad(say), _counted(say), _left_out(say)]),
    ]


BOARD = Board(uid="wnmon-slo", text=text, rows=all_rows, variables=("target", "model", "slo"), time="now-7d")


def raw(metric: str) -> str:
    """Select a metric of objectives as wnmon publishes it."""
    return f'{metric}{{{OWN}, target=~"$target", model=~"$model", slo=~"$slo"}}'


def _table(say: Language) -> Panel:
    title = "SLO"
    chosen = f'slo=${{__data.fields["{title}"]:percentencode}}'
    share = partial(Column, unit="percentunit", decimals=3)
    burn = partial(Column, decimals=1, colours=((None, "text"), *BURN_LINES[1:]))

    def of(function: str, series: str) -> str:
        return f"{function} by ({EACH}) ({series})"

    return rows(
        say,
        {
            "slo": title,
            "target": say("Target", "目标"),
            "model": say("Model", "模型"),
            "indicator": say("Indicator", "指标"),
        },
        [
            Column(title="", expr=f"max by ({EACH}, indicator) ({raw('wnmon_slo_info')})", hidden=True),
            share(
                title=say("Objective", "目标值"),
                expr=of("max", recorded("wnmon:slo_objective:ratio")),
            ),
            Column(
                title=say("Threshold", "阈值"),
                expr=of("max", raw("wnmon_slo_threshold_seconds")),
                unit="s",
                empty=Empty.LATENCY_SLO,
            ),
            # In days, since Grafana's own unit would call 30 of them 4 weeks.
            Column(
                title=say("Days", "天数"),
                expr=f"{of('max', raw('wnmon_slo_window_seconds'))} / 86400",
                decimals=0,
            ),
            share(
                title=say("Attained", "达成"),
                expr=f"1 - {of('max', recorded('wnmon:slo_error:ratio_window'))}",
            ),
            share(
                title=say("May fail", "允许出错"),
                expr=of("min", recorded("wnmon:slo_error_budget:ratio")),
            ),
            Column(
                title=say("Budget left", "剩余预算"),
                expr=of("min", recorded("wnmon:slo_budget_remaining:ratio")),
                unit="percentunit",
                decimals=1,
                colours=BUDGET_COLOURS,
            ),
            burn(
                title=say("Burn 1 h", "1 小时消耗率"),
                expr=of("max", recorded("wnmon:slo_burn_rate:ratio_increase1h")),
            ),
            burn(
                title=say("Burn 6 h", "6 小时消耗率"),
                expr=of("max", recorded("wnmon:slo_burn_rate:ratio_increase6h")),
            ),
            Column(
                title=say("Bad in range", "时段内出错"),
                expr=f"sum by ({EACH}) (increase({raw('wnmon_slo_errors_total')}[$__range]))",
                decimals=0,
            ),
            Column(
                title=say("Of", "总数"),
                expr=f"sum by ({EACH}) (increase({raw('wnmon_slo_events_total')}[$__range]))",
                decimals=0,
            ),
        ],
        links={"slo": (say("Only this one", "仅看此项"), drill(say, "wnmon-slo", chosen))},
        title=say("Objectives", "目标"),
        about=say(
            "One row per objective, target and model. Attained and left are of the window of the objective.",
            "每个目标、中转站与模型一行。达成与剩余按该目标自身的窗口计算。",
        ),
        size=(24, 10),
        empty=Empty.SLO,
    )


def _left(say: Language) -> Panel:
    return Panel(
        title=say("Error budget left", "剩余错误预算"),
        about=say(
            "100 %: nothing failed; 0: as much failed as may; below, the objective is missed. It is cut at -100 %.",
            "100% 表示无出错；0 表示恰好用尽；低于 0 即未达标。图在 -100% 处截断。",
        ),
        size=(12, 9),
        unit="percentunit",
        empty=Empty.SLO,
        queries=[Query(expr=recorded("wnmon:slo_budget_remaining:ratio"), legend=LEGEND)],
        bare=lines(limits=((None, RED), (0, "transparent")), top=1, bottom=-1),
    )


def _burn(say: Language) -> Panel:
    return Panel(
        title=say("Burn rate", "消耗率"),
        about=say(
            "1 uses the budget up just by the end of the window. Lines: the alerts' for 30 d: 14.4, 6, 3, 1.",
            "1 表示恰好在窗口结束时用尽。横线为 30 天窗口的告警所用：14.4、6、3、1。",
        ),
        size=(12, 9),
        unit="short",
        empty=Empty.SLO,
        queries=[
            Query(expr=recorded("wnmon:slo_burn_rate:ratio_increase1h"), legend=f"{LEGEND} 1h"),
            Query(expr=recorded("wnmon:slo_burn_rate:ratio_increase6h"), legend=f"{LEGEND} 6h"),
        ],
        bare=lines(limits=BURN_LINES, dashed=".* 6h"),
    )


def _errors_ratio(say: Language) -> Panel:
    return Panel(
        title=say("Share of bad events, objective dashed", "出错比例（虚线为允许值）"),
        about=say("Over six hours, and what may fail.", "六小时内的出错比例，以及允许的比例。"),
        size=(24, 8),
        unit="percentunit",
        empty=Empty.SLO,
        queries=[
            Query(expr=recorded("wnmon:slo_error:ratio_increase6h"), legend=LEGEND),
            Query(
                expr=f"max by (slo) ({recorded('wnmon:slo_error_budget:ratio')})",
                legend=f"{{{{slo}}}} {say('may fail', '允许')}",
            ),
        ],
        bare=lines(dashed=f".* {say('may fail', '允许')}"),
    )


def _events(title: str, about: str, metric: str, by: str, empty: Empty) -> Panel:
    above = " > 0" if empty is Empty.LEFT_OUT else ""
    return Panel(
        title=title,
        about=about,
        size=(8, 8),
        unit="short",
        empty=empty,
        queries=[
            Query(
                expr=f"sum by ({by}) (increase({raw(metric)}[$__rate_interval])){above}",
                legend=" / ".join(f"{{{{{label}}}}}" for label in by.split(", ")),
            )
        ],
        bare=stacked_bars(),
    )


def _bad(say: Language) -> Panel:
    return _events(
        say("Bad events", "出错事件"),
        say("As wnmon itself classified each run.", "由 wnmon 对每次运行分类。"),
        "wnmon_slo_errors_total",
        "target, slo",
        Empty.SLO,
    )


def _counted(say: Language) -> Panel:
    return _events(
        say("All events", "全部事件"),
        say("Few of them, and a single bad one weighs much.", "事件很少时，单个出错影响很大。"),
        "wnmon_slo_events_total",
        "target, slo",
        Empty.SLO,
    )


def _left_out(say: Language) -> Panel:
    return _events(
        say("Left out, by cause", "按原因统计的排除"),
        say(
            "Runs that count neither way: wnmon's own faults, doubted latencies, rests, maintenance, re-checks.",
            "不计入的运行：wnmon 自身故障、存疑的延迟、暂停、维护、复查。",
        ),
        "wnmon_slo_excluded_total",
        "slo, cause",
        Empty.LEFT_OUT,
    )
