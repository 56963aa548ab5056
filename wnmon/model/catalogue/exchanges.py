"""What the sensor and the engine say: why there is no complete answer, why nothing is sent."""

from __future__ import annotations

from wnmon.model.language import Pair

SENTENCES: dict[str, Pair] = {
    "no_connection": ("no connection within {n} s", "{n} 秒内未能建立连接"),
    "no_tls_handshake": ("no TLS handshake within {n} s: does the port speak https?", "{n} 秒内未完成 TLS 握手：该端口是否使用 https？"),
    "no_response_head": ("no response head within {n} s", "{n} 秒内未收到响应头"),
    "no_token": ("no token within {n} s", "{n} 秒内未收到 token"),
    "answer_stopped": ("the answer stopped: no byte within {n} s", "响应中断：{n} 秒内没有数据"),
    "not_finished": ("not finished within {n} s", "{n} 秒内未完成"),
    "coding_unasked": ("content coding {text} came though only identity was asked for", "仅请求了 identity，却收到内容编码 {text}"),
    "coded_body_broken": ("broken {code} body: {text}", "{code} 响应体损坏：{text}"),
    "coded_body_ends_early": ("the {code} body ends early", "{code} 响应体提前结束"),
    "unpacks_too_large": ("the body unpacks to more than {n} bytes", "响应体解压后超过 {n} 字节"),
    "bytes_after_coded_body": ("bytes follow the end of the {code} body", "{code} 响应体结束之后还有数据"),
    "http_head_without_end": ("an HTTP head or trailer without end", "HTTP 头部或尾部没有结尾"),
    "closed_without_answer": ("the connection was closed without an answer", "连接被关闭，没有收到响应"),
    "closed_within_head": ("the connection was closed within the head: {text}", "连接在响应头中途被关闭：{text}"),
    "closed_within_body": ("the connection was closed after {n} of {n2} bytes of the body", "连接被关闭，响应体 {n2} 字节只收到 {n} 字节"),
    "closed_before_last_chunk": ("the connection was closed before the last chunk", "连接在最后一个分块之前被关闭"),
    "connection_closed": ("the connection was closed", "连接被关闭"),
    "no_chunk": ("no chunk of a chunked body: {text}", "不是分块编码的分块：{text}"),
    "header_unsendable": ("a header with a character that no header may hold", "请求头中有不允许的字符"),
    "url_without_host": ("a URL without a host", "URL 中没有主机名"),
    "name_without_address": ("the name has no address", "该域名没有地址"),
    "bound_values": (
        "the body has {n} JSON values (commas and opening brackets), of which at most {n2} are read",
        "响应体有 {n} 个 JSON 值（按逗号与左括号计），至多读取 {n2} 个",
    ),
    "bound_quotes": (
        "the body has {n} quotation marks, of which at most {n2} are read",
        "响应体有 {n} 个引号，至多读取 {n2} 个",
    ),
    "bound_lines": (
        "the body has {n} line ends, of which at most {n2} are read",
        "响应体有 {n} 个换行，至多读取 {n2} 个",
    ),
    "bound_escapes": (
        "the body has {n} escapes (\\, % and &), of which at most {n2} are read",
        "响应体有 {n} 个转义符（\\、% 与 &），至多读取 {n2} 个",
    ),
    "bound_secrets": (
        "the body holds pieces of a secret in more than {n} places",
        "响应体中出现密钥片段的位置超过 {n} 处",
    ),
    "body_too_large": ("the body has more than {n} bytes", "响应体超过 {n} 字节"),
    "body_in_too_many_pieces": ("the body came in more than {n} pieces", "响应体的分段超过 {n} 个"),
    "while_doing": ("{text} while {stage}", "{stage}：{text}"),
    "stage_resolve": ("resolving the name", "解析域名时"),
    "stage_connect": ("connecting", "建立连接时"),
    "stage_tls": ("performing the TLS handshake", "TLS 握手时"),
    "stage_send": ("sending the request", "发送请求时"),
    "stage_wait": ("waiting for the response head", "等待响应头时"),
    "stage_body": ("reading the body", "读取响应体时"),
    "sensor_ended": ("the process of wnmon that measured it has ended", "wnmon 的测量进程已结束"),
    "stopped": ("wnmon was stopped", "wnmon 被停止"),
    "left_alone": ("left alone for {n} s more, as the relay asked", "应中转站要求，{n} 秒内不再请求"),
    "left_for_maintenance": ("maintenance for {n} s more: {text}", "维护中，还有 {n} 秒：{text}"),
    "left_for_pause": ("paused for {n} s more: {text}", "已暂停，还有 {n} 秒：{text}"),
    "left_alone_refused": (
        "left alone for {n} s more, since the relay refused (429 or 503)",
        "因中转站拒绝（429 或 503），{n} 秒内不再请求",
    ),
    "asked_to_be_left_alone": ("the relay asked to be left alone (status 429)", "中转站要求暂停请求（状态码 429）"),
    "usage_doubted_input": ("usage says {n} prompt_tokens, which cannot be; {n2} are booked", "usage 报告 {n} 个 prompt_tokens，不可能属实；按 {n2} 个记账"),
    "usage_doubted_output": ("usage says {n} completion_tokens, which cannot be; {n2} are booked", "usage 报告 {n} 个 completion_tokens，不可能属实；按 {n2} 个记账"),
    "day_budget_used_up": ("no room for this is left within {text}", "{text} 容不下此请求"),
    "monitor_too_late": ("the monitor was too late", "监测程序来得太迟"),
    "run_under_way": ("the run before is still under way", "上一次运行仍在进行"),
    "monitor_ending": ("the monitor is ending", "监测程序正在退出"),
}
