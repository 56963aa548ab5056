"""From what came over the wire to evidence: the same exchange with no secret inside, neither in one place nor joined.

Outputs join what a stream sends in pieces, so a secret cut into deltas of one character is a secret too. Strings that
a reader may join are therefore assembled, searched, and each delta's share is replaced in place. Everything else stays
byte for byte, and every chunk keeps its stamp: an edit goes to the chunk of its last byte, the one that completed it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, islice

from wnmon.model.exchange import Chunk, Exchange, Request, Tls
from wnmon.redact.escapes import JSON_ESCAPE, Origins, unescape
from wnmon.redact.redactor import Redactor, Span, merge
from wnmon.wire.document import MAX_DEPTH, MAX_TOKENS, read_document
from wnmon.wire.sse import MAX_LINES

Headers = tuple[tuple[str, str], ...]
Label = int | bytes | None
Path = tuple[Label, ...]

# One pass for what is split, one for what is whole, and some for what a marker beside a rest may complete.
_PASSES = 6

_LINE = re.compile(rb"([^\r\n]*+)(?:\r\n|\r|\n|\Z)")
_JSON_TOKEN = re.compile(rb'"((?:[^"\\]++|\\.)*+)"?|[\[\]{},]|-?[0-9][0-9.eE+-]*+', re.DOTALL)
_MAX_INDEX_DIGITS = 19
_BOM = b"\xef\xbb\xbf"

# Names under which the reader of replies takes one channel: see `message.reasoning_of`, `tool_calls_of`, `stream.fold`.
_SAME_CHANNEL: dict[bytes, Path] = {
    b"reasoning": (b"any reasoning",),
    b"reasoning_content": (b"any reasoning",),
    b"reasoning_details": (b"any reasoning",),
    b"message": (b"delta",),
    b"function_call": (b"tool_calls", b"function"),
}


def redact_exchange(exchange: Exchange, redactor: Redactor) -> Exchange:
    """Return the exchange with every run of 8 or more bytes of a secret made a marker; itself when there was none.

    `wire_bytes` and a Content-Length header still tell what came, not what is left. Never raises.
    """
    failure = exchange.failure
    redacted = replace(
        exchange,
        request=_request(exchange.request, redactor),
        http_version=_optional(exchange.http_version, redactor),
        headers=_headers(exchange.headers, redactor),
        chunks=_chunks(exchange.chunks, redactor),
        failure=failure and replace(failure, detail=redactor.text(failure.detail)),
        tls=exchange.tls and _tls(exchange.tls, redactor),
        peer=_optional(exchange.peer, redactor),
    )
    return exchange if redacted == exchange else redacted


def _optional(text: str | None, redactor: Redactor) -> str | None:
    return None if text is None else redactor.text(text)


def _request(request: Request, redactor: Redactor) -> Request:
    return replace(
        request,
        url=redactor.text(request.url),
        headers=_headers(request.headers, redactor),
        body=redactor.data(request.body),
    )


def _tls(tls: Tls, redactor: Redactor) -> Tls:
    certificate = tls.certificate and replace(
        tls.certificate,
        subject=redactor.text(tls.certificate.subject),
        issuer=redactor.text(tls.certificate.issuer),
        chain=tuple(redactor.text(fingerprint) for fingerprint in tls.certificate.chain),
    )
    return replace(tls, version=redactor.text(tls.version), cipher=redactor.text(tls.cipher), certificate=certificate)


def _headers(headers: Headers, redactor: Redactor) -> Headers:
    """Redact each line, and the values of one name as the list they form together (RFC 9110 §5.2)."""
    lines = [_joint((name, ": ", value), redactor) for name, value in headers]
    places: dict[str, list[int]] = defaultdict(list)
    for k, (name, _) in enumerate(headers):
        places[name.lower()].append(k)
    values = {k: value for k, (_, _, value) in enumerate(lines)}
    for same in places.values():
        if len(same) > 1:
            values.update(zip(same, _joint([values[k] for k in same], redactor), strict=True))
    return tuple((name, values[k]) for k, (name, _, _) in enumerate(lines))


def _joint(texts: Sequence[str], redactor: Redactor) -> list[str]:
    """Redact texts as if they stood side by side; each one's share of a run becomes a marker of its own."""
    pieces = [text.encode(errors="surrogatepass") for text in texts]
    for k, span in reversed(list(_shares(pieces, redactor))):
        pieces[k] = pieces[k][: span.start] + span.marker.encode() + pieces[k][span.end :]
    return [redactor.text(piece.decode(errors="surrogatepass")) for piece in pieces]


