"""Under a Chinese locale `wnmon serve` prints Chinese and shows a Chinese page; a relay's own words stay, quoted."""

from __future__ import annotations

import html
import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from chinese import CHINESE, english
from service_process import ServiceProcess, eventually, relay_beside, serving

FAILING = {
    "double-done": "",
    "huge-body": "",
    "endless-headers": "",
    "html-200": "",
    "error-field": "context shift is disabled",
    "401": "invalid token",
    "429": "rate limit reached for requests, try again in 2 seconds",
    "close-at-once": "",
    "nobody": "[Errno 111] Connect call failed",
}
"""What ails a relay -> its own words, or the system's, that a message of it quotes."""

TARGET = "  {name}: {{base_url: '{url}', api_key: '${{WN_API_KEY}}', models: [m], {more}}}\n"
CHECKS = """\
checks:
  alive:
    every: 2s
    timeout: 1900ms
    prompt: "Reply with only: {{nonce}}"
    request: {stream: true, max_tokens: 64}
    expect: {status: 200, stream: complete, content: {contains: "{{nonce}}"}}
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What a service printed from its start to its end, and the page it showed in between."""

    stdout: str
    stderr: str
    page: str


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Said]:
    """Run a service in Chinese until it has shown everything, then have it refuse a reload, and end it."""
    with relay_beside() as relay:
        targets = [TARGET.format(name="good", url=relay.url, more="")]
        targets += [TARGET.format(name="frugal", url=relay.url, more="budget: {requests_per_day: 1}, step_down: false")]
        for name in FAILING:
            url = "http://127.0.0.1:9" if name == "nobody" else relay.url
            more = f"headers: {{X-Wnmon-Fault: '{'none' if name == 'nobody' else name}'}}"
            targets.append(TARGET.format(name=named(name), url=url, more=more))
        config = "".join(["targets:\n", *targets, CHECKS])
        with serving(tmp_path_factory.mktemp("chinese"), config, "--log-level", "debug", env=CHINESE) as service:
            yield watched(service, config)


def named(ailment: str) -> str:
    """Return the target that has an ailment."""
    return f"relay-{ailment}"


def watched(service: ServiceProcess, config: str) -> Said:
    """Return what a service shows until each of its probes has run, it has skipped a run and refused a reload."""
    eventually(lambda: all(probe["runs"] for probe in service.probes().values()), "a run of every probe")
    eventually(lambda: "已跳过 frugal" in service.stdout, "a run skipped for the budget")
    page = service.get("/").text
    (service.folder / "wnmon.yaml").write_text(config.replace("every: 2s", "every: never"), encoding="utf-8")
    service.process.send_signal(signal.SIGHUP)
    eventually(lambda: '"never"' in service.stderr, "a refused reload")
    service.end()
    return Said(service.stdout, service.stderr, page)


def test_the_table_of_costs_is_chinese(said: Said) -> None:
    assert "请求/日" in said.stdout.splitlines()[0]


def test_the_start_is_told_in_chinese(said: Said) -> None:
    assert re.search(r"^wnmon 已启动：(http://127\.0\.0\.1:\d+/)（页面）与 \1metrics$", said.stdout, re.MULTILINE)


def test_a_run_is_told_in_chinese(said: Said) -> None:
    assert re.search(r"^\d\d:\d\d:\d\dZ ✓ 通过 +good/alive/m .*总耗时 ", said.stdout, re.MULTILINE)


def test_a_failed_run_is_told_in_chinese(said: Said) -> None:
    assert re.search(r"^\d\d:\d\d:\d\dZ ✗ 未通过 +relay-double-done/alive/m ", said.stdout, re.MULTILINE)


def test_a_skipped_run_is_told_in_chinese(said: Said) -> None:
    assert "\n已跳过 frugal/alive/m：budget（targets.frugal.budget.requests_per_day 容不下此请求）\n" in said.stdout


def test_the_runs_that_did_not_take_place_are_summed_up_in_chinese(said: Said) -> None:
    assert re.search(r"^自上次汇总以来有 \d+ 次到期的运行未进行：.*budget \d+", said.stdout, re.MULTILINE)


def test_a_refused_reload_is_told_in_chinese(said: Said) -> None:
    assert "wnmon：重新加载被拒绝，继续使用上一份有效配置：\n" in said.stderr


def test_why_a_reload_is_refused_is_told_in_chinese(said: Said) -> None:
    (line,) = [line for line in said.stderr.splitlines() if '"never"' in line]

    assert (line.startswith("wnmon：/"), "checks.alive.every：期望 时长" in line) == (True, True)


def test_the_end_is_told_in_chinese(said: Said) -> None:
    assert said.stdout.endswith("\nwnmon 已结束\n")


def test_no_english_is_printed(said: Said) -> None:
    assert english(said.stdout) == []


def test_no_english_is_left_in_what_is_complained_about(said: Said) -> None:
    assert english(said.stderr) == []


def row_of(page: str, ailment: str) -> str:
    """Return the row of the page that shows the probe of a relay."""
    (row,) = [row for row in re.findall(r"<tr class=.*?</tr>", page, re.DOTALL) if f"<b>{named(ailment)}</b>" in row]
    return str(row)


def message_of(page: str, ailment: str) -> str:
    """Return the message the page shows of a probe."""
    found = re.search(r'<small title="([^"]*)"', row_of(page, ailment))
    return html.unescape(found[1]) if found else ""


@pytest.mark.parametrize("ailment", FAILING)
def test_the_page_tells_in_chinese_why_a_probe_fails(said: Said, ailment: str) -> None:
    assert re.search(r"[\u4e00-\u9fff]", message_of(said.page, ailment))


@pytest.mark.parametrize("ailment", FAILING)
def test_the_page_quotes_the_words_of_others_as_they_are(said: Said, ailment: str) -> None:
    assert FAILING[ailment] in message_of(said.page, ailment)


@pytest.mark.parametrize("ailment", FAILING)
def test_no_other_english_is_left_in_a_message_of_the_page(said: Said, ailment: str) -> None:
    message = message_of(said.page, ailment)

    assert english(message.replace(FAILING[ailment], "…") if FAILING[ailment] else message) == []


def test_the_page_is_declared_to_be_chinese(said: Said) -> None:
    assert '<html lang="zh">' in said.page


def test_no_english_is_left_beside_the_messages_of_the_page(said: Said) -> None:
    shown = re.sub(r"<style>.*?</style>|<td class=\"reason.*?</td>|<[^>]*>", "\n", said.page, flags=re.DOTALL)

    assert [line for line in shown.splitlines() if english(line)] == []
