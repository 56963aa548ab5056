"""What is said on the way to a first configuration: by `wnmon init`, by `wnmon validate` and its `--probe`."""

from __future__ import annotations

from wnmon.model.language import Pair

_HELP: dict[str, Pair] = {
    "help_init_short": ("Write a commented first configuration, asking what it needs.", "写出带注释的初始配置，并询问所需内容。"),
    "help_init": (
        "Write a commented first configuration to PATH, or to standard output.\n\n"
        "At a terminal it asks what no option says: the base URL, where the key is, the models the relay offers, "
        "the daily budget; PATH is wnmon.yaml there. Elsewhere, or with --yes, the defaults stand. The key itself is "
        "never asked for and never written.\n\n"
        "With --from-curl the request of a pasted curl command becomes its check; the key stays out of the file. "
        "An existing file is never overwritten.",
        "将带注释的初始配置写入 PATH 或标准输出。\n\n"
        "在终端中会询问选项未给出的内容：base URL、密钥所在之处、中转站提供的模型、每日预算；此时 PATH 默认为 wnmon.yaml。"
        "不在终端中或加 --yes 时采用默认值。绝不询问也绝不写入密钥本身。\n\n"
        "加 --from-curl 时，所粘贴的 curl 命令的请求成为其中的 check；密钥不会写入文件。绝不覆盖已有文件。",
    ),
    "help_init_epilog": (
        "\b\nExit codes: 0 written, 2 usage or configuration, 130 interrupted (nothing was written).\n\n"
        "\b\nwnmon init --base-url https://relay.example/v1 --model gpt-4o-mini wnmon.yaml",
        "\b\n退出码：0 已写入，2 用法或配置有误，130 被中断（什么都没有写入）。\n\n"
        "\b\nwnmon init --base-url https://relay.example/v1 --model gpt-4o-mini wnmon.yaml",
    ),
    "help_init_curl": ("Make it from a curl command in a file; - is standard input.", "由文件中的 curl 命令生成；- 表示标准输入。"),
    "help_init_key_variable": (
        "Environment variable that holds the key; none for a relay that asks for no key.",
        "存放密钥的环境变量；中转站不要求密钥时写 none。",
    ),
    "help_init_key_file": ("File that holds the key alone, as secrets are mounted, in place of a variable.", "只含密钥的文件（例如挂载的 secret），代替环境变量。"),
    "help_init_models": ("The models to watch (default: one the relay offers).", "要监测的模型（默认取中转站提供的一个）。"),
    "help_init_tokens_per_day": ("Send nothing more on a day once N tokens are used up.", "每日用满 N 个 token 后不再发送。"),
    "help_init_every": ("How often each model is asked (default: 15m).", "每个模型的询问间隔（默认 15m）。"),
    "help_init_yes": ("Ask nothing: the defaults stand.", "不询问：采用默认值。"),
    "help_validate_short": ("Check configuration files; with --probe ask each model once.", "检查配置文件；加 --probe 则向每个模型各询问一次。"),
    "help_validate": (
        "Check configuration files (./wnmon.yaml unless given) or suites, and print what they will cost.\n\n"
        "Nothing is sent without --probe. Exit code 2 when a file has a problem; all problems of all files are shown.",
        "检查配置文件（默认为 ./wnmon.yaml）或套件，并显示所需费用。\n\n"
        "不加 --probe 则不发送任何请求。有文件存在问题时退出码为 2；所有文件的所有问题都会列出。",
    ),
    "help_validate_epilog": (
        "\b\nExit codes: 0 right (with --probe: and every model answers), 2 usage or configuration, nothing was sent,\n"
        "3 with --probe: not every model answers, 130 interrupted.",
        "\b\n退出码：0 正确（加 --probe 时：且每个模型都应答），2 用法或配置有误，什么都没有发送，\n"
        "3 加 --probe 时：并非每个模型都应答，130 被中断。",
    ),
    "help_validate_assume": ("Where the environment has no VARIABLE, take this: a hook or a CI need not have the key.", "环境中没有 VARIABLE 时取此值：在 hook 或 CI 中不必有密钥。"),
    "help_validate_probe": ("Then ask each model of each target a small question, once what that costs is agreed to.", "随后在同意费用之后，向每个 target 的每个模型发送一个简短的问题。"),
    "help_validate_yes": ("Agree to the requests of --probe; else a person is asked.", "同意发送 --probe 的请求；否则会先询问。"),
}

