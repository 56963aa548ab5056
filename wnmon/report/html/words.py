"""The words only the HTML report uses, in English and Chinese."""

from __future__ import annotations

from wnmon.model.language import Pair, pick
from wnmon.report.words import word as shared_word

_WORDS: dict[str, Pair] = {
    "title": ("wnmon conformance report", "wnmon 一致性检测报告"),
    "summary": ("Summary by profile and level", "按 profile 与级别汇总"),
    "what_broke": ("What broke", "未通过的规则一览"),
    "what_is_open": ("What could not be judged", "未能判定的部分"),
    "profile": ("profile", "profile"),
    "target": ("relay", "中转站"),
    "model": ("model", "模型"),
    "url": ("URL", "URL"),
    "time": ("time", "时间"),
    "message": ("found", "发现"),
    "in_the_body": ("in the body of {step}", "在 {step} 的响应体中"),
    "absent_in": ("absent from this part of the body of {step}", "{step} 的响应体中缺少该项，本应在此处："),
    "headers_there": ("headers of {step}", "{step} 的响应头"),
    "exchanges": ("The exchanges behind it", "相关的请求与响应"),
    "exchange_note": (
        "Every secret was taken out before anything was judged; [redacted:…] stands in its place.",
        "判定之前已移除所有密钥，原处以 [redacted:…] 标记。",
    ),
    "sent": ("Request", "请求"),
    "received": ("Answer", "响应"),
    "copy": ("copy {n} of {m} sent at once", "同时发送的 {m} 份中的第 {n} 份"),
    "nothing_received": ("no answer", "无响应"),
    "empty_body": ("empty body", "空响应体"),
    "failure": ("ended by", "终止原因"),
    "bytes": ("{n} bytes", "{n} 字节"),
    "bytes_left": ("{n} more bytes are not shown", "另有 {n} 字节未显示"),
    "arrivals": ("arrivals of bytes: {n}", "数据到达次数：{n}"),
    "timing": ("Timing", "时序"),
    "again": ("Send it again", "重新发送"),
    "again_note": (
        "The key is read from the environment variable WNMON_API_KEY.",
        "密钥取自环境变量 WNMON_API_KEY。",
    ),
    "dns": ("DNS", "DNS"),
    "tcp": ("TCP", "TCP"),
    "tls": ("TLS", "TLS"),
    "send": ("sending", "发送"),
    "wait": ("waiting for headers", "等待响应头"),
    "body": ("body", "响应体"),
    "longest_gap": ("longest silence in the body", "响应体内最长静默"),
    "every_rule": ("Every rule", "全部规则"),
    "verdict": ("verdict", "结果"),
    "remark": ("remark", "备注"),
    "exchanges_left": ("{n} more exchanges are not shown", "另有 {n} 次交互未显示"),
    "no_rules": ("no rule was judged", "未判定任何规则"),
    "all_kept": ("no rule is broken", "没有未通过的规则"),
    "to_exchange": ("see the exchange", "查看该次交互"),
}


def word(key: str, lang: str) -> str:
    """Return a fixed word of the page in `lang`: its own, else the one all reports share."""
    pair = _WORDS.get(key)
    return shared_word(key, lang) if pair is None else pick(pair, lang)
