"""What an answer cost: what its usage says, as far as that can be. In each direction:

    usage says                       booked
    -------------------------------  ---------------------------------------------------------------------------------
    nothing                          the worst case of the request, or what the bytes imply where that is more
    less than the bytes could cost   what the bytes imply
    more than could be               as if it said nothing
    anything else                    that

Bytes imply a token per BYTES_PER_TOKEN of text, or per event that brought some. They cannot cost less than a token per
MOST_BYTES_PER_TOKEN, nor more than one per byte, which is the least a token of a byte-level vocabulary has. Beyond the
larger of that and the worst case there may be what nobody sees: a prompt the relay puts before ours, reasoning that
`max_tokens` does not limit; not so beyond a refusal, which without usage costs nothing. Of a JSON that cannot be read
any byte may be text. Reasoning that is shown makes no count impossible, but less than its bytes could cost is not
booked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wnmon.model.result import Usage
from wnmon.model.spent import Direction, Spent, UsageDoubt
from wnmon.wire.answer import Answer
from wnmon.wire.cost import prompt_bytes
from wnmon.wire.reply import Choice, Form

BYTES_PER_TOKEN = 4
"""Of English, by OpenAI's own rule of thumb; a Chinese character is three bytes, and about a token."""
MOST_BYTES_PER_TOKEN = 16
"""Of any text but rows of one sign: no language comes near it on average."""
UNSEEN_INPUT_TOKENS = 16_384
"""Room for a relay's own prompt: those of coding agents, which some relays pretend to be, have up to 15,000 tokens."""
UNSEEN_OUTPUT_TOKENS = 4_096
"""Room for reasoning that is hidden and not limited by `max_tokens`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a count may be (`least` to `most`), what bytes imply, and what is booked where nothing else is known.

    `floor`: no count is believed to cost less, not even one that may be.
    """

    least: int
    floor: int
    implied: int
    unknown: int
    most: int


def spent(answer: Answer, worst: tuple[int, int]) -> Spent:
    """Return what an exchange cost; `worst` are the (input, output) tokens reserved for it. Never raises."""
    if answer.exchange.marks.sent_ns is None:
        return Spent()
    claims, bounds = claimed(answer), possible(answer, worst)
    booked = {direction: _booked(claims[direction], bounds[direction]) for direction in Direction}
    return Spent(
        input_tokens=booked[Direction.INPUT],
        output_tokens=booked[Direction.OUTPUT],
        doubts=tuple(
            UsageDoubt(direction=direction, claimed=claim, booked=booked[direction])
            for direction, claim in claims.items()
            if claim is not None and claim != booked[direction]
        ),
    )


def claimed(answer: Answer) -> Mapping[Direction, int | None]:
    """Return what usage says, None where it does not."""
    usage = answer.reply.usage or Usage()
    return {Direction.INPUT: usage.prompt_tokens, Direction.OUTPUT: usage.completion_tokens}


def possible(answer: Answer, worst: tuple[int, int]) -> Mapping[Direction, Bounds]:
    """Return what usage can be."""
    return {Direction.INPUT: _input(answer, worst[0]), Direction.OUTPUT: _output(answer, worst[1])}


def _booked(claim: int | None, bounds: Bounds) -> int:
    if claim is None or claim > bounds.most:
        return bounds.unknown
    return max(claim, bounds.floor) if claim >= bounds.least else bounds.implied


def _input(answer: Answer, worst: int) -> Bounds:
    sent = 0 if _is_refused(answer) else prompt_bytes(answer.asked)
    least = _tokens(sent, MOST_BYTES_PER_TOKEN)
    return Bounds(
        least=least,
        floor=least,
        implied=_tokens(sent, BYTES_PER_TOKEN),
        unknown=0 if _is_refused(answer) else worst,
        most=worst + (0 if _is_refused(answer) else UNSEEN_INPUT_TOKENS),
    )


def _output(answer: Answer, worst: int) -> Bounds:
    visible, text = _output_bytes(answer)
    events = answer.timing.token_events
    implied = max(_tokens(text, BYTES_PER_TOKEN), events)
    return Bounds(
        # Reasoning that is shown is no part of every relay's count, but of what every relay makes.
        least=_tokens(visible, MOST_BYTES_PER_TOKEN),
        floor=_tokens(text, MOST_BYTES_PER_TOKEN),
        implied=implied,
        unknown=0 if _is_refused(answer) else max(worst, implied),
        most=max(text, events) if _is_refused(answer) else max(worst, text, events) + UNSEEN_OUTPUT_TOKENS,
    )


def _output_bytes(answer: Answer) -> tuple[int, int]:
    """Return how many bytes of text an answer has that are surely counted, and how many it may have in all."""
    document = answer.reply.document
    if answer.reply.form is Form.JSON and (document is None or document.problem is not None):
        return 0, sum(len(chunk.data) for chunk in answer.exchange.chunks)
    visible = sum(_visible_bytes(choice) for choice in answer.reply.choices)
    return visible, visible + sum(_size(choice.reasoning) for choice in answer.reply.choices)


def _visible_bytes(choice: Choice) -> int:
    calls = sum(_size(call.name) + _size(call.arguments) for call in choice.tool_calls)
    return _size(choice.content or "") + _size(choice.refusal) + _size(choice.transcript) + calls


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _is_refused(answer: Answer) -> bool:
    return (answer.exchange.status or 0) >= 400


def _tokens(size: int, per_token: int) -> int:
    return -(-size // per_token)
