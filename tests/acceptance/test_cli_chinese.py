"""Under a Chinese locale all that the command line itself says is Chinese; names, terms and quoted words stay.

The locale need not be installed: the variable alone decides, as the option `--lang` does.
"""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from chinese import CHINESE, english
from service_process import environment
from warm_start import run_warm

from wnmon.cli import COMMANDS

PAGES = [(), *((name,) for name in COMMANDS), ("export", "dashboards"), ("export", "alerts"), ("export", "deploy")]

MISTAKES = {
    "an unknown option": ("check --nope", "没有选项 '--nope'"),
    "an option nearly right": ("check --stric", "（是否指 '--list', '--skip', '--strict'？）"),
    "an unknown command": ("chekc", "没有命令 'chekc'"),
    "no command": ("", "用法：wnmon"),
    "no number": ("check --budget-tokens x", "'x' 不是整数"),
    "a number out of range": ("mock --port 99999", "99999 不在范围 0<=x<=65535 内"),
    "no relay": ("check", "缺少 --base-url 和 --model；或用 -c 指定配置"),
    "no key": ("check --base-url http://127.0.0.1:9 --model m --api-key-env NOBODY", "NOBODY 未设置"),
    "no header": ("check --base-url http://127.0.0.1:9 --model m --header x", "--header：期望 NAME=VALUE"),
    "no header of a key": ("check --base-url http://127.0.0.1:9 --model m --auth-header Host", "该请求头属于连接"),
    "no proxy": ("check --base-url http://127.0.0.1:9 --model m --proxy socks5://p:1", "期望 http:// 或 https:// 代理"),
    "no authorities": ("check --base-url http://127.0.0.1:9 --model m --ca-file made.yaml", "期望 含 PEM 证书的文件"),
    "no consent": ("check -c made.yaml --full", "没有终端可供询问"),
    "an option without its value": ("check --base-url", "选项 '--base-url' 需要一个值"),
    "a value for a flag": ("check --full=1", "选项 '--full' 不接受值"),
    "an unknown language": ("check --lang de", "'de' 不是 'en', 'zh' 之一"),
    "an unknown format": ("check --report pdf", "应为以下之一：terminal"),
    "no duration": ("check --wait 5", '应为时长，例如 "2s" 或 "1h30m"，而非 "5"'),
    "no rule": ("check -c made.yaml --dry-run --only NOPE-1", "没有选中任何规则"),
    "an unknown suite": ("check -c made.yaml builtin:nope", '没有内置套件 "nope"'),
    "an argument too many": ("schema more", "多余的参数：more"),
    "an argument too few": ("diff a", "缺少参数 'AFTER'"),
    "a file that is not there": ("diff a b", "无法读取 a"),
    "a file that must be there": ("mock --tls-cert a", "'a' 不存在"),
    "a file that is in the way": ("init made.yaml", "made.yaml 已存在"),
    "files that are in the way": ("export alerts .", "同名文件内容不同"),
    "no address of Grafana": ("export alerts new --grafana-url grafana", "应为地址，例如 https://grafana.example"),
    "no language of boards": ("export dashboards new --lang de", "'de' 不是 'en', 'zh' 之一"),
    "a file in place of a folder": ("export dashboards made.yaml", "'made.yaml' 是文件"),
    "an unknown rule": ("explain FOO-1", '没有规则 "FOO-1"'),
    "an unknown target": ("check -c made.yaml --target nobody", "中没有 target 'nobody'；其中有：wn"),
    "an unknown model": ("check -c made.yaml --model huge", "target wn 没有模型 'huge'；其中有：m"),
    "an unknown feature": ("check -c made.yaml --feature tool", "没有名为 'tool' 的功能"),
    "two relays": ("check -c made.yaml --base-url http://a", "--base-url 与 --config 不可合用"),
    "no transcript": ("replay made.yaml", "made.yaml："),
    "no report": ("diff made.yaml made.yaml", "made.yaml："),
    "a port out of range": ("serve made.yaml --listen :65536", "应为 host:port"),
    "an address that cannot be had": ("serve made.yaml --listen 203.0.113.9:1", "无法监听 203.0.113.9:1"),
    "no configuration": ("serve nofile.yaml", "nofile.yaml"),
    "no address": ("serve --listen x", "应为 host:port"),
    "no curl command": ("init --from-curl made.yaml", "没有找到 curl 命令"),
    "nobody alive": ("healthcheck --url https://a", "不健康"),
    "a flag that needs another": ("mock --strict", "--strict 须与 --key 合用"),
    "no assumption": ("validate --assume x", "应为 VARIABLE=VALUE"),
}


