"""The two languages a board is written in. Needs the development dependencies, as all of this package."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """Calling it with a text in English and in Chinese chooses. `suffix` ends the uid of a board in that language."""

    folder: str
    suffix: str
    chinese: bool

    def __call__(self, en: str, zh: str) -> str:
        """Return the text in this language."""
        return zh if self.chinese else en


ENGLISH = Language(folder="", suffix="", chinese=False)
CHINESE = Language(folder="zh/", suffix="-zh", chinese=True)
LANGUAGES = (ENGLISH, CHINESE)
