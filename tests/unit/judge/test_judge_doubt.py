"""What is left open, because it shows the model's will and not the relay's fault: premises, limits, caches, cuts."""

from __future__ import annotations

from dataclasses import replace
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
    later_verdict,
    places,
    reasons,
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
from wnmon.judge.subject import CUT, ENDED_BY_ITSELF, Unjudged
from wnmon.model.exchange import Exchange
from wnmon.model.json import Json
from wnmon.model.result import Finding, Reason, Verdict
from wnmon.model.said import Said, Text, Why, id_of
from wnmon.wire.request import second_nonce

OTHER = second_nonce(NONCE)
CHINESE: dict[str, Json] = {"premise": {"contains": "{{nonce}}"}, "content": {"matches": "你好"}}


def of(exchange: Exchange, **expect: Any) -> tuple[Verdict, Text]:
    """Return what becomes of a rule about one answer of a relay that is up, and why."""
    one = verdict_of(rule("R", "ask", **expect), completion("before"), exchange)
    return one.verdict, one.why


# --- premise


def test_where_the_premise_holds_the_rule_is_judged() -> None:
    assert of(said(f"你好 {NONCE}"), **CHINESE)[0] is Verdict.PASSED


@pytest.mark.parametrize("text", ["ä½\xa0å¥½", "\ufffd\ufffd", "??", ""], ids=["mojibake", "replaced", "ascii", "lost"])
def test_what_stands_wrongly_beside_the_word_of_the_premise_is_a_failure(text: str) -> None:
    assert of(said(f"{text} {NONCE}"), **CHINESE)[0] is Verdict.FAILED


@pytest.mark.parametrize(("text", "verdict"), [("a?b", Verdict.PASSED), ("a??b", Verdict.FAILED)])
def test_what_content_must_not_match_is_a_failure(text: str, verdict: Verdict) -> None:
    assert of(said(text), content={"not_matches": "[?]{2}"})[0] is verdict


def test_a_pattern_no_text_may_match_must_be_one() -> None:
    assert unfit("content", {"not_matches": "("})[0] == "/not_matches"


@pytest.mark.parametrize("text", ["Hello! How can I help you?", "你好！有什么可以帮您的吗？"])
def test_a_model_that_does_something_else_shows_nothing(text: str) -> None:
    assert of(said(text), **CHINESE) == (Verdict.INCONCLUSIVE, Said("model_disobeyed"))


def test_an_answer_without_text_shows_nothing() -> None:
    assert of(said(None), **CHINESE) == (Verdict.INCONCLUSIVE, Said("answer_without_text"))


def test_a_pattern_is_a_premise_too() -> None:
    expect: dict[str, Json] = {"premise": {"matches": "[0-9]"}, "content": {"contains": "x"}}
    assert [of(said(text), **expect)[0] for text in ("7", "seven")] == [Verdict.FAILED, Verdict.INCONCLUSIVE]


def test_a_refusal_that_is_accepted_was_not_disobeyed() -> None:
    assert of(refusal(400, "no"), status=[200, "4xx"], **CHINESE)[0] is Verdict.PASSED


def test_a_place_the_json_must_lack_is_a_premise() -> None:
    listing = answer({"object": "list", "data": []})
    assert of(listing, premise={"lacks": "/data"}, status=404) == (
        Verdict.INCONCLUSIVE,
        Said("answer_of_another_kind", text="/data"),
    )


def test_an_answer_that_lacks_the_place_is_judged() -> None:
    assert of(answer({"a": 1}), premise={"lacks": "/data"}, status=404)[0] is Verdict.FAILED


def test_the_places_of_an_html_answer_are_none() -> None:
    refused = answer("<p>no</p>", 405, media="text/html")
    assert of(refused, premise={"lacks": "/data"}, status=405)[0] is Verdict.PASSED


def test_a_premise_is_never_a_complaint() -> None:
    assert complaints("premise", {"contains": "x"}, said("y")) == []


