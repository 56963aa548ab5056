"""What each kind of assertion says of one answer."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from call_counts import steps_of
from judge_samples import (
    COMPLETION,
    DONE,
    GOOD_STREAM,
    NONCE,
    answer,
    complaints,
    completion,
    dead,
    delta,
    places,
    reasons,
    refusal,
    rule,
    said,
    streamed,
    verdict_of,
)

from wnmon.model.exchange import Exchange, FailureKind
from wnmon.model.json import Json
from wnmon.model.result import Reason, Verdict
from wnmon.model.said import Said, Text, either

# --- status


def test_a_wanted_status_is_no_complaint() -> None:
    assert complaints("status", 200, completion()) == []


def test_a_class_of_statuses_accepts_every_code_in_it() -> None:
    assert complaints("status", "4xx", answer(b"x", 418)) == []


def test_another_status_is_a_complaint_that_quotes_the_relay() -> None:
    (finding,) = complaints("status", [200, 201], refusal(401, "no such key"))
    assert str(finding.actual) == "401 (status 401: no such key)"


def test_a_wrong_status_says_all_that_were_wanted() -> None:
    (finding,) = complaints("status", [200, 201], refusal(500))
    assert str(finding.expected) == "200 or 201"


@pytest.mark.parametrize(
    ("exchange", "reason"),
    [
        (refusal(401, "invalid_api_key"), Reason.AUTH),
        (answer(COMPLETION, 200), Reason.PROTOCOL),
    ],
)
def test_a_wrong_status_takes_the_reason_of_the_recognised_fault(exchange: Exchange, reason: Reason) -> None:
    assert reasons(complaints("status", 404, exchange)) == [reason]


def test_no_status_at_all_is_a_complaint_that_tells_what_happened() -> None:
    (finding,) = complaints("status", 200, dead(FailureKind.DNS))
    assert (finding.message, finding.actual) == (Said("status_missing"), "dns happened")


def test_no_status_and_no_failure_is_told_as_such() -> None:
    (finding,) = complaints("status", 200, answer(b"", None))
    assert finding.actual == Said("no_status")


# --- header

ANSWER = answer(COMPLETION, media="Application/JSON; charset=utf-8", headers=(("X-Id", "abc"),))
HEADERS: list[tuple[Json, bool]] = [
    ({"name": "x-id", "if_sent": "^abc$"}, True),
    ({"name": "x-id", "if_sent": "^x$"}, False),
    ({"name": "x-none", "if_sent": "^x$"}, True),
    ({"name": "content-type", "media_type": "application/json"}, True),
    ({"name": "content-type", "media_type": "Application/JSON"}, True),
    ({"name": "content-type", "media_type": "text/plain"}, False),
    ({"name": "x-id", "equals": "abc"}, True),
    ({"name": "x-id", "equals": "ABC"}, False),
    ({"name": "x-id", "matches": "^a"}, True),
    ({"name": "x-id", "matches": "^b"}, False),
    ({"name": "x-id", "present": True}, True),
    ({"name": "x-id", "present": False}, False),
    ({"name": "x-none", "present": False}, True),
    ({"name": "x-none", "present": True}, False),
    ({"name": "x-none", "equals": ""}, False),
]


@pytest.mark.parametrize(("value", "holds"), HEADERS)
def test_a_header_is_as_asked_or_a_complaint(value: Json, holds: bool) -> None:
    assert (complaints("header", value, ANSWER) == []) is holds


def test_an_absent_header_is_told_as_absent() -> None:
    (finding,) = complaints("header", {"name": "x-none", "present": True}, ANSWER)
    assert (finding.place, finding.expected, finding.actual) == (
        "header:x-none",
        Said("present"),
        Said("absent"),
    )


def test_a_header_that_must_not_be_there_is_expected_absent() -> None:
    (finding,) = complaints("header", {"name": "x-id", "present": False}, ANSWER)
    assert (finding.expected, finding.actual) == (Said("absent"), "abc")


def test_a_wrong_media_type_has_a_reason_of_its_own() -> None:
    wanted: Json = [{"name": "content-type", "media_type": "text/event-stream"}, {"name": "x-id", "equals": ""}]
    assert reasons(complaints("header", wanted, ANSWER)) == [Reason.CONTENT_TYPE, Reason.RULE]


# --- json

FINGERPRINT: Json = {
    "schema": {"required": ["system_fingerprint"], "properties": {"system_fingerprint": {"type": "string"}}}
}


def test_a_string_fingerprint_satisfies_the_documented_member() -> None:
    assert complaints("json", FINGERPRINT, completion()) == []


@pytest.mark.parametrize(
    ("value", "actual"),
    [
        (..., Said("absent")),
        (None, "null"),
        (3, "integer 3"),
        (True, "boolean true"),
        (1.5, "number 1.5"),
        ([], "array"),
        ({}, "object"),
    ],
)
def test_absent_and_null_and_wrong_type_are_told_apart(value: Any, actual: Text) -> None:
    (finding,) = complaints("json", FINGERPRINT, completion(system_fingerprint=value))
    assert (finding.place, finding.expected, finding.actual) == ("/system_fingerprint", "string", actual)


def test_an_absent_member_of_unknown_type_is_expected_present() -> None:
    (finding,) = complaints("json", {"schema": {"required": ["x"]}}, completion())
    assert (finding.message, finding.expected) == (Said("required_absent"), Said("present"))


def test_several_types_are_told_as_alternatives() -> None:
    (finding,) = complaints("json", {"schema": {"properties": {"id": {"type": ["integer", "null"]}}}}, completion())
    assert finding.expected == either(["integer", "null"])


def test_a_wrong_type_is_told_in_words() -> None:
    (finding,) = complaints("json", {"schema": {"properties": {"id": {"type": "integer"}}}}, completion())
    assert str(finding.message) == "another type than declared"


def test_a_keyword_without_words_of_its_own_is_named() -> None:
    (finding,) = complaints("json", {"schema": {"properties": {"object": {"const": "x"}}}}, completion())
    assert (str(finding.message), finding.expected) == ("breaks const", 'const: "x"')


@pytest.mark.parametrize("schema", [{"properties": {"id": False}}, {"additionalProperties": False, "properties": {}}])
def test_a_member_that_must_not_be_there_is_told_with_its_place(schema: Json) -> None:
    finding = complaints("json", {"schema": schema}, completion())[0]
    assert (finding.message, finding.expected) == (Said("member_forbidden"), Said("absent"))


def test_a_place_inside_the_body_is_judged_with_its_whole_pointer() -> None:
    found = complaints("json", {"at": "/choices/0", "schema": {"required": ["a/b~c"]}}, completion())
    assert places(found) == ["/choices/0/a~1b~0c"]


def test_a_place_that_does_not_exist_is_a_complaint() -> None:
    (finding,) = complaints("json", {"at": "/nowhere", "schema": True}, completion())
    assert (finding.place, finding.actual) == ("/nowhere", Said("absent"))


def test_a_place_without_a_schema_only_has_to_exist() -> None:
    assert complaints("json", [{"at": "/usage"}, {}], completion()) == []


def test_complaints_come_in_the_order_of_their_places() -> None:
    schema: Json = {"properties": {"model": {"type": "null"}, "id": {"type": "null"}}}
    assert places(complaints("json", {"schema": schema}, completion())) == ["/id", "/model"]


def test_an_array_full_of_faults_gives_twenty_complaints() -> None:
    found = complaints("json", {"at": "/data", "schema": {"items": {"type": "null"}}}, completion(data=[1] * 500))
    assert len(found) == 20


def test_a_long_member_name_does_not_fill_the_report() -> None:
    (finding,) = complaints("json", {"schema": {"additionalProperties": False}}, answer({"k" * 10_000: 1}))
    assert len(finding.place) == 200


def test_a_long_value_does_not_fill_the_report() -> None:
    (finding,) = complaints("json", {"schema": {"properties": {"id": {"type": "null"}}}}, completion(id="x" * 10_000))
    assert len(str(finding.actual)) < 200


def test_a_body_that_is_no_json_says_where_it_breaks() -> None:
    (finding,) = complaints("json", {}, answer('{"a": 1,}'))
    assert (finding.reason, finding.place, str(finding.actual)[:7]) == (Reason.BAD_JSON, "byte 8", "syntax:")


def test_an_empty_body_has_the_reason_empty() -> None:
    assert reasons(complaints("json", {}, answer(b""))) == [Reason.EMPTY]


def test_an_html_page_where_json_should_be_is_called_html() -> None:
    (finding,) = complaints("json", {}, answer("<html><title>x</title>", media="text/html"))
    assert finding.actual == "html"


def test_a_stream_is_judged_as_the_completion_it_folds_to() -> None:
    assert (
        complaints("json", {"at": "/choices/0/message/content", "schema": {"const": "pong"}}, streamed(*GOOD_STREAM))
        == []
    )


# --- json schema: nothing of a relay's may take long or raise

EVIL = "a" * 60 + "!"
EVIL_SCHEMAS: list[tuple[Json, Any]] = [
    ({"properties": {"id": {"pattern": "^(a+)+$"}}}, {"id": EVIL}),
    ({"patternProperties": {"^(a+)+$": False}, "additionalProperties": {"type": "null"}}, {EVIL: 1}),
    (
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "properties": {"in": {"$ref": "#"}, "id": {"pattern": "^(a+)+$"}},
        },
        {"in": {"id": EVIL}},
    ),
]


@pytest.mark.parametrize(("schema", "body"), EVIL_SCHEMAS)
def test_a_pattern_that_would_backtrack_for_ever_ends_at_once(schema: Json, body: Any) -> None:
    assert len(complaints("json", {"schema": schema}, answer(body))) == 1


def test_a_pattern_that_does_not_match_is_told_with_the_pattern() -> None:
    (finding,) = complaints("json", {"schema": {"properties": {"id": {"pattern": "^x"}}}}, completion())
    assert str(finding.message) == "does not match '^x'"


def test_a_pattern_says_nothing_about_what_is_no_string() -> None:
    assert complaints("json", {"schema": {"properties": {"id": {"pattern": "^x"}}}}, completion(id=3)) == []


def test_a_member_that_matches_a_pattern_of_names_is_no_additional_one() -> None:
    schema: Json = {"patternProperties": {"^[a-z_]+$": True}, "additionalProperties": False}
    assert complaints("json", {"schema": schema}, completion()) == []


def test_a_member_that_matches_a_pattern_of_names_is_judged_by_it() -> None:
    found = complaints("json", {"schema": {"patternProperties": {"^id$": {"type": "null"}}}}, completion())
    assert places(found) == ["/id"]


def test_additional_members_are_judged_by_their_schema() -> None:
    found = complaints("json", {"at": "/usage", "schema": {"additionalProperties": {"maximum": 6}}}, completion())
    assert places(found) == ["/usage/total_tokens"]


def test_keywords_about_objects_say_nothing_about_an_array() -> None:
    schema: Json = {"required": ["a"], "patternProperties": {"a": False}, "additionalProperties": False}
    assert complaints("json", {"at": "/choices", "schema": schema}, completion()) == []


@pytest.mark.parametrize("items", [[1, 2, 1], [{"a": 1, "b": [2]}, {"b": [2.0], "a": 1.0}], ["x", "x"]])
def test_a_repeated_item_is_a_complaint(items: list[Any]) -> None:
    (finding,) = complaints("json", {"at": "/d", "schema": {"uniqueItems": True}}, completion(d=items))
    assert (finding.message, finding.place) == (Said("item_repeats"), f"/d/{len(items) - 1}")


@pytest.mark.parametrize("items", [[1, 1.5, True, "1", None, [1], {"a": 1}], "xx"])
def test_items_of_different_types_do_not_repeat(items: Any) -> None:
    assert complaints("json", {"at": "/d", "schema": {"uniqueItems": True}}, completion(d=items)) == []


def test_items_may_repeat_where_the_schema_lets_them() -> None:
    assert complaints("json", {"at": "/d", "schema": {"uniqueItems": False}}, completion(d=[1, 1])) == []


def unique(count: int) -> int:
    """Return in how many steps so many items are found to be unique."""
    body = answer(json.dumps([{"a": number} for number in range(count)]))
    return steps_of(lambda: complaints("json", {"schema": {"uniqueItems": True}}, body))


def test_unique_items_are_found_in_linear_time() -> None:
    assert unique(2_000) < 2.1 * unique(1_000)


def test_a_schema_that_refers_to_itself_for_ever_is_a_complaint() -> None:
    (finding,) = complaints("json", {"schema": {"$ref": "#"}}, completion())
    assert finding.message == Said("schema_without_end")


def test_a_schema_may_refer_to_its_own_parts() -> None:
    schema: Json = {"$defs": {"text": {"type": "string"}, "any": True}, "properties": {"id": {"$ref": "#/$defs/text"}}}
    assert complaints("json", {"schema": schema}, completion()) == []


def test_a_number_too_large_for_a_float_does_not_raise() -> None:
    body = answer('{"n": 1e999, "i": ' + "9" * 299 + "}")
    schema: Json = {"properties": {"n": {"multipleOf": 0.1}, "i": {"multipleOf": 1e-10, "maximum": 5}}}
    assert places(complaints("json", {"schema": schema}, body))[-1] == "/n"


# --- chunk

CHUNK: Json = {"schema": {"required": ["id"], "properties": {"object": {"const": "chat.completion.chunk"}}}}


def test_chunks_that_satisfy_the_schema_are_no_complaint() -> None:
    assert complaints("chunk", CHUNK, streamed(*GOOD_STREAM)) == []


def test_a_chunk_that_breaks_the_schema_is_told_with_its_event() -> None:
    assert places(complaints("chunk", CHUNK, streamed(delta("a"), delta("b", object="x")))) == ["event 1 /object"]


def test_payloads_that_are_no_object_or_an_error_are_left_to_other_rules() -> None:
    parts = ("data: [1]\n\n", "data: {\n\n", 'data: {"error": {"message": "m"}}\n\n', DONE)
    assert complaints("chunk", CHUNK, streamed(*parts)) == []


def test_many_broken_chunks_give_twenty_complaints() -> None:
    assert len(complaints("chunk", CHUNK, streamed(*[delta("a", object="x")] * 50))) == 20


# --- stream


@pytest.mark.parametrize("fact", ["complete", "framed", "data", "done", "finish", "no_error", "same_id", "spread"])
def test_a_good_stream_satisfies_every_fact(fact: str) -> None:
    assert complaints("stream", fact, streamed(*GOOD_STREAM)) == []


def test_an_answer_that_is_no_stream_is_one_complaint() -> None:
    (finding,) = complaints("stream", ["done", "finish"], completion())
    assert (finding.message, finding.actual) == (Said("no_event_stream"), "json")


STREAMS: list[tuple[str, tuple[str, ...], str, str]] = [
    ("framed", (delta("a"), "data: [DONE]"), "event 1", "end of stream"),
    ("data", (delta("a"), "data: 3\n\n"), "event 1", "integer"),
    ("data", ("data: {,}\n\n",), "event 0", "syntax:"),
    ("done", (delta("a"),), "", "0 [DONE]"),
    ("done", (DONE, delta("a"), DONE), "", "2 [DONE]"),
    ("done", (DONE, delta("a")), "event 1", "another payload"),
    ("finish", (DONE,), "", "no choice"),
    ("finish", (delta("a"), DONE), "choice 0", "none"),
    ("finish", (delta(finish="stop"), delta(finish="length")), "choice 0", "stop, length"),
    ("finish", (delta(finish="stop"), delta("a")), "choice 0", "text"),
    ("no_error", (delta("a"), 'data: {"error": {"message": "broke"}}\n\n'), "event 1", "broke"),
    ("same_id", (delta("a"), delta("b", id="c-2")), "event 1", "2 ids"),
    ("spread", (delta("a"), delta("b")), "tokens", "2"),
    ("spread", (delta(finish="stop"),), "tokens", "0"),
]


@pytest.mark.parametrize(("fact", "parts", "place", "actual"), STREAMS)
def test_a_broken_stream_is_told_with_its_place(fact: str, parts: tuple[str, ...], place: str, actual: str) -> None:
    (finding,) = complaints("stream", fact, streamed(*parts))
    assert (finding.place, str(finding.actual)[: len(actual)]) == (place, actual)


def test_done_after_done_is_what_came_last() -> None:
    (finding,) = complaints("stream", "complete", streamed(delta("a", "stop"), DONE, delta()))
    assert finding.message == Said("done_not_last")


def test_a_choice_that_never_ended_has_the_reason_truncated() -> None:
    assert reasons(complaints("stream", "finish", streamed(delta("a")))) == [Reason.TRUNCATED]


def test_an_error_in_the_stream_takes_the_reason_of_its_words() -> None:
    exchange = streamed('data: {"error": {"message": "insufficient_quota"}}\n\n')
    assert reasons(complaints("stream", "no_error", exchange)) == [Reason.BALANCE]


def test_ids_of_chunks_without_choices_do_not_count() -> None:
    assert complaints("stream", "same_id", streamed(delta("a"), delta(id="usage", choices=[]), "data: 1\n\n")) == []


def test_many_broken_payloads_give_twenty_complaints() -> None:
    assert len(complaints("stream", "data", streamed(*["data: 3\n\n"] * 50))) == 20


def test_tokens_in_one_burst_at_the_end_are_a_complaint() -> None:
    (finding,) = complaints("stream", "spread", streamed(*GOOD_STREAM, first_ms=900, gap_ms=1))
    assert finding.message == Said("one_burst")


def test_a_burst_seen_by_a_late_monitor_is_not_held_against_the_relay() -> None:
    assert complaints("stream", "spread", streamed(*GOOD_STREAM, first_ms=900, gap_ms=1, late_ns=10**9)) == []


def test_tokens_stamped_before_the_request_was_sent_do_not_raise() -> None:
    assert complaints("stream", "spread", streamed(*GOOD_STREAM, first_ms=1, gap_ms=1)) == []


# --- content

CONTENTS: list[tuple[Json, str, bool]] = [
    ("pong", "ping pong", True),
    ("pong", "ping", False),
    ({"contains": "{{nonce}}"}, f"it is {NONCE}", True),
    ({"contains": "{{model}}"}, "I am m-1", True),
    ({"equals": "pong"}, " pong\n", True),
    ({"equals": "pong"}, "pong!", False),
    ({"not_contains": "sorry"}, "pong", True),
    ({"not_contains": "sorry"}, "sorry", False),
    ({"matches": "^p.ng$"}, "pong", True),
    ({"matches": "^p.ng$"}, "PONG", False),
    ({"not_empty": True}, "x", True),
    ({"not_empty": True}, " ", False),
    ({"not_empty": False}, "", True),
    ({"max_chars": 4}, "pong", True),
    ({"max_chars": 3}, "pong", False),
]


@pytest.mark.parametrize(("value", "text", "holds"), CONTENTS)
def test_content_is_as_asked_or_a_complaint(value: Json, text: str, holds: bool) -> None:
    assert (complaints("content", value, said(text)) == []) is holds


def test_content_of_a_stream_is_its_pieces_joined() -> None:
    assert complaints("content", {"equals": "pong"}, streamed(*GOOD_STREAM)) == []


def test_wrong_content_has_the_reason_content() -> None:
    assert reasons(complaints("content", "pong", said("ping"))) == [Reason.CONTENT]


def test_no_content_has_the_reason_empty() -> None:
    (finding,) = complaints("content", "pong", said(None))
    assert (finding.reason, finding.actual) == (Reason.EMPTY, Said("empty"))


@pytest.mark.parametrize("value", [{"contains": "z"}, {"equals": "z"}, {"matches": "z"}])
def test_an_answer_cut_by_max_tokens_that_lacks_the_text_has_the_reason_length(value: Json) -> None:
    assert reasons(complaints("content", value, said("a", "length"))) == [Reason.LENGTH]


def test_an_empty_answer_cut_by_max_tokens_has_the_reason_length() -> None:
    assert reasons(complaints("content", {"not_empty": True}, said("", "length"))) == [Reason.LENGTH]


@pytest.mark.parametrize("value", [{"not_contains": "a"}, {"max_chars": 0}])
def test_what_more_text_could_not_mend_keeps_its_reason_when_cut(value: Json) -> None:
    assert reasons(complaints("content", value, said("a", "length"))) == [Reason.CONTENT]


def test_a_pattern_on_content_that_would_backtrack_for_ever_ends_at_once() -> None:
    assert len(complaints("content", {"matches": "^(a+)+$"}, said(EVIL * 1000))) == 1


def test_long_content_does_not_fill_the_report() -> None:
    (finding,) = complaints("content", "pong", said("x" * 10_000))
    assert len(str(finding.actual)) == 200


# --- finish_reason


def test_an_accepted_finish_reason_is_no_complaint() -> None:
    assert complaints("finish_reason", ["stop", "length"], said("a", "length")) == []


@pytest.mark.parametrize(
    ("finish", "actual", "reason"),
    [
        ("length", "length", Reason.LENGTH),
        (None, Said("absent"), Reason.CONTENT),
        ("f" * 999, "f" * 79 + "…", Reason.CONTENT),
    ],
)
def test_another_finish_reason_is_a_complaint(finish: str | None, actual: Text, reason: Reason) -> None:
    (finding,) = complaints("finish_reason", "stop", said("a", finish))
    assert (finding.place, finding.actual, finding.reason) == ("/choices/0/finish_reason", actual, reason)


def test_no_choice_at_all_is_one_complaint() -> None:
    assert reasons(complaints("finish_reason", "stop", completion(choices=[]))) == [Reason.EMPTY]


# --- usage


def counts(prompt: Any = 5, completion_: Any = 2, total: Any = 7) -> Exchange:
    usage = {"prompt_tokens": prompt, "completion_tokens": completion_, "total_tokens": total}
    return completion(usage={name: count for name, count in usage.items() if count is not ...})


@pytest.mark.parametrize("value", ["present", {"total": "sum"}, {"prompt_tokens": {"min": 5, "max": 5}}])
def test_usage_as_asked_is_no_complaint(value: Json) -> None:
    assert complaints("usage", value, counts()) == []


USAGES: list[tuple[Json, Exchange, str, str]] = [
    ("present", completion(usage=...), "/usage", "three integers"),
    ("present", counts(total=...), "/usage/total_tokens", "integer"),
    ("present", counts(prompt="5"), "/usage/prompt_tokens", "integer"),
    ({"total": "sum"}, counts(total=8), "/usage/total_tokens", "5 + 2 = 7"),
    ({"prompt_tokens": {"min": 6}}, counts(), "/usage/prompt_tokens", "at least 6"),
    ({"prompt_tokens": {"max": 4}}, counts(), "/usage/prompt_tokens", "at most 4"),
    ({"total_tokens": {"min": 8, "max": 9}}, counts(), "/usage/total_tokens", "at least 8 and at most 9"),
    ("possible", counts(completion_=0), "/usage/completion_tokens", "at least 1 and at most 8192"),
    ("possible", counts(completion_=-1), "/usage/completion_tokens", "at least 1 and at most 8192"),
    ("possible", counts(completion_=10**6), "/usage/completion_tokens", "at least 1 and at most 8192"),
    ("possible", counts(prompt=10**6), "/usage/prompt_tokens", "at least 0 and at most 16384"),
]


@pytest.mark.parametrize(("value", "exchange", "place", "expected"), USAGES)
def test_usage_not_as_asked_is_told_with_its_place(value: Json, exchange: Exchange, place: str, expected: str) -> None:
    (finding,) = complaints("usage", value, exchange)
    assert (finding.place, str(finding.expected), finding.reason) == (place, expected, Reason.USAGE)


def test_a_missing_count_breaks_no_bound_and_no_sum() -> None:
    found = complaints("usage", {"total": "sum", "completion_tokens": {"min": 1}}, counts(completion_=...))
    assert places(found) == ["/usage/completion_tokens"]


@pytest.mark.parametrize("exchange", [counts(), counts(completion_=...), counts(prompt=0), counts(completion_=8192)])
def test_usage_that_can_be_is_no_complaint(exchange: Exchange) -> None:
    assert complaints("usage", "possible", exchange) == []


def test_whether_usage_can_be_is_left_open_without_any() -> None:
    left_open = verdict_of(rule("R", "ask", usage="possible"), completion(usage=...))
    assert (left_open.verdict, left_open.why) == (Verdict.INCONCLUSIVE, Said("no_usage_to_compare"))


def test_a_request_that_is_no_json_can_cost_a_token_for_each_of_its_bytes() -> None:
    exchange = counts(prompt=10**6)
    (finding,) = complaints("usage", "possible", replace(exchange, request=replace(exchange.request, body=b"x" * 616)))
    assert finding.expected == Said("between", n=0, n2=17_000)


# --- model

ASKED = "gpt-4o"
MODELS: list[tuple[Json, Any, bool]] = [
    ("same", "gpt-4o", True),
    ("same", "gpt-4o-2024-08-06", True),
    ("same", "gpt-4o-20240806", True),
    ("same", "gpt-4o-0613", True),
    ("same", "gpt-4o-mini", False),
    ("same", "gpt-4o-mini-2024-07-18", False),
    ("same", "gpt-4", False),
    ("same", "wn-4o-7", True),
    ("same", ..., False),
    (["gpt-*", "o1"], "gpt-5", True),
    (["gpt-*", "o1"], "o1", True),
    ("gpt-*", "claude", False),
]


@pytest.mark.parametrize(("value", "answered", "holds"), MODELS)
def test_the_answering_model_is_an_accepted_one_or_a_complaint(value: Json, answered: Any, holds: bool) -> None:
    found = complaints("model", value, completion(model=answered), model=ASKED, aliases={ASKED: ("wn-4o-*",)})
    assert (found == []) is holds


def answered_by(asked: str, answered: Any, value: Json = "same") -> Verdict:
    return verdict_of(rule("R", "ask", model=value), completion(model=answered), model=asked).verdict


def test_a_model_that_is_none_of_the_named_ones_is_a_swap_even_as_a_preview() -> None:
    assert answered_by("o1", "o1-preview", ["o1"]) is Verdict.FAILED


def test_a_model_swap_names_both() -> None:
    (finding,) = complaints("model", "same", completion(model="llama"), model=ASKED)
    assert (finding.expected, finding.actual, finding.reason) == (ASKED, "llama", Reason.MODEL)


def test_no_model_at_all_is_told_as_absent() -> None:
    (finding,) = complaints("model", "same", completion(model=...), model=ASKED)
    assert finding.actual == Said("absent")


def test_a_model_name_with_brackets_is_itself_before_it_is_a_glob() -> None:
    assert complaints("model", "same", completion(model="[逆]gpt-4o"), model="[逆]gpt-4o") == []


# --- ttft, first_visible, total: first token at 200 ms, end at 1,000 ms after the request was sent


def timed(first_ms: int = 300, **more: Any) -> Exchange:
    return streamed(*GOOD_STREAM, first_ms=first_ms, **more)


LATENCIES: list[tuple[str, Json, list[bool]]] = [
    ("ttft", "300ms", []),
    ("ttft", "200ms", []),
    ("ttft", "199ms", [False]),
    ("ttft", {"degraded": "100ms", "failed": "1s"}, [True]),
    ("ttft", {"degraded": "10ms", "failed": "100ms"}, [False]),
    ("ttft", {"degraded": "250ms"}, []),
    ("first_visible", "100ms", [False]),
    ("total", "900ms", [False]),
    ("total", {"degraded": "900ms"}, [True]),
]


@pytest.mark.parametrize(("kind", "value", "degraded"), LATENCIES)
def test_an_instant_over_its_limit_is_degraded_or_failed(kind: str, value: Json, degraded: list[bool]) -> None:
    assert [finding.degraded for finding in complaints(kind, value, timed())] == degraded


def test_a_slow_answer_says_what_it_took_and_what_was_allowed() -> None:
    (finding,) = complaints("ttft", "100ms", timed())
    assert (str(finding.expected), finding.actual, finding.reason) == ("at most 100 ms", "200 ms", Reason.SLOW)


def test_a_token_that_never_came_is_a_complaint() -> None:
    (finding,) = complaints("ttft", "1s", completion())
    assert (finding.message, finding.reason, finding.degraded) == (
        Said("instant_missing", code="ttft"),
        Reason.EMPTY,
        False,
    )
