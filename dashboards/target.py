"""The board of a target: its checks now, their runs, where the time goes, what limits it, what it costs."""

from __future__ import annotations

from dashboards.board import Board, Row
from dashboards.common import (
    ANY_IS_AMBER,
    CERTIFICATE_COLOURS,
    STAT,
    UPTIME_COLOURS,
    failures_by_reason,
    tokens_by_direction,
)
from dashboards.empty import Empty
from dashboards.language import Language
from dashboards.latency import DURATION, TTFT, phases, quantiles
from dashboards.pieces import (
    AMBER,
    BLUE,
    GREEN,
    RED,
    Column,
    Form,
    Panel,
    Query,
    drill,
    heat,
    lines,
    now,
    number,
    of_field,
    rows,
    stacked_bars,
    states,
    states_shown,
    up_or_down,
)
from dashboards.queries import (
    SELECTED,
    certificate,
    confirmed,
    increase,
    mean,
    probes,
    since,
    state,
    targets,
    unknown,
    uptime,
)

CODES = {"1xx": "text", "2xx": GREEN, "3xx": BLUE, "4xx": "orange", "5xx": RED, "none": "dark-red"}
OUTCOMES = {"passed": GREEN, "degraded": "yellow", "failed": RED, "errored": "purple"}


def text(say: Language) -> tuple[str, str]:
    """Return the title and what the board answers."""
    return (
        say("wnmon / target", "wnmon / 目标"),
        say(
            "One relay in detail: its checks now, every run, where the time goes, and what it costs to watch.",
            "单个中转站详情：各检查的当前状态、每次运行、时间花在何处、监测花费。",
        ),
    )


def all_rows(say: Language) -> list[Row]:
    """Return the panels."""
    return [
        Row(title="", panels=[*_answers(say), _checks(say), _history(say), _confirmed(say)]),
        Row(title=say("Runs", "运行"), panels=[_outcomes(say), failures_by_reason(say), _codes(say), _rechecks(say)]),
        Row(
            title=say("Latency", "延迟"),
            panels=[
                _heatmap(say),
                _last_week(say),
                quantiles(say, TTFT, say("TTFT", "首 token 时间"), exemplars=True),
                quantiles(say, DURATION, say("Total time", "总耗时"), exemplars=True),
                quantiles(
                    say,
                    "wnmon_probe_first_visible_seconds",
                    say("First visible token", "首个可见 token"),
                    empty=Empty.REASONING,
                ),
                phases(say),
                _doubted(say),
            ],
        ),
        Row(title=say("Limits", "限制"), panels=[_resting(say), _streaks(say), _certificate(say), _tls(say)]),
        Row(title=say("Size", "用量"), panels=[tokens_by_direction(say), _sizes(say)]),
    ]


BOARD = Board(uid="wnmon-target", text=text, rows=all_rows)


