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

from wnmon.redact.jsontext import JsonReader, String, Text

MAX_LINES = 500_000
"""Lines looked at. Readers leave the rest unread."""

_BOM = b"\xef\xbb\xbf"
_LINE = re.compile(rb"([^\r\n]*+)(?:\r\n|\r|\n|\Z)")


def channels(body: bytes) -> Iterator[list[String]]:
    """Yield the strings of a body in the groups in which some reader may join them; a group of one is left out."""
    reader = JsonReader(body)
    texts = list(_events(body, reader)) if b"data:" in body else []
    if body.removeprefix(_BOM).lstrip()[:1] in {b"{", b"["}:
        texts.append(reader.read(0, body))
    doubts = sorted({doubt for text in texts for doubt in text.doubts})
    for minded in chain.from_iterable(combinations(doubts, size) for size in range(len(doubts) + 1)):
        yield from _groups(text.strings for text in texts if text.doubts.isdisjoint(minded))


def _groups(texts: Iterable[Iterable[String]]) -> Iterator[list[String]]:
    """Yield the strings of each channel, and those of each place that is not all there is of its channel."""
    by_channel: dict[int, list[String]] = defaultdict(list)
    by_place: dict[tuple[int, int], list[String]] = defaultdict(list)
    for string in chain.from_iterable(texts):
        by_channel[string.channel].append(string)
        if string.place != string.channel:
            by_place[string.place, string.channel].append(string)
    yield from (strings for strings in by_channel.values() if len(strings) > 1)
    for (_, channel), strings in by_place.items():
        if 1 < len(strings) < len(by_channel[channel]):
            yield strings


def _events(body: bytes, reader: JsonReader) -> Iterator[Text]:
    """Yield the data of each event that may be JSON with strings, and at last the other values of each field."""
    fields: dict[bytes, list[tuple[int, bytes]]] = defaultdict(list)
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
                yield reader.read(ranges[0][0], data)
            ranges = []
    yield from (reader.values(name, values) for name, values in fields.items())


def _blanked(body: bytes, ranges: list[tuple[int, int]]) -> bytes:
    """Join ranges, with spaces for all that stands between, so that every byte keeps its distance to the first."""
    pieces, done = [], ranges[0][0]
    for start, end in ranges:
        pieces.append(body[start:end].rjust(end - done))
        done = end
    return b"".join(pieces)
