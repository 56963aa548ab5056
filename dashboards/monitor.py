"""The board of wnmon itself: is it healthy enough for its measurements to be believed."""

from __future__ import annotations

from functools import partial

from dashboards.board import Board, Row
from dashboards.common import ANY_IS_RED, STAT
from dashboards.empty import Empty
from dashboards.language import Language
from dashboards.pieces import (
    AMBER,
    GREEN,
    RED,
    Column,
    Panel,
    Query,
    lines,
    now,
    number,
    rows,
    stacked_bars,
    yes_or_no,
)
from dashboards.queries import OWN, own, quantile

SUSPECT = f"increase({own('wnmon_probe_suspect_samples_total')}"
RUNS = f"increase({own('wnmon_probe_runs_total')}"


def text(say: Language) -> tuple[str, str]:
    """Return the title and what the board answers."""
    return (
        say("wnmon / self", "wnmon / 自身"),
        say(
            "Whether wnmon itself is well enough for what it measures to be believed.",
            "wnmon 自身是否健康、其测量是否可信。",
        ),
    )


def all_rows(say: Language) -> list[Row]:
    """Return the panels."""
    return [
        Row(title="", panels=[*_answers(say), _instances(say)]),
        Row(title=say("Punctuality", "准时"), panels=[*_lateness(say), _skipped(say), _in_flight(say), _clock(say)]),
        Row(title=say("Faults", "故障"), panels=[_faults(say), _suspect(say), _messages(say)]),
        Row(title=say("Resources", "资源"), panels=[*_process(say)]),
    ]


BOARD = Board(uid="wnmon-self", text=text, rows=all_rows, variables=())


def _answers(say: Language) -> list[Panel]:
    def stat(title: str, about: str, expr: str, empty: Empty = Empty.SCRAPE) -> Panel:
        return Panel(
            title=title,
            about=about,
            size=STAT,
            unit="short",
            empty=empty,
            queries=[now(expr)],
            bare=number(ANY_IS_RED),
        )

    return [
        stat(
            say("Scrapes that fail", "采集失败"),
            say("Monitors Prometheus cannot reach now.", "Prometheus 当前无法访问的 wnmon 实例数。"),
            f"sum({own('up')} == bool 0)",
        ),
        stat(
            say("Configurations refused", "被拒的配置"),
            say("Monitors that go on with their last good one.", "仍沿用上一份有效配置的实例数。"),
            f"sum({own('wnmon_config_last_reload_successful')} == bool 0)",
        ),
        stat(
            say("Internal errors", "内部错误"),
            say("In the range.", "所选时段内。"),
            f"sum(increase({own('wnmon_internal_errors_total')}[$__range]))",
            Empty.COMPONENT,
        ),
        stat(
            say("Sink errors", "输出错误"),
            say("Runs or events a sink could not take, in the range.", "所选时段内输出端未能接收的运行或事件。"),
            f"sum(increase({own('wnmon_sink_errors_total')}[$__range]))",
            Empty.COMPONENT,
        ),
        stat(
            say("Series dropped", "丢弃的序列"),
            say(
                "Not created for `metrics.max_series`, in the range.",
                "所选时段内因 `metrics.max_series` 未创建的序列。",
            ),
            f"sum(increase({own('wnmon_series_dropped_total')}[$__range]))",
        ),
        Panel(
            title=say("Suspect share", "存疑比例"),
            about=say("Runs whose latency was withheld, in the range.", "所选时段内延迟未计入的运行比例。"),
            size=STAT,
            unit="percentunit",
            empty=Empty.TRACE,
            queries=[now(f"sum({SUSPECT}[$__range])) / (sum({RUNS}[$__range])) > 0)")],
            bare=number(((None, GREEN), (0.01, AMBER), (0.05, RED)), decimals=1),
        ),
    ]


