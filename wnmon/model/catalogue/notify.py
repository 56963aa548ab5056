"""What messages say, and what is said of their delivery."""

from __future__ import annotations

from wnmon.model.language import Pair

_MESSAGES: dict[str, Pair] = {
    "notify_title_down": ("🔴 {target}: {n} of {n2} down: {reason}", "🔴 {target}：{n2} 项中 {n} 项中断：{reason}"),
    "notify_title_up": ("🟢 {target}: {n} up again after {span}", "🟢 {target}：{n} 项已恢复，历时 {span}"),
    "notify_title_changed": ("🟠 {target}: {n} down, {n2} up again, {n3} still down", "🟠 {target}：新中断 {n}，恢复 {n2}，仍中断 {n3}"),
    "notify_title_digest": ("🟠 Several relays: {n} down, {n2} up again", "🟠 多个中转站：新中断 {n}，恢复 {n2}"),
    "notify_title_reminder": ("🔴 Still down: {n}", "🔴 仍中断：{n}"),
    "notify_title_network": ("🟠 wnmon itself was cut off", "🟠 wnmon 自身曾断网"),
    "notify_network": (
        "Its own network was down from {since} to {until} ({span}). Nothing follows for relays: no run of then counts.",
        "其所在网络自 {since} 至 {until} 中断（{span}）。不对中转站作判断：其间的运行不计。",
    ),
    "notify_title_store": ("🟠 wnmon cannot keep what it finds", "🟠 wnmon 无法保存运行结果"),
    "notify_store": (
        "Since {since} results, outages and budgets are in memory alone: {said}. Relays are watched all the same.",
        "自 {since} 起，结果、中断与预算仅存于内存：{said}。对中转站的监测照常进行。",
    ),
    "notify_title_store_back": ("🟢 wnmon keeps what it finds again", "🟢 wnmon 已恢复保存运行结果"),
    "notify_title_budget": ("🟠 {names}: no model is asked for want of a budget", "🟠 {names}：预算不足，暂不请求任何模型"),
    "notify_title_budget_back": ("🟢 {names}: asked again", "🟢 {names}：已恢复请求"),
    "notify_short": (
        "{target}: since {since} what {place} leaves is too little, until {text} at the latest. Whether it works is not known meanwhile.",
        "{target}：自 {since} 起，{place} 所余不足，最晚至{text}。其间状态未知。",
    ),
    "notify_asked_again": ("{target}: its models are asked again.", "{target}：已恢复对其模型的请求。"),
    "notify_ends_hour": ("the hour ends", "本小时结束"),
    "notify_ends_day": ("the day ends", "当日结束"),
    "notify_ends_month": ("the month ends", "当月结束"),
    "notify_title_test": ("wnmon: a test message", "wnmon：测试消息"),
    "notify_test": ("This channel works. Outages and their ends will be told here.", "此通道可用。中断与恢复将在此通知。"),
    "notify_head_down": ("▼ {check}: {names}", "▼ {check}：{names}"),
    "notify_head_up": ("▲ {check}: {names}", "▲ {check}：{names}"),
    "notify_head_passed": ("△ {check}: {names}", "△ {check}：{names}"),
    "notify_names_and_more": ("{names} and {n} more", "{names} 等，另有 {n} 个"),
    "notify_since": ("since {at}: {reason} ({code})", "自 {at}：{reason}（{code}）"),
    "notify_found": ("found: {said}", "详情：{said}"),
    "notify_ttft_before": ("first token before: {time}", "此前首个 token：{time}"),
    "notify_ttft_now": ("first token now: {time}", "当前首个 token：{time}"),
    "notify_advice": ("what to do: {text}", "建议：{text}"),
    "notify_over": ("up since {at}, was down for {span}: {reason}", "自 {at} 恢复，中断 {span}：{reason}"),
    "notify_times": ("went down {n} times", "共中断 {n} 次"),
    "notify_still": ("still down beside: {n}", "此外仍中断：{n}"),
    "notify_more_groups": ("and {n} more", "另有 {n} 项"),
}

_DELIVERY: dict[str, Pair] = {
    "notify_delivered": ("{name}: message delivered", "{name}：消息已送达"),
    "notify_not_delivered": ("{name}: message not delivered: {said}", "{name}：消息未送达：{said}"),
    "notify_answered": ("{said}: {text}", "{said}：{text}"),
    "notify_http": ("HTTP {n}", "HTTP {n}"),
    "notify_smtp": ("SMTP {n}", "SMTP {n}"),
    "notify_code": ("{name} {n}", "{name} {n}"),
    "notify_redirect": ("HTTP {n}, a redirect, which is not followed: write the URL that it leads to", "HTTP {n}，为重定向，不予跟随：请写其指向的 URL"),
    "notify_some_refused": ("the server refused {n} of the recipients", "服务器拒绝了 {n} 个收件人"),
    "notify_failure_dns": ("host name not found", "域名解析失败"),
    "notify_failure_connect": ("cannot connect", "无法连接"),
    "notify_failure_tls": ("no TLS that can be trusted", "没有可信的 TLS"),
    "notify_failure_timeout_total": ("no answer in time", "应答超时"),
    "notify_failure_protocol": ("an answer that cannot be understood", "无法理解的应答"),
    "notify_failure_too_large": ("an answer that is too large", "应答过大"),
    "notify_channel": ("{name}: {service} at {host}", "{name}：{service}，{host}"),
}

SENTENCES: dict[str, Pair] = _MESSAGES | _DELIVERY
