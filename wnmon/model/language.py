"""The two languages wnmon speaks, and the choice between the two forms of a text."""

from __future__ import annotations

LANGUAGES = ("en", "zh")

Pair = tuple[str, str]
"""A text in the order of LANGUAGES."""


def language_of(name: str) -> str:
    """Return the one of LANGUAGES that a language or a locale, such as `zh_CN.UTF-8`, means: English for all others."""
    return "zh" if name.lower().startswith("zh") else "en"


def pick(pair: Pair, lang: str) -> str:
    """Return the form of a text in `lang`."""
    return pair[LANGUAGES.index(language_of(lang))]
