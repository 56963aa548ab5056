"""The kinds about a relay's honesty: estimate, recall, canned; and codes in any case."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from judge_samples import (
    COMPLETION,
    NONCE,
    answer,
    compared,
    complaints,
    completion,
    places,
    rule,
    said,
    subject,
    unfit,
    verdict_of,
)

from wnmon.judge import codes
from wnmon.judge.kinds import estimate
from wnmon.judge.subject import CUT, Unjudged
from wnmon.model.exchange import Exchange
from wnmon.model.result import Verdict
from wnmon.model.said import Said
from wnmon.wire.request import second_nonce

WORDS = " ".join(["river", "stone"] * 10)
LOOSE: Any = {"tolerance": 0.5}


def counted(completion: Any = 20, prompt: Any = 30, text: str = WORDS, **usage: Any) -> Exchange:
    """Return an answer of 20 words to a prompt of 22."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    counts = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": 0, **usage}
    asked = {"messages": [{"role": "user", "content": f"Repeat these: {WORDS}"}]}
    exchange = answer({**COMPLETION, "choices": [choice], "usage": counts})
    return replace(exchange, request=replace(exchange.request, body=json.dumps(asked).encode()))


# --- word_price

SENTENCE = "Write one sentence about the sea."


CHEAP_WORDS = "The sea is a vast"
"""What five tokens of a common vocabulary come to."""


def priced(
    step: str,
    prompt: Any,
    times: int,
    text: str = CHEAP_WORDS,
    *,
    finish: str = "length",
    limit: int | None = 5,
    counted: int | None = 99,
    **message: Any,
) -> Exchange:
    """Return an answer to so many times the same sentence, cut at the limit where nothing else is said."""
    asked = {"messages": [{"role": "user", "content": " ".join([SENTENCE] * times)}], "max_tokens": limit}
    choice = {"index": 0, "message": {"role": "assistant", "content": text, **message}, "finish_reason": finish}
    usage = {"prompt_tokens": prompt, "completion_tokens": counted}
    exchange = completion(step, usage=usage, choices=[choice])
    return replace(exchange, request=replace(exchange.request, body=json.dumps(asked).encode()))


def word_price(first: Any, last: Any, times: int = 3, *answer: Any, **more: Any) -> Any:
    one, other = priced("a", first, 1, *answer, **more), priced("b", last, times, *answer, **more)
    return compared("word_price", {"of": ["a", "b"], "most": 3}, one, other)


@pytest.mark.parametrize("last", [414, 421, 436])
def test_words_at_the_price_of_words_are_no_complaint(last: int) -> None:
    assert word_price(400, last) == []


def test_words_that_cost_three_times_what_they_have_are_a_complaint() -> None:
    (finding,) = word_price(30, 72)
    assert (finding.place, finding.step, finding.actual) == ("/usage/prompt_tokens", "b", "42")


def opened(text: str = CHEAP_WORDS, **more: Any) -> str:
    """Return why prompts at five tokens a word accuse nobody, "" where they do."""
    said = word_price(40, 110, 3, text, **more)
    return str(said.why) if isinstance(said, Unjudged) else ""


DEAR, UNKNOWN = "as well", "nothing shows"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"text": "The s"}, UNKNOWN),
        ({"text": "The sea is", "limit": 11}, UNKNOWN),
        ({"text": "The sea is a vast", "limit": 17}, DEAR),
        ({"text": "海是一片广阔的水"}, UNKNOWN),
        ({"text": "The sea is a vast", "limit": None}, UNKNOWN),
        ({"text": "The sea is a vast", "reasoning_content": "hm"}, UNKNOWN),
        ({"text": "The sea is a vast", "finish": "stop", "counted": 17}, DEAR),
        ({"text": "The sea is a vast", "finish": "stop", "counted": None}, UNKNOWN),
        ({"text": "pong", "finish": "stop", "counted": 1}, UNKNOWN),
    ],
    ids=["two", "three", "cut", "chinese", "no limit", "reasoning", "counted", "not counted", "one"],
)
def test_words_are_dear_only_where_the_tokenizer_is_known_to_make_them_cheap(answer: Any, why: str) -> None:
    assert why in opened(**answer) != ""


@pytest.mark.parametrize("answer", [{}, {"finish": "stop", "counted": 5}, {"finish": "stop", "counted": 15}], ids=str)
def test_words_that_are_dearer_than_those_of_the_answers_are_a_complaint(answer: Any) -> None:
    assert opened(**answer) == ""