def _shares(pieces: Sequence[bytes], redactor: Redactor) -> Iterator[tuple[int, Span]]:
    """Yield (piece, its part of a run, in its own bytes) for every run in the pieces joined, in order."""
    ends = list(accumulate(map(len, pieces)))
    for span in redactor.spans(b"".join(pieces)):
        k = bisect_right(ends, span.start)
        while k < len(pieces) and ends[k] - len(pieces[k]) < span.end:
            begin = ends[k] - len(pieces[k])
            start, end = max(span.start - begin, 0), min(span.end - begin, len(pieces[k]))
            if start < end:
                yield k, Span(start=start, end=end, secret_name=span.secret_name)
            k += 1


def _chunks(chunks: tuple[Chunk, ...], redactor: Redactor) -> tuple[Chunk, ...]:
    for _ in range(_PASSES):  # pragma: no branch - no secret is known that needs them all
        body = b"".join(chunk.data for chunk in chunks)
        spans = _split_spans(body, redactor) or redactor.spans(body)
        if not spans:
            break
        chunks = tuple(_edited(chunks, body, spans))
    return chunks


def _edited(chunks: Iterable[Chunk], body: bytes, spans: Sequence[Span]) -> Iterator[Chunk]:
    """Yield the chunks with markers for spans, each in the chunk that holds the last byte of its span."""
    end, k = 0, 0
    for chunk in chunks:
        at, end = end, end + len(chunk.data)
        pieces = []
        while k < len(spans) and spans[k].start < end:
            pieces.append(body[at : max(at, spans[k].start)])
            at = min(spans[k].end, end)
            if spans[k].end > end:
                break
            pieces.append(spans[k].marker.encode())
            k += 1
        data = b"".join([*pieces, body[at:end]])
        yield chunk if data == chunk.data else Chunk(chunk.at_ns, data)