@pytest.mark.parametrize(
    ("value", "place"),
    [("x", ""), ({}, ""), ({"has": "x"}, "/has"), ({"contains": 1}, "/contains"), ({"matches": "("}, "/matches")],
    ids=repr,
)
def test_a_premise_of_another_form_is_unfit(value: Any, place: str) -> None:
    assert (unfit("premise", value)[0], unfit("premise", value)[1] != "") == (place, True)


# --- answers that ran into max_tokens


@pytest.mark.parametrize(
    "expect",
    [{"content": {"contains": "pong"}}, {"content": {"not_empty": True}}, {"tool_call": {"name": "save"}}],
    ids=repr,
)
def test_a_model_that_thought_until_its_tokens_were_gone_breaks_nothing(expect: dict[str, Json]) -> None:
    assert of(said("", "length"), **expect) == (Verdict.INCONCLUSIVE, CUT)


@pytest.mark.parametrize(
    "expect",
    [{"content": {"not_contains": "7"}}, {"content": {"not_matches": "7"}}, {"content": {"max_chars": 1}}],
    ids=repr,
)
def test_what_a_cut_answer_holds_wrongly_is_a_failure(expect: dict[str, Json]) -> None:
    assert of(said("1 2 7", "length"), **expect)[0] is Verdict.FAILED


def test_an_answer_that_had_to_stop_at_its_limit_did_not_end_wrongly() -> None:
    assert of(said("1 2 3", "length"), finish_reason="stop") == (Verdict.INCONCLUSIVE, CUT)


def test_an_answer_that_ended_in_another_way_is_judged() -> None:
    assert of(said("1 2 3", "eos"), finish_reason="stop")[0] is Verdict.FAILED


def test_a_call_that_is_there_is_judged_although_the_answer_was_cut() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "save", "arguments": "{}"}}
    assert of(said(None, "length", tool_calls=[call]), tool_call={"name": "save"})[0] is Verdict.PASSED


def test_words_a_cut_answer_had_no_room_for_are_left_open() -> None:
    assert of(said(NONCE, "length"), recall=["{{nonce}}", "{{nonce2}}"]) == (Verdict.INCONCLUSIVE, CUT)


def test_words_a_cut_answer_does_hold_are_judged() -> None:
    assert of(said(f"{NONCE} {OTHER}", "length"), recall=["{{nonce}}", "{{nonce2}}"])[0] is Verdict.PASSED


# --- limit


def counted(text: str, tokens: int | None, finish: str = "length", thought: Any = None, **message: Any) -> Exchange:
    usage: Any = {"prompt_tokens": 9, "completion_tokens": tokens}
    details = {} if thought is None else {"completion_tokens_details": {"reasoning_tokens": thought}}
    choice = {"index": 0, "message": {"role": "assistant", "content": text, **message}, "finish_reason": finish}
    return completion(choices=[choice], usage=usage | details)


@pytest.mark.parametrize(
    "exchange",
    [
        counted("1 2 3", 5),
        counted("1 2 3", None),
        counted("x" * 60, 5),
        counted("", 300, thought=300),
        counted("", 300, reasoning_content="hm"),
        counted("", 0, thought=True),
    ],
    ids=["all used", "not counted", "long words", "thought", "thought aloud", "no number"],
)
def test_an_answer_within_the_limit_keeps_it(exchange: Exchange) -> None:
    assert of(exchange, limit=5)[0] is Verdict.PASSED


@pytest.mark.parametrize(
    ("exchange", "place"),
    [
        (counted("1 2 3", 6), "/usage/completion_tokens"),
        (counted("1 2 3", 9, thought=3), "/usage/completion_tokens"),
        (counted("x" * 61, None), "content"),
    ],
    ids=["tokens", "tokens beside thoughts", "characters"],
)
def test_an_answer_beyond_the_limit_breaks_it(exchange: Exchange, place: str) -> None:
    assert places(complaints("limit", 5, exchange)) == [place]


