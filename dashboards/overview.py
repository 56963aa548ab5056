"""The overview board: is it up, since when, how fast, what is broken, and what does it cost."""

from __future__ import annotations

from dashboards.board import Board, Row
from dashboards.common import (
    ANY_IS_AMBER,
    ANY_IS_RED,
    BUDGET_COLOURS,
    CERTIFICATE_COLOURS,
    STAT,
    UPTIME_COLOURS,
    failures_by_reason,
)
from dashboards.empty import Empty
from dashboards.language import Language
from dashboards.latency import DURATION, TTFT
from dashboards.pieces import (
    AMBER,
    GREEN,
    RED,
    Column,
    Panel,
    Query,
    drill,
    lines,
    now,
    number,
    of_field,
    rows,
    states,
    states_shown,
)
from dashboards.queries import (
    PLAIN,
    PLAIN_PROBES,
    broken,
    budget_used,
    certificate,
    confirmed,
    probes,
    quantile,
    since,
    state,
    success,
    targets,
    unknown,
    uptime,
)

WORST_BUDGET = 'wnmon:slo_budget_remaining:ratio{job=~"$job", target=~"$target", model=~"$model"}'
TOKENS = f"increase({probes('wnmon_probe_tokens_total')}[$__range])"


def text(say: Language) -> tuple[str, str]:
    """Return the title and what the board answers."""
    return (
        say("wnmon / overview", "wnmon / 总览"),
        say(
            "Which relays are up and since when, how fast they are, what is broken, and what watching them costs.",
            "各中转站是否可用、从何时起、速度如何、哪里出了问题、监测花费多少（由 wnmon 实测）。",
        ),
    )


def all_rows(say: Language) -> list[Row]:
    """Return the panels: the status first, which answers without scrolling."""
    return [
        Row(title="", panels=[*_answers(say), *_troubles(say), _targets(say), _history(say)]),
        Row(title=say("How fast", "速度"), panels=[*_latency(say), _duration(say)]),
        Row(title=say("What failed", "失败"), panels=[failures_by_reason(say), _alerts(say)]),
    ]


BOARD = Board(uid="wnmon-overview", text=text, rows=all_rows)


def _answers(say: Language) -> list[Panel]:
    of_each = success("job, target")
    return [
        Panel(
            title=say("Targets up", "可用目标"),
            about=say(
                "Targets with at least one model that passed a plain check last, of all that are watched.",
                "至少一个模型最近一次检查通过的目标数 / 全部受监控的目标数。",
            ),
            size=STAT,
            unit="short",
            empty=Empty.RUN,
            queries=[
                now(f"sum({of_each})", say("up", "可用")),
                now(f"count(count by (job, target) ({PLAIN_PROBES}))", say("of", "总数")),
            ],
            bare=number(),
        ),
        Panel(
            title=say("No change since", "状态保持"),
            about=say(
                "Time since a model last went down or came back, by the confirmed state.",
                "距最近一次确认的状态变化（中断或恢复）的时间。",
            ),
            size=STAT,
            unit="s",
            empty=Empty.RUN,
            queries=[now(since(""))],
            bare=number(decimals=1),
        ),
        Panel(
            title=say("Uptime", "可用率"),
            about=say(
                "Time in which plain checks succeeded, of the time in which their state was known, in the range.",
                "所选时段内，普通检查处于成功状态的时间占状态已知时间的比例。",
            ),
            size=STAT,
            unit="percentunit",
            empty=Empty.RUN,
            queries=[now(uptime(""))],
            bare=number(UPTIME_COLOURS, decimals=2),
        ),
        _quantiles(say, TTFT, say("Time to first token", "首 token 时间")),
        _quantiles(say, DURATION, say("Total time", "总耗时")),
        Panel(
            title=say("Error budget left", "最低剩余错误预算"),
            about=say(
                "Of the objective that is worst off, over its own window; below 0 it is missed.",
                "所有目标中剩余错误预算最少者（按其自身窗口）；低于 0 即未达标。",
            ),
            size=STAT,
            unit="percentunit",
            empty=Empty.SLO,
            queries=[now(f"min({WORST_BUDGET})")],
            bare=number(BUDGET_COLOURS, decimals=0),
        ),
    ]


