"""Text from outside made safe to show: the relay chooses it, so none of it may act on a screen or in a CI.

A CI reads the log it prints: `::name` at the start of a line (GitHub), `##[name]`, `##vso[...]` and `##teamcity[...]`
anywhere on one (Azure, TeamCity, GitHub's older form) are commands to it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from wnmon.model.check import Rule
from wnmon.model.result import Reason
from wnmon.model.said import Hole, say
from wnmon.model.text import cut, visible

MAX_VALUE_CHARS = 200
MAX_MESSAGE_CHARS = 2000

_ON_A_LINE = re.compile(r"##(?=[A-Za-z]*\[)")
_AT_ITS_START = re.compile(r"^([^\S\n]*)::", re.MULTILINE)


def word(key: str, lang: str, **holes: Hole) -> str:
    """Return a word or sentence that only reports say, in `lang`."""
    return say(f"report_{key}", lang, **holes)


def named(reason: Reason, lang: str) -> str:
    """Return the name of a reason as reports and metrics know it, behind its meaning where that is another language."""
    meant = say(f"within_reason_{reason.value}", lang)
    return meant if meant == reason.value else f"{meant} {reason.value}"


def in_words(texts: Mapping[str, str], lang: str) -> str:
    """Return what a suite says in `lang`, else in English, "" where it says nothing."""
    return texts.get(lang) or texts.get("en") or ""


def explained(rule: Rule | None, lang: str) -> list[tuple[str, str]]:
    """Return what a suite explains of a rule: each part behind the word it stands under."""
    if rule is None or rule.explain is None:
        return []
    parts = (("why_it_matters", rule.explain.why), ("how_broken", rule.explain.wrong), ("how_fixed", rule.explain.fix))
    return [(title, text) for title, texts in parts if (text := in_words(texts, lang))]


def more(left: int, lang: str) -> list[str]:
    """Return a line that says how many are not shown, none where all are."""
    return [word("more", lang, n=left)] if left > 0 else []


def clear(text: str, limit: int = MAX_VALUE_CHARS) -> str:
    """Return `text` made visible and cut to `limit` characters, the last of which is then an ellipsis."""
    return cut(visible(text[: limit + 1]), limit)


def shown(text: str, limit: int = MAX_VALUE_CHARS) -> str:
    """Return `text` as `clear` does, and what a CI would obey anywhere on a line written as an escape."""
    return cut(_ON_A_LINE.sub(r"\\x23#", clear(text, limit)), limit)


def commands(text: str) -> bool:
    """Tell whether a CI that prints these lines would obey one of them."""
    return _ON_A_LINE.search(text) is not None or _AT_ITS_START.search(text) is not None


def without_commands(markup: str) -> str:
    """Return XML or HTML that reads the same and holds no line a CI obeys: references in place of the characters."""
    return _ON_A_LINE.sub("&#35;#", _AT_ITS_START.sub(r"\1&#58;:", markup))


def utc(at_s: float) -> datetime:
    """Return epoch seconds as a UTC date and time."""
    return datetime.fromtimestamp(at_s, UTC)


def iso(at_s: float) -> str:
    """Return epoch seconds as RFC 3339 in UTC, with milliseconds."""
    return utc(at_s).isoformat(timespec="milliseconds").replace("+00:00", "Z")
