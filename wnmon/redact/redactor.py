"""Redaction by value: every run of 8 or more bytes that is part of a secret becomes a typed marker.

Found in any case, under JSON, percent and HTML escapes and nestings of them, as base64 (both alphabets, any alignment),
as hex and as UTF-16: of the secret as it is, in capitals and in small letters. Of `Basic` credentials user and
password are looked for too. A secret under 12 characters is looked for as a whole, where it stands as a word (see
`words`): its pieces are in any text. A placeholder is no secret. Pure, never raises, and linear in the text, not in
the secrets: see `needles`.
"""

from __future__ import annotations

import base64
import binascii
import copy
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from wnmon.model.credentials import basic_login
from wnmon.model.placeholders import is_placeholder
from wnmon.model.target import MIN_SECRET_CHARS, Secret
from wnmon.redact.escapes import JSON_ESCAPE, may_be_escape, views
from wnmon.redact.needles import Effort, Needles, windows_of
from wnmon.redact.words import Words

MIN_RUN_BYTES = 8
_SCHEME = re.compile(r"(?:bearer|basic|token|apikey)\s+(?=\S)", re.IGNORECASE)
# How any URL may begin: one in a secret, such as a header that names a site, is no reason to blank all others.
_PUBLIC = (b"https://www.", b"http://www.", b"http://localhost", b"http://127.0.0.1")
_UNSAFE_IN_NAME = re.compile(r"[^A-Za-z0-9_.:-]")

_CODES: tuple[Callable[[bytes], bytes], ...] = (base64.b64encode, base64.urlsafe_b64encode, binascii.hexlify)

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

    __slots__ = ("_effort", "_finders", "_mixed", "reach")

    def __init__(self, secrets: Iterable[Secret]) -> None:
        values = [(value, secret.name) for secret in secrets for value in _values(secret.reveal())]
        long = [(form, name) for value, name in values if len(value) >= MIN_SECRET_CHARS for form in _forms(value)]
        short = [
            (form, name) for value, name in values if len(value) < MIN_SECRET_CHARS for form in _whole_forms(value)
        ]
        self._mixed = any(may_be_escape(form) for form, _ in (*long, *short))
        windows = {window for form, _ in long for window in windows_of(form.lower(), MIN_RUN_BYTES)}
        words = Words(short)
        labels = {name: _label(name, windows, words) for _, name in (*long, *short)}
        needles = _needles([(form, labels[name]) for form, name in long])
        finders: tuple[Needles | Words, ...] = (*needles, Words((form, labels[name]) for form, name in short))
        self._finders = tuple(finder for finder in finders if finder)
        self._effort: Effort | None = None
        self.reach = max((finder.reach for finder in self._finders), default=0)

    def within(self, effort: Effort) -> Redactor:
        """Return the same redactor, which takes what it looks at of `effort`: see there what it raises."""
        limited = copy.copy(self)
        limited._effort = effort  # noqa: SLF001 - a copy of ourselves
        return limited

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
        found: list[Span] = []
        for view in views(data, mixed=self._mixed) if self._finders else ():
            read = view.data.lower()
            for finder in self._finders:
                for start, end, name in finder.runs(read, self._effort):
                    found.append(_whole(data, *view.origin(start, end), name))
        return merge(found)


def _replaced(data: bytes, spans: list[Span]) -> bytes:
    pieces, done = [], 0
    for span in spans:
        pieces += [data[done : span.start], span.marker.encode()]
        done = span.end
    return b"".join([*pieces, data[done:]])


def _values(value: str) -> Iterator[str]:
    """Yield a secret, and what it holds in base64 by itself: the password, and a user as long as a secret is.

    Whoever is sent these decodes them, and may quote either. The scheme that a header's value may begin with is left
    out: everyone's does. So is what is only a placeholder.
    """
    user, password = basic_login(value) or ("", "")
    for word in (_SCHEME.sub("", value, count=1) if _SCHEME.match(value) else value, user, password):
        if not is_placeholder(word) and (word is not user or len(word) >= MIN_SECRET_CHARS):
            yield word


