"""Faults of what a request means and of the text itself: parameters, messages, tools, counts, characters. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import replace

from wnmon.mock.changes import Objects, counting, each_spoken, has_message, refusing, rewriting, with_messages, without
from wnmon.mock.chat import Refusal
from wnmon.mock.completion import Completion, Spoken
from wnmon.mock.fault import ApiCall, Hook, MockFault
from wnmon.mock.tokens import split_tokens
from wnmon.model.json import Json, JsonObject

_MORE_TOKENS = 7
_ALWAYS_TOKENS = 9
_EACH_DELTA = 40
_MOST_NOISE = 997
_MOST_STOPS = 4
_NUMBERS = frozenset({"max_tokens", "max_completion_tokens", "n"})
_KEPT_CHARS = 200
_PARTS = b'"content":['
_KNOWN_PARTS = frozenset({"text", "image_url", "input_audio", "file", "refusal"})

# --- parameters and messages


def _ignoring(*names: str) -> Hook[bytes]:
    """Forget members, each if its value is a right one: wrong values are refused as ever."""
    return rewriting(
        lambda body: {name: value for name, value in body.items() if name not in names or not _is_right(name, value)}
    )


def _is_right(name: str, value: Json) -> bool:
    if name in _NUMBERS:
        return isinstance(value, int) and value > 0
    return isinstance(value, (str, list, dict)) and (name != "stop" or len(value) <= _MOST_STOPS)


def _without_role(role: str) -> Hook[bytes]:
    return with_messages(lambda messages: [message for message in messages if message.get("role") != role])


def _without_history(messages: list[JsonObject]) -> list[JsonObject]:
    return [message for message in messages[:-1] if message.get("role") in {"system", "developer"}] + messages[-1:]


def _with_short_system(message: JsonObject) -> JsonObject:
    text = message.get("content") if message.get("role") == "system" else None
    return {**message, "content": text[:_KEPT_CHARS]} if isinstance(text, str) else message


def _with_parts(change: Objects) -> Hook[bytes]:
    """Change the parts of array content."""

    def changed(message: JsonObject) -> JsonObject:
        content = message.get("content")
        if not isinstance(content, list):
            return message
        return {**message, "content": list(change([part for part in content if isinstance(part, dict)]))}

    return with_messages(lambda messages: list(map(changed, messages)))


def _of_texts(kept: slice) -> Objects:
    """Keep some parts where all are text."""
    return lambda parts: parts[kept] if all(part.get("type") == "text" for part in parts) else parts


# --- what is said


def _in_other_words(call: ApiCall, said: Completion) -> Completion:
    """Say another last word each time where a seed asks for the same."""
    if call.chat is None or call.chat.seed is None:
        return said
    last = f" {call.id[-8:]}"
    return each_spoken(lambda choice: replace(choice, tokens=(*choice.tokens[:-1], last)))(call, said)


def _to_stop(choice: Spoken) -> Spoken:
    return replace(choice, finish="stop")


def _if_tool(change: Callable[[Spoken], Spoken]) -> Hook[Completion]:
    return each_spoken(lambda choice: choice if choice.tool is None else change(choice))


def _repeating(times: int) -> Hook[tuple[str, ...]]:
    """Say every 40th token of a stream so many times."""

    def bend(call: ApiCall, tokens: tuple[str, ...]) -> tuple[str, ...]:
        places = range(_EACH_DELTA, len(tokens), _EACH_DELTA) if call.stream else ()
        return tuple(said for place, token in enumerate(tokens) for said in [token] * (times if place in places else 1))

    return bend


def _halved(token: str) -> str:
    """Decode each half of a four-byte character on its own, as a relay does that reads its upstream in blocks."""
    data = token.encode()
    if len(data) != 4 or len(token) != 1:
        return token
    return data[:2].decode(errors="replace") + data[2:].decode(errors="replace")


def _three_bytes(token: str) -> str:
    """Keep what utf8mb3 of MySQL keeps: characters of at most three bytes."""
    return "".join(char if char <= "\uffff" else "?" for char in token)


def _ended_by_nul(_: ApiCall, frame: bytes) -> bytes:
    before, nul, _after = frame.partition(b"\\u0000")
    return before + b"\n\n" if nul else frame


# --- what it costs


def _counting_prompt(count: Callable[[ApiCall, int], int]) -> Hook[JsonObject]:
    return counting(lambda call, prompt, completion: (count(call, prompt), completion))


def _with_noise(call: ApiCall, tokens: int) -> int:
    seeded = call.chat is not None and call.chat.seed is not None
    return tokens + call.read_ns // 1000 % _MOST_NOISE if seeded else tokens


_always_9 = _counting_prompt(lambda _call, _tokens: _ALWAYS_TOKENS)


FAULTS: dict[str, MockFault] = {
    "ignores-max-tokens": MockFault(
        says="max_tokens has no effect", kills={"SEM-003", "SEM-016"}, request=_ignoring("max_tokens")
    ),
    "cut-as-stop": MockFault(
        says="an answer that max_tokens cut ends with stop",
        kills={"SEM-015"},
        said=each_spoken(lambda choice: _to_stop(choice) if choice.finish == "length" else choice),
    ),
    "ignores-max-completion-tokens": MockFault(
        says="max_completion_tokens has no effect", kills={"SEM-011"}, request=_ignoring("max_completion_tokens")
    ),
    "ignores-stop": MockFault(says="stop has no effect", kills={"SEM-004"}, request=_ignoring("stop")),
    "ignores-n": MockFault(says="n has no effect: one choice", kills={"SEM-005"}, request=_ignoring("n")),
    "ignores-seed": MockFault(
        says="the same seed gives another text each time", kills={"SEM-006", "SEM-013"}, said=_in_other_words
    ),
    "ignores-json-mode": MockFault(
        says="response_format has no effect", kills={"SEM-009"}, request=_ignoring("response_format")
    ),
    "ignores-tools": MockFault(
        says="tools are dropped and the answer is text",
        kills={"SEM-010", "REL-005"},
        request=_ignoring("tools", "tool_choice"),
    ),
    "cut-arguments": MockFault(
        says="the arguments of a tool call end too early",
        kills={"SEM-010", "REL-005"},
        said=_if_tool(lambda choice: replace(choice, tokens=choice.tokens[:-1])),
    ),
    "tool-finish": MockFault(
        says="a tool call ends with the finish_reason of older days, function_call",
        kills={"SEM-014"},
        said=_if_tool(lambda choice: replace(choice, finish="function_call")),
    ),
    "stream-counts-more": MockFault(
        says="a stream reports 7 prompt_tokens more than JSON does",
        kills={"SEM-001"},
        chunk=_counting_prompt(lambda _, tokens: tokens + _MORE_TOKENS),
    ),
    "loses-delta": MockFault(
        says=f"every {_EACH_DELTA}th token of a stream is lost", kills={"STR-022"}, tokens=_repeating(0)
    ),
    "doubles-delta": MockFault(
        says=f"every {_EACH_DELTA}th token of a stream is sent twice", kills={"STR-022"}, tokens=_repeating(2)
    ),
    "stream-always-stops": MockFault(
        says="a stream ends with stop, also where it was cut",
        kills={"SEM-012"},
        said=lambda call, said: each_spoken(_to_stop)(call, said) if call.stream else said,
    ),
    "stream-other-words": MockFault(
        says="a stream with a seed says another text than JSON",
        kills={"SEM-013"},
        said=lambda call, said: _in_other_words(call, said) if call.stream else said,
    ),
    "constant-count": MockFault(
        says="prompt_tokens is always 9", kills={"SEM-007", "REL-002", "REL-010"}, completion=_always_9, chunk=_always_9
    ),
    "varying-count": MockFault(
        says="prompt_tokens of a request with a seed is another each time",
        kills={"SEM-008"},
        completion=_counting_prompt(_with_noise),
    ),
    "counts-escapes": MockFault(
        says="prompt_tokens counts the escapes of the JSON",
        kills={"UNI-004"},
        completion=_counting_prompt(lambda call, tokens: tokens + 5 * call.body.count(b"\\u")),
    ),
    "drops-system": MockFault(
        says="system messages are dropped", kills={"MSG-001", "REL-010"}, request=_without_role("system")
    ),
    "short-system": MockFault(
        says=f"of a system message only the first {_KEPT_CHARS} characters are read",
        kills={"MSG-001"},
        request=with_messages(lambda messages: list(map(_with_short_system, messages))),
    ),
    "drops-developer": MockFault(
        says="developer messages are dropped", kills={"MSG-002"}, request=_without_role("developer")
    ),
    "first-part-only": MockFault(
        says="of several text parts only the first is read", kills={"MSG-003"}, request=_with_parts(_of_texts(slice(1)))
    ),
    "last-part-only": MockFault(
        says="of several text parts only the last is read",
        kills={"MSG-003"},
        request=_with_parts(_of_texts(slice(-1, None))),
    ),
    "refuses-parts": MockFault(
        says="400 for content that is no string",
        kills={"MSG-008", "DOC-012", "DOC-013"},
        answer=refusing(
            Refusal(status=400, message="content must be a string", param="messages"),
            when=has_message(lambda message: not isinstance(message.get("content"), str)),
        ),
    ),
    "refuses-system": MockFault(
        says="400 for a message of the system",
        kills={"MSG-001", "DOC-012", "DOC-013"},
        answer=refusing(
            Refusal(status=400, message="unknown role system", param="messages"),
            when=has_message(lambda message: message.get("role") == "system"),
        ),
    ),
    "parts-uncounted": MockFault(
        says="usage is absent where content came in parts",
        kills={"DOC-018"},
        completion=lambda call, value: without("usage")(call, value) if _PARTS in call.body else value,
    ),
    "drops-history": MockFault(
        says="only the last message is read", kills={"MSG-004"}, request=with_messages(_without_history)
    ),
    "drops-assistant": MockFault(
        says="messages of the assistant are dropped", kills={"MSG-004"}, request=_without_role("assistant")
    ),
    "last-two-messages": MockFault(
        says="only the last two messages are read",
        kills={"MSG-004"},
        request=with_messages(lambda messages: messages[-2:]),
    ),
    "accepts-empty-parts": MockFault(
        says="empty content is answered as if it said hello",
        kills={"MSG-005"},
        request=_with_parts(
            lambda parts: [part for part in parts if part.get("text") != ""] or [{"type": "text", "text": "hello"}]
        ),
    ),
    "drops-unknown-parts": MockFault(
        says="content parts of unknown types are dropped",
        kills={"MSG-006"},
        request=_with_parts(lambda parts: [part for part in parts if part.get("type") in _KNOWN_PARTS]),
    ),
    "drops-images": MockFault(
        says="images are dropped",
        kills={"MSG-007"},
        request=_with_parts(lambda parts: [part for part in parts if part.get("type") != "image_url"]),
    ),
    "mojibake": MockFault(
        says="UTF-8 is read as Latin-1",
        kills={"UNI-001"},
        tokens=lambda _, tokens: tuple(token.encode().decode("latin-1") for token in tokens),
    ),
    "split-utf8": MockFault(
        says="streamed four-byte characters become U+FFFD",
        kills={"UNI-002"},
        tokens=lambda call, tokens: tuple(map(_halved, tokens)) if call.stream else tokens,
    ),
    "three-byte-text": MockFault(
        says="characters of four bytes become question marks",
        kills={"UNI-002"},
        tokens=lambda _, tokens: tuple(map(_three_bytes, tokens)),
    ),
    "normalises": MockFault(
        says="text is normalised (NFC)",
        kills={"UNI-003"},
        tokens=lambda _, tokens: split_tokens(unicodedata.normalize("NFC", "".join(tokens))),
    ),
    "splits-at-u2028": MockFault(
        says="U+2028 and U+2029 end a line",
        kills={"UNI-005"},
        frame=lambda _, frame: frame.replace("\u2028".encode(), b"\n").replace("\u2029".encode(), b"\n"),
    ),
    "nul-ends-event": MockFault(says="U+0000 ends an event", kills={"UNI-006"}, frame=_ended_by_nul),
}
