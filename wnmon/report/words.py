"""Every fixed word of the reports, in English and Chinese, as literal tables."""

from __future__ import annotations

from wnmon.model.language import Pair, pick
from wnmon.model.result import Layer, Reason

_WORDS: dict[str, Pair] = {
    "interrupted": ("interrupted: some runs are missing", "已中断：部分运行缺失"),
    "strict": ("strict", "严格"),
    "passed": ("passed", "通过"),
    "degraded": ("degraded", "变慢"),
    "failed": ("failed", "未通过"),
    "errored": ("errored", "出错"),
    "skipped": ("skipped", "跳过"),
    "inconclusive": ("inconclusive", "无法判定"),
    "noted": ("noted", "提示"),
    "waived": ("waived", "已豁免"),
    "ttft": ("first token", "首个 token"),
    "first_visible": ("first visible", "首个可见字符"),
    "total": ("total", "总耗时"),
    "suspect": ("suspect: the monitor itself was late", "存疑：监测端自身延迟"),
    "requests": ("requests", "次请求"),
    "request": ("request", "次请求"),
    "tokens": ("tokens", "token"),
    "broken_rules": ("Broken rules", "未通过的规则"),
    "n_broken": ("{n} broken", "{n} 条未通过"),
    "complaints": ("What was wrong", "问题"),
    "slow": ("Slower than wanted", "慢于期望"),
    "could_not_judge": ("Could not be judged", "无法判定"),
    "not_judged": ("Skipped", "已跳过"),
    "every_rule": ("Every rule of {suite}", "{suite} 的全部规则"),
    "notes": ("Noted", "提示"),
    "waivers": ("Waived", "已豁免"),
    "note": ("note", "备注"),
    "expired": ("Waivers that are over: {rules}", "已过期的豁免：{rules}"),
    "unknown_waiver": (
        "the waiver of {rule} excuses nothing: no known suite has such a rule",
        "对 {rule} 的豁免不起作用：已知的套件中没有这条规则",
    ),
    "nearest": ("{said}; did you mean {rule}?", "{said}；是否指 {rule}？"),
    "known": ("Known breaks ignored: {n} (baseline {name})", "已忽略的已知问题：{n} 处（基线 {name}）"),
    "known_gone": ("no longer broken: {rules}; renew the baseline", "已不再违反：{rules}；请更新基线"),
    "known_not": ("the baseline knows nothing of {runs}", "基线中没有 {runs}"),
    "rule": ("rule", "规则"),
    "level": ("level", "级别"),
    "sentence": ("must hold", "要求"),
    "expected": ("expected", "期望"),
    "actual": ("actual", "实际"),
    "place": ("place", "位置"),
    "source": ("source", "依据"),
    "in": ("in", "请求"),
    "levels": ("levels", "级别"),
    "needs": ("needs", "前提"),
    "asked": ("asked of", "相关请求"),
    "why_it_matters": ("Why it matters", "为何重要"),
    "how_broken": ("How relays get it wrong", "常见错误"),
    "how_fixed": ("How to fix it", "如何修复"),
    "not_explained": ("nothing more is written of this rule", "该规则没有进一步说明"),
    "more": ("and {n} more", "另有 {n} 处"),
    "no_answer": ("Nothing to judge", "没有可判定的应答"),
    "not_run": ("Not run", "未运行"),
    "layer": ("layer", "环节"),
    "do": ("do", "建议"),
    "no_run": ("no finished run", "没有完成的运行"),
    "reproduce": ("Reproduce {what}", "复现 {what}"),
    "too_long": (
        "the request body of {n} bytes is too long to paste",
        "请求体 {n} 字节，过长，无法粘贴",
    ),
    "waive": (
        "Accept it for {days} days (under the target in the configuration)",
        "暂时接受 {days} 天（写入配置中该 target 之下）",
    ),
    "hint": ("hint", "提示"),
    "hint_redirect": (
        "the relay redirects to {to} (status {status}), which is not followed: is base_url right?",
        "中转站重定向到 {to}（状态码 {status}），wnmon 不跟随重定向：base_url 是否正确？",
    ),
    "hint_redirect_nowhere": (
        "the first request is answered with a redirect that leads nowhere (status {status}): is base_url right?",
        "首个请求得到未指明地址的重定向（状态码 {status}）：base_url 是否正确？",
    ),
    "hint_path": (
        "{status} for the first request: is the path right? base_url is joined to {path}",
        "首个请求的状态码为 {status}：路径是否正确？base_url 拼接后的路径为 {path}",
    ),
    "hint_firewall": (
        "an HTML page with status {status} for the first request: a CDN or a firewall answered, not the API; "
        "does it let this machine in?",
        "首个请求得到状态码 {status} 的 HTML 页面：应答来自 CDN 或防火墙而非 API，它是否允许本机访问？",
    ),
    "hint_cdn": (
        "an HTML page with status {status} for the first request: a CDN or a proxy answered, not the API; "
        "is the relay behind it up?",
        "首个请求得到状态码 {status} 的 HTML 页面：应答来自 CDN 或代理而非 API，其后的中转站是否在运行？",
    ),
    "hint_page": (
        "an HTML page with status {status} for the first request: a web site answered, not the API; is base_url right?",
        "首个请求得到状态码 {status} 的 HTML 页面：应答来自网站而非 API，base_url 是否正确？",
    ),
    "suite": ("suite", "套件"),
    "by_suite": ("Rules by suite and level", "按套件与级别统计的规则"),
    "n_rules": ("{n} rules", "{n} 条规则"),
    "one_rule": ("{n} rule", "{n} 条规则"),
    "comma": (", ", "，"),
    "colon": (": ", "："),
    "at_once": ("sent {n} times at once", "同时发送 {n} 次"),
    "diff_worse": ("Worse", "变差"),
    "diff_better": ("Better", "变好"),
    "diff_changed": ("Changed", "有变化"),
    "diff_new": ("New", "新增"),
    "diff_gone": ("Gone", "已消失"),
    "diff_none": ("no difference", "没有差异"),
    "exit": ("exit", "退出码"),
    "exit_0": ("passed: every binding rule holds", "通过：所有强制规则均成立"),
    "exit_0_waived": (
        "passed: no binding rule is broken but {waived} waived",
        "通过：除 {waived} 条已豁免的以外，没有强制规则未通过",
    ),
    "exit_1": ("broken: {broken} binding rules failed", "不合规：{broken} 条强制规则未通过"),
    "exit_1_one": ("broken: 1 binding rule failed", "不合规：1 条强制规则未通过"),
    "exit_1_plain": ("broken: the answer is not what was expected", "不合规：应答与期望不符"),
    "exit_2": ("not run: the command line or the configuration is wrong", "未运行：命令行或配置有误"),
    "exit_3": (
        "undecided: the relay could not be judged, which is neither a pass nor a fail",
        "未定：无法判定该中转站，既非通过也非不合规",
    ),
    "exit_4": ("internal error in wnmon: please report it", "wnmon 内部错误：请报告"),
    "exit_130": ("interrupted: some runs are missing", "已中断：部分运行缺失"),
}