@pytest.mark.parametrize(("first", "last", "times"), [(None, 50, 3), (10, None, 3), (10, 90, 1)])
def test_a_price_without_counts_or_words_stays_open(first: Any, last: Any, times: int) -> None:
    assert isinstance(word_price(first, last, times), Unjudged)


def test_words_that_are_as_dear_in_the_answers_are_told_with_their_price() -> None:
    assert word_price(40, 110, limit=20) == Unjudged(Said("tokenizer_of_many_tokens", n="5.0"))


PRICE: Any = {"of": ["a", "b"], "most": 3}


def test_five_words_of_all_answers_show_a_price() -> None:
    answers = (("a", 40, 1, "Sea"), ("b", 110, 3, "The sea is vast"))

    assert len(compared("word_price", PRICE, *(priced(*one, finish="stop", counted=4) for one in answers))) == 1


def test_of_an_answer_that_was_cut_all_words_but_the_last_count() -> None:
    answers = (("a", 40, 1, "The sea is"), ("b", 110, 3, "The sea is vast"))

    assert len(compared("word_price", PRICE, *(priced(*one, limit=3) for one in answers))) == 1


def test_an_answer_to_no_object_shows_no_price() -> None:
    first = priced("a", 40, 1)
    unread = replace(first, request=replace(first.request, body=b"["))

    said = compared("word_price", PRICE, unread, priced("b", 110, 3))
    assert said == Unjudged(Said("no_control_of_tokenizer"))


def test_a_price_nobody_counted_stays_open() -> None:
    uncounted = completion("b", usage=...)

    assert isinstance(compared("word_price", {"of": ["a", "b"], "most": 3}, priced("a", 9, 1), uncounted), Unjudged)


PLACES: Any = ["a", "b"]


@pytest.mark.parametrize(
    "value",
    [7, {"of": PLACES}, {"of": ["a"], "most": 3}, *({"of": PLACES, "most": most} for most in (0, True, "3"))],
    ids=repr,
)
def test_a_price_of_another_form_is_unfit(value: Any) -> None:
    assert unfit("word_price", value)[1]


# --- estimate


@pytest.mark.parametrize("completion", [10, 20, 30])
def test_a_count_near_the_number_of_words_is_accepted(completion: int) -> None:
    assert complaints("estimate", LOOSE, counted(completion)) == []


@pytest.mark.parametrize("completion", [0, 9, 31, 60])
def test_a_count_far_from_the_number_of_words_is_a_complaint(completion: int) -> None:
    assert places(complaints("estimate", LOOSE, counted(completion))) == ["/usage/completion_tokens"]


@pytest.mark.parametrize("between", [", ", "\n", ". "])
@pytest.mark.parametrize(("completion", "wrong"), [(39, False), (60, True)])
def test_the_signs_between_words_are_tokens_too(between: str, completion: int, wrong: bool) -> None:
    listed = counted(completion, text=WORDS.replace(" ", between))

    assert (places(complaints("estimate", LOOSE, listed)) == ["/usage/completion_tokens"]) is wrong


@pytest.mark.parametrize(("prompt", "wrong"), [(10, True), (11, False), (124, False), (125, True)])
def test_a_prompt_has_room_for_its_template(prompt: int, wrong: bool) -> None:
    assert (places(complaints("estimate", LOOSE, counted(prompt=prompt))) == ["/usage/prompt_tokens"]) is wrong


@pytest.mark.parametrize(
    "exchange",
    [
        counted(completion=None),
        counted(prompt=None),
        answer({**COMPLETION, "usage": None}),
        counted(text="pong"),
        counted(text=WORDS + " 42"),
        counted(text="你好" * 30),
        counted(90, completion_tokens_details={"reasoning_tokens": 70}),
        said(WORDS, reasoning_content="let me see"),
    ],
    ids=["no completion", "no prompt", "no usage", "short", "number", "chinese", "reasoning tokens", "reasoning"],
)
def test_what_cannot_be_estimated_is_left_in_doubt(exchange: Exchange) -> None:
    assert verdict_of(rule("R", "ask", estimate=LOOSE), exchange).verdict is Verdict.INCONCLUSIVE


def test_what_cannot_be_estimated_is_no_complaint_of_a_check() -> None:
    assert complaints("estimate", LOOSE, counted(90, text="pong")) == []


def test_a_request_without_messages_has_no_words() -> None:
    bare = counted(prompt=40)
    bare = replace(bare, request=replace(bare.request, body=b"{}"))
    assert complaints("estimate", LOOSE, bare) == []


def test_no_reasoning_is_no_doubt() -> None:
    assert estimate.doubt(0.5, subject(counted(completion_tokens_details={"reasoning_tokens": 0}))) is None