_INIT: dict[str, Pair] = {
    "init_intro": (
        "A first configuration. Enter takes what stands in [brackets]; Ctrl-C ends, and nothing is written.",
        "生成初始配置。直接回车即采用 [方括号] 中的值；Ctrl-C 结束，什么都不会写入。",
    ),
    "init_ask_base_url": ("Base URL of the relay, such as https://relay.example/v1", "中转站的 base URL，例如 https://relay.example/v1"),
    "init_ask_key_variable": (
        "Environment variable that holds the key, or path of a file that does (never the key; none if there is no key)",
        "存放密钥的环境变量名，或密钥文件的路径（切勿写密钥；没有密钥则写 none）",
    ),
    "init_ask_models": ("Models to watch, by name or number, such as 1,3", "要监测的模型，名称或编号，例如 1,3"),
    "init_ask_models_unlisted": ("Models to watch, by name, such as a,b", "要监测的模型名称，例如 a,b"),
    "init_ask_tokens_per_day": ("Tokens a day at most", "每日至多多少 token"),
    "init_prompt": ("{said}: ", "{said}："),
    "init_prompt_default": ("{said} [{text}]: ", "{said} [{text}]："),
    "init_wrong": ("  {said}", "  {said}"),
    "init_offered": ("Models for chat that the relay offers: {n}", "中转站提供的对话模型：{n} 个"),
    "init_offer": ("  {n}  {name}", "  {n}  {name}"),
    "init_offered_more": ("  … and {n} more, see `wnmon models`", "  … 另有 {n} 个，见 `wnmon models`"),
    "init_untold": ("the models could not be listed: {said}; going on without the list", "无法列出模型：{said}；将不用列表继续"),
    "init_unset": ("there is no key in {name} yet, so the relay is asked for its models without one", "{name} 中尚无密钥，因此不带密钥向中转站查询模型"),
    "init_no_offers": ("the relay lists no model", "中转站未列出任何模型"),
    "init_none_chats": (
        "of the models that the relay offers ({n}) none seems to be for chat: is the key of the right group?",
        "中转站提供的模型（{n} 个）看来都不是对话模型：密钥所在的分组是否正确？",
    ),
    "init_took": ("watching {name}, one of {n} the relay offers; --model names others", "监测 {name}（中转站提供 {n} 个模型之一）；可用 --model 另选"),
    "init_small": (
        "these checks may use up to {n} tokens a day: with {n2} those that do not fit are left out",
        "这些 check 每日最多可能用 {n} 个 token：限为 {n2} 时，容不下的不会发送",
    ),
    "init_no_url": ("expected the base URL of the relay", "应为中转站的 base URL"),
    "init_key": ("a key stands there", "此处写的是密钥"),
    "init_key_hint": ("put it into a variable of the environment, and write ${{WN_URL_KEY}} in its place", "请将其放入环境变量，并在此处写 ${{WN_URL_KEY}}"),
    "init_no_variable": (
        "expected the name of a variable that holds the key, or one such as WN_API_KEY that speaks of a key",
        "应为存放密钥的变量名，或 WN_API_KEY 之类表明是密钥的名称",
    ),
    "init_variable_of_place": ("that variable holds a path or an address, and no key", "该变量的值是路径或地址，而非密钥"),
    "init_variable_of_no_key": (
        "neither the name of that variable nor what it holds looks like that of a key",
        "该变量的名称与值看来都与密钥无关",
    ),
    "init_name_it_key": ("name one that holds the key, by a name such as WN_API_KEY", "请给出存放密钥的变量，名称如 WN_API_KEY"),
    "init_no_key_file": ("expected the path of a file that holds the key, or will", "应为存放（或将存放）密钥的文件的路径"),
    "init_key_into_file": ("name the file, not the key", "请写文件路径，而非密钥本身"),
    "init_key_twice": ("--key-variable and --key-file exclude each other", "--key-variable 与 --key-file 不可合用"),
    "init_key_in": ("the key in {path}", "{path} 中的密钥"),
    "init_no_model": ("expected the name of a model", "应为模型名称"),
    "init_no_number": ("there is no model number {n}", "没有编号为 {n} 的模型"),
    "init_no_tokens": ("expected a whole number of tokens above 0, such as 200000", "应为大于 0 的整数，例如 200000"),
    "init_unfit": ("that makes no configuration: {said}", "无法写成配置：{said}"),
    "init_curl_alone": ("--from-curl says all of it: it goes with no other option but PATH", "--from-curl 已包含全部内容：除 PATH 外不可与其他选项合用"),
    "init_declined": ("nothing was written", "什么都没有写入"),
    "cli_made": ('wrote {path}; run "wnmon validate --probe {path}"', '已写入 {path}；请运行 "wnmon validate --probe {path}"'),
    "cli_made_set": (
        'wrote {path}; set {names}, then run "wnmon validate --probe {path}"',
        '已写入 {path}；请设置 {names}，然后运行 "wnmon validate --probe {path}"',
    ),
    "init_your_url": ("your relay's base_url", "中转站的 base_url"),
}

_PROBE: dict[str, Pair] = {
    "probe_yes_alone": ("--yes needs --probe", "--yes 须与 --probe 合用"),
    "probe_no_targets": ("--probe needs a configuration with targets: a suite asks nobody", "--probe 须有含 target 的配置：套件本身不询问任何中转站"),
    "probe_ttft": ("first token after {text}", "首 token {text}"),
    "probe_answered_as": ("answered as {name}", "应答模型 {name}"),
    "probe_why": ("{reason}: {said}", "{reason}：{said}"),
    "probe_foot": ("models that answer: {n2} of {n}", "能应答的模型：{n} 个中有 {n2} 个"),
}

SENTENCES: dict[str, Pair] = {**_HELP, **_INIT, **_PROBE}
