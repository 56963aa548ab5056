r"""Regular expressions whose loops never give back what they took, also where CPython has them wrong.

Before 3.11.5 a possessive quantifier after a group, such as `(?:[^"\\]++|\\.)*+`, may match less than it should
(CPython, gh-106052). There the same group repeats without: each of our loops ends before a character that none of its
alternatives begins with, so that nothing it gives back would match either. It finds the same, and holds more memory.
"""

from __future__ import annotations

import re
import sys
from typing import AnyStr

IS_SOUND = sys.version_info >= (3, 11, 5)
_AFTER_A_GROUP = r"\)([*?+])\+"


def possessive(pattern: AnyStr, flags: int = 0, *, is_sound: bool = IS_SOUND) -> re.Pattern[AnyStr]:
    """Compile a pattern; `is_sound`: this Python matches possessive groups as they are meant."""
    return re.compile(pattern if is_sound else plain(pattern), flags)


def plain(pattern: AnyStr) -> AnyStr:
    """Return a pattern whose groups repeat without being possessive."""
    if isinstance(pattern, str):
        return re.sub(_AFTER_A_GROUP, r")\1", pattern)
    return re.sub(_AFTER_A_GROUP.encode(), rb")\1", pattern)
