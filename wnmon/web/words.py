"""Every fixed word of the page, in English and Chinese, and the choice between the two."""

from __future__ import annotations

from wnmon.model.language import LANGUAGES, pick
from wnmon.model.result import Reason

_WORDS: dict[str, tuple[str, str]] = {
    "title": ("Probes", "探测"),
    "probe": ("Probe", "探测"),
    "outcome": ("Outcome", "结果"),
    "reason": ("Reason", "原因"),
    "since": ("for {span}", "已持续 {span}"),
    "ttft": ("First token", "首个 token"),
    "first_visible": ("First visible", "首个可见字符"),
    "total": ("Total", "总耗时"),
    "last_run": ("Last run", "上次运行"),
    "next_run": ("Next run", "下次运行"),
    "broken_rules": ("Broken rules", "未通过的规则"),
    "every": ("every", "每"),
    "passed": ("passed", "通过"),
    "degraded": ("degraded", "变慢"),
    "failed": ("failed", "未通过"),
    "errored": ("errored", "出错"),
    "skipped": ("skipped", "跳过"),
    "waiting": ("waiting", "等待中"),
    "suspect": ("The monitor itself was late: do not trust this number", "监测端自身延迟：此数值不可信"),
    "none": ("No probes are configured.", "尚未配置任何探测。"),
    "updated": ("Updated", "更新于"),
    "refreshes": ("refreshes every {n} s", "每 {n} 秒刷新"),
    "now": ("now", "现在"),
    "ago": ("{span} ago", "{span}前"),
    "ahead": ("in {span}", "{span}后"),
    "s": ("s", "秒"),
    "min": ("min", "分钟"),
    "h": ("h", "小时"),
    "d": ("d", "天"),
}

_REASONS: dict[Reason, tuple[str, str]] = {
    Reason.OK: ("ok", "正常"),
    Reason.DNS: ("host name not found", "域名解析失败"),
    Reason.CONNECT: ("cannot connect", "无法连接"),
    Reason.TLS: ("TLS refused", "TLS 失败"),
    Reason.TIMEOUT_CONNECT: ("connecting took too long", "连接超时"),
    Reason.TIMEOUT_HEADERS: ("no answer in time", "应答超时"),
    Reason.TIMEOUT_FIRST_TOKEN: ("no first token in time", "首个 token 超时"),
    Reason.TIMEOUT_TOTAL: ("took too long", "总时间超时"),
    Reason.STALL: ("the stream stalled", "流中断无数据"),
    Reason.AUTH: ("key refused", "密钥被拒"),
    Reason.BALANCE: ("no balance left", "余额不足"),
    Reason.MODEL_UNAVAILABLE: ("model not available", "模型不可用"),
    Reason.RATE_LIMITED: ("rate limited", "被限流"),
    Reason.HTTP_4XX: ("request refused", "请求被拒"),
    Reason.HTTP_5XX: ("relay error", "中转站错误"),
    Reason.PROTOCOL: ("broken HTTP", "HTTP 协议错误"),
    Reason.CONTENT_TYPE: ("wrong media type", "媒体类型错误"),
    Reason.BAD_JSON: ("invalid JSON", "JSON 无效"),
    Reason.SCHEMA: ("wrong shape", "结构不符"),
    Reason.STREAM: ("broken stream", "流格式错误"),
    Reason.TRUNCATED: ("answer cut off", "应答被截断"),
    Reason.EMPTY: ("empty answer", "应答为空"),
    Reason.LENGTH: ("cut by max_tokens", "被 max_tokens 截断"),
    Reason.CONTENT: ("unexpected content", "内容不符"),
    Reason.USAGE: ("wrong usage", "用量不符"),
    Reason.MODEL: ("another model answered", "应答模型不符"),
    Reason.SLOW: ("too slow", "过慢"),
    Reason.TOO_LARGE: ("answer too large", "应答过大"),
    Reason.BUDGET: ("budget used up", "预算用尽"),
    Reason.SHUTDOWN: ("stopped by shutdown", "因停机中止"),
    Reason.RULE: ("rule broken", "规则未通过"),
    Reason.CLIENT: ("trouble on this machine", "本机故障"),
    Reason.INTERNAL: ("internal error", "内部错误"),
}


def word(key: str, lang: str) -> str:
    """Return a fixed word in `lang`, one of LANGUAGES."""
    return pick(_WORDS[key], lang)


def reason_word(reason: str, lang: str) -> str:
    """Return what a reason means, the reason itself when it is not one of the closed set."""
    if reason not in set(Reason):
        return reason
    return pick(_REASONS[Reason(reason)], lang)


def choose_language(asked: str | None, accept: str | None, otherwise: str = LANGUAGES[0]) -> str:
    """Return the language of the page: the `lang` asked for, else the best of Accept-Language, else `otherwise`.

    Accept-Language is a list of ranges with weights (RFC 9110 §12.5.4); a malformed weight counts as 0.
    """
    if asked and (known := _known(asked)):
        return known
    ranges = [_weighted(part) for part in (accept or "")[:1000].split(",")]
    ranked = sorted(((weight, -place, name) for place, (name, weight) in enumerate(ranges) if weight > 0), reverse=True)
    return next((known for _, _, name in ranked if (known := _known(name))), otherwise)


def _weighted(part: str) -> tuple[str, float]:
    name, _, parameter = part.partition(";")
    _, _, weight = parameter.partition("=")
    try:
        return name, float(weight) if parameter else 1.0
    except ValueError:
        return name, 0.0


def _known(tag: str) -> str | None:
    primary = tag.strip().lower().replace("_", "-").split("-")[0]
    return primary if primary in LANGUAGES else None
