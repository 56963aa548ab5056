"""Base URLs: a relay's host, its `/v1`, or the full path -> the URL of chat completions. Messages quote no secret.

what is written                               what is asked
--------------------------------------------  -----------------------------------------------------------
https://relay.example                         https://relay.example/v1/chat/completions
https://relay.example/api                     https://relay.example/api/chat/completions
https://az.example/…/gpt-4o?api-version=1     https://az.example/…/gpt-4o/chat/completions?api-version=1
https://relay.example/chat/completions?k=v    the same
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from urllib.parse import SplitResult, quote, unquote, unquote_plus, urlsplit

from wnmon.config.transports import has_extra, lack_of
from wnmon.judge.values import listed
from wnmon.model.credentials import is_key_for_host, is_telling, looks_like_key
from wnmon.model.placeholders import is_placeholder
from wnmon.model.said import Said, Text
from wnmon.model.target import MIN_SECRET_CHARS

COMPLETIONS = "/chat/completions"
_PLACEHOLDERS = ("your-api-server.com",)  # the environment prefix of the API page's own template
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_SCHEMES = frozenset({"http", "https"})
_SOCKS = frozenset({"socks5", "socks5h"})
MAIL = frozenset({"smtp", "smtps"})
_BEFORE_A_KEY = frozenset({"key", "keys", "api-key", "api_key", "apikey", "token", "tokens", "auth", "secret"})
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,31}")
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}")
_LOOPBACK = re.compile(r"(?:localhost|127(?:\.[0-9]{1,3}){3})(?=[:/]|\Z)", re.IGNORECASE)
# RFC 3986 section 3.4; what is percent-encoded already stays so.
_OF_A_QUERY = "%/?:@!$&'()*+,;=-._~"
# A shared access signature, and the key of an Azure function.
_TELLING_PARAMETERS = frozenset({"sig", "code"})


class BadUrl(Exception):  # noqa: N818 - it says what is wrong with a text, not with wnmon
    """A URL that cannot be used: what was expected instead of what, and what to do."""

    def __init__(self, message: Said, hint: Text | None = None) -> None:
        super().__init__(str(message))
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """The resolved completions URL, and the host (with a port where one was given) that outputs may show.

    `keys`: what of the path and the query no output may show, as it is written and as it reads. `query`: name and
    value of each parameter, as written.
    """

    url: str = field(repr=False)
    host: str
    keys: tuple[str, ...] = field(default=(), repr=False)
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)


def relay(base_url: str) -> Relay:
    """Return what a base URL stands for. Raises BadUrl.

    A bare host gets `/v1/chat/completions`; any other path gets `/chat/completions` unless it ends so already, as the
    OpenAI clients do it. A query stays behind the path: Azure wants its `api-version` with every request.
    """
    parts = _split(base_url)
    if parts.username is not None or parts.password is not None:
        raise BadUrl(Said("url_user"), Said("key_into_api_key"))
    if parts.fragment or base_url.endswith("#"):
        raise BadUrl(Said("url_fragment"), Said("leave_out_fragment"))
    host = _host(parts)
    path = parts.path.rstrip("/") or "/v1"
    text = quote(parts.query, safe=_OF_A_QUERY)
    query = tuple(_parameter(one) for one in text.split("&")) if text else ()
    url = f"{parts.scheme}://{host}{path if path.endswith(COMPLETIONS) else path + COMPLETIONS}{text and '?'}{text}"
    return Relay(url=url, host=host, keys=tuple(dict.fromkeys((*_keys(path), *_keys_of(query)))), query=query)


def place_to_reach(text: str) -> str:
    """Return a URL that is only connected to: nothing is asked of it, so it has no path. Raises BadUrl."""
    parts = _split(text)
    if parts.username is not None or parts.password is not None:
        raise BadUrl(Said("url_user"), Said("write_host"))
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise BadUrl(Said("guard_path"), Said("write_host"))
    return f"{parts.scheme}://{_host(parts)}"


def endpoint(text: str, schemes: frozenset[str] = _SCHEMES) -> Relay:
    """Return a URL that messages are posted to, or their server is, as it is written. Raises BadUrl."""
    parts = _split(text, schemes)
    if parts.username is not None or parts.password is not None:
        raise BadUrl(Said("url_user"), Said("login_beside_url"))
    if parts.fragment or text.endswith("#"):
        raise BadUrl(Said("url_fragment"), Said("leave_out_fragment"))
    host = _host(parts)
    if parts.scheme in MAIL and (parts.path not in {"", "/"} or parts.query):
        raise BadUrl(Said("mail_path"), Said("write_mail_server"))
    query = tuple(_parameter(one) for one in parts.query.split("&")) if parts.query else ()
    keys = tuple(dict.fromkeys((*_keys(parts.path), *_keys_of(query))))
    target = f"{parts.path or '/'}{parts.query and '?'}{parts.query}"
    return Relay(url=f"{parts.scheme}://{host}{'' if parts.scheme in MAIL else target}", host=host, keys=keys)


def _parameter(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


def _keys_of(query: tuple[tuple[str, str], ...]) -> Iterator[str]:
    """Yield the values that are credentials: the name says so, or their shape.

    What is only a name has no value; behind a credential it is the rest of one that held a `&`.
    """
    is_behind_one = False
    for name, value in query:
        if is_behind_one and not value and _NAME.fullmatch(name) is None:
            yield from (unquote(name), name)
            continue
        text = unquote_plus(value)
        is_named_so = is_telling(unquote_plus(name)) or name.lower() in _TELLING_PARAMETERS
        is_behind_one = bool(value) and not is_placeholder(text) and (is_named_so or looks_like_key(text))
        if is_behind_one:
            yield from (text, value)


def _keys(path: str) -> Iterator[str]:
    """Yield the parts of a path that are keys: by their shape, or because the part before says so."""
    parts = path.split("/")
    for before, part in pairwise(parts):
        text = unquote(part)
        if len(text) >= MIN_SECRET_CHARS and (looks_like_key(text) or before.lower() in _BEFORE_A_KEY):
            yield from dict.fromkeys((text, part))


def proxy_login(proxy: str, *, socks: bool = False) -> tuple[str | None, str | None]:
    """Return user and password in a proxy's URL, still percent-encoded; None where there is none. Raises BadUrl.

    `socks`: whether what asks the target can speak SOCKS.
    """
    scheme, _, rest = proxy.partition("://")
    schemes = _SCHEMES | _SOCKS if socks else _SCHEMES
    if rest and _SCHEME.match(proxy) and scheme.lower() not in schemes:
        raise BadUrl(
            Said("proxy_scheme", scheme=scheme.lower()),
            Said("proxy_httpx" if scheme.lower() in _SOCKS else "proxy_none"),
        )
    parts = _split(proxy, schemes)
    if parts.scheme in _SOCKS and not has_extra("socks"):
        raise BadUrl(*lack_of("socks"))
    _host(parts)
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise BadUrl(Said("proxy_path"), Said("write_proxy"))
    return parts.username, parts.password


def _split(text: str, schemes: frozenset[str] = _SCHEMES) -> SplitResult:
    found = _SCHEME.findall(text)
    if len(found) > 1:
        raise BadUrl(Said("url_two"), _parts_of(text))
    if any(char.isspace() or not char.isprintable() for char in text):
        raise BadUrl(Said("url_spaces"), Said("one_at_end"))
    if not found and schemes is MAIL:
        raise BadUrl(Said("mail_scheme"), Said("write_mail_server"))
    if not found:
        may_be_shown = _HOST.match(text) and "@" not in text and len(text) < 80 and not looks_like_key(text)
        raise BadUrl(
            Said("url_scheme"), Said("write_text", text=f"{_scheme_for(text)}{text}") if may_be_shown else None
        )
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        raise BadUrl(Said("url_host"), Said("write_host")) from None
    if parts.scheme not in schemes:
        raise BadUrl(
            Said("mail_scheme") if schemes is MAIL else Said("another_scheme", scheme=parts.scheme),
        )
    return parts


def _scheme_for(text: str) -> str:
    """Return what a person left out before a host: on this machine hardly anybody speaks TLS."""
    return "http://" if _LOOPBACK.match(text) else "https://"


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