def _instances(say: Language) -> Panel:
    by = "by (job, instance) "
    labels = partial(Column, title="", hidden=True)
    return rows(
        say,
        {
            "job": say("Job", "任务"),
            "instance": say("Instance", "实例"),
            "version": say("Version", "版本"),
            "python": "Python",
            "sha": say("Configuration", "配置"),
        },
        [
            labels(expr=f"max by (job, instance, version, python) ({own('wnmon_build_info')})"),
            labels(expr=f"max by (job, instance, sha) ({own('wnmon_config_info')})", empty=Empty.RELOAD),
            Column(
                title=say("Last reload taken", "最近重载成功"),
                expr=f"min {by}({own('wnmon_config_last_reload_successful')})",
                values=yes_or_no(say, good=True),
                empty=Empty.RELOAD,
            ),
            Column(
                title=say("Configured since", "配置生效"),
                expr=f"time() - max {by}({own('wnmon_config_last_reload_success_timestamp_seconds')})",
                unit="s",
                decimals=1,
                empty=Empty.RELOAD,
            ),
            Column(
                title=say("Runs since", "运行时长"),
                expr=f"time() - max {by}({own('process_start_time_seconds')})",
                unit="s",
                decimals=1,
            ),
            Column(
                title=say("Clock trusted", "时钟可信"),
                expr=f"min {by}({own('wnmon_selftest_trustworthy')})",
                values=yes_or_no(say, good=True),
                empty=Empty.SELFTEST,
            ),
            Column(
                title=say("Withheld if late by", "迟滞即不计入"),
                expr=f"max {by}({own('wnmon_suspect_bound_seconds')})",
                unit="s",
            ),
            Column(title=say("Series", "序列数"), expr=f"max {by}({own('scrape_samples_scraped')})", decimals=0),
            Column(
                title=say("Scrape takes", "采集耗时"),
                expr=f"max {by}({own('scrape_duration_seconds')})",
                unit="s",
            ),
        ],
        title=say("Monitors", "监测实例"),
        about=say("One row per wnmon.", "每个 wnmon 一行。"),
        size=(24, 5),
        empty=Empty.SCRAPE,
    )


def _clock(say: Language) -> Panel:
    by = "by (job, instance, scheme) "

    def worst(metric: str) -> str:
        worst = 'stat="p99"'
        return f"max {by}({own(metric, worst)})"

    columns = [
        (say("First token, bias", "首个 token 偏差"), f"max {by}({own('wnmon_selftest_ttft_bias_seconds')})"),
        (say("First token, p99", "首个 token p99"), worst("wnmon_selftest_ttft_error_seconds")),
        (say("Gaps, p99", "间隔 p99"), worst("wnmon_selftest_gap_error_seconds")),
        (
            say("Tried", "自检时间"),
            f"time() - max {by}({own('wnmon_selftest_ttft_bias_seconds')} * 0 + on (job, instance) group_left () "
            f"{own('wnmon_selftest_timestamp_seconds')})",
        ),
    ]
    return rows(
        say,
        {"job": say("Job", "任务"), "instance": say("Instance", "实例"), "scheme": say("Scheme", "协议")},
        [Column(title=title, expr=expr, unit="s", empty=Empty.SELFTEST) for title, expr in columns],
        title=say("Error of the clock", "时钟误差"),
        about=say(
            "What the self-test at the start measured less what was true; a bias above 0 is too long.",
            "启动自检的测得值减去真实值；偏差大于 0 表示测得偏长。",
        ),
        size=(24, 5),
        empty=Empty.SELFTEST,
    )


def _messages(say: Language) -> Panel:
    by, attempts = "by (job, instance, channel) ", "wnmon_notify_attempts_total"

    def tries(results: str) -> str:
        chosen = f'result=~"{results}"'
        return f"sum {by}(increase({own(attempts, chosen)}[$__range]))"

    return rows(
        say,
        {"job": say("Job", "任务"), "instance": say("Instance", "实例"), "channel": say("Channel", "通道")},
        [
            Column(title=say("Delivered", "已送达"), expr=tries("delivered"), decimals=0, empty=Empty.CHANNEL),
            Column(title=say("Not taken", "未接受"), expr=tries("refused|failed"), decimals=0, empty=Empty.CHANNEL),
            Column(
                title=say("One waits", "有待送达"),
                expr=f"max {by}({own('wnmon_notify_waiting')})",
                values=yes_or_no(say),
                empty=Empty.CHANNEL,
            ),
            Column(
                title=say("Last delivered", "上次送达"),
                expr=f"time() - max {by}({own('wnmon_notify_last_delivery_timestamp_seconds')})",
                unit="s",
                empty=Empty.MESSAGE,
            ),
        ],
        title=say("Messages", "消息通知"),
        about=say(
            "One row per channel of `notify`; tries in the range.", "`notify` 的每个通道一行；为所选时段内的尝试次数。"
        ),
        size=(24, 5),
        empty=Empty.CHANNEL,
    )


def _lateness(say: Language) -> list[Panel]:
    def panel(family: str, title: str, about: str) -> Panel:
        return Panel(
            title=title,
            about=about,
            size=(8, 8),
            unit="s",
            empty=Empty.TRACE,
            queries=[
                Query(
                    expr=quantile(q, family, "instance, ", "$__rate_interval", OWN), legend=f"{{{{instance}}}} {name}"
                )
                for q, name in (("0.5", "p50"), ("0.99", "p99"))
            ],
            bare=lines(),
        )

    return [
        panel(
            "wnmon_scheduler_lateness_seconds",
            say("Runs begin late by", "运行开始迟滞"),
            say("After they were due.", "晚于计划时间。"),
        ),
        panel(
            "wnmon_event_loop_lag_seconds",
            say("Event loop wakes late by", "事件循环迟滞"),
            say("What may blur a latency.", "可能影响延迟测量的精度。"),
        ),
        panel(
            "wnmon_limiter_wait_seconds",
            say("Waiting for a slot", "等待并发名额"),
            say("Of the concurrency limits; never part of a latency.", "受并发上限所限；不计入延迟。"),
        ),
    ]


