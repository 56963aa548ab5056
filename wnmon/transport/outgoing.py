"""A request as bytes: the only place where secrets are revealed, and never to who listens on plain http."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlsplit

from wnmon.model.check import WRONG_KEY, Auth
from wnmon.model.exchange import Request
from wnmon.model.said import Said
from wnmon.model.target import Target

PORTS = {"http": 80, "https": 443}
_WITH_A_BODY = frozenset({"POST", "PUT", "PATCH"})
# RFC 3986 section 3.3 and 3.4, what is percent-encoded already, and what httpx and browsers leave as it is.
_OF_A_PATH = "%/:@!$&'()*+,;=-._~[]|\\^"
_OF_A_QUERY = _OF_A_PATH + "?`{}"
# RFC 9112 section 5, and nothing that would begin another header.
_LINES = re.compile(rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: (?:[!-~\x80-\xff]+(?:[ \t]+[!-~\x80-\xff]+)*)?\r\n)+")


class Unsendable(ValueError):  # noqa: N818 - it says what cannot be, not what wnmon did
    """No request can be made of this: nothing was sent, and nothing can be said about the relay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """Whom to ask, and the bytes for it. `host` has no brackets; `header_lines` end in CRLF."""

    method: str
    scheme: str
    host: str
    port: int
    netloc: str
    path: str
    header_lines: bytes = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def is_secure(self) -> bool:
        """Tell whether it is asked over TLS."""
        return self.scheme == "https"

    def to_bytes(self, path: str | None = None, more: bytes = b"") -> bytes:
        """Return the whole request, for another form of its path and with more header lines if a proxy wants so."""
        return b"%b %b HTTP/1.1\r\n%b%b\r\n%b" % (
            self.method.encode("ascii"),
            (path or self.path).encode("ascii"),
            self.header_lines,
            more,
            self.body,
        )


def outgoing(request: Request, target: Target) -> Outgoing:
    """Return what to send of a request to a target. Raises Unsendable."""
    parts = urlsplit(shown_to(request, target))
    if not parts.hostname:
        raise Unsendable(Said("url_without_host"))
    netloc = parts.netloc.rpartition("@")[2]
    return Outgoing(
        method=request.method,
        scheme=parts.scheme,
        host=parts.hostname,
        port=parts.port or PORTS[parts.scheme],
        netloc=netloc,
        path=quote(parts.path or "/", safe=_OF_A_PATH) + (parts.query and f"?{quote(parts.query, safe=_OF_A_QUERY)}"),
        header_lines=header_lines(request.method, netloc, headers_of(request, target), request.body),
        body=request.body,
    )


def header_lines(method: str, netloc: str, headers: list[tuple[str, str]], body: bytes) -> bytes:
    """Return the lines after the first: Host, what is given, and how long the body is. Raises Unsendable."""
    written = [("Host", netloc), *headers]
    named = {name.lower() for name, _ in headers}
    if (body or method in _WITH_A_BODY) and not named & {"content-length", "transfer-encoding"}:
        written.append(("Content-Length", str(len(body))))
    try:
        lines = "".join([f"{name}: {value}\r\n" for name, value in written]).encode("latin-1")
    except UnicodeEncodeError:
        raise Unsendable(Said("header_unsendable")) from None
    if _LINES.fullmatch(lines) is None:
        raise Unsendable(Said("header_unsendable"))
    return lines


def headers_of(request: Request, target: Target) -> list[tuple[str, str]]:
    """Return the headers to write. Only here are secrets revealed, and never to who listens on plain http.

    A request may ask an https target over plain http, to see whether it is refused; it then carries no secret.
    """
    own = {name.lower() for name, _ in request.headers}
    if _is_exposed(request, target):
        target = replace(target, api_key=None, headers=tuple(one for one in target.headers if isinstance(one[1], str)))
    key = target.api_key.reveal() if target.api_key else None
    written = [(name, value if isinstance(value, str) else value.reveal()) for name, value in target.headers]
    if request.auth is not Auth.NORMAL:
        # Whatever header has the key as well would let in a request that is to be without it.
        written = [(name, value) for name, value in written if value != key]
    configured = [(name, value) for name, value in written if name.lower() not in own]
    place = request.auth_header or "Authorization"
    if place.lower() in own | {name.lower() for name, _ in configured}:
        return [*request.headers, *configured]
    credentials = _credentials(request.auth, key, "" if request.auth_header else "Bearer")
    return [*request.headers, *configured, *([(place, credentials)] if credentials is not None else [])]


def shown_to(request: Request, target: Target) -> str:
    """Return the URL to ask, without the keys in it where nobody may see them."""
    scheme, _, rest = request.url.partition("://")
    host, slash, path = rest.partition("/")
    in_url = [one for one in target.extra_secrets if one.name == "base_url"]
    for one in in_url if _is_exposed(request, target) else ():
        path = path.replace(one.reveal(), "left-out")
    return f"{scheme}://{host}{slash}{path}"


def _is_exposed(request: Request, target: Target) -> bool:
    """Tell whether an https target is asked over plain http: who listens there must not learn a secret."""
    return request.url.startswith("http:") and target.url.startswith("https:")


def _credentials(auth: Auth, key: str | None, scheme: str) -> str | None:
    """Return what stands in the header of the key, None to write none. No value ends in a blank (RFC 9110 §5.5)."""
    match auth:
        case Auth.EMPTY:
            return scheme
        case Auth.WRONG:
            return f"{scheme} {WRONG_KEY}".strip()
        case Auth.NORMAL if key is not None:
            return f"{scheme} {key}".strip()
        case Auth.LOWERCASE if key is not None:
            return f"{scheme.lower()} {key}".strip()
        case _:
            return None
