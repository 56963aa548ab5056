"""Why a query of a board may give nothing: one table for the text in the panel, the page and the tests."""

from __future__ import annotations

from enum import Enum

from dashboards.language import Language


class Empty(Enum):
    """A reason: the text that stands in the panel, then the condition, each in English and Chinese.

    A query without such a condition is never empty while wnmon runs and a plain check has succeeded.
    """

    def __init__(self, text: str, text_zh: str, when: str, when_zh: str) -> None:
        self.text = (text, text_zh)
        self.when = (when, when_zh)

    RUN = ("unknown", "未知", "no plain check has a known state", "没有状态已知的普通检查")
    SUCCESS = ("no traffic", "无流量", "no run succeeded in the range", "所选时段内没有成功的运行")
    TRACE = ("no run yet", "尚无运行", "no run ended yet", "尚无结束的运行")
    SCRAPE = ("no data", "无数据", "wnmon is not scraped", "未采集到 wnmon")
    FAILURE = ("no failure", "无失败", "no run failed in the range", "所选时段内没有失败")
    DOUBT = ("no doubt", "无存疑", "every count of usage in the range can be", "所选时段内的用量均合理")
    RESTING = ("none rests", "无暂停", "no probe rests or is in maintenance", "没有探测处于暂停或维护中")
    REASONING = ("no reasoning", "无推理", "no model thinks before it speaks", "没有先推理后回答的模型")
    STREAM = (
        "no stream",
        "无流式",
        "no successful run was a stream of two tokens",
        "没有成功且不少于两个 token 的流式运行",
    )
    USAGE = (
        "no usage told",
        "未报告用量",
        "no successful stream told its usage, of two tokens at least (`stream_options: {include_usage: true}`)",
        "没有成功的流式运行报告用量（不少于两个 token，`stream_options: {include_usage: true}`）",
    )
    WEEK = ("no week yet", "不足一周", "there is no traffic of a week ago", "没有一周前的流量")
    TLS = ("no TLS", "无 TLS", "no target is asked by https", "没有 https 目标")
    VERDICT = ("no verdict", "无判定", "no suite judged a rule", "没有规则套件给出判定")
    BROKEN = ("none broken", "无违反", "no rule is broken", "没有被违反的规则")
    FINDING = ("no finding", "无发现", "no rule was broken in the range", "所选时段内没有规则被违反")
    WAIVER = ("no waiver", "无豁免", "no waiver is configured", "未配置豁免")
    SLO = ("no objective", "未设目标", "no SLO has an event yet", "没有任何 SLO 已有事件")
    LATENCY_SLO = ("–", "–", "no SLO is one of latency", "没有延迟类 SLO")
    LEFT_OUT = ("none left out", "无排除", "no event was left out", "没有被排除的事件")
    BUDGET = ("no budget", "未设预算", "no target has a budget", "没有目标设置预算")
    PRICE = ("no price", "无价格", "no target has `prices`", "没有目标设置 `prices`")
    BALANCE = ("not told", "未读到", "no check of kind balance was told one", "没有余额检查读到余额")
    BALANCE_CHECK = ("not asked", "未查询", "no check is of kind balance", "没有余额类检查")
    BALANCE_MIN = ("no minimum", "无下限", "no check of kind balance has `min`", "没有余额检查设置 `min`")
    BALANCE_STEADY = ("steady", "未减少", "no balance falls", "没有余额在减少")
    COMPONENT = ("none", "无", "no error happened since wnmon started", "wnmon 启动以来没有错误")
    ALERT = ("none", "无", "no alert fires, or the rules are not loaded", "没有告警，或规则未加载")
    SELFTEST = (
        "not tried",
        "未自检",
        "the self-test at the start was left out, or could not judge",
        "启动时未自检，或未能判定",
    )
    CHANNEL = ("no channel", "无通道", "no channel is configured under `notify`", "`notify` 中未配置通道")
    MESSAGE = ("none yet", "尚无", "no channel took a message yet", "尚无通道收到消息")
    RELOAD = ("never", "从未", "no configuration was taken yet", "尚未加载过配置")

    def shown(self, say: Language) -> str:
        """Return what stands in the panel in place of a value."""
        return say(*self.text)
