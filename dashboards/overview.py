"""The overview board: is it up, since when, how fast, and what is broken. English and Chinese from one source."""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models import dashboard as model
from pieces import (
    AMBER,
    DATASOURCE,
    GREEN,
    RED,
    Column,
    Frame,
    Say,
    at_once,
    by_target,
    lines,
    mapped,
    number,
    over_time,
    stacked_bars,
    states,
    thresholds,
)

SELECTED = 'job=~"$job", target=~"$target", model=~"$model"'
PROBE = "job, instance, target, check, model"
# A suite publishes success too, but a plain check decides whether a model is up.
PLAIN = f'and on ({PROBE}) wnmon_probe_info{{suite=""}}'

NETWORK = (
    "dns",
    "connect",
    "tls",
    "timeout_connect",
    "timeout_headers",
    "timeout_first_token",
    "timeout_total",
    "stall",
)
ACCOUNT = ("auth", "balance", "rate_limited", "model_unavailable")
ANSWER = ("http_4xx", "http_5xx", "protocol", "content_type", "bad_json", "schema", "stream", "truncated", "empty")
CONTENT = ("length", "content", "usage", "model", "slow", "too_large", "rule")
OURS = ("budget", "shutdown", "client", "internal")

RESOLUTIONS = ("1m", "5m", "15m", "1h", "6h")
RESOLUTION = "5m"

SHADES = ("super-light", "light", "semi-dark", "dark")


def reason_colours() -> dict[str, str]:
    """Return the fixed colour of each reason: a hue for whose trouble it is, a shade within it."""
    hues = {"orange": NETWORK, "purple": ACCOUNT, "red": ANSWER, "yellow": CONTENT, "blue": OURS}
    return {
        reason: f"{SHADES[index % len(SHADES)]}-{hue}"
        for hue, reasons in hues.items()
        for index, reason in enumerate(reasons)
    }


def overview(say: Say, *, uid: str) -> dashboard.Dashboard:
    """Return the board in the language `say(english, chinese)` chooses."""
    board = _empty_board(say, uid)
    for variable in _variables(say):
        board.with_variable(variable)
    for panel in [*_status(say), _targets(say), _history(say), *_latency(say), _failures(say), _duration(say)]:
        board.with_panel(panel)
    return board


def _empty_board(say: Say, uid: str) -> dashboard.Dashboard:
    return (
        dashboard.Dashboard(say("wnmon / overview", "wnmon / 总览"))
        .uid(uid)
        .description(
            say(
                "Which relays are up, how fast they are, and what is broken, as wnmon measures it.",
                "各中转站是否可用、速度如何、哪里出了问题（由 wnmon 实测）。",
            )
        )
        .tags(["wnmon"])
        .refresh("1m")
        .time("now-24h", "now")
        .timezone("browser")
        .readonly()
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .link(_family(say))
        .annotation(_alerts(say))
    )


def _family(say: Say) -> dashboard.DashboardLink:
    return (
        dashboard.DashboardLink(say("wnmon boards", "wnmon 面板"))
        .type(model.DashboardLinkType.DASHBOARDS)
        .tags(["wnmon"])
        .as_dropdown(True)
        .include_vars(True)
        .keep_time(True)
    )


def _alerts(say: Say) -> dashboard.AnnotationQuery:
    return (
        dashboard.AnnotationQuery()
        .name(say("Alerts", "告警"))
        .datasource(DATASOURCE)
        .enable(True)
        .icon_color(RED)
        .expr('ALERTS{alertname=~"Wnmon.+", alertstate="firing"}')
    )


def _variables(say: Say) -> list[Any]:
    source = dashboard.DatasourceVariable("datasource").label(say("Data source", "数据源")).type("prometheus")
    step = (
        dashboard.CustomVariable("step")
        .label(say("Resolution", "精度"))
        .description(say("At least the interval of the checks looked at.", "不小于所看检查的间隔。"))
        .values(",".join(RESOLUTIONS))
        .current(model.VariableOption(selected=True, text=RESOLUTION, value=RESOLUTION))
        .options([model.VariableOption(selected=value == RESOLUTION, text=value, value=value) for value in RESOLUTIONS])
    )
    return [
        source,
        _label_variable("job", say("Job", "任务"), "wnmon_build_info"),
        _label_variable("target", say("Target", "目标"), 'wnmon_probe_info{job=~"$job"}'),
        _label_variable("model", say("Model", "模型"), 'wnmon_probe_info{job=~"$job", target=~"$target"}'),
        step,
    ]


def _label_variable(name: str, label: str, series: str) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(name)
        .label(label)
        .datasource(DATASOURCE)
        .query(f"label_values({series}, {name})")
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".+")
        .current(model.VariableOption(selected=True, text=["All"], value=["$__all"]))
    )


def _success(by: str) -> str:
    return f"max by ({by}) (wnmon_probe_success{{{SELECTED}}} {PLAIN})"


def _over_range(function: str, metric: str) -> str:
    return f"{function}({metric}{{{SELECTED}}}[$__range]) {PLAIN}"


