"""The board of money: what watching spends, what is left of the budgets and of the balances, and what is doubtful."""

from __future__ import annotations

from dashboards.board import Board, Row
from dashboards.common import STAT, tokens_by_direction
from dashboards.empty import Empty
from dashboards.language import Language
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
    stacked_bars,
    yes_or_no,
)
from dashboards.queries import budget_used, increase, own, probes, targets

BALANCE = targets("wnmon_balance_remaining")
OF_THE_DAY = 'scope="target", period="day"'


def text(say: Language) -> tuple[str, str]:
    """Return the title and what the board answers."""
    return (
        say("wnmon / cost", "wnmon / 费用"),
        say(
            "What watching spends, how much of its budget is left, and how long the relays' balances last.",
            "监测花费多少、预算还剩多少、各中转站余额还能用多久。",
        ),
    )


def all_rows(say: Language) -> list[Row]:
    """Return the panels."""
    return [
        Row(title="", panels=[*_answers(say), _targets(say)]),
        Row(title=say("Spent", "花费"), panels=[tokens_by_direction(say), _by_target(say), *_money(say)]),
        Row(title=say("Left", "剩余"), panels=[_budget(say), _balance(say), _steps(say)]),
        Row(title=say("In doubt", "存疑"), panels=[_doubts(say), _skipped(say)]),
    ]


BOARD = Board(uid="wnmon-cost", text=text, rows=all_rows, time="now-7d")


def _answers(say: Language) -> list[Panel]:
    def spent(direction: str, title: str) -> Panel:
        tokens = probes("wnmon_probe_tokens_total", f'direction="{direction}"')
        return Panel(
            title=title,
            about=say("Of all runs, in the range.", "所选时段内的全部运行。"),
            size=STAT,
            unit="short",
            empty=Empty.SCRAPE,
            queries=[now(f"sum(increase({tokens}[$__range]))")],
            bare=number(decimals=0),
        )

    return [
        spent("input", say("Tokens sent", "发送的 token")),
        spent("output", say("Tokens received", "接收的 token")),
        Panel(
            title=say("Most of a budget used", "预算最高使用率"),
            about=say("Of the target that has spent the most of its own.", "各目标中使用比例最高者。"),
            size=STAT,
            unit="percentunit",
            empty=Empty.BUDGET,
            queries=[now(budget_used(""))],
            bare=number(((None, GREEN), (0.8, AMBER), (1, RED)), decimals=0),
        ),
        Panel(
            title=say("Budgets used up", "预算用尽"),
            about=say("Targets whose probes rest until the period ends.", "探测暂停至周期结束的目标数。"),
            size=STAT,
            unit="short",
            empty=Empty.BUDGET,
            queries=[now(f"sum({targets('wnmon_budget_exhausted')})")],
            bare=number(((None, GREEN), (1, AMBER))),
        ),
        Panel(
            title=say("Balances too low", "低于下限的余额"),
            about=say("Targets to top up, by the `min` of their check.", "需要充值的目标数（按检查的 `min`）。"),
            size=STAT,
            unit="short",
            empty=Empty.BALANCE_MIN,
            queries=[now(f"sum({BALANCE} < bool on (job, instance, target, unit) {targets('wnmon_balance_min')})")],
            bare=number(((None, GREEN), (1, RED))),
        ),
        Panel(
            title=say("Balances unknown", "余额未知"),
            about=say("Targets that were asked and told none.", "已查询但未读到余额的目标数。"),
            size=STAT,
            unit="short",
            empty=Empty.BALANCE_CHECK,
            queries=[now(f"sum({targets('wnmon_balance_known')} == bool 0)")],
            bare=number(((None, GREEN), (1, AMBER))),
        ),
    ]


def _targets(say: Language) -> Panel:
    title = say("Target", "目标")
    chosen = f'target=${{__data.fields["{title}"]:percentencode}}'
    by = "by (target) "
    falling = f"-deriv({BALANCE}[1d])"
    return rows(
        say,
        {"target": title, "unit": say("Unit", "单位")},
        [
            Column(title=say("Balance", "余额"), expr=f"min by (target, unit) ({BALANCE})", decimals=2),
            Column(
                title=say("Minimum", "下限"),
                expr=f"max by (target, unit) ({targets('wnmon_balance_min')})",
                decimals=2,
                empty=Empty.BALANCE_MIN,
            ),
            Column(
                title=say("Lasts", "可用"),
                expr=f"min by (target, unit) ({BALANCE} / ({falling} > 0))",
                unit="s",
                decimals=0,
                colours=((None, RED), (3 * 86400, AMBER), (14 * 86400, "text")),
                empty=Empty.BALANCE_STEADY,
            ),
            Column(
                title=say("Unlimited", "不限额"),
                expr=f"max {by}({targets('wnmon_balance_unlimited')})",
                values=yes_or_no(say),
                empty=Empty.BALANCE,
            ),
            Column(
                title=say("Tokens/day", "每日 token"),
                expr=f"max {by}({targets('wnmon_budget_tokens_limit', OF_THE_DAY)})",
                decimals=0,
                empty=Empty.BUDGET,
            ),
            Column(
                title=say("Left", "剩余"),
                expr=f"min {by}({targets('wnmon_budget_tokens_remaining', OF_THE_DAY)})",
                decimals=0,
                empty=Empty.BUDGET,
            ),
            Column(
                title=say("Used", "已用"),
                expr=budget_used(by),
                unit="percentunit",
                decimals=0,
                colours=((None, GREEN), (0.8, AMBER), (1, RED)),
                empty=Empty.BUDGET,
            ),
            Column(
                title=say("Limits used up", "用尽的限额"),
                expr=f"sum {by}({targets('wnmon_budget_limit_exhausted')})",
                decimals=0,
                colours=((None, "text"), (1, AMBER)),
                empty=Empty.BUDGET,
            ),
        ],
        links={"target": (say("Open the target", "打开目标"), drill(say, "wnmon-target", chosen))},
        title=say("Balances and budgets", "余额与预算"),
        about=say(
            "What the relay says is left, in its own unit; how long that lasts at the pace of the last day.",
            "中转站报告的余额（按其单位）；按最近一天的速度还能用多久。",
        ),
        size=(24, 7),
        empty=Empty.BALANCE,
    )


