"""Reads the parts of a choice that look alike in a message and in a delta. Wrong types read as absent."""

from __future__ import annotations

from wnmon.model.json import MAX_SAFE_INTEGER, Json, JsonObject
from wnmon.model.result import Usage
from wnmon.wire.reply import ToolCall

MAX_CHOICES = 128
"""The documented upper bound of `n` (OpenAI description, createChatCompletion); further ones are not read."""
MAX_TOOL_CALLS = 128
"""Tool calls read of one message; the documented upper bound of `tools`."""


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


def text_of(content: Json) -> str | None:
    """Return content as text: a string, or the text parts of an array (Mistral); None when it is neither."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return None
    return "".join(part if isinstance(part, str) else _part_text(part) for part in content)


def _part_text(part: Json) -> str:
    return string_at(part, "text") if isinstance(part, dict) else ""


def reasoning_of(message: JsonObject) -> str:
    """Return reasoning text: `reasoning_content` (DeepSeek), `reasoning` (OpenRouter, Groq), or `reasoning_details`."""
    plain = string_at(message, "reasoning_content") or string_at(message, "reasoning")
    return plain or text_of(message.get("reasoning_details")) or ""


def tool_calls_of(message: JsonObject) -> list[ToolCall]:
    """Return tool calls or fragments of them, `function_call` of the older form as the one at index 0."""
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
