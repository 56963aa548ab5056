"""Values of YAML that several assertion kinds take, and the one sentence each has for what does not fit."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

from wnmon.judge.subject import Unfit
from wnmon.model.duration import parse_duration_s
from wnmon.model.json import Json, kind_of
from wnmon.model.said import Said, Text


def listed(joint: str, texts: Iterable[Text]) -> Text:
    """Return texts as a list such as `a, b or c`, "" for none. `joint` is `and` or `either`."""
    *before, last = [*texts] or [""]
    if not before:
        return last
    several = reduce(lambda one, other: Said("listed", one=one, other=other), before)
    return Said(f"listed_{joint}", one=several, other=last)


def only(word: str, value: Json) -> None:
    """Accept the word, the one form a kind has. Raises Unfit for all else."""
    if value != word:
        raise Unfit("", word, repr(value) if isinstance(value, str) else kind_of(value))


def seconds(value: str, where: str) -> float:
    """Return a duration in seconds. Raises Unfit with the pointer `where`."""
    try:
        return parse_duration_s(value)
    except ValueError as wrong:
        raise Unfit(where, wrong.args[0]) from None


def number(value: Json, what: Said, *, least: int, where: str = "") -> int:
    """Return a whole number of at least `least`; `what` says so in words. Raises Unfit with the pointer `where`."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        raise Unfit(where, what, str(value) if is_number else kind_of(value))
    return value
