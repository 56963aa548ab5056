"""Removing a content coding, after the exchange, piece by piece, with a cap: a gzip bomb ends as too_large."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from wnmon.model.exchange import Chunk, FailureKind
from wnmon.model.said import Said

_WINDOW = {"gzip": 31, "x-gzip": 31, "deflate": 15}

Failure = tuple[FailureKind, Said]


def decode(chunks: Sequence[Chunk], codings: Sequence[str], cap_bytes: int) -> tuple[list[Chunk], Failure | None]:
    """Return the chunks without their content codings (RFC 9110 §8.4), each with its stamp, and what went wrong.

    On failure the chunks decoded so far are returned, never more than `cap_bytes`.
    """
    if not codings:
        return list(chunks), None
    name = ", ".join(codings)
    if name not in _WINDOW:
        return [], (FailureKind.PROTOCOL, Said("coding_unasked", text=f"'{name}'"))
    return _inflate(chunks, zlib.decompressobj(_WINDOW[name]), name, cap_bytes)


def _inflate(
    chunks: Sequence[Chunk], inflater: zlib._Decompress, name: str, cap: int
) -> tuple[list[Chunk], Failure | None]:
    decoded: list[Chunk] = []
    left = cap
    for chunk in chunks:
        try:
            data = inflater.decompress(chunk.data, left + 1)
        except zlib.error as broken:
            return decoded, (FailureKind.PROTOCOL, Said("coded_body_broken", code=name, text=str(broken)))
        if len(data) > left:
            return decoded, (FailureKind.TOO_LARGE, Said("unpacks_too_large", n=cap))
        left -= len(data)
        decoded.append(Chunk(chunk.at_ns, data))
        # Fed any further, zlib would copy all that follows the end anew for each chunk: 5 s of it for 20,000 chunks.
        if inflater.eof and (inflater.unused_data or chunk is not chunks[-1]):
            return decoded, (FailureKind.PROTOCOL, Said("bytes_after_coded_body", code=name))
    if chunks and not inflater.eof:
        return decoded, (FailureKind.TRUNCATED, Said("coded_body_ends_early", code=name))
    return decoded, None