@pytest.mark.parametrize(
    "value", [0.5, {}, {"tolerance": 0}, {"tolerance": 1}, {"tolerance": True}, {"a": 1}], ids=repr
)
def test_a_tolerance_of_another_form_is_unfit(value: Any) -> None:
    assert unfit("estimate", value)[1]


# --- short_prompt


@pytest.mark.parametrize(("prompt", "wrong"), [(1, False), (80, False), (81, True)])
def test_a_short_prompt_has_a_limit(prompt: int, wrong: bool) -> None:
    assert (places(complaints("short_prompt", 80, counted(prompt=prompt))) == ["/usage/prompt_tokens"]) is wrong


@pytest.mark.parametrize("usage", [None, {"completion_tokens": 3}], ids=repr)
def test_a_prompt_nobody_counted_is_left_in_doubt(usage: Any) -> None:
    uncounted = answer({**COMPLETION, "usage": usage})
    assert verdict_of(rule("R", "ask", short_prompt=80), uncounted).verdict is Verdict.INCONCLUSIVE


def test_a_prompt_nobody_counted_is_no_complaint_of_a_check() -> None:
    assert complaints("short_prompt", 80, answer({**COMPLETION, "usage": None})) == []


@pytest.mark.parametrize("value", [0, True, "80", None], ids=repr)
def test_a_limit_of_another_form_is_unfit(value: Any) -> None:
    assert unfit("short_prompt", value)[1]


# --- recall

BOTH: Any = ["{{nonce}}", "{{nonce2}}"]
OTHER = second_nonce(NONCE)


def test_all_words_recalled_is_no_complaint() -> None:
    assert complaints("recall", BOTH, said(f"{NONCE} and {OTHER}")) == []


def test_a_word_missing_beside_the_last_is_a_complaint() -> None:
    assert [finding.expected for finding in complaints("recall", BOTH, said(OTHER))] == [NONCE]


@pytest.mark.parametrize("text", [NONCE, "no idea", ""], ids=["the first word alone", "none", "empty"])
def test_an_answer_without_the_last_word_is_no_complaint_of_a_check(text: str) -> None:
    assert complaints("recall", BOTH, said(text)) == []


@pytest.mark.parametrize("text", [NONCE, "no idea", ""], ids=["the first word alone", "none", "empty"])
def test_an_answer_without_the_last_word_proves_nothing(text: str) -> None:
    one = verdict_of(rule("R", "ask", recall=BOTH), said(text))
    assert (one.verdict, one.why) == (Verdict.INCONCLUSIVE, Said("word_beside_question_lacking"))


# --- as_recalled

HELD: Any = {"of": ["whole", "one", "other"], "holding": "{{nonce}}"}


def recalled(whole: str, one: str, other: str, finish: str = "stop") -> Any:
    """Return what is said of three answers, the last of which ended for this reason."""
    answers = said(whole, step="whole"), said(one, step="one"), said(other, finish, step="other")
    return compared("as_recalled", HELD, *answers)


def test_a_word_given_wherever_it_stood_is_no_complaint() -> None:
    assert recalled(NONCE, f"It is {NONCE}.", NONCE) == []


def test_a_word_lost_from_another_place_is_a_complaint() -> None:
    found = recalled(NONCE, NONCE, "I do not know.")
    assert [(one.step, one.expected, one.actual) for one in found] == [("other", NONCE, "I do not know.")]


def test_a_model_that_does_not_give_a_plain_word_is_no_proof() -> None:
    assert recalled("I cannot tell.", "no", "no") == Unjudged(Said("plain_answer_lacks_word", code="whole"))


def test_a_plain_answer_cut_before_the_word_is_no_proof() -> None:
    pair = said("Let me", "length", step="a"), said("no idea", step="b")
    assert compared("as_recalled", {"of": ["a", "b"], "holding": "{{nonce}}"}, *pair) == Unjudged(CUT)


def test_an_empty_answer_shows_no_loss() -> None:
    assert recalled(NONCE, NONCE, "") == Unjudged(Said("answer_without_text"))


def test_an_answer_cut_before_the_word_shows_no_loss() -> None:
    assert recalled(NONCE, NONCE, "Let me see", "length") == Unjudged(CUT)


def test_a_loss_is_told_although_another_answer_was_cut() -> None:
    assert [one.step for one in recalled(NONCE, "no idea", "Let me see", "length")] == ["one"]


