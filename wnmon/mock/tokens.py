"""The relay's own tokens: a fixed cut of the text, so that JSON and stream count the same. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from wnmon.mock.chat import Message

# Up to eight ASCII letters or digits with the space before them; any other character stands alone.
_TOKEN = re.compile(r" ?[A-Za-z0-9_]{1,8}|.", re.DOTALL)

# What chat templates commonly add around each message and before the answer; any constant keeps the count linear.
_TOKENS_PER_MESSAGE = 4
_TOKENS_PER_PROMPT = 3


def split_tokens(text: str) -> tuple[str, ...]:
    """Return the tokens of a text; joined they are the text again, and none is empty."""
    return tuple(_TOKEN.findall(text))


def count_prompt(messages: Iterable[Message]) -> int:
    """Return prompt_tokens: linear in the text, independent of how the JSON was escaped."""
    return _TOKENS_PER_PROMPT + sum(_TOKENS_PER_MESSAGE + len(split_tokens(message.text)) for message in messages)
