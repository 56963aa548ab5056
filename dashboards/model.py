"""The board of models: how fast each speaks, where its time goes, and which of several does best."""

from __future__ import annotations

from functools import partial

from dashboards.board import Board, Row
from dashboards.common import UPTIME_COLOURS
from dashboards.empty import Empty
from dashboards.language import Language
from dashboards.latency import DURATION, TTFT, by_model, phases
from dashboards.pieces import (
    Column,
    Panel,
    Query,
    bars_by_size,
    drill,
    lines,
    now,
    rows,
    stacked_bars,
    states_shown,
)
from dashboards.queries import increase, mean, probes, quantile, state, uptime

PACE = "wnmon_probe_time_per_output_token_seconds"
SPEED = "wnmon_probe_output_tokens_per_second"
GAP = "wnmon_probe_max_chunk_gap_seconds"
EACH = "target, model"
EACH_LEGEND = "{{target}} / {{model}}"


def text(say: Language) -> tuple[str, str]:
    """Return the title and what the board answers."""
    return (
        say("wnmon / model", "wnmon / 模型"),
        say(
            "How fast each model speaks, where its time goes, and which of several does best.",
            "各模型的速度、时间花在何处、多个模型之间孰优。",
        ),
    )


def all_rows(say: Language) -> list[Row]:
    """Return the panels."""
    return [
        Row(title="", panels=[_comparison(say), _fastest(say), _most_fluent(say)]),
        Row(
            title=say("Waiting", "等待"),
            panels=[
                by_model(say, TTFT, "TTFT"),
                by_model(say, TTFT, "TTFT", q="0.95", name="p95"),
                by_model(say, DURATION, say("Total time", "总耗时")),
                phases(say),
            ],
        ),
        Row(
            title=say("Speaking", "输出"),
            panels=[
                _last_run(
                    SPEED,
                    say("Tokens per second", "每秒 token"),
                    say("Output rate of the last runs.", "最近运行的输出速率。"),
                    "short",
                ),
                _per_token(say),
                _last_run(
                    GAP,
                    say("Longest gap", "最长停顿"),
                    say(
                        "Longest silence between two pieces of the last answers.", "最近响应中两块数据之间的最长间隔。"
                    ),
                    "s",
                ),
                _last_run(
                    "wnmon_probe_chunks",
                    say("Pieces of an answer", "响应块数"),
                    say(
                        "Few pieces for many tokens: the answer is gathered before it is sent.",
                        "token 多而块数少：响应被攒批后才发出。",
                    ),
                    "short",
                ),
            ],
        ),
        Row(title=say("Tokens", "token"), panels=[_tokens(say)]),
    ]


BOARD = Board(uid="wnmon-model", text=text, rows=all_rows)


def _comparison(say: Language) -> Panel:
    by = f"by ({EACH}) "
    each, range_ = f"{EACH}, ", "$__range"
    title = say("Target", "目标")
    target = f'target=${{__data.fields["{title}"]:percentencode}}'
    seconds = partial(Column, unit="s", empty=Empty.SUCCESS)
    return rows(
        say,
        {"model": say("Model", "模型"), "target": title},
        [
            Column(title=say("State", "状态"), expr=state(EACH), values=states_shown(say), empty=Empty.SCRAPE),
            Column(
                title=say("Uptime", "可用率"), expr=uptime(by), unit="percentunit", decimals=2, colours=UPTIME_COLOURS
            ),
            seconds(title=say("TTFT p50", "首 token p50"), expr=quantile("0.5", TTFT, each, range_)),
            seconds(title=say("TTFT p95", "首 token p95"), expr=quantile("0.95", TTFT, each, range_)),
            seconds(title=say("Total p50", "总耗时 p50"), expr=quantile("0.5", DURATION, each, range_)),
            seconds(title=say("Total p95", "总耗时 p95"), expr=quantile("0.95", DURATION, each, range_)),
            Column(
                title=say("Per token", "每 token"),
                expr=mean(PACE, by, range_),
                unit="s",
                empty=Empty.USAGE,
            ),
            Column(
                title=say("Tokens/s", "token/秒"),
                expr=f"avg {by}(avg_over_time({probes(SPEED)}[{range_}]))",
                decimals=1,
                empty=Empty.USAGE,
            ),
            Column(
                title=say("Longest gap", "最长停顿"),
                expr=f"max {by}(max_over_time({probes(GAP)}[{range_}]))",
                unit="s",
                empty=Empty.STREAM,
            ),
            Column(
                title=say("Tokens", "token"),
                expr=increase("wnmon_probe_tokens_total", EACH, range_),
                decimals=0,
                empty=Empty.SCRAPE,
            ),
        ],
        links={"target": (say("Open the target", "打开目标"), drill(say, "wnmon-target", target))},
        title=say("Models compared", "模型对比"),
        about=say("One row per model and target, over the range.", "每个模型与目标一行，按所选时段统计。"),
        size=(24, 8),
        empty=Empty.RUN,
    )


def _fastest(say: Language) -> Panel:
    return Panel(
        title=say("Mean TTFT", "平均首 token 时间"),
        about=say("Over the range, the fastest first.", "所选时段内，最快者在前。"),
        size=(12, 7),
        unit="s",
        empty=Empty.SUCCESS,
        queries=[now(f"sort({mean(TTFT, f'by ({EACH}) ', '$__range')})", EACH_LEGEND)],
        bare=bars_by_size,
    )


def _most_fluent(say: Language) -> Panel:
    return Panel(
        title=say("Mean tokens per second", "平均每秒 token"),
        about=say("Over the range, the most fluent first.", "所选时段内，最流畅者在前。"),
        size=(12, 7),
        unit="short",
        empty=Empty.USAGE,
        queries=[now(f"sort_desc(avg by ({EACH}) (avg_over_time({probes(SPEED)}[$__range])))", EACH_LEGEND)],
        bare=bars_by_size,
    )


def _per_token(say: Language) -> Panel:
    return Panel(
        title=say("Time per output token p50", "每个输出 token 耗时 p50"),
        about=say(
            "From the first to the last token, over the tokens between; successful runs.",
            "首个到末个 token 的时间除以其间的 token 数；仅成功的运行。",
        ),
        size=(12, 8),
        unit="s",
        empty=Empty.USAGE,
        queries=[Query(expr=quantile("0.5", PACE, f"{EACH}, ", "$__rate_interval"), legend=EACH_LEGEND)],
        bare=lines(),
    )


def _last_run(metric: str, title: str, about: str, unit: str) -> Panel:
    return Panel(
        title=title,
        about=about,
        size=(12, 8),
        unit=unit,
        empty=Empty.USAGE if metric == SPEED else Empty.STREAM,
        queries=[Query(expr=f"avg by ({EACH}) ({probes(metric)})", legend=EACH_LEGEND)],
        bare=lines(),
    )


def _tokens(say: Language) -> Panel:
    return Panel(
        title=say("Tokens by model", "各模型的 token"),
        about=say("What watching each model costs.", "监测各模型的花费。"),
        size=(24, 8),
        unit="short",
        empty=Empty.SCRAPE,
        queries=[Query(expr=increase("wnmon_probe_tokens_total", EACH, "$__rate_interval"), legend=EACH_LEGEND)],
        bare=stacked_bars(),
    )
