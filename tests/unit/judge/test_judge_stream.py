"""Facts about the bytes and the chunks of a stream, and the limit on its silence."""

from __future__ import annotations

from typing import Any

import pytest
from judge_samples import (
    DONE,
    GOOD_STREAM,
    MS,
    answer,
    complaints,
    completion,
    delta,
    places,
    streamed,
    subject,
    unfit,
    verdict_of,
)
from judge_samples import rule as rule_of

from wnmon.judge.kinds.stream import FACTS, KIND, MAX_FINDINGS
from wnmon.model.exchange import Chunk
from wnmon.model.result import Reason, Verdict
from wnmon.model.said import Said, id_of

USAGE = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
ROLE = {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}
USAGE_CHUNK = delta(choices=[], usage=USAGE)
GOOD = (delta(choices=[ROLE]), *GOOD_STREAM[:-1], USAGE_CHUNK, DONE)
BOM = "\ufeff"


def of_bytes(data: bytes) -> Any:
    return answer([Chunk(200 * MS, data)], media="text/event-stream", stream=True)


@pytest.mark.parametrize("fact", [fact for fact in FACTS if fact != "no_usage"])
def test_a_right_stream_satisfies_every_fact(fact: str) -> None:
    assert complaints("stream", fact, streamed(*GOOD)) == []


def test_a_stream_without_usage_has_no_usage_unasked() -> None:
    assert complaints("stream", "no_usage", streamed(delta(usage=None), *GOOD_STREAM)) == []


MESSAGE = {"index": 0, "delta": {}, "message": {"content": "x"}, "finish_reason": None}
BROKEN: list[tuple[str, tuple[str, ...], str, str]] = [
    ("no_bom", (BOM, *GOOD), "byte 0", "a byte order mark"),
    ("fields", (delta("a"), 'error: {"code": 500}\n\n'), "event 1", 'error: {"code": 500}'),
    ("fields", ("hello\n\n",), "event 0", "hello:"),
    ("same_model", (delta("a"), delta("b", model="m-2")), "event 1", "2 models"),
    ("same_created", (delta("a"), delta("b", created=8), delta("c", created=9)), "event 1", "3 instants"),
    ("role", GOOD_STREAM, "event 0", "no role"),
    ("role", (delta(choices=[{"index": 0, "delta": {"role": "user"}}]),), "event 0", "user"),
    ("role", (delta(choices=[{"index": 0, "delta": None}]),), "event 0", "no role"),
    ("deltas", (delta("a"), delta(choices=[MESSAGE])), "event 1", "message"),
    ("deltas", (delta(finish="stop", object="chat.completion.done"),), "event 0", "chat.completion.done"),
    ("usage_chunk", GOOD_STREAM, "event 3", "null"),
    ("usage_chunk", (delta("a", usage=USAGE), USAGE_CHUNK), "event 0", "object"),
    ("usage_chunk", (delta("a", usage={}), USAGE_CHUNK), "event 0", "object"),
    ("usage_chunk", (delta(choices=[], usage={}),), "event 0", "object"),
    ("usage_chunk", (delta(finish="stop", usage=USAGE),), "event 0", "1 choices"),
    ("usage_chunk", (delta(choices=None, usage=USAGE),), "event 0", "no choices member"),
    ("no_usage", (delta("a"), delta("b", usage=USAGE), USAGE_CHUNK), "event 1", "on 2 chunks"),
]


@pytest.mark.parametrize(("fact", "parts", "place", "actual"), BROKEN)
def test_a_broken_fact_is_told_with_its_place(fact: str, parts: tuple[str, ...], place: str, actual: str) -> None:
    (finding,) = complaints("stream", fact, streamed(*parts))

    assert (finding.place, str(finding.actual)[: len(actual)], finding.reason) == (place, actual, Reason.STREAM)


def test_a_byte_that_is_no_utf8_is_told_with_its_event() -> None:
    (finding,) = complaints("stream", "utf8", of_bytes(delta("a").encode() + b": caf\xe9\n\n" + DONE.encode()))

    assert (finding.place, finding.actual) == ("event 1", "byte 0xe9")


