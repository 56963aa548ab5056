"""Whatever the layers below the reports say can be said in Chinese, and no word of a relay is changed by it."""

from __future__ import annotations

import re
from string import Formatter

import pytest
from judge_texts import HOLE, texts

from wnmon.cli import checking
from wnmon.engine.runner import INTERRUPTED
from wnmon.model.result import Finding, Reason
from wnmon.report.phrases import actual_of, expected_of, message_of, phrase
from wnmon.report.phrases_zh import PHRASES, SHORT
from wnmon.report.summary import KNOWN
from wnmon.transport.recording import Stage
from wnmon.wire import grammar

CATALOGUE = {**PHRASES, **SHORT}
NAMED = re.compile(r"\{[a-z]+\d?\}")

# Put together elsewhere: constants of the command line, the excuse of a baseline, lists, stages, timeouts.
COMPOSED = {
    *(value for name, value in vars(checking).items() if name.isupper() and isinstance(value, str)),
    INTERRUPTED,
    f"{KNOWN} {{}}",
    f"{KNOWN} {{}}; {{}}",
    "at least {} and at most {}",
    "nowhere",
    "both",
    "{} or more",
    "breaks {}",
    "broken: {}",
    "at least {}",
    "status {}: without an error message",
    "status {}: an HTML page",
    "status {}: an HTML page, {}",
    "an error in the stream ({}): {}",
    "an error with status {}: {}",
    "an HTTP head or trailer without end while {}",
    *(stage.value for stage in Stage),
    *(f"{what} within {{}} s" for what in ("no connection", "no response head", "no token", "not finished")),
    "the answer stopped: no byte within {} s",
}

# The same in every language: names, numbers, kinds, JSON types, what only a developer of a suite is told; and parts of
# texts that are listed whole above.
NO_TEXTS = {
    "",
    *(
        "0",
        "null",
        "string",
        "object",
        "integer",
        "usage",
        "message",
        "body",
        "content",
        "headers",
        "tokens",
        "choices",
        "UTF-8",
    ),
    *(
        "bom",
        "invalid_utf8",
        "{} + {} = {}",
        "TLSv{}",
        "Bearer {}",
        "bearer {}",
        "integer {}",
        "\\u{}",
        "{}xx",
        "{}: {}",
        "{} {} {}",
    ),
    *("no connection", "no response head", "no token", "not finished", "the answer stopped: no byte", "{} within {} s"),
    *("an error in the stream ({})", "an error with status {}"),
    *("Receive buffer too long", "peer closed connection"),
    *("a number of days", "a number of tokens", "a number of tokens above 0", "a whole number from 0"),
    "a reference into this schema such as #/$defs/name, not {}",
    "look-around and back-references are left out on purpose: they can take unbounded time",
}


def anonymous(key: str) -> str:
    return NAMED.sub(HOLE, key)


KNOWN_TEXTS = {anonymous(key) for key in CATALOGUE}


@pytest.mark.parametrize(("text", "where"), sorted({**texts(), **dict.fromkeys(COMPOSED, "composed")}.items()))
def test_every_text_for_a_person_has_its_chinese(text: str, where: str) -> None:
    translated = finding("", text, "")
    is_known = text in KNOWN_TEXTS | NO_TEXTS or expected_of(translated, "zh") != text
    assert is_known, f"{where}: add a Chinese template to wnmon/report/phrases_zh.py"


def test_no_template_is_left_of_a_text_nobody_says() -> None:
    assert KNOWN_TEXTS - set(texts()) - COMPOSED == set()


def test_no_exception_is_left_of_a_text_nobody_says() -> None:
    assert {text for text in NO_TEXTS if text and not HOLE.join(text.split(HOLE)) and text not in texts()} == set()


@pytest.mark.parametrize("key", sorted(CATALOGUE))
def test_a_template_keeps_its_holes(key: str) -> None:
    wanted = NAMED.findall(key)
    if wanted:
        named = [f"{{{name}}}" for _, name, *_ in Formatter().parse(CATALOGUE[key]) if name is not None]
        assert sorted(named) == sorted(wanted) or key == "{n} {code}"


@pytest.mark.parametrize("key", sorted(PHRASES))
def test_a_phrase_is_chinese(key: str) -> None:
    assert re.search(r"[\u4e00-\u9fff：]", PHRASES[key])


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("auth: status 401: invalid_api_key: no choice", "auth：状态码 401：invalid_api_key: no choice"),
        (
            "no TLS handshake within 10 s: does the port speak https?",
            "10 秒内未完成 TLS 握手：该端口是否使用 https？",
        ),
        ("[Errno 104] reset while performing the TLS handshake", "TLS 握手时：[Errno 104] reset"),
        ("blocked by DOC-003", "因 DOC-003 而无法判定"),
        (
            "no finish_reason after 12 events with text, without [DONE]",
            "12 个含文本的事件之后没有 finish_reason，没有 [DONE]",
        ),
        (
            "the answer cannot be read: status 502: an HTML page, 502 Bad Gateway",
            "响应无法解析：状态码 502：HTML 页面：502 Bad Gateway",
        ),
        (
            "dns: [Errno -2] Name or service not known while resolving the name",
            "dns：解析域名时：[Errno -2] Name or service not known",
        ),
        ("stall: the answer stopped: no byte within 30 s", "stall：响应中断：30 秒内没有数据"),
        (
            "known: in the baseline b.json; waiver expired on 2026-01-01: moved",
            "已知：在基线 b.json 中；豁免已于 2026-01-01 到期：moved",
        ),
        ("bad JSON at byte 7: ends where a comma or } is due", "第 7 字节处 JSON 有误：在应有逗号或 }之处结束"),
    ],
)
def test_a_sentence_reads_in_chinese(english: str, chinese: str) -> None:
    assert phrase(english, "zh") == chinese


def test_english_stays_as_the_judge_says_it() -> None:
    assert phrase("needs --full", "en") == "needs --full"


@pytest.mark.parametrize("text", ["200 OK", "retry or wait", "5 to 7", "", "x" * 3000])
def test_a_sentence_nobody_knows_stays_as_it_is(text: str) -> None:
    assert phrase(text, "zh") == text


def finding(message: str, expected: str, actual: str) -> Finding:
    return Finding(message=message, expected=expected, actual=actual, reason=Reason.CONTENT)


def test_a_finding_is_told_in_chinese() -> None:
    found = finding("the status is not the expected one", "200 or 201", "502 (status 502: an HTML page)")
    told = (message_of(found, "zh"), expected_of(found, "zh"), actual_of(found, "zh"))
    assert told == ("状态码不符", "200 或 201", "502（状态码 502：HTML 页面）")


def test_a_text_the_check_wants_and_the_model_wrote_stays_as_it_is() -> None:
    found = finding("content lacks a text", "no choice", "no usage")
    assert (expected_of(found, "zh"), actual_of(found, "zh")) == ("no choice", "no usage")


def test_the_holes_know_every_stage_of_the_sensor() -> None:
    assert all(phrase(f"x while {stage.value}", "zh").endswith("：x") for stage in Stage)


def test_the_holes_know_all_that_json_may_want() -> None:
    assert all("此处应为" in phrase(f"{due} is due", "zh") for due in grammar._ALLOWED)
