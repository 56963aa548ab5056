"""What the command line says beside the reports: help, notes, errors.

`help_COMMAND` is the help of a command and `help_COMMAND_OPTION` that of its option (`wnmon.cli.localized`), where
`any` stands for every command that has the option. `click_` are sentences of click itself, in English as it has them.
"""

from __future__ import annotations

from wnmon.model.language import Pair

_CHECKS = """\b
wnmon check --base-url https://relay.example/v1 --model gpt-4o
wnmon check -c wnmon.yaml --target wn --report junit=report.xml
wnmon check --full --dry-run -c wnmon.yaml"""

_HELP: dict[str, Pair] = {
    "help_options": ("[OPTIONS]", "[选项]"),
    "help_subcommand": ("COMMAND [ARGS]...", "命令 [参数]..."),
    "help_usage": ("Usage: ", "用法："),
    "help_heading": ("{heading}:", "{heading}："),
    "help_any_lang": ("Language of what is printed (default: from LANG).", "输出的语言（默认取自 LANG）。"),
    "help_any_quiet": ("Print nothing but what --report sends to stdout.", "除 --report 发往 stdout 的内容外不输出。"),
    "help_any_verbose": ("At the terminal, name every rule.", "在终端列出每条规则。"),
    "help_wnmon": ("Test and monitor OpenAI-compatible chat-completions relays.", "测试并监测兼容 OpenAI chat completions 的中转站。"),
    "help_wnmon_version": ("Show the version and exit.", "显示版本后退出。"),
    "help_check_short": ("Judge a relay once: conformance rules, a verdict, an exit code.", "对中转站做一次判定：一致性规则、结论、退出码。"),
    "help_check": (
        "Judge a relay against suites of rules, once, with an exit code a CI can trust.\n\n"
        "SUITE is builtin:NAME or a suite file. Without one, builtin:documented, builtin:stream and builtin:http are "
        "judged; with --full every built-in suite but builtin:limits.",
        "按规则套件对中转站做一次判定，退出码可供 CI 使用。\n\n"
        "SUITE 为 builtin:NAME 或套件文件。未给出时判定 builtin:documented、builtin:stream 与 builtin:http；"
        "加 --full 时判定除 builtin:limits 以外的所有内置套件。",
    ),
    "help_check_epilog": (
        "\b\nExit codes: 0 kept, 1 a MUST rule is broken, 2 usage or configuration,\n"
        "3 could not be judged (dead host, wrong key, empty balance), 4 internal, 130 interrupted.\n\n"
        f"{_CHECKS}\n\n"
        "The key is read from WNMON_API_KEY, then OPENAI_API_KEY, or from the variable --api-key-env names.",
        "\b\n退出码：0 合规，1 违反了 MUST 规则，2 用法或配置有误，\n"
        "3 无法判定（主机不通、密钥错误、余额不足），4 内部错误，130 被中断。\n\n"
        f"{_CHECKS}\n\n"
        "密钥取自 WNMON_API_KEY，其次为 OPENAI_API_KEY，或取自 --api-key-env 指定的变量。",
    ),
    "help_any_base_url": ("The relay: host, /v1 or the full path.", "中转站：主机、/v1 或完整路径。"),
    "help_check_models": ("The models to ask, each in turn (with -c: only these of the target's).", "要请求的模型，逐个请求（与 -c 合用时：只请求该 target 的这些模型）。"),
    "help_any_auth_header": (
        "Header the key goes into, alone, instead of Authorization; Azure's is api-key.",
        "单独写入密钥的请求头，代替 Authorization；Azure 为 api-key。",
    ),
    "help_any_headers": (
        "Header of every request; ${{VARIABLE}} in the value is read from the environment. May be given more than once.",
        "每个请求都带的请求头；值中的 ${{VARIABLE}} 从环境变量读取。可多次给出。",
    ),
    "help_any_proxy": (
        "HTTP proxy, before HTTPS_PROXY and the like; none asks without one.",
        "HTTP 代理，优先于 HTTPS_PROXY 等变量；none 表示不经代理。",
    ),
    "help_any_ca_file": (
        "PEM file of the certificate authorities to trust instead of the usual ones.",
        "PEM 文件，以其中的证书颁发机构代替默认的。",
    ),
    "help_any_api_key_env": ("Environment variable that holds the key.", "存放密钥的环境变量。"),
    "help_any_config": ("Take the target from this configuration.", "从此配置中取 target。"),
    "help_any_target": ("Which target of the configuration.", "取配置中的哪个 target。"),
    "help_check_profiles": ("Judge these profiles instead of the suite's own.", "以这些 profile 代替套件自带的。"),
    "help_check_only": ("Only rules that match, such as 'STR-*'.", "只判定匹配的规则，例如 'STR-*'。"),
    "help_check_skip": ("Leave out rules that match.", "不判定匹配的规则。"),
    "help_check_waivers": ("RULE may be broken until the end of DATE (UTC), as waive in a configuration says.", "RULE 在 DATE 当日结束（UTC）前可不成立，含义同配置中的 waive。"),
    "help_check_strict": ("A broken SHOULD counts like a broken MUST.", "违反 SHOULD 等同于违反 MUST。"),
    "help_check_full": ("Also send risky requests: refused, bursting and long ones.", "同时发送有风险的请求：应被拒绝的、突发的和较长的。"),
    "help_check_yes": ("Agree to the risky requests of --full; else a person is asked.", "同意发送 --full 中有风险的请求；否则会先询问。"),
    "help_check_features": ("The relay claims these, such as tools.", "中转站声明支持的功能，例如 tools。"),
    "help_check_budget_tokens": ("Send nothing more once a request could exceed N tokens in all.", "一旦下一个请求可能使总量超过 N 个 token，便不再发送。"),
    "help_check_data": (
        "Spend of the budgets that a service keeps in this folder (serve --data).",
        "从服务保存在该目录中的预算里支出（serve --data）。",
    ),
    "help_check_dry_run": ("Print the calls and what they may cost; send nothing.", "列出将要进行的调用及其可能的费用；不发送任何请求。"),
    "help_check_list_rules": ("List the rules (all built-in ones unless suites are named).", "列出规则（未指定套件时为所有内置规则）。"),
    "help_check_as_json": ("With --list: as JSON.", "与 --list 合用：以 JSON 输出。"),
    "help_check_baseline": ("Fail only on what got worse than this.", "只有比此基线变差的部分才算未通过。"),
    "help_check_write_baseline": ("Write what is broken now, for --baseline.", "写出目前未通过项，供 --baseline 用。"),
    "help_check_fail_fast": ("Send nothing more once a MUST rule is broken.", "一旦违反 MUST 规则，便不再发送。"),
    "help_check_patience": ("Wait this long in all for the relay's limits of rate (default: 2m; 0: not at all).", "为中转站的速率限制总共等待的最长时间（默认 2m；0 表示不等待）。"),
    "help_check_wait": ("Wait this long for the relay to accept connections.", "等待中转站接受连接的最长时间。"),
    "help_explain_short": ("Say what a rule wants, why it matters and how to fix it.", "说明一条规则的要求、为何重要、如何修复。"),
    "help_explain": (
        "Explain RULE, such as DOC-009: its sentence, source and levels, why it matters, how to fix it.\n\n"
        "It is looked for in every built-in suite, or in the SUITEs named: builtin:NAME or suite files.",
        "解释规则 RULE（例如 DOC-009）：原文、依据与级别，为何重要，如何修复。\n\n"
        "在所有内置套件中查找；若给出 SUITE（builtin:NAME 或套件文件），则只在其中查找。",
    ),
    "help_replay_short": ("Judge a recorded check again, without sending anything.", "重新判定检查记录，不发送请求。"),
    "help_replay": (
        "Judge the check recorded in TRANSCRIPT again; nothing is sent.\n\n"
        "It is judged by the suites the transcript names (files relative to the working directory), or by the SUITEs "
        "given here; the run of a check of a configuration, which a service kept, by what the transcript has of it. "
        "What has changed since is said on stderr. Exit codes are those of wnmon check.",
        "重新判定 TRANSCRIPT 中记录的检查；不发送任何请求。\n\n"
        "按记录中的套件（文件相对于工作目录）判定，或按此处给出的 SUITE 判定；服务所保存的配置检查则按记录中的预期判定。"
        "此后的变化写到 stderr。"
        "退出码与 wnmon check 相同。",
    ),
    "help_diff_short": ("Compare two JSON reports: what got worse, better, new or gone.", "比较两份 JSON 报告：变差、变好、新增与消失的部分。"),
    "help_diff": ("Show what got worse, better, new or gone from report BEFORE to report AFTER (wnmon check --report json).", "显示从报告 BEFORE 到报告 AFTER（wnmon check --report json）变差、变好、新增与消失的部分。"),
    "help_diff_epilog": (
        "\b\nExit codes: 0 nothing got worse, 1 something got worse, 2 usage.\n"
        "Worse is a rule that is broken now and was not, one that passed and can no longer be judged,\n"
        "or a run that has nothing to judge any more. New rules, also broken ones, are not worse.",
        "\b\n退出码：0 没有变差，1 有变差，2 用法有误。\n"
        "变差是指：原先未违反的规则现在违反，原先通过的规则无法再判定，\n"
        "或一次运行不再有可判定的内容。新增的规则即使未通过也不算变差。",
    ),
    "help_serve_short": ("Probe on a schedule; serve metrics and a page.", "按计划探测；提供指标与页面。"),
    "help_serve": ("Probe on the schedule of CONFIG and serve /metrics, the page and the health routes.\n\nSIGTERM and Ctrl-C drain and end; SIGHUP reloads.", "按 CONFIG 的计划探测，并提供 /metrics、页面与健康检查路径。\n\nSIGTERM 与 Ctrl-C 会待进行中的运行完成后结束；SIGHUP 重新加载配置。"),
    "help_serve_listen": ("Address of page and metrics.", "页面与指标的地址。"),
    "help_any_web_config": (
        "TLS, log-ins and headers, in the format of exporter-toolkit's web-config.yml.",
        "TLS、登录与响应头，格式同 exporter-toolkit 的 web-config.yml。",
    ),
    "help_serve_allowed_hosts": (
        "A name by which the page may be asked for, beside localhost and addresses. May be given more than once.",
        "除 localhost 与 IP 地址外可用于访问页面的主机名。可多次给出。",
    ),
    "help_serve_public_listen": (
        "Address of a page for everybody: names, states, latencies, uptimes, times of outages, and nothing else.",
        "面向所有人的页面的地址：仅名称、状态与耗时。",
    ),
    "help_serve_enable_reload": ("Allow POST /-/reload (SIGHUP always reloads).", "允许 POST /-/reload（SIGHUP 总是重新加载）。"),
    "help_serve_poll": ("How often files are compared; 0s: never.", "比对文件的间隔；0s 表示从不。"),
    "help_serve_lang": ("Language of live lines and page (default: from LANG).", "终端与页面的语言（默认取自 LANG）。"),
    "help_serve_run_now": ("Run every probe at once, not first at its next slot.", "启动时立即运行每项探测，不等下一个时刻。"),
    "help_serve_data": (
        "Folder for what outlives a restart: results, budgets, since when (default: wnmon's folder of your state).",
        "存放重启后仍需保留的内容（结果、预算、起始时间）的目录（默认用用户状态目录）。",
    ),
    "help_history_short": ("Show what a service has kept of the past.", "显示服务保存的历史。"),
    "help_history": (
        "Show uptime, first tokens, incidents and tokens of each probe, and a bar for each hour or day.\n\nReads the file of a running or ended service, and changes nothing.",
        "显示每项探测的可用率、首个 token、中断次数与 token 用量，以及每小时或每天一格的走势。\n\n读取运行中或已结束的服务的文件，不作任何改动。",
    ),
    "help_plan_short": ("Print what watching will cost per day and month; refuse what is over a budget.", "显示监测每日与每月的费用；超出预算则拒绝。"),
    "help_plan": (
        "Print what `wnmon serve` will cost per day and month (./wnmon.yaml unless given), and how much of each budget "
        "that takes.\n\nNothing is sent. All of it are upper bounds: how much less the relay bills is not known before "
        "it does. A month has 30 days, for a budget the longest 31.",
        "显示 `wnmon serve` 每日与每月的费用（默认为 ./wnmon.yaml），以及占用各项预算的比例。\n\n"
        "不发送任何请求。全部为上限：中转站的实际计费会少多少，事先无从得知。每月按 30 天计，核对预算时按最长的 31 天计。",
    ),
    "help_plan_epilog": (
        "\b\nExit codes: 0 within every budget, 1 over one, 2 usage or configuration.",
        "\b\n退出码：0 未超出任何预算，1 超出预算，2 用法或配置有误。",
    ),
    "help_plan_as_json": ("Print a JSON document; amounts of money are text.", "输出 JSON 文档；金额为文本。"),
    "help_plan_yes": ("Exit with 0 though the plan is over a budget.", "超出预算时仍以 0 退出。"),
    "plan_of_suite": ("{name} is a suite: it costs what a check asks of it", "{name} 是套件：费用取决于使用它的检查"),
    "help_any_data": ("Folder that the service keeps (serve --data).", "服务保存数据的目录（serve --data）。"),
    "help_any_last": ("How far back.", "回溯多久。"),
    "help_history_export": ("Print the runs that are kept, the oldest first.", "输出已保存的运行，最早的在前。"),
    "help_history_export_form": ("csv (RFC 4180) or jsonl: one JSON object a line.", "csv（RFC 4180）或 jsonl：每行一个 JSON 对象。"),
    "help_history_backup": ("Write a copy of all that is kept to FILE, while a service goes on.", "把保存的全部内容复制到 FILE，服务可继续运行。"),
    "history_nothing": ("no run is kept of that time", "该时段没有保存的运行"),
    "history_unread": ("{path}: {said}", "{path}：{said}"),
    "history_no_file": (
        "there is none; a service writes it (wnmon serve --data DIR)",
        "没有该文件；由服务写入（wnmon serve --data DIR）",
    ),
    "history_is_there": ("{path} is there already", "{path} 已存在"),
    "history_no_copy": ("{path} could not be written", "{path} 无法写入"),
    "history_copied": ("copied to {path}", "已复制到 {path}"),
    "history_head_probe": ("probe", "探测"),
    "history_head_uptime": ("uptime", "可用率"),
    "history_head_runs": ("runs", "运行"),
    "history_head_ttft": ("first token, median", "首个 token 中位数"),
    "history_head_incidents": ("incidents", "中断"),
    "history_head_tokens": ("tokens", "token"),
    "history_head_money": ("money", "花费"),
    "history_head_course": ("course", "走势"),
    "history_head_course_days": ("course, by days of {zone}", "走势（按 {zone} 的日期）"),
    "history_down": (", down since {since}", "，自 {since} 起中断"),
    "help_serve_no_selftest": (
        "Do not try the sensor against a relay of its own before the first probe (two seconds at most).",
        "首次探测前不对自带中转站做自检（至多两秒）。",
    ),
    "help_serve_log_level": (
        "debug: every run; info: every change of a state; warning, error: what ails wnmon (default: info).",
        "debug：每次运行；info：状态变化；warning、error：wnmon 自身的问题（默认 info）。",
    ),
    "help_serve_log_format": ("Lines for people, or one JSON object each (default: text).", "供人阅读的文本行，或每行一个 JSON 对象（默认 text）。"),
    "help_serve_quiet": ("As --log-level warning.", "同 --log-level warning。"),
    "help_schema_short": ("Print the JSON Schema of the configuration language.", "输出配置语言的 JSON Schema。"),
    "help_schema": ("Print the JSON Schema (2020-12) of the configuration language, for completion in editors.", "输出配置语言的 JSON Schema（2020-12），供编辑器补全使用。"),
    "help_schema_suite": ("The schema of suite files instead of configuration files.", "套件文件而非配置的 schema。"),
    "help_mock_short": ("Run the reference relay, which misbehaves on request.", "运行参考中转站，可按要求模拟异常。"),
    "help_mock": (
        "Run the reference relay: a correct chat-completions server that misbehaves on request.\n\n"
        "The first line on stdout is its address. SIGTERM and Ctrl-C end it.",
        "运行参考中转站：正确的 chat completions 服务器，可按要求模拟异常。\n\n"
        "stdout 的第一行是其地址。以 SIGTERM 或 Ctrl-C 结束。",
    ),
    "help_mock_epilog": (
        "\b\nwnmon mock --port 8080                        answers any key and model\n"
        "wnmon mock --strict --key sk-0123456789ab     one key, the known models\n"
        "wnmon mock --fault no-done --fault crlf       a fault in a CRLF stream\n\n"
        "One request can ask for a fault of its own with the header X-Wnmon-Fault: NAME.",
        "\b\nwnmon mock --port 8080                        接受任何密钥与模型\n"
        "wnmon mock --strict --key sk-0123456789ab     只接受一个密钥与已知的模型\n"
        "wnmon mock --fault no-done --fault crlf       在 CRLF 流中模拟异常\n\n"
        "单个请求可用请求头 X-Wnmon-Fault: NAME 指定自己的异常。",
    ),
    "help_mock_port": ("Port to listen on; 0 takes a free one.", "监听的端口；0 表示任选一个空闲端口。"),
    "help_mock_host": ("Address to listen on.", "监听的地址。"),
    "help_mock_strict": ("Accept only --key and --models.", "只接受 --key 与 --models。"),
    "help_mock_key": ("The one right key (with --strict).", "唯一正确的密钥（与 --strict 合用）。"),
    "help_mock_models": ("Models known.", "已知的模型。"),
    "help_mock_ttft": ("Time to the first token.", "到首个 token 的时间。"),
    "help_mock_gap": ("Time between tokens.", "token 之间的间隔。"),
    "help_mock_tokens": ("Length of every answer, whatever is asked.", "每个应答的长度，无论请求什么。"),
    "help_mock_stamps": ("Write CLOCK_MONOTONIC instants (ns) of read and send into chunks.", "在 chunk 中写入读取与发送时刻的 CLOCK_MONOTONIC 值（ns）。"),
    "help_mock_faults": ("Misbehave; may be given more than once.", "模拟此异常；可多次给出。"),
    "help_mock_tls_cert": ("Speak TLS with this PEM chain.", "以此 PEM 证书链使用 TLS。"),
    "help_mock_tls_key": ("Private key, if not in --tls-cert.", "私钥（若不在 --tls-cert 中）。"),
    "help_mock_list_faults": ("List the faults and personas, then end.", "列出所有 fault 与 persona，然后结束。"),
    "help_export_short": ("Write dashboards, alert rules, Kubernetes and systemd files.", "写出仪表盘、告警规则及 Kubernetes 与 systemd 文件。"),
    "help_export": ("Write dashboards, alert rules or deployment files to a folder.", "将仪表盘、告警规则或部署文件写入目录。"),
    "help_export_dashboards": ("Write the Grafana boards, English and Chinese, and their provisioning files below DIR.", "将中英文 Grafana 仪表盘及其 provisioning 文件写入 DIR。"),
    "help_export_alerts": ("Write the Prometheus alert rules and examples for Prometheus and Alertmanager below DIR.", "将 Prometheus 告警规则及 Alertmanager 等的示例写入 DIR。"),
    "help_export_deploy": (
        "Write a kustomize base with rules and boards, and a systemd unit, below DIR.\n\n"
        "docs/install.md says how they are used.",
        "将含规则与仪表盘的 kustomize base 及 systemd unit 写入 DIR。\n\n"
        "用法见 docs/install.md。",
    ),
    "help_any_grafana": ("Where links to boards lead, such as https://grafana.example.", "指向仪表盘的链接所用的地址，例如 https://grafana.example。"),
    "help_any_boards": ("Only the boards of this language, and links to them.", "仅此语言的仪表盘，以及指向它们的链接。"),
    "help_any_force": ("Overwrite files that differ.", "覆盖内容不同的文件。"),
    "help_notify_short": ("Try the channels that tell people of outages.", "试用通知中断的各个通道。"),
    "help_notify": ("Look after the channels by which people are told of outages.", "管理用于通知中断的通道。"),
    "help_notify_test": (
        "Send a test message to each channel of a configuration, or to those named, and say what each service answered: "
        "exit code 0 when all took it, 3 when one did not.",
        "向配置中的各个通道（或指定的通道）发送测试消息，并显示各服务的应答：全部接受时退出码为 0，否则为 3。",
    ),
    "help_notify_test_config": ("The configuration.", "配置文件。"),
    "help_healthcheck_short": ("Ask a running service whether it lives (for containers).", "询问运行中的服务是否存活（供容器使用）。"),
    "help_healthcheck": ("Exit 0 when the service answers 200 within two seconds, else 1, with one line saying which.", "服务在两秒内以 200 应答时退出码为 0，否则为 1，并以一行说明。"),
    "help_healthcheck_url": ("What to ask.", "要询问的地址。"),
    "help_healthcheck_ca_file": (
        "PEM file of the authorities that may have issued the service's certificate.",
        "PEM 文件，含可为服务签发证书的颁发机构。",
    ),
    "help_healthcheck_insecure": (
        "Take any certificate: nothing secret is sent, and this machine asks itself.",
        "接受任何证书：不发送机密，且只是本机询问自身。",
    ),
}