@pytest.mark.parametrize(
    "exchange",
    [
        counted("Sure.", 2, "stop"),
        counted("Hi, how are you?", 5, "stop"),
        counted("1 2 3 4 5", 5, "stop"),
        counted("", 5, "stop"),
        completion(choices=[]),
    ],
    ids=["short", "whole", "whole without a sign", "empty", "no choice"],
)
def test_an_answer_that_ended_by_itself_shows_nothing(exchange: Exchange) -> None:
    assert of(exchange, limit=5) == (Verdict.INCONCLUSIVE, ENDED_BY_ITSELF)


@pytest.mark.parametrize("value", [0, True, "5", None], ids=repr)
def test_a_limit_of_another_form_is_unfit(value: Any) -> None:
    assert unfit("limit", value)[1]


def ended(text: str, finish: Any = "stop", step: str = "short") -> Exchange:
    """Return an answer to a request of this name."""
    exchange = counted(text, 5, finish)
    return replace(exchange, request=replace(exchange.request, step=step))


LONGER = streamed(delta("1 2 3 4"), delta(" 5 6 7"), delta(finish="length"), DONE, step="longer")


def cut_told(exchange: Exchange, longer: Exchange = LONGER) -> Any:
    return compared("cut_told", ["short", "longer"], exchange, longer)


@pytest.mark.parametrize(("text", "finish"), [("1 2 3", "stop"), ("1 2 3\n", None)])
def test_an_answer_a_longer_one_goes_on_from_was_cut(text: str, finish: str | None) -> None:
    (finding,) = cut_told(ended(text, finish))
    assert (finding.place, finding.actual) == ("/choices/0/finish_reason", finish or Said("absent"))


def test_a_cut_that_is_told_is_no_complaint() -> None:
    assert cut_told(ended("1 2 3", "length")) == []


@pytest.mark.parametrize("text", ["1 2 3 4 5 6 7", "Sure.", "", " "], ids=["whole", "another", "empty", "blank"])
def test_an_answer_no_longer_one_goes_on_from_ended_by_itself(text: str) -> None:
    assert isinstance(cut_told(ended(text)), Unjudged)


def thinking(tokens: int) -> Exchange:
    """Return a stream of 9 tokens, so many of them thoughts."""
    usage = {"completion_tokens": 9, "completion_tokens_details": {"reasoning_tokens": tokens}}
    return streamed(delta("1 2"), delta(finish="length"), delta(choices=[], usage=usage), DONE)


@pytest.mark.parametrize(("thoughts", "over"), [(4, False), (3, True)])
def test_the_thoughts_of_a_stream_are_not_counted_either(thoughts: int, over: bool) -> None:
    assert (complaints("limit", 5, thinking(thoughts)) != []) is over


# --- counting


def counting(*numbers: int | str, **more: Any) -> tuple[Verdict, Text]:
    return of(said(" ".join(map(str, numbers)), **more), counting="whole")


def test_an_answer_that_counts_keeps_the_rule() -> None:
    assert counting("Sure, 1 to 100:", *range(1, 31), 3, finish="length")[0] is Verdict.PASSED


@pytest.mark.parametrize(
    "numbers",
    [[*range(1, 10), *range(11, 30)], [*range(1, 10), *range(9, 30)], [*range(1, 10), 1011, *range(12, 30)]],
    ids=["lost", "twice", "a blank lost"],
)
def test_a_number_lost_or_doubled_is_a_piece_lost_or_doubled(numbers: list[int]) -> None:
    (finding,) = complaints("counting", "whole", said(" ".join(map(str, numbers))))
    assert (str(finding.expected), finding.actual) == ("10 after 9", str(numbers[9]))


@pytest.mark.parametrize(
    "numbers",
    [["I would rather not."], range(1, 11), [1, 2, 3, "...", 100], [n for n in range(1, 30) for _ in range(4)]],
    ids=["no number", "too few", "left out", "mostly something else"],
)
def test_a_model_that_did_not_count_shows_nothing(numbers: list[int | str]) -> None:
    assert counting(*numbers) == (Verdict.INCONCLUSIVE, Said("model_did_not_count"))


def test_a_model_that_did_not_count_is_no_complaint_of_a_check() -> None:
    assert complaints("counting", "whole", said("pong")) == []


