"""What is said of the models a relay offers and of the money that is left, by checks, `wnmon models`, `wnmon balance`."""

from __future__ import annotations

from wnmon.model.language import Pair

_JUDGED: dict[str, Pair] = {
    "told_already": ("not needed: it would tell no more", "无需发送：不会得到更多信息"),
    "no_model_list": ("no list of models in it", "其中没有模型列表"),
    "no_balance_in_it": ("no balance in it", "其中没有余额"),
    "model_not_listed": ("the relay does not list the model {name}", "中转站未列出模型 {name}"),
    "models_not_listed": ("not listed by the relay: {names}", "中转站未列出：{names}"),
    "a_listed_model": ("{name} in the list of models", "模型列表中有 {name}"),
    "model_list_in_part": ("the relay lists its models in pages, and the first is without {names}", "中转站分页列出模型，第一页中没有 {names}"),
    "balance_unknown": ("the balance is unknown: {said}", "余额未知：{said}"),
    "balance_without_unit": ("what remains cannot be held against min: {said}", "余额无法与 min 比较：{said}"),
    "balance_in_bounds": ("whether min is left cannot be told: {said}", "无法判断余额是否达到 min：{said}"),
    "balance_low": ("the balance is low", "余额不足"),
    "at_least_left": ("at least {text} left", "至少剩余 {text}"),
    "balance_unlimited": ("unlimited", "不限额"),
    "balance_and": ("{said} and {said2}", "{said}、{said2}"),
    "amount_of": ("{text} {said}", "{text} {said}"),
    "amount_between": ("between {text} and {text2} {said}", "介于 {text} 与 {text2} {said} 之间"),
    "unit_quota": ("quota units, of which the relay does not say what they are worth", "额度单位（中转站未说明其价值）"),
    "unit_unknown": ("in a unit the relay does not tell", "（中转站未说明单位）"),
}

_HELP: dict[str, Pair] = {
    "help_models_short": ("List the models a relay offers; ask each whether it answers.", "列出中转站提供的模型；并可逐一询问能否应答。"),
    "help_models": (
        "List the models a relay offers, as its /v1/models says: one request, which costs nothing.\n\n"
        "With --alive each of them is asked a small question, once what that costs is shown and agreed to.",
        "列出中转站 /v1/models 所提供的模型：一次请求，不产生费用。\n\n"
        "加 --alive 则在显示费用并获得同意之后，向每个模型发送一个简短的问题。",
    ),
    "help_models_epilog": (
        "\b\nExit codes: 0 listed, 2 usage or configuration, 3 could not be listed, 130 interrupted.\n\n"
        "\b\nwnmon models --base-url https://relay.example/v1\nwnmon models --alive --yes --csv -c wnmon.yaml --target wn",
        "\b\n退出码：0 已列出，2 用法或配置有误，3 无法列出，130 被中断。\n\n"
        "\b\nwnmon models --base-url https://relay.example/v1\nwnmon models --alive --yes --csv -c wnmon.yaml --target wn",
    ),
    "help_models_alive": ("Ask each model once: state, reason, first token, tokens/s, answered as.", "向每个模型各询问一次：状态、原因、首 token、tokens/s、应答模型。"),
    "help_models_yes": ("Agree to the requests of --alive; else a person is asked.", "同意发送 --alive 的请求；否则会先询问。"),
    "help_models_json_wanted": ("Print JSON.", "以 JSON 输出。"),
    "help_models_csv_wanted": ("Print CSV.", "以 CSV 输出。"),
    "help_models_quiet": ("With --alive: no progress; with --yes too: no cost either.", "与 --alive 合用：不显示进度；同时加 --yes 则也不显示费用。"),
    "help_balance_short": ("Say what is left of the money, as the relay tells it.", "按中转站所述说明剩余额度。"),
    "help_balance": (
        "Ask a relay what is left of the money of a key or an account: a few requests, which cost nothing.\n\n"
        "The endpoints of new-api, sub2api, one-api and some vendors are tried in turn. What none of them tells is unknown.",
        "询问密钥或账户的剩余额度：几次请求，不产生费用。\n\n"
        "依次尝试 new-api、sub2api、one-api 及部分厂商的接口；都未说明的，即为未知。",
    ),
    "help_balance_epilog": (
        "\b\nExit codes: 0 told, 2 usage or configuration, 3 unknown, 130 interrupted.\n\n"
        "\b\nwnmon balance --base-url https://relay.example/v1",
        "\b\n退出码：0 已知，2 用法或配置有误，3 未知，130 被中断。\n\n"
        "\b\nwnmon balance --base-url https://relay.example/v1",
    ),
    "help_balance_as_json": ("Print JSON; amounts are text, and exact.", "以 JSON 输出；金额为文本，精确无误。"),
}

_SHOWN: dict[str, Pair] = {
    "models_json_or_csv": ("--json and --csv exclude each other", "--json 与 --csv 不可合用"),
    "models_untold": ("the models could not be listed: {said}", "无法列出模型：{said}"),
    "models_see": ("`wnmon models` lists what the relay offers. {offered}", "`wnmon models` 可列出中转站提供的模型。{offered}"),
    "models_offered": ("It offers {names}", "它提供 {names}"),
    "models_offered_some": ("It offers {names} and {n} more", "它提供 {names} 等，另有 {n} 个"),
    "models_cost": ("requests to {target}, one for each model: {n}, at most {tokens} tokens{money}", "向 {target} 发送的请求（每个模型一个）：{n} 个，至多 {tokens} 个 token{money}"),
    "models_say_yes": ("add --yes", "请加 --yes"),
    "models_interrupted": ("interrupted; models asked until then: {n} of {n2}", "已中断；此前已询问的模型：{n2} 个中的 {n} 个"),
    "models_name_altered": ("its name cannot be sent as it was shown", "其名称无法按所显示的发送"),
    "models_in_part": ("The relay has more than these: it lists them in pages.", "不止这些：中转站分页列出模型。"),
    "models_foot": ("models at {target}: {n}", "{target} 提供的模型：{n} 个"),
    "models_foot_alive": ("models that answer at {target}: {n2} of {n}", "{target} 能应答的模型：{n} 个中有 {n2} 个"),
    "models_head_name": ("model", "模型"),
    "models_head_owner": ("owner", "所属"),
    "models_head_state": ("state", "状态"),
    "models_head_reason": ("reason", "原因"),
    "models_head_ttft": ("first token", "首 token"),
    "models_head_rate": ("tokens/s", "tokens/s"),
    "models_head_answered_as": ("answered as", "应答模型"),
    "models_state_alive": ("alive", "正常"),
    "models_state_no_chat": ("not for chat", "非对话模型"),
    "models_state_refused": ("refused", "被拒绝"),
    "models_state_down": ("down", "无应答"),
    "models_state_not_asked": ("not asked", "未询问"),
    "balance_unknown_line": ("unknown: {said}", "未知：{said}"),
    "balance_line_remaining": ("remaining  {said}", "剩余  {said}"),
    "balance_line_scope": ("scope      {said}", "范围  {said}"),
    "balance_line_source": ("told by    GET {said}", "来源  GET {said}"),
    "balance_of_key": ("the key", "该密钥"),
    "balance_of_account": ("the account", "整个账户"),
    "balance_of_unknown": ("the key or the account, which the relay does not tell", "密钥或账户（中转站未说明）"),
}

SENTENCES: dict[str, Pair] = {**_JUDGED, **_HELP, **_SHOWN}
