"""Server-sent events out of timed bytes, after the WHATWG event-stream rules (HTML Living Standard §9.2.5, §9.2.6).

Works on bytes: a line ends at LF, CR or CRLF and nowhere else, so U+2028 and U+0085 inside JSON stay data. How the
network cut the bytes makes no difference; only the stamps come from the chunks. Time is linear in the body's size.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice

from wnmon.model.exchange import Chunk
from wnmon.model.said import Said, Text, fitted
from wnmon.wire.document import read_text
from wnmon.wire.reply import Event, EventStream, Oddity

MAX_EVENTS = 50_000
"""Events read from one stream; the rest is left unread and an oddity `too_many` says so."""
MAX_LINES = 500_000
"""Lines read from one stream: bounds the time spent on a body of nothing but line ends."""
MAX_COMMENTS_KEPT = 1_000
"""Comments whose text is kept; all are counted."""
MAX_FIELDS_KEPT = 1_000
"""Unknown fields kept over the whole stream."""
MAX_ODDITIES = 1_000
"""Oddities kept over the whole stream."""
MAX_NAME_CHARS = 256
"""Kept length of a comment, an event name, an id, a retry or the name of an unknown field."""
MAX_VALUE_CHARS = 65_536
"""Kept length of an unknown field's value."""
_MAX_SEEN_CHARS = 200

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BOM = b"\xef\xbb\xbf"


def parse(chunks: Sequence[Chunk]) -> EventStream:
    """Return every event of a body, each stamped with the arrival of the byte that completed it. Never raises.

    The completing byte is the first byte of the line end that closes the blank line: a CR is not held back for an LF.
    """
    filled = [chunk for chunk in chunks if chunk.data]
    body = b"".join(chunk.data for chunk in filled)
    ends = list(accumulate(len(chunk.data) for chunk in filled))
    parser = _Parser()
    start = len(_BOM) if body.startswith(_BOM) else 0
    if start:
        parser.odd("bom", "byte 0", Said("bom_before_first_line"))
    rest = start
    for line, end, after in islice(_lines(body, start), MAX_LINES):
        rest = after
        if line:
            parser.take_line(line)
        elif parser.pending:
            parser.dispatch(filled[bisect_right(ends, end)].at_ns, terminated=True)
            if len(parser.events) >= MAX_EVENTS:
                break
    return parser.finish(body, rest, filled[-1].at_ns if filled else 0)


def _lines(body: bytes, start: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield (line, offset of its line end, offset of the next line)."""
    if b"\r" not in body:
        while (end := body.find(b"\n", start)) >= 0:
            yield body[start:end], end, end + 1
            start = end + 1
        return
    for match in _LINE_END.finditer(body, start):
        yield body[start : match.start()], match.start(), match.end()
        start = match.end()


class _Parser:
    """The buffers of the standard's algorithm, and what is gathered so far."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._oddities: list[Oddity] = []
        self._comments: list[str] = []
        self._comment_count = 0
        self._field_count = 0
        self._clear()

    def _clear(self) -> None:
        self.pending = False
        self._data: list[str] = []
        self._name = ""
        self._id: str | None = None
        self._retry: str | None = None
        self._fields: list[tuple[str, str]] = []

    def odd(self, kind: str, place: str, seen: Text) -> None:
        """Note an oddity, as long as there is room."""
        if len(self._oddities) < MAX_ODDITIES:
            self._oddities.append(Oddity(kind=kind, place=place, seen=fitted(seen, _MAX_SEEN_CHARS)))

    def take_line(self, line: bytes) -> None:
        """Take one non-empty line: a comment, or a field with or without a value."""
        if line.startswith(b"data: "):
            self.pending = True
            self._data.append(self._text(line[6:]))
            return
        name, _, value = line.partition(b":")
        if name:
            self.pending = True
            self._take_field(name, self._text(value.removeprefix(b" ")))
            return
        comment = self._text(value)
        if self._comment_count < MAX_COMMENTS_KEPT:
            self._comments.append(comment[:MAX_NAME_CHARS])
        self._comment_count += 1

    def _take_field(self, name: bytes, value: str) -> None:
        match name:
            case b"data":
                self._data.append(value)
            case b"event":
                self._name = value[:MAX_NAME_CHARS]
            case b"id" if "\0" in value:
                self.odd("nul_id", self._place, value)
            case b"id":
                self._id = value[:MAX_NAME_CHARS]
            case b"retry" if value.isascii() and value.isdigit():
                self._retry = value[:MAX_NAME_CHARS]
            case b"retry":
                self.odd("bad_retry", self._place, value)
            case _:
                self._take_unknown(self._text(name), value)

    def _take_unknown(self, name: str, value: str) -> None:
        """Keep a field the standard ignores: some relays report a failure in one (`error: {...}`)."""
        value = value[:MAX_VALUE_CHARS]
        if self._field_count < MAX_FIELDS_KEPT:
            self._field_count += 1
            self._fields.append((name[:MAX_NAME_CHARS], value))
            is_json = value.startswith("{") and isinstance(read_text(value).value, dict)
            self.odd("unknown_field_json" if is_json else "unknown_field", self._place, f"{name}: {value}")

    @property
    def _place(self) -> str:
        return f"event {len(self.events)}"

    def _text(self, raw: bytes) -> str:
        """Decode one line's bytes. CR and LF are ASCII, so no character is ever split by a line end."""
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            self.odd("invalid_utf8", self._place, f"byte 0x{raw[error.start]:02x}")
            return raw.decode(errors="replace")

    def dispatch(self, at_ns: int, *, terminated: bool) -> None:
        """Close the event under construction."""
        event = Event(
            index=len(self.events),
            at_ns=at_ns,
            data="\n".join(self._data),
            name=self._name,
            id=self._id,
            retry=self._retry,
            fields=tuple(self._fields),
            comments=tuple(self._comments),
            terminated=terminated,
            has_data=bool(self._data),
        )
        self.events.append(event)
        self._comments.clear()
        self._clear()

    def finish(self, body: bytes, rest: int, last_ns: int) -> EventStream:
        """Return the stream. What follows the last blank line becomes one unterminated event, unless a cap was hit."""
        if rest < len(body) and (len(self.events) >= MAX_EVENTS or _LINE_END.search(body, rest)):
            self.odd("too_many", f"byte {rest}", Said("stream_over_limit"))
        elif rest < len(body):
            self.take_line(body[rest:])
        if self.pending:
            self.odd("unterminated", self._place, Said("last_event_not_ended"))
            self.dispatch(last_ns, terminated=False)
        return EventStream(events=tuple(self.events), oddities=tuple(self._oddities), comment_count=self._comment_count)
