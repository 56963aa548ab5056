"""Base URLs: a relay's host, its `/v1`, or the full path -> the URL of chat completions. Messages quote no secret."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

COMPLETIONS = "/chat/completions"
_PLACEHOLDERS = ("your-api-server.com",)  # the environment prefix of the API page's own template
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}")


class BadUrl(Exception):  # noqa: N818 - it says what is wrong with a text, not with wnmon
    """A URL that cannot be used: what was expected instead of what, and what to do."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """The resolved completions URL, and the host (with a port where one was given) that outputs may show."""

    url: str
    host: str


def relay(base_url: str) -> Relay:
    """Return what a base URL stands for. Raises BadUrl.

    A bare host gets `/v1/chat/completions`; any other path gets `/chat/completions` unless it ends so already, as the
    OpenAI clients do it.
    """
    parts = _split(base_url, ("http", "https"))
    if parts.username is not None or parts.password is not None:
        raise BadUrl("expected a URL without user and password", "put the key into api_key")
    if parts.query or parts.fragment or base_url.endswith(("?", "#")):
        raise BadUrl("expected a URL without query and fragment", 'leave out all from the "?" or "#" on')
    host = _host(parts)
    path = parts.path.rstrip("/") or "/v1"
    return Relay(url=f"{parts.scheme}://{host}{path if path.endswith(COMPLETIONS) else path + COMPLETIONS}", host=host)


def proxy_password(proxy: str) -> str | None:
    """Return the password in a proxy's URL, still percent-encoded; None without one. Raises BadUrl."""
    parts = _split(proxy, ("http", "https"))
    _host(parts)
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise BadUrl("expected a proxy without path and query", "write http://user:${PASSWORD}@host:port")
    return parts.password


def decoded(text: str) -> str:
    """Return percent-encoded text decoded."""
    return unquote(text)


def _split(text: str, schemes: tuple[str, ...]) -> SplitResult:
    found = _SCHEME.findall(text)
    if len(found) > 1:
        raise BadUrl("expected one URL, not two in one", _parts_of(text))
    if any(char.isspace() or not char.isprintable() for char in text):
        raise BadUrl("expected a URL without spaces and line breaks", "is there one at its end?")
    if not found:
        example = f'write "https://{text}"' if _HOST.match(text) and "@" not in text and len(text) < 80 else None
        raise BadUrl("expected a URL that starts with https:// or http://", example)
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        raise BadUrl("expected a URL with a proper host and port", "write https://host:port") from None
    if parts.scheme not in schemes:
        raise BadUrl(f"expected https:// or http://, not {parts.scheme}://")
    return parts


def _parts_of(text: str) -> str:
    """Tell which two URLs were glued together, as on the API page; without quoting what may hold a password."""
    if "@" in text or "?" in text or len(text) > 200:
        return "keep one of them"
    starts = [match.start() for match in re.finditer(r"https?://", text)]
    pieces = [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]
    real = [piece for piece in pieces if not any(name in piece for name in _PLACEHOLDERS)]
    return " or ".join(f'keep "{piece}"' for piece in real[:2]) or "keep one of them"


def _host(parts: SplitResult) -> str:
    name = parts.hostname or ""
    if any(name == known or name.endswith(f".{known}") for known in _PLACEHOLDERS):
        raise BadUrl(f'"{name}" is a placeholder of the documentation', "write your relay's own host")
    if ":" in name:  # urlsplit has checked the IPv6 address
        name = f"[{name}]"
    elif not _HOST.fullmatch(_ascii(name)):
        raise BadUrl("expected a URL with a proper host and port", "write https://host:port")
    return f"{_ascii(name)}:{parts.port}" if parts.port is not None else _ascii(name)


def _ascii(host: str) -> str:
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return ""