def _skipped(say: Language) -> Panel:
    skipped = own("wnmon_scheduler_skipped_runs_total")
    return Panel(
        title=say("Runs skipped, by reason", "按原因统计的跳过"),
        about=say("Due, but did not take place: neither good nor bad.", "到期但未执行：既非成功也非失败。"),
        size=(12, 8),
        unit="short",
        empty=Empty.SCRAPE,
        queries=[Query(expr=f"sum by (reason) (increase({skipped}[$__rate_interval]))", legend="{{reason}}")],
        bare=stacked_bars(),
    )


def _in_flight(say: Language) -> Panel:
    return Panel(
        title=say("Runs at once", "并发运行"),
        about=say("Runs that hold a slot.", "占用名额的运行数。"),
        size=(12, 8),
        unit="short",
        empty=Empty.SCRAPE,
        queries=[Query(expr=f"sum by (instance) ({own('wnmon_probes_in_flight')})", legend="{{instance}}")],
        bare=lines(),
    )


def _faults(say: Language) -> Panel:
    window = "$__rate_interval"
    return Panel(
        title=say("Errors of wnmon", "wnmon 的错误"),
        about=say("Its log says more.", "详见其日志。"),
        size=(12, 8),
        unit="short",
        empty=Empty.COMPONENT,
        queries=[
            Query(
                expr=f"sum by (component) (increase({own('wnmon_internal_errors_total')}[{window}])) > 0",
                legend="{{component}}",
            ),
            Query(expr=f"sum by (sink) (increase({own('wnmon_sink_errors_total')}[{window}])) > 0", legend="{{sink}}"),
            Query(expr=f"sum by (problem) ({own('wnmon_store_problem')}) > 0", legend="store: {{problem}}"),
            Query(expr=f"sum({own('wnmon_network_down')}) > 0", legend="network"),
            Query(expr=f"sum(increase({own('wnmon_store_lost_total')}[{window}])) > 0", legend="store: lost"),
        ],
        bare=stacked_bars(),
    )


def _suspect(say: Language) -> Panel:
    window = "$__rate_interval"
    return Panel(
        title=say("Suspect share", "存疑比例"),
        about=say(
            "Runs whose latency was withheld because wnmon was late. Above 1 %, give it a core or fewer probes.",
            "因 wnmon 迟滞而未计入延迟的运行比例。超过 1% 时应增加 CPU 或减少探测。",
        ),
        size=(12, 8),
        unit="percentunit",
        empty=Empty.TRACE,
        queries=[
            Query(
                expr=f"sum by (instance) ({SUSPECT}[{window}])) / (sum by (instance) ({RUNS}[{window}])) > 0)",
                legend="{{instance}}",
            )
        ],
        bare=lines(limits=((None, "transparent"), (0.01, AMBER))),
    )


def _process(say: Language) -> list[Panel]:
    def panel(title: str, about: str, unit: str, *queries: tuple[str, str]) -> Panel:
        return Panel(
            title=title,
            about=about,
            size=(6, 8),
            unit=unit,
            empty=Empty.SCRAPE,
            queries=[Query(expr=expr, legend=f"{{{{instance}}}} {name}".rstrip()) for expr, name in queries],
            bare=lines(),
        )

    def each(metric: str) -> str:
        return f"max by (instance) ({own(metric)})"

    cpu = own("process_cpu_seconds_total")
    return [
        panel(
            "CPU",
            say("Cores in use.", "占用的核数。"),
            "short",
            (f"sum by (instance) (rate({cpu}[$__rate_interval]))", ""),
        ),
        panel(
            say("Memory", "内存"), say("Resident.", "常驻内存。"), "bytes", (each("process_resident_memory_bytes"), "")
        ),
        panel(
            say("Files open", "打开的文件"),
            say("Against what the system allows.", "与系统上限对比。"),
            "short",
            (each("process_open_fds"), say("open", "打开")),
            (each("process_max_fds"), say("limit", "上限")),
        ),
        panel(
            say("Scrape", "采集"),
            say("How long Prometheus waits for /metrics.", "Prometheus 获取 /metrics 的耗时。"),
            "s",
            (each("scrape_duration_seconds"), ""),
        ),
    ]