@pytest.mark.parametrize("value", ["even", 7, None], ids=repr)
def test_counting_has_one_form(value: Any) -> None:
    assert unfit("counting", value)[1]


# --- cached

ASKED: dict[str, Json] = {"one": "{{nonce}}", "two": "{{nonce2}}"}
NOTHING_ASKED = Unjudged(Said("words_not_held"))


def cached(one: str, two: str) -> list[Finding] | Unjudged:
    found: list[Finding] | Unjudged = compared("cached", ASKED, said(one, step="one"), said(two, step="two"))
    return found


def test_each_with_its_own_word_is_no_complaint() -> None:
    assert cached(f"Here: {NONCE}", OTHER) == []


def test_the_word_of_the_other_request_is_a_complaint() -> None:
    found = cached(NONCE, NONCE)
    assert isinstance(found, list)
    assert [(one.step, one.expected, one.actual) for one in found] == [("two", OTHER, NONCE)]


def test_one_word_for_all_that_nobody_asked_for_is_a_complaint() -> None:
    found = cached("w4c8k2zt", "w4c8k2zt")
    assert isinstance(found, list)
    assert reasons(found) == [Reason.CONTENT]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Hello. It's nice to meet you.", "Hello. It's nice to meet you."),
        ("response", "response"),
        ("", ""),
        ("w4c8k2zt", "w4c8k2zu"),
        (NONCE, "no idea"),
    ],
    ids=["canned", "a word of the language", "empty", "two words", "one of them"],
)
def test_answers_that_are_no_words_show_no_cache(one: str, two: str) -> None:
    assert cached(one, two) == NOTHING_ASKED


def test_a_rule_on_a_cache_names_its_requests() -> None:
    assert requests_of(rule("R", cached=ASKED)) == ("one", "two")


@pytest.mark.parametrize("value", [[], {}, {"a": "x"}, {"a": "x", "b": 1}, "x"], ids=repr)
def test_a_cache_of_another_form_is_unfit(value: Any) -> None:
    assert unfit("cached", value)[1]


# --- status: models that do not take a parameter


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("unsupported_parameter", "'max_tokens' is not supported with this model."),
        ("unsupported_value", "'temperature' does not support 0 with this model."),
        ("integer_below_min_value", "Expected a value >= 16, but got 5 instead."),
        (None, "`temperature` and `top_p` cannot both be specified for this model"),
        (None, "UnsupportedParamsError: openai does not support parameters: {'temperature': 0}"),
        (None, "temperature is deprecated for this model"),
    ],
)
def test_a_parameter_the_model_does_not_take_is_no_fault_of_the_relay(code: str | None, message: str) -> None:
    verdict, why = of(refusal(400, message, code=code), status=200)
    assert (verdict, id_of(why)) == (Verdict.INCONCLUSIVE, "parameter_refused")


@pytest.mark.parametrize(
    "exchange",
    [refusal(400, "messages are wrong"), refusal(500, "temperature is not supported"), answer("", 400)],
    ids=["another reason", "500", "no error"],
)
def test_any_other_refusal_is_judged(exchange: Exchange) -> None:
    assert of(exchange, status=200)[0] is Verdict.FAILED


def test_a_refusal_that_was_wanted_is_judged() -> None:
    assert of(refusal(400, "temperature is not supported"), status="4xx")[0] is Verdict.PASSED


@pytest.mark.parametrize("status", [400, 422])
def test_a_request_refused_as_wrong_breaks_the_status_whatever_else_is_asked(status: int) -> None:
    found = later_verdict(rule("R", "ask", status=200, content="pong"), refusal(status, "no system role")).findings
    assert [one.place for one in found] == ["status"]


@pytest.mark.parametrize(
    "exchange",
    [
        refusal(500, "boom"),
        refusal(403, "not here"),
        refusal(401, "wrong key"),
        refusal(400, "temperature is not supported", code="unsupported_value"),
        refusal(400, "The model m-1 does not exist", code="model_not_found"),
    ],
    ids=["500", "403", "401", "parameter", "model"],
)
def test_a_request_refused_for_another_reason_leaves_a_rule_on_its_answer_open(exchange: Exchange) -> None:
    assert of(exchange, status=200, content="pong")[0] is Verdict.INCONCLUSIVE


