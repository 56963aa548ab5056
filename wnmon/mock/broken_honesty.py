"""Faults of a relay that is not what it says: hidden prompts, cut contexts, caches, counts, swaps. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from wnmon.mock.changes import changing, counting, each_choice, each_spoken, refusing, setting, with_messages
from wnmon.mock.chat import Refusal
from wnmon.mock.completion import Spoken
from wnmon.mock.fault import Answer, ApiCall, FaultKind, Hook, JsonAnswer, MockFault
from wnmon.mock.tokens import split_tokens
from wnmon.model.json import Json, JsonObject

_HIDDEN_TOKENS = 400
_KEPT_CHARS = 4_000
_INFLATION = 3
# How many like requests the limiting relay takes at about the same time.
_MOST_ALIKE = 4

_CODE = re.compile(r"[a-z0-9]{8}")
_CACHED = "w4c8k2zt"
_CANNED = "The upstream service is busy, please try again later. (request id: 20250212211029)"
_RETRY_AFTER = ("Retry-After", "1")

_hidden_prompt = counting(lambda _, prompt, completion: (prompt + _HIDDEN_TOKENS, completion))
_inflated = counting(lambda _, prompt, completion: (prompt * _INFLATION, completion * _INFLATION))
_inflated_prompt = counting(lambda _, prompt, completion: (prompt * _INFLATION, completion))


def keep_the_end(call: ApiCall, body: bytes) -> bytes:
    """Cut every long text of a request down to its last characters, in silence."""

    def cut(message: JsonObject) -> JsonObject:
        text = message.get("content")
        return {**message, "content": text[-_KEPT_CHARS:]} if isinstance(text, str) else message

    return with_messages(lambda messages: list(map(cut, messages)))(call, body) if len(body) > _KEPT_CHARS else body


def _asks_for_a_code(call: ApiCall) -> bool:
    """Tell whether a request is of the kind that these relays have seen before: a code, and no tool."""
    chat = call.chat
    return chat is not None and chat.tool is None and any("this code:" in message.text for message in chat.messages)


def _remember_codes(call: ApiCall, tokens: tuple[str, ...]) -> tuple[str, ...]:
    """Answer with what was said to somebody else who asked alike: another code."""
    asked = _asks_for_a_code(call) and _CODE.fullmatch("".join(tokens))
    return split_tokens(_CACHED) if asked else tokens


def _canned(call: ApiCall, value: JsonObject) -> JsonObject:
    """Speak an error sentence in place of the answer; it cost nothing."""
    if not _asks_for_a_code(call):
        return value
    said: Json = {"role": "assistant", "content": _CANNED, "refusal": None}
    spoken = each_choice(setting("message", said))(call, value)
    return counting(lambda _call, _prompt, _completion: (0, 0))(call, spoken)


def _altered_arguments(choice: Spoken) -> Spoken:
    """Say other arguments of a call than the model did, with as many characters."""
    tokens = tuple(_CODE.sub(_CACHED, token) for token in choice.tokens)
    return choice if choice.tool is None else replace(choice, tokens=tokens)


def _limiting(status: int, *headers: tuple[str, str]) -> Hook[Answer]:
    """Refuse the fifth like request of a moment."""
    refusal = Refusal(
        status=status,
        message="rate limit reached for requests, try again in 1 second",
        type="rate_limit_error",
        code="rate_limit_exceeded",
        headers=headers,
    )
    return refusing(refusal, when=lambda call: call.alike > _MOST_ALIKE)


def _asks_for_a_word(call: ApiCall) -> bool:
    return call.chat is not None and any("only this word:" in message.text for message in call.chat.messages)


def _is_too_long(call: ApiCall) -> bool:
    return len(call.body) > call.settings.context_tokens


FAULTS: dict[str, MockFault] = {
    "hidden-prompt": MockFault(
        says=f"a hidden prompt of {_HIDDEN_TOKENS} tokens goes before every request and is billed",
        kills={"REL-004"},
        completion=_hidden_prompt,
        chunk=_hidden_prompt,
    ),
    "inflated-usage": MockFault(
        says=f"every count of usage is {_INFLATION} times what it is",
        kills={"REL-002", "REL-009", "SEM-003", "SEM-011", "SEM-016"},
        completion=_inflated,
        chunk=_inflated,
    ),
    "inflated-prompts": MockFault(
        says=f"prompt_tokens is {_INFLATION} times what it is",
        kills={"REL-009"},
        completion=_inflated_prompt,
        chunk=_inflated_prompt,
    ),
    "inflated-streams": MockFault(
        says=f"completion_tokens of a stream is {_INFLATION} times what it is",
        kills={"SEM-016"},
        chunk=counting(lambda _, prompt, completion: (prompt, completion * _INFLATION)),
    ),
    "cut-context": MockFault(
        says=f"only the last {_KEPT_CHARS} characters of a text are read",
        kills={"REL-003", "LIM-005"},
        request=keep_the_end,
    ),
    "cached-answers": MockFault(
        says="requests for a code get the code somebody else was given", kills={"REL-008"}, tokens=_remember_codes
    ),
    "canned-error": MockFault(
        says="200 with an error sentence for who asks for a code, usage 0", kills={"REL-007"}, completion=_canned
    ),
    "altered-arguments": MockFault(
        says="the arguments of a call are not those the model gave",
        kills={"REL-005"},
        said=each_spoken(_altered_arguments),
    ),
    "backend-flips": MockFault(
        says="system_fingerprint is another one in every answer",
        kills={"REL-006"},
        completion=changing("system_fingerprint", lambda call, _: f"fp_{call.id[-10:]}"),
    ),
    "context-500": MockFault(
        says="500 for what is longer than the context",
        kills={"LIM-002"},
        refused=refusing(Refusal(status=500, message="index out of range", type="server_error"), when=_is_too_long),
    ),
    "context-wordless": MockFault(
        says="400 without a word for what is longer than the context",
        kills={"LIM-004"},
        refused=lambda call, answer: JsonAnswer(value={}, status=400) if _is_too_long(call) else answer,
    ),
    "refuses-a-word": MockFault(
        says="400 for who asks for a single word",
        kills={"LIM-006"},
        answer=refusing(Refusal(status=400, message="this looks like spam"), when=_asks_for_a_word),
    ),
    "burst-503": MockFault(says="503 for a burst", kills={"LIM-001"}, answer=_limiting(503, _RETRY_AFTER)),
    "no-retry-after": MockFault(says="429 without Retry-After for a burst", kills={"LIM-003"}, answer=_limiting(429)),
    "rate-limited": MockFault(
        says="429 with Retry-After for the fifth like request of a moment",
        kind=FaultKind.PERSONA,
        answer=_limiting(429, _RETRY_AFTER),
    ),
}
