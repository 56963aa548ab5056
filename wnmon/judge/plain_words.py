"""The plain words of a prompt, and how many there are."""

from __future__ import annotations

import re

from wnmon.judge.subject import Subject
from wnmon.model.json import at
from wnmon.wire.message import string_at

_WORD = re.compile(r"[A-Za-z]+")


def texts_sent(subject: Subject) -> list[str]:
    """Return the texts of the request's messages; parts count for nothing."""
    messages = at(subject.asked, "/messages")
    sent = messages if isinstance(messages, list) else []
    return [string_at(one, "content") for one in sent if isinstance(one, dict)]


def words_of(text: str) -> int:
    """Return how many plain words a text holds."""
    return len(_WORD.findall(text))
