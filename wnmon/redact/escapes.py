"""Escapes a text may be wrapped in, undone with a way back: where in the original did these bytes stand.

Families: JSON string escapes (RFC 8259 §7, and `\\xHH` and `\\'` as Python and JavaScript print them), percent-encoding
(RFC 3986 §2.1), HTML character references (HTML Standard §13.5). Whatever is no escape stays as it is; nothing raises.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from html.entities import html5

_PAIR = rb"u[dD][89aAbB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_JSON = rb"\\(?:" + _PAIR + rb"|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[\"'\\/bfnrt])"
_PERCENT = rb"%[0-9a-fA-F]{2}"
_ENTITY = rb"&(?:#[0-9]{1,12}|#[xX][0-9a-fA-F]{1,12}|[A-Za-z][A-Za-z0-9]{1,31});"

JSON_ESCAPE = re.compile(_JSON)
ANY_ESCAPE = re.compile(b"|".join((_JSON, _PERCENT, _ENTITY)))
_FAMILIES = ((b"\\", JSON_ESCAPE), (b"%", re.compile(_PERCENT)), (b"&", re.compile(_ENTITY)))

# Deep enough for a JSON text quoted in a JSON string inside a URL; each level costs one pass.
MAX_NESTING = 4
_MAX_MIXED_NESTING = 3

_SHORT = {sign: sign for sign in (b'"', b"'", b"\\", b"/")} | {
    b"b": b"\b",
    b"f": b"\f",
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
}
_MAX_CODE_POINT = 0x10FFFF


@lru_cache(maxsize=4096)
def _meaning(token: bytes) -> bytes:
    """Return what one escape stands for, in UTF-8; an unknown name or number stands for itself."""
    match token[:1]:
        case b"%":
            return bytes.fromhex(token[1:].decode())
        case b"&":
            return _entity(token)
        case _ if len(token) == 2:
            return _SHORT[token[1:]]
        case _ if len(token) == 12:
            pair = bytes.fromhex((token[2:6] + token[8:]).decode())
            return pair.decode("utf-16-be").encode()
        case _:
            return chr(int(token[2:].decode(), base=16)).encode(errors="surrogatepass")


def _entity(token: bytes) -> bytes:
    name = token[1:].decode()
    if not name.startswith("#"):
        return html5.get(name, "").encode() or token
    digits = name[1:-1]
    code_point = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    return chr(code_point).encode(errors="surrogatepass") if code_point <= _MAX_CODE_POINT else token


def unescape(data: bytes, escape: re.Pattern[bytes]) -> bytes:
    """Undo one level of escapes."""
    return escape.sub(lambda found: _meaning(found[0]), data)


class View:
    """Bytes as they read after some escapes were undone, able to say where a range of them came from."""

    __slots__ = ("_edges", "_escape", "_read_edges", "_source", "data")

    def __init__(self, data: bytes, source: View | None = None, escape: re.Pattern[bytes] = ANY_ESCAPE) -> None:
        self.data = data
        self._source = source
        self._escape = escape
        # Where each escape begins and ends, in the source and here. Arrays, so that millions of escapes stay small.
        self._edges: array[int] | None = None
        self._read_edges = array("I")

    def unescaped(self, escape: re.Pattern[bytes]) -> View:
        """Return the view one level of escapes deeper."""
        return View(unescape(self.data, escape), self, escape)

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Return the range of the first view that wholly holds start..end of this one, no escape cut."""
        if self._source is None:
            return start, end
        # On the first hit only: nearly every view has none.
        if self._edges is None:
            self._edges = self._find_edges(self._source.data)
        return self._source.origin(self._place(self._edges, start)[0], self._place(self._edges, end - 1)[1])

    def _find_edges(self, source: bytes) -> array[int]:
        edges, shrunk = array("I"), 0
        for found in self._escape.finditer(source):
            begin, end = found.span()
            edges.extend((begin, end))
            self._read_edges.extend((begin - shrunk, begin - shrunk + len(_meaning(found[0]))))
            shrunk = end - self._read_edges[-1]
        return edges

    def _place(self, edges: array[int], at: int) -> tuple[int, int]:
        k = bisect_right(self._read_edges, at) - 1
        if k % 2 == 0:
            return edges[k], edges[k + 1]
        begin = at if k < 0 else edges[k] + at - self._read_edges[k]
        return begin, begin + 1


def may_be_escape(text: bytes) -> bool:
    """Tell whether a text holds a character that some family begins its escapes with."""
    return any(introducer in text for introducer, _ in _FAMILIES)


def views(data: bytes, *, mixed: bool) -> Iterator[View]:
    """Yield the data itself and every reading of it with escapes undone, up to MAX_NESTING levels.

    All families at once reads any nesting of them. Each family alone is also read where several occur, because what
    looks like an escape may be the text itself; `mixed` asks for every order of families, which a search for a text
    with such characters of its own needs (`%41`, or a backslash that a neighbour would turn into an escape).
    """
    whole = View(data)
    yield whole
    present = [escape for introducer, escape in _FAMILIES if introducer in data]
    if present:
        yield from _nested(whole, (ANY_ESCAPE,), MAX_NESTING, set())
    if mixed:
        yield from _nested(whole, [escape for _, escape in _FAMILIES], _MAX_MIXED_NESTING, set())
    elif len(present) > 1:
        yield from _nested(whole, present, 1, set())


def _nested(view: View, escapes: Sequence[re.Pattern[bytes]], depth: int, seen: set[tuple[int, int]]) -> Iterator[View]:
    """Yield every order of families, `depth` deep. Many lead to one reading: its hash, keyed per process, tells."""
    for escape in escapes:
        deeper = view.unescaped(escape)
        key = (hash(deeper.data), depth)
        if deeper.data == view.data or key in seen:
            continue
        seen.add(key)
        yield deeper
        if depth > 1:
            yield from _nested(deeper, escapes, depth - 1, seen)
