"""A notice in words and as a document: what a person reads, in both languages, however many are down."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from notify_samples import NOON_S

from wnmon.model.events import StoreProblem
from wnmon.model.result import Reason
from wnmon.model.said import Said
from wnmon.model.target import probe_id
from wnmon.notify.message import MAX_GROUPS, MAX_LISTED, MAX_NAMES, MAX_SAID_CHARS, Voice, document, words
from wnmon.notify.news import Kind, Notice, Outage, Told, Unkept
from wnmon.notify.services import in_bytes, in_characters

OUTAGE = Outage(
    probe=probe_id("wn", "alive", "gpt-4o"),
    target="wn",
    check="alive",
    model="gpt-4o",
    since_s=NOON_S,
    reason=Reason.HTTP_5XX,
    failing_since_s=NOON_S - 30,
    said="HTTP 502: upstream connect error",
    ttft_s=0.82,
)
OVER = Told(
    target="wn",
    check="alive",
    model="gpt-4o",
    since_s=NOON_S,
    reason=Reason.HTTP_5XX,
    until_s=NOON_S + 720,
    down_s=720.0,
    ttft_s=0.4,
)
DOWN = Notice(kind=Kind.DOWN, target="wn", began=(OUTAGE,), probes=3)
UP = Notice(kind=Kind.UP, target="wn", ended=(OVER,), probes=3)
UNKEPT = Notice(kind=Kind.STORE, unkept=Unkept(StoreProblem.FULL, NOON_S))


def text(notice: Notice, lang: str = "en", zone: ZoneInfo | None = None) -> str:
    title, lines = words(notice, Voice(lang=lang, zone=zone))
    return "\n".join((title, *lines))


def plain(notice: Notice, lang: str = "en") -> dict[str, Any]:
    given = document(notice, Voice(lang=lang), id="m1", channel="team", at_s=NOON_S, version="0.1.0")
    read = json.loads(given)
    assert isinstance(read, dict)
    return read


def many(count: int, **more: Any) -> tuple[Outage, ...]:
    return tuple(replace(OUTAGE, model=f"m{number}", **more) for number in range(count))


def test_an_outage_reads_so() -> None:
    assert text(DOWN) == (
        "🔴 wn: 1 of 3 down: relay error\n"
        "▼ alive: gpt-4o\n"
        "since 2026-01-31 12:00 UTC: relay error (http_5xx)\n"
        "found: HTTP 502: upstream connect error\n"
        "first token before: 820 ms\n"
        "what to do: try again later; if it stays, ask whoever runs the relay"
    )


def test_an_outage_reads_so_in_chinese() -> None:
    assert text(DOWN, "zh", ZoneInfo("Asia/Shanghai")) == (
        "🔴 wn：3 项中 1 项中断：中转站错误\n"
        "▼ alive：gpt-4o\n"
        "自 2026-01-31 20:00 Asia/Shanghai：中转站错误（http_5xx）\n"
        "详情：HTTP 502: upstream connect error\n"
        "此前首个 token：820 ms\n"
        "建议：稍后重试；若持续，请联系中转站运营者"
    )


def test_the_end_of_an_outage_reads_so() -> None:
    assert text(UP) == (
        "🟢 wn: 1 up again after 12 min\n"
        "▲ alive: gpt-4o\n"
        "up since 2026-01-31 12:12 UTC, was down for 12 min: relay error\n"
        "first token now: 400 ms"
    )


def test_an_outage_that_came_back_says_how_often() -> None:
    passed = replace(UP, ended=(), passed=(replace(OVER, times=7),))
    assert "went down 7 times" in text(passed)


def test_what_is_still_down_beside_is_counted() -> None:
    assert "still down beside: 2" in text(replace(UP, still=2))


def test_a_hundred_models_are_told_in_six_lines() -> None:
    assert text(replace(DOWN, began=many(100), probes=100)).count("\n") == 5


def test_of_many_models_some_are_named() -> None:
    assert f"m{MAX_NAMES - 1} and {100 - MAX_NAMES} more" in text(replace(DOWN, began=many(100), probes=100))


def test_models_that_fail_for_another_reason_stand_apart() -> None:
    both = (*many(2), *many(3, reason=Reason.AUTH))
    assert text(replace(DOWN, began=both)).count("▼") == 2


def test_the_title_says_why_most_are_down() -> None:
    both = (*many(2), *many(3, reason=Reason.AUTH))
    assert text(replace(DOWN, began=both)).splitlines()[0] == "🔴 wn: 5 of 5 down: key refused"


def test_several_relays_are_told_each_by_its_name() -> None:
    both = (OUTAGE, replace(OUTAGE, target="other"))
    digest = text(Notice(kind=Kind.DIGEST, began=both))
    assert ("▼ wn / alive: gpt-4o" in digest, "▼ other / alive: gpt-4o" in digest) == (True, True)


def test_of_very_many_relays_some_are_told() -> None:
    relays = tuple(replace(OUTAGE, target=f"relay-{number}") for number in range(50))
    digest = text(Notice(kind=Kind.DIGEST, began=relays))
    assert (digest.count("▼"), digest.splitlines()[-1]) == (MAX_GROUPS, f"and {50 - MAX_GROUPS} more")


def test_a_check_of_the_relay_itself_goes_by_its_own_name() -> None:
    assert "▼ balance: balance" in text(replace(DOWN, began=(replace(OUTAGE, check="balance", model=""),)))


def test_what_a_relay_wrote_is_one_line_without_signs_that_act() -> None:
    wild = replace(OUTAGE, said="x\n\x1b[31m\u202e::set-output y")
    assert text(replace(DOWN, began=(wild,))).splitlines()[3] == r"found: x\n\x1b[31m\u202e::set-output y"


def test_what_a_relay_wrote_is_cut() -> None:
    wild = replace(OUTAGE, said="x" * 100_000)
    assert len(text(replace(DOWN, began=(wild,))).splitlines()[3]) == len("found: ") + MAX_SAID_CHARS


def test_a_sentence_of_wnmon_is_in_the_language_of_the_channel() -> None:
    said = replace(OUTAGE, said=Said("reason_stall"))
    assert "详情：流中断无数据" in text(replace(DOWN, began=(said,)), "zh")


def test_times_to_the_first_token_that_differ_are_a_range() -> None:
    assert "first token before: 820 ms – 2.40 s" in text(replace(DOWN, began=(OUTAGE, replace(OUTAGE, ttft_s=2.4))))


def test_a_time_that_is_not_known_is_left_out() -> None:
    assert "first token" not in text(replace(DOWN, began=(replace(OUTAGE, ttft_s=None),)))


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.OK])
def test_every_reason_can_be_told(reason: Reason, lang: str) -> None:
    assert text(replace(DOWN, began=(replace(OUTAGE, reason=reason),)), lang)


def test_a_reminder_says_how_much_is_still_down() -> None:
    lasting = (replace(OVER, until_s=None), replace(OVER, until_s=None, target="other"))
    assert text(Notice(kind=Kind.REMINDER, lasting=lasting)).splitlines()[0] == "🔴 Still down: 2"


def test_both_at_once_are_told_as_what_changed() -> None:
    both = Notice(kind=Kind.CHANGED, target="wn", began=(OUTAGE,), ended=(OVER,), still=4)
    assert text(both).splitlines()[0] == "🟠 wn: 1 down, 1 up again, 4 still down"


def test_a_document_has_the_members_that_are_documented() -> None:
    documented = (Path(__file__).parents[3] / "docs" / "messages.md").read_text("utf-8")
    example = json.loads(documented.partition("```json\n")[2].partition("```")[0])
    assert list(plain(DOWN)) == list(example)
    assert list(plain(DOWN)["outages"][0]) == list(example["outages"][0])


def test_a_document_is_of_a_version() -> None:
    assert plain(DOWN)["version"] == 1


def test_a_document_lists_so_many_outages_and_says_how_many_there_are() -> None:
    read = plain(replace(DOWN, began=many(MAX_LISTED + 7)))
    assert (len(read["outages"]), read["outages_total"]) == (MAX_LISTED, MAX_LISTED + 7)


@pytest.mark.parametrize(
    ("notice", "state"), [(DOWN, "down"), (UP, "up"), (replace(UP, ended=(), passed=(OVER,)), "passed")]
)
def test_a_document_says_in_what_state_each_is(notice: Notice, state: str) -> None:
    assert [one["state"] for one in plain(notice)["outages"]] == [state]


def test_a_test_message_says_that_it_is_one() -> None:
    assert plain(Notice(kind=Kind.TEST))["title"] == "wnmon: a test message"


@pytest.mark.parametrize(
    ("given", "most", "fitted"),
    [
        ("one\ntwo", 7, "one\ntwo"),
        ("one\ntwo\nthree", 9, "one\ntwo\n…"),
        ("one\ntwo\nthree", 8, "one\n…"),
        ("one word", 4, "one…"),
        ("中文中文", 3, "中文…"),
        ("", 0, ""),
    ],
)
def test_a_text_is_cut_at_a_line_where_that_can_be(given: str, most: int, fitted: str) -> None:
    assert in_characters(given, most) == fitted


@pytest.mark.parametrize(("most", "fitted"), [(12, "中文中文"), (11, "中文…"), (9, "中文…"), (8, "中…")])
def test_bytes_are_those_of_utf8(most: int, fitted: str) -> None:
    assert in_bytes("中文中文", most) == fitted


@pytest.mark.parametrize(
    ("notice", "lang", "said"),
    [
        (UNKEPT, "en", "in memory alone: the disk is full. Relays are watched all the same."),
        (UNKEPT, "zh", "磁盘已满"),
        (Notice(kind=Kind.STORE), "en", "wnmon keeps what it finds again"),
    ],
)
def test_a_message_about_the_store_says_what_is_wrong_with_it(notice: Notice, lang: str, said: str) -> None:
    assert said in text(notice, lang)


@pytest.mark.parametrize(
    ("notice", "store"),
    [
        (UNKEPT, {"problem": "full", "since_s": NOON_S}),
        (Notice(kind=Kind.STORE), {"problem": None, "since_s": None}),
        (DOWN, None),
    ],
)
def test_a_document_says_what_is_wrong_with_the_store(notice: Notice, store: object) -> None:
    assert plain(notice)["store"] == store