_LAYERS: dict[Layer, Pair] = {
    Layer.CLIENT: ("this machine", "本机"),
    Layer.NETWORK: ("the network", "网络"),
    Layer.TLS: ("TLS", "TLS"),
    Layer.CDN: ("the CDN in front of the relay", "中转站前的 CDN"),
    Layer.RELAY: ("the relay", "中转站"),
    Layer.UPSTREAM: ("the upstream behind the relay", "中转站的上游"),
}

_KEY = ("check the key: WNMON_API_KEY, or api_key of the target", "检查密钥：WNMON_API_KEY 或 target 的 api_key")
_REACH = ("check the address, the port, the proxy and the firewall", "检查地址、端口、代理与防火墙")
_WAIT = ("try again later; if it stays, ask whoever runs the relay", "稍后重试；若持续，请联系中转站运营者")
_TELL = ("show the curl line below to whoever runs the relay", "将下方 curl 命令交给中转站运营者")
_ROOM = ("raise max_tokens: the answer was cut before it could be judged", "调大 max_tokens：应答在可判定之前被截断")

_ADVICE: dict[Reason, Pair] = {
    Reason.DNS: ("check the host name in base_url and the resolver", "检查 base_url 中的主机名与 DNS 解析"),
    Reason.CONNECT: _REACH,
    Reason.TLS: (
        "check the certificate, the host name, https in base_url, and ca_file",
        "检查证书、主机名、base_url 的 https 与 ca_file",
    ),
    Reason.TIMEOUT_CONNECT: (
        "check the address, the port, http or https in base_url, the proxy and the firewall",
        "检查地址、端口、base_url 的 http 或 https、代理与防火墙",
    ),
    Reason.TIMEOUT_HEADERS: _WAIT,
    Reason.TIMEOUT_FIRST_TOKEN: _WAIT,
    Reason.TIMEOUT_TOTAL: ("try again, or raise timeout.total", "重试，或调大 timeout.total"),
    Reason.STALL: _WAIT,
    Reason.AUTH: _KEY,
    Reason.BALANCE: ("top up the account of this key", "为该密钥的账户充值"),
    Reason.MODEL_UNAVAILABLE: (
        "check the model name, and that the group of this key may use it",
        "检查模型名称，以及该密钥所在分组是否可用此模型",
    ),
    Reason.RATE_LIMITED: ("wait, then try again with fewer requests", "等待后以更少请求重试"),
    Reason.HTTP_4XX: (
        "check base_url, model and key; the relay refused the request",
        "检查 base_url、模型与密钥；中转站拒绝了请求",
    ),
    Reason.HTTP_5XX: _WAIT,
    Reason.PROTOCOL: (
        "check that base_url speaks HTTP and is the API, not a web page",
        "检查 base_url 是否为 HTTP API 而非网页",
    ),
    Reason.CONTENT_TYPE: ("check that base_url is the API, not a web page", "检查 base_url 是否为 API 而非网页"),
    Reason.BAD_JSON: _TELL,
    Reason.SCHEMA: _TELL,
    Reason.STREAM: _TELL,
    Reason.TRUNCATED: _TELL,
    Reason.EMPTY: _TELL,
    Reason.LENGTH: _ROOM,
    Reason.CONTENT: _TELL,
    Reason.USAGE: _TELL,
    Reason.MODEL: ("name the accepted models under aliases of the target", "在 target 的 aliases 中列出可接受的模型名"),
    Reason.SLOW: _WAIT,
    Reason.TOO_LARGE: _TELL,
    Reason.BUDGET: (
        "raise --budget-tokens, or the budget of the target, which begins anew every UTC day",
        "调大 --budget-tokens，或 target 的 budget（每个 UTC 日重新计算）",
    ),
    Reason.SHUTDOWN: ("run it again", "重新运行"),
    Reason.RULE: _TELL,
    Reason.CLIENT: (
        "check this machine: open files, proxy, ca_file, headers",
        "检查本机：打开文件数、代理、ca_file、headers",
    ),
    Reason.INTERNAL: ("please report it, with the JSON report", "请附 JSON 报告反馈此问题"),
}


def word(key: str, lang: str) -> str:
    """Return a fixed word in `lang`, English for any language but Chinese."""
    return pick(_WORDS[key], lang)


def layer_word(layer: Layer, lang: str) -> str:
    """Return whom a layer means."""
    return pick(_LAYERS[layer], lang)


def advice(reason: Reason, lang: str) -> str:
    """Return what a person can do about a reason, "" where nothing is wrong."""
    return pick(_ADVICE.get(reason, ("", "")), lang)
