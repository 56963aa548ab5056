"""Faults of a relay that is not what it says: hidden prompts, cut contexts, caches, counts, swaps, and their hooks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace

from wnmon.mock.chat import Refusal
from wnmon.mock.completion import Completion
from wnmon.mock.fault import Answer, ApiCall, FaultKind, JsonAnswer, MockFault
from wnmon.mock.relay import refuse
from wnmon.mock.tokens import split_tokens
from wnmon.model.json import Json, JsonObject

HIDDEN_TOKENS = 400
KEPT_CHARS = 4_000
INFLATION = 3
MOST_ALIKE = 4
"""How many like requests the limiting relay takes at about the same time."""

_CODE = re.compile(r"[a-z0-9]{8}")
_CACHED = "w4c8k2zt"
_CANNED = "The upstream service is busy, please try again later. (request id: 20250212211029)"


def counting(change: Callable[[int, int], tuple[int, int]]) -> Callable[[ApiCall, JsonObject], JsonObject]:
    """Report other counts: `change` is given prompt and completion tokens and returns both anew; the sum fits."""

    def bend(_: ApiCall, value: JsonObject) -> JsonObject:
        usage = value.get("usage")
        if not isinstance(usage, dict):
            return value
        prompt, completion = change(_whole(usage["prompt_tokens"]), _whole(usage["completion_tokens"]))
        counts: JsonObject = {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
        }
        return {**value, "usage": {**usage, **counts}}

    return bend


def _whole(count: Json) -> int:
    return count if isinstance(count, int) else 0


_hidden_prompt = counting(lambda prompt, completion: (prompt + HIDDEN_TOKENS, completion))
_inflated = counting(lambda prompt, completion: (prompt * INFLATION, completion * INFLATION))
_inflated_prompt = counting(lambda prompt, completion: (prompt * INFLATION, completion))
_inflated_answer = counting(lambda prompt, completion: (prompt, completion * INFLATION))


def keep_the_end(_: ApiCall, body: bytes) -> bytes:
    """Cut every long text of a request down to its last characters, in silence."""
    try:
        document: Json = json.loads(body)
    except ValueError:
        return body
    messages = document.get("messages") if isinstance(document, dict) else None
    if not isinstance(messages, list) or len(body) <= KEPT_CHARS:
        return body
    for message in messages:
        if isinstance(message, dict) and isinstance(text := message.get("content"), str):
            message["content"] = text[-KEPT_CHARS:]
    return json.dumps(document).encode()


def remember_codes(call: ApiCall, tokens: tuple[str, ...]) -> tuple[str, ...]:
    """Answer with what was said to somebody else who asked alike: another code."""
    asked = _asks_for_a_code(call) and _CODE.fullmatch("".join(tokens))
    return split_tokens(_CACHED) if asked else tokens


def _asks_for_a_code(call: ApiCall) -> bool:
    """Tell whether a request is of the kind that these relays have seen before: a code, and no tool."""
    chat = call.chat
    return chat is not None and chat.tool is None and any("this code:" in message.text for message in chat.messages)


def canned(call: ApiCall, value: JsonObject) -> JsonObject:
    """Speak an error sentence in place of the answer; it cost nothing."""
    choices = value.get("choices")
    if not _asks_for_a_code(call) or not isinstance(choices, list):
        return value
    said: Json = {"role": "assistant", "content": _CANNED, "refusal": None}
    spoken: list[Json] = [{**choice, "message": said} for choice in choices if isinstance(choice, dict)]
    return counting(lambda _prompt, _completion: (0, 0))(call, {**value, "choices": spoken})


def alter_arguments(_: ApiCall, completion: Completion) -> Completion:
    """Say other arguments of a call than the model did, with as many characters."""
    choices = tuple(
        choice if choice.tool is None else replace(choice, tokens=tuple(map(_altered, choice.tokens)))
        for choice in completion.choices
    )
    return replace(completion, choices=choices)


def _altered(token: str) -> str:
    return _CODE.sub(_CACHED, token)


def another_fingerprint(call: ApiCall, value: JsonObject) -> JsonObject:
    """Be served by another backend each time."""
    return {**value, "system_fingerprint": f"fp_{call.id[-10:]}"} if "system_fingerprint" in value else value


def limiting(status: int, *, retry_after: bool = True) -> Callable[[ApiCall, Answer], Answer]:
    """Refuse the fifth like request of a moment."""

    def bend(call: ApiCall, answer: Answer) -> Answer:
        if call.alike <= MOST_ALIKE:
            return answer
        return refuse(
            Refusal(
                status=status,
                message="rate limit reached for requests, try again in 1 second",
                type="rate_limit_error",
                code="rate_limit_exceeded",
                headers=(("Retry-After", "1"),) if retry_after else (),
            )
        )

    return bend


def refusing_a_word(call: ApiCall, answer: Answer) -> Answer:
    """Take a request for one word for spam, alone as well as among others."""
    asked = call.chat is not None and any("only this word:" in message.text for message in call.chat.messages)
    return _SPAM if asked else answer


def where_too_long(other: Answer) -> Callable[[ApiCall, Answer], Answer]:
    """Say something else where the context is too small."""
    return lambda call, answer: other if len(call.body) > call.settings.context_tokens else answer


_OVERRUN = refuse(Refusal(status=500, message="index out of range", type="server_error"))
_SPAM = refuse(Refusal(status=400, message="this looks like spam"))
_WORDLESS = JsonAnswer(value={}, status=400)


FAULTS: dict[str, MockFault] = {
    "hidden-prompt": MockFault(
        says=f"a hidden prompt of {HIDDEN_TOKENS} tokens goes before every request and is billed",
        kills=frozenset({"REL-004"}),
        completion=_hidden_prompt,
        chunk=_hidden_prompt,
    ),
    "inflated-usage": MockFault(
        says=f"every count of usage is {INFLATION} times what it is",
        kills=frozenset({"REL-002", "REL-009", "SEM-003", "SEM-011", "SEM-016"}),
        completion=_inflated,
        chunk=_inflated,
    ),
    "inflated-prompts": MockFault(
        says=f"prompt_tokens is {INFLATION} times what it is",
        kills=frozenset({"REL-009"}),
        completion=_inflated_prompt,
        chunk=_inflated_prompt,
    ),
    "inflated-streams": MockFault(
        says=f"completion_tokens of a stream is {INFLATION} times what it is",
        kills=frozenset({"SEM-016"}),
        chunk=_inflated_answer,
    ),
    "cut-context": MockFault(
        says=f"only the last {KEPT_CHARS} characters of a text are read",
        kills=frozenset({"REL-003", "LIM-005"}),
        request=keep_the_end,
    ),
    "cached-answers": MockFault(
        says="requests for a code get the code somebody else was given",
        kills=frozenset({"REL-008"}),
        tokens=remember_codes,
    ),
    "canned-error": MockFault(
        says="200 with an error sentence for who asks for a code, usage 0",
        kills=frozenset({"REL-007"}),
        completion=canned,
    ),
    "altered-arguments": MockFault(
        says="the arguments of a call are not those the model gave", kills=frozenset({"REL-005"}), said=alter_arguments
    ),
    "backend-flips": MockFault(
        says="system_fingerprint is another one in every answer",
        kills=frozenset({"REL-006"}),
        completion=another_fingerprint,
    ),
    "context-500": MockFault(
        says="500 for what is longer than the context",
        kills=frozenset({"LIM-002"}),
        refused=where_too_long(_OVERRUN),
    ),
    "context-wordless": MockFault(
        says="400 without a word for what is longer than the context",
        kills=frozenset({"LIM-004"}),
        refused=where_too_long(_WORDLESS),
    ),
    "refuses-a-word": MockFault(
        says="400 for who asks for a single word",
        kills=frozenset({"LIM-006"}),
        answer=refusing_a_word,
    ),
    "burst-503": MockFault(says="503 for a burst", kills=frozenset({"LIM-001"}), answer=limiting(503)),
    "no-retry-after": MockFault(
        says="429 without Retry-After for a burst",
        kills=frozenset({"LIM-003"}),
        answer=limiting(429, retry_after=False),
    ),
}

PERSONAS: dict[str, MockFault] = {
    "rate-limited": MockFault(
        says="429 with Retry-After for the fifth like request of a moment", kind=FaultKind.PERSONA, answer=limiting(429)
    ),
}