@cache
def said(folder: Path, *arguments: str, **env: str) -> str:
    """Return what a command says, on stdout and stderr."""
    done = run_warm(*arguments, env={**environment(), **CHINESE, **env}, cwd=folder, timeout_s=180)
    return (done.stdout + done.stderr).decode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what the mistakes need; none of them changes it."""
    folder = tmp_path_factory.mktemp("chinese")
    (folder / "prometheus").mkdir()
    (folder / "prometheus" / "alerts.yml").write_text("mine", encoding="utf-8")
    target = "{base_url: http://127.0.0.1:9, models: [m]}"
    (folder / "made.yaml").write_text(f"targets:\n  wn: {target}\n", encoding="utf-8")
    return folder


def test_an_english_sentence_is_recognised() -> None:
    assert english("用法：Try 'wnmon' for help.\n  Leave out rules\n  that match.") == ["Leave out rules that match"]


@pytest.mark.parametrize("page", PAGES, ids=" ".join)
def test_no_english_is_left_on_a_page_of_help(page: tuple[str, ...], folder: Path) -> None:
    assert english(said(folder, *page, "--help")) == []


@pytest.mark.parametrize("page", PAGES, ids=" ".join)
def test_a_page_of_help_is_chinese(page: tuple[str, ...], folder: Path) -> None:
    shown = said(folder, *page, "--help")

    assert shown.startswith(" ".join(["用法：wnmon", *page, "[选项]"]))
    assert "显示此帮助后退出。" in shown


@pytest.mark.parametrize(("line", "words"), MISTAKES.values(), ids=MISTAKES)
def test_what_is_wrong_is_said_in_chinese(line: str, words: str, folder: Path) -> None:
    assert words in said(folder, *line.split())


@pytest.mark.parametrize(("line", "words"), MISTAKES.values(), ids=MISTAKES)
def test_no_english_is_left_in_what_is_wrong(line: str, words: str, folder: Path) -> None:
    assert english(said(folder, *line.split())) == []


@pytest.mark.parametrize("order", [("--lang", "zh", "--help"), ("--help", "--lang=zh"), ("--lang", "zh", "--nope")])
def test_the_option_decides_wherever_it_stands(order: tuple[str, ...], folder: Path) -> None:
    assert said(folder, "check", *order, LANG="en_US.UTF-8").startswith("用法：wnmon check [选项]")


@pytest.mark.parametrize(
    "env",
    [{"PYTHONIOENCODING": "ascii"}, {"LANG": "en_US.UTF-8", "LANGUAGE": "zh"}, {"LC_ALL": "C"}],
    ids=["no Chinese in the encoding", "a variable wnmon does not heed", "another locale"],
)
def test_where_chinese_is_not_wanted_or_cannot_be_shown_all_is_english(env: dict[str, str], folder: Path) -> None:
    shown = said(folder, "check", "--nope", **env)

    assert shown.endswith("Error: No such option '--nope'. Did you mean '--model'?\n")


def test_a_shell_completes_in_chinese(folder: Path) -> None:
    asked = {"_WNMON_COMPLETE": "zsh_complete", "COMP_WORDS": "wnmon check --strict", "COMP_CWORD": "2"}

    assert said(folder, **asked).splitlines() == ["plain", "--strict", "违反 SHOULD 等同于违反 MUST。"]


def test_help_in_chinese_imports_neither_the_network_nor_the_terminal_library(folder: Path) -> None:
    script = "import sys\nfrom wnmon.cli import run\ntry: run(['--help'])\nfinally: print(sorted(sys.modules))"
    env = {**environment(), **CHINESE}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=env, cwd=folder)

    assert "用法：wnmon" in done.stdout
    assert [name for name in ("httpx", "rich", "yaml", "jinja2", "uvicorn") if f"'{name}'" in done.stdout] == []