def test_a_rule_on_an_answer_alone_is_left_open_by_a_refusal() -> None:
    assert of(refusal(400, "no system role"), content="pong")[0] is Verdict.INCONCLUSIVE


def test_a_status_with_a_question_mark_says_nothing() -> None:
    wanted: Json = ["2xx", "404?", "5xx?"]

    assert of(refusal(500, "crashed"), status=wanted) == (
        Verdict.INCONCLUSIVE,
        Said("status_says_nothing", n="500"),
    )
    assert [of(exchange, status=wanted)[0] for exchange in (completion(), refusal(400, "no text"))] == [
        Verdict.PASSED,
        Verdict.FAILED,
    ]


# --- spread

LONG = "x" * 30
BURST = (delta(LONG), delta(LONG), delta(LONG), delta(finish="stop"), DONE)
CODED = (("Content-Encoding", "gzip"),)


def burst(*parts: str, **more: Any) -> Exchange:
    return streamed(*(parts or BURST), gap_ms=0, **more)


def test_a_long_answer_in_one_burst_breaks_the_rule() -> None:
    assert of(burst(), stream="spread")[0] is Verdict.FAILED


def test_a_long_answer_in_one_piece_breaks_the_rule() -> None:
    assert of(burst(delta(LONG * 3), delta(finish="stop"), DONE), stream="spread")[0] is Verdict.FAILED


def test_thoughts_count_as_much_as_words() -> None:
    thinking = delta().replace('"delta": {}', '"delta": {"reasoning_content": "%s"}' % (LONG * 3))
    assert of(burst(thinking, delta("a"), delta(finish="stop"), DONE), stream="spread")[0] is Verdict.FAILED


def test_a_short_answer_in_one_burst_shows_nothing() -> None:
    assert of(burst(*GOOD_STREAM), stream="spread") == (Verdict.INCONCLUSIVE, Said("too_short_to_spread", n=60))


def test_a_burst_that_was_compressed_breaks_the_rule_on_compression() -> None:
    assert of(burst(headers=CODED), stream="spread_when_coded")[0] is Verdict.FAILED


@pytest.mark.parametrize("exchange", [burst(), streamed(*BURST)], ids=["burst", "spread"])
def test_a_stream_that_was_not_compressed_is_no_matter_of_compression(exchange: Exchange) -> None:
    assert of(exchange, stream="spread_when_coded") == (Verdict.SKIPPED, Said(Why.NOT_CODED))


def test_a_compressed_stream_that_is_spread_was_not_held_back() -> None:
    assert of(streamed(*BURST, headers=CODED), stream="spread_when_coded")[0] is Verdict.PASSED


def queued(pieces: int, gap_ms: int) -> Exchange:
    """Return an answer in so many pieces after six seconds in a queue."""
    return streamed(*[delta(LONG)] * pieces, delta(finish="stop"), DONE, first_ms=6_100, gap_ms=gap_ms)


def test_an_answer_in_many_pieces_after_a_queue_is_left_open() -> None:
    assert of(queued(10, 6), stream="spread") == (Verdict.INCONCLUSIVE, Said("late_but_in_pieces"))


@pytest.mark.parametrize(("pieces", "gap_ms"), [(9, 7), (10, 5), (100, 0)], ids=["few", "quick", "at once"])
def test_few_or_quick_pieces_after_a_long_wait_are_a_burst(pieces: int, gap_ms: int) -> None:
    assert of(queued(pieces, gap_ms), stream="spread")[0] is Verdict.FAILED


# --- date

WHEN = (("Date", "Sun, 06 Nov 1994 08:49:37 GMT"),)


def test_a_date_in_the_form_of_http_is_no_complaint() -> None:
    assert complaints("date", "present", answer(headers=WHEN)) == []


