"""What a model told of how it wants to be asked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from wnmon.model.parameters import Parameters
from wnmon.model.said import Text


class Taught(StrEnum):
    """What is done to a parameter from then on."""

    RENAMED = "renamed"
    DROPPED = "dropped"
    ADDED = "added"
    ONLY_STREAMS = "only_streams"
    MORE_TOKENS = "more_tokens"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A parameter, what is done to it from then on, how one asks by it, and the relay's own `words`.

    `exchange` is the place of the answer that taught it among those of the run, None where it was learnt in another
    run; `step` is the request it came to. That answer is kept, and no rule is judged on it.
    """

    taught: Taught
    parameter: str
    how: Text
    words: str = ""
    exchange: int | None = None
    step: str = ""

    @property
    def key(self) -> tuple[Taught, str]:
        """Return what tells one lesson from another."""
        return self.taught, self.parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """A lesson, and how to ask by it."""

    lesson: Lesson
    change: Parameters
