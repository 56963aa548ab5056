"""Codes drawn for a run (`{{nonce}}`, `{{nonce2}}`), found in a text whatever the case of their letters.

A model begins a sentence with a capital letter, or speaks in capitals throughout: that is its way of writing and no
fault of the relay. Only the codes are found so. Every other text a rule or a check asks for stays exact.
"""

from __future__ import annotations

import re

from wnmon.judge.subject import Subject, complaint
from wnmon.model.json import Json
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said
from wnmon.model.text import cut
from wnmon.wire.request import fill, second_nonce


def wanted(text: Json, subject: Subject) -> str:
    """Return a text that is asked for, with `{{nonce}}`, `{{nonce2}}` and `{{model}}` filled in."""
    return str(fill(text, subject.model, subject.nonce))


def as_drawn(text: str, subject: Subject) -> str:
    """Return a text with each code in it written as it was drawn; all else, and its length, stays as it is."""
    for code in filter(None, (subject.nonce, second_nonce(subject.nonce))):
        # ASCII alone: without it U+212A is a k.
        text = code.join(re.split(re.escape(code), text, flags=re.IGNORECASE | re.ASCII))
    return text


def said(subject: Subject) -> str:
    """Return the text of the first choice, its codes as they were drawn."""
    return as_drawn(subject.reply.text, subject)


def not_recalled(word: str, subject: Subject) -> Finding:
    """Return the complaint about a word the request held and the answer does not."""
    return complaint(subject, Said("request_part_unread"), word, cut(subject.reply.text), "content", Reason.CONTENT)
