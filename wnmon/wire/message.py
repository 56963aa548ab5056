"""Reads the parts of a choice that look alike in a message and in a delta. Wrong types read as absent."""

from __future__ import annotations

from collections.abc import Iterator

from wnmon.model.json import MAX_SAFE_INTEGER, Json, JsonObject
from wnmon.model.result import Usage
from wnmon.wire.reply import Channel, ToolCall

MAX_CHOICES = 128
"""The documented upper bound of `n` (OpenAI description, createChatCompletion); further ones are not read."""
MAX_TOOL_CALLS = 128
"""Tool calls read of one message; the documented upper bound of `tools`."""

MEMBERS: tuple[tuple[str, str, Channel], ...] = (
    ("reasoning_content", "", Channel.REASONING),
    ("reasoning", "", Channel.REASONING),
    ("thinking", "", Channel.REASONING),
    ("reasoning_details", "", Channel.REASONING),
    ("thinking_blocks", "", Channel.REASONING),
    ("content", "", Channel.CONTENT),
    ("refusal", "", Channel.REFUSAL),
    ("audio", "transcript", Channel.AUDIO),
)
"""Members of a message or delta that hold text (or a member in them that does), and the channel it is of. Each is a
string or a list of parts. Tool calls are no text: see `tool_calls_of`. Who sends what, docs/checks.md tells.
"""
_NAMES = frozenset(name for name, _, _ in MEMBERS)
PARTS: dict[str, Channel | None] = {
    "text": None,
    "thinking": Channel.REASONING,
    "summary": Channel.REASONING,
    "refusal": Channel.REFUSAL,
}
"""Members of a part that hold text, and the channel: None for that of the list the part is in. What only a machine
reads (`data` of reasoning.encrypted, `signature`) is no token: nobody sees it, and a relay may put anything there.
"""


def choices_of(value: Json) -> list[tuple[int, JsonObject]]:
    """Return (index, choice) of the objects in a `choices` member; the position stands in for a missing index."""
    items = value[:MAX_CHOICES] if isinstance(value, list) else []
    return [(_index(item, position), item) for position, item in enumerate(items) if isinstance(item, dict)]


def _index(item: JsonObject, position: int) -> int:
    index = item.get("index")
    return index if isinstance(index, int) and not isinstance(index, bool) else position


def object_at(value: JsonObject, name: str) -> JsonObject:
    """Return a member that is an object, {} for anything else."""
    member = value.get(name)
    return member if isinstance(member, dict) else {}


def string_at(value: JsonObject, name: str) -> str:
    """Return a member that is a string, "" for anything else."""
    member = value.get(name)
    return member if isinstance(member, str) else ""


def delta_of(choice: JsonObject) -> JsonObject:
    """Return what a choice of a stream says: a relay that wraps a whole completion into an event sends `message`."""
    return object_at(choice, "delta") or object_at(choice, "message")


def texts_of(message: JsonObject) -> dict[Channel, str]:
    """Return the text of each channel that has a member, "" where that says nothing.

    Relays repeat one text under several names, so the first member of a channel that says something is all of it.
    """
    present = _NAMES.intersection(message)
    texts: dict[Channel, str] = {}
    for name, inside, channel in MEMBERS if present else ():
        if name not in present:
            continue
        value = object_at(message, name).get(inside) if inside else message.get(name)
        for written, text in _texts(value, channel).items():
            texts[written] = texts.get(written) or text
    return texts


def _texts(value: Json, channel: Channel) -> dict[Channel, str]:
    """Return the texts of a string, or of a list of parts, joined by channel; nothing of what is neither."""
    if isinstance(value, str):
        return {channel: value}
    if not isinstance(value, list):
        return {}
    pieces: dict[Channel, list[str]] = {channel: []}
    for part in value:
        for written, text in _pieces(part, channel):
            pieces.setdefault(written, []).append(text)
    return {written: "".join(texts) for written, texts in pieces.items()}


def _pieces(part: Json, channel: Channel) -> Iterator[tuple[Channel, str]]:
    """Yield what a part says. One more list in it is read, none in that, so the time is linear in the part."""
    if isinstance(part, str):
        yield channel, part
    elif isinstance(part, dict):
        for name, its_own in PARTS.items():
            yield its_own or channel, _part_text(part.get(name))


def _part_text(value: Json) -> str:
    if isinstance(value, list):
        return "".join(text if isinstance(text, str) else _text_in(text) for text in value)
    return value if isinstance(value, str) else ""


def _text_in(part: Json) -> str:
    return string_at(part, "text") if isinstance(part, dict) else ""


def tool_calls_of(message: JsonObject) -> list[ToolCall]:
    """Return tool calls or fragments of them, `function_call` of the older form as the one at index 0."""
    if "tool_calls" not in message and "function_call" not in message:
        return []
    calls = message.get("tool_calls")
    items = calls[:MAX_TOOL_CALLS] if isinstance(calls, list) else []
    found = [_tool_call(item, position) for position, item in enumerate(items) if isinstance(item, dict)]
    legacy = object_at(message, "function_call")
    return found or ([_tool_call({"function": legacy}, 0)] if legacy else [])


def _tool_call(item: JsonObject, position: int) -> ToolCall:
    function = object_at(item, "function")
    return ToolCall(
        index=_index(item, position),
        id=string_at(item, "id"),
        name=string_at(function, "name"),
        arguments=string_at(function, "arguments"),
    )


def usage_of(value: Json) -> Usage | None:
    """Return usage when at least one count is an integer. `null`, `{}` and non-numbers say nothing, so None."""
    if not isinstance(value, dict):
        return None
    prompt, completion, total = (_count(value.get(f"{name}_tokens")) for name in ("prompt", "completion", "total"))
    if prompt is None and completion is None and total is None:
        return None
    return Usage(prompt_tokens=prompt, completion_tokens=completion, total_tokens=total)


def _count(value: Json) -> int | None:
    """Return a count as reported, also a negative one. JSON Schema calls 12.0 an integer, so it is read as 12."""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > MAX_SAFE_INTEGER:
        return None
    return int(value) if value == int(value) else None