def _uptime(by: str) -> str:
    """Time that probes were up over time in which their state was known: scrapes count alike, runs do not."""
    known = _over_range("count_over_time", "wnmon_probe_success")
    return f"sum {by}({_over_range('sum_over_time', 'wnmon_probe_success')}) / sum {by}({known})"


def _unknown(by: str) -> str:
    """Time in which the state of a probe was not known, over all time that wnmon should have been scraped."""
    known = f"sum {by}({_over_range('count_over_time', 'wnmon_probe_success')})"
    probes = f'(wnmon_probe_info{{suite="", {SELECTED}}} == 1)'
    all_ = f"sum {by}({probes} * on (job, instance) group_left () count_over_time(up[$__range]))"
    return f"clamp_min(1 - ({known} or {all_} * 0) / {all_}, 0)"


def _quantile(q: str, family: str, by: str, window: str) -> str:
    return f"histogram_quantile({q}, sum by ({by}le) (rate({family}_bucket{{{SELECTED}}}[{window}])))"


def _broken(by: str) -> str:
    waived = "unless on (job, instance, target, check, model, rule) (wnmon_rule_waived == 1)"
    return f'sum {by}((wnmon_rule_passed{{level="MUST", {SELECTED}}} == bool 0) {waived})'


def _failing(by: str) -> str:
    return f"sum {by}(wnmon_probe_success{{{SELECTED}}} == bool 0)"


def _uptime_colours() -> dashboard.ThresholdsConfig:
    return thresholds(RED, (0.99, AMBER), (0.995, GREEN))


def _up_or_down(say: Say) -> model.ValueMap:
    return mapped({"1": (say("up", "可用"), GREEN), "0": (say("down", "不可用"), RED)})


def _status(say: Say) -> list[Any]:
    return [
        _targets_up(say),
        _uptime_stat(say),
        _unknown_stat(say),
        _ttft_stat(say),
        _rules_stat(say),
        _failing_stat(say),
    ]


def _targets_up(say: Say) -> Any:
    frame = Frame(
        id=1,
        title=say("Targets up", "可用目标"),
        about=say(
            "Targets with at least one model that passed a plain check last, of all.",
            "至少一个模型最近一次检查通过的目标数 / 总数。",
        ),
        metric="wnmon_probe_success",
        box=(0, 0, 4, 4),
        unit="short",
        empty=say("no run yet", "尚无运行"),
    )
    of_each = _success("job, target")
    queries = [at_once(f"sum({of_each})", say("up", "可用")), at_once(f"count({of_each})", say("of", "总数"), "B")]
    return number(frame, queries, thresholds(GREEN))


def _uptime_stat(say: Say) -> Any:
    frame = Frame(
        id=2,
        title=say("Uptime", "可用率"),
        about=say(
            "Time in which plain checks succeeded, of the time in which their state was known, in the range.",
            "所选时段内，普通检查处于成功状态的时间占状态已知时间的比例。",
        ),
        metric="wnmon_probe_success",
        box=(4, 0, 4, 4),
        unit="percentunit",
        empty=say("no run yet", "尚无运行"),
    )
    return number(frame, [at_once(_uptime(""))], _uptime_colours()).decimals(2)


def _unknown_stat(say: Say) -> Any:
    frame = Frame(
        id=12,
        title=say("Unknown", "未知时间"),
        about=say(
            "Time in the range in which the state of plain checks was not known, and which uptime leaves out.",
            "所选时段内普通检查状态未知的时间比例，可用率不计入这段时间。",
        ),
        metric="wnmon_probe_success",
        box=(8, 0, 4, 4),
        unit="percentunit",
        empty=say("no run yet", "尚无运行"),
    )
    return number(frame, [at_once(_unknown(""))], thresholds(GREEN, (0.01, AMBER), (0.1, RED))).decimals(2)


def _ttft_stat(say: Say) -> Any:
    frame = Frame(
        id=3,
        title=say("TTFT p95", "首 token 时间 p95"),
        about=say("95 % of first tokens came faster, in the range.", "所选时段内 95% 的首 token 快于此值。"),
        metric="wnmon_probe_ttft_seconds",
        box=(12, 0, 4, 4),
        unit="s",
        empty=say("no traffic", "无流量"),
    )
    expr = _quantile("0.95", "wnmon_probe_ttft_seconds", "", "$__range")
    return number(frame, [at_once(expr)], thresholds(GREEN, (3, AMBER), (10, RED)))


def _rules_stat(say: Say) -> Any:
    frame = Frame(
        id=4,
        title=say("MUST rules broken", "违反的 MUST 规则"),
        about=say(
            "Rules of level MUST whose last verdict is failed, without waived ones.",
            "最近判定为失败且未豁免的 MUST 规则数。",
        ),
        metric="wnmon_rule_passed",
        box=(16, 0, 4, 4),
        unit="short",
        empty=say("no verdict yet", "尚无判定"),
    )
    return number(frame, [at_once(_broken(""))], thresholds(GREEN, (1, AMBER)))