def test_a_character_cut_by_the_network_is_utf8() -> None:
    data = "data: 你\n\n".encode()
    chunks = [Chunk(at * MS, data[at : at + 1]) for at in range(len(data))]

    assert complaints("stream", "utf8", answer(chunks, media="text/event-stream", stream=True)) == []


def test_the_fields_of_the_standard_and_comments_are_allowed() -> None:
    lines = ": hi\nid: 1\nevent: message\nretry: 3000\ndata: 1\n\n"

    assert complaints("stream", "fields", streamed(lines)) == []


@pytest.mark.parametrize("fact", ["utf8", "no_bom", "fields"])
def test_a_line_that_is_odd_in_another_way_breaks_no_such_fact(fact: str) -> None:
    assert complaints("stream", fact, streamed(*GOOD, "retry: soon\n\n")) == []


@pytest.mark.parametrize("fact", ["role", "deltas", "same_model", "usage_chunk", "no_usage"])
@pytest.mark.parametrize("part", ["data: 1\n\n", "data: {,\n\n", DONE], ids=["number", "broken", "done"])
def test_a_stream_without_a_json_object_says_nothing_of_its_chunks(fact: str, part: str) -> None:
    assert complaints("stream", fact, streamed(part)) == []


@pytest.mark.parametrize("choices", [[], None, 7, ["x"]], ids=repr)
@pytest.mark.parametrize("fact", ["role", "deltas", "same_id", "same_model", "same_created"])
def test_what_carries_no_choice_speaks_for_no_answer(fact: str, choices: Any) -> None:
    nameless = delta(choices=choices, id="", model="", created=0, object="")

    assert complaints("stream", fact, streamed(nameless, *GOOD)) == []


@pytest.mark.parametrize("member", ["id", "model", "created"])
@pytest.mark.parametrize("value", [None, [], {}], ids=repr)
def test_a_member_of_a_wrong_type_is_left_to_the_schema(member: str, value: Any) -> None:
    assert complaints("stream", f"same_{member}", streamed(delta("a"), delta("b", **{member: value}))) == []


def test_the_same_second_as_text_is_another_matter_than_another_second() -> None:
    assert complaints("stream", "same_created", streamed(delta("a"), delta("b", created="7"))) == []


def test_a_relay_cannot_fill_a_report_with_fields() -> None:
    assert len(complaints("stream", "fields", streamed(*["x: y\n\n"] * 50))) == MAX_FINDINGS


@pytest.mark.parametrize("fact", sorted(FACTS.keys() - {"complete", "data", "done", "finish", "spread"}))
def test_a_json_answer_to_a_streamed_request_leaves_facts_about_events_open(fact: str) -> None:
    mislabelled = answer(media="text/event-stream", stream=True)

    assert verdict_of(rule_of("R", "ask", stream=fact), mislabelled).verdict is Verdict.INCONCLUSIVE


# --- silence


def test_silence_counts_from_the_last_request_byte_to_the_head() -> None:
    (finding,) = complaints("silence", "149ms", streamed(*GOOD_STREAM, first_ms=260, gap_ms=10, sent_ns=100 * MS))

    assert (str(finding.expected), finding.reason) == ("at most 149 ms", Reason.SLOW)


@pytest.mark.parametrize(("limit", "findings"), [("399ms", 1), ("401ms", 0)])
def test_silence_is_the_longest_gap_between_two_arrivals(limit: str, findings: int) -> None:
    assert len(complaints("silence", limit, streamed(*GOOD_STREAM[:2], first_ms=300, gap_ms=400))) == findings


def test_a_comment_breaks_the_silence() -> None:
    parts = (": ping\n\n", ": ping\n\n", ": ping\n\n", *GOOD_STREAM)

    assert complaints("silence", "300ms", streamed(*parts, first_ms=300, gap_ms=120)) == []


def test_silence_before_the_connection_is_closed_counts() -> None:
    (finding,) = complaints("silence", {"degraded": "700ms"}, completion())

    assert (finding.actual, finding.degraded) == ("800 ms", True)


def test_what_was_never_sent_has_no_silence() -> None:
    (finding,) = complaints("silence", "1s", answer(sent_ns=None))

    assert finding.message == Said("instant_missing", code="silence")


