"""What is wrong with a file: where, what, instead of what, and what to do. All problems are shown at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from wnmon.errors import ConfigError
from wnmon.model.said import Said, Text

_SHOWN_PROBLEMS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing to mend. `line` and `column` count from 1 in characters; `path` is "" for the whole file."""

    file: str
    line: int
    column: int
    path: str
    message: Text
    hint: Text | None = None

    def said(self) -> Said:
        """Return `file:line:column path: what, instead of what, hint` as one sentence."""
        place = f"{self.file}:{self.line}:{self.column}"
        said = Said("with_hint", said=self.message, hint=self.hint) if self.hint else self.message
        return Said("problem", place=f"{place} {self.path}" if self.path else place, said=said)


class BrokenConfigError(ConfigError):
    """Files are wrong: every problem, sorted by file and place, each line once, at most 200 of them.

    `files` are those read before giving up, so that a watcher can wait for them to be mended.
    """

    def __init__(self, problems: Iterable[Problem], files: tuple[Path, ...] = ()) -> None:
        ordered = sorted(dict.fromkeys(problems), key=lambda one: (one.file, one.line, one.column, one.path))
        said = [problem.said() for problem in ordered[:_SHOWN_PROBLEMS]]
        if len(ordered) > _SHOWN_PROBLEMS:
            said.append(Said("more_problems", n=len(ordered) - _SHOWN_PROBLEMS))
        super().__init__(said)
        self.files = files
