"""Codes drawn for a run (`{{nonce}}`, `{{nonce2}}`), found in a text whatever the case of their letters.

A model begins a sentence with a capital letter, or speaks in capitals throughout: that is its way of writing and no
fault of the relay. Only the codes are found so. Every other text a rule or a check asks for stays exact.
"""

from __future__ import annotations

import string

from wnmon.judge.subject import Subject, complaint
from wnmon.model.json import Json
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said
from wnmon.model.text import cut
from wnmon.wire.request import fill, second_nonce

_IN_SMALL_LETTERS = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
"""ASCII alone: `lower` would take U+212A for a k, and make two characters of U+0130."""


def wanted(text: Json, subject: Subject) -> str:
    """Return a text that is asked for, with `{{nonce}}`, `{{nonce2}}` and `{{model}}` filled in."""
    return str(fill(text, subject.model, subject.nonce))


def as_drawn(text: str, subject: Subject) -> str:
    """Return a text with each code in it written as it was drawn; all else, and its length, stays as it is."""
    for code in filter(None, (subject.nonce, second_nonce(subject.nonce))):
        text = code.join(_without(code, text))
    return text


def _without(code: str, text: str) -> list[str]:
    """Return what stands between the codes. No pattern: it would be a new one, and so be compiled, for each run."""
    wanted, within = code.translate(_IN_SMALL_LETTERS), text.translate(_IN_SMALL_LETTERS)
    pieces, at = [], 0
    while (found := within.find(wanted, at)) >= 0:
        pieces.append(text[at:found])
        at = found + len(code)
    return [*pieces, text[at:]]


def said(subject: Subject) -> str:
    """Return the text of the first choice, its codes as they were drawn."""
    return as_drawn(subject.reply.text, subject)


def not_recalled(word: str, subject: Subject) -> Finding:
    """Return the complaint about a word the request held and the answer does not."""
    return complaint(subject, Said("request_part_unread"), word, cut(subject.reply.text), "content", Reason.CONTENT)
