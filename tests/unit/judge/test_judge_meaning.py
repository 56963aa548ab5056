"""Kinds about what an answer means: choices, tool calls, JSON in the text, counts that grow evenly, odd streams."""

from __future__ import annotations

from typing import Any

import pytest
from judge_samples import (
    DONE,
    GOOD_STREAM,
    NONCE,
    answer,
    compared,
    complaints,
    completion,
    delta,
    places,
    refusal,
    rule,
    said,
    streamed,
    suite,
    unfit,
    verdict_of,
    verdicts,
)

from wnmon.judge.registry import compared as requests_of
from wnmon.judge.registry import prepare
from wnmon.judge.subject import Unjudged
from wnmon.model.check import Selector
from wnmon.model.exchange import Exchange
from wnmon.model.json import Json
from wnmon.model.result import Verdict
from wnmon.model.said import Said

MESSAGE = {"role": "assistant", "content": "pong"}


def choices(*indexes: int) -> Exchange:
    return completion(choices=[{"index": index, "message": MESSAGE, "finish_reason": "stop"} for index in indexes])


def calling(name: str = "save", arguments: Any = '{"word":"n0nce"}') -> Exchange:
    call = {"id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}
    return said(None, "tool_calls", tool_calls=[call])


REFUSED: list[tuple[str, Json, str, str]] = [
    ("choices", 2, "", "a mapping with count, indexes, or both, not integer"),
    ("choices", {}, "", "a mapping with count, indexes, or both, not object"),
    ("choices", {"number": 2}, "", "a mapping with count, indexes, or both, not object"),
    ("choices", {"count": True}, "/count", "a whole number from 0, not boolean"),
    ("choices", {"count": -1}, "/count", "a whole number from 0, not -1"),
    ("choices", {"indexes": 0}, "/indexes", "a list of indexes such as [0, 1], not integer"),
    ("choices", {"indexes": []}, "/indexes", "a list of indexes such as [0, 1], not array"),
    ("choices", {"indexes": [0, "1"]}, "/indexes/1", "a whole number from 0, not string"),
    ("tool_call", "save", "", "a mapping with name, schema, contains, not string"),
    ("tool_call", {}, "", "a mapping with name, schema, contains, not object"),
    ("tool_call", {"named": "save"}, "/named", "one of name, schema, contains, not 'named'"),
    ("tool_call", {"name": 3}, "/name", "a text, not integer"),
    ("tool_call", {"contains": None}, "/contains", "a text, not null"),
    ("tool_call", {"schema": 3}, "/schema", "a JSON Schema, not integer"),
    ("same", {"of": ["a/x", "b/x"]}, "", "a list of places, or a mapping with of and where"),
    (
        "same",
        {"of": ["a/x", "b/x"], "where": ["a/y"]},
        "/where",
        "a list of at least two places such as completion/id, not array",
    ),
    ("content", {"json": "yes"}, "/json", "a value of type boolean, not string"),
]


@pytest.mark.parametrize(("kind", "value", "pointer", "message"), REFUSED)
def test_a_value_that_does_not_fit_is_refused_with_its_place(
    kind: str, value: Json, pointer: str, message: str
) -> None:
    assert unfit(kind, value) == (pointer, message)


KEPT: list[tuple[str, Json, Exchange]] = [
    ("choices", {"count": 2}, choices(0, 1)),
    ("choices", {"indexes": [0, 1]}, choices(1, 0)),
    ("choices", {"count": 0}, choices()),
    ("tool_call", {"name": "save"}, calling()),
    ("tool_call", {"contains": "{{nonce}}"}, calling(arguments=f'{{"words":["x{NONCE}x"]}}')),
    ("tool_call", {"schema": {"required": ["word"]}}, calling()),
    ("content", {"json": True}, said(' {"a": 1}\n')),
    ("content", {"json": False}, said("pong")),
]


@pytest.mark.parametrize(("kind", "value", "exchange"), KEPT)
def test_what_holds_is_no_complaint(kind: str, value: Json, exchange: Exchange) -> None:
    assert complaints(kind, value, exchange) == []


BROKEN: list[tuple[str, Json, Exchange, list[str]]] = [
    ("choices", {"count": 2}, choices(0), ["/choices"]),
    ("choices", {"indexes": [0, 1]}, choices(0, 0), ["/choices"]),
    ("choices", {"indexes": [0, 1], "count": 2}, choices(), ["/choices", "/choices"]),
    ("tool_call", {"name": "save"}, said("it is saved"), ["/choices/0/message/tool_calls"]),
    ("tool_call", {"name": "save"}, choices(), ["/choices/0/message/tool_calls"]),
    ("tool_call", {"name": "save"}, calling("load"), ["/choices/0/message/tool_calls/0/function/name"]),
    (
        "tool_call",
        {"name": "save"},
        calling(arguments='{"word"'),
        ["/choices/0/message/tool_calls/0/function/arguments"],
    ),
    ("tool_call", {"name": "save"}, calling(arguments="[1]"), ["/choices/0/message/tool_calls/0/function/arguments"]),
    (
        "tool_call",
        {"name": "save"},
        calling(arguments={"a": 1}),
        ["/choices/0/message/tool_calls/0/function/arguments"],
    ),
    (
        "tool_call",
        {"schema": {"properties": {"word": {"type": "integer"}}}},
        calling(),
        ["/choices/0/message/tool_calls/0/function/arguments/word"],
    ),
    ("tool_call", {"contains": "z"}, calling(), ["/choices/0/message/tool_calls/0/function/arguments"]),
    ("content", {"json": True}, said('```json\n{"a": 1}\n```'), ["content"]),
    ("content", {"json": True}, said("[1]"), ["content"]),
    ("content", {"json": True}, said(""), ["content"]),
]


@pytest.mark.parametrize(("kind", "value", "exchange", "where"), BROKEN)
def test_what_does_not_hold_is_a_complaint_with_its_place(
    kind: str, value: Json, exchange: Exchange, where: list[str]
) -> None:
    assert places(complaints(kind, value, exchange)) == where


def test_a_tool_call_is_joined_from_the_deltas_of_a_stream() -> None:
    pieces = [
        {"index": 0, "function": {"name": "save", "arguments": '{"word":'}},
        {"index": 0, "function": {"arguments": '"x"}'}},
    ]
    deltas = [delta(choices=[{"index": 0, "delta": {"tool_calls": [piece]}}]) for piece in pieces]
    exchange = streamed(*deltas, delta(finish="tool_calls"), DONE)

    assert complaints("tool_call", {"name": "save", "contains": "x"}, exchange) == []


# --- comparisons


def counted(*counts: Any) -> list[Exchange]:
    return [completion(step=name, usage={"prompt_tokens": count}) for name, count in zip("abc", counts, strict=False)]


EVENLY: Json = {"of": [f"{name}/usage/prompt_tokens" for name in "abc"], "tolerance": 0.3}


@pytest.mark.parametrize("counts", [(10, 18, 26), (1000, 1008, 1018), (8, 15, 25)])
def test_counts_in_steps_alike_grow_evenly(counts: tuple[int, ...]) -> None:
    assert compared("grows_evenly", EVENLY, *counted(*counts)) == []


@pytest.mark.parametrize("counts", [(9, 9, 9), (10, 18, 18), (10, 18, 40), (26, 18, 10), (10, 8, 18)])
def test_counts_in_other_steps_are_one_complaint(counts: tuple[int, ...]) -> None:
    assert len(compared("grows_evenly", EVENLY, *counted(*counts))) == 1


def test_growth_is_not_judged_without_all_counts() -> None:
    assert compared("grows_evenly", EVENLY, *counted(1, None, 3)) == Unjudged(Said("compared_no_number"))


SAME: Json = {"of": ["a/model", "b/model"], "where": ["a/system_fingerprint", "b/system_fingerprint"]}


def test_values_that_differ_are_a_complaint_where_the_condition_is_equal() -> None:
    assert len(compared("same", SAME, completion("a"), completion("b", model="m-2"))) == 1


def test_values_that_are_equal_are_none() -> None:
    assert compared("same", SAME, completion("a"), completion("b")) == []


def test_values_may_differ_where_the_condition_does() -> None:
    other = completion("b", model="m-2", system_fingerprint="fp_2")

    assert compared("same", SAME, completion("a"), other) == Unjudged(Said("place_differs", text="/system_fingerprint"))


def test_a_condition_that_is_absent_leaves_the_values_unjudged() -> None:
    other = completion("b", system_fingerprint=...)

    assert compared("same", SAME, completion("a"), other) == Unjudged(
        Said("place_absent", code="b", text="/system_fingerprint")
    )


def test_the_requests_of_a_condition_are_among_those_compared() -> None:
    one = rule("R", same={"of": ["a/x", "b/x"], "where": ["c/y", "d/y"]})

    assert requests_of(one) == ("a", "b", "c", "d")


# --- streams that must be as readable as another

BROKEN_STREAM = (delta("one"), 'data: {"id":\n\n', delta(finish="stop"), DONE)


def as_readable(*others: Exchange) -> Any:
    return compared("as_readable", ["plain", "odd"], *others)


def test_two_readable_streams_are_no_complaint() -> None:
    assert as_readable(streamed(*GOOD_STREAM, step="plain"), streamed(*GOOD_STREAM, step="odd")) == []


@pytest.mark.parametrize("payload", ['{"id":', "[1]", "pong"])
def test_a_payload_that_cannot_be_read_is_a_complaint_with_its_event(payload: str) -> None:
    odd = streamed(delta("one"), f"data: {payload}\n\n", delta(finish="stop"), DONE, step="odd")

    assert [(one.place, one.step) for one in as_readable(streamed(*GOOD_STREAM, step="plain"), odd)] == [
        ("event 1", "odd")
    ]


def test_a_stream_that_alone_lacks_its_end_is_a_complaint() -> None:
    (finding,) = as_readable(streamed(*GOOD_STREAM, step="plain"), streamed(delta("one"), DONE, step="odd"))

    assert finding.message == Said("stream_ends_early")


@pytest.mark.parametrize("parts", [BROKEN_STREAM, (delta("one"), DONE)])
def test_what_is_broken_in_the_plain_stream_too_is_left_unjudged(parts: tuple[str, ...]) -> None:
    plain, odd = streamed(*parts, step="plain"), streamed(*BROKEN_STREAM, step="odd")

    assert as_readable(plain, odd) == Unjudged(Said("first_stream_broken_too", code="plain"))


def test_an_answer_that_is_no_stream_leaves_it_unjudged() -> None:
    assert as_readable(streamed(*GOOD_STREAM, step="plain"), completion("odd")) == Unjudged(Said("not_all_streams"))


# --- rules that take a refusal

TAKES_REFUSALS = rule("R", "ask", status=[200, "4xx"], choices={"count": 2}, content={"contains": "x"})


def test_a_refusal_that_is_accepted_has_no_content_to_judge() -> None:
    assert verdict_of(TAKES_REFUSALS, refusal(400, "n must be 1")).verdict is Verdict.PASSED


def test_an_answer_is_judged_where_a_refusal_would_have_been_accepted() -> None:
    assert verdict_of(TAKES_REFUSALS, completion()).verdict is Verdict.FAILED


def test_a_status_that_is_not_accepted_is_a_complaint() -> None:
    takes = rule("R", "ask", status=[200, "4xx"])

    assert verdict_of(takes, completion("first"), refusal(500, "boom")).verdict is Verdict.FAILED


def test_headers_of_an_accepted_refusal_are_still_judged() -> None:
    asks = rule("R", "ask", status=[200, "4xx"], header={"name": "x-request-id", "present": True})

    assert verdict_of(asks, answer({"error": {"message": "no"}}, 400)).verdict is Verdict.FAILED


def test_the_new_kinds_keep_their_value() -> None:
    assert prepare("choices", {"count": 1, "indexes": [0]}).value == {"count": 1, "indexes": [0]}


def test_a_rule_that_needs_one_without_an_answer_is_skipped_like_it() -> None:
    plan = suite(rule("A", Selector(status="4xx"), json={}), rule("B", "ask", needs=("A",), json={}))

    assert {name: one.verdict for name, one in verdicts(plan, completion()).items()} == {
        "A": Verdict.SKIPPED,
        "B": Verdict.SKIPPED,
    }