def _forms(value: str) -> set[bytes]:
    """Return the bytes a secret may be on the wire: UTF-8, Latin-1, UTF-8 read as Latin-1, form-encoded spaces.

    In capitals and in small letters too: base64 and hex of those are others than of the secret.
    """
    forms: set[bytes] = set()
    for text in {value, value.lower(), value.upper()}:
        utf8 = text.encode(errors="surrogatepass")
        forms |= {utf8, utf8.replace(b" ", b"+")}
        if not text.isascii():
            forms.add(utf8.decode("latin-1").encode())
        if all(character <= "\xff" for character in text):
            forms.add(text.encode("latin-1"))
    return forms


def _whole_forms(value: str) -> set[bytes]:
    """Return what a short secret is looked for as, in lower case: itself, in base64 and in hex, each as a whole.

    What a marker itself holds is left out, or markers were redacted for ever.
    """
    forms = _forms(value)
    coded = {code(form).rstrip(b"=") for form in forms for code in _CODES}
    marker = Span(start=0, end=0, secret_name="").marker.encode()  # "[redacted:]"
    return {form.lower() for form in forms | coded if form.lower() not in marker}


def _needles(named: list[tuple[bytes, str]]) -> tuple[Needles, ...]:
    """Return what to look for in a text made lower case.

    8 bytes of a secret wholly determine 10 base64 characters at every alignment, are 16 hex digits, and as many bytes
    of UTF-16.
    What everyone writes is left out, and what a marker itself holds, or markers were redacted for ever.
    """
    plain = [(form.lower(), name) for form, name in named]
    in_base64 = [(text.lower(), name) for form, name in named for text in _base64_forms(form)]
    in_hex = [(form.hex().encode(), name) for form, name in named]
    in_utf16 = [(_in_utf16(form.lower()), name) for form, name in named]
    names = {name for _, name in named}
    public = [*_PUBLIC, *(Span(start=0, end=0, secret_name=name).marker.encode().lower() for name in names)]
    return (
        Needles({MIN_RUN_BYTES: plain, 10: in_base64}, public, block=6, stride=3),
        Needles({2 * MIN_RUN_BYTES: [*in_hex, *in_utf16]}, public, block=8, stride=9),
    )


def _in_utf16(form: bytes) -> bytes:
    """Return the bytes that UTF-16 has for those of Latin-1, in either order: of people most read past the zeros."""
    return b"\0" + bytes(byte for one in form for byte in (one, 0))


def _label(name: str, windows: set[bytes], words: Words) -> str:
    label = _UNSAFE_IN_NAME.sub("_", name)[:64] or "secret"
    data = label.lower().encode()
    is_telling = windows.intersection(windows_of(data, MIN_RUN_BYTES)) or any(words.runs(data))
    return "secret" if is_telling else label


def _base64_forms(form: bytes) -> Iterator[bytes]:
    """Yield the base64 characters that the bytes alone determine, at each alignment and in both alphabets."""
    for lead in range(3):
        encoded = base64.b64encode(bytes(lead) + form)
        sure = encoded[-(-8 * lead // 6) : 8 * (lead + len(form)) // 6]
        yield from {sure, sure.translate(bytes.maketrans(b"+/", b"-_"))}


def _whole(data: bytes, start: int, end: int, name: str) -> Span:
    """Widen a run so that it cuts neither a JSON escape nor a UTF-8 character: what was valid stays valid."""
    start, end = _escape_around(data, start)[0], _escape_around(data, end)[1]
    lead = _continuations(data[max(0, start - 3) : start + 1][::-1])
    trail = _continuations(data[end : end + 3])
    return Span(start=max(0, start - lead), end=end + trail, secret_name=name)


def _continuations(data: bytes) -> int:
    """Count the UTF-8 continuation bytes it begins with, 3 at most: no character has more."""
    return next((k for k, byte in enumerate(data[:3]) if byte & 0xC0 != 0x80), len(data[:3]))


# The longest JSON escape is a surrogate pair, 12 bytes.
_LONGEST_ESCAPE = 12


def _escape_around(data: bytes, at: int) -> tuple[int, int]:
    """Return the JSON escape that begins before `at` and ends after it, or nothing at all at `at`."""
    low = max(0, at - _LONGEST_ESCAPE)
    # A backslash may be escaped by one before it, so escapes are counted from the first of a row.
    while low > 0 and data[low - 1 : low] == b"\\":
        low -= 1
    around = (found.span() for found in JSON_ESCAPE.finditer(data, low, at + _LONGEST_ESCAPE))
    return next((span for span in around if span[0] < at < span[1]), (at, at))
