"""Base URLs: a relay's host, its `/v1`, or the full path -> the URL of chat completions. Messages quote no secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from urllib.parse import SplitResult, unquote, urlsplit

from wnmon.judge.values import listed
from wnmon.model.credentials import is_key_for_host, looks_like_key
from wnmon.model.said import Said, Text
from wnmon.model.target import MIN_SECRET_CHARS

COMPLETIONS = "/chat/completions"
_PLACEHOLDERS = ("your-api-server.com",)  # the environment prefix of the API page's own template
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_BEFORE_A_KEY = frozenset({"key", "keys", "api-key", "api_key", "apikey", "token", "tokens", "auth", "secret"})
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}")


class BadUrl(Exception):  # noqa: N818 - it says what is wrong with a text, not with wnmon
    """A URL that cannot be used: what was expected instead of what, and what to do."""

    def __init__(self, message: Said, hint: Text | None = None) -> None:
        super().__init__(str(message))
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """The resolved completions URL, and the host (with a port where one was given) that outputs may show.

    `keys`: what of the path no output may show, as it is written and as it reads.
    """

    url: str = field(repr=False)
    host: str
    keys: tuple[str, ...] = field(default=(), repr=False)


def relay(base_url: str) -> Relay:
    """Return what a base URL stands for. Raises BadUrl.

    A bare host gets `/v1/chat/completions`; any other path gets `/chat/completions` unless it ends so already, as the
    OpenAI clients do it.
    """
    parts = _split(base_url)
    if parts.username is not None or parts.password is not None:
        raise BadUrl(Said("url_user"), Said("key_into_api_key"))
    if parts.query or parts.fragment or base_url.endswith(("?", "#")):
        raise BadUrl(Said("url_query"), Said("leave_out_query"))
    host = _host(parts)
    path = parts.path.rstrip("/") or "/v1"
    url = f"{parts.scheme}://{host}{path if path.endswith(COMPLETIONS) else path + COMPLETIONS}"
    return Relay(url=url, host=host, keys=tuple(_keys(path)))


def _keys(path: str) -> Iterator[str]:
    """Yield the parts of a path that are keys: by their shape, or because the part before says so."""
    parts = path.split("/")
    for before, part in pairwise(parts):
        text = unquote(part)
        if len(text) >= MIN_SECRET_CHARS and (looks_like_key(text) or before.lower() in _BEFORE_A_KEY):
            yield from dict.fromkeys((text, part))


def proxy_login(proxy: str) -> tuple[str | None, str | None]:
    """Return user and password in a proxy's URL, still percent-encoded; None where there is none. Raises BadUrl."""
    parts = _split(proxy)
    _host(parts)
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise BadUrl(Said("proxy_path"), Said("write_proxy"))
    return parts.username, parts.password


def _split(text: str) -> SplitResult:
    found = _SCHEME.findall(text)
    if len(found) > 1:
        raise BadUrl(Said("url_two"), _parts_of(text))
    if any(char.isspace() or not char.isprintable() for char in text):
        raise BadUrl(Said("url_spaces"), Said("one_at_end"))
    if not found:
        may_be_shown = _HOST.match(text) and "@" not in text and len(text) < 80 and not looks_like_key(text)
        raise BadUrl(Said("url_scheme"), Said("write_text", text=f"https://{text}") if may_be_shown else None)
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        raise BadUrl(Said("url_host"), Said("write_host")) from None
    if parts.scheme not in {"http", "https"}:
        raise BadUrl(Said("another_scheme", scheme=parts.scheme))
    return parts


def _parts_of(text: str) -> Text:
    """Tell which two URLs were glued together, as on the API page; without quoting what may hold a password."""
    if "@" in text or "?" in text or len(text) > 200:
        return Said("keep_one")
    starts = [match.start() for match in re.finditer(r"https?://", text)]
    pieces = [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]
    real = [piece for piece in pieces if not any(name in piece for name in _PLACEHOLDERS)]
    return listed("either", [Said("keep_text", text=piece) for piece in real[:2]] or [Said("keep_one")])


def _host(parts: SplitResult) -> str:
    name = parts.hostname or ""
    if is_key_for_host(parts.netloc.rpartition("@")[2].partition(":")[0]):  # `hostname` is in small letters
        raise BadUrl(Said("url_key"), Said("key_into_api_key"))
    if any(name == known or name.endswith(f".{known}") for known in _PLACEHOLDERS):
        raise BadUrl(Said("placeholder_host", name=f'"{name}"'), Said("own_host"))
    if ":" in name:  # urlsplit has checked the IPv6 address
        name = f"[{name}]"
    elif not _HOST.fullmatch(_ascii(name)):
        raise BadUrl(Said("url_host"), Said("write_host"))
    return f"{_ascii(name)}:{parts.port}" if parts.port is not None else _ascii(name)


def _ascii(host: str) -> str:
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return ""