_CLICK: dict[str, Pair] = {
    "click_error": ("Error: {message}", "错误：{message}"),
    "click_try": ("Try '{command} {option}' for help.", "运行 '{command} {option}' 查看帮助。"),
    "click_options": ("Options", "选项"),
    "click_commands": ("Commands", "命令"),
    "click_help": ("Show this message and exit.", "显示此帮助后退出。"),
    "click_default": ("default: {default}", "默认：{default}"),
    "click_invalid": ("Invalid value: {message}", "无效的值：{message}"),
    "click_invalid_for": ("Invalid value for {param_hint}: {message}", "{param_hint} 的值无效：{message}"),
    "click_missing_argument": ("Missing argument", "缺少参数"),
    "click_missing_command": ("Missing command.", "缺少命令"),
    "click_no_option": ("No such option {name!r}.", "没有选项 {name!r}"),
    "click_no_command": ("No such command {name!r}.", "没有命令 {name!r}"),
    "click_did_you_mean": ("Did you mean {possibility}?", "（是否指 {possibility}？）"),
    "click_extra": ("Got unexpected extra argument ({args})", "多余的参数：{args}"),
    "click_no_value": ("Option {name!r} does not take a value.", "选项 {name!r} 不接受值"),
    "click_needs_value": ("Option {name!r} requires an argument.", "选项 {name!r} 需要一个值"),
    "click_no_choice": ("{value!r} is not {choice}.", "{value!r} 不是 {choice} 之一"),
    "click_no_number": ("{value!r} is not a valid {number_type}.", "{value!r} 不是整数"),
    "click_no_range": ("{value} is not in the range {range}.", "{value} 不在范围 {range} 内"),
    "click_no_file": ("{name} {filename!r} does not exist.", "{filename!r} 不存在"),
    "click_is_file": ("{name} {filename!r} is a file.", "{filename!r} 是文件"),
    "click_is_folder": ("{name} {filename!r} is a directory.", "{filename!r} 是目录"),
    "click_unreadable": ("{name} {filename!r} is not readable.", "{filename!r} 不可读"),
    "click_no_yes_or_no": ("Error: invalid input", "错误：输入无效"),
}

