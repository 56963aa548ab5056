"""Short texts in some data, where each stands as a word: a key `abc` is found in `key=abc`, and not in `abcdef`.

Of a text too short to be known by its pieces only the whole tells, and only where nothing goes on beside it. So each
stretch of letters and digits in the data is looked up, whatever the number of texts; around one that is known the whole
text is compared. Letters and digits are those of ASCII: `密钥abc无效` holds a word, since Chinese has no blanks.

    the data                   the text `a.b1`
    -------------------------  --------------------------------------------------
    (a.b1)                     found: `b1` is looked up, `a.` stands before it
    xa.b1, a.b12               not: `x` goes on before `a`, `2` after `b1`
    {"n": 42}, the text `42`   not: JSON would be none with a marker for a number
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from wnmon.redact.needles import Effort

_WORD = re.compile(rb"[a-z0-9]+")
_NUMERIC = re.compile(rb"[0-9.e+-]+")
_IN_A_NUMBER = frozenset(b"0123456789.e+-")
_BLANKS = b" \t\r\n"
# Longer ones are no number to JSON's readers (see `jsontext`), nor is there more blank room around one.
_LOOK_BYTES = 40


class Words:
    """Some texts in lower case, with their names, and a search for them. False without any."""

    __slots__ = ("_by_word", "_signs")

    def __init__(self, texts: Iterable[tuple[bytes, str]]) -> None:
        # By the longest word of each text: the text, where in it the word stands, its name.
        self._by_word: dict[bytes, list[tuple[bytes, int, str]]] = defaultdict(list)
        self._signs: list[tuple[bytes, str]] = []
        for text, name in texts:
            longest = max(_WORD.finditer(text), key=lambda found: len(found[0]), default=None)
            if longest is None:
                self._signs.append((text, name))
            else:
                self._by_word[longest[0]].append((text, longest.start(), name))

    @property
    def reach(self) -> int:
        """Return how many bytes show at most whether a text stands there, with what stands beside it."""
        texts = [text for row in self._by_word.values() for text, _, _ in row] + [text for text, _ in self._signs]
        return max(map(len, texts), default=0) + 2 * _LOOK_BYTES + 2

    def __bool__(self) -> bool:
        return bool(self._by_word or self._signs)

    def runs(self, data: bytes, effort: Effort | None = None) -> Iterator[tuple[int, int, str]]:
        """Yield (start, end, name) of each text that stands as a word in data of lower case."""
        if self._by_word and not self._by_word.keys().isdisjoint(_WORD.findall(data)):
            for found in _WORD.finditer(data):
                for text, offset, name in self._by_word.get(found[0], ()):
                    if effort is not None:
                        effort.take(1)
                    start = found.start() - offset
                    if start >= 0 and data.startswith(text, start) and _stands_alone(data, start, start + len(text)):
                        yield start, start + len(text), name
        for text, name in self._signs:
            start = data.find(text)
            while start >= 0:
                if effort is not None:
                    effort.take(1)
                yield start, start + len(text), name
                start = data.find(text, start + len(text))


def _stands_alone(data: bytes, start: int, end: int) -> bool:
    """Tell whether no word goes on beside a text, and whether it is no number of JSON."""
    if _is_within_a_word(data, start) or _is_within_a_word(data, end):
        return False
    return not (_NUMERIC.fullmatch(data, start, end) and _is_number(data, start, end))


def _is_within_a_word(data: bytes, at: int) -> bool:
    return 0 < at < len(data) and _WORD.fullmatch(data, at - 1, at + 1) is not None


def _is_number(data: bytes, start: int, end: int) -> bool:
    """Tell whether digits are of a number that stands where JSON has values."""
    first, last = max(0, start - _LOOK_BYTES), end + _LOOK_BYTES
    while start > first and data[start - 1] in _IN_A_NUMBER:
        start -= 1
    while end < min(last, len(data)) and data[end] in _IN_A_NUMBER:
        end += 1
    before, after = data[first:start].rstrip(_BLANKS)[-1:], data[end:last].lstrip(_BLANKS)[:1]
    return before in (b":", b",", b"[") and after in (b",", b"}", b"]")