def _answers(say: Language) -> list[Panel]:
    last = probes("wnmon_probe_last_success_timestamp_seconds")
    return [
        Panel(
            title=say("State", "状态"),
            about=say(
                "The best of the last runs of plain checks, of every target chosen.",
                "所选各目标普通检查最近一次运行的最佳状态。",
            ),
            size=STAT,
            unit="short",
            empty=Empty.SCRAPE,
            queries=[now(state("target"), "{{target}}")],
            bare=number(),
            values=states_shown(say),
        ),
        Panel(
            title=say("No change since", "状态保持"),
            about=say("Time since the confirmed state last changed.", "距确认状态最近一次变化的时间。"),
            size=STAT,
            unit="s",
            empty=Empty.RUN,
            queries=[now(since("by (target) "), "{{target}}")],
            bare=number(decimals=1),
        ),
        Panel(
            title=say("Uptime", "可用率"),
            about=say(
                "Time up, of the time in which the state was known, in the range.",
                "所选时段内，可用时间占状态已知时间的比例。",
            ),
            size=STAT,
            unit="percentunit",
            empty=Empty.RUN,
            queries=[now(uptime("by (target) "), "{{target}}")],
            bare=number(UPTIME_COLOURS, decimals=2),
        ),
        Panel(
            title=say("Unknown", "未知时间"),
            about=say("Time in which the state was not known, in the range.", "所选时段内状态未知的时间比例。"),
            size=STAT,
            unit="percentunit",
            empty=Empty.SCRAPE,
            queries=[now(unknown("by (target) "), "{{target}}")],
            bare=number(((None, GREEN), (0.01, AMBER), (0.1, RED)), decimals=2),
        ),
        Panel(
            title=say("Last success", "上次成功"),
            about=say("How long ago a run passed or was degraded.", "距最近一次通过或降级的运行的时间。"),
            size=STAT,
            unit="s",
            empty=Empty.SUCCESS,
            queries=[now(f"time() - max by (target) ({last})", "{{target}}")],
            bare=number(decimals=0),
        ),
        Panel(
            title=say("Mean TTFT / total", "平均首 token / 总耗时"),
            about=say(
                "Exact means over the range, which no bucket blurs. Total time counts failed runs too.",
                "所选时段的精确平均值，不受分桶影响。总耗时含失败的运行。",
            ),
            size=STAT,
            unit="s",
            empty=Empty.SUCCESS,
            queries=[now(mean(TTFT, "", "$__range"), "TTFT"), now(mean(DURATION, "", "$__range"), say("total", "总"))],
            bare=number(),
        ),
    ]


def _checks(say: Language) -> Panel:
    by = "target, model, check"

    def ago(metric: str) -> str:
        return f"time() - max by ({by}) ({probes(metric)})"

    title = say("Model", "模型")
    chosen = f'model=${{__data.fields["{title}"]:percentencode}}'
    return rows(
        say,
        {"target": say("Target", "目标"), "model": title, "check": say("Check", "检查")},
        [
            Column(title=say("State", "状态"), expr=state(by), values=states_shown(say), empty=Empty.SCRAPE),
            Column(title=say("Confirmed", "已确认"), expr=confirmed(by), values=up_or_down(say)),
            Column(
                title=say("Failures in a row", "连续失败"),
                expr=f"max by ({by}) ({probes('wnmon_probe_consecutive_failures')})",
                colours=ANY_IS_AMBER,
                empty=Empty.TRACE,
            ),
            Column(
                title=say("Last run", "上次运行"),
                expr=ago("wnmon_probe_last_run_timestamp_seconds"),
                unit="s",
                decimals=0,
                empty=Empty.TRACE,
            ),
            Column(
                title=say("Overdue", "逾期"),
                expr=f"clamp_min({ago('wnmon_probe_next_run_timestamp_seconds')}, 0)",
                unit="s",
                decimals=0,
                empty=Empty.TRACE,
            ),
            Column(
                title=say("Interval", "间隔"),
                expr=f"max by ({by}) ({probes('wnmon_probe_interval_seconds')})",
                unit="s",
                empty=Empty.SCRAPE,
            ),
            Column(
                title=say("Timeout", "超时"),
                expr=f"max by ({by}) ({probes('wnmon_probe_timeout_seconds')})",
                unit="s",
                empty=Empty.SCRAPE,
            ),
        ],
        links={"model": (say("Open the model", "打开模型"), drill(say, "wnmon-model", chosen))},
        title=say("Checks", "检查"),
        about=say(
            "One row per check and model. The state is of the last run, the confirmed one decides on an outage.",
            "每个检查与模型一行。状态取自最近一次运行；是否中断由确认状态决定。",
        ),
        size=(24, 7),
        empty=Empty.RUN,
    )


