"""What the self-test says of the sensor."""

from __future__ import annotations

from wnmon.model.language import Pair

SENTENCES: dict[str, Pair] = {
    "help_selftest_short": ("Measure how far this machine's stamps can be trusted.", "测定本机时间戳的可信程度。"),
    "help_selftest": (
        "Run the sensor against a relay of its own in another process, plain and TLS, and compare what it measures with what "
        "that relay did when.\n\nNothing leaves this machine, and nothing is configured.",
        "让探测器在另一进程的自带中转站上运行（明文与 TLS），把测得的时间与该中转站的实际时刻对比。\n\n"
        "不向本机以外发送任何内容，也无需配置。",
    ),
    "help_selftest_epilog": (
        "\b\nExit codes: 0 trustworthy, 1 not, 2 usage, 3 could not be judged (the relay did not start,\n"
        "was late itself, or too few streams ended), 4 internal, 130 interrupted.",
        "\b\n退出码：0 可信，1 不可信，2 用法有误，3 无法判定（中转站未能启动、\n自身迟滞，或完成的流太少），4 内部错误，130 被中断。",
    ),
    "help_selftest_seconds": ("For how long, in seconds.", "持续多少秒。"),
    "help_selftest_streams": ("Streams at once.", "同时进行的流数。"),
    "help_selftest_stall": (
        "Hold the event loop for so long each second: what that spoils must be withheld.",
        "每秒故意阻塞事件循环这么久：受影响的样本必须不予发布。",
    ),
    "help_selftest_as_json": ("Print JSON.", "以 JSON 输出。"),
    "cli_no_stall": ("expected a stall from 30ms to 800ms, or 0, not {text}", "阻塞时长应在 30ms 至 800ms 之间，或为 0，而非 {text}"),
    "selftest_near": (
        "first tokens are stamped {took} late at the median; 99 of 100 err by {text} at most",
        "首个 token 的时间戳中位偏差 {took}；100 个中有 99 个误差不超过 {text}",
    ),
    "selftest_biased": (
        "first tokens are stamped {took} off at the median, more than {most}",
        "首个 token 的时间戳中位偏差 {took}，超过 {most}",
    ),
    "selftest_spread": (
        "one first token in 100 errs by {took} or more, and {most} is the most",
        "100 个首个 token 中有 1 个误差达 {took} 或更多，上限为 {most}",
    ),
    "selftest_suspect": (
        "{n} of the samples were withheld, more than {most}: the machine is too busy",
        "{n} 的样本未予发布，超过 {most}：机器过于繁忙",
    ),
    "selftest_dishonest": (
        "{n} times that are wrong by more than the bound were not withheld",
        "有 {n} 个误差超过界限的时间未被扣下",
    ),
    "selftest_withheld": (
        "all {n} times that are wrong by more than the bound were withheld",
        "{n} 个误差超过界限的时间全部未予发布",
    ),
    "selftest_too_few": ("fewer than {n} streams ended well", "正常结束的流少于 {n} 个"),
    "selftest_relay_late": (
        "the relay of the self-test was late itself, by {took} (more than {most}): the machine is too busy",
        "自测用中转站自身迟滞 {took}（超过 {most}）：机器过于繁忙",
    ),
    "selftest_no_relay": ("the relay of the self-test could not be had: {why}", "自测用中转站不可用：{why}"),
    "selftest_line": ("self-test of the clock: {text} ({said})", "时钟自检：{text}（{said}）"),
    "selftest_trustworthy": ("trustworthy", "可信"),
    "selftest_untrustworthy": ("not trustworthy", "不可信"),
    "selftest_unjudged": ("could not be judged", "无法判定"),
    "selftest_head": (
        "Streams of a relay of its own: {n}. What was measured less what was true:",
        "自带中转站的流：{n} 个。测得值减去真实值：",
    ),
    "selftest_columns": ("error|samples|bias|p50|p99|most", "误差|样本|偏差|p50|p99|最大"),
    "selftest_ttft": ("{text} first token", "{text} 首个 token"),
    "selftest_gaps": ("{text} gaps", "{text} 间隔"),
    "selftest_relay": ("{text} relay's own lateness", "{text} 中转站自身迟滞"),
    "selftest_counts": (
        "Withheld: {n} of {most}. Wrong by more than {took}: {text}, of these withheld {kind}, in a histogram {found}",
        "未发布：{most} 个中的 {n} 个。误差超过 {took}：{text} 个，其中未发布 {kind} 个，进入直方图 {found} 个",
    ),
}