def _split_spans(body: bytes, redactor: Redactor) -> list[Span]:
    """Return the shares of every run that shows only when strings are joined, in places of the body."""
    spans = []
    for pieces in _channels(body):
        for k, span in _shares([piece.read for piece in pieces], redactor):
            start, end = pieces[k].origin(body, span.start, span.end)
            spans.append(Span(start=start, end=end, secret_name=span.secret_name))
    return merge(spans)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Body bytes start..end inside a string, and what they read as, escapes undone."""

    start: int
    end: int
    read: bytes

    def origin(self, body: bytes, start: int, end: int) -> tuple[int, int]:
        """Return where in the body the read bytes start..end stand, escapes whole."""
        raw = body[self.start : self.end]
        if raw != self.read:
            start, end = Origins(raw, JSON_ESCAPE).span(start, end)
        return self.start + start, self.start + end


def _piece(text: bytes, start: int, end: int, offset: int = 0) -> _Piece:
    return _Piece(offset + start, offset + end, unescape(text[start:end], JSON_ESCAPE))


@dataclass(frozen=True, slots=True)
class _Text:
    """The data of one event, or a whole body: bytes from `offset` on, line framing blanked out, places unchanged."""

    offset: int
    data: bytes


def _channels(body: bytes) -> Iterator[list[_Piece]]:
    """Yield the strings of a body in the groups in which some reader may join them; a group of one is left out."""
    texts: list[_Text] = []
    groups: dict[tuple[str, Path], list[_Piece]] = defaultdict(list)
    if b"data:" in body:
        texts += _events(body, groups)
    if body.removeprefix(_BOM).lstrip()[:1] in {b"{", b"["}:
        texts.append(_Text(0, body))
    _group("all", texts, groups)
    # Readers skip an event that is not JSON, and so join what stands before and after it.
    if len(texts) > 1:
        readable = [text for text in texts if read_document(text.data).problem is None]
        if len(readable) < len(texts):
            _group("readable", readable, groups)
    yield from (pieces for pieces in groups.values() if len(pieces) > 1)


def _group(kind: str, texts: Sequence[_Text], groups: dict[tuple[str, Path], list[_Piece]]) -> None:
    """Group strings by their place in a document, and by the channel a reader takes that place for.

    In one document alone every place is there once, so only its channels are joined.
    """
    for text in texts:
        for node, key, piece in _strings(text):
            path = (*node.path(), key)
            channel = _channel(path)
            groups[kind, channel].append(piece)
            if channel != path and len(texts) > 1:
                groups[kind, path].append(piece)


def _channel(path: Path) -> Path:
    """Return the place without inner lists (content parts, tool calls) and with one name for each channel.

    The first list is that of the choices and stays.
    """
    labels: list[Label] = []
    lists = 0
    for k, label in enumerate(path):
        if isinstance(label, int):
            lists += 1
            labels += [label] if lists == 1 else []
        elif label == b"text" and isinstance(path[k - 1], int):
            continue
        else:
            labels += _SAME_CHANNEL.get(label, (label,)) if label else (label,)
    return tuple(labels)


def _events(body: bytes, groups: dict[tuple[str, Path], list[_Piece]]) -> Iterator[_Text]:
    """Yield the data of each event (WHATWG HTML §9.2.6) that may be JSON; other text goes to groups by its field."""
    ranges: list[tuple[int, int]] = []
    lines = _LINE.finditer(body, len(_BOM) if body.startswith(_BOM) else 0)
    for line in islice(lines, MAX_LINES + 1):
        start, end = line.span(1)
        if start == end:
            yield from _event(body, ranges, groups)
            ranges = []
            continue
        name, _, value = line[1].partition(b":")
        start = end - len(value.removeprefix(b" "))
        if name == b"data":
            ranges.append((start, end))
        elif value:
            groups["field", (name,)].append(_piece(body, start, end))


def _event(body: bytes, ranges: list[tuple[int, int]], groups: dict[tuple[str, Path], list[_Piece]]) -> Iterator[_Text]:
    if not ranges:
        return
    first, last = ranges[0][0], ranges[-1][1]
    if body[first:last].lstrip()[:1] in {b"{", b"[", b'"'}:
        if body.find(b'"', first, last) >= 0:
            yield _Text(first, _blanked(body, ranges))
        return
    groups["field", (b"data",)].extend(_piece(body, start, end) for start, end in ranges)


def _blanked(body: bytes, ranges: list[tuple[int, int]]) -> bytes:
    """Join the ranges with spaces for all that stands between, so that every byte keeps its distance to the first."""
    pieces, done = [], ranges[0][0]
    for start, end in ranges:
        pieces += [b" " * (start - done), body[start:end]]
        done = end
    return b"".join(pieces)


class _Node:
    """An open object or array. `at`: the member or place being read, None where a member name is due."""

    __slots__ = ("at", "depth", "index", "is_object", "key", "parent")

    def __init__(self, parent: _Node | None, *, is_object: bool) -> None:
        self.parent = parent
        self.key: Label = parent.at if parent else None
        self.depth: int = parent.depth + 1 if parent else 0
        self.is_object = is_object
        self.at: Label = 0 if parent and not is_object else None
        self.index: int | None = None

    def path(self) -> Path:
        """Return the labels from the root. An element that says its `index` is labelled by that: chunks say so."""
        if self.parent is None:
            return ()
        label = self.key if self.index is None or self.parent.is_object else self.index
        return (*self.parent.path(), label)

    def following(self) -> None:
        """Go to the next member or place."""
        self.at = self.at + 1 if isinstance(self.at, int) else None


def _strings(text: _Text) -> list[tuple[_Node, Label, _Piece]]:
    """Return every non-empty string value with its object or array and its key there, in order, duplicates included.

    Lenient: works on broken JSON as far as its tokens go. It stops where a document is refused as too deep or too long.
    All are read before any is used: an `index` may stand after the strings it labels.
    """
    found: list[tuple[_Node, Label, _Piece]] = []
    node = _Node(None, is_object=False)
    for token in islice(_JSON_TOKEN.finditer(text.data), MAX_TOKENS):
        match token[0][:1]:
            case b'"' if node.is_object and node.at is None:
                node.at = unescape(token[1], JSON_ESCAPE)
            case b'"':
                if token[1]:
                    found.append((node, node.at, _piece(text.data, *token.span(1), text.offset)))
            case b"{" | b"[" as opening:
                if node.depth == MAX_DEPTH:
                    break
                node = _Node(node, is_object=opening == b"{")
            case b"}" | b"]":
                node = node.parent or node
            case b",":
                node.following()
            case _ if node.at == b"index" and token[0].lstrip(b"-").isdigit():
                node.index = int(token[0][:_MAX_INDEX_DIGITS])
    return found
