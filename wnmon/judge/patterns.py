"""Patterns that a hostile relay cannot make slow.

They run under RE2: time linear in the text, no look-around, no back-references (docs/decisions/002).
"""

from __future__ import annotations

from typing import Protocol, cast

import re2

from wnmon.judge.subject import Unfit
from wnmon.model.said import Said


class Pattern(Protocol):
    """A compiled pattern."""

    pattern: str

    def search(self, text: str) -> object | None:
        """Return a match, None where there is none."""
        ...


def compile_pattern(pattern: str, pointer: str = "") -> Pattern:
    """Return the compiled pattern. Raises Unfit where RE2 refuses it."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    try:
        return cast("Pattern", re2.compile(pattern, options))
    except re2.error as refused:
        why = str(refused.args[0] if refused.args else refused).removeprefix("b'").removesuffix("'")
        hint = Said("no_look_around") if "(?" in pattern or "\\1" in pattern else None
        raise Unfit(pointer, Said("pattern_refused", text=repr(pattern), why=why), hint=hint) from None