def _quantiles(say: Language, family: str, title: str) -> Panel:
    return Panel(
        title=title,
        about=say(
            "Half, and 95 %, were faster, in the range. Read from buckets: true to the width of the bucket it is in.",
            "所选时段内一半与 95% 快于此值。由分桶估算，误差不超过所在桶的宽度。",
        ),
        size=STAT,
        unit="s",
        empty=Empty.SUCCESS,
        queries=[now(quantile(q, family, "", "$__range"), name) for q, name in (("0.5", "p50"), ("0.95", "p95"))],
        bare=number(),
    )


def _troubles(say: Language) -> list[Panel]:
    return [
        Panel(
            title=say("Models down", "不可用的模型"),
            about=say(
                "Models of a target that no plain check finds up, after its failure was confirmed.",
                "经确认后，没有任何普通检查认为可用的模型数。",
            ),
            size=STAT,
            unit="short",
            empty=Empty.RUN,
            queries=[now(f"sum({confirmed('job, target, model')} == bool 0)")],
            bare=number(ANY_IS_RED),
        ),
        Panel(
            title=say("Failed / degraded", "失败 / 降级的检查"),
            about=say(
                "Plain checks whose last run failed, confirmed or not, and those that answered but not as they should.",
                "最近一次运行失败的普通检查数（无论是否已确认），以及有响应但未达要求的检查数。",
            ),
            size=STAT,
            unit="short",
            empty=Empty.RUN,
            queries=[
                now(f"sum({probes('wnmon_probe_success')} == bool 0 {PLAIN})", say("failed", "失败")),
                now(f"sum({probes('wnmon_probe_degraded')} {PLAIN})", say("degraded", "降级")),
            ],
            bare=number(ANY_IS_AMBER),
        ),
        Panel(
            title=say("Unknown", "未知时间"),
            about=say(
                "Time in the range in which the state of plain checks was not known, and which uptime leaves out.",
                "所选时段内普通检查状态未知的时间比例，可用率不计入这段时间。",
            ),
            size=STAT,
            unit="percentunit",
            empty=Empty.SCRAPE,
            queries=[now(unknown(""))],
            bare=number(((None, GREEN), (0.01, AMBER), (0.1, RED)), decimals=2),
        ),
        Panel(
            title=say("MUST rules broken", "违反的 MUST 规则"),
            about=say(
                "Rules of level MUST whose last verdict is failed, without waived ones.",
                "最近判定为失败且未豁免的 MUST 规则数。",
            ),
            size=STAT,
            unit="short",
            empty=Empty.VERDICT,
            queries=[now(broken(""))],
            bare=number(ANY_IS_AMBER),
        ),
        Panel(
            title=say("Tokens spent", "消耗的 token"),
            about=say(
                "What watching cost in the range, sent and received.", "所选时段内监测所消耗的 token（收发合计）。"
            ),
            size=STAT,
            unit="short",
            empty=Empty.SCRAPE,
            queries=[now(f"sum({TOKENS})")],
            bare=number(decimals=0),
        ),
        Panel(
            title=say("Token budget used", "token 预算使用率"),
            about=say(
                "Of the target that has spent the most of what it may in its period.",
                "各目标中当期预算使用比例最高者。",
            ),
            size=STAT,
            unit="percentunit",
            empty=Empty.BUDGET,
            queries=[now(budget_used(""))],
            bare=number(((None, GREEN), (0.8, AMBER), (1, RED)), decimals=0),
        ),
    ]


def _targets(say: Language) -> Panel:
    title = say("Target", "目标")
    target = f'target=${{__data.fields["{title}"]:percentencode}}'
    return rows(
        say,
        {"target": title},
        _columns(say),
        links={"target": (say("Open the target", "打开目标"), drill(say, "wnmon-target", target))},
        title=say("Targets", "目标"),
        about=say("One row per target: now, and over the range.", "每个目标一行：当前状态与所选时段统计。"),
        size=(24, 8),
        empty=Empty.RUN,
    )