_CURL: dict[str, Pair] = {
    "curl_none": ("no curl command found", "没有找到 curl 命令"),
    "curl_begin": ("a line must begin with curl", "须有一行以 curl 开头"),
    "curl_one_url": ("expected one URL in the curl command, not {n}", "curl 命令中应有一个 URL，而非 {n} 个"),
    "curl_quote_url": ("quote the URL as one word", "请将 URL 作为一个词加引号"),
    "curl_fill_in": ("write the URL itself in place of the variable", "请用 URL 本身替换该变量"),
    "curl_another_path": ("the curl command asks for something other than a chat completion", "该 curl 命令请求的不是 chat completion"),
    "curl_wanted_path": ("expected a URL whose path ends with {path}", "URL 的路径应以 {path} 结尾"),
    "curl_straight": ("JSON wants straight quotation marks", "JSON 须使用直引号"),
    "curl_post": ("expected a POST: a chat completion is no other method", "应为 POST：chat completion 不用其他方法"),
    "curl_open": ("a quotation of the curl command does not end", "curl 命令中有引号未闭合"),
    "curl_copy": ('copy it "as cURL (bash)"', "请以 “cURL (bash)” 格式复制"),
    "curl_option": ("curl's {name}: {text}", "curl 的 {name}：{text}"),
    "curl_user": ("user and password are not understood: wnmon sends a bearer key", "不支持用户名与密码：wnmon 以 Bearer 方式发送密钥"),
    "curl_proxy": ("leave the proxy out, and write it into the target's `proxy` afterwards", "请去掉代理，之后写入 target 的 `proxy`"),
    "curl_ca": ("leave it out, and write the file into the target's `ca_file` afterwards", "请去掉它，之后将该文件写入 target 的 `ca_file`"),
    "curl_form": ("a form is no chat completion", "表单不是 chat completion"),
    "curl_get": ("a GET is no chat completion", "GET 不是 chat completion"),
    "curl_upload": ("an upload is no chat completion", "上传不是 chat completion"),
    "curl_form_data": ("form data is no chat completion", "表单数据不是 chat completion"),
    "curl_no_value": ("its value is missing", "缺少值"),
    "curl_all": ("paste all of the command", "请粘贴完整的命令"),
    "curl_unknown": ("curl's {name} is not understood", "不支持 curl 的 {name}"),
    "curl_unknown_option": ("an option of the curl command is not understood", "curl 命令中有不支持的选项"),
    "curl_leave_out": ("leave it out if it does not matter", "若无关紧要，请去掉它"),
    "curl_basic": ("Basic authorization is not understood: wnmon sends a bearer key", "不支持 Basic 认证：wnmon 以 Bearer 方式发送密钥"),
    "curl_no_body": ("the curl command sends no body", "该 curl 命令不发送请求体"),
    "curl_data": ("expected --data-raw '{{...}}'", "应有 --data-raw '{{...}}'"),
    "curl_body_file": ("the body is in a file of its own", "请求体在单独的文件中"),
    "curl_paste_file": ("paste its content in place of @FILE", "请将其内容粘贴到 @FILE 处"),
    "curl_no_json": ("the body of the curl command is no JSON", "该 curl 命令的请求体不是 JSON"),
    "curl_no_json_at": ("the body of the curl command is no JSON: line {line}, column {column}", "该 curl 命令的请求体不是 JSON：第 {line} 行第 {column} 列"),
    "curl_no_object": ("the body of the curl command is no JSON object", "该 curl 命令的请求体不是 JSON 对象"),
    "curl_url": ("the URL of the curl command: {text}", "该 curl 命令的 URL：{text}"),
    "curl_no_model": ('the body of the curl command names no model: expected "model" as a text', '该 curl 命令的请求体没有给出模型：应有文本 "model"'),
    "curl_unfit": ("the curl command cannot be written as a check: {text}", "该 curl 命令无法写成 check：{text}"),
    "curl_key_in_url": ("the URL of the curl command holds the key", "该 curl 命令的 URL 中含有密钥"),
    "curl_key_in_body": ("the body of the curl command holds the key", "该 curl 命令的请求体中含有密钥"),
    "curl_keep_key": ("keep it in the Authorization header", "请只将其放在 Authorization 请求头中"),
    "curl_too_long": ("expected a curl command of at most {n} KiB, not a longer one", "curl 命令至多 {n} KiB"),
    # Comments of the configuration that is made from one.
    "curl_head": (
        "# wnmon.yaml, made from a curl command. No key is in it: put that into the environment.\n{exports}"
        "#   wnmon validate wnmon.yaml     checks this file and prints what it will cost\n"
        "#   wnmon serve wnmon.yaml        runs it and serves metrics\n",
        "# wnmon.yaml，由 curl 命令生成。其中没有密钥：请将密钥放入环境变量。\n{exports}"
        "#   wnmon validate wnmon.yaml     检查此文件并显示所需费用\n"
        "#   wnmon serve wnmon.yaml        按此运行并提供指标\n",
    ),
    "curl_budget": ("# No request is sent beyond this, per UTC day.", "# 每个 UTC 日超出此数便不再发送。"),
    "curl_request": ("# The request of the curl command, {{{{model}}}} in place of its model.", "# curl 命令的请求，其中的模型换为 {{{{model}}}}。"),
    "curl_lint": ("# the body goes beyond the request schema of the API page", "# 请求体超出 API 页面的请求 schema"),
    "curl_contract": ("# Reports every broken rule of the API page, but never calls the relay down for one.", "# 报告 API 页面的每条未通过的规则，但不会因此认为中转站不可用。"),
}

