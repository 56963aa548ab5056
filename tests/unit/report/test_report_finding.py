"""A finding, and why there is none, as each report shows it: in its reader's language, the words of a relay as sent."""

from __future__ import annotations

import pytest

from wnmon.model.result import Finding, Outcome, Reason, Result
from wnmon.model.said import Said, Text, Why, in_language
from wnmon.report.finding import view_of
from wnmon.report.summary import why_nothing

STATUS = Finding(
    message=Said("another_status"),
    expected=Said("listed_either", one="200", other="201"),
    actual=Said("status_because", n=502, said=Said("status_said", n=502, text=Said("html_page"))),
    place="status",
    step="completion",
    reason=Reason.HTTP_5XX,
)
LACKING = Finding(message=Said("content_lacks"), expected="no choice", actual="no usage", reason=Reason.CONTENT)


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        ("en", ("the status is not the expected one", "200 or 201", "502 (status 502: an HTML page)")),
        ("zh", ("状态码不符", "200 或 201", "502（状态码 502：HTML 页面）")),
    ],
)
def test_a_finding_is_told_in_the_language_of_its_reader(lang: str, told: tuple[str, str, str]) -> None:
    view = view_of(STATUS, lang)

    assert (view.message, view.expected, view.actual) == told


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_finding_is_known_by_one_id_in_every_language(lang: str) -> None:
    assert view_of(STATUS, lang).id == "another_status"


def test_a_text_the_check_wants_and_the_model_wrote_stays_as_it_is() -> None:
    # Both are sentences of wnmon as well, which is not what was meant here.
    view = view_of(LACKING, "zh")

    assert (view.expected, view.actual) == ("no choice", "no usage")


def test_a_complaint_that_is_no_sentence_of_wnmon_has_no_id() -> None:
    assert view_of(Finding(message="as the relay said", expected="", actual=""), "en").id == ""


@pytest.mark.parametrize(
    ("place", "step", "where"),
    [
        ("/id", "completion", ("completion", "/id")),
        ("", "completion", ("completion",)),
        ("first/id", "", ("first/id",)),
    ],
)
def test_where_a_finding_points_is_the_request_and_the_place_in_it(
    place: str, step: str, where: tuple[str, ...]
) -> None:
    assert view_of(Finding(message="", expected="", actual="", place=place, step=step), "en").where == where


def nothing(reason: Reason, message: Text) -> Text:
    return why_nothing(Result(outcome=Outcome.ERRORED, reason=reason, message=message))


@pytest.mark.parametrize(
    ("said", "english", "chinese"),
    [
        (
            nothing(Reason.AUTH, Said("status_said", n=401, text="invalid_api_key: no choice")),
            "auth: status 401: invalid_api_key: no choice",
            "密钥被拒：状态码 401：invalid_api_key: no choice",
        ),
        (
            Said("no_tls_handshake", n="10"),
            "no TLS handshake within 10 s: does the port speak https?",
            "10 秒内未完成 TLS 握手：该端口是否使用 https？",
        ),
        (
            Said("while_doing", text="[Errno 104] reset", stage=Said("stage_tls")),
            "[Errno 104] reset while performing the TLS handshake",
            "TLS 握手时：[Errno 104] reset",
        ),
        (Said("blocked_by", code="DOC-003"), "blocked by DOC-003", "因 DOC-003 而无法判定"),
        (
            Said("no_finish_after", n=12, said=Said("without_done")),
            "no finish_reason after 12 events with text, without [DONE]",
            "12 个含文本的事件之后没有 finish_reason，没有 [DONE]",
        ),
        (
            Said(
                "answer_unreadable",
                said=Said("status_said", n=502, text=Said("html_page_titled", text="502 Bad Gateway")),
            ),
            "the answer cannot be read: status 502: an HTML page, 502 Bad Gateway",
            "响应无法解析：状态码 502：HTML 页面：502 Bad Gateway",
        ),
        (
            nothing(
                Reason.DNS,
                Said("while_doing", text="[Errno -2] Name or service not known", stage=Said("stage_resolve")),
            ),
            "dns: [Errno -2] Name or service not known while resolving the name",
            "域名解析失败：解析域名时：[Errno -2] Name or service not known",
        ),
        (
            nothing(Reason.STALL, Said("answer_stopped", n="30")),
            "stall: the answer stopped: no byte within 30 s",
            "流中断无数据：响应中断：30 秒内没有数据",
        ),
        (
            Said(
                Why.KNOWN,
                text="b.json",
                said=Said("after_that", said=Said("waiver_expired", code="2026-01-01", text="moved")),
            ),
            "known: in the baseline b.json; waiver expired on 2026-01-01: moved",
            "已知：在基线 b.json 中；豁免已于 2026-01-01 到期：moved",
        ),
        (
            Said("bad_json_at", n=7, said=Said("json_ends_where_due", due=Said("due_comma_or_brace"))),
            "bad JSON at byte 7: ends where a comma or } is due",
            "第 7 字节处 JSON 有误：在应有逗号或 }之处结束",
        ),
    ],
)
def test_a_nested_sentence_reads_in_both_languages(said: Text, english: str, chinese: str) -> None:
    assert (in_language(said, "en"), in_language(said, "zh")) == (english, chinese)


@pytest.mark.parametrize("text", ["200 OK", "retry or wait", "5 to 7", "", "needs --full", "x" * 3000])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_words_that_are_no_sentence_of_wnmon_stay_as_they_are(text: str, lang: str) -> None:
    assert in_language(text, lang) == text
