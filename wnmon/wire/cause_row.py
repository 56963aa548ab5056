"""A row of the table of causes, and how its wordings are held against what a relay says."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from wnmon.model.result import Layer, Reason, Scope

_ENDING = "*"
_WHOLE = "= "
_SEPARATORS = re.compile(r"[_.\- ]")
_PIECE = re.compile(r" ?<name> ?|.", re.DOTALL)
_AS_PATTERN = {
    "(": "(?:",
    "|": "|",
    ")": ")",
    " ": r"\s+",
    "…": r"(?:[^.!?。！？\n]|\.(?=\S)){0,80}?",
    "#": r"[0-9][0-9.,]*",
    "'": "['’]",
    "<name>": r"(?:[\s:=]*[`'\"“‘(]*[^\s`'\"”’。，]{1,100}[`'\"”’),:]*)?\s*",
}
_CHOICE_OR_WORDS = re.compile(r"\(([^()]*)\)|([^()]+)")
_OPEN = re.compile(r"<name>|[…#']")
# Words of both scripts may stand side by side: an end is only inside a word where both sides are of the Latin one.
_FROM_HERE = r"(?:(?<![a-z0-9_])|(?![a-z0-9_]))"
_TO_HERE = r"(?:(?![a-z0-9_])|(?<![a-z0-9_]))"


class Where(StrEnum):
    """What of an error a row looks at. The order is that of the rounds."""

    CODE = "code"
    BASE_RESP = "base_resp"
    TYPE = "type"
    WORDING = "wording"
    STATUS = "status"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A way to refuse, as the head of `checks/tables/causes.yaml` tells. `also` is its `with`."""

    vendor: str
    where: Where
    says: tuple[str, ...]
    reason: Reason
    scope: Scope
    source: str
    layer: Layer | None = None
    status: tuple[int, ...] = ()
    also: str | None = None


def means(said: str, words: Iterable[str]) -> bool:
    """Tell whether a code or type of the table is among the words, however they are spelt."""
    wanted = plain(said.removesuffix(_ENDING))
    if said.endswith(_ENDING):
        return any(plain(word).startswith(wanted) for word in words)
    return any(plain(word) == wanted for word in words)


def plain(word: str) -> str:
    """Return a code or type without case and separators: `InvalidApiKey` is `invalid_api_key`."""
    return _SEPARATORS.sub("", word).lower()


def reads(wording: str, message: str) -> bool:
    """Tell whether a message in lower case holds a wording."""
    return any(words in message for words in _needed(wording)) and _pattern(wording).search(message) is not None


@cache
def _needed(wording: str) -> tuple[str, ...]:
    """Return words of which a message must hold one, to look no further in most: a pattern is dear to make.

    Of all parts of a wording that cannot be left out, the one whose shortest choice is the longest.
    """
    parts = _CHOICE_OR_WORDS.findall(wording.removeprefix(_WHOLE).lower())
    choices = [tuple(map(_longest_words, (choice or text).split("|"))) for choice, text in parts]
    return max(choices, key=lambda words: min(map(len, words)))


def _longest_words(choice: str) -> str:
    return max((words.strip() for words in _OPEN.split(choice)), key=len)


@cache
def _pattern(wording: str) -> re.Pattern[str]:
    text = wording.removeprefix(_WHOLE).lower()
    pieces = (piece.strip() or " " for piece in _PIECE.findall(text))
    inner = "".join(_AS_PATTERN.get(piece) or re.escape(piece) for piece in pieces)
    if wording.startswith(_WHOLE):
        return re.compile(rf"\s*(?:{inner})[\s.!]*\Z")
    return re.compile(f"{_FROM_HERE}(?:{inner}){_TO_HERE}")
