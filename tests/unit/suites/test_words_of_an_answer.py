"""DOC-015 and DOC-016 on answers at their edges: every word they hold an answer to, and those they must let pass."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from suite_samples import judge_exchanges

from wnmon.config import load_suites
from wnmon.model.exchange import Chunk, Exchange, Marks, Request
from wnmon.model.result import Verdict

MS = 1_000_000
PLAN = replace(load_suites(["builtin:documented"], Path())[0], profiles=("openai",))
CHOICE: dict[str, Any] = {"index": 0, "message": {"role": "assistant", "content": "pong"}, "finish_reason": "stop"}
COMPLETION: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1_700_000_000,
    "model": "m-1",
    "choices": [CHOICE],
}


def verdict(rule: str, **members: Any) -> Verdict:
    """Judge a completion with some members replaced, sent 1,700,000,000 s after the epoch."""
    step = PLAN.steps[0]
    request = Request(
        step=step.name, method="POST", url="http://r", headers=(), body=b"{}", auth=step.auth, stream=False
    )
    exchange = Exchange(
        request=request,
        started_at_s=1_700_000_000.0,
        marks=Marks(started_ns=0, sent_ns=MS, headers_ns=2 * MS, end_ns=9 * MS),
        status=200,
        headers=(("Content-Type", "application/json"),),
        chunks=(Chunk(3 * MS, json.dumps({**COMPLETION, **members}).encode()),),
    )
    said = judge_exchanges(PLAN, exchange).verdicts
    return next(one.verdict for one in said if one.rule == rule)


def choice(**members: Any) -> dict[str, Any]:
    return {"choices": [{name: value for name, value in {**CHOICE, **members}.items() if value is not ...}]}


CALL = {"role": "assistant", "content": None, "tool_calls": [{"id": "c"}]}


@pytest.mark.parametrize(
    "members",
    [
        {},
        choice(finish_reason="length"),
        choice(finish_reason="content_filter"),
        choice(finish_reason="tool_calls", message=CALL),
        choice(finish_reason="function_call", message=CALL),
        choice(logprobs=None, extra=1),
        {"choices": [CHOICE, {**CHOICE, "index": 1}]},
    ],
    ids=repr,
)
def test_a_right_answer_keeps_the_words_of_the_description(members: dict[str, Any]) -> None:
    assert verdict("DOC-015", **members) is Verdict.PASSED


@pytest.mark.parametrize(
    "members",
    [
        {"object": "text_completion"},
        {"choices": []},
        choice(finish_reason="end_turn"),
        choice(finish_reason=""),
        choice(finish_reason=...),
        choice(message=...),
        choice(message={"role": "model", "content": "pong"}),
        choice(message={"content": "pong"}),
        choice(message={"role": "assistant"}),
        choice(message={"role": "assistant", "content": [{"type": "text", "text": "pong"}]}),
        {"choices": [CHOICE, {"index": 1}]},
    ],
    ids=repr,
)
def test_an_answer_in_other_words_breaks_the_description(members: dict[str, Any]) -> None:
    assert verdict("DOC-015", **members) is Verdict.FAILED


@pytest.mark.parametrize("members", [{"object": None}, {"choices": None}, choice(finish_reason=None)], ids=repr)
def test_a_member_of_a_wrong_type_is_one_broken_rule_and_not_two(members: dict[str, Any]) -> None:
    assert verdict("DOC-015", **members) is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("created", "expected"),
    [
        (1_700_000_300, Verdict.PASSED),
        (1_700_000_301, Verdict.FAILED),
        (1_700_000_000_000, Verdict.FAILED),
        ("1700000000", Verdict.INCONCLUSIVE),
    ],
)
def test_created_is_held_to_the_second_of_the_answer(created: Any, expected: Verdict) -> None:
    assert verdict("DOC-016", created=created) is expected