def _columns(say: Language) -> list[Column]:
    by = "by (target) "
    last = probes("wnmon_probe_last_run_timestamp_seconds")
    return [
        Column(title=say("State", "状态"), expr=state("target"), values=states_shown(say), empty=Empty.SCRAPE),
        Column(title=say("Unchanged", "状态保持"), expr=since(by), unit="s", decimals=1),
        Column(
            title=say("Models down", "不可用的模型"),
            expr=f"sum {by}({confirmed('target, model')} == bool 0)",
            colours=ANY_IS_RED,
        ),
        Column(title=say("Uptime", "可用率"), expr=uptime(by), unit="percentunit", decimals=2, colours=UPTIME_COLOURS),
        Column(title=say("Unknown", "未知时间"), expr=unknown(by), unit="percentunit", decimals=2, empty=Empty.SCRAPE),
        Column(
            title=say("TTFT p50", "首 token p50"),
            expr=quantile("0.5", TTFT, "target, ", "$__range"),
            unit="s",
            empty=Empty.SUCCESS,
        ),
        Column(
            title=say("TTFT p95", "首 token p95"),
            expr=quantile("0.95", TTFT, "target, ", "$__range"),
            unit="s",
            empty=Empty.SUCCESS,
        ),
        Column(
            title=say("Total p50", "总耗时 p50"),
            expr=quantile("0.5", DURATION, "target, ", "$__range"),
            unit="s",
            empty=Empty.SUCCESS,
        ),
        Column(title=say("Rules broken", "违反规则"), expr=broken(by), colours=ANY_IS_AMBER, empty=Empty.VERDICT),
        Column(
            title=say("Error budget", "错误预算"),
            expr=f"min {by}({WORST_BUDGET})",
            unit="percentunit",
            decimals=0,
            colours=BUDGET_COLOURS,
            empty=Empty.SLO,
        ),
        Column(title=say("Tokens", "token"), expr=f"sum {by}({TOKENS})", decimals=0, empty=Empty.SCRAPE),
        Column(
            title=say("Balance", "余额"),
            expr=f"min {by}({targets('wnmon_balance_remaining')})",
            decimals=2,
            empty=Empty.BALANCE,
        ),
        Column(
            title=say("Certificate", "证书"),
            expr=certificate(by),
            unit="s",
            decimals=0,
            colours=CERTIFICATE_COLOURS,
            empty=Empty.TLS,
        ),
        Column(
            title=say("Last run", "上次运行"),
            expr=f"time() - max {by}({last})",
            unit="s",
            decimals=0,
            empty=Empty.TRACE,
        ),
    ]


def _history(say: Language) -> Panel:
    return Panel(
        title=say("History", "历史"),
        about=say(
            "Per target and model, the best state of its plain checks. Blue is maintenance, grey unknown.",
            "按目标与模型：其普通检查的最佳状态。蓝色为维护，灰色为未知。",
        ),
        size=(24, 7),
        unit="short",
        empty=Empty.SCRAPE,
        queries=[Query(expr=state("target, model"), legend="{{target}} / {{model}}")],
        bare=states(link=_to_target(say)),
        values=states_shown(say),
    )


def _to_target(say: Language) -> tuple[str, str]:
    return say("Open the target", "打开目标"), drill(say, "wnmon-target", of_field("target"))


def _latency(say: Language) -> list[Panel]:
    def panel(q: str, name: str) -> Panel:
        return Panel(
            title=say(f"TTFT {name} by target", f"首 token 时间 {name}（按目标）"),
            about=say(
                "From the last request byte sent to the first non-empty token; connecting is not part of it.",
                "从请求最后一个字节发出到首个非空 token，不含建立连接。",
            ),
            size=(8, 8),
            unit="s",
            empty=Empty.SUCCESS,
            queries=[Query(expr=quantile(q, TTFT, "target, ", "$__rate_interval"), legend="{{target}}")],
            bare=lines(link=_to_target(say)),
        )

    return [panel("0.5", "p50"), panel("0.95", "p95")]


def _duration(say: Language) -> Panel:
    return Panel(
        title=say("Total time p95 by target", "总耗时 p95（按目标）"),
        about=say(
            "From the last request byte sent to the end of the answer, failed runs included.",
            "从请求发完到响应结束，含失败的运行。",
        ),
        size=(8, 8),
        unit="s",
        empty=Empty.SUCCESS,
        queries=[Query(expr=quantile("0.95", DURATION, "target, ", "$__rate_interval"), legend="{{target}}")],
        bare=lines(link=_to_target(say)),
    )


def _alerts(say: Language) -> Panel:
    firing = 'ALERTS{alertname=~"Wnmon.+", alertname!="WnmonWatchdog", alertstate="firing"}'
    return rows(
        say,
        {
            "alertname": say("Alert", "告警"),
            "severity": say("Severity", "级别"),
            "target": say("Target", "目标"),
            "model": say("Model", "模型"),
        },
        [Column(title=say("Firing", "触发"), expr=f"sum by (alertname, severity, target, model) ({firing})")],
        title=say("Alerts", "告警"),
        about=say("What fires now, without the watchdog.", "当前触发的告警（不含 watchdog）。"),
        size=(12, 8),
        empty=Empty.ALERT,
    )
