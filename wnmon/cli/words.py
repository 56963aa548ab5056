"""What the command line says beside the reports, in English and Chinese, as one literal table."""

from __future__ import annotations

from collections.abc import Mapping

from wnmon.model.language import Pair, pick

_WORDS: Mapping[str, Pair] = {
    "not_sent": ("not sent: {why}", "不发送：{why}"),
    "at_once": (", {n} times at once", "，同时发送 {n} 次"),
    "if_answered": (" ({n} if answered)", "（若应答则为 {n}）"),
    "risk": ("  risk: {risk}", "  风险：{risk}"),
    "tokens": ("up to {input} in, {output} out", "输入至多 {input}，输出至多 {output}"),
    "call": ("1 call", "1 次调用"),
    "calls": ("{n} calls", "{n} 次调用"),
    "total": (
        "{calls}, at most {tokens} tokens{money}; nothing was sent",
        "{calls}，至多 {tokens} 个 token{money}；什么都没有发送",
    ),
    "at_most": (", at most {money}", "，至多 {money}"),
    "more": (
        "up to {tokens} tokens{money} more if the relay answers what it must refuse",
        "若中转站应答了它必须拒绝的请求，还会多出至多 {tokens} 个 token{money}",
    ),
    "more_money": (", {money},", "（{money}）"),
    "no_price": ("no price is known for {models}", "以下模型没有价格：{models}"),
    "may_end": ("--budget-tokens {n} may end the check earlier", "--budget-tokens {n} 可能使检查提前结束"),
    "no_key": ("no key: {names} is not set", "没有密钥：{names} 未设置"),
    "or": (" or ", " 或 "),
    "no_baseline": ("no baseline written: {why}", "未写入基线：{why}"),
    "wrote_baseline": ("wrote the baseline {path}", "已写入基线 {path}"),
    "nobody": (
        "nobody accepted a connection within {n} s, trying all the same",
        "{n} 秒内没有程序接受连接，仍然继续尝试",
    ),
    "no_rule": ("no rule is selected", "没有选中任何规则"),
    "profiles": (
        "profiles here: {profiles}; see --only and --skip",
        "此处的 profile：{profiles}；另见 --only 与 --skip",
    ),
    "found": ("{rules} is in {suites}", "{rules} 在 {suites} 中"),
    "found_risky": (
        "{rules} is in {suites}; its requests are risky, so add --full",
        "{rules} 在 {suites} 中；其请求有风险，请加 --full",
    ),
    "run_it": ("Run it", "运行该规则"),
}


def said(key: str, lang: str, **holes: object) -> str:
    """Return a sentence in `lang`, English for any language but Chinese, its holes filled."""
    return pick(_WORDS[key], lang).format(**holes)
