"""Words of the page that `wnmon serve` shows, and what each reason means."""

from __future__ import annotations

from wnmon.model.language import Pair

_WORDS: dict[str, Pair] = {
    # What a running service says of itself at the terminal.
    "service_at": ("wnmon serves {url} (page) and {url}metrics", "wnmon 已启动：{url}（页面）与 {url}metrics"),
    "service_ended": ("wnmon ended", "wnmon 已结束"),
    "cannot_listen": ("cannot listen on {host}:{port}: {why}", "无法监听 {host}:{port}：{why}"),
    "choose_address": ("choose another address with --listen HOST:PORT; port 0 takes any free one", "请用 --listen HOST:PORT 换一个地址；端口 0 表示任取一个空闲端口"),
    "port_at_most": ("a port is at most {n}", "端口至多为 {n}"),
    "reload_refused": ("reload refused, the last good configuration goes on:", "重新加载被拒绝，继续使用上一份有效配置："),
    "probe_skipped": ("skipped {probe}: {reason} ({said})", "已跳过 {probe}：{reason}（{said}）"),
    "skipped_lately": (
        "{n} due runs did not take place since the last such line: {text}",
        "自上次汇总以来有 {n} 次到期的运行未进行：{text}",
    ),
    "recheck_cut": (
        "{probe}: its re-check had not ended after {n} s, when the next run was due, and says nothing",
        "{probe}：复查 {n} 秒后仍未结束，下一次运行已到期，因此复查不作结论",
    ),
    "probe_unknown": ("{probe} is unknown now: no run took place", "{probe} 现为未知：没有运行"),
    "plan_in_short": ("at most {n} requests and {n2} tokens a day", "每日至多 {n} 次请求、{n2} 个 token"),
    "probe_in_maintenance": ("{probe} is in maintenance until {until}: {text}", "{probe} 处于维护中，至 {until}：{text}"),
    "probe_down": ("{probe} is down since {since}: {reason}", "{probe} 自 {since} 起中断：{reason}"),
    "probe_up": ("{probe} is up again since {since}", "{probe} 自 {since} 起恢复"),
    "connections_refused": (
        "connections to the page closed for want of room: {n}; who kept them open longest without a word went first",
        "页面连接过多，已关闭 {n} 个；最久无动静的先关",
    ),
    "sink_failed": ("sink {text} failed: {error}", "输出 {text} 失败：{error}"),
    "component_failed": ("internal error in {text}: {error}", "{text} 内部错误：{error}"),
    # The page.
    "page_title": ("Probes", "探测"),
    "page_probe": ("Probe", "探测"),
    "page_outcome": ("Outcome", "结果"),
    "page_reason": ("Reason", "原因"),
    "page_since": ("for {span}", "已持续 {span}"),
    "page_ttft": ("First token", "首个 token"),
    "page_first_visible": ("First visible", "首个可见字符"),
    "page_total": ("Total", "总耗时"),
    "page_last_run": ("Last run", "上次运行"),
    "page_next_run": ("Next run", "下次运行"),
    "page_broken_rules": ("Broken rules", "未通过的规则"),
    "page_every": ("every", "每"),
    "page_passed": ("passed", "通过"),
    "page_degraded": ("degraded", "降级"),
    "page_failed": ("failed", "未通过"),
    "page_errored": ("errored", "出错"),
    "page_skipped": ("skipped", "跳过"),
    "page_unconfirmed_down": ("not yet confirmed", "尚未确认"),
    "page_unconfirmed_up": ("still down until confirmed", "确认前仍视为中断"),
    "page_unknown": ("unknown", "未知"),
    "page_rest_asked": ("resting until {until} ({span}), as the relay asked", "应中转站要求暂停至 {until}（{span}）"),
    "page_rest_refused": ("resting until {until} ({span}), since the relay refused", "因中转站拒绝暂停至 {until}（{span}）"),
    "page_rest_budget": ("resting until {until} ({span}): the day's budget is used up", "当日预算已用尽，暂停至 {until}（{span}）"),
    "page_rest_maintenance": ("maintenance until {until} ({span}): {reason}", "维护至 {until}（{span}）：{reason}"),
    "page_rest_paused": ("paused until {until} ({span}): {reason}", "已暂停至 {until}（{span}）：{reason}"),
    "page_maintenance": ("maintenance", "维护中"),
    "page_waiting": ("waiting", "等待中"),
    "page_suspect": ("The monitor itself was late: do not trust this number", "监测端自身延迟：此数值不可信"),
    "page_undecided": ("undecided", "未决"),
    "page_none": ("No probes are configured.", "尚未配置任何探测。"),
    "page_updated": ("Updated", "更新于"),
    "page_refreshes": ("refreshes every {n} s", "每 {n} 秒刷新"),
    "page_now": ("now", "现在"),
    "page_ago": ("{span} ago", "{span}前"),
    "page_ahead": ("in {span}", "{span}后"),
    "page_s": ("s", "秒"),
    "page_min": ("min", "分钟"),
    "page_h": ("h", "小时"),
    "page_d": ("d", "天"),
}

_REASONS: dict[str, Pair] = {
    "reason_ok": ("ok", "正常"),
    "reason_dns": ("host name not found", "域名解析失败"),
    "reason_connect": ("cannot connect", "无法连接"),
    "reason_tls": ("TLS refused", "TLS 失败"),
    "reason_timeout_connect": ("connecting took too long", "连接超时"),
    "reason_timeout_headers": ("no answer in time", "应答超时"),
    "reason_timeout_first_token": ("no first token in time", "首个 token 超时"),
    "reason_timeout_total": ("took too long", "总时间超时"),
    "reason_stall": ("the stream stalled", "流中断无数据"),
    "reason_auth": ("key refused", "密钥被拒"),
    "reason_balance": ("no balance left", "余额不足"),
    "reason_model_unavailable": ("model not available", "模型不可用"),
    "reason_rate_limited": ("rate limited", "被限流"),
    "reason_http_4xx": ("request refused", "请求被拒"),
    "reason_http_5xx": ("relay error", "中转站错误"),
    "reason_protocol": ("broken HTTP", "HTTP 协议错误"),
    "reason_content_type": ("wrong media type", "媒体类型错误"),
    "reason_bad_json": ("invalid JSON", "JSON 无效"),
    "reason_schema": ("wrong shape", "结构不符"),
    "reason_stream": ("broken stream", "流格式错误"),
    "reason_truncated": ("answer cut off", "应答被截断"),
    "reason_empty": ("empty answer", "应答为空"),
    "reason_length": ("cut by max_tokens", "被 max_tokens 截断"),
    "reason_content": ("unexpected content", "内容不符"),
    "reason_usage": ("wrong usage", "用量不符"),
    "reason_model": ("another model answered", "应答模型不符"),
    "reason_slow": ("too slow", "过慢"),
    "reason_too_large": ("answer too large", "应答过大"),
    "reason_budget": ("budget used up", "预算用尽"),
    "reason_shutdown": ("stopped by shutdown", "因停机中止"),
    "reason_rule": ("rule broken", "规则未通过"),
    "reason_client": ("trouble on this machine", "本机故障"),
    "reason_internal": ("internal error", "内部错误"),
}

# Within a sentence English keeps the name by which reports and metrics know a reason: somebody may look for it.
_WITHIN: dict[str, Pair] = {
    f"within_{name}": (name.removeprefix("reason_"), chinese) for name, (_, chinese) in _REASONS.items()
}

SENTENCES: dict[str, Pair] = _WORDS | _REASONS | _WITHIN