def test_an_answer_nobody_can_read_shows_no_loss() -> None:
    pair = said(NONCE, step="a"), answer("<html>", media="text/html", step="b")
    held = rule("R", as_recalled={"of": ["a", "b"], "holding": "{{nonce}}"})
    assert verdict_of(held, *pair).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    "value",
    [["a", "b"], {"of": ["a", "b"]}, {"of": ["a"], "holding": "x"}, {"of": ["a", "b"], "holding": ""}, {}],
    ids=repr,
)
def test_the_requests_and_their_word_have_one_form(value: Any) -> None:
    assert unfit("as_recalled", value)[1]


# --- codes in another case


SHOUTED = NONCE.upper()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("recall", BOTH),
        ("content", {"contains": "{{nonce}}"}),
        ("content", {"equals": "{{nonce}} {{nonce2}}"}),
        ("content", "{{nonce2}}"),
    ],
    ids=repr,
)
def test_a_code_may_be_written_in_capitals(kind: str, value: Any) -> None:
    assert complaints(kind, value, said(f"{SHOUTED} {OTHER.upper()}")) == []


def test_a_code_in_capitals_is_there_where_it_must_not_be() -> None:
    assert len(complaints("content", {"not_contains": "{{nonce}}"}, said(SHOUTED))) == 1


def test_a_code_in_capitals_is_a_premise_that_holds() -> None:
    one = rule("R", "ask", premise={"contains": "{{nonce}}"}, content={"contains": "pong"})
    assert verdict_of(one, said(f"{SHOUTED[0]}{NONCE[1:]}")).verdict is Verdict.FAILED


def test_a_code_in_capitals_is_told_to_a_tool() -> None:
    function = {"name": "save", "arguments": json.dumps({"code": SHOUTED})}
    called = said(None, "tool_calls", tool_calls=[{"id": "c", "type": "function", "function": function}])
    assert complaints("tool_call", {"contains": "{{nonce}}"}, called) == []


def test_a_code_in_capitals_was_made_for_who_asked() -> None:
    pair = [said(text.upper(), step=text) for text in (NONCE, OTHER)]
    assert compared("cached", {NONCE: "{{nonce}}", OTHER: "{{nonce2}}"}, *pair) == []


@pytest.mark.parametrize("text", ["PONG", "Pong"])
def test_any_other_text_is_exact(text: str) -> None:
    assert len(complaints("content", {"contains": "pong"}, said(text))) == 1


def test_the_words_around_a_code_are_exact() -> None:
    assert len(complaints("content", {"contains": "code {{nonce}}"}, said(f"Code {NONCE}"))) == 1


def test_a_letter_of_another_alphabet_is_no_letter_of_a_code() -> None:
    assert len(complaints("content", "{{nonce}}", said(NONCE.replace("k", "\u212a")))) == 1


def test_an_answer_is_shown_as_it_was() -> None:
    assert complaints("content", "pong {{nonce}}", said(SHOUTED))[0].actual == SHOUTED


def test_a_code_is_found_each_time_it_is_said() -> None:
    assert codes.as_drawn(f"{NONCE.upper()} and {NONCE.upper()}", subject(said("pong"))) == f"{NONCE} and {NONCE}"


def test_a_check_without_a_code_finds_no_code() -> None:
    bare = replace(subject(said("pong")), nonce="")
    assert codes.as_drawn("pong", bare) == "pong"


@pytest.mark.parametrize("value", ["x", [], ["x"], ["x", 1]], ids=repr)
def test_fewer_than_two_words_are_unfit(value: Any) -> None:
    assert unfit("recall", value)[1]


# --- canned


@pytest.mark.parametrize(
    "text",
    [
        "The upstream service is busy, please try again later.",
        "Rate limit reached for requests",
        "当前分组 default 下对于模型无可用渠道 (request id: 2025)",
        "服务器繁忙，请稍后再试",
        "Internal Server Error",
    ],
)
def test_an_error_sentence_is_a_complaint(text: str) -> None:
    assert places(complaints("canned", "never", said(text))) == ["content"]


@pytest.mark.parametrize("text", ["pong", "", "Hello! How can I help you today?", "The river was calm."], ids=repr)
def test_any_other_text_is_no_complaint(text: str) -> None:
    assert complaints("canned", "never", said(text)) == []


def test_a_text_that_cost_nothing_is_a_complaint() -> None:
    assert places(complaints("canned", "never", counted(0))) == ["/usage/completion_tokens"]


def test_an_answer_without_usage_may_be_genuine() -> None:
    assert complaints("canned", "never", answer({**COMPLETION, "usage": None})) == []


def test_canned_has_one_word() -> None:
    assert unfit("canned", "always")[1]
