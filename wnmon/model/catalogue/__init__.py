"""Every sentence wnmon says, by id, in English and Chinese: the only place where words for people stand, but for the rules of a suite (`checks/`).

Holes are filled by whoever says the sentence (`wnmon.model.said`). JSON types, members, YAML keys and option names stay
English in both: they are what a reader looks for. To change what is said, change it here; an id stays for good, since
reports carry it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from wnmon.model.language import Pair

ROOMS = (
    "verdicts",
    "findings",
    "answers",
    "exchanges",
    "pace",
    "account",
    "reports",
    "records",
    "page",
    "web",
    "notify",
    "config",
    "cli",
    "first",
    "selftest",
)
"""The modules whose SENTENCES are the catalogue's, in its order."""

_HELPFUL = ("cli", "first", "account", "selftest")
"""Where each sentence of a help page stands."""


class _Catalogue(Mapping[str, Pair]):
    """Opens a room when a sentence is looked for that no room before it has: all of them take half of a `--help`."""

    def __init__(self) -> None:
        self._open: dict[str, Pair] = {}
        self._closed = [*_HELPFUL, *(room for room in ROOMS if room not in _HELPFUL)]

    def __getitem__(self, name: str) -> Pair:
        while name not in self._open and self._closed:
            self._open.update(sentences(self._closed[0]))
            self._closed.pop(0)  # once it is open: another thread may look at the same time
        return self._open[name]

    def __iter__(self) -> Iterator[str]:
        for room in ROOMS:
            yield from sentences(room)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def sentences(room: str) -> Mapping[str, Pair]:
    """Return what one room has to say."""
    found: Mapping[str, Pair] = import_module(f"{__name__}.{room}").SENTENCES
    return found


def is_on_help_pages(name: str) -> bool:
    """Tell whether there is such a sentence of a help page."""
    return any(name in sentences(room) for room in _HELPFUL)


CATALOGUE: Mapping[str, Pair] = _Catalogue()
