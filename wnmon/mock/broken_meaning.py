"""Faults of what a request means and of the text itself: parameters, messages, tools, counts, characters. Pure."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from dataclasses import replace

from wnmon.mock.chat import Refusal
from wnmon.mock.completion import Completion, Spoken
from wnmon.mock.fault import Answer, ApiCall, MockFault
from wnmon.mock.relay import refuse
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

Body = Callable[[JsonObject], JsonObject]
Messages = Callable[[list[JsonObject]], list[JsonObject]]
Parts = Callable[[list[JsonObject]], list[JsonObject]]


def rewriting(change: Body) -> Callable[[ApiCall, bytes], bytes]:
    """Let the relay take another body than the one it received. What is no JSON object stays as it is."""

    def rewrite(_: ApiCall, body: bytes) -> bytes:
        try:
            document: Json = json.loads(body)
        except ValueError:
            return body
        return json.dumps(change(document)).encode() if isinstance(document, dict) else body

    return rewrite


def _ignoring(*names: str) -> Callable[[ApiCall, bytes], bytes]:
    """Forget members, each if its value is a right one: wrong values are refused as ever."""
    return rewriting(
        lambda body: {name: value for name, value in body.items() if name not in names or not _is_right(name, value)}
    )


def _is_right(name: str, value: Json) -> bool:
    if name in _NUMBERS:
        return isinstance(value, int) and value > 0
    return isinstance(value, (str, list, dict)) and (name != "stop" or len(value) <= _MOST_STOPS)


def _with_messages(change: Messages) -> Callable[[ApiCall, bytes], bytes]:
    """Change the list of messages; one that is wrong stays as it is."""

    def changed(body: JsonObject) -> JsonObject:
        messages = body.get("messages")
        if not isinstance(messages, list):
            return body
        objects = [message for message in messages if isinstance(message, dict)]
        return {**body, "messages": list(change(objects))} if len(objects) == len(messages) else body

    return rewriting(changed)


def _without_role(role: str) -> Callable[[ApiCall, bytes], bytes]:
    return _with_messages(lambda messages: [message for message in messages if message.get("role") != role])


def _without_history(messages: list[JsonObject]) -> list[JsonObject]:
    return [message for message in messages[:-1] if message.get("role") in {"system", "developer"}] + messages[-1:]


def _with_short_system(messages: list[JsonObject]) -> list[JsonObject]:
    return [_shortened(message) if message.get("role") == "system" else message for message in messages]


def _shortened(message: JsonObject) -> JsonObject:
    text = message.get("content")
    return {**message, "content": text[:_KEPT_CHARS]} if isinstance(text, str) else message


def _without_the_first(messages: list[JsonObject]) -> list[JsonObject]:
    """Keep the last two turns, as a relay does that saves tokens."""
    return messages[-2:]


def _with_parts(change: Parts) -> Callable[[ApiCall, bytes], bytes]:
    """Change the parts of array content."""

    def changed(message: JsonObject) -> JsonObject:
        content = message.get("content")
        if not isinstance(content, list):
            return message
        return {**message, "content": list(change([part for part in content if isinstance(part, dict)]))}

    return _with_messages(lambda messages: [changed(message) for message in messages])


def _first_text(parts: list[JsonObject]) -> list[JsonObject]:
    return parts[:1] if all(part.get("type") == "text" for part in parts) else parts


def _last_text(parts: list[JsonObject]) -> list[JsonObject]:
    return parts[-1:] if all(part.get("type") == "text" for part in parts) else parts


def _never_empty(parts: list[JsonObject]) -> list[JsonObject]:
    return [part for part in parts if part.get("text") != ""] or [{"type": "text", "text": "hello"}]


def _known_parts(parts: list[JsonObject]) -> list[JsonObject]:
    return [part for part in parts if part.get("type") in _KNOWN_PARTS]


def _without_images(parts: list[JsonObject]) -> list[JsonObject]:
    return [part for part in parts if part.get("type") != "image_url"]


def _refusing(wrong: Callable[[JsonObject], bool], why: str) -> Callable[[ApiCall, Answer], Answer]:
    """Refuse a good request that holds such a message. What is refused anyhow is refused as ever."""

    def refused(call: ApiCall, answer: Answer) -> Answer:
        messages = json.loads(call.body).get("messages") if call.chat is not None else []
        return refuse(Refusal(status=400, message=why, param="messages")) if any(map(wrong, messages)) else answer

    return refused


def _forgetting_usage(call: ApiCall, value: JsonObject) -> JsonObject:
    """Leave usage out where content came in parts."""
    return {name: member for name, member in value.items() if name != "usage" or _PARTS not in call.body}


def _with_choices(change: Callable[[Spoken], Spoken]) -> Callable[[ApiCall, Completion], Completion]:
    return lambda _, said: replace(said, choices=tuple(change(choice) for choice in said.choices))


def _in_other_words(call: ApiCall, said: Completion) -> Completion:
    """Say another last word each time where a seed asks for the same."""
    if call.chat is None or call.chat.seed is None:
        return said
    last = f" {call.id[-8:]}"
    return _with_choices(lambda choice: replace(choice, tokens=(*choice.tokens[:-1], last)))(call, said)


def _streamed_in_other_words(call: ApiCall, said: Completion) -> Completion:
    return _in_other_words(call, said) if call.stream else said


def _streamed_to_stop(call: ApiCall, said: Completion) -> Completion:
    return _with_choices(lambda choice: replace(choice, finish="stop"))(call, said) if call.stream else said


def _cut_arguments(choice: Spoken) -> Spoken:
    return choice if choice.tool is None else replace(choice, tokens=choice.tokens[:-1])


def _cut_as_stop(choice: Spoken) -> Spoken:
    return replace(choice, finish="stop") if choice.finish == "length" else choice


def _older_finish(choice: Spoken) -> Spoken:
    return choice if choice.tool is None else replace(choice, finish="function_call")


def _counting(count: Callable[[ApiCall, int], int]) -> Callable[[ApiCall, JsonObject], JsonObject]:
    """Report other prompt_tokens, and a total that fits."""

    def counted(call: ApiCall, value: JsonObject) -> JsonObject:
        usage = value.get("usage")
        prompt, completion = (
            usage.get(f"{name}_tokens") if isinstance(usage, dict) else None for name in ("prompt", "completion")
        )
        if not isinstance(usage, dict) or not isinstance(prompt, int) or not isinstance(completion, int):
            return value
        prompt = count(call, prompt)
        return {**value, "usage": {**usage, "prompt_tokens": prompt, "total_tokens": prompt + completion}}

    return counted


def _with_noise(call: ApiCall, tokens: int) -> int:
    seeded = call.chat is not None and call.chat.seed is not None
    return tokens + call.read_ns // 1000 % _MOST_NOISE if seeded else tokens


def _by_escapes(call: ApiCall, tokens: int) -> int:
    return tokens + 5 * call.body.count(b"\\u")


def _losing_tokens(call: ApiCall, tokens: tuple[str, ...]) -> tuple[str, ...]:
    places = range(_EACH_DELTA, len(tokens), _EACH_DELTA) if call.stream else ()
    return tuple(token for place, token in enumerate(tokens) if place not in places)


def _doubling_tokens(call: ApiCall, tokens: tuple[str, ...]) -> tuple[str, ...]:
    places = range(_EACH_DELTA, len(tokens), _EACH_DELTA) if call.stream else ()
    return tuple(said for place, token in enumerate(tokens) for said in (token,) * (2 if place in places else 1))


def _mojibake(_: ApiCall, tokens: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(token.encode().decode("latin-1") for token in tokens)


def _split_bytes(call: ApiCall, tokens: tuple[str, ...]) -> tuple[str, ...]:
    """Decode each half of a four-byte character on its own, as a relay does that reads its upstream in blocks."""
    return tuple(_halved(token) for token in tokens) if call.stream else tokens


def _halved(token: str) -> str:
    data = token.encode()
    if len(data) != 4 or len(token) != 1:
        return token
    return data[:2].decode(errors="replace") + data[2:].decode(errors="replace")


def _three_bytes(_: ApiCall, tokens: tuple[str, ...]) -> tuple[str, ...]:
    """Keep what utf8mb3 of MySQL keeps: characters of at most three bytes."""
    return tuple("".join(char if char <= "\uffff" else "?" for char in token) for token in tokens)


def _normalised(_: ApiCall, tokens: tuple[str, ...]) -> tuple[str, ...]:
    return split_tokens(unicodedata.normalize("NFC", "".join(tokens)))


def _split_lines(_: ApiCall, frame: bytes) -> bytes:
    return frame.replace("\u2028".encode(), b"\n").replace("\u2029".encode(), b"\n")


def _ended_by_nul(_: ApiCall, frame: bytes) -> bytes:
    before, nul, _after = frame.partition(b"\\u0000")
    return before + b"\n\n" if nul else frame


def _kills(*rules: str) -> frozenset[str]:
    return frozenset(rules)


_PARAMETERS: dict[str, MockFault] = {
    "ignores-max-tokens": MockFault(
        says="max_tokens has no effect", kills=_kills("SEM-003", "SEM-016"), request=_ignoring("max_tokens")
    ),
    "cut-as-stop": MockFault(
        says="an answer that max_tokens cut ends with stop",
        kills=_kills("SEM-015"),
        said=_with_choices(_cut_as_stop),
    ),
    "ignores-max-completion-tokens": MockFault(
        says="max_completion_tokens has no effect", kills=_kills("SEM-011"), request=_ignoring("max_completion_tokens")
    ),
    "ignores-stop": MockFault(says="stop has no effect", kills=_kills("SEM-004"), request=_ignoring("stop")),
    "ignores-n": MockFault(says="n has no effect: one choice", kills=_kills("SEM-005"), request=_ignoring("n")),
    "ignores-seed": MockFault(
        says="the same seed gives another text each time", kills=_kills("SEM-006", "SEM-013"), said=_in_other_words
    ),
    "ignores-json-mode": MockFault(
        says="response_format has no effect", kills=_kills("SEM-009"), request=_ignoring("response_format")
    ),
    "ignores-tools": MockFault(
        says="tools are dropped and the answer is text",
        kills=_kills("SEM-010", "REL-005"),
        request=_ignoring("tools", "tool_choice"),
    ),
    "cut-arguments": MockFault(
        says="the arguments of a tool call end too early",
        kills=_kills("SEM-010", "REL-005"),
        said=_with_choices(_cut_arguments),
    ),
    "tool-finish": MockFault(
        says="a tool call ends with the finish_reason of older days, function_call",
        kills=_kills("SEM-014"),
        said=_with_choices(_older_finish),
    ),
}
_STREAM_UNLIKE_JSON: dict[str, MockFault] = {
    "stream-counts-more": MockFault(
        says="a stream reports 7 prompt_tokens more than JSON does",
        kills=_kills("SEM-001"),
        chunk=_counting(lambda _, tokens: tokens + _MORE_TOKENS),
    ),
    "loses-delta": MockFault(
        says=f"every {_EACH_DELTA}th token of a stream is lost", kills=_kills("STR-022"), tokens=_losing_tokens
    ),
    "doubles-delta": MockFault(
        says=f"every {_EACH_DELTA}th token of a stream is sent twice", kills=_kills("STR-022"), tokens=_doubling_tokens
    ),
    "stream-always-stops": MockFault(
        says="a stream ends with stop, also where it was cut", kills=_kills("SEM-012"), said=_streamed_to_stop
    ),
    "stream-other-words": MockFault(
        says="a stream with a seed says another text than JSON", kills=_kills("SEM-013"), said=_streamed_in_other_words
    ),
}
_COUNTS: dict[str, MockFault] = {
    "constant-count": MockFault(
        says="prompt_tokens is always 9",
        kills=_kills("SEM-007", "REL-002"),
        completion=_counting(lambda _call, _tokens: _ALWAYS_TOKENS),
        chunk=_counting(lambda _call, _tokens: _ALWAYS_TOKENS),
    ),
    "varying-count": MockFault(
        says="prompt_tokens of a request with a seed is another each time",
        kills=_kills("SEM-008"),
        completion=_counting(_with_noise),
    ),
    "counts-escapes": MockFault(
        says="prompt_tokens counts the escapes of the JSON", kills=_kills("UNI-004"), completion=_counting(_by_escapes)
    ),
}
_MESSAGES: dict[str, MockFault] = {
    "drops-system": MockFault(
        says="system messages are dropped", kills=_kills("MSG-001"), request=_without_role("system")
    ),
    "short-system": MockFault(
        says=f"of a system message only the first {_KEPT_CHARS} characters are read",
        kills=_kills("MSG-001"),
        request=_with_messages(_with_short_system),
    ),
    "drops-developer": MockFault(
        says="developer messages are dropped", kills=_kills("MSG-002"), request=_without_role("developer")
    ),
    "first-part-only": MockFault(
        says="of several text parts only the first is read", kills=_kills("MSG-003"), request=_with_parts(_first_text)
    ),
    "last-part-only": MockFault(
        says="of several text parts only the last is read", kills=_kills("MSG-003"), request=_with_parts(_last_text)
    ),
    "refuses-parts": MockFault(
        says="400 for content that is no string",
        kills=_kills("MSG-008", "DOC-012", "DOC-013"),
        answer=_refusing(lambda message: not isinstance(message.get("content"), str), "content must be a string"),
    ),
    "refuses-system": MockFault(
        says="400 for a message of the system",
        kills=_kills("MSG-001", "DOC-012", "DOC-013"),
        answer=_refusing(lambda message: message.get("role") == "system", "unknown role system"),
    ),
    "parts-uncounted": MockFault(
        says="usage is absent where content came in parts", kills=_kills("DOC-018"), completion=_forgetting_usage
    ),
    "drops-history": MockFault(
        says="only the last message is read", kills=_kills("MSG-004"), request=_with_messages(_without_history)
    ),
    "drops-assistant": MockFault(
        says="messages of the assistant are dropped", kills=_kills("MSG-004"), request=_without_role("assistant")
    ),
    "last-two-messages": MockFault(
        says="only the last two messages are read", kills=_kills("MSG-004"), request=_with_messages(_without_the_first)
    ),
    "accepts-empty-parts": MockFault(
        says="empty content is answered as if it said hello", kills=_kills("MSG-005"), request=_with_parts(_never_empty)
    ),
    "drops-unknown-parts": MockFault(
        says="content parts of unknown types are dropped", kills=_kills("MSG-006"), request=_with_parts(_known_parts)
    ),
    "drops-images": MockFault(says="images are dropped", kills=_kills("MSG-007"), request=_with_parts(_without_images)),
}
_CHARACTERS: dict[str, MockFault] = {
    "mojibake": MockFault(says="UTF-8 is read as Latin-1", kills=_kills("UNI-001"), tokens=_mojibake),
    "split-utf8": MockFault(
        says="streamed four-byte characters become U+FFFD", kills=_kills("UNI-002"), tokens=_split_bytes
    ),
    "three-byte-text": MockFault(
        says="characters of four bytes become question marks",
        kills=_kills("UNI-002"),
        tokens=_three_bytes,
    ),
    "normalises": MockFault(says="text is normalised (NFC)", kills=_kills("UNI-003"), tokens=_normalised),
    "splits-at-u2028": MockFault(says="U+2028 and U+2029 end a line", kills=_kills("UNI-005"), frame=_split_lines),
    "nul-ends-event": MockFault(says="U+0000 ends an event", kills=_kills("UNI-006"), frame=_ended_by_nul),
}

FAULTS: dict[str, MockFault] = {**_PARAMETERS, **_STREAM_UNLIKE_JSON, **_COUNTS, **_MESSAGES, **_CHARACTERS}
"""The faults that prove the rules on meaning (SEM), messages (MSG) and characters (UNI)."""