def _history(say: Language) -> Panel:
    return Panel(
        title=say("Runs of each check", "各检查的运行"),
        about=say(
            "State after each run of a plain check. Blue is maintenance, grey unknown.",
            "普通检查每次运行后的状态。蓝色为维护，灰色为未知。",
        ),
        size=(12, 7),
        unit="short",
        empty=Empty.SCRAPE,
        queries=[Query(expr=state("target, model, check"), legend="{{target}} / {{model}} / {{check}}")],
        bare=states(link=(say("Open the model", "打开模型"), drill(say, "wnmon-model", of_field("model")))),
        values=states_shown(say),
    )


def _confirmed(say: Language) -> Panel:
    return Panel(
        title=say("Confirmed state", "确认状态"),
        about=say(
            "Down only after as many failures in a row as `confirm` asks for: what alerts go by.",
            "连续失败达到 `confirm` 要求的次数后才算中断：告警以此为准。",
        ),
        size=(12, 7),
        unit="short",
        empty=Empty.RUN,
        queries=[Query(expr=confirmed("target, model, check"), legend="{{target}} / {{model}} / {{check}}")],
        bare=states(),
        values=up_or_down(say),
    )


def _outcomes(say: Language) -> Panel:
    return Panel(
        title=say("Runs by outcome", "按结果统计的运行"),
        about=say("Runs that ended, suites included.", "已结束的运行，含规则套件。"),
        size=(12, 8),
        unit="short",
        empty=Empty.SCRAPE,
        queries=[Query(expr=increase("wnmon_probe_runs_total", "outcome", "$__rate_interval"), legend="{{outcome}}")],
        bare=stacked_bars(OUTCOMES),
    )


def _codes(say: Language) -> Panel:
    return Panel(
        title=say("Requests by class of status", "按状态类别统计的请求"),
        about=say(
            "Requests sent; none: no status came. A run may send several.",
            "已发出的请求；none 表示没有收到状态。一次运行可发出多个请求。",
        ),
        size=(12, 8),
        unit="short",
        empty=Empty.SCRAPE,
        queries=[
            Query(
                expr=increase("wnmon_probe_http_responses_total", "code_class", "$__rate_interval"),
                legend="{{code_class}}",
            )
        ],
        bare=stacked_bars(CODES),
    )


def _rechecks(say: Language) -> Panel:
    return Panel(
        title=say("Runs only to confirm", "仅为确认的运行"),
        about=say("Made soon after a failure, beside the schedule.", "失败后不久在计划之外追加的运行。"),
        size=(12, 8),
        unit="short",
        empty=Empty.SCRAPE,
        queries=[Query(expr=increase("wnmon_probe_rechecks_total", "target", "$__rate_interval"), legend="{{target}}")],
        bare=stacked_bars(),
    )


def _heatmap(say: Language) -> Panel:
    return Panel(
        title=say("TTFT, all runs", "首 token 时间分布"),
        about=say("How many first tokens came how fast.", "首 token 时间的分布。"),
        size=(24, 8),
        unit="short",
        empty=Empty.SUCCESS,
        queries=[
            Query(
                expr=f"sum by (le) (increase({TTFT}_bucket{{{SELECTED}}}[$__rate_interval]))",
                legend="{{le}}",
                form=Form.BUCKETS,
                exemplars=True,
            )
        ],
        bare=heat,
    )


def _last_week(say: Language) -> Panel:
    hourly = 'wnmon:probe_ttft_seconds:mean_1h{job=~"$job", target=~"$target", model=~"$model"}'
    week_ago = say("a week ago", "一周前")
    return Panel(
        title=say("Mean TTFT against last week", "平均首 token 时间与上周对比"),
        about=say("The mean of an hour, now and a week before.", "每小时平均值：当前与一周前。"),
        size=(12, 8),
        unit="s",
        empty=Empty.SUCCESS,
        queries=[
            Query(expr=f"avg by (target) ({hourly})", legend=f"{{{{target}}}} {say('now', '当前')}"),
            Query(expr=f"avg by (target) ({hourly} offset 1w)", legend=f"{{{{target}}}} {week_ago}", empty=Empty.WEEK),
        ],
        bare=lines(dashed=f".* {week_ago}"),
    )