@pytest.mark.parametrize("headers", [(), (("Date", "1994-11-06"),)], ids=["absent", "other form"])
def test_no_date_of_http_is_a_complaint(headers: tuple[tuple[str, str], ...]) -> None:
    assert places(complaints("date", "present", answer(headers=headers))) == ["header:date"]


def test_an_error_of_the_server_may_go_without_a_date() -> None:
    assert of(refusal(502, "bad gateway"), status="5xx", date="present")[0] is Verdict.INCONCLUSIVE


def test_no_answer_has_no_date_to_miss() -> None:
    assert complaints("date", "present", answer("", None)) == []


def test_date_has_one_word() -> None:
    assert unfit("date", "absent")[1]


# --- streams that must be as readable as another, where they hold what is in question


def readable(text: str, *more: str) -> Any:
    odd = streamed(delta(text), *(more or (delta(finish="stop"),)), DONE, step="odd")
    return compared(
        "as_readable", {"of": ["plain", "odd"], "holding": "\u2028"}, streamed(*GOOD_STREAM, step="plain"), odd
    )


def test_a_stream_that_holds_the_text_and_can_be_read_is_no_complaint() -> None:
    assert readable("a\u2028b") == []


def test_a_stream_without_the_text_shows_nothing() -> None:
    assert readable("ab") == Unjudged(Said("premise_text_lacking", text=r"'\u2028'"))


def test_a_stream_that_cannot_be_read_is_a_complaint_whatever_it_holds() -> None:
    assert len(readable("ab", "data: {,\n\n")) == 1


@pytest.mark.parametrize(
    "value", [{"of": ["a", "b"]}, {"of": ["a", "b"], "holding": ""}, {"of": ["a"], "holding": "x"}], ids=repr
)
def test_what_must_be_held_has_one_form(value: Any) -> None:
    assert unfit("as_readable", value)[1]


# --- streams: how many choices, and which sentinel


def asking(exchange: Exchange, body: bytes) -> Exchange:
    return replace(exchange, request=replace(exchange.request, body=body))


def test_a_choice_that_was_asked_for_and_never_began_is_a_complaint() -> None:
    found = complaints("stream", "finish", asking(streamed(*GOOD_STREAM), b'{"n": 2}'))
    assert [(one.place, one.reason) for one in found] == [("choices", Reason.TRUNCATED)]


def test_all_choices_that_were_asked_for_are_no_complaint() -> None:
    both = (delta("a"), delta("b", index=1), delta(finish="stop"), delta(finish="stop", index=1), DONE)
    assert complaints("stream", "finish", asking(streamed(*both), b'{"n": 2}')) == []


def test_a_stream_without_any_choice_is_one_complaint() -> None:
    assert len(complaints("stream", "finish", asking(streamed("data: {}\n\n", DONE), b'{"n": 2}'))) == 1


@pytest.mark.parametrize("done", ["data:  [DONE]\n\n", "data: [DONE] \n\n", "data: \t[DONE]\n\n"])
def test_blanks_around_the_sentinel_are_a_complaint(done: str) -> None:
    found = complaints("stream", "done", streamed(*GOOD_STREAM[:-1], done))
    assert [one.message for one in found] == [Said("done_not_exact")]


@pytest.mark.parametrize("done", [DONE, "data:[DONE]\n\n"])
def test_the_space_of_the_framing_is_none_of_the_sentinel(done: str) -> None:
    assert complaints("stream", "done", streamed(*GOOD_STREAM[:-1], done)) == []


def test_blanks_around_the_sentinel_leave_the_stream_complete() -> None:
    assert complaints("stream", "complete", streamed(*GOOD_STREAM[:-1], "data:  [DONE] \n\n")) == []


# --- together


def test_a_premise_that_fails_blocks_what_needs_the_rule() -> None:
    first = rule("A", "ask", premise={"contains": "x"}, content={"contains": "y"})
    second = rule("B", "ask", needs=("A",), status=200)
    known = verdicts(suite(first, second), said("z"))
    assert (known["B"].verdict, known["B"].why) == (Verdict.INCONCLUSIVE, Said("blocked_by", code="A"))
