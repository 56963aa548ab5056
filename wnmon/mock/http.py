"""HTTP/1.1 as bytes: request heads read strictly, response heads written. Pure. RFC 9112 and RFC 9110."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus

from wnmon.mock.pieces import Piece, Pieces, Send

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VERSION = re.compile(r"HTTP/(\d)\.(\d)")
_WEIGHT_ZERO = re.compile(r"q=0(\.0{0,3})?")


class HttpError(Exception):
    """The request cannot be read as HTTP; `status` says how (400, 413, 431, 501, 505). The connection ends."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestHead:
    """Method, path, query without its question mark, and headers by lower-case name.

    Repeated fields are joined by a comma (RFC 9110 §5.2).
    """

    method: str
    path: str
    query: str = ""
    minor: int
    headers: Mapping[str, str]

    @property
    def keep_alive(self) -> bool:
        """Tell whether the connection may carry another request (RFC 9112 §9.3)."""
        options = {option.strip().lower() for option in self.headers.get("connection", "").split(",")}
        return "keep-alive" in options if self.minor == 0 else "close" not in options

    @property
    def chunked(self) -> bool:
        """Tell whether the body comes in chunks. Raises HttpError for another transfer coding."""
        coding = self.headers.get("transfer-encoding")
        if coding is None:
            return False
        if "content-length" in self.headers:
            raise HttpError(400, "both Content-Length and Transfer-Encoding")  # RFC 9112 §6.1: smuggling
        if coding.strip().lower() != "chunked":
            raise HttpError(501, "a transfer coding other than chunked")
        return True

    @property
    def takes_gzip(self) -> bool:
        """Tell whether the client names gzip and does not weigh it with 0 (RFC 9110 §12.5.3)."""
        offers = (offer.partition(";") for offer in self.headers.get("accept-encoding", "").lower().split(","))
        weights = {coding.strip(): weight.replace(" ", "") for coding, _, weight in offers}
        return "gzip" in weights and not _WEIGHT_ZERO.fullmatch(weights["gzip"])

    @property
    def content_length(self) -> int:
        """Return the announced length in bytes, 0 when there is none. Raises HttpError for anything but digits."""
        text = self.headers.get("content-length", "0").strip()
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise HttpError(400, "Content-Length is not a number")
        return int(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseHead:
    """Status and headers of a response."""

    status: int
    headers: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str | None:
        """Return the first value of a header by case-insensitive name."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def adding(self, name: str, value: str) -> ResponseHead:
        """Return the head with one more header."""
        return replace(self, headers=(*self.headers, (name, value)))

    def without(self, name: str) -> ResponseHead:
        """Return the head without a header, whatever the case of its name."""
        return replace(self, headers=tuple(header for header in self.headers if header[0].lower() != name.lower()))

    def encode(self) -> bytes:
        """Return the bytes up to and with the blank line."""
        phrase = HTTPStatus(self.status).phrase if self.status in HTTPStatus._value2member_map_ else "Unassigned"
        lines = [f"HTTP/1.1 {self.status} {phrase}", *(f"{key}: {value}" for key, value in self.headers)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def parse_head(data: bytes) -> RequestHead:
    """Read a request head without its blank line. Raises HttpError."""
    start, *lines = data.decode("latin-1").split("\r\n")
    parts = start.split(" ")
    if len(parts) != 3 or not _TOKEN.fullmatch(parts[0]):
        raise HttpError(400, "the request line is not METHOD TARGET VERSION")
    version = _VERSION.fullmatch(parts[2])
    if version is None:
        raise HttpError(400, "the request line names no HTTP version")
    if version[1] != "1":
        raise HttpError(505, "only HTTP/1.0 and HTTP/1.1 are spoken here")
    headers = _parse_fields(lines)
    minor = int(version[2])
    if minor >= 1 and "host" not in headers:
        raise HttpError(400, "an HTTP/1.1 request must carry Host")  # RFC 9112 §3.2
    target = parts[1]
    if "://" in target.partition("?")[0]:  # the absolute form (RFC 9112 §3.2.2)
        target = "/" + target.split("://", 1)[1].partition("/")[2]
    path, _, query = target.partition("?")
    return RequestHead(method=parts[0], path=path, query=query, minor=minor, headers=headers)


def _parse_fields(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        # Also refuses folded lines and a space before the colon (RFC 9112 §5.1, §5.2).
        if not colon or not _TOKEN.fullmatch(name):
            raise HttpError(400, "a header line is malformed")
        key, value = name.lower(), value.strip(" \t")
        if not value.isprintable():
            raise HttpError(400, "a header value holds a control character")  # RFC 9110 §5.5
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return headers


def chunked(pieces: Pieces) -> Iterator[Piece]:
    """Put every Send into one chunk and end with the last chunk (RFC 9112 §7.1). Other pieces pass as they are."""
    for piece in pieces:
        if isinstance(piece, Send):
            if piece.data:
                yield Send(b"%x\r\n%b\r\n" % (len(piece.data), piece.data))
        else:
            yield piece
    yield Send(b"0\r\n\r\n")
