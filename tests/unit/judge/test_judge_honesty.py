"""The kinds about a relay's honesty: estimate, recall, canned."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from judge_samples import COMPLETION, NONCE, answer, complaints, places, rule, said, subject, unfit, verdict_of

from wnmon.judge import estimate
from wnmon.model.exchange import Exchange
from wnmon.model.result import Verdict
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


# --- estimate


@pytest.mark.parametrize("completion", [10, 20, 30])
def test_a_count_near_the_number_of_words_is_accepted(completion: int) -> None:
    assert complaints("estimate", LOOSE, counted(completion)) == []


@pytest.mark.parametrize("completion", [0, 9, 31, 60])
def test_a_count_far_from_the_number_of_words_is_a_complaint(completion: int) -> None:
    assert places(complaints("estimate", LOOSE, counted(completion))) == ["/usage/completion_tokens"]


@pytest.mark.parametrize(("prompt", "wrong"), [(10, True), (11, False), (123, False), (124, True)])
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


@pytest.mark.parametrize(("text", "missing"), [(NONCE, OTHER), (OTHER, NONCE)])
def test_a_word_missing_beside_another_is_a_complaint(text: str, missing: str) -> None:
    assert [finding.expected for finding in complaints("recall", BOTH, said(text))] == [missing]


def test_none_of_the_words_is_no_complaint_of_a_check() -> None:
    assert complaints("recall", BOTH, said("no idea")) == []


def test_none_of_the_words_proves_nothing() -> None:
    assert verdict_of(rule("R", "ask", recall=BOTH), said("no idea")).verdict is Verdict.INCONCLUSIVE


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
