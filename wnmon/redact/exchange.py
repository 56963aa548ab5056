"""From what came over the wire to evidence: the same exchange with no secret inside, neither in one place nor joined.

Outputs join what a stream sends in pieces, so a secret cut into deltas of one character is a secret too. Strings that
a reader may join are therefore assembled, searched, and each delta's share is replaced in place. Everything else stays
byte for byte, and every chunk keeps its stamp: an edit goes to the chunk of its last byte, the one that completed it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, groupby
from operator import itemgetter

from wnmon.model.credentials import is_telling
from wnmon.model.exchange import Chunk, Exchange, FailureKind, Request, Tls, TransportFailure
from wnmon.model.said import Said, fitted, mapped
from wnmon.model.text import cut
from wnmon.redact.channels import channels
from wnmon.redact.escapes import JSON_ESCAPE, View, unescape
from wnmon.redact.needles import Effort, TooManyPlacesError
from wnmon.redact.outlines import outlines
from wnmon.redact.redactor import Redactor, Span, merge

Headers = tuple[tuple[str, str], ...]
MOST_PLACES = 300_000
"""Places of a body looked at because part of a secret may begin there: half a second. A whole key takes some 60."""
# One pass for what is split, one for what is whole, and some for what a marker beside a rest may complete.
_PASSES = 6

KEPT_OUT = "[redacted:header]"
"""What stands in place of the value of a header that speaks of a credential, whoever's it is."""

MAX_DETAIL_CHARS = 200
MAX_SUBJECT_CHARS = 300


def redact_exchange(exchange: Exchange, redactor: Redactor) -> Exchange:
    """Return the exchange with every run of 8 or more bytes of a secret made a marker; itself when there was none.

    No value is left of a header whose name speaks of a credential. What may be long is cut here and not before: a cut
    may go through a secret, or through an escape of it. `wire_bytes` and a Content-Length header still tell what came,
    not what is left. A body with too many pieces of secrets is left out whole, and the exchange failed as too large.
    Never raises.
    """
    if _is_clean(exchange, redactor):
        return exchange
    failure = exchange.failure
    try:
        chunks = _chunks(exchange.chunks, redactor.within(Effort(MOST_PLACES)))
    except TooManyPlacesError:
        detail = Said("bound_secrets", n=MOST_PLACES)
        chunks, failure = (), TransportFailure(kind=FailureKind.TOO_LARGE, detail=detail)
    redacted = replace(
        exchange,
        request=_request(exchange.request, redactor),
        http_version=exchange.http_version and redactor.text(exchange.http_version),
        headers=_headers(exchange.headers, redactor),
        chunks=chunks,
        failure=failure and _failure(failure, redactor),
        tls=exchange.tls and _tls(exchange.tls, redactor),
        peer=exchange.peer and redactor.text(exchange.peer),
    )
    return exchange if redacted == exchange else redacted


# Between texts that are searched together: nobody's word or number, and no part of an escape.
_APART = b"\0"


def _is_clean(exchange: Exchange, redactor: Redactor) -> bool:
    """Tell by one search whether an exchange holds nothing to redact, keep out or cut. False says nothing."""
    request, body = exchange.request, exchange.body
    headers = (*request.headers, *exchange.headers)
    if exchange.failure is not None or any(is_telling(name) for name, _ in headers):
        return False
    with outlines() as known:
        joined = known.joined(body, redactor.reach)
    if joined is None:
        return False
    of_tls = _texts_of(exchange.tls) if exchange.tls is not None else []
    if max(map(len, of_tls), default=0) > MAX_SUBJECT_CHARS:
        return False
    texts = [request.url, exchange.http_version or "", exchange.peer or "", *of_tls, *map(": ".join, headers)]
    texts += _lists(exchange.headers) + _lists(request.headers)
    whole = _APART.join([request.body, body, *joined, *(text.encode(errors="surrogatepass") for text in texts)])
    try:
        return not redactor.within(Effort(MOST_PLACES)).spans(whole)
    except TooManyPlacesError:
        return False


def _texts_of(tls: Tls) -> list[str]:
    leaf = tls.certificate
    return [tls.version, tls.cipher, *((leaf.subject, leaf.issuer, *leaf.chain) if leaf is not None else ())]


def _lists(headers: Headers) -> list[str]:
    """Return the values of each name that stands more than once, as the list they form."""
    values: dict[str, list[str]] = defaultdict(list)
    for name, value in headers:
        values[name.lower()].append(value)
    return ["".join(same) for same in values.values() if len(same) > 1]


def without_credentials(exchange: Exchange) -> Exchange:
    """Return an exchange recorded before headers were kept out by their names, with those kept out."""
    headers, request = _named_kept_out(exchange.headers), exchange.request
    return replace(exchange, headers=headers, request=replace(request, headers=_named_kept_out(request.headers)))


def _named_kept_out(headers: Headers) -> Headers:
    # A name that held a secret is a marker now, which may speak of a key.
    return tuple((name, KEPT_OUT if "[" not in name and is_telling(name) else value) for name, value in headers)


def _request(request: Request, redactor: Redactor) -> Request:
    return replace(
        request,
        url=redactor.text(request.url),
        headers=_headers(request.headers, redactor),
        body=redactor.data(request.body),
    )


def _failure(failure: TransportFailure, redactor: Redactor) -> TransportFailure:
    return replace(failure, detail=fitted(mapped(failure.detail, redactor.text), MAX_DETAIL_CHARS))


def _tls(tls: Tls, redactor: Redactor) -> Tls:
    certificate = tls.certificate and replace(
        tls.certificate,
        subject=cut(redactor.text(tls.certificate.subject), MAX_SUBJECT_CHARS),
        issuer=cut(redactor.text(tls.certificate.issuer), MAX_SUBJECT_CHARS),
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
    return _named_kept_out(tuple((name, values[k]) for k, (name, _, _) in enumerate(lines)))


def _joint(texts: Sequence[str], redactor: Redactor) -> list[str]:
    """Redact texts as if they stood side by side; each one's share of a run becomes a marker of its own."""
    pieces = [text.encode(errors="surrogatepass") for text in texts]
    shares = list(_shares(pieces, redactor))
    for k, span in reversed(shares):
        pieces[k] = pieces[k][: span.start] + span.marker.encode() + pieces[k][span.end :]
    if not shares:
        return list(texts)
    return [redactor.text(piece.decode(errors="surrogatepass")) for piece in pieces]


def _shares(pieces: Sequence[bytes], redactor: Redactor) -> Iterator[tuple[int, Span]]:
    """Yield (piece, its part of a run, in its own bytes) for every run in the pieces joined, in order."""
    spans = redactor.spans(b"".join(pieces))
    ends = list(accumulate(map(len, pieces))) if spans else []
    for span in spans:
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
    spans: list[Span] = []
    for strings in channels(body):
        reads = [unescape(raw, JSON_ESCAPE) if b"\\" in raw else raw for _, _, _, raw in strings]
        for k, shares in groupby(_shares(reads, redactor), key=itemgetter(0)):
            begin, read = strings[k].start, View(strings[k].raw).unescaped(JSON_ESCAPE)
            for _, span in shares:
                start, end = read.origin(span.start, span.end)
                spans.append(Span(start=begin + start, end=begin + end, secret_name=span.secret_name))
    return merge(spans)
