"""Which values of Content-Encoding name a coding (RFC 9110 §8.4): others, such as UTF-8, leave a body as it is."""

from __future__ import annotations

from collections.abc import Iterable

# IANA, HTTP Content Coding Registry; x-gzip and x-compress are the same as without x- (RFC 9110 §8.4.1). `identity`
# stands there too, and is none.
_REGISTERED = frozenset(
    {
        "aes128gcm",
        "br",
        "compress",
        "dcb",
        "dcz",
        "deflate",
        "exi",
        "gzip",
        "pack200-gzip",
        "x-compress",
        "x-gzip",
        "zstd",
    }
)


def codings_in(values: Iterable[str]) -> tuple[str, ...]:
    """Return the codings that the values of a Content-Encoding name, in the order applied."""
    names = (name.strip().lower() for value in values for name in value.split(","))
    return tuple(name for name in names if name in _REGISTERED)
