"""What an answer is booked with: its usage where that can be, else what bytes and request imply."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from wnmon.model.check import Auth
from wnmon.model.exchange import Chunk, Exchange, FailureKind, Marks, Request, TransportFailure
from wnmon.model.spent import Direction, UsageDoubt
from wnmon.wire.answer import read_answer
from wnmon.wire.cost import prompt_bytes
from wnmon.wire.spending import UNSEEN_INPUT_TOKENS, UNSEEN_OUTPUT_TOKENS, spent

WORST = (80, 64)
ASKED = {"messages": [{"role": "user", "content": "Reply with the single word: pong"}], "max_tokens": 64}


def exchange(
    body: bytes | Sequence[bytes],
    status: int | None = 200,
    *,
    media: str = "application/json",
    sent_ns: int | None = 1,
    failure: FailureKind | None = None,
) -> Exchange:
    chunks = [body] if isinstance(body, bytes) else body
    return Exchange(
        request=Request(
            step="a",
            method="POST",
            url="http://r",
            headers=(),
            body=json.dumps(ASKED).encode(),
            auth=Auth.NORMAL,
            stream=media == "text/event-stream",
        ),
        started_at_s=0.0,
        marks=Marks(started_ns=0, sent_ns=sent_ns, end_ns=9),
        status=status,
        headers=(("Content-Type", media),),
        chunks=tuple(Chunk(2 + place, data) for place, data in enumerate(chunks)),
        failure=TransportFailure(kind=failure, detail="x") if failure else None,
    )


def said(content: Any = "pong", usage: Any = None, status: int = 200, **message: Any) -> Exchange:
    choice = {"index": 0, "message": {"role": "assistant", "content": content, **message}, "finish_reason": "stop"}
    return exchange(json.dumps({"id": "x", "choices": [choice], "usage": usage}, ensure_ascii=False).encode(), status)


def streamed(*deltas: str, usage: Any = None) -> Exchange:
    return stream([{"content": one} for one in deltas], usage)


def called(times: int, usage: Any) -> Exchange:
    """A stream that names one tool call again and again, and says nothing else."""
    return stream([{"tool_calls": [{"index": 0, "id": "call_1"}]}] * times, usage)


def stream(deltas: Sequence[Mapping[str, Any]], usage: Any) -> Exchange:
    chunks = [{"id": "x", "choices": [{"index": 0, "delta": one, "finish_reason": None}]} for one in deltas]
    last = {"id": "x", "choices": [], "usage": usage}
    return exchange([f"data: {json.dumps(one)}\n\n".encode() for one in (*chunks, last)], media="text/event-stream")


def count(prompt: Any = 8, completion: Any = 1) -> dict[str, Any]:
    return {"prompt_tokens": prompt, "completion_tokens": completion}


def booked(one: Exchange) -> tuple[int, int]:
    cost = spent(read_answer(one), WORST)
    return cost.input_tokens, cost.output_tokens


MIB = 2**20
BOOKED: list[tuple[str, Exchange, tuple[int, int]]] = [
    ("as reported", said(usage=count(12, 2)), (12, 2)),
    ("no usage", said(), WORST),
    ("no usage, 8 MiB of text", said("word" * 2 * MIB), (80, 2 * MIB)),
    ("no usage, 8 MiB of reasoning", said("x", reasoning_content="word" * 2 * MIB), (80, 2 * MIB + 1)),
    (
        "no usage, 8 MiB of thinking in parts",
        said([{"thinking": [{"text": "word" * 2 * MIB}]}, {"text": "x"}]),
        (80, 2 * MIB + 1),
    ),
    ("no usage, encrypted reasoning", said("pong", reasoning_details=[{"data": "a" * 9999}]), WORST),
    ("no usage, what audio says", said(None, audio={"transcript": "x" * 400}), (80, 100)),
    ("0 for what audio says", said(None, audio={"transcript": "x" * 400}, usage=count(8, 0)), (8, 100)),
    ("no usage, many events", streamed(*"a" * 500), (80, 500)),
    ("no usage, many characters per event", streamed("abcdefgh" * 100), (80, 200)),
    (
        "no usage, long arguments of a tool",
        said(None, tool_calls=[{"function": {"name": "f", "arguments": "x" * 399}}]),
        (80, 100),
    ),
    (
        "no usage, JSON that was cut",
        exchange(b'{"choices":[{"message":{"content":"' + b"a" * 4000, failure=FailureKind.TOO_LARGE),
        (80, 1009),
    ),
    ("no usage, a page", exchange(b"<html>" + b"a" * 4000, media="text/html"), WORST),
    ("no usage, a refusal in words", said("", refusal="x" * 400), (80, 100)),
    ("no answer", exchange(b"", None, failure=FailureKind.TIMEOUT_HEADERS), WORST),
    ("never sent", exchange(b"", None, sent_ns=None, failure=FailureKind.CONNECT), (0, 0)),
    ("null counts", said(usage=count(None, None)), WORST),
    ("0 for text", said("pong and more", usage=count(8, 0)), (8, 4)),
    ("below 0", said("pong", usage=count(-5, -1)), (8, 1)),
    ("0 for a prompt", said(usage=count(0, 1)), (8, 1)),
    ("0 for no text", said("", usage=count(8, 0)), (8, 0)),
    ("below 0 for no text", said("", usage=count(8, -7)), (8, 0)),
    ("1 for 8 MiB", said("word" * 2 * MIB, usage=count(8, 1)), (8, 2 * MIB)),
    ("few tokens for long words", said("internationalization!", usage=count(8, 2)), (8, 2)),
    ("fewer tokens than events", streamed(*"abcd" * 10, usage=count(8, 12)), (8, 12)),
    ("more tokens than there are events, whatever text is in them", called(6_000, usage=count(8, 6_500)), (8, 6_500)),
    ("1 for reasoning that is shown", said("x", reasoning_content="word" * 4_000, usage=count(8, 1)), (8, 1_001)),
    ("hidden reasoning", said(usage=count(8, 3_000)), (8, 3_000)),
    ("a prompt of the relay's own", said(usage=count(12_000, 1)), (12_000, 1)),
    (
        "as much as can be",
        said(usage=count(80 + UNSEEN_INPUT_TOKENS, 64 + UNSEEN_OUTPUT_TOKENS)),
        (80 + UNSEEN_INPUT_TOKENS, 64 + UNSEEN_OUTPUT_TOKENS),
    ),
    ("more than can be", said(usage=count(81 + UNSEEN_INPUT_TOKENS, 65 + UNSEEN_OUTPUT_TOKENS)), WORST),
    ("a million", said(usage=count(8, 10**6)), (8, 64)),
    ("a million for the prompt", said(usage=count(10**6, 1)), (80, 1)),
    ("a million in a stream", streamed("po", "ng", usage=count(8, 10**6)), (8, 64)),
    ("as many as there are bytes", said("x" * 10_000, usage=count(8, 10_000)), (8, 10_000)),
    ("refused", exchange(b'{"error": {"message": "m"}}', 400), (0, 0)),
    ("refused with counts of 0", exchange(b'{"usage": {"prompt_tokens": 0, "completion_tokens": 0}}', 400), (0, 0)),
    ("refused with usage", exchange(b'{"usage": {"prompt_tokens": 3, "completion_tokens": 0}}', 400), (3, 0)),
    (
        "refused with a million",
        exchange(b'{"usage": {"prompt_tokens": 1000000, "completion_tokens": -1}}', 400),
        (0, 0),
    ),
    (
        "refused with more than was asked",
        exchange(b'{"usage": {"prompt_tokens": 81, "completion_tokens": 1}}', 500),
        (0, 0),
    ),
]


@pytest.mark.parametrize(("one", "tokens"), [row[1:] for row in BOOKED], ids=[row[0] for row in BOOKED])
def test_an_answer_is_booked_with_what_it_can_have_cost(one: Exchange, tokens: tuple[int, int]) -> None:
    assert booked(one) == tokens


def doubts(one: Exchange) -> tuple[UsageDoubt, ...]:
    return spent(read_answer(one), WORST).doubts


@pytest.mark.parametrize(
    "one", [said(), said(usage=count(12, 2)), said(usage=count(8, 3_000)), said("", usage=count(8, 0))]
)
def test_what_can_be_is_not_doubted(one: Exchange) -> None:
    assert doubts(one) == ()


def test_each_count_that_cannot_be_is_told_with_what_is_booked() -> None:
    assert doubts(said(usage=count(0, 10**6))) == (
        UsageDoubt(direction=Direction.INPUT, claimed=0, booked=8),
        UsageDoubt(direction=Direction.OUTPUT, claimed=10**6, booked=64),
    )


def test_a_doubt_says_what_was_claimed_and_what_is_booked() -> None:
    (doubt,) = doubts(said(usage=count(8, 10**6)))
    assert str(doubt.said) == "usage says 1,000,000 completion_tokens, which cannot be; 64 are booked"


PROMPTS: list[tuple[Any, int]] = [
    (None, 0),
    ({}, 0),
    ({"messages": "x"}, 0),
    ({"messages": ["x", {"content": "ab"}]}, 2),
    ({"messages": [{"role": "assistant"}, {"content": None}]}, 0),
    (
        {
            "messages": [
                {"content": "你"},
                {"content": [{"type": "text", "text": "abc"}, {"type": "image_url", "x": "y"}, 7]},
            ]
        },
        6,
    ),
]


@pytest.mark.parametrize(("asked", "size"), PROMPTS)
def test_a_prompt_is_the_text_of_its_messages(asked: Any, size: int) -> None:
    assert prompt_bytes(asked) == size
