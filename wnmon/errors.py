"""What can go wrong in wnmon itself. A relay's misbehaviour is never an exception, it is a value in the Exchange.

    WnmonError           exit  what the person at the terminal can do
    ├── UsageError        2    the command line asks for something that cannot be done
    ├── ConfigError       2    files are wrong; carries every problem of every file at once
    └── InternalError     4    wnmon itself is broken

Only `wnmon.cli` turns one of these into an exit code. A message may quote what a person wrote, and that may be a key in
the wrong place: a word that looks like one is masked as the error is made, so whoever shows it shows none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wnmon.model.said import Said, Text, mapped


class WnmonError(Exception):
    """Root of the tree: a message, the exit code it means, and a hint on what to do."""

    exit_code = 4

    def __init__(self, message: Text, *, hint: Text | None = None) -> None:
        self.message = mapped(message, _masked)
        self.hint = hint and mapped(hint, _masked)
        super().__init__(str(self.message))


class UsageError(WnmonError):
    """The command line is at fault."""

    exit_code = 2


class ConfigError(WnmonError):
    """One or more files are at fault; `problems` are rendered lines `file:line:column path: what ...`."""

    exit_code = 2

    def __init__(self, problems: Sequence[Text], *, hint: Text | None = None) -> None:
        self.problems = tuple(mapped(problem, _masked) for problem in problems)
        super().__init__("\n".join(map(str, self.problems)), hint=hint)


class InternalError(WnmonError):
    """A bug in wnmon."""

    exit_code = 4


def did_you_mean(name: str, known: Iterable[str]) -> Said | None:
    """Return a hint with the nearest known name; with the whole list when nothing is near and the list is short."""
    from difflib import get_close_matches  # as below: no command that goes well has a use for it

    names = sorted(known)
    near = get_close_matches(name[:64], names, n=1, cutoff=0.6)
    if near:
        return Said("did_you_mean", text=near[0])
    if names and len(names) <= 16:
        return Said("one_of", text=", ".join(names))
    return None


def place_of(error: BaseException) -> str:
    """Name an unexpected error and where it arose, without its text: a text may quote a secret."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {frames[-1].name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"


def _masked(text: str) -> str:
    from wnmon.model.credentials import masked

    return masked(text)
