"""Which strings of a body some reader may join, and where in the body each stands.

    strings                                              are joined
    at one place of several events                       in the order of the events (WHATWG HTML §9.2.6)
    at places that readers take for one channel          likewise, in one document too: see `jsontext`
    of plain `data`, of one other field, of comments     in the order of the lines

A reader skips an event that it cannot read, and so joins what stands before and after it. Which ones those are depends
on the reader, so every set of doubts a reader may have is tried, of those that the events raise: mostly none.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain, combinations, islice

from wnmon.redact.jsontext import JsonReader, Piece, Text

MAX_LINES = 500_000
"""Lines looked at. Readers leave the rest unread."""

_BOM = b"\xef\xbb\xbf"
_LINE = re.compile(rb"([^\r\n]*+)(?:\r\n|\r|\n|\Z)")

Fields = defaultdict[bytes, list[Piece]]


def channels(body: bytes) -> Iterator[list[Piece]]:
    """Yield the strings of a body in the groups in which some reader may join them; a group of one is left out."""
    fields: Fields = defaultdict(list)
    texts = list(_texts(body, fields))
    doubts = sorted({doubt for text in texts for doubt in text.doubts})
    for minded in chain.from_iterable(combinations(doubts, size) for size in range(len(doubts) + 1)):
        yield from _groups(text for text in texts if text.doubts.isdisjoint(minded))
    yield from (pieces for pieces in fields.values() if len(pieces) > 1)


def _groups(texts: Iterable[Text]) -> Iterator[list[Piece]]:
    """Yield the pieces of each channel, and those of each place that is not all there is of its channel."""
    by_channel: dict[int, list[Piece]] = defaultdict(list)
    by_place: dict[tuple[int, int], list[Piece]] = defaultdict(list)
    for text in texts:
        for number, place, channel in text.slots:
            piece = text.pieces[number]
            by_channel[channel].append(piece)
            if place != channel:
                by_place[place, channel].append(piece)
    yield from (pieces for pieces in by_channel.values() if len(pieces) > 1)
    for (_, channel), pieces in by_place.items():
        if 1 < len(pieces) < len(by_channel[channel]):
            yield pieces


def _texts(body: bytes, fields: Fields) -> Iterator[Text]:
    """Yield every JSON text of a body: the data of each event that may be JSON, and the body that may."""
    reader = JsonReader(body)
    if b"data:" in body:
        for start, data in _events(body, fields):
            yield reader.read(start, data)
    if body.removeprefix(_BOM).lstrip()[:1] in {b"{", b"["}:
        yield reader.read(0, body)


def _events(body: bytes, fields: Fields) -> Iterator[tuple[int, bytes]]:
    """Yield (offset, data) of each event that may be JSON with strings; all else goes to the fields by name."""
    ranges: list[tuple[int, int]] = []
    lines = _LINE.finditer(body, len(_BOM) if body.startswith(_BOM) else 0)
    for line in islice(lines, MAX_LINES + 1):
        name, _, value = line[1].partition(b":")
        end = line.end(1)
        start = end - len(value.removeprefix(b" "))
        if name == b"data":
            ranges.append((start, end))
        elif value:
            fields[name].append((start, body[start:end]))
        elif ranges and not line[1]:
            data = _blanked(body, ranges)
            if data.lstrip()[:1] not in {b"{", b"[", b'"'}:
                fields[b"data"].extend((start, body[start:end]) for start, end in ranges)
            elif b'"' in data:
                yield ranges[0][0], data
            ranges = []


def _blanked(body: bytes, ranges: list[tuple[int, int]]) -> bytes:
    """Join ranges, with spaces for all that stands between, so that every byte keeps its distance to the first."""
    pieces, done = [], ranges[0][0]
    for start, end in ranges:
        pieces.append(body[start:end].rjust(end - done))
        done = end
    return b"".join(pieces)