def _failing_stat(say: Say) -> Any:
    frame = Frame(
        id=5,
        title=say("Failing probes", "失败的探测"),
        about=say(
            "Probes, suites included, whose last run failed or errored.",
            "最近一次运行失败或出错的探测数（含规则套件）。",
        ),
        metric="wnmon_probe_success",
        box=(20, 0, 4, 4),
        unit="short",
        empty=say("no run yet", "尚无运行"),
    )
    return number(frame, [at_once(_failing(""))], thresholds(GREEN, (1, RED)))


def _targets(say: Say) -> Any:
    frame = Frame(
        id=6,
        title=say("Targets", "目标"),
        about=say(
            "One row per target: now, and over the range.",
            "每个目标一行：当前状态与所选时段统计。",
        ),
        metric="wnmon_probe_success",
        box=(0, 4, 24, 7),
        unit="short",
        empty="–",
    )
    return by_target(frame, _columns(say), say("Target", "目标"))


def _columns(say: Say) -> list[Column]:
    ttft = "wnmon_probe_ttft_seconds"
    return [
        Column(title=say("State", "状态"), expr=_success("target"), unit="short", values=_up_or_down(say)),
        Column(
            title=say("Uptime", "可用率"),
            expr=_uptime("by (target) "),
            unit="percentunit",
            decimals=2,
            colours=_uptime_colours(),
        ),
        Column(
            title=say("Unknown", "未知时间"),
            expr=_unknown("by (target) "),
            unit="percentunit",
            decimals=2,
        ),
        Column(title="TTFT p50", expr=_quantile("0.5", ttft, "target, ", "$__range"), unit="s"),
        Column(title="TTFT p95", expr=_quantile("0.95", ttft, "target, ", "$__range"), unit="s"),
        Column(
            title=say("MUST rules broken", "违反的 MUST 规则"),
            expr=_broken("by (target) "),
            unit="short",
            colours=thresholds(GREEN, (1, AMBER)),
        ),
        Column(
            title=say("Failing probes", "失败的探测"),
            expr=_failing("by (target) "),
            unit="short",
            colours=thresholds(GREEN, (1, RED)),
        ),
        Column(
            title=say("Last run", "上次运行"),
            expr=f"time() - max by (target) (wnmon_probe_last_run_timestamp_seconds{{{SELECTED}}})",
            unit="s",
            decimals=0,
        ),
    ]


def _history(say: Say) -> Any:
    frame = Frame(
        id=7,
        title=say("History", "历史"),
        about=say(
            "Per target and model: 1 while any plain check succeeds.",
            "按目标与模型：任一普通检查成功即为可用。",
        ),
        metric="wnmon_probe_success",
        box=(0, 11, 24, 7),
        unit="short",
        empty=say("no run yet", "尚无运行"),
    )
    return states(frame, [over_time(_success("target, model"), "{{target}} / {{model}}")], _up_or_down(say))


def _latency(say: Say) -> list[Any]:
    def panel(id_: int, x: int, q: str, name: str) -> Any:
        frame = Frame(
            id=id_,
            title=say(f"TTFT {name} by target", f"首 token 时间 {name}（按目标）"),
            about=say(
                "From the last request byte sent to the first non-empty token; connecting is not part of it.",
                "从请求最后一个字节发出到首个非空 token，不含建立连接。",
            ),
            metric="wnmon_probe_ttft_seconds",
            box=(x, 18, 12, 8),
            unit="s",
            empty=say("no traffic", "无流量"),
        )
        expr = _quantile(q, "wnmon_probe_ttft_seconds", "target, ", "$__rate_interval")
        return lines(frame, [over_time(expr, "{{target}}")])

    return [panel(8, 0, "0.5", "p50"), panel(9, 12, "0.95", "p95")]


def _failures(say: Say) -> Any:
    frame = Frame(
        id=10,
        title=say("Failures by reason", "按原因统计的失败"),
        about=say(
            "Failed and errored runs. Orange: network, purple: account, red: answer, yellow: content, blue: wnmon.",
            "失败与出错的运行。橙：网络，紫：账户，红：响应，黄：内容，蓝：wnmon。",
        ),
        metric="wnmon_probe_failures_total",
        box=(0, 26, 12, 8),
        unit="short",
        empty=say("no failure", "无失败"),
    )
    expr = f"sum by (reason) (increase(wnmon_probe_failures_total{{{SELECTED}}}[$__rate_interval])) > 0"
    return stacked_bars(frame, [over_time(expr, "{{reason}}")], reason_colours())


def _duration(say: Say) -> Any:
    frame = Frame(
        id=11,
        title=say("Duration p95 by target", "总耗时 p95（按目标）"),
        about=say(
            "From the last request byte sent to the end of the answer, failed runs included.",
            "从请求发完到响应结束，含失败的运行。",
        ),
        metric="wnmon_probe_duration_seconds",
        box=(12, 26, 12, 8),
        unit="s",
        empty=say("no traffic", "无流量"),
    )
    expr = _quantile("0.95", "wnmon_probe_duration_seconds", "target, ", "$__rate_interval")
    return lines(frame, [over_time(expr, "{{target}}")])