def _doubted(say: Language) -> Panel:
    window = "$__rate_interval"
    return Panel(
        title=say("Latencies in doubt", "存疑的延迟"),
        about=say(
            "Withheld, or held against no limit, because wnmon itself was late. Often? Then this machine is too busy.",
            "因 wnmon 自身迟滞而未计入、或未与限值比较的延迟。若频繁出现，说明本机过于繁忙。",
        ),
        size=(12, 8),
        unit="short",
        empty=Empty.SCRAPE,
        queries=[
            Query(
                expr=increase("wnmon_probe_suspect_samples_total", "target", window),
                legend=f"{{{{target}}}} {say('withheld', '未计入')}",
            ),
            Query(
                expr=increase("wnmon_probe_undecided_latencies_total", "target", window),
                legend=f"{{{{target}}}} {say('undecided', '未判定')}",
            ),
        ],
        bare=stacked_bars(),
    )


def _resting(say: Language) -> Panel:
    return Panel(
        title=say("Nothing is sent", "暂停发送"),
        about=say(
            "Probes that rest, by cause: the relay asked for it or refused, the budget is spent, maintenance, paused.",
            "按原因统计暂停的探测：中转站要求或拒绝、预算用尽、维护、停用。",
        ),
        size=(12, 8),
        unit="short",
        empty=Empty.RESTING,
        queries=[
            Query(expr=f"sum by (target, cause) ({probes('wnmon_probe_resting')})", legend="{{target}} / {{cause}}")
        ],
        bare=stacked_bars(),
    )


def _streaks(say: Language) -> Panel:
    return rows(
        say,
        {
            "target": say("Target", "目标"),
            "model": say("Model", "模型"),
            "check": say("Check", "检查"),
            "reason": say("Reason", "原因"),
        },
        [
            Column(
                title=say("Runs in a row", "连续次数"),
                expr=f"max by (target, model, check, reason) ({probes('wnmon_probe_reason_streak')})",
            )
        ],
        title=say("How the last runs ended", "最近运行的结果"),
        about=say("The reason of the last run, and how often in a row.", "最近一次运行的原因及其连续次数。"),
        size=(12, 8),
        empty=Empty.TRACE,
    )


def _certificate(say: Language) -> Panel:
    return Panel(
        title=say("Certificate expires in", "证书剩余有效期"),
        about=say("Of the certificate that the target showed last.", "目标最近一次出示的证书。"),
        size=(12, 4),
        unit="s",
        empty=Empty.TLS,
        queries=[now(certificate("by (target) "), "{{target}}")],
        bare=number(CERTIFICATE_COLOURS, decimals=0),
    )


def _tls(say: Language) -> Panel:
    return rows(
        say,
        {"target": say("Target", "目标"), "host": say("Host", "主机"), "version": say("TLS version", "TLS 版本")},
        [
            Column(
                title=say("Labels", "标签"),
                expr=f"max by (target, host) ({targets('wnmon_target_info')})",
                hidden=True,
                empty=Empty.SCRAPE,
            ),
            Column(
                title="TLS",
                expr=f"max by (target, version) ({targets('wnmon_tls_info')})",
                hidden=True,
            ),
        ],
        title=say("Where it is asked", "访问地址"),
        about=say("The host, and what the last handshake agreed on.", "主机，以及最近一次握手协商的版本。"),
        size=(12, 4),
        empty=Empty.TLS,
    )


def _sizes(say: Language) -> Panel:
    return Panel(
        title=say("Bytes of an answer", "响应字节数"),
        about=say("Of the last run of each check, as they arrived.", "各检查最近一次运行收到的字节数。"),
        size=(12, 8),
        unit="bytes",
        empty=Empty.TRACE,
        queries=[
            Query(
                expr=f"max by (target, check) ({probes('wnmon_probe_response_bytes')})",
                legend="{{target}} / {{check}}",
            )
        ],
        bare=lines(),
    )