def test_silence_heard_by_a_late_monitor_is_not_judged() -> None:
    late = streamed(*GOOD_STREAM, late_ns=10**9)

    assert verdict_of(rule_of("R", "ask", silence="1ms"), late).verdict is Verdict.INCONCLUSIVE


def test_the_places_of_two_breaks_are_two() -> None:
    parts = (delta("a", usage=USAGE), delta("b", usage=USAGE), USAGE_CHUNK)

    assert places(complaints("stream", "usage_chunk", streamed(*parts))) == ["event 0", "event 1"]


def test_silence_takes_a_duration() -> None:
    assert unfit("silence", 60) == ("", "a duration, or a mapping with degraded, failed, or both, not integer")


@pytest.mark.parametrize("parts", [GOOD[:4], ("data: {,\n\n", DONE), ('data: {"error": {"message": "x"}}\n\n',)])
def test_the_spread_of_an_answer_that_is_not_whole_is_not_judged(parts: tuple[str, ...]) -> None:
    assert verdict_of(rule_of("R", "ask", stream="spread"), streamed(*parts)).verdict is Verdict.INCONCLUSIVE


# --- a stream that was cut


HALF = 'data: {"choices": [{"ind'


@pytest.mark.parametrize("fact", ["framed", "data", "fields", "utf8"])
@pytest.mark.parametrize("rest", [HALF, "dat", "data", ": wai"])
def test_what_a_cut_left_of_an_event_breaks_nothing(fact: str, rest: str) -> None:
    assert complaints("stream", fact, streamed(delta("a"), rest)) == []


def test_what_a_cut_left_stands_behind_all_events() -> None:
    assert complaints("stream", "data", streamed(delta("a"), delta("b"), delta("c"), HALF)) == []


@pytest.mark.parametrize(
    ("end", "found"), [(b"\n", ["event 1"]), (b"\r", ["event 1"]), (b"", [])], ids=["lf", "cr", "cut"]
)
def test_a_line_that_ended_was_not_cut(end: bytes, found: list[str]) -> None:
    body = delta("a").encode() + b": \xff" + end

    assert places(complaints("stream", "utf8", answer(body, media="text/event-stream", stream=True))) == found


def test_half_a_character_at_a_cut_breaks_nothing() -> None:
    assert complaints("stream", "utf8", of_bytes(delta("a").encode() + b": \xe5\xa5")) == []


@pytest.mark.parametrize("parts", [(delta("a"), "data: {}\ndata: {}\n"), (delta("a", "stop"), "data: [DONE]\n")])
def test_a_blank_line_that_no_cut_took_is_missed(parts: tuple[str, ...]) -> None:
    assert places(complaints("stream", "framed", streamed(*parts))) == ["event 1"]


@pytest.mark.parametrize(
    ("facts", "parts", "said"),
    [
        (["done", "finish"], (delta("a"),), ["finish_reason_missing"]),
        (["done", "no_error"], (delta("a"), 'data: {"error": {"message": "x"}}\n\n'), ["error_in_stream"]),
        (["done", "finish"], (delta("a", "stop"),), ["done_not_once"]),
        ("complete", (delta("a"),), ["finish_reason_missing"]),
        ("complete", (delta("a"), 'data: {"error": {"message": "x"}}\n\n'), ["error_in_stream"]),
        ("complete", (delta("a", "stop"),), ["done_not_once"]),
        ("done", (delta("a"),), ["done_not_once"]),
    ],
)
def test_a_cut_is_told_once(facts: Any, parts: tuple[str, ...], said: list[str]) -> None:
    assert [id_of(one.message) for one in complaints("stream", facts, streamed(*parts))] == said


@pytest.mark.parametrize(
    ("facts", "parts", "is_open"),
    [
        ("done", (delta("a"),), True),
        ("usage_chunk", (delta("a"),), True),
        ("done", (delta("a", "stop"),), False),
        (["done", "finish"], (delta("a"),), False),
        ("framed", (delta("a"),), False),
    ],
)
def test_the_end_is_left_open_where_another_fact_tells_of_the_cut(
    facts: Any, parts: tuple[str, ...], is_open: bool
) -> None:
    doubt = KIND.doubt
    assert doubt is not None

    assert (doubt(KIND.prepare(facts), subject(streamed(*parts))) == Said("stream_was_cut")) is is_open
