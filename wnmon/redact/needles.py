"""Where runs of known texts stand in some data: time linear in the data, whatever the number of texts.

A run is one window of the texts or more, each a byte after the other. A window of `size` bytes holds a whole one of
the data's blocks of `block` bytes that begin at every `stride` bytes, as long as block + stride <= size + 1. So only
these are looked up, in a set of all the texts' blocks. Nearly every data has none of them, and that much is said
without a step of Python per byte. Windows are looked up only around a block that is known.

Measured on 14,000 bytes of a stream, in us (CPython 3.11, best of 40), with 1 and 1,000 secrets:

    bytes.find for some blocks of each text     310  302,700   before: all sizes of windows
    a slice for each place, looked up           180      173   here and below: one size
    isdisjoint over struct.iter_unpack          128      125
    isdisjoint over zip of slices with a step    68       67   but a tuple for each block is 3 times the memory
    isdisjoint over integers of 4 bytes          57       72   but of 1,000 secrets any text has some by chance
    isdisjoint over integers of 5 bytes         100      100   one search serves windows of 8 and of 10
    the same, all made lower case               104      228   36 signs instead of 62: blocks are had by chance again
    isdisjoint over integers of 6 bytes         142      162   chosen, all made lower case
    isdisjoint over integers of 8 bytes          46       49   chosen for hex digits, of which 5 are soon any text's
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

# Blocks looked up at once. Where one of them is known they are gone through, which costs as much again.
_AT_ONCE = 1024
# What is done about a run takes as long as looking at so many places.
_RUN = 8


def windows_of(text: bytes, size: int) -> list[bytes]:
    """Return every `size` bytes of a text that stand side by side."""
    return [text[at : at + size] for at in range(len(text) - size + 1)]


class TooManyPlacesError(Exception):
    """A body holds so many pieces of texts that looking at each would take too long. Never leaves `redact`."""


class Effort:
    """How many more places may be looked at. `take` raises TooManyPlacesError when they are used up."""

    __slots__ = ("_left",)

    def __init__(self, places: int) -> None:
        self._left = places

    def take(self, places: int) -> None:
        """Look at so many."""
        self._left -= places
        if self._left < 0:
            raise TooManyPlacesError


class Needles:
    """The windows of some texts, by size, with the texts' names, and a search for them. False without any.

    Windows of `public` texts are left out. `block` is 8 bytes at most.
    """

    __slots__ = ("_block", "_blocks", "_stride", "_windows")

    def __init__(
        self, texts: Mapping[int, Sequence[tuple[bytes, str]]], public: Iterable[bytes], *, block: int, stride: int
    ) -> None:
        self._block, self._stride = block, stride
        self._blocks: set[int] = set()
        self._windows: dict[int, dict[bytes, str]] = {size: {} for size in texts}
        for size, windows in self._windows.items():
            # Backwards, so that a window of several texts is named after the first.
            for text, name in reversed(texts[size]):
                windows.update(dict.fromkeys(windows_of(text, size), name))
                self._blocks.update(_laid_out(text, block, 1))
            for text in public:
                for window in windows_of(text, size):
                    windows.pop(window, None)

    @property
    def reach(self) -> int:
        """Return how many bytes show at most whether there is a run."""
        return max(self._windows)

    def __bool__(self) -> bool:
        return any(self._windows.values())

    def runs(self, data: bytes, effort: Effort | None = None) -> Iterator[tuple[int, int, str]]:
        """Yield (start, end, name) of every longest run, those of one size in order. Places are taken of `effort`."""
        places = list(self._places(data, effort))
        for size, windows in self._windows.items() if places else ():
            at = 0
            for place in places:
                # The first block in a window begins less than a stride behind the window.
                at = max(at, place - self._stride + 1)
                while at <= place:
                    start = at
                    while data[at : at + size] in windows:
                        at += 1
                    if at > start:
                        if effort is not None:
                            effort.take(_RUN)
                        yield start, at - 1 + size, windows[data[start : start + size]]
                    at += 1

    def _places(self, data: bytes, effort: Effort | None) -> Iterator[int]:
        """Yield where a block of the texts is, of the places that are looked at."""
        step = _AT_ONCE * self._stride
        for first in range(0, len(data), step):
            blocks = _laid_out(data[first : first + step + self._block - 1], self._block, self._stride)
            if not self._blocks.isdisjoint(blocks):
                places = [first + k * self._stride for k, block in enumerate(blocks) if block in self._blocks]
                if effort is not None:
                    effort.take(len(places))
                yield from places


def _laid_out(data: bytes, block: int, stride: int) -> memoryview[int]:
    """Return the blocks at every `stride` bytes as integers, which are equal where the blocks are."""
    count = max(0, (len(data) - block) // stride + 1)
    room = bytearray(8 * count)
    for k in range(block):
        room[k::8] = data[k::stride][:count]
    return memoryview(room).cast("Q")