def _by_target(say: Language) -> Panel:
    return Panel(
        title=say("Tokens by target", "各目标的 token"),
        about=say("Sent and received.", "收发合计。"),
        size=(12, 8),
        unit="short",
        empty=Empty.SCRAPE,
        queries=[Query(expr=increase("wnmon_probe_tokens_total", "target", "$__rate_interval"), legend="{{target}}")],
        bare=stacked_bars(link=(say("Open the target", "打开目标"), drill(say, "wnmon-target", of_field("target")))),
    )


def _money(say: Language) -> list[Panel]:
    """Show what the tokens cost: currencies are never added up."""

    def paid(title: str, by: str, legend: str) -> Panel:
        return Panel(
            title=title,
            about=say(
                "What was really paid, by the prices of the configuration: multiplier and recharge included.",
                "按配置中的价格（含倍率与充值比例）折算的实际花费。",
            ),
            size=(12, 8),
            unit="short",
            empty=Empty.PRICE,
            queries=[
                Query(
                    expr=increase("wnmon_probe_money_total", f"{by}, currency", "$__rate_interval"),
                    legend=f"{legend} {{{{currency}}}}",
                )
            ],
            bare=stacked_bars(),
        )

    return [
        paid(say("Money by target", "各目标的花费"), "target", "{{target}}"),
        paid(say("Money by model", "各模型的花费"), "model", "{{model}}"),
    ]


def _budget(say: Language) -> Panel:
    return Panel(
        title=say("Share of the budget used", "预算使用率"),
        about=say("At 100 % probes rest until the period ends.", "达到 100% 后探测暂停至周期结束。"),
        size=(12, 8),
        unit="percentunit",
        empty=Empty.BUDGET,
        queries=[Query(expr=budget_used("by (target) "), legend="{{target}}")],
        bare=lines(limits=((None, "transparent"), (1, RED)), top=1),
    )


def _steps(say: Language) -> Panel:
    return Panel(
        title=say("How sparingly targets are asked", "询问的节省程度"),
        about=say(
            "So that budgets last: 0 as configured, 1 rarer, 2 the cheapest check alone, 3 what costs no tokens, "
            "4 nothing.",
            "为使预算够用：0 按配置，1 降低频率，2 只保留最便宜的检查，3 只询问不消耗 token 的内容，4 不询问。",
        ),
        size=(24, 6),
        unit="short",
        empty=Empty.BUDGET,
        queries=[Query(expr=f"max by (target) ({targets('wnmon_budget_step')})", legend="{{target}}")],
        bare=lines(top=4),
    )


def _balance(say: Language) -> Panel:
    minimum = say("minimum", "下限")
    return Panel(
        title=say("Balance, its minimum dashed", "余额（虚线为下限）"),
        about=say("In the unit that the relay tells.", "按中转站报告的单位。"),
        size=(12, 8),
        unit="short",
        empty=Empty.BALANCE,
        queries=[
            Query(expr=f"min by (target, unit) ({BALANCE})", legend="{{target}} {{unit}}"),
            Query(
                expr=f"max by (target, unit) ({targets('wnmon_balance_min')})",
                legend=f"{{{{target}}}} {{{{unit}}}} {minimum}",
                empty=Empty.BALANCE_MIN,
            ),
        ],
        bare=lines(dashed=f".* {minimum}"),
    )


def _doubts(say: Language) -> Panel:
    return Panel(
        title=say("Impossible counts of usage", "不可能的用量数"),
        about=say(
            "Such as 0 for an answer with text, or far more than the request allows.",
            "例如有文本却报 0，或远超请求所允许的数量。",
        ),
        size=(12, 8),
        unit="short",
        empty=Empty.DOUBT,
        queries=[
            Query(
                expr=f"{increase('wnmon_probe_usage_doubts_total', 'target, direction', '$__rate_interval')} > 0",
                legend="{{target}} {{direction}}",
            )
        ],
        bare=stacked_bars(),
    )


def _skipped(say: Language) -> Panel:
    skipped = own("wnmon_scheduler_skipped_runs_total", 'reason="budget"')
    return Panel(
        title=say("Runs skipped for the budget", "因预算跳过的运行"),
        about=say("They would have spent more than may be.", "若执行将超出预算。"),
        size=(12, 8),
        unit="short",
        empty=Empty.SCRAPE,
        queries=[Query(expr=f"sum by (instance) (increase({skipped}[$__rate_interval]))", legend="{{instance}}")],
        bare=stacked_bars(),
    )
