"""Patterns that a hostile relay cannot make slow.

They run under RE2: time linear in the text, no look-around, no back-references (docs/decisions/002).
"""

from __future__ import annotations

from typing import Protocol, cast

import re2

from wnmon.judge.subject import Unfit


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
        reason = str(refused.args[0]) if refused.args else "refused"
        text = reason.removeprefix("b'").removesuffix("'")
        raise Unfit(pointer, f"a pattern RE2 accepts, not {pattern!r} ({text})", _hint(pattern)) from None


def _hint(pattern: str) -> str | None:
    if "(?" in pattern or "\\1" in pattern:
        return "look-around and back-references are left out on purpose: they can take unbounded time"
    return None
