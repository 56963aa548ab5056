"""What a request may cost at worst, so that a budget can reserve it before it is sent."""

from __future__ import annotations

import json

from wnmon.model.json import MAX_SAFE_INTEGER, Json, JsonObject
from wnmon.model.parameters import LIMITS
from wnmon.wire.message import string_at

TOKENS_PER_MESSAGE = 16
"""Reserved per message for its role and the template around it."""
DEFAULT_OUTPUT_TOKENS = 4_096
"""Reserved when the request sets no limit of its own."""


def worst_case_tokens(body: bytes, asked: JsonObject | None) -> tuple[int, int]:
    """Return (input, output) tokens a request body, which reads as `asked`, may cost at most. Never raises.

    A token of a byte-level vocabulary is at least one byte, so the UTF-8 length bounds the input. Images and
    other parts count with their whole JSON. A body that is no JSON object counts with all its bytes.
    """
    if asked is None:
        return len(body), DEFAULT_OUTPUT_TOKENS
    messages = asked.get("messages")
    items = messages if isinstance(messages, list) else []
    extras = sum(_size(asked[name]) for name in ("tools", "functions", "response_format") if name in asked)
    output = (output_limit(asked) or DEFAULT_OUTPUT_TOKENS) * (_positive(asked.get("n")) or 1)
    return sum(_message_tokens(item) for item in items) + extras, output


def prompt_bytes(asked: JsonObject | None) -> int:
    """Return how many bytes of text the messages of a request hold."""
    messages = asked.get("messages") if asked is not None else None
    items = messages if isinstance(messages, list) else []
    contents = [item.get("content") for item in items if isinstance(item, dict)]
    parts = [part for content in contents for part in (content if isinstance(content, list) else [content])]
    return sum(_part_tokens(part) for part in parts if isinstance(part, str) or _is_text(part))


def sets_a_limit(asked: JsonObject | None) -> bool:
    """Tell whether a request says in a readable way how much it may be answered."""
    return asked is not None and output_limit(asked) > 0


def _message_tokens(message: Json) -> int:
    if not isinstance(message, dict):
        return _size(message) + TOKENS_PER_MESSAGE
    rest = {name: member for name, member in message.items() if name not in {"role", "content"}}
    content = message.get("content")
    parts = content if isinstance(content, list) else [content]
    return sum(_part_tokens(part) for part in parts) + (_size(rest) if rest else 0) + TOKENS_PER_MESSAGE


def _part_tokens(part: Json) -> int:
    if isinstance(part, str):
        return len(part.encode())
    if isinstance(part, dict) and _is_text(part):
        return len(string_at(part, "text").encode())
    return _size(part) if part is not None else 0


def _is_text(part: Json) -> bool:
    return isinstance(part, dict) and part.get("type") == "text"


def _size(value: Json) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())


def output_limit(value: JsonObject) -> int:
    """Return the largest of all limits, 0 where none is a positive number."""
    return max(_positive(value.get(name)) for name in LIMITS)


def _positive(value: Json) -> int:
    """Return a positive whole number, 0 for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= MAX_SAFE_INTEGER:
        return 0
    return int(value)