_SAID: dict[str, Pair] = {
    "cli_error": ("wnmon: {message}", "wnmon：{message}"),
    "cli_hint": ("hint: {hint}", "提示：{hint}"),
    "cli_crash": ("wnmon: internal error: {place}", "wnmon：内部错误：{place}"),
    "cli_not_sent": ("not sent: {why}", "不发送：{why}"),
    "cli_at_once": (", {n} times at once", "，同时发送 {n} 次"),
    "cli_if_answered": (" ({n} if answered)", "（若应答则为 {n}）"),
    "cli_risk": ("  risk: {risk}", "  风险：{risk}"),
    "cli_tokens": ("up to {input} in, {output} out", "输入至多 {input}，输出至多 {output}"),
    "cli_call": ("1 call", "1 次调用"),
    "cli_calls": ("{n} calls", "{n} 次调用"),
    "cli_total": ("{calls}, at most {tokens} tokens{money}; nothing was sent", "{calls}，至多 {tokens} 个 token{money}；什么都没有发送"),
    "cli_at_most": (", at most {money}", "，至多 {money}"),
    "cli_more": ("up to {tokens} tokens{money} more if the relay answers what it must refuse", "若中转站应答了它必须拒绝的请求，还会多出至多 {tokens} 个 token{money}"),
    "cli_more_money": (", {money},", "（{money}）"),
    "cli_no_price": ("no price is known for {models}", "以下模型没有价格：{models}"),
    "cli_may_end": ("--budget-tokens {n} may end the check earlier", "--budget-tokens {n} 可能使检查提前结束"),
    "cli_missing": ("missing {flags}", "缺少 {flags}"),
    "cli_or_config": ("{missing}; or name a configuration with -c", "{missing}；或用 -c 指定配置"),
    "cli_may_name": ("a configuration may name it instead: {config}", "也可由配置给出：{config}"),
    "cli_key_is_variable": ("name the variable of the environment that holds the key, not the key", "请写存放密钥的环境变量名，而非密钥本身"),
    "key_elsewhere": ("the key is read from a variable of the environment, see --api-key-env", "密钥从环境变量读取，参见 --api-key-env"),
    "cli_no_key": ("no key: {names} is not set", "没有密钥：{names} 未设置"),
    "cli_target_needed": ("{flag} is needed: {path} has {names}", "须给出 {flag}：{path} 中有 {names}"),
    "cli_no_targets": ("no targets", "零个 target"),
    "cli_no_channels": ("{path} has no channels to try", "{path} 中没有可试用的通道"),
    "cli_add_channel": ("add one under notify, see docs/messages.md", "请在 notify 中添加，见 docs/messages.md"),
    "cli_no_channel": ("no channel {text}", "没有通道 {text}"),
    "cli_no_target": ("no target {text} in {path}; there are {names}", "{path} 中没有 target {text}；其中有：{names}"),
    "cli_no_model": ("target {target} has no model {text}; it has {names}", "target {target} 没有模型 {text}；其中有：{names}"),
    "cli_no_feature": ("unknown feature {text}", "没有名为 {text} 的功能"),
    "waive_form": ("expected RULE=REASON@DATE such as DOC-009=no fingerprint upstream@2027-01-31, not {text!r}", "应为 RULE=REASON@DATE，例如 DOC-009=上游没有指纹@2027-01-31，而非 {text!r}"),
    "waive_reason": ("expected why {rule} need not hold, between = and @", "= 与 @ 之间应写明 {rule} 为何可不成立"),
    "waive_day": ("expected a day such as 2027-01-31 after the last @, not {text!r}", "最后一个 @ 之后应为日期，例如 2027-01-31，而非 {text!r}"),
    "waive_key": ("expected a reason without what looks like a key: reports show it", "理由中不应有看似密钥的内容：报告会显示理由"),
    "waive_twice": ("--waive: {rule} is waived twice", "--waive：{rule} 被豁免了两次"),
    "waive_unknown": ("--waive: no suite has a rule {rule}", "--waive：没有套件含有规则 {rule}"),
    "cli_features": ("features here: {names}", "此处的功能：{names}"),
    "cli_url_twice": ("{url} and {config} exclude each other: the configuration names the URL", "{url} 与 {config} 不可合用：URL 由配置给出"),
    "cli_key_twice": ("--api-key-env and --config exclude each other: the configuration names the key", "--api-key-env 与 --config 不可合用：密钥由配置给出"),
    "cli_target_alone": ("--target needs --config", "--target 须与 --config 合用"),
    "cli_json_alone": ("--json needs --list; a report as JSON is --report json", "--json 须与 --list 合用；JSON 报告请用 --report json"),
    "cli_no_baseline": ("no baseline written: {why}", "未写入基线：{why}"),
    "cli_wrote_baseline": ("wrote the baseline {path}", "已写入基线 {path}"),
    "cli_write_one": ("write one with wnmon check --write-baseline FILE", "用 wnmon check --write-baseline FILE 写出"),
    "cli_insisting": ("writing the reports; once more to abandon them", "正在写报告；再按一次则放弃报告"),
    "cli_nobody": ("nobody accepted a connection within {n} s, trying all the same", "{n} 秒内无法连上，仍继续尝试"),
    "cli_no_rule": ("no rule is selected", "没有选中任何规则"),
    "cli_profiles": ("profiles here: {profiles}; see --only and --skip", "profile：{profiles}；另见 --only 与 --skip"),
    "cli_found": ("{rules} is in {suites}", "{rules} 在 {suites} 中"),
    "cli_found_risky": ("{rules} is in {suites}; its requests are risky, so add --full", "{rules} 在 {suites} 中；其请求有风险，请加 --full"),
    "cli_run_it": ("Run it: {command}", "运行该规则：{command}"),
    "cli_unknown_rule": ('no rule "{text}"', '没有规则 "{text}"'),
    "cli_see_list": ("see wnmon check --list", "见 wnmon check --list"),
    "mock_unknown_fault": ('unknown fault "{text}"', '没有名为 "{text}" 的故障'),
    "mock_see_list": ("see wnmon mock --list", "见 wnmon mock --list"),
    "mock_no_certificate": ("cannot use the certificate {path}: {why}", "证书 {path} 无法使用：{why}"),
    # What a replay finds.
    "replay_no_suite": ("the transcript has a run of suite {suite}, which is not among those named", "记录中有套件 {suite} 的运行，而该套件不在所列之中"),
    "replay_name_all": ("named: {names}; name every suite of the transcript, or none", "所列：{names}；请列出记录中的全部套件，或都不列"),
    "replay_no_request": ("the transcript has a request {text}, which is none of suite {suite}", "记录中有请求 {text}，而套件 {suite} 没有该请求"),
    "replay_cut": (
        "the service that kept this left out the rest of long answers, so they are judged otherwise than whole ones",
        "保存此记录的服务略去了过长应答的其余部分，判定结果可能与完整应答不同",
    ),
    "replay_changed": ("suite {suite} has changed since the transcript was written", "套件 {suite} 在记录写出之后有改动"),
    "replay_differs": ("{suite} {rule}: was {was}, is {now}", "{suite} {rule}：原为 {was}，现为 {now}"),
    "replay_absent": ("absent", "无"),
    "replay_other_result": ("{suite}: the same verdicts, another result", "{suite}：各项判定相同，总结果不同"),
    "replay_same": ("{n} verdicts, the same as recorded", "{n} 项判定，与记录相同"),
    "cli_unknown_suite": ('no built-in suite "{text}"', '没有内置套件 "{text}"'),
    # What `--full` is about to send.
    "cli_risky": ("wnmon: --full sends {n} risky requests to {target} ({models})", "wnmon：--full 将向 {target}（{models}）发送 {n} 个有风险的请求"),
    "cli_risk_refused": ("  {n} refused: malformed ones, or with a wrong key or none; a relay may ban the key or the address for them", "  {n} 个应被拒绝（refused）：格式错误、密钥错误或没有密钥；中转站可能因此封禁密钥或地址"),
    "cli_risk_burst": ("  {n} bursting: many at once; a relay may throttle or ban the key or the address for them", "  {n} 个突发（burst）：同时发送多个；中转站可能因此限流，或封禁密钥或地址"),
    "cli_risk_long": ("  {n} long: they take more time or tokens, also after wnmon has hung up", "  {n} 个较长（long）：耗费更多时间或 token，wnmon 挂断之后也可能继续计费"),
    "cli_send_them": ("Send them?", "要发送吗？"),
    "cli_say_yes": ("add --yes, or allow_risk: true to the target in the configuration; --dry-run shows every request", "请加 --yes，或在配置的 target 中写 allow_risk: true；--dry-run 可列出全部请求"),
    "cli_nobody_to_ask": ("nobody is there to ask, so nothing was sent", "没有终端可供询问，因此什么都没有发送"),
    "cli_declined": ("nothing was sent", "什么都没有发送"),
    # Files and values.
    "cli_wrong_file": ("{path}: {why}", "{path}：{why}"),
    "cli_unreadable": ("cannot read {path}: {why}", "无法读取 {path}：{why}"),
    "cli_unwritable": ("cannot write {path}: {why}", "无法写入 {path}：{why}"),
    "cli_stdout": ("cannot write to stdout: {why}", "无法写入 stdout：{why}"),
    "cli_too_large": ("{path}: expected at most {n} MiB, not more", "{path}：至多 {n} MiB，不可更大"),
    "cli_not_utf8": ("{path}: expected UTF-8, not other bytes", "{path}：应为 UTF-8 编码"),
    "cli_no_duration": ('expected a duration such as "2s" or "1h30m", not "{text}"', '应为时长，例如 "2s" 或 "1h30m"，而非 "{text}"'),
    "cli_no_folder": ("there is no folder {text} for {path}: make it, or name another", "{path} 所在的目录 {text} 不存在：请先创建，或改用其他目录"),
    "cli_no_new_file": ("expected a file, not {text}: what is printed goes to stdout", "应为文件，而非 {text}：stdout 用于输出内容"),
    "cli_no_globs": ("expected ids of rules such as DOC-009 or STR-*, not {text!r}", "应为规则编号，例如 DOC-009 或 STR-*，而非 {text!r}"),
    "cli_no_names": ("expected names such as a,b, not {text!r}", "应为名称，例如 a,b，而非 {text!r}"),
    "cli_no_host": ("expected a host name such as wnmon.example, not {text!r}", "应为主机名，例如 wnmon.example，而非 {text!r}"),
    "cli_no_listen": ("expected host:port such as 127.0.0.1:9877, not {text!r}", "应为 host:port，例如 127.0.0.1:9877，而非 {text!r}"),
    "cli_no_web_address": ("expected an address such as https://grafana.example, without user, query or fragment, not {text!r}", "应为地址，例如 https://grafana.example，不含用户、查询与片段，而非 {text!r}"),
    "cli_links_open": ("links to boards say https://GRAFANA: --grafana-url URL makes them lead to yours", "指向仪表盘的链接写作 https://GRAFANA：用 --grafana-url URL 使其指向您的 Grafana"),
    "cli_no_assumed": ("expected VARIABLE=VALUE", "应为 VARIABLE=VALUE"),
    "cli_no_format": ("expected one of {formats}, not {text!r}", "应为以下之一：{formats}，而非 {text!r}"),
    "cli_no_report": ('expected a file after "{text}="; is a variable empty?', '"{text}=" 后应为文件；变量是否为空？'),
    "cli_no_dir": ("expected a folder, not nothing; is a variable empty?", "应为文件夹，实际为空；变量是否为空？"),
    "cli_same_place": ("two reports go to {place}", "有两份报告写到同一处：{place}"),
    "cli_differing": ("{folder} has other files of the same name: {names}", "{folder} 中的同名文件内容不同：{names}"),
    "cli_use_force": ("--force overwrites them", "--force 可覆盖它们"),
    "cli_exists": ("{path} already exists", "{path} 已存在"),
    "cli_move_it": ("give another path, or move it away", "请换一个路径，或先将其移走"),
    "cli_not_made": ("{path} cannot be written: {why}", "无法写入 {path}：{why}"),
    "cli_ok": ("{name}: OK, {counts}", "{name}：OK，{counts}"),
    "cli_ok_suite": ("{name}: OK, suite {suite}, {counts}", "{name}：OK，套件 {suite}，{counts}"),
    "cli_ok_web": ("{name}: OK, users: {n}, tokens: {n2}, no TLS", "{name}：OK，用户：{n}，token：{n2}，无 TLS"),
    "cli_ok_web_tls": ("{name}: OK, users: {n}, tokens: {n2}, TLS", "{name}：OK，用户：{n}，token：{n2}，TLS"),
    "cli_request": ("1 request", "1 个请求"),
    "cli_requests": ("{n} requests", "{n} 个请求"),
    "cli_rule": ("1 rule", "1 条规则"),
    "cli_rules": ("{n} rules", "{n} 条规则"),
    "cli_target": ("1 target", "1 个 target"),
    "cli_targets": ("{n} targets", "{n} 个 target"),
    "cli_check": ("1 check", "1 个 check"),
    "cli_checks": ("{n} checks", "{n} 个 check"),
    "cli_probe": ("1 probe", "1 个探测"),
    "cli_probes": ("{n} probes", "{n} 个探测"),
    "cli_healthy": ("healthy: {url}", "健康：{url}"),
    "cli_unhealthy": ("unhealthy: {url}: {why}", "不健康：{url}：{why}"),
    "cli_no_http": ("expected an http:// or https:// address", "应为 http:// 或 https:// 地址"),
    "cli_any_key": ("the key may be any text, for example sk-0123456789ab", "密钥可以是任意文本，例如 sk-0123456789ab"),
    "cli_key_needed": ("--strict needs --key", "--strict 须与 --key 合用"),
    "cli_fault_does": ("what it does", "作用"),
}

SENTENCES: dict[str, Pair] = {**_HELP, **_CLICK, **_CURL, **_SAID}
