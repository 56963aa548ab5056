"""What readers may join of a body of events that are alike, at the speed of `bytes.split`. Says nothing of others.

The events of a stream differ in what stands between quotes. All else, the outline, tells with the names in it where
each string belongs, so an outline is understood once, and for the streams after it as well:

    a body                                                                 is read
    of `data: {...}` lines, each with a blank one after it, and [DONE]     by outlines
    of one JSON object or array                                            by its outline
    the same, a text of which has an escaped quote                         there by `jsontext`
    with other lines, a control character, no UTF-8, or a text that        by `channels`, which knows all there is
        some reader may skip

What comes out is no place of the body: it says that there is nothing to redact, or that `channels` has to find it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter

from wnmon.model.possessive import possessive
from wnmon.redact.escapes import JSON_ESCAPE, unescape
from wnmon.redact.jsontext import JsonReader

MOST_KNOWN = 500
"""Outlines, shapes and places known at once; then all are let go."""
MOST_BYTES = 4_096
"""Of a text whose outline is worth being known: that of a token has 250."""

_ODD = bytes({*range(32)} - {10})
_PLAIN = possessive(rb'(?:[^\\]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+')
_DONE = b"data: [DONE]"
_ESCAPES = (b"\\", b"%", b"&")

Outline = tuple[bytes, ...]
Getter = Callable[[list[bytes]], tuple[bytes, ...]]
Place = tuple[int, int]


class Outlines:
    """Knows outlines. For one body at a time. `reader` reads what is not known."""

    __slots__ = ("_names", "_reader", "_rows")

    def __init__(self, reader: JsonReader | None = None) -> None:
        self._reader = reader or JsonReader(b"")
        # By outline: what gives the names of a text. By both: what gives its strings, and where each belongs.
        self._names: dict[Outline, Getter] = {}
        self._rows: dict[tuple[Outline, tuple[bytes, ...]], tuple[Getter, Sequence[Place]]] = {}

    @property
    def is_full(self) -> bool:
        """Tell whether enough is known."""
        return max(len(self._rows), self._reader.knows) >= MOST_KNOWN

    def joined(self, body: bytes, reach: int) -> list[bytes] | None:
        """Return what readers may join, as they read it; None where only `channels` can tell.

        Of one text over and over so much is joined that any run of `reach` bytes shows.
        """
        texts = _texts(body)
        if texts is None:
            return None
        by_channel: dict[int, list[bytes]] = defaultdict(list)
        by_place: dict[Place, list[bytes]] = defaultdict(list)
        for text in texts:
            found = self._strings(text)
            if found is None:
                return None
            for place, raw in found:
                by_channel[place[1]].append(raw)
                if place[0] != place[1]:
                    by_place[place].append(raw)
        groups = [raws for raws in by_channel.values() if len(raws) > 1]
        groups += [raws for place, raws in by_place.items() if 1 < len(raws) < len(by_channel[place[1]])]
        return [_join(raws, reach) for raws in groups]

    def _strings(self, text: bytes) -> Iterable[tuple[Place, bytes]] | None:
        """Return the strings of a JSON text, in order, each with its place and channel; None where one may skip it."""
        if b'\\"' in text:
            read = self._reader.read(0, text)
            return None if read.doubts else (((one.place, one.channel), one.raw) for one in read.strings)
        pieces = text.split(b'"')
        outline, inside = tuple(pieces[::2]), pieces[1::2]
        names = self._names.get(outline)
        row = None if names is None else self._rows.get((outline, names(inside)))
        if row is None:
            return self._learn(text, outline, inside)
        return zip(row[1], row[0](inside), strict=True)

    def _learn(self, text: bytes, outline: Outline, inside: list[bytes]) -> Iterable[tuple[Place, bytes]] | None:
        read = self._reader.read(0, text)
        are_names = [piece.lstrip(b" \n")[:1] == b":" for piece in outline[1:]]
        if read.doubts or len(inside) != len(are_names) or len(read.strings) != are_names.count(False):
            return None
        places = [(string.place, string.channel) for string in read.strings]
        if not self.is_full and len(text) <= MOST_BYTES:
            names = self._names[outline] = _getter([k for k, is_name in enumerate(are_names) if is_name])
            strings = _getter([k for k, is_name in enumerate(are_names) if not is_name])
            self._rows[outline, names(inside)] = (strings, places)
        return zip(places, (string.raw for string in read.strings), strict=True)


def _getter(places: Sequence[int]) -> Getter:
    """Return what gives the items at these places."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda items: tuple(items[place] for place in places)


def _texts(body: bytes) -> Sequence[bytes] | None:
    """Return the JSON texts of a body, None where it is anything else than those, or odd."""
    if len(body.translate(None, _ODD)) < len(body) or not _is_utf8(body):
        return None
    if b"\\" in body and not _PLAIN.fullmatch(body):
        return None
    if body[:1] in {b"{", b"["}:
        return None if b"data:" in body else (body,)
    *events, rest = body.split(b"\n\n")
    if rest or events.count(_DONE) > 1:
        return None
    texts = [event[6:] for event in events if event.startswith(b"data: {") and b"\n" not in event]
    return texts if len(texts) + events.count(_DONE) == len(events) else None


def _is_utf8(body: bytes) -> bool:
    try:
        return body.isascii() or bool(body.decode())
    except UnicodeDecodeError:
        return False


def _join(raws: Sequence[bytes], reach: int) -> bytes:
    first = raws[0]
    if first and raws.count(first) == len(raws) and not any(sign in first for sign in _ESCAPES):
        raws = raws[: reach // len(first) + 2]
    return b"".join(unescape(raw, JSON_ESCAPE) if b"\\" in raw else raw for raw in raws)


_POOL: list[Outlines] = []


@contextmanager
def outlines() -> Iterator[Outlines]:
    """Give what is known of outlines to one thread while the block runs."""
    try:
        known = _POOL.pop()
    except IndexError:
        known = Outlines()
    yield known
    if not known.is_full:
        _POOL.append(known)
