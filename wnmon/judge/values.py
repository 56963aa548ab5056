"""Values of YAML that several assertion kinds take, and the one sentence each has for what does not fit."""

from __future__ import annotations

from wnmon.judge.subject import Unfit
from wnmon.model.json import Json, kind_of


def only(word: str, value: Json) -> None:
    """Accept the word, the one form a kind has. Raises Unfit for all else."""
    if value != word:
        raise Unfit("", f"{word}, not {value!r}" if isinstance(value, str) else f"{word}, not {kind_of(value)}")


def number(value: Json, what: str, *, least: int, where: str = "") -> int:
    """Return a whole number of at least `least`; `what` says so in words. Raises Unfit with the pointer `where`."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        raise Unfit(where, f"{what}, not {value if is_number else kind_of(value)}")
    return value
