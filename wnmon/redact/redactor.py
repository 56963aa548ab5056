"""Redaction by value: every run of 8 or more bytes that is part of a secret becomes a typed marker.

Found as it is, under JSON, percent and HTML escapes and nestings of them, as base64 (both alphabets, any alignment)
and as hex. Case matters. A secret under 8 bytes has no such run and is not looked for; the configuration refuses
secrets under 12 characters. Pure, never raises, and linear in the text: see `_Needles`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import heapify, heappop, heapreplace

from wnmon.model.target import Secret
from wnmon.redact.escapes import JSON_ESCAPE, may_be_escape, views

MIN_RUN_BYTES = 8
_UNSAFE_IN_NAME = re.compile(r"[^A-Za-z0-9_.:-]")

# A marker beside leftover bytes may complete a run only for a secret that holds a piece of a marker itself.
_PASSES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Bytes start..end are part of a secret. `secret_name` is fit for a marker: `[A-Za-z0-9_.:-]{1,64}`."""

    start: int
    end: int
    secret_name: str

    @property
    def marker(self) -> str:
        """Return what stands in place of the bytes: ASCII, and safe in JSON, headers and HTML."""
        return f"[redacted:{self.secret_name}]"


def merge(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order, overlapping and touching ones joined under the name of the first."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda span: span.start):
        if not merged or span.start > merged[-1].end:
            merged.append(span)
        elif span.end > merged[-1].end:
            merged[-1] = Span(start=merged[-1].start, end=span.end, secret_name=merged[-1].secret_name)
    return merged


class Redactor:
    """Knows some secrets and takes them out of text and bytes. Its repr shows none."""

    __slots__ = ("_mixed", "_needles")

    def __init__(self, secrets: Iterable[Secret]) -> None:
        values = [(secret.reveal(), secret.name) for secret in secrets]
        raw = [(form, name) for value, name in values for form in _forms(value)]
        self._mixed = any(may_be_escape(form) for form, _ in raw)
        self._needles = _needles(raw)

    def text(self, text: str) -> str:
        """Return the text without secrets; the same object when there was none."""
        data = text.encode(errors="surrogatepass")
        redacted = self.data(data)
        return text if redacted is data else redacted.decode(errors="surrogatepass")

    def data(self, data: bytes) -> bytes:
        """Return the bytes without secrets; the same object when there was none."""
        for _ in range(_PASSES):  # pragma: no branch - no secret is known that needs them all
            spans = self.spans(data)
            if not spans:
                break
            data = _replaced(data, spans)
        return data

    def spans(self, data: bytes) -> list[Span]:
        """Return where parts of secrets stand, in order, apart from each other, never cutting an escape or a letter."""
        if not self._needles:
            return []
        found: list[Span] = []
        for view in views(data, mixed=self._mixed):
            for needles in self._needles:
                for start, end, name in needles.runs(view.data):
                    found.append(_whole(data, *view.origin(start, end), name))
        return merge(found)


def _replaced(data: bytes, spans: list[Span]) -> bytes:
    pieces, done = [], 0
    for span in spans:
        pieces += [data[done : span.start], span.marker.encode()]
        done = span.end
    return b"".join([*pieces, data[done:]])


def _forms(value: str) -> set[bytes]:
    """Return the bytes a secret may be on the wire: UTF-8, Latin-1, UTF-8 read as Latin-1, form-encoded spaces."""
    utf8 = value.encode(errors="surrogatepass")
    forms = {utf8, utf8.replace(b" ", b"+")}
    if not value.isascii():
        forms.add(utf8.decode("latin-1").encode())
    if all(character <= "\xff" for character in value):
        forms.add(value.encode("latin-1"))
    return forms


def _needles(raw: list[tuple[bytes, str]]) -> list[_Needles]:
    """Return what to look for. Windows that a marker itself holds are left out, or markers were redacted for ever."""
    windows = {window for form, _ in raw for window in _windows(form, MIN_RUN_BYTES)}
    named = [(form, _label(name, windows)) for form, name in raw]
    public = b"\0".join(f"[redacted:{name}]".encode() for _, name in named)
    in_base64 = [(text, name) for form, name in named for text in _base64_forms(form)]
    in_hex = [(text, name) for form, name in named for text in (form.hex().encode(), form.hex().upper().encode())]
    # 8 bytes of a secret wholly determine 10 base64 characters at every alignment, and are 16 hex digits.
    tables = [
        _Needles(named, size=MIN_RUN_BYTES, block=5, public=public),
        _Needles(in_base64, size=10, block=6, public=public),
        _Needles(in_hex, size=2 * MIN_RUN_BYTES, block=9, public=public),
    ]
    return [table for table in tables if table.windows]


def _label(name: str, windows: set[bytes]) -> str:
    label = _UNSAFE_IN_NAME.sub("_", name)[:64] or "secret"
    return "secret" if windows.intersection(_windows(label.encode(), MIN_RUN_BYTES)) else label


def _windows(text: bytes, size: int) -> list[bytes]:
    return [text[i : i + size] for i in range(len(text) - size + 1)]


def _base64_forms(form: bytes) -> Iterator[bytes]:
    """Yield the base64 characters that the bytes alone determine, at each alignment and in both alphabets."""
    for lead in range(3):
        encoded = base64.b64encode(bytes(lead) + form)
        sure = encoded[-(-8 * lead // 6) : 8 * (lead + len(form)) // 6]
        yield from {sure, sure.translate(bytes.maketrans(b"+/", b"-_"))}


class _Needles:
    """All windows of `size` bytes of some texts, and a search for runs of them.

    Every window holds one of the texts' blocks of `block` bytes taken every size - block + 1 bytes, so a fourth of the
    windows has to be searched for, with bytes.find. The searches advance together: none looks again at what a run
    has covered, which keeps the whole linear even in a text made of secrets alone.
    """

    __slots__ = ("_blocks", "_reach", "_size", "windows")

    def __init__(self, texts: list[tuple[bytes, str]], *, size: int, block: int, public: bytes) -> None:
        self._size, self._reach = size, size - block
        self.windows: dict[bytes, str] = {}
        blocks: set[bytes] = set()
        for text, name in texts:
            for window in _windows(text, size):
                if window not in public:
                    self.windows.setdefault(window, name)
            blocks.update(text[at : at + block] for at in range(0, len(text) - block + 1, self._reach + 1))
        self._blocks = sorted(blocks)

    def runs(self, data: bytes) -> Iterator[tuple[int, int, str]]:
        """Yield (start, end, name) of every maximal run of windows, in order."""
        heads = [(at, block) for block in self._blocks if (at := data.find(block)) >= 0]
        heapify(heads)
        done = 0
        while heads:
            at, block = heads[0]
            start = self._first_window(data, max(done, at - self._reach), at)
            if start is not None:
                done = self._first_other(data, start)
                yield start, done - 1 + self._size, self.windows[data[start : start + self._size]]
            following = data.find(block, max(done, at + 1 if start is None else at))
            if following < 0:
                heappop(heads)
            else:
                heapreplace(heads, (following, block))

    def _first_window(self, data: bytes, low: int, high: int) -> int | None:
        """Return the first place from low to high, both included, where a window stands."""
        return next((at for at in range(low, high + 1) if data[at : at + self._size] in self.windows), None)

    def _first_other(self, data: bytes, start: int) -> int:
        """Return the first place from start where no window stands."""
        while data[start : start + self._size] in self.windows:
            start += 1
        return start


def _whole(data: bytes, start: int, end: int, name: str) -> Span:
    """Widen a run so that it cuts neither a JSON escape nor a UTF-8 character: what was valid stays valid."""
    start, end = _whole_escapes(data, start, end)
    lead = _continuations(data[max(0, start - 3) : start + 1][::-1])
    trail = _continuations(data[end : end + 3])
    return Span(start=max(0, start - lead), end=end + trail, secret_name=name)


def _continuations(data: bytes) -> int:
    """Count the UTF-8 continuation bytes it begins with, 3 at most: no character has more."""
    return next((k for k, byte in enumerate(data[:3]) if byte & 0xC0 != 0x80), len(data[:3]))


def _whole_escapes(data: bytes, start: int, end: int) -> tuple[int, int]:
    return _escape_around(data, start, (start, start))[0], _escape_around(data, end, (end, end))[1]


# The longest JSON escape is a surrogate pair, 12 bytes.
_LONGEST_ESCAPE = 12
_BACKSLASH = ord("\\")


def _escape_around(data: bytes, at: int, otherwise: tuple[int, int]) -> tuple[int, int]:
    """Return the JSON escape that begins before `at` and ends after it."""
    low = max(0, at - _LONGEST_ESCAPE + 1)
    begin = data.rfind(b"\\", low, at)
    while begin >= 0:
        found = JSON_ESCAPE.match(data, begin)
        if found and found.end() > at and _begins_escape(data, begin):
            return found.span()
        begin = data.rfind(b"\\", low, begin)
    return otherwise


def _begins_escape(data: bytes, backslash: int) -> bool:
    """Tell whether a backslash is not itself escaped: an even number of others stands before it."""
    first = backslash
    while first > 0 and data[first - 1] == _BACKSLASH:
        first -= 1
    return (backslash - first) % 2 == 0
